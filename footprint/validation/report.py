"""All of the validation in one object: what the page shows and `--json` prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT
from factor_db.store.work import Store
from footprint.validation.ledgers import LedgerPart, chain_terms, ledger_part
from footprint.validation.runs import (
    mix_factor,
    ours,
    power_factor,
    run,
    split_case,
    stated_layers,
    walk,
)
from footprint.validation.split import OUR_SET, STEPS, Split, split_gases
from footprint.validation.tables import Case, cases, gases_of, published_results, published_value


@dataclass(frozen=True, slots=True)
class Run:
    """An inventory run without a published result: first and last total and the steps between."""

    case: Case
    as_published: Decimal
    steps: dict[str, Decimal | None]
    ours: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """Every split in the order of the page, the runs without a result, and the ledgers' part."""

    splits: tuple[tuple[Case, Split], ...]
    runs: tuple[Run, ...]
    ledgers: LedgerPart

    def not_reached(self) -> list[dict[str, str]]:
        """Return the published results no model reaches, each with its reason."""
        return [dict(row) for row in published_results().values() if row["reach"] == "no"]

    def record(self) -> dict[str, Any]:
        """Return the report as JSON types, decimals unrounded as text."""
        return {
            "gwp_set": OUR_SET,
            "release": self.ledgers.release,
            "unit": "kg CO2e/kg",
            "results": [_split_record(case, split) for case, split in self.splits],
            "runs": [
                {
                    "label_en": run.case.label_en,
                    "label_zh": run.case.label_zh,
                    "as_published": _text(run.as_published),
                    "steps": {name: _text(run.steps[name]) for name in STEPS},
                    "ours": _text(run.ours),
                }
                for run in self.runs
            ],
            "not_reached": [
                {name: row[name] for name in ("id", "reason_zh", "reason_en")}
                for row in self.not_reached()
            ],
            "ledgers": [
                {
                    "label_en": row.label_en,
                    "label_zh": row.label_zh,
                    "primary_percent": row.primary_percent,
                    "expected": row.expected,
                    "ours": _text(row.ours),
                }
                for row in (*self.ledgers.rows, *self.ledgers.chain)
            ],
        }


def validate(store: Store | None = None) -> Report:
    """Run every case; `store` holds the published examples, without one a temporary one is made."""
    splits = [(case, split(case)) for case in cases() if case.result]
    runs = [_run(case) for case in cases() if not case.result]
    return Report(tuple(splits), tuple(runs), ledger_part(store))


def split(case: Case) -> Split:
    """Split one published result, by runs of its model or, where none runs, by its gases alone."""
    if case.product:
        return split_case(case)
    row = published_results()[case.result]
    return split_gases(published_value(row), gases_of(case.result), row["gwp_set"])


def figures_of(case: Case, split: Split) -> dict[str, str]:
    """Return the figures a case's findings may name, as shown on the page."""
    figures = {
        "as_published": split.as_published,
        "gwp": split.gwp,
        "ours": split.ours,
        "published": split.published,
        "rest": split.rest,
        **split.steps,
        **(_chain_figures(case) if case.product == "primary_aluminium" else {}),
    }
    return {name: shown(amount) for name, amount in figures.items()}


def _chain_figures(case: Case) -> dict[str, Decimal | None]:
    """Return figures of the primary chain: power per kWh, and parts of ours and of the run."""
    result, published = ours(case), run(case, stated_layers(case))
    gases = published.sums_by("gas")
    with localcontext(EXACT):
        return {
            "mix_factor": mix_factor(case.mix) if case.mix else None,
            "coal_less_hydro": power_factor("electricity_coal") - power_factor("electricity_hydro"),
            "captive_coal": ours(replace(case, smelter_power="coal")).total,
            "alumina": result.sums_by("process")["alumina_refining"],
            "other_power": chain_terms(result)["other_power"],
            "without_pfc": published.total - gases["cf4"] - gases["c2f6"],
        }


def shown(amount: Decimal | None, digits: int = 3) -> str:
    """Return an amount with a fixed number of decimals and a minus sign; empty for None."""
    if amount is None:
        return ""
    value = round(amount, digits)
    return f"{value + 0:f}".replace("-", "−")


def _run(case: Case) -> Run:
    first, after = walk(case)
    steps: dict[str, Decimal | None] = dict.fromkeys(STEPS)
    here = first
    for name, total in after.items():
        steps[name], here = total - here, total
    return Run(case, first, steps, here)


def _split_record(case: Case, split: Split) -> dict[str, Any]:
    return {
        "id": case.result,
        "published": _text(split.published),
        "gwp": _text(split.gwp),
        "rest": _text(split.rest),
        "as_published": _text(split.as_published),
        "steps": {name: _text(split.steps[name]) for name in STEPS},
        "ours": _text(split.ours),
        "difference": _text(split.difference),
        "finding_zh": case.zh.strip().format_map(figures_of(case, split)),
        "finding_en": case.en.strip().format_map(figures_of(case, split)),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
