"""The tables of the CBAM view: direct emissions, precursors, scrap, cost by year, sources."""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.messages import code_of
from footprint.views.cbam.cost import Question
from footprint.views.cbam.direct import OUTSIDE, Direct
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.origins import said_by
from footprint.views.cbam.precursors import Used
from footprint.views.cbam.quarters import prices_of
from footprint.views.cbam.reference import Published, precursor_kinds
from footprint.views.figure import Cell, Figures, Table
from footprint.views.wording import DOT, joined, plain, trimmed
from footprint.words.book import name_words, words
from lca_models.charge import SCRAP_ORIGIN

Row = tuple[Cell, ...]
_SUMS = {
    "CBAM_DIRECT_UNWROUGHT": "direct.unwrought",
    "CBAM_DIRECT_PRODUCTS": "direct.products",
    "CBAM_DIRECT": "direct",
}


def _table(code: str, rule: str, columns: tuple[str, ...], rows: list[Row], figures: int) -> Table:
    headings = tuple(words(name) for name in columns)
    title = words(code_of("CBAM_TABLE", code))
    return Table(code, title, rule, headings, tuple(rows), figures)


def direct_table(figures: Figures, direct: Direct) -> Table:
    """Return every stream with where it is counted, then the sums and what is not counted."""
    rows: list[Row] = []
    for stream in direct.streams:
        name = joined(DOT, name_words("process", stream.process), name_words("flow", stream.flow))
        place = words(code_of("CBAM_PLACE", stream.place))
        rows.append((name, place, trimmed(figures[stream.figure])))
    rows += [(words(code), "", trimmed(figures[figure])) for code, figure in _SUMS.items()]
    for gas, amount in sorted(direct.uncounted.items()):
        rows.append((name_words("gas", gas), words("CBAM_PLACE_GAS"), trimmed(amount)))
    if figures[f"direct.{OUTSIDE}"]:
        label = words("CBAM_DIRECT_OUTSIDE")
        rows.append((label, words("CBAM_PLACE_OUTSIDE"), trimmed(figures[f"direct.{OUTSIDE}"])))
    return _table(
        "direct",
        "CBAM-SCOPE-001",
        ("CBAM_COLUMN_ITEM", "CBAM_COLUMN_PLACE", "CBAM_COLUMN_EMISSIONS"),
        rows,
        1,
    )


def precursor_table(figures: Figures, used: tuple[Used, ...], year: int) -> Table:
    """Return every lot with its origin and who says so, basis, mass and what it brings in.

    The last column adds up: lots, the mark-up of the year on defaults, and direct emissions.
    """
    rows: list[Row] = []
    for item in used:
        basis: Cell = words(code_of("CBAM_BASIS", item.basis))
        if item.lot.source and item.basis == "stated":
            basis = joined(DOT, words("CBAM_BASIS_STATED"), plain(item.lot.source))
        name = precursor_kinds()[item.lot.flow].name
        mass, brought = trimmed(figures[item.mass]), trimmed(figures[item.figure])
        origin = said_by(item.lot)
        rows.append((name, item.lot.country, origin, basis, item.route or "-", mass, brought))
    rows += [
        (words(code), "", "", "", "", "", trimmed(figures[name]))
        for code, name in _totals(figures, year)
    ]
    columns = (
        "CBAM_COLUMN_PRECURSOR",
        "CBAM_COLUMN_COUNTRY",
        "CBAM_COLUMN_ORIGIN_BY",
        "CBAM_COLUMN_BASIS",
        "CBAM_COLUMN_ROUTE",
        "CBAM_COLUMN_MASS",
        "CBAM_COLUMN_EMISSIONS",
    )
    return _table("precursors", "CBAM-PREC-003", columns, rows if used else [], 2)


def _totals(figures: Figures, year: int) -> list[tuple[str, str]]:
    """Return the lines by which the table gives the headline: mark-up, direct, and their sum."""
    mark_up = [("CBAM_MARK_UP", f"mark_up.{year}")] if f"mark_up.{year}" in figures else []
    return [*mark_up, ("CBAM_DIRECT", "direct"), ("CBAM_SEE", f"see.{year}")]


def scrap_table(inventory: Inventory, figures: Figures) -> Table:
    """Return scrap by type and origin: recorded, and zero in emissions."""
    rows: list[Row] = [
        (
            name_words("flow", flow),
            words(code_of("CBAM_ORIGIN", _code(flow))),
            "0",
            trimmed(figures[f"scrap.{flow}"]),
        )
        for flow in inventory.scrap()
    ]
    return _table(
        "scrap",
        "CBAM-SCRAP-ZERO",
        ("CBAM_COLUMN_SCRAP", "CBAM_COLUMN_ORIGIN", "CBAM_COLUMN_EMISSIONS", "CBAM_COLUMN_MASS"),
        rows,
        2,
    )


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
        *("CBAM_COLUMN_YEAR", "CBAM_COLUMN_SEE", "CBAM_COLUMN_CERTIFICATES", "CBAM_COLUMN_COST"),
        *("CBAM_COLUMN_DEFAULT", "CBAM_COLUMN_CERTIFICATES_DEFAULT", "CBAM_COLUMN_COST_DEFAULT"),
    )
    return _table("cost", "CBAM-COST-001", columns, rows, 6)


def quarter_table(figures: Figures, question: Question) -> Table:
    """Return the quarters that price imports: price, date, cost of a tonne, and EUR of the imports.

    A quarter without a price is open, with the day its price is due. Empty where the declarant gave
    a price, or where nothing may be said in EUR.
    """
    by_quarter = question.in_money and question.price is None
    tonnes = {item.quarter: item.tonnes for item in question.imports}
    rows: list[Row] = []
    for price in prices_of(question.year) if by_quarter else ():
        name = price.quarter
        shown: Cell = trimmed(price.value) if price.value is not None else words("CBAM_PRICE_OPEN")
        mass = tonnes.get(name)
        amounts = (f"cost.{name}", f"cost.default.{name}", f"imports.{name}")
        cells = [_or_dash(figures, item) for item in amounts]
        weighed = trimmed(mass) if mass is not None else "-"
        rows.append((plain(name), price.date, shown, *cells[:2], weighed, cells[2]))
    if f"imports.{question.year}" in figures:
        whole = trimmed(sum((mass for mass in tonnes.values() if mass), Decimal(0)))
        mean = [_or_dash(figures, f"cost.{kind}{question.year}") for kind in ("", "default.")]
        total = trimmed(figures[f"imports.{question.year}"])
        rows.append((words("CBAM_QUARTERS_TOGETHER"), "", "", *mean, whole, total))
    columns = (
        "CBAM_COLUMN_QUARTER",
        "CBAM_COLUMN_PUBLISHED",
        "CBAM_COLUMN_PRICE",
        "CBAM_COLUMN_COST",
        "CBAM_COLUMN_COST_DEFAULT",
        "CBAM_COLUMN_TONNES",
        "CBAM_COLUMN_IMPORTS",
    )
    return _table("quarters", "CBAM-PRICE-001", columns, rows, 5)


def _or_dash(figures: Figures, name: str) -> str:
    return trimmed(figures[name]) if name in figures else "-"


def source_table(found: list[Published]) -> Table:
    """Return the published values used, each with edition, place and correction status."""
    rows: dict[tuple[str, str], Row] = {}
    for item in found:
        key = (item.citation, item.locator)
        standing = words(code_of("CBAM_CORRECTION", item.correction))
        rows[key] = (*key, item.edition, standing, trimmed(item.value))
    columns = (
        "CBAM_COLUMN_SOURCE",
        "CBAM_COLUMN_LOCATOR",
        "CBAM_COLUMN_EDITION",
        "CBAM_COLUMN_CORRECTION",
        "CBAM_COLUMN_VALUE",
    )
    return _table("sources", "CBAM-DEFAULT-001", columns, [rows[key] for key in sorted(rows)], 1)
