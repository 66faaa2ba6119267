"""The parameter tables as pages: an index and a page for each product, in both languages.

Pages are plain Markdown, the same bytes for the same models and reference data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import LANGUAGES, code_of, text
from factor_db.foundation.names import name_or_code
from footprint.meanings.page import NAME as MEANINGS
from footprint.meanings.page import meanings_page
from footprint.publish.model_tables import (
    OBLIGATORY,
    OPTIONAL,
    REGION,
    Deviation,
    ModelTable,
    Parameter,
    is_methodological,
    model_table,
    reference_year,
)
from footprint.words.names import flow_name, process_name
from lca_models.catalogue import PRODUCTS
from lca_models.system.resolve import CONSERVATIVE, DEFAULT_RULE

INDEX = "README.md"
_KINDS = (OBLIGATORY, OPTIONAL, "property", "factor")
_COLUMNS = (
    "MODELS_HEADING_SLOT",
    "MODELS_HEADING_NAME",
    "MODELS_HEADING_QUANTITY",
    "MODELS_HEADING_UNIT",
    "MODELS_HEADING_KIND",
    "MODELS_HEADING_WHEN",
    "MODELS_HEADING_RANGE",
    "MODELS_HEADING_DISTRIBUTION",
    "MODELS_HEADING_DEFAULT",
    "MODELS_HEADING_SOURCE",
)
_MEANS = ("MODELS_MEANS_RANGE", "MODELS_MEANS_DISTRIBUTION", "MODELS_MEANS_VALUE")
_INDEX_COLUMNS = ("MODELS_HEADING_PRODUCT", "MODELS_HEADING_VERSION", "MODELS_HEADING_PROCESSES")


def pages() -> dict[str, str]:
    """Return every page: file name → Markdown, the index first, the meanings of pairs last."""
    tables = [model_table(product) for product in PRODUCTS]
    products = {f"{item.product}.md": _page(item) for item in tables}
    return {INDEX: _index(tables), **products, MEANINGS: meanings_page()}


def differing_pages(folder: Path) -> list[str]:
    """Return the pages that are not what the models say, absent and surplus ones too."""
    wanted = pages()
    there = {path.name for path in folder.glob("*.md")}
    stale = {
        name
        for name, page in wanted.items()
        if name in there and (folder / name).read_bytes() != page.encode()
    }
    return sorted(stale | (set(wanted) ^ there))


def write_pages(folder: Path) -> int:
    """Write the pages into a folder and return how many; other files there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for name, page in wanted.items():
        (folder / name).write_bytes(page.encode())
    return len(wanted)


def source_text(parameter: Parameter) -> str:
    """Return where a parameter's value comes from, or that nothing gives one; never empty."""
    if parameter.default is not None:
        factor = parameter.default.factor
        source = ", ".join(filter(None, (factor.source.citation, factor.source.locator)))
        stands_in = parameter.default.level == CONSERVATIVE
        remark = f"; {_both('MODELS_SOURCE_STAND_IN', rule=DEFAULT_RULE)}" if stands_in else ""
        return f"`{factor.ref}` {source}{remark}"
    if parameter.optional:
        return _both("MODELS_SOURCE_OPTIONAL")
    if not parameter.missing:
        return _both("MODELS_SOURCE_LEDGER")
    if parameter.bound is not None:
        bound = {name: parameter.bound[name] for name in ("value", "unit", "citation")}
        return _both("MODELS_SOURCE_BOUND", **bound)
    return _both("MODELS_SOURCE_NONE")


def _index(tables: Sequence[ModelTable]) -> str:
    lines = [f"# {_both('MODELS_INDEX_TITLE')}", "", *_paragraphs("MODELS_GENERATED")]
    lines += _paragraphs("MODELS_INDEX_INTRO", region=REGION, year=reference_year())
    headings = [_heading(code) for code in _INDEX_COLUMNS]
    headings += [
        *(_both(code_of("MODELS_KIND", kind)) for kind in _KINDS),
        _heading("MODELS_HEADING_MISSING"),
    ]
    lines += _table(headings, (_index_row(item) for item in tables))
    lines += _legend()
    lines += [f"## {_both('MODELS_GAPS')}", ""]
    missing: dict[str, list[Parameter]] = {}
    for item in tables:
        for parameter in item.parameters:
            if parameter.missing:
                missing.setdefault(parameter.slot.key, []).append(parameter)
    rows = (
        [
            f"`{key}`",
            _name(found[0]),
            source_text(found[0]),
            ", ".join(f"`{p}`" for p in _products_with(key, tables)),
        ]
        for key, found in sorted(missing.items())
    )
    lines += _table(
        [
            _heading(code)
            for code in (
                "MODELS_HEADING_SLOT",
                "MODELS_HEADING_NAME",
                "MODELS_HEADING_SOURCE",
                "MODELS_HEADING_PRODUCT",
            )
        ],
        rows,
    )
    return "\n".join(lines).rstrip() + "\n"


def _products_with(key: str, tables: Iterable[ModelTable]) -> list[str]:
    return [item.product for item in tables if any(p.slot.key == key for p in item.parameters)]


def _index_row(item: ModelTable) -> list[str]:
    name = _pair(name_or_code("product", item.product, lang) for lang in LANGUAGES)
    kinds = [str(sum(p.kind == kind for p in item.parameters)) for kind in _KINDS]
    missing = str(sum(parameter.missing for parameter in item.parameters))
    link = f"[{name}]({item.product}.md) `{item.product}`"
    return [link, f"`{item.system.version}`", str(len(item.system.processes)), *kinds, missing]


def _page(item: ModelTable) -> str:
    name = _pair(name_or_code("product", item.product, lang) for lang in LANGUAGES)
    facts = {"version": item.system.version, "final": item.system.final}
    lines = [f"# {name} `{item.product}`: {_both('MODELS_TITLE')}", ""]
    lines += _paragraphs("MODELS_GENERATED")
    lines += _paragraphs("MODELS_FACTS", **facts, count=len(item.parameters))
    lines += [
        f"{_both('MODELS_RULES')}: " + ", ".join(f"`{rule}`" for rule in item.system.rules),
        "",
    ]
    lines += _choices(item) + _legend()
    for process, parameters in _by_process(item).items():
        lines += _section(process, parameters)
    shared = [parameter for parameter in item.parameters if not parameter.slot.process]
    lines += [f"## {_both('MODELS_SECTION_SHARED')}", "", *_parameters(shared)]
    lines += _gaps(item)
    return "\n".join(lines).rstrip() + "\n"


def _choices(item: ModelTable) -> list[str]:
    rows = []
    for choice, values in item.choices.items():
        if not any(values):  # the product has nothing to choose here
            continue
        taken = getattr(item.defaults, choice)
        named = [(f"`{value}`" if value else _both("MODELS_UNNAMED"), value) for value in values]
        shown = ", ".join(f"**{name}**" if value == taken else name for name, value in named)
        sort = "MODELS_METHOD" if is_methodological(choice) else "MODELS_TECHNOLOGY"
        name = _pair(name_or_code("choice", choice, lang) for lang in LANGUAGES)
        rows.append([f"`{choice}`" if name == choice else f"{name} `{choice}`", _both(sort), shown])
    headings = [
        _heading(code)
        for code in ("MODELS_HEADING_CHOICE", "MODELS_HEADING_SORT", "MODELS_HEADING_VALUES")
    ]
    return [f"## {_both('MODELS_CHOICES')}", "", *_table(headings, rows)]


def _legend() -> list[str]:
    lines = [f"## {_both('MODELS_LEGEND')}", ""]
    lines += [
        f"- **{_both(code_of('MODELS_KIND', k))}**: {_both(code_of('MODELS_MEANS', k))}"
        for k in _KINDS
    ]
    lines += [f"- {_both(code)}" for code in _MEANS]
    return [*lines, ""]


def _by_process(item: ModelTable) -> dict[str, list[Parameter]]:
    """Return the amounts by process: those of the default system in its order, then the others."""
    order = [process.code for process in item.system.processes]
    groups: dict[str, list[Parameter]] = {code: [] for code in order}
    for parameter in item.parameters:
        if parameter.slot.process:
            groups.setdefault(parameter.slot.process, []).append(parameter)
    return {code: found for code, found in groups.items() if found}


def _section(process: str, parameters: Sequence[Parameter]) -> list[str]:
    name = _pair(process_name(process, lang) for lang in LANGUAGES)
    owner = "MODELS_OWN" if parameters[0].own else "MODELS_FOREIGN"
    return [f"## {name} `{process}` ({_both(owner)})", "", *_parameters(parameters)]


def _parameters(parameters: Iterable[Parameter]) -> list[str]:
    headings = [_heading(code) for code in _COLUMNS]
    return _table(headings, (_cells(parameter) for parameter in parameters))


def _cells(parameter: Parameter) -> list[str]:
    slot = parameter.slot
    return [
        f"`{slot.key}`",
        _name(parameter),
        _pair(name_or_code("quantity", slot.quantity, lang) for lang in LANGUAGES),
        slot.unit,
        _both(code_of("MODELS_KIND", parameter.kind)),
        _when(parameter),
        _range(parameter),
        _distribution(parameter),
        _default(parameter),
        source_text(parameter),
    ]


def _name(parameter: Parameter) -> str:
    return _pair(flow_name(parameter.slot.flow, lang) for lang in LANGUAGES)


def _when(parameter: Parameter) -> str:
    if parameter.needed_with:
        return _both("MODELS_WITH", choices=_deviations(parameter.needed_with))
    if parameter.not_with:
        return _both("MODELS_NOT_WITH", choices=_deviations(parameter.not_with))
    return _both("MODELS_ALWAYS")


def _deviations(deviations: Sequence[Deviation]) -> str:
    return "; ".join(" + ".join(f"`{name}={value}`" for name, value in item) for item in deviations)


def _range(parameter: Parameter) -> str:
    if parameter.plausible is None:
        return _both("MODELS_NO_RANGE")
    narrower = [f"{item.when} {_ends((item.low, item.high))}" for item in parameter.narrower]
    shown = _ends(parameter.plausible)
    return f"{shown} ({'; '.join(narrower)})" if narrower else shown


def _ends(ends: tuple[Decimal, Decimal]) -> str:
    return "–".join(decimal_text(end) for end in ends)


def _distribution(parameter: Parameter) -> str:
    gsd = decimal_text(parameter.default.factor.gsd) if parameter.default else ""
    return _both(code_of("MODELS_DISTRIBUTION", parameter.distribution), gsd=gsd)


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return _both("MODELS_NONE")
    factor = parameter.default.factor
    amounts = {gas: decimal_text(amount) for gas, amount in sorted(factor.amounts.items())}
    shown = "; ".join(
        value if gas == "value" else f"{gas} {value}" for gas, value in amounts.items()
    )
    mark = "" if factor.redistribution == "table" else "¹"
    unit = "" if factor.unit == "1" else f" {factor.unit}"
    return f"{shown}{unit} ({factor.geography} {factor.data_year}){mark}"


def _gaps(item: ModelTable) -> list[str]:
    missing = [parameter for parameter in item.parameters if parameter.missing]
    amounts = [p for p in item.parameters if p.kind in (OBLIGATORY, OPTIONAL)]
    alone = [parameter for parameter in amounts if parameter.default is None]
    without = [parameter for parameter in item.parameters if parameter.plausible is None]
    own = [parameter for parameter in without if parameter in amounts]
    proxies = [p for p in item.parameters if p.default and p.default.factor.data_type == "proxy"]
    lines = [f"## {_both('MODELS_GAPS')}", ""]
    lines += _paragraphs("MODELS_GAPS_DEFAULTS", count=len(missing))
    lines += [f"- `{p.slot.key}` ({_name(p)}; {_when(p)}): {source_text(p)}" for p in missing]
    lines += [""] if missing else []
    lines += _paragraphs("MODELS_GAPS_LEDGER", count=len(alone))
    lines += _paragraphs(
        "MODELS_GAPS_RANGES", count=len(without), amounts=len(own), slots=_listed(own)
    )
    return lines + _paragraphs("MODELS_GAPS_PROXIES", count=len(proxies), slots=_listed(proxies))


def _listed(parameters: Sequence[Parameter]) -> str:
    return ", ".join(f"`{parameter.slot.key}`" for parameter in parameters) or "-"


def _heading(code: str) -> str:
    return _both(code, region=REGION)


def _both(code: str, **params: Any) -> str:
    """Return a message in both languages on one line."""
    return _pair(text(code, lang, **params) for lang in LANGUAGES)


def _pair(words: Iterable[str]) -> str:
    return " · ".join(dict.fromkeys(words))


def _paragraphs(code: str, **params: Any) -> list[str]:
    return [line for lang in LANGUAGES for line in (text(code, lang, **params), "")]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    return [*("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines), ""]


def _cell(text_of_cell: str) -> str:
    return text_of_cell.replace("|", "\\|").replace("\n", " ")
