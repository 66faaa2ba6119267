"""What a multi-output process's products bear: rule DQ-LCI-ALLOCATION.

Sums are `math.fsum`: the double nearest to the exact sum, whatever the order of the exchanges and
the Python. The built-in `sum` of floats rounds otherwise since Python 3.12, and shares enter the
background's hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from lca_models.background.written import Allocated
from lca_models.external.exchanges import PRODUCT, Exchange

METHODS = ("mass", "reference")
_RULE = "DQ-LCI-ALLOCATION"


@dataclass(frozen=True, slots=True)
class Share:
    """One product of a process: its net amount and the share of the process's burdens it bears."""

    product: Exchange
    share: float


@dataclass(frozen=True, slots=True)
class Shares:
    """The products that bear burdens, those that bear none, and how it was decided."""

    bearing: tuple[Share, ...]
    free: tuple[Exchange, ...]
    method: str


def shares_of(process: str, exchanges: Sequence[Exchange], method: str = "") -> Shares:
    """Return how a process's products share its burdens; `method` (mass, reference) overrides.

    Raises BadInput: LCI_NO_REFERENCE without a reference product above zero, LCI_NO_MASS where mass
    is asked for and a co-product has none.
    """
    products = _products(exchanges)
    reference = next((item for item in products if item.is_reference), None)
    if reference is None or not reference.amount > 0:
        raise BadInput("LCI_NO_REFERENCE", process=process)
    others = [item for item in products if item is not reference and item.amount > 0]
    if not others:
        return Shares((Share(reference, 1.0),), (), "single")
    masses = [_mass(item) for item in (reference, *others)]
    complete = all(mass is not None for mass in masses)
    if method == "mass" and not complete:
        raise BadInput("LCI_NO_MASS", process=process)
    if method == "reference" or not complete:
        return Shares((Share(reference, 1.0),), tuple(others), "reference")
    total = fsum(mass for mass in masses if mass is not None)
    bearing = tuple(
        Share(item, mass / total)
        for item, mass in zip((reference, *others), masses, strict=True)
        if mass is not None
    )
    return Shares(bearing, (), "mass")


def _products(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return product outputs that count, several of one flow added up."""
    cut_off = rule(_RULE).parameters["cut_off_name"]
    found: dict[str, list[Exchange]] = {}
    for item in exchanges:
        if item.is_input or item.is_avoided or item.flow_type != PRODUCT:
            continue
        is_dropped = item.is_pseudo or item.name.casefold().startswith(cut_off)
        if is_dropped and not item.is_reference:
            continue
        found.setdefault(item.flow, []).append(item)
    return [_added(items) for items in found.values()]


def _added(items: Sequence[Exchange]) -> Exchange:
    masses = [item.stated_mass for item in items]
    stated = [mass for mass in masses if mass is not None]
    return replace(
        items[0],
        amount=fsum(item.amount for item in items),
        is_reference=any(item.is_reference for item in items),
        stated_mass=fsum(stated) if len(stated) == len(masses) else None,
    )


def _mass(item: Exchange) -> float | None:
    if item.stated_mass is not None:
        return item.stated_mass
    return item.amount if item.unit == rule(_RULE).parameters["mass_unit"] else None


def record(process: str, shares: Shares) -> Allocated:
    """Return how one process was allocated, for the report."""
    return {
        "process": process,
        "method": shares.method,
        "shares": {item.product.name: item.share for item in shares.bearing},
        "free": sorted(item.name for item in shares.free),
    }
