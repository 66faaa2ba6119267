"""The tables of the CBAM view: direct emissions, precursors, scrap, cost by year, sources."""

from __future__ import annotations

from footprint.certificate.words import vocabulary_name, words, words_or_code
from footprint.views.cbam.cost import Question
from footprint.views.cbam.direct import OUTSIDE, Direct
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.precursors import Used
from footprint.views.cbam.reference import Published, precursor_kinds
from footprint.views.figure import Cell, Figures, Table
from footprint.views.wording import DOT, joined, plain, trimmed
from lca_models.charge import SCRAP_ORIGIN

Row = tuple[Cell, ...]
_SUMS = {
    "CBAM_DIRECT_UNWROUGHT": "direct.unwrought",
    "CBAM_DIRECT_PRODUCTS": "direct.products",
    "CBAM_DIRECT": "direct",
}


def _table(code: str, rule: str, columns: tuple[str, ...], rows: list[Row], figures: int) -> Table:
    headings = tuple(words(f"CBAM_COLUMN_{name}") for name in columns)
    title = words(f"CBAM_TABLE_{code.upper()}")
    return Table(code, title, rule, headings, tuple(rows), figures)


def direct_table(figures: Figures, direct: Direct) -> Table:
    """Return every stream with where it is counted, then the sums and what is not counted."""
    rows: list[Row] = []
    for stream in direct.streams:
        name = joined(
            DOT, vocabulary_name("processes", stream.process), vocabulary_name("flows", stream.flow)
        )
        place = words(f"CBAM_PLACE_{stream.place.upper()}")
        rows.append((name, place, trimmed(figures[stream.figure])))
    rows += [(words(code), "", trimmed(figures[figure])) for code, figure in _SUMS.items()]
    for gas, amount in sorted(direct.uncounted.items()):
        rows.append((words_or_code("GAS", gas), words("CBAM_PLACE_GAS"), trimmed(amount)))
    if figures[f"direct.{OUTSIDE}"]:
        label = words("CBAM_DIRECT_OUTSIDE")
        rows.append((label, words("CBAM_PLACE_OUTSIDE"), trimmed(figures[f"direct.{OUTSIDE}"])))
    return _table("direct", "CBAM-SCOPE-001", ("ITEM", "PLACE", "EMISSIONS"), rows, 1)


def precursor_table(figures: Figures, used: tuple[Used, ...], line: str, year: int) -> Table:
    """Return every lot with its origin, basis, mass and what it brings in, then what it comes to.

    With direct emissions, lots and the mark-up (`line`) the embedded emissions of the year add up.
    """
    rows: list[Row] = []
    for item in used:
        basis: Cell = words(f"CBAM_BASIS_{item.basis.upper()}")
        if item.lot.source and item.basis == "stated":
            basis = joined(DOT, words("CBAM_BASIS_STATED"), plain(item.lot.source))
        name = precursor_kinds()[item.lot.flow].name
        mass, brought = trimmed(figures[item.mass]), trimmed(figures[item.figure])
        rows.append((name, item.lot.country, basis, item.route or "-", mass, brought))
    sums = {"CBAM_DIRECT": "direct", "CBAM_MARK_UP": line, "CBAM_SEE": f"see.{year}"}
    for code, figure in sums.items() if used else ():
        if figure:
            label = joined(DOT, words(code), str(year)) if figure != "direct" else words(code)
            rows.append((label, "", "", "", "", trimmed(figures[figure])))
    columns = ("PRECURSOR", "COUNTRY", "BASIS", "ROUTE", "MASS", "EMISSIONS")
    return _table("precursors", "CBAM-PREC-003", columns, rows, 2)


def scrap_table(inventory: Inventory, figures: Figures) -> Table:
    """Return scrap by type and origin: recorded, and zero in emissions."""
    rows: list[Row] = [
        (
            vocabulary_name("flows", flow),
            words(f"CBAM_ORIGIN_{_code(flow)}"),
            "0",
            trimmed(figures[f"scrap.{flow}"]),
        )
        for flow in inventory.scrap()
    ]
    return _table("scrap", "CBAM-SCRAP-ZERO", ("SCRAP", "ORIGIN", "EMISSIONS", "MASS"), rows, 2)


def _code(flow: str) -> str:
    return SCRAP_ORIGIN[flow].upper().replace("-", "_")


def cost_table(figures: Figures, question: Question, years: list[int]) -> Table:
    """Return, by year, emissions, certificates and cost with actual data and with the default."""
    rows: list[Row] = []
    for year in years:
        names = (
            *(f"see.{year}", f"certificates.{year}", f"cost.{year}"),
            *(f"default.{year}", f"certificates.default.{year}", f"cost.default.{year}"),
        )
        cells = tuple(_or_dash(figures, name) for name in names)
        rows.append((plain(str(year)), *cells))
    columns = (
        *("YEAR", "SEE", "CERTIFICATES", "COST"),
        *("DEFAULT", "CERTIFICATES_DEFAULT", "COST_DEFAULT"),
    )
    return _table("cost", "CBAM-COST-001", columns, rows, 6)


def _or_dash(figures: Figures, name: str) -> str:
    return trimmed(figures[name]) if name in figures else "-"


def source_table(found: list[Published]) -> Table:
    """Return the published values used, each with edition, place and correction status."""
    rows: dict[tuple[str, str], Row] = {}
    for item in found:
        key = (item.citation, item.locator)
        standing = words(f"CBAM_CORRECTION_{item.correction.upper()}")
        rows[key] = (*key, item.edition, standing, trimmed(item.value))
    columns = ("SOURCE", "LOCATOR", "EDITION", "CORRECTION", "VALUE")
    return _table("sources", "CBAM-DEFAULT-001", columns, [rows[key] for key in sorted(rows)], 1)
