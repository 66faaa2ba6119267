"""`docs/validation.md` from a report: the same report gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from factor_db.foundation.messages import text
from footprint.validation.ledgers import LedgerRow
from footprint.validation.report import Report, Run, figures_of, shown
from footprint.validation.split import OUR_SET, STEPS, Split
from footprint.validation.tables import (
    Case,
    Row,
    inventory,
    published_results,
    smelter_power_rows,
)


def page(report: Report) -> str:
    """Return the whole page as Markdown, Chinese beside English."""
    release = {"release": report.ledgers.release, "gwp_set": OUR_SET}
    rests = {case.short: shown(split.rest) for case, split in report.splits if case.short}
    blocks = [
        "# Validation · 验证",
        *_both("VALIDATION_INTRO", **release),
        *_both("VALIDATION_SHOWS", **rests),
        *_both("VALIDATION_METHOD", **release),
        _heading("VALIDATION_RESULTS"),
        _table("VALIDATION_COLUMNS", [_result_row(case, split) for case, split in report.splits]),
        _heading("VALIDATION_CASES"),
        *(block for case, split in report.splits for block in _case(case, split)),
        _heading("VALIDATION_RUNS"),
        _table("VALIDATION_RUN_COLUMNS", [_run_row(run) for run in report.runs]),
        *(block for run in report.runs for block in _finding(run.case, _run_figures(run))),
        _heading("VALIDATION_NOT_REACHED"),
        *_both("VALIDATION_NOT_REACHED_INTRO"),
        _table("VALIDATION_REASON_COLUMNS", _reason_rows(report)),
        *_ledger_blocks(report),
    ]
    return "\n\n".join(blocks) + "\n"


def _ledger_blocks(report: Report) -> Iterable[str]:
    part = report.ledgers
    terms = {name: shown(amount) for name, amount in part.terms.items()}
    yield _heading("VALIDATION_LEDGERS")
    yield from _both("VALIDATION_LEDGERS_INTRO")
    yield _table("VALIDATION_LEDGER_COLUMNS", [_ledger_row(row) for row in part.rows])
    yield from _both("VALIDATION_LEDGERS_FOUND", **terms)
    yield _heading("VALIDATION_CHAIN")
    chain = [[label, expected, ours] for label, _, expected, ours in map(_ledger_row, part.chain)]
    yield _table("VALIDATION_CHAIN_COLUMNS", chain)
    yield from _both("VALIDATION_CHAIN_FOUND", **terms)
    yield _heading("VALIDATION_BY_HAND")
    yield from _both("VALIDATION_BY_HAND_TEXT")
    yield _heading("VALIDATION_LIMITS")
    yield from _both("VALIDATION_LIMITS_TEXT")


def _ledger_row(row: LedgerRow) -> list[str]:
    label = f"{row.label_en} · {row.label_zh}"
    return [label, row.primary_percent, row.expected, shown(row.ours, row.digits)]


def _result_row(case: Case, split: Split) -> list[str]:
    return [
        _name(case.result),
        shown(split.published),
        shown(split.ours),
        shown(split.difference),
        _step(split.gwp),
        *(_step(split.steps[name]) for name in STEPS),
        f"**{shown(split.rest)}**",
        shown(split.as_published) or "—",
    ]


def _run_row(run: Run) -> list[str]:
    label = f"{run.case.label_en} · {run.case.label_zh}"
    steps = (_step(run.steps[name]) for name in STEPS)
    return [label, shown(run.as_published), *steps, shown(run.ours)]


def _run_figures(run: Run) -> dict[str, str]:
    return {name: shown(amount) for name, amount in run.steps.items()}


def _case(case: Case, split: Split) -> list[str]:
    row = published_results()[case.result]
    source = f"{row['citation']}, {row['locator']} ({row['confidence']})"
    lines = [
        f"`{case.result}` {row['value']} {row['unit']}. {_joined('VALIDATION_SOURCE')}: {source}."
    ]
    cited = dict.fromkeys(item["citation"] for item in _cited_rows(case))
    if cited:
        stated = f"{_joined('VALIDATION_INVENTORY')}: {'; '.join(cited)}. "
        lines.append(stated + _joined("VALIDATION_ALL_ELSE"))
    return [f"### {_name(case.result)}", "\n".join(lines), *_finding(case, figures_of(case, split))]


def _cited_rows(case: Case) -> Iterable[Row]:
    names = (*(case.data or ()), *(case.power_from or ()), *(case.boundary_from or ()))
    yield from (row for name in names for row in inventory(name).values())
    if case.mix:
        yield from smelter_power_rows(case.mix)


def _finding(case: Case, figures: dict[str, str]) -> list[str]:
    return [case.zh.strip().format_map(figures), case.en.strip().format_map(figures)]


def _reason_rows(report: Report) -> list[list[str]]:
    return [
        [f"`{row['id']}`", f"{row['reason_en']} · {row['reason_zh']}"]
        for row in report.not_reached()
    ]


def _name(result: str) -> str:
    row = published_results()[result]
    return f"{row['name_en']} · {row['name_zh']}"


def _step(amount: Decimal | None) -> str:
    return shown(amount) or text("VALIDATION_NOT_STATED", "en")


def _heading(code: str) -> str:
    return f"## {_joined(code)}"


def _joined(code: str) -> str:
    return f"{text(code, 'en')} · {text(code, 'zh')}"


def _both(code: str, **params: str) -> list[str]:
    return [text(code, "zh", **params), text(code, "en", **params)]


def _table(code: str, rows: Sequence[Sequence[str]]) -> str:
    english, chinese = (text(code, lang).split("|") for lang in ("en", "zh"))
    heads = [f"{en} {zh}" for en, zh in zip(english, chinese, strict=True)]
    table = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)
