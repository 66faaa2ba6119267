"""The faults of the corpus: each a class of its own, planted in an example by code.

`together` says that the fault can stand in one ledger beside all others so marked: it touches a
flow, month or balance that no other of them needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from corpus_book import Book, Place, Row

PLATE, EXTRUSION, RECYCLING = "plate_mill", "extrusion_plant", "recycling_plant"
Plant = Callable[[Book], Place]


@dataclass(frozen=True)
class Fault:
    """One class of fault: its name, the code it must give, the example and how it is planted."""

    name: str
    code: str
    plant: Plant
    book: str = PLATE
    severity: str = "error"
    together: bool = True


def texts(process: str, flow: str, month: str, column: str, text: str) -> Plant:
    """Plant a text in a cell of the ledger; the finding stands there."""

    def plant(book: Book) -> Place:
        row = book.row(process, flow, f"2025-{month}")
        row[column] = text
        return Place("ledger", row, column)

    return plant


def times(
    process: str, flow: str, factor: str, months: str = "", at: tuple[str, str, str] | None = None
) -> Plant:
    """Multiply amounts in one month or all; the finding stands at the first of them, or at `at`."""

    def plant(book: Book) -> Place:
        rows = book.all_rows(process, flow)
        rows = [row for row in rows if not months or row["period"] == f"2025-{months}"]
        for row in rows:
            row["amount"] = str(Decimal(row["amount"]) * Decimal(factor))
        return Place("ledger", book.row(*at) if at else rows[0], "amount")

    return plant


def site(key: str, text: str, at: str | None = None) -> Plant:
    """Plant a text in the site header."""

    def plant(book: Book) -> Place:
        book.site[key] = text
        return Place("site", key if at is None else at)

    return plant


def without(process: str, flow: str, month: str, at: tuple[str, str, str], column: str) -> Plant:
    """Leave rows out; the finding stands at another row."""

    def plant(book: Book) -> Place:
        gone = [
            row
            for row in book.all_rows(process, flow)
            if not month or row["period"] == f"2025-{month}"
        ]
        book.rows = [row for row in book.rows if not any(row is other for other in gone)]
        return Place("ledger", book.row(*at), column)

    return plant


def extra(like: tuple[str, str, str], column: str, **changes: str) -> Plant:
    """Append a row like another one with changes; the finding stands in it."""

    def plant(book: Book) -> Place:
        row: Row = {**book.row(*like), **changes}
        book.rows.append(row)
        return Place("ledger", row, column)

    return plant


def listed(sheet: str, column: str, **values: str) -> Plant:
    """Append a row to a sheet beside the ledger; the finding stands in it."""

    def plant(book: Book) -> Place:
        return Place(sheet, book.add(sheet, **values), column)

    return plant


def _exception(column: str, **changes: str) -> Plant:
    good = {
        "code": "LEDGER_MONTH_ZERO",
        "explanation": "停炉检修，当月未用",
        "author": "王工",
        "expires_on": "2026-12-31",
    }
    return listed("exceptions", column, **{**good, **changes})


FLUX, FILTER, GRAIN = (
    ("melting", "flux_salt"),
    ("refining", "ceramic_filter"),
    ("refining", "grain_refiner"),
)
WATER, OIL, QUENCH = (
    ("slab_casting", "water"),
    ("hot_rolling", "rolling_oil"),
    ("solution_treatment", "water"),
)
WOOD, FILM = ("plate_packing", "wood_packaging"), ("plate_packing", "plastic_film")
STRAP, PAPER = ("plate_packing", "steel_strapping"), ("plate_packing", "paper")
TRUCK, RAIL = ("charging", "truck_transport"), ("charging", "rail_transport")

CELL_FAULTS = [
    Fault("no method", "LEDGER_CELL_EMPTY", texts(*FLUX, "02", "method", "")),
    Fault("no amount", "LEDGER_CELL_EMPTY", texts(*FLUX, "03", "amount", "")),
    Fault("no unit", "LEDGER_CELL_EMPTY", texts(*FLUX, "04", "unit", "")),
    Fault("no role", "LEDGER_CELL_EMPTY", texts(*FLUX, "05", "role", "")),
    Fault("no month", "LEDGER_CELL_EMPTY", texts(*FLUX, "06", "period", "")),
    Fault("no process", "LEDGER_CELL_EMPTY", texts(*FLUX, "07", "process", ""), together=False),
    Fault("no flow", "LEDGER_CELL_EMPTY", texts(*FLUX, "08", "flow", ""), together=False),
    Fault("long note", "LEDGER_TEXT_TOO_LONG", texts(*FILTER, "02", "note", "长" * 2001)),
    Fault("long supplier", "LEDGER_TEXT_TOO_LONG", texts(*FILTER, "03", "counterparty", "x" * 2001)),
    Fault("month in words", "LEDGER_PERIOD_UNREADABLE", texts(*GRAIN, "02", "period", "五月")),
    Fault("month 13", "LEDGER_PERIOD_UNREADABLE", texts(*GRAIN, "03", "period", "2025-13")),
    Fault("year before", "LEDGER_PERIOD_OUTSIDE", texts(*GRAIN, "04", "period", "2024-04")),
    Fault("year transposed", "LEDGER_PERIOD_OUTSIDE", texts(*GRAIN, "05", "period", "2052-05")),
    Fault("process mistyped", "LEDGER_PROCESS_UNKNOWN", texts(*OIL, "02", "process", "hot rollin")),
    Fault("process unknown", "LEDGER_PROCESS_UNKNOWN", texts(*OIL, "03", "process", "xyzzy plugh"), together=False),
    Fault("flow mistyped", "LEDGER_FLOW_UNKNOWN", texts(*OIL, "04", "flow", "rolling oil and emulsio")),
    Fault("flow unknown", "LEDGER_FLOW_UNKNOWN", texts(*OIL, "05", "flow", "xyzzy plugh"), together=False),
    Fault("role mistyped", "LEDGER_ROLE_UNKNOWN", texts(*WATER, "02", "role", "imput")),
    Fault("role of another flow", "LEDGER_ROLE_MISMATCH", texts(*WATER, "03", "role", "waste")),
    Fault("energy as co-product", "LEDGER_CO_PRODUCT_FLOW", texts(*WATER, "04", "role", "co-product")),
    Fault("method mistyped", "LEDGER_METHOD_UNKNOWN", texts(*WATER, "05", "method", "metred")),
    Fault("unit unknown", "LEDGER_UNIT_UNKNOWN", texts(*QUENCH, "02", "unit", "stere")),
    Fault("unit of another quantity", "LEDGER_UNIT_DIMENSION", texts(*QUENCH, "03", "unit", "kWh")),
    Fault("unit of a ratio", "LEDGER_UNIT_DIMENSION", texts(*QUENCH, "04", "unit", "MJ/kg")),
    Fault("decimal comma", "LEDGER_AMOUNT_UNREADABLE", texts(*WOOD, "02", "amount", "1234,5")),
    Fault("blank in a number", "LEDGER_AMOUNT_UNREADABLE", texts(*WOOD, "03", "amount", "1 234")),
    Fault("number in words", "LEDGER_AMOUNT_UNREADABLE", texts(*WOOD, "04", "amount", "一百")),
    Fault("number of two points", "LEDGER_AMOUNT_UNREADABLE", texts(*WOOD, "05", "amount", "1.234.567")),
    Fault("number beyond any plant", "LEDGER_AMOUNT_UNREADABLE", texts(*WOOD, "06", "amount", "9" * 40)),
    Fault("number with its unit", "LEDGER_AMOUNT_WITH_UNIT", texts(*WOOD, "07", "amount", "5000kg")),
    Fault("below zero", "LEDGER_AMOUNT_NEGATIVE", texts(*FILM, "02", "amount", "-12")),
    Fault("infinite", "LEDGER_AMOUNT_NOT_FINITE", texts(*FILM, "03", "amount", "inf")),
    Fault("not a number", "LEDGER_AMOUNT_NOT_FINITE", texts(*FILM, "04", "amount", "NaN")),
    Fault("price in words", "LEDGER_PRICE_UNREADABLE", texts(*STRAP, "02", "price", "cheap")),
    Fault("price below zero", "LEDGER_AMOUNT_NEGATIVE", texts(*STRAP, "03", "price", "-1")),
    Fault("gas at working conditions", "LEDGER_UNIT_ACTUAL_VOLUME", texts("plate_ageing", "natural_gas", "02", "unit", "工况m3")),
]  # fmt: skip
ROW_FAULTS = [
    Fault("typed twice", "LEDGER_DUPLICATE_ROW", extra((*PAPER, "2025-05"), "amount")),
    Fault("typed twice, other amount", "LEDGER_DUPLICATE_ROW", extra((*PAPER, "2025-06"), "amount", amount="1"), together=False),
    Fault("flow of no such process", "LEDGER_FLOW_NOT_OF_PROCESS", extra(("melting", "diesel", "2025-01"), "flow", process="hot_rolling", amount="0"), severity="warning"),
    Fault("a month left out", "LEDGER_MONTH_MISSING", without(*TRUCK, "05", (*TRUCK, "2025-01"), "period")),
    Fault("the first month left out", "LEDGER_MONTH_MISSING", without(*RAIL, "01", (*RAIL, "2025-02"), "period")),
    Fault("a flow left out", "LEDGER_FLOW_MISSING", without("scalping", "electricity", "", ("scalping", "scalped_slab", "2025-01"), "process")),
    Fault("a product left out", "LEDGER_PRODUCT_MISSING", without("scalping", "scalped_slab", "", ("scalping", "slab", "2025-01"), "process"), together=False),
    Fault("prepared scrap left out", "LEDGER_FLOW_MISSING", without("charging", "prepared_scrap", "", ("charging", "charge_metal", "2025-01"), "process"), RECYCLING),
    Fault("recovered metal left out", "LEDGER_FLOW_MISSING", without("charging", "recovered_metal", "", ("charging", "charge_metal", "2025-01"), "process"), RECYCLING, together=False),
    Fault("profile left out", "LEDGER_FLOW_MISSING", without("profile_packing", "aged_profile", "", ("profile_packing", "extrusion", "2025-01"), "process"), EXTRUSION),
]  # fmt: skip
SIZE_FAULTS = [
    Fault("a month in Wh", "LEDGER_MAGNITUDE_IMPOSSIBLE", times("slab_homogenising", "electricity", "1000", "05")),
    Fault("a month in MWh", "LEDGER_MAGNITUDE_IMPOSSIBLE", times("hot_rolling", "electricity", "0.001", "05")),
    Fault("a year in Wh", "LEDGER_MAGNITUDE_IMPOSSIBLE", times("plate_sawing", "electricity", "1000")),
    Fault("a year in MWh", "LEDGER_MAGNITUDE_IMPOSSIBLE", times("plate_stretching", "electricity", "0.001")),
    Fault("a year in MJ", "LEDGER_MAGNITUDE_UNUSUAL", times("plate_packing", "electricity", "3.6"), severity="warning"),
    Fault("a year too low", "LEDGER_MAGNITUDE_UNUSUAL", times("refining", "argon", "0.03"), severity="warning"),
    Fault("a month in MJ", "LEDGER_MONTH_OUTLIER", times("plate_ageing", "electricity", "3.6", "05"), severity="warning"),
    Fault("a digit too many", "LEDGER_MONTH_OUTLIER", times("solution_treatment", "electricity", "10", "05"), severity="warning"),
    Fault("a digit lost", "LEDGER_MONTH_OUTLIER", times("hot_rolling", "natural_gas", "0.1", "05"), severity="warning"),
    Fault("a month of zero", "LEDGER_MONTH_ZERO", times("solution_treatment", "natural_gas", "0", "05"), severity="warning"),
    Fault("output in kg", "LEDGER_PRODUCT_MAGNITUDE", times("ingot_packing", "recycled_ingot", "1000", "05"), RECYCLING),
    Fault("output all zero", "LEDGER_PRODUCT_ZERO", times("liquid_delivery", "liquid_alloy", "0"), RECYCLING),
    Fault("share in percent", "LEDGER_PROPERTY_RANGE", times("melting", "dross.aluminium_content", "100"), EXTRUSION),
    Fault("share of a thousandth", "LEDGER_PROPERTY_RANGE", times("charging", "scrap_pre_consumer.aluminium_content", "0.001"), EXTRUSION),
    Fault("gas in GJ", "LEDGER_PROPERTY_RANGE", times("melting", "natural_gas.net_calorific_value", "0.001"), EXTRUSION),
]  # fmt: skip
BALANCE_FAULTS = [
    Fault("ingot content wrong", "LEDGER_METAL_BALANCE", times("charging", "primary_ingot.aluminium_content", "0.96", "", ("slab_casting", "slab", "2025-01"))),
    Fault("no content of dross", "LEDGER_METAL_BALANCE_UNTESTED", without("melting", "dross.aluminium_content", "", ("slab_casting", "slab", "2025-01"), "flow"), severity="warning", together=False),
]  # fmt: skip
SITE_FAULTS = [
    Fault("region not said", "LEDGER_SITE_KEY_MISSING", site("region", "")),
    Fault("key mistyped", "LEDGER_SITE_KEY_UNKNOWN", site("regoin", "CN-CQ")),
    Fault("key twice", "LEDGER_SITE_KEY_DUPLICATE", site("厂址代码", "CQ-OTHER")),
    Fault("old template", "LEDGER_SCHEMA_VERSION", site("schema_version", "9")),
    Fault("credit code too short", "LEDGER_USCC_FORM", site("uscc", "91500000XXXX"), together=False),
    Fault("credit code with a wrong digit", "LEDGER_USCC_CHECK_DIGIT", site("uscc", "91500000XXXXXXX101")),
    Fault("site code of two words", "LEDGER_SITE_CODE", site("site_code", "cq plate")),
    Fault("region without country", "LEDGER_REGION_UNKNOWN", site("region", "CQ"), together=False),
    Fault("start in words", "LEDGER_DATE_UNREADABLE", site("period_start", "last year"), together=False),
    Fault("start within a month", "LEDGER_PERIOD_NOT_WHOLE_MONTHS", site("period_start", "2025-01-02"), together=False),
    Fault("end within a month", "LEDGER_PERIOD_NOT_WHOLE_MONTHS", site("period_end", "2025-12-30"), together=False),
    Fault("end before start", "LEDGER_PERIOD_ORDER", site("period_start", "2026-01-01", "period_end"), together=False),
    Fault("six years", "LEDGER_PERIOD_LENGTH", site("period_start", "2020-01-01", "period_end"), together=False),
    Fault("flag of neither kind", "LEDGER_FLAG_UNREADABLE", site("illustrative", "perhaps")),
]  # fmt: skip
EXCEPTION_FAULTS = [
    Fault("exception without words", "LEDGER_EXCEPTION_EMPTY", _exception("explanation", explanation="")),
    Fault("exception without author", "LEDGER_EXCEPTION_EMPTY", _exception("author", author="")),
    Fault("exception without end", "LEDGER_EXCEPTION_EMPTY", _exception("expires_on", expires_on="")),
    Fault("exception that says nothing", "LEDGER_EXCEPTION_EXPLANATION", _exception("explanation", explanation="无")),
    Fault("exception of an error", "LEDGER_EXCEPTION_CODE", _exception("code", code="LEDGER_MASS_BALANCE")),
    Fault("exception for ever", "LEDGER_EXCEPTION_TOO_LONG", _exception("expires_on", expires_on="2099-12-31")),
    Fault("exception of no date", "LEDGER_DATE_UNREADABLE", _exception("expires_on", expires_on="soon")),
    Fault("exception that ended", "LEDGER_EXCEPTION_EXPIRED", _exception("code", expires_on="2026-05-31"), severity="warning"),
    Fault("exception of nothing", "LEDGER_EXCEPTION_UNUSED", _exception("code"), severity="warning", together=False),
    Fault("exception of no process", "LEDGER_PROCESS_UNKNOWN", _exception("process", process="xyzzy plugh")),
    Fault("exception of another year", "LEDGER_PERIOD_OUTSIDE", _exception("period", period="2024-05")),
]  # fmt: skip
FAULTS = [
    *CELL_FAULTS,
    *ROW_FAULTS,
    *SIZE_FAULTS,
    *BALANCE_FAULTS,
    *SITE_FAULTS,
    *EXCEPTION_FAULTS,
]
