"""Values that need a property row: fuel energy in MJ and aluminium mass in tonnes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.limits import ALUMINA_PER_ALUMINIUM
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import ALUMINA, ALUMINIUM, CALORIFIC, vocabulary
from factor_db.ledger.months.month_index import ZERO, MonthIndex

Value = Callable[[LedgerRow], Decimal | None]


def fuel_mj(
    month_index: MonthIndex, process: str, flow: str, default: Decimal | None = None
) -> Decimal | None:
    """Return the energy of a fuel over the period, MJ; None without calorific value and default."""

    def calorific(row: LedgerRow) -> Decimal | None:
        stated = month_index.property_of(row, CALORIFIC)
        return default if stated is None else stated

    return _total(weighted_by_month(month_index.by_key.get((process, flow), ()), calorific))


def aluminium_t(month_index: MonthIndex, process: str, flow: str) -> Decimal | None:
    """Return the aluminium in a metal over the period, t; None without its aluminium content."""
    rows = month_index.by_key.get((process, flow), ())
    return _total(weighted_by_month(rows, aluminium_share(month_index)))


def aluminium_share(month_index: MonthIndex, default: Decimal | None = None) -> Value:
    """Return how the aluminium content of a row is found, 0 to 1; `default` where none is stated.

    An alloying element holds no aluminium unless a row says so (a master alloy).
    """

    def content(row: LedgerRow) -> Decimal | None:
        stated = month_index.property_of(row, ALUMINIUM)
        if stated is not None:
            return stated
        return ZERO if vocabulary().flows[row.flow].category == "alloying" else default

    return content


def dross_share(month_index: MonthIndex) -> Value:
    """Return how the aluminium that dross takes with it is found, per t: metal and oxidised.

    Without a row for the alumina content all that is not metal counts as Al2O3. Rule: AL-BAL-001.
    """

    def lost(row: LedgerRow) -> Decimal | None:
        metal, alumina = month_index.property_of(row, ALUMINIUM), alumina_share(month_index, row)
        if metal is None or alumina is None:
            return None
        return metal + EXACT.divide(alumina, ALUMINA_PER_ALUMINIUM)

    return lost


def alumina_share(month_index: MonthIndex, row: LedgerRow) -> Decimal | None:
    """Return the Al2O3 per t of dross of a row, None when nothing says what it holds."""
    stated, metal = month_index.property_of(row, ALUMINA), month_index.property_of(row, ALUMINIUM)
    return 1 - metal if stated is None and metal is not None else stated


def alumina_t(month_index: MonthIndex, process: str, flow: str) -> Decimal | None:
    """Return the Al2O3 in dross over the period, t."""
    rows = month_index.by_key.get((process, flow), ())
    return _total(weighted_by_month(rows, lambda row: alumina_share(month_index, row)))


def weighted_by_month(rows: Iterable[LedgerRow], value: Value) -> dict[str, Decimal] | None:
    """Return month → sum of amount x value; None when a row that is not 0 has no value."""
    months: dict[str, Decimal] = {}
    for row in rows:
        factor = value(row) if row.amount_canonical else ZERO
        if factor is None:
            return None
        so_far = months.get(row.period, ZERO)
        months[row.period] = EXACT.fma(row.amount_canonical, factor, so_far)
    return months


def _total(months: dict[str, Decimal] | None) -> Decimal | None:
    return None if months is None else sum(months.values(), ZERO)
