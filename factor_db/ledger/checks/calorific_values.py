"""One fuel of one site has one calorific value a month; steps that differ are doubted.

Metered m3 times a lower value is less heat and less CO2: the value of the step that burns most is
worth most to whoever wants a low figure. Rule: FUEL-GAS-003.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope, flow_label, list_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import CALORIFIC, fuels
from factor_db.ledger.months.month_index import ZERO, MonthIndex
from factor_db.ledger.reading.exceptions import says_something

RULE, CODE = "FUEL-GAS-003", "LEDGER_CALORIFIC_DIFFERS"


def check_calorific(month_index: MonthIndex, findings: Findings) -> None:
    """Record each fuel whose steps state calorific values further apart than they may be.

    A note on each of the two rows that differ explains it: two gases, two suppliers.
    """
    for fuel in fuels():
        name = f"{fuel}.{CALORIFIC}"
        stated = month_index.property_rows(name)
        if len({row.process for row in stated}) < 2 or name in month_index.faulty_properties:
            continue
        if widest := max(_pairs(month_index, fuel), key=_gap, default=None):
            _judge(fuel, widest, findings)


def _pairs(month_index: MonthIndex, fuel: str) -> Iterator[tuple[LedgerRow, LedgerRow]]:
    """Yield the lowest and the highest of the values held in each month in which fuel was burnt."""
    by_month: dict[str, list[LedgerRow]] = {}
    for row, held in month_index.rows_with_property(fuel, CALORIFIC):
        if row.amount_canonical:
            by_month.setdefault(row.period, []).append(held)
    for month in sorted(by_month):
        ordered = sorted(by_month[month], key=lambda row: (row.amount_canonical, row.row_number))
        yield ordered[0], ordered[-1]


def _gap(pair: tuple[LedgerRow, LedgerRow]) -> Decimal:
    low, high = (row.amount_canonical for row in pair)
    return EXACT.divide(EXACT.subtract(high, low), high) if high else ZERO


def _judge(fuel: str, pair: tuple[LedgerRow, LedgerRow], findings: Findings) -> None:
    limit = rule(RULE).number("calorific_tolerance")
    low, high = pair
    if _gap(pair) <= limit:
        return
    findings.warning(
        CODE,
        low.sheet,
        low.cells["amount"],
        low.amount,
        explained=says_something(low.note) and says_something(high.note),
        scope=Scope(low.process, fuel),
        flow=flow_label(fuel),
        low=decimal_text(low.amount_canonical),
        high=decimal_text(high.amount_canonical),
        unit=low.unit_canonical,
        processes=list_label((low.process, high.process)),
        cells=list_label(f"{row.sheet}!{row.cells['amount']}" for row in pair),
        limit=decimal_text(limit * 100),
    )
