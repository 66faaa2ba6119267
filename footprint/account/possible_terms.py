"""What a plant could have, in any arithmetic: the terms that rule PCF-POSSIBLE-001 compares.

One reading of a product system serves all: the exact result in decimals, the draws of an interval
on a tape, the rows of a portfolio as arrays. Who judges, and what is said of it, stands elsewhere
(`judgement.possible`, `batch`, `portfolio.judging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import PRIMARY_STAGE, SOLD_SCRAP, is_metal, vocabulary
from footprint.account.sharing import scrap_takes_burdens
from lca_models.casthouse import RECOVERY
from lca_models.finishing import SERVICES
from lca_models.primary_aluminium import ANODE_PLANT, CO2_PER_CARBON, FINAL, FINAL_LIQUID
from lca_models.system.compile import Burden, CompiledSystem
from lca_models.system.slots import CHARGE_POOL
from lca_models.system.unit_process import ProductSystem

RULE = "PCF-POSSIBLE-001"
BIOGENIC = "co2_biogenic"
"""The gas of which a row may be negative: what grew took it up."""
MELTING = "melting"
# Where oxide, film or powder comes on, or dross is treated: no step of metal in, metal out.
_NO_METAL_STEP = frozenset({RECOVERY, SERVICES, CHARGE_POOL})
_OXIDE_STEPS = frozenset({"anodising", "powder_coating"})
_CASTING_STEPS = frozenset(
    {"melting", "refining", "slab_casting", "billet_casting", "ingot_casting", FINAL}
)
_LIQUID = ("primary_liquid", "liquid_alloy", "recovered_metal")
_WARM = ("prepared_scrap",)
_COKE, _PITCH = f"{ANODE_PLANT}/calcined_coke/inventory", f"{ANODE_PLANT}/pitch/inventory"
_SULPHUR, _ASH = (f"anode_carbon.{name}_content/property" for name in ("sulphur", "ash"))
_CARBON_SLOTS = frozenset({_COKE, _PITCH, _SULPHUR, _ASH, CO2_PER_CARBON.key})
Arithmetic = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Metal:
    """Metal of a step, t per t of its product: what enters, and what leaves as product or scrap.

    `adds_up` tells that what the step gains within its tolerance counts towards the chain's.
    """

    process: str
    metal_in: Any
    metal_out: Any
    tolerance: Decimal
    adds_up: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """Heat of melting, MJ per t of melt: what the furnace has, and what its cold charge needs."""

    available: Any
    needed: Any


@dataclass(frozen=True, slots=True)
class Carbon:
    """Carbon of anodes, kg per t of liquid metal: in coke and pitch, and in the CO2 made of it."""

    carbon_in: Any
    carbon_out: Any


@dataclass(frozen=True, slots=True)
class Terms:
    """What is compared of a system: metal by step, and heat and carbon where there are any."""

    metals: tuple[Metal, ...]
    heat: Heat | None
    carbon: Carbon | None


def terms_of(
    system: ProductSystem,
    compiled: CompiledSystem,
    amounts: Mapping[str, Any],
    scrap_rule: str,
    arithmetic: Arithmetic,
) -> Terms:
    """Return the terms of a system in numbers.

    `amounts` is slot key → number, of which those that `is_read` names are enough.
    """
    return Terms(
        metal_of(system, compiled, scrap_rule, arithmetic),
        heat_of(compiled, amounts, arithmetic),
        carbon_of(compiled, amounts, arithmetic),
    )


def is_read(slot: str) -> bool:
    """Tell whether the terms rest on the amount of a slot beside those of exchanges."""
    return slot.startswith(f"{CHARGE_POOL}/") or slot in _CARBON_SLOTS


def metal_of(
    system: ProductSystem, compiled: CompiledSystem, scrap_rule: str, arithmetic: Arithmetic
) -> tuple[Metal, ...]:
    """Return the metal of each step in which metal comes in and metal goes out.

    Of the primary chain that is its casting: the cells make their metal of alumina.
    """
    return tuple(
        _metal(system, compiled, place, scrap_rule, arithmetic)
        for place, code in enumerate(compiled.processes)
        if code not in _NO_METAL_STEP
        and (code == FINAL or system.process(code).stage != PRIMARY_STAGE)
        and is_metal(system.process(code).product)
    )


def heat_of(
    compiled: CompiledSystem, amounts: Mapping[str, Any], arithmetic: Arithmetic
) -> Heat | None:
    """Return the heat of melting (AL-MELT-001, -002); None where nothing is melted.

    `amounts` is slot key → number; of them the materials charged are read.
    """
    if MELTING not in compiled.processes:
        return None
    number = arithmetic["literal"]
    place = compiled.processes.index(MELTING)
    available = number(0)
    for item in _once(compiled.burdens, place):
        if item.unit == "MJ":
            available = available + item.amount
        elif item.unit == "kWh":
            available = available + item.amount * number(conversion("kWh", "MJ"))
    warm = number(rule("AL-MELT-002").number("decoated_charge_mj_per_t"))
    available = available + _charged_share(amounts, _WARM, arithmetic) * warm
    cold = _charged(compiled, place, arithmetic) * (
        number(1) - _charged_share(amounts, _LIQUID, arithmetic)
    )
    return Heat(available, cold * number(heat_floor()))


def heat_floor() -> Decimal:
    """Return what melting a tonne of cold metal takes at least, MJ (AL-MELT-001)."""
    return rule("AL-MELT-001").number("floor_gj_per_t") * conversion("GJ", "MJ")


def carbon_of(
    compiled: CompiledSystem, amounts: Mapping[str, Any], arithmetic: Arithmetic
) -> Carbon | None:
    """Return the carbon of anodes (AL-ANODE-CARBON); None where no smelter states it.

    Butts go round: all that is burnt, at the cells and in baking, came in as coke and pitch.
    """
    steps = {FINAL_LIQUID, ANODE_PLANT}
    if not steps <= set(compiled.processes) or not amounts.keys() >= _CARBON_SLOTS:
        return None
    number = arithmetic["literal"]
    cells, plant = (compiled.processes.index(code) for code in (FINAL_LIQUID, ANODE_PLANT))
    share = number(1) - amounts[_SULPHUR] - amounts[_ASH]
    anodes, at_cells, at_plant = number(0), number(0), number(0)
    for user, provider, amount in compiled.links:
        if (user, provider) == (cells, plant):
            anodes = anodes + amount
    for item in compiled.burdens:
        if item.role == "emission" and "co2" in item.gases:
            if item.process_index == cells:
                at_cells = at_cells + item.amount
            elif item.process_index == plant:
                at_plant = at_plant + item.amount
    return Carbon(
        anodes * (amounts[_COKE] + amounts[_PITCH]) * share,
        (at_cells + anodes * at_plant) / amounts[CO2_PER_CARBON.key],
    )


def carbon_tolerance() -> Decimal:
    """Return the share by which carbon out may exceed carbon in."""
    return rule(RULE).number("carbon_tolerance")


def margins(terms: Terms, arithmetic: Arithmetic) -> Iterator[Any]:
    """Yield how much room the metal of each step leaves, t per t; the chain; heat and carbon.

    A negative margin is impossible. The heat's is in t of cold charge, the carbon's in t.
    """
    number, highest = arithmetic["literal"], arithmetic["max"]
    gained = number(0)
    for item in terms.metals:
        short = item.metal_out - item.metal_in
        yield number(item.tolerance) * item.metal_out - short
        if item.adds_up:
            gained = gained + highest(short, number(0)) / item.metal_out
    yield number(rule(RULE).number("chain_tolerance")) - gained
    if terms.heat is not None:
        yield (terms.heat.available - terms.heat.needed) / number(heat_floor())
    if terms.carbon is not None:
        found, allowed = terms.carbon, number(1) + number(carbon_tolerance())
        yield (found.carbon_in * allowed - found.carbon_out) / number(conversion("t", "kg"))


def _metal(
    system: ProductSystem,
    compiled: CompiledSystem,
    place: int,
    scrap_rule: str,
    arithmetic: Arithmetic,
) -> Metal:
    code = compiled.processes[place]
    number, highest = arithmetic["literal"], arithmetic["max"]
    zero = number(0)
    metal_in, metal_out = zero, number(1)
    for user, provider, amount in compiled.links:
        if user == place:
            product = system.process(compiled.processes[provider]).product
            if is_metal(product) or product == "charge_metal":
                metal_in = metal_in + highest(amount, zero)
            metal_out = metal_out + highest(zero - amount, zero)
    for item in compiled.burdens:
        # Shared exchanges stand for the product's part alone; the others carry the scrap's metal.
        sold = item.flow == SOLD_SCRAP and not item.part
        if item.process_index == place and sold and not scrap_takes_burdens(scrap_rule):
            metal_out = metal_out + item.amount
    for item in _once(compiled.burdens, place):
        if item.role == "input" and is_metal(item.flow):
            metal_in = metal_in + item.amount
    return Metal(code, metal_in, metal_out, _tolerance(code), code not in _OXIDE_STEPS)


def _once(burdens: tuple[Burden, ...], place: int) -> Iterator[Burden]:
    """Yield the burdens of a process, each exchange once whatever its parts."""
    seen = set()
    for item in burdens:
        if item.process_index == place and item.exchange_index not in seen:
            seen.add(item.exchange_index)
            yield item


def _tolerance(code: str) -> Decimal:
    found = rule(RULE)
    if code in _CASTING_STEPS:
        return found.number("casting_tolerance")
    if code in _OXIDE_STEPS:
        return found.number("surface_tolerance")
    return found.number("tolerance")


def _charged(compiled: CompiledSystem, place: int, arithmetic: Arithmetic) -> Any:
    """Return the metal of the charge pool melted per t of melt."""
    zero = arithmetic["literal"](0)
    found = zero
    for user, provider, amount in compiled.links:
        if user == place and compiled.processes[provider] == CHARGE_POOL:
            found = found + arithmetic["max"](amount, zero)
    return found


def _charged_share(
    amounts: Mapping[str, Any], flows: tuple[str, ...], arithmetic: Arithmetic
) -> Any:
    """Return the share of some materials in the whole charge, as the site's inventory has them."""
    zero = arithmetic["literal"](0)
    whole, some = zero, zero
    for key, value in amounts.items():
        process, _, rest = key.partition("/")
        flow, _, quantity = rest.partition("/")
        if (
            process == CHARGE_POOL
            and quantity == "inventory"
            and vocabulary().flows[flow].unit == "t"
        ):
            whole = whole + value
            some = some + (value if flow in flows else zero)
    # What does not vary may be nothing at all; a sum that varies is a number in each sample.
    nothing = any(isinstance(item, type(zero)) and item == 0 for item in (some, whole))
    return zero if nothing else some / whole
