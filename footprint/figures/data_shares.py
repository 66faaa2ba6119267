"""What a result is made of: the share of its emissions by kind of data, exactly 100 % together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.store.sight import COMMON_OWNERS
from footprint.result.rows import Contribution
from footprint.solving.evaluate import Nominal
from lca_models.system.resolve import CONSERVATIVE, OVERRIDE, SUPPLIER, Pin, same_goods
from lca_models.system.unit_process import Link, ProductSystem

KINDS_RULE = "DQ-KINDS-001"
OWN_PRIMARY, OWN_ACTIVITY = "own_primary", "own_activity_database_factor"
DATABASE, PROXY, ESTIMATE = "database", "proxy", "estimate"
# Percentages are cut here, far below what anyone reads, and what is left over is handed out.
SHARE_QUANTUM = Decimal("0.000001")
_WHOLE = Decimal(100)


def data_shares(nominal: Nominal, filled: Mapping[tuple[str, str], Decimal]) -> dict[str, Decimal]:
    """Return kind of data → percent of |kg CO2e|; empty when nothing was emitted.

    `filled` is (process, flow) → the share of its activity that a gap rule filled in, which counts
    as an estimate. Rule: DQ-KINDS-001.
    """
    weights = {kind: Decimal(0) for kind in rule(KINDS_RULE).items("kinds")}
    pins = {pin.slot.key: pin for pin in nominal.pins}
    by_ref: dict[str, list[Pin]] = {}
    for pin in nominal.pins:
        by_ref.setdefault(pin.factor.ref, []).append(pin)
    slots = slots_of_rows(nominal.system)
    with localcontext(EXACT):
        for row in nominal.contributions:
            key = row.process, row.flow
            used = [pins[slot] for slot in slots.get(key, ()) if slot in pins]
            weight = abs(row.kg_co2e)
            guessed = weight * filled.get(key, Decimal(0))
            weights[ESTIMATE] += guessed
            for kind, share in kinds_of(row, used, _factor_of(row, by_ref)).items():
                weights[kind] += (weight - guessed) * share
    return whole_shares(weights)


def _factor_of(row: Contribution, by_ref: Mapping[str, list[Pin]]) -> Pin | None:
    """Return the pin of a row's factor; where one factor fills several slots, that of its goods."""
    pins = by_ref.get(row.factor, [])
    names = (row.flow, *same_goods(row.flow)) if len(pins) > 1 else ()
    return next((pin for pin in pins if pin.slot.flow in names), pins[-1] if pins else None)


def kinds_of(row: Contribution, activity: Iterable[Pin], factor: Pin | None) -> dict[str, Decimal]:
    """Return kind of data → share of one emission: the worst that its amount and factor hold.

    Only an emission of several suppliers has more than one kind, each by what its part emits.
    """
    amounts = list(activity)
    whole = Decimal(1)
    if factor and factor.level == SUPPLIER:
        found: dict[str, Decimal] = {}
        for part, share in parts_of_gas(factor, row.gas):
            kind = _worst([*amounts, Pin(factor.slot, part, SUPPLIER)])
            kind = kind or (DATABASE if part.owner in COMMON_OWNERS else SUPPLIER)
            found[kind] = found.get(kind, Decimal(0)) + share
        return found
    if kind := _worst([*amounts, *([factor] if factor else [])]):
        return {kind: whole}
    if row.activity_data != "primary":
        return {DATABASE: whole}
    return {OWN_PRIMARY if row.factor_data == "primary" else OWN_ACTIVITY: whole}


def _worst(pins: list[Pin]) -> str:
    kinds = {pin.factor.data_type for pin in pins}
    if ESTIMATE in kinds or any(pin.level == OVERRIDE for pin in pins):
        return ESTIMATE
    stands_in = any(pin.level == CONSERVATIVE for pin in pins)
    return PROXY if PROXY in kinds or stands_in else ""


def parts_of_gas(pin: Pin, gas: str) -> list[tuple[Factor, Decimal]]:
    """Return the suppliers behind a pin with each one's share of a gas."""
    if not pin.parts:
        return [(pin.factor, Decimal(1))]
    unit, whole = pin.factor.unit, pin.factor.amounts[gas]
    if not whole:
        return [(pin.factor, Decimal(1))]
    return [
        (part, share * conversion(part.unit, unit) * part.amounts.get(gas, Decimal(0)) / whole)
        for part, share in pin.parts
    ]


def whole_shares(weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return each weight as percent of all, cut at a millionth; they add up to exactly 100.

    What cutting leaves over goes, a millionth each, to the largest remainders; of equal ones to
    the first by name, so that the order of the weights has no influence.
    """
    total = sum((Fraction(weight) for weight in weights.values()), Fraction(0))
    if not total:
        return {}
    steps = Fraction(_WHOLE) / Fraction(SHARE_QUANTUM)
    exact = {name: Fraction(weight) * steps / total for name, weight in weights.items()}
    cut = {name: int(value) for name, value in exact.items()}
    left = int(steps) - sum(cut.values())
    ranked = sorted(exact, key=lambda name: (cut[name] - exact[name], name))
    for name in ranked[:left]:
        cut[name] += 1
    return {name: cut[name] * SHARE_QUANTUM for name in weights}


def slots_of_rows(system: ProductSystem) -> dict[tuple[str, str], list[str]]:
    """Return (process, flow) → the slots its amount rests on."""
    found: dict[tuple[str, str], list[str]] = {}
    for process in system.processes:
        for exchange in process.exchanges:
            if not isinstance(exchange, Link):
                keys = [slot.key for slot in exchange.amount.slots()]
                found.setdefault((process.code, exchange.flow), []).extend(keys)
    return found
