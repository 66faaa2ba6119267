"""The values of the Commission's communication template, with the cells they belong to.

Everything is per tonne of good (production level 1); the template is the one of the transitional
period, the newest that was read. What a calculation does not know is named and left open.
"""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.messages import code_of
from factor_db.foundation.units import conversion
from footprint.views.cbam.direct import Direct, Stream
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.precursors import UNIT, Used, specific
from footprint.views.cbam.reference import fuel_factors, precursor_kinds
from footprint.views.cbam.reported import alloying_is_reported
from footprint.views.figure import Cell, Figures, Table
from footprint.views.wording import DOT, joined, trimmed
from footprint.words.book import name_words, words

Row = tuple[Cell, ...]
RULE = "CBAM-COMM-001"
_BESIDE = "–"
_OPEN = ("I21:I25", "I27:I32")


_COLUMNS = (
    *("CBAM_COLUMN_SHEET", "CBAM_COLUMN_CELL", "CBAM_COLUMN_ITEM"),
    *("CBAM_COLUMN_VALUE", "CBAM_COLUMN_UNIT"),
)


def communication_table(
    inventory: Inventory,
    figures: Figures,
    direct: Direct,
    used: tuple[Used, ...],
    good: tuple[str, str, int],
) -> Table:
    """Return sheet, cell, what it holds and its value; `good` is CN code, country and year."""
    cn, country, year = good
    rows: list[Row] = [
        *_installation(inventory, country),
        *_streams(inventory, figures, direct),
        *_pfc(figures),
        _row("D_Processes", "L16", words("CBAM_COMM_PRODUCTION"), "1", "t"),
        _figure(figures, "D_Processes", "L54", "direct"),
        _figure(figures, "D_Processes", "L65", "electricity"),
        *_precursors(figures, used, year),
        *_good(figures, cn, year),
    ]
    return Table(
        code="communication",
        title=words("CBAM_TABLE_COMMUNICATION"),
        rule=RULE,
        columns=tuple(words(code) for code in _COLUMNS),
        rows=tuple(rows),
        notes=(words("CBAM_COMM_NOTE"),),
    )


def _row(sheet: str, cell: str, item: Cell, value: Cell, unit: str = "") -> Row:
    return (sheet, cell, item, value, unit)


def _figure(figures: Figures, sheet: str, cell: str, name: str) -> Row:
    found = {figure.name: figure for figure in figures}[name]
    return _row(sheet, cell, found.label, trimmed(found.value), found.unit)


def _installation(inventory: Inventory, country: str) -> list[Row]:
    period, site = inventory.document.period, inventory.document.site
    sheet = "A_InstData"
    organisation = {"zh": site.organisation_zh, "en": site.organisation_en}
    category = words(code_of("CBAM_CATEGORY", inventory.category))
    return [
        _row(sheet, "I9", words("CBAM_COMM_START"), period.start),
        _row(sheet, "L9", words("CBAM_COMM_END"), period.end),
        _row(sheet, "I20", words("CBAM_COMM_NAME"), organisation),
        _row(sheet, "I26", words("CBAM_COMM_COUNTRY"), country),
        *(_row(sheet, cell, words("CBAM_COMM_OPEN"), words("CBAM_OPEN")) for cell in _OPEN),
        _row(sheet, "E62", words("CBAM_COMM_CATEGORY"), category),
    ]


def _streams(inventory: Inventory, figures: Figures, direct: Direct) -> list[Row]:
    """One line per source stream: energy, factor and oxidation of fuels, and its emissions."""
    rows: list[Row] = []
    for stream in direct.streams:
        if stream.place == "outside":
            continue
        if stream.method == "combustion":
            rows += _fuel(inventory, figures, stream)
        rows.append(_figure(figures, "B_EmInst", "AU", stream.figure))
    return rows


def _fuel(inventory: Inventory, figures: Figures, stream: Stream) -> list[Row]:
    thousand = conversion("t", "kg")
    energy, factor = f"energy.{stream.process}.{stream.flow}", f"factor.{stream.flow}"
    name = joined(DOT, name_words("process", stream.process), name_words("flow", stream.flow))
    figures.add(
        energy,
        "energy / thousand",
        {"energy": inventory.fuels()[stream.process, stream.flow], "thousand": thousand},
        unit="TJ/t",
        rule=RULE,
        label=joined(DOT, name, words("CBAM_COMM_ENERGY")),
    )
    if factor not in figures:
        figures.add(
            factor,
            "factor * thousand",
            {"factor": fuel_factors()[stream.flow], "thousand": thousand},
            unit="t CO2/TJ",
            rule="CBAM-FUEL-001",
            label=joined(DOT, name_words("flow", stream.flow), words("CBAM_COMM_FACTOR")),
        )
    return [
        _figure(figures, "B_EmInst", "AX", energy),
        _figure(figures, "B_EmInst", "J", factor),
    ]


def _pfc(figures: Figures) -> list[Row]:
    """The inputs of the PFC method as they were stated, and the two gases per tonne of metal."""
    by_name = {figure.name: figure for figure in figures}
    if "pfc.cf4" not in by_name:
        return []
    cells = {
        "minutes": "AG*AH",
        "slope": "AI",
        "overvoltage": "AJ",
        "efficiency": "AK",
        "coefficient": "AL",
    }
    rows = [
        _row("B_EmInst", cells[key], words(code_of("CBAM_PFC", key)), trimmed(value))
        for key, value in by_name["pfc.cf4"].inputs.items()
        if isinstance(value, Decimal)
    ]
    ratio = by_name["pfc.c2f6"].inputs["ratio"]
    rows.append(_row("B_EmInst", "AM", words("CBAM_PFC_RATIO"), str(ratio)))
    return [
        *rows,
        _figure(figures, "B_EmInst", "AN", "pfc.cf4"),
        _figure(figures, "B_EmInst", "AO", "pfc.c2f6"),
    ]


def _precursors(figures: Figures, used: tuple[Used, ...], year: int) -> list[Row]:
    """Mass and specific emissions of each lot: their products and `direct` make the good's I.

    The template is older than the mark-up and names no cell for the value before it, so that value
    stands beside the cell.
    """
    sheet = "E_PurchPrec"
    rows: list[Row] = []
    for item in used:
        name = joined(DOT, precursor_kinds()[item.lot.flow].name, item.lot.country)
        source: Cell = item.lot.source or words(code_of("CBAM_BASIS", item.basis))
        rows += [
            _row("A_InstData", "F102", words("CBAM_COMM_PRECURSOR"), name),
            _figure(figures, sheet, "L28", item.mass),
            _figure(figures, sheet, "L49", specific(figures, item, year)),
        ]
        if item.default is not None:
            source = words("CBAM_COMM_DEFAULT", year=year)
            before = joined(DOT, name, words("CBAM_BASIS_DEFAULT"))
            rows.append(_row(sheet, _BESIDE, before, trimmed(item.base), UNIT))
        rows.append(_row(sheet, "M49", joined(DOT, name, words("CBAM_COMM_SOURCE")), source))
    return rows


def _good(figures: Figures, cn: str, year: int) -> list[Row]:
    sheet = "Summary_Products"
    see = f"see.{year}"
    rows = [
        _row(sheet, "F", words("CBAM_COMM_CN"), cn or words("CBAM_OPEN")),
        _figure(figures, sheet, "I", see),
        _row(sheet, "J", words("CBAM_COMM_INDIRECT"), words("CBAM_NOT_COUNTED")),
        _figure(figures, sheet, "O", "electricity"),
        _figure(figures, sheet, "Z", "scrap"),
    ]
    for cell, name in (("M", "default.share"), ("Y", "scrap.pre_consumer")):
        if name in figures:
            rows.append(_figure(figures, sheet, cell, name))
    if alloying_is_reported(figures):
        rows.append(_figure(figures, sheet, "AA", "alloying"))
    return rows
