"""A gas metered at one temperature with a calorific value of another: heat goes missing.

Volumes are converted, and so is a value stated as MJ/m3_20c. A value of a certificate at 20 °C
written as MJ/m3 is taken to be at 0 °C: 6.8 % too little heat and CO2. Rule: FUEL-GAS-002.
"""

from __future__ import annotations

from factor_db.foundation.units import unit
from factor_db.ledger.form.faults import Findings, Scope, flow_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import CALORIFIC, fuels, vocabulary
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.reading.exceptions import says_something
from factor_db.ledger.reading.row_reader import plain_unit

_AT_20C = "_20c"


def check_gas_basis(month_index: MonthIndex, findings: Findings) -> None:
    """Record each calorific value stated at another temperature than the gas; a note explains."""
    for fuel in fuels():
        if not vocabulary().flows[fuel].unit.startswith("m3"):
            continue
        for stated, metered in _parted(month_index, fuel):
            findings.warning(
                "LEDGER_GAS_BASIS",
                stated.sheet,
                stated.cells["unit"],
                stated.unit,
                explained=says_something(stated.note),
                scope=Scope(stated.process, stated.flow),
                flow=flow_label(fuel),
                metered=metered.unit,
                stated=stated.unit,
                place=f"{metered.sheet}!{metered.cells['unit']}",
            )


def _parted(month_index: MonthIndex, fuel: str) -> list[tuple[LedgerRow, LedgerRow]]:
    """Return each calorific value with the first gas it holds for that has another temperature."""
    found: dict[str, tuple[LedgerRow, LedgerRow]] = {}
    for row, held in month_index.rows_with_property(fuel, CALORIFIC):
        if _is_at_20c(held) != _is_at_20c(row):
            found.setdefault(f"{held.sheet}!{held.row_number}", (held, row))
    return list(found.values())


def _is_at_20c(row: LedgerRow) -> bool:
    volume = plain_unit(row.unit).rpartition("/")[2]
    return unit(volume).code.endswith(_AT_20C)
