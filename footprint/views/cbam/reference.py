"""What the Union has published for aluminium: goods, defaults, benchmarks, factors, prices.

All of it is read from `factor_db/reference/cbam/*.csv`; each row has its source, edition and, for
defaults, its correction status. Owns the look-ups and no arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule
from footprint.words.book import name_words

UNWROUGHT = "unwrought"
UNWROUGHT_HEADING = "7601"
OTHER, UNKNOWN = "OTHER", "UNKNOWN"
_RELIEVED = ("eu", "exempt")


@dataclass(frozen=True, slots=True)
class Good:
    """A good of Annex I by its CN code; `category` is unwrought or products."""

    cn: str
    category: str
    name: dict[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """One published number, where it was read, and how it stands to the correction of July 2026.

    `correction` is open (nothing of it is held), held (equal to it as others transcribed it),
    agrees, corrected, or none (no correction known).
    """

    value: Decimal
    route: str
    citation: str
    locator: str
    edition: str
    correction: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a process stands: its category of goods, and counted, excluded or a choice."""

    category: str
    counting: str
    rule: str


@dataclass(frozen=True, slots=True)
class PrecursorKind:
    """A flow that is unwrought aluminium; `route` is what its maker's statement would say."""

    flow: str
    route: str

    @property
    def name(self) -> dict[str, str]:
        """The name of the flow, as everywhere."""
        return name_words("flow", self.flow)


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    return tuple(reference_rows(f"cbam/{name}.csv"))


def _name(row: dict[str, str]) -> dict[str, str]:
    return {"zh": row["name_zh"], "en": row["name_en"]}


@cache
def goods() -> dict[str, Good]:
    """Return the goods by their eight-digit CN code."""
    return {row["cn"]: Good(row["cn"], row["category"], _name(row)) for row in _rows("goods")}


def good(code: str) -> Good:
    """Return a good by its CN code, spaces allowed; raises BadInput (CBAM_CN_UNKNOWN)."""
    cn = code.replace(" ", "")
    found = goods().get(cn)
    if found is None:
        near = [item for item in goods() if item.startswith(cn[:6])] or list(goods())
        raise BadInput("CBAM_CN_UNKNOWN", cn=code, known=", ".join(near))
    return found


@cache
def boundaries() -> dict[str, Boundary]:
    """Return process → its place at the boundary."""
    return {
        row["process"]: Boundary(row["category"], row["counting"], row["rule"])
        for row in _rows("boundaries")
    }


@cache
def precursor_kinds() -> dict[str, PrecursorKind]:
    """Return flow → what kind of precursor it is."""
    kinds = (PrecursorKind(row["flow"], row["route"]) for row in _rows("precursors"))
    return {kind.flow: kind for kind in kinds}


@cache
def fuel_factors() -> dict[str, Decimal]:
    """Return fuel → standard emission factor, kg CO2 per MJ of net calorific energy."""
    return {row["flow"]: decimal_value(row["kg_co2_per_mj"]) for row in _rows("fuels")}


def is_relieved(country: str) -> bool:
    """Tell whether a precursor of this country counts zero (rule CBAM-PREC-002)."""
    return any(row["code"] == country and row["status"] in _RELIEVED for row in _rows("countries"))


def shipped_default(cn: str, country: str) -> Published | None:
    """Return the default of a good and country before its mark-up, t CO2e/t, or None.

    `OTHER` is a country that the regulation does not list, `UNKNOWN` a precursor of unknown origin.
    The longest code that fits wins. Rule: CBAM-DEFAULT-002.
    """
    fitting = [r for r in _rows("defaults") if r["country"] == country and cn.startswith(r["cn"])]
    return _published(max(fitting, key=lambda row: len(row["cn"]))) if fitting else None


def default_value(cn: str, country: str) -> Published:
    """Return a shipped default; raises Incomplete (CBAM_DEFAULT_ABSENT) where none ships."""
    found = shipped_default(cn, country)
    if found is None:
        raise Incomplete("CBAM_DEFAULT_ABSENT", cn=cn, country=country)
    return found


def benchmark(cn: str, column: str, route: str, year: int) -> Published | None:
    """Return a benchmark of column A or B, t CO2e/t; None where none is published for the year.

    `cn` may be a heading whose codes share one value. Rule: CBAM-BENCH-001.
    """
    fitting = [
        row
        for row in _rows("benchmarks")
        if row["cn"].startswith(cn)
        and row["column"] == column
        and row["route"] in ("", route)
        and int(row["first_year"]) <= year <= int(row["last_year"])
    ]
    if len({row["t_co2e_per_t"] for row in fitting}) != 1:
        return None
    return _published(fitting[0])


def _published(row: dict[str, str]) -> Published:
    return Published(
        decimal_value(row["t_co2e_per_t"]),
        row["route"],
        row["citation"],
        row["locator"],
        row["edition"],
        row["correction"],
    )


def allocation_factor(year: int) -> Decimal:
    """Return the share of free allocation that remains in a year; the last one holds for later.

    Rule: CBAM-COST-001.
    """
    schedule = {int(row["year"]): row["factor"] for row in _rows("allocation_factors")}
    return decimal_value(schedule[min(year, max(schedule))])


def mark_up(year: int) -> Decimal:
    """Return the mark-up on default values in a year, a fraction (rule CBAM-DEFAULT-001)."""
    parameters = rule("CBAM-DEFAULT-001").parameters
    return decimal_value(parameters.get(f"markup_{year}", parameters["markup_later"]))


def first_definitive_year() -> int:
    """Return the first year for which certificates are due (rule CBAM-YEAR-001)."""
    return int(rule("CBAM-YEAR-001").parameters["first_definitive_year"])


def last_benchmark_year() -> int:
    """Return the last year for which benchmarks are published."""
    return max(int(row["last_year"]) for row in _rows("benchmarks"))
