"""Values that need a property row: fuel energy in MJ and aluminium mass in tonnes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.picture import ZERO, Picture
from factor_db.ledger.rows import LedgerRow
from factor_db.ledger.vocabulary import ALUMINA, ALUMINIUM, CALORIFIC, vocabulary


def fuel_mj(
    picture: Picture, process: str, flow: str, default: Decimal | None = None
) -> Decimal | None:
    """Return the energy of a fuel over the period, MJ; None without calorific value and default."""

    def calorific(row: LedgerRow) -> Decimal | None:
        stated = picture.property_of(row, CALORIFIC)
        return default if stated is None else stated

    return _weighted(picture, process, flow, calorific)


def aluminium_t(picture: Picture, process: str, flow: str) -> Decimal | None:
    """Return the aluminium in a metal over the period, t; None without its aluminium content.

    An alloying element holds no aluminium unless a row says so (a master alloy).
    """
    none_inside = vocabulary().flows[flow].category == "alloying"

    def content(row: LedgerRow) -> Decimal | None:
        stated = picture.property_of(row, ALUMINIUM)
        return ZERO if stated is None and none_inside else stated

    return _weighted(picture, process, flow, content)


def alumina_t(picture: Picture, process: str, flow: str) -> Decimal | None:
    """Return the Al2O3 in dross over the period, t.

    Without a row for the alumina content all that is not metal counts as Al2O3.
    """

    def content(row: LedgerRow) -> Decimal | None:
        stated = picture.property_of(row, ALUMINA)
        metal = picture.property_of(row, ALUMINIUM)
        return 1 - metal if stated is None and metal is not None else stated

    return _weighted(picture, process, flow, content)


def _weighted(
    picture: Picture, process: str, flow: str, value: Callable[[LedgerRow], Decimal | None]
) -> Decimal | None:
    """Return the sum of amount x value over a key's rows; None when a non-zero row has no value."""
    total = ZERO
    for row in picture.by_key.get((process, flow), ()):
        if row.amount_canonical:
            factor = value(row)
            if factor is None:
                return None
            total = EXACT.fma(row.amount_canonical, factor, total)
    return total
