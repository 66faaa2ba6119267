"""From a study and its pinned factors to the two tables: pure, exact, the same everywhere.

Everything a result rests on comes in as arguments, so a stranger who holds a certificate can run
this module without a store and must find the same rows and the same hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import Any

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT, content_hash, exact_sum
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.units import conversion
from footprint.result.coverage import CutOffLine
from footprint.result.rows import Contribution, Emitted, FlowRow
from footprint.solving.cut_off import judge_cut_offs
from footprint.solving.solve import solve_exactly
from footprint.study.definition import Study
from footprint.study.suppliers import require_own_flow, require_sound_suppliers
from lca_models.catalogue import product_system
from lca_models.primary_aluminium import CO2_PER_CARBON
from lca_models.system.amounts import Amounts
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    Burden,
    CompiledSystem,
    compile_amounts,
    slots_needed,
)
from lca_models.system.electricity import require_whole
from lca_models.system.formula import Slot
from lca_models.system.reach import link_slots, pruned, require_metal
from lca_models.system.resolve import CONSERVATIVE, DEFAULT_RULE, OWN, Pin, Where
from lca_models.system.unit_process import ProductSystem

# Rows are cut here, far below any reading's precision, so that their sums are exact decimals.
ROW_QUANTUM = Decimal("1E-24")
Pinner = Callable[[Slot], Pin | None]


_EMITTED = tuple(item.name for item in fields(Emitted))
_emitted = attrgetter(*_EMITTED)


@dataclass(frozen=True, slots=True)
class Nominal:
    """The exact result: both tables, what was pinned, what was cut off, and the rules cited."""

    study: Study
    where: Where
    system: ProductSystem
    pins: tuple[Pin, ...]
    contributions: tuple[Contribution, ...]
    flows: tuple[FlowRow, ...]
    cut_off: tuple[CutOffLine, ...]
    rules: tuple[str, ...]
    estimated: tuple[str, ...]
    not_stated: tuple[str, ...] = ()
    outside: tuple[Contribution, ...] = ()

    @property
    def total(self) -> Decimal:
        """kg CO2e per declared unit: the exact sum of the rows."""
        return exact_sum(row.kg_co2e for row in self.contributions)

    def amounts(self) -> dict[str, Decimal]:
        """Return slot key → number of every pinned amount, in the slot's unit."""
        return {p.slot.key: p.value() for p in self.pins if "value" in p.factor.amounts}

    def gases(self) -> dict[str, dict[str, Decimal]]:
        """Return slot key → kg of each gas per unit, of every pinned emission factor."""
        return {p.slot.key: p.gases() for p in self.pins if "value" not in p.factor.amounts}

    def sums_by(self, column: str) -> dict[str, Decimal]:
        """Return kg CO2e by a column of the contribution table; the sums add up to the total."""
        groups: dict[str, list[Decimal]] = defaultdict(list)
        for row in self.contributions:
            groups[getattr(row, column)].append(row.kg_co2e)
        return {key: exact_sum(values) for key, values in sorted(groups.items())}

    def result_hash(self) -> str:
        """Hash of study, pinned inputs, model version and nominal rows: no ids, no times.

        Like the interval, the distributions that only move the interval are no part of it.
        """
        study = self.study.record()
        study.pop("distributions", None)
        return content_hash(
            "result",
            {
                "inputs": [
                    {"factor": pin.factor.sha256, "level": pin.level, "slot": pin.slot.key}
                    for pin in self.pins
                ],
                "model_version": self.system.version,
                "rows": rows_of(self.contributions),
                "study": study,
            },
        )


def rows_of(table: Iterable[Contribution | FlowRow]) -> list[dict[str, Any]]:
    """Return a table as one dict per row."""
    return [asdict(row) for row in table]


@dataclass(frozen=True, slots=True)
class Solved:
    """A study's inventory, solved: all of a result but the weighing of its gases.

    It holds for every GWP set, so whoever compares them solves once. `missing` are the emission
    slots that stay empty because the study cuts them off.
    """

    where: Where
    system: ProductSystem
    pins: Mapping[str, Pin]
    missing: frozenset[str]
    compiled: CompiledSystem
    activity: tuple[Decimal, ...]
    emissions: tuple[Emitted, ...]
    flows: tuple[FlowRow, ...]
    estimated: tuple[str, ...]
    not_stated: tuple[str, ...]
    outside: tuple[Emitted, ...]


def evaluate(
    study: Study, where: Where, pinner: Pinner, *, system: ProductSystem | None = None
) -> Nominal:
    """Evaluate a study whose slots `pinner` fills.

    `system` is the model a document carries, whole; without it today's model is taken. Raises
    Incomplete with every slot that stays empty and is not a permitted cut-off, and BadInput for
    cut-offs that break the rule, or systems without a solution. Missing is never zero (rule
    PCF-MISSING-001).
    """
    return weighed(study, solved(study, where, pinner, system=system))


def solved(
    study: Study, where: Where, pinner: Pinner, *, system: ProductSystem | None = None
) -> Solved:
    """Pin, compile and solve a study; its GWP set plays no part. Arguments and errors: `evaluate`.

    With a `system` given no code of a product's model runs.
    """
    full = product_system(study.product, study.choices) if system is None else system
    system, pins, unstated = _reached(full, pinner)
    values = _values(pins)
    require_whole(values)
    amounts = Amounts(system, values, DECIMAL_ARITHMETIC)
    with localcontext(EXACT):
        emission_pins, missing, unknown = _pins(slots_needed(amounts), pinner)
        left = sorted(set(missing) - {item.slot for item in study.cut_offs})
        if left:
            raise Incomplete("SLOTS_MISSING", slots=", ".join(left), count=len(left))
        pins.update(emission_pins)
        require_sound_suppliers(study, where, emission_pins.values())
        gases = {key: pin.gases() for key, pin in emission_pins.items()}
        gases.update({key: {} for key in missing})
        compiled = compile_amounts(amounts, gases)
        require_own_flow(pins, compiled.burdens)
        activity = solve_exactly(compiled, demand_of(compiled))
        emissions = tuple(_emissions(compiled.burdens, system, activity, pins, where))
        outside = tuple(_emissions(compiled.outside, system, activity, pins, where))
        flows = tuple(_flows(system, compiled, activity, pins))
        estimated = {*study.overrides, *_estimated(amounts, pins)}
    return Solved(
        where=where,
        system=system,
        pins=pins,
        missing=frozenset(missing),
        compiled=compiled,
        activity=tuple(activity),
        emissions=emissions,
        flows=flows,
        estimated=tuple(sorted(estimated)),
        not_stated=tuple(sorted({*unstated, *unknown})),
        outside=outside,
    )


def _reached(
    full: ProductSystem, pinner: Pinner
) -> tuple[ProductSystem, dict[str, Pin], list[str]]:
    """Return the part of a system that its product uses, the pins of its amounts, the unstated.

    The slots of links that lead to nothing keep their pins: that they are 0 is what was read.
    Raises Incomplete. Rule: PCF-REACH-001.
    """
    pins, missing, unstated = _pins(full.amount_slots(), pinner)
    values = _values(pins)
    system = pruned(full, values, DECIMAL_ARITHMETIC)
    codes = {process.code for process in system.processes}
    asked = {slot.key for slot in (*system.amount_slots(), *link_slots(full, codes))}
    missing = [key for key in missing if key in asked]
    if missing:
        raise Incomplete("SLOTS_MISSING", slots=", ".join(missing), count=len(missing))
    require_metal(full, system, values)
    kept = {key: pin for key, pin in pins.items() if key in asked}
    return system, kept, [key for key in unstated if key in asked]


def _values(pins: Mapping[str, Pin]) -> dict[str, Decimal]:
    return {key: pin.value() for key, pin in pins.items()}


def weighed(study: Study, inventory: Solved) -> Nominal:
    """Weigh the gases of a solved inventory by the study's GWP set and judge its cut-offs."""
    compiled = inventory.compiled
    with localcontext(EXACT):
        contributions = tuple(_contribution(row, study.gwp_set) for row in inventory.emissions)
        outside = tuple(_contribution(row, study.gwp_set) for row in inventory.outside)
    total = exact_sum(row.kg_co2e for row in contributions)
    cut_off = judge_cut_offs(
        study.cut_offs, set(inventory.missing), compiled, inventory.activity, total
    )
    rules = {burden.rule for burden in compiled.burdens if burden.rule}
    rules |= {DEFAULT_RULE for pin in inventory.pins.values() if pin.level == CONSERVATIVE}
    return Nominal(
        study=study,
        where=inventory.where,
        system=inventory.system,
        pins=tuple(inventory.pins[key] for key in sorted(inventory.pins)),
        contributions=contributions,
        flows=inventory.flows,
        cut_off=cut_off,
        rules=tuple(sorted(rules | set(inventory.system.rules))),
        estimated=inventory.estimated,
        not_stated=inventory.not_stated,
        outside=outside,
    )


def demand_of(compiled: CompiledSystem) -> list[Decimal]:
    """Return the demand of one declared unit (1 kg) in the processes' unit (tonne)."""
    demand = [Decimal(0)] * len(compiled.processes)
    demand[compiled.final_index] = conversion("kg", "t")
    return demand


def _pins(slots: Iterable[Slot], pinner: Pinner) -> tuple[dict[str, Pin], list[str], list[str]]:
    """Return slot key → pin, the keys that stay missing, and those that may stay unstated.

    What the metal balance of its step proves to be absent is stated by it.
    """
    pins: dict[str, Pin] = {}
    missing: list[str] = []
    unstated: list[str] = []
    for slot in dict.fromkeys(slots):
        pin = pinner(slot)
        if pin is not None:
            pins[slot.key] = pin
        elif not slot.optional:
            missing.append(slot.key)
        elif not slot.balanced:
            unstated.append(slot.key)
    return pins, missing, unstated


def _estimated(amounts: Amounts, pins: Mapping[str, Pin]) -> Iterable[str]:
    """Own processes need own data (PCF-OWN-001): name the slots of their amounts that fell back.

    A property such as a calorific value counts only where something of it was used, a coefficient
    of a method never: like an emission factor it is no activity of the site. Neither is what a
    step outside the site reports, where an amount of an own step rests on it too, nor a ratio of
    molar masses.
    """
    own = [process for process in amounts.system.processes if process.own]
    places = {"", *(process.code for process in own)}
    for process in own:
        for exchange in process.exchanges:
            used = amounts.is_used(process, exchange)
            for key in exchange.amount.keys:
                pin = pins.get(key)
                if pin is None or pin.level == OWN or key == CO2_PER_CARBON.key:
                    continue
                slot = pin.slot
                counts = slot.quantity == "inventory" or (used and slot.quantity != "coefficient")
                if counts and slot.process in places:
                    yield key


def _emissions(
    burdens: Iterable[Burden],
    system: ProductSystem,
    activity: list[Decimal],
    pins: Mapping[str, Pin],
    where: Where,
) -> Iterable[Emitted]:
    for burden, gas, label in emission_labels(burdens, system, pins, where):
        kg_gas = (activity[burden.process_index] * burden.gases[gas]).quantize(ROW_QUANTUM)
        yield Emitted(**label, kg_gas=kg_gas)


def emission_labels(
    burdens: Iterable[Burden], system: ProductSystem, pins: Mapping[str, Pin], where: Where
) -> Iterable[tuple[Burden, str, dict[str, str]]]:
    """Yield every burden, gas by gas, with what its row says of itself beside its amount."""
    for burden in burdens:
        process = system.processes[burden.process_index]
        pin = pins.get(burden.slot)
        amounts = _amount_keys(system, burden)
        activity_data = _kind_of_data(amounts, pins)
        factor_data = _kind_of_data((burden.slot,), pins) if burden.slot else activity_data
        for gas in sorted(burden.gases):
            label = {
                "process": process.code,
                "site": where.site if process.own else "",
                "stage": process.stage,
                "flow": burden.flow,
                "gas": gas,
                "origin": burden.origin_of(gas),
                "scope": burden.scope,
                "link": burden.link,
                "part": burden.part,
                "activity_data": activity_data,
                "factor_data": factor_data,
                "factor": pin.factor.ref if pin else "",
            }
            yield burden, gas, label


def _contribution(row: Emitted, gwp_set: str) -> Contribution:
    gwp = characterisation(gwp_set)
    if row.gas not in gwp:
        raise BadInput("GAS_UNKNOWN", gas=row.gas, gwp=gwp_set)
    kg_co2e = (row.kg_gas * gwp[row.gas]).quantize(ROW_QUANTUM)
    emitted = zip(_EMITTED, _emitted(row), strict=True)
    return Contribution(**dict(emitted), kg_co2e=kg_co2e)


def _amount_keys(system: ProductSystem, burden: Burden) -> tuple[str, ...]:
    exchange = system.processes[burden.process_index].exchanges[burden.exchange_index]
    return exchange.amount.keys


def _kind_of_data(slots: Iterable[str], pins: Mapping[str, Pin]) -> str:
    """Primary only if every slot took the site's own measured factor (rule DQ-PDS-001).

    A ratio of molar masses is nobody's data.
    """
    found = [pins[key] for key in slots if key in pins and key != CO2_PER_CARBON.key]
    own = all(pin.level == OWN and pin.factor.data_type == "measured" for pin in found)
    return "primary" if found and own else "secondary"


def _flows(
    system: ProductSystem,
    compiled: CompiledSystem,
    activity: list[Decimal],
    pins: Mapping[str, Pin],
) -> Iterable[FlowRow]:
    for process, run in zip(system.processes, activity, strict=True):
        yield FlowRow(process.code, process.product, run, "t", "product", "", "", "calculated")
    for consumer, provider, amount in compiled.links:
        taken = amount * activity[consumer]
        product = system.processes[provider].product
        role = "input" if taken >= 0 else "internal"
        yield FlowRow(
            system.processes[consumer].code, product, taken, "t", role, "", "", "calculated"
        )
    seen = set()
    for burden in compiled.burdens:
        exchange = (burden.process_index, burden.exchange_index)
        if exchange not in seen:
            seen.add(exchange)
            yield _flow_row(system, burden, activity, pins)


def _flow_row(
    system: ProductSystem, burden: Burden, activity: list[Decimal], pins: Mapping[str, Pin]
) -> FlowRow:
    process = system.processes[burden.process_index]
    levels = {pins[key].level for key in _amount_keys(system, burden) if key in pins}
    return FlowRow(
        process=process.code,
        flow=burden.flow,
        amount=burden.amount * activity[burden.process_index],
        unit=burden.unit,
        role=burden.role,
        origin=_scrap_origin(burden.flow),
        precursor=burden.flow if burden.link == "precursor" else "",
        quality=OWN if levels <= {OWN} else "fallback",
    )


def _scrap_origin(flow: str) -> str:
    return {"scrap_pre_consumer": "pre-consumer", "scrap_post_consumer": "post-consumer"}.get(
        flow, ""
    )
