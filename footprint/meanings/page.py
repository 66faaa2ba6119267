"""The page `docs/models/meanings.md`: each pair of the vocabulary on three roads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from factor_db.foundation.messages import LANGUAGES, code_of, text
from footprint.meanings import account_road, words
from footprint.meanings.ledger_road import balance_places
from footprint.meanings.model_road import model_road, own_readings
from footprint.meanings.pairs import ANY, METAL_SOLD, SCRAP_SOLD
from footprint.meanings.refused import unread
from footprint.meanings.sweep import Effect, Swept, effects, swept
from footprint.words.names import flow_name, process_name

NAME = "meanings.md"
_COLUMNS = (
    "MEANINGS_HEADING_FLOW",
    "MEANINGS_HEADING_ROLE",
    "MEANINGS_HEADING_LEDGER",
    "MEANINGS_HEADING_MODELS",
    "MEANINGS_HEADING_ACCOUNT",
    "MEANINGS_HEADING_UNREAD",
    "MEANINGS_HEADING_REASON",
)
_OTHER_COLUMNS = (
    "MEANINGS_HEADING_SHEET",
    "MEANINGS_HEADING_ROLE",
    "MEANINGS_HEADING_FLOWS",
    "MEANINGS_HEADING_LEDGER",
    "MEANINGS_HEADING_MODELS",
    "MEANINGS_HEADING_ACCOUNT",
    "MEANINGS_HEADING_REASON",
)
_EFFECT_COLUMNS = ("MEANINGS_HEADING_ROW", "MEANINGS_HEADING_MOVES", "MEANINGS_HEADING_REASON")


def meanings_page() -> str:
    """Return the page as Markdown, the same bytes for the same models and reference data."""
    found = swept()
    lines = [f"# {_both('MEANINGS_TITLE')}", "", *_paragraphs("MODELS_GENERATED")]
    alike = sum(item.alike for item in found)
    lines += _paragraphs("MEANINGS_INTRO", count=len(found), alike=alike, other=len(found) - alike)
    lines += [f"## {_both('MEANINGS_WORDS')}", ""]
    used = {meaning for item in found for meaning in item.meanings}
    lines += [
        f"- **{_word(w)}**: {_both(code_of('MEANING_TELLS', w))}" for w in words.ALL if w in used
    ]
    lines += [""]
    for process in dict.fromkeys(item.pair.process for item in found):
        if process != ANY:
            lines += [f"## {_process(process)} `{process}`", ""]
            rows = [item for item in found if item.pair.process == process]
            lines += _table(_COLUMNS, (_cells(item) for item in rows))
    lines += [f"## {_both('MEANINGS_OTHERS')}", ""]
    others = [item for item in found if item.pair.process == ANY]
    lines += _table(_OTHER_COLUMNS, _grouped(others))
    lines += [f"## {_both('MEANINGS_EFFECTS')}", "", *_paragraphs("MEANINGS_EFFECTS_INTRO")]
    lines += _table(_EFFECT_COLUMNS, _effects(effects()))
    return "\n".join(lines).rstrip() + "\n"


def _cells(item: Swept) -> list[str]:
    pair = item.pair
    places = sorted(balance_places()[pair.process, pair.flow])
    counted = ", ".join(_both(code_of("MEANING_PLACE", f"{kind}_{side}")) for kind, side in places)
    return [
        f"{_flow(pair.flow)} `{pair.flow}`",
        pair.role,
        _word(item.ledger) + (f" ({counted})" if counted else ""),
        _models(item),
        _account(item),
        _refused(item),
        _reason(item),
    ]


def _refused(item: Swept) -> str:
    """Return the products through the step that do not ask for a row, and refuse it above zero."""
    found = unread().get((item.pair.process, item.pair.read_as), ())
    read = item.pair.role != "product" and item.pair.flow != METAL_SOLD
    return ", ".join(f"`{product}`" for product, barred in found if barred and read) or "-"


def _models(item: Swept) -> str:
    readings = own_readings((item.pair.process, item.pair.read_as))
    what = dict.fromkeys(f"`{one.as_what}`" for one in readings)
    products = model_road().read_by((item.pair.process, item.pair.read_as))
    shown = [", ".join(what), ", ".join(f"`{product}`" for product in products)]
    return "; ".join([_meaning(item.model), *filter(None, shown)])


def _account(item: Swept) -> str:
    gate = account_road.gate_line(item.pair)
    parts = ", ".join(f"`{part}`" for part in account_road.parts_of(item.pair))
    line = f"`{gate.kind}` {parts}".strip() if gate and item.account != words.OWN else ""
    return "; ".join(filter(None, [_meaning(item.account), line]))


def _grouped(items: Sequence[Swept]) -> Iterable[list[str]]:
    groups: dict[tuple[str, str, tuple[str, str, str], str], list[str]] = {}
    for item in items:
        key = (item.pair.sheet, item.pair.role, item.meanings, _reason(item))
        groups.setdefault(key, []).append(item.pair.flow)
    for (sheet, role, (ledger, model, account), reason), flows in groups.items():
        shown = ", ".join(f"`{flow}`" for flow in flows)
        three = [_meaning(ledger), _meaning(model), _meaning(account)]
        yield [f"`{sheet}`", f"`{role}`", shown, *three, reason]


def _effects(items: Iterable[Effect]) -> Iterable[list[str]]:
    groups: dict[tuple[str, str], list[Effect]] = {}
    for item in items:
        reason = _said(item.reason)
        groups.setdefault((f"{item.process}/{item.flow}", reason), []).append(item)
    for (row, reason), found in groups.items():
        yield [f"`{row}`", ", ".join(f"`{item.target}`" for item in found), reason]


def _reason(item: Swept) -> str:
    return "-" if item.alike else _said(item.reason)


def _said(reason: object) -> str:
    if not isinstance(reason, dict):
        return _both("MEANINGS_UNEXPLAINED")
    return _pair(reason[f"reason_{lang}"] for lang in LANGUAGES)


def _meaning(meaning: str) -> str:
    return " + ".join(_word(part) for part in meaning.split("+"))


def _word(meaning: str) -> str:
    return _both(code_of("MEANING", meaning))


def _flow(flow: str) -> str:
    if flow in (METAL_SOLD, SCRAP_SOLD):
        return _both("MEANING_FLOW_metal" if flow == METAL_SOLD else "MEANING_FLOW_scrap")
    return _pair(flow_name(flow, lang) for lang in LANGUAGES)


def _process(process: str) -> str:
    return _pair(process_name(process, lang) for lang in LANGUAGES)


def _both(code: str, **params: object) -> str:
    return _pair(text(code, lang, **params) for lang in LANGUAGES)


def _pair(both: Iterable[str]) -> str:
    return " · ".join(dict.fromkeys(both))


def _paragraphs(code: str, **params: object) -> list[str]:
    return [line for lang in LANGUAGES for line in (text(code, lang, **params), "")]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    headings = [_both(code) for code in columns]
    lines = [headings, ["---"] * len(headings), *rows]
    return [
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines),
        "",
    ]
