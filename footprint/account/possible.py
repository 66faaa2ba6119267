"""Possible results only: metal, heat and signs that no plant could have. Rule PCF-POSSIBLE-001.

A result is judged by its own system in numbers, whatever the inputs were: metal into a step must
cover what comes out of it, melting cold metal takes heat, and nothing is negative that no rule
makes so. What is found is named with process, flow and amounts. What scrap given back takes along
is judged in `returned.py`: it needs the site's other products.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.vocabulary import METAL_CATEGORIES, SOLD_SCRAP, vocabulary
from footprint.account.verdict import Reason
from footprint.evaluate import Nominal
from lca_models.compile import CompiledSystem
from lca_models.slots import CHARGE_POOL
from lca_models.unit_process import ProductSystem

RULE = "PCF-POSSIBLE-001"
METAL, HEAT, NEGATIVE, NEGATIVE_ROW = (
    "POSSIBLE_METAL",
    "POSSIBLE_MELTING_HEAT",
    "POSSIBLE_NEGATIVE",
    "POSSIBLE_NEGATIVE_ROW",
)
# Where oxide, film or powder comes on, or dross is treated: no step of metal in, metal out.
_NO_METAL_STEP = frozenset({"dross_recovery", "site_services", CHARGE_POOL})
_OXIDE_STEPS = frozenset({"anodising", "powder_coating"})
_CASTING_STEPS = frozenset(
    {"melting", "refining", "slab_casting", "billet_casting", "ingot_casting"}
)
ZERO, ONE = Decimal(0), Decimal(1)


def impossibilities(nominal: Nominal, compiled: CompiledSystem) -> tuple[Reason, ...]:
    """Return what no plant could have in a result; none for a possible one."""
    with localcontext(EXACT):
        found = [
            *_metal(nominal.system, compiled, nominal.study.choices.scrap_rule),
            *_melting_heat(nominal, compiled),
            *_negative(nominal),
        ]
    return tuple(found)


def _metal(system: ProductSystem, compiled: CompiledSystem, scrap_rule: str) -> Iterator[Reason]:
    """Yield the steps whose metal in does not cover product, scrap given back and scrap sold.

    What the steps after casting gain within their tolerance may not add up either.
    """
    gained, steps, found = ZERO, [], False
    for place, code in enumerate(compiled.processes):
        process = system.process(code)
        if code in _NO_METAL_STEP or process.stage == "primary_chain":
            continue
        if not _is_metal(process.product):
            continue
        metal_in = sum(_metal_in(system, compiled, place), ZERO)
        sold = sum(
            (
                item.amount
                for item in compiled.burdens
                if item.process_index == place and item.flow == SOLD_SCRAP and not item.part
            ),
            ZERO,
        )
        # Shared exchanges stand for the product's part alone; the others carry the scrap's metal.
        out = ONE + (sold if scrap_rule not in {"pre-consumer-mass", "co-product"} else ZERO)
        if scrap_rule == "co-product":
            out = ONE
        back = -sum(
            (t for user, _, t in compiled.links if user == place and t < 0),
            ZERO,
        )
        short = out + back - metal_in
        if short > 0 and code not in (*_CASTING_STEPS, *_OXIDE_STEPS):
            gained += short / (out + back)
            steps.append(code)
        if short > _tolerance(code) * (out + back):
            found = True
            yield Reason(
                METAL,
                {
                    "process": code,
                    "metal_in": _text(metal_in),
                    "metal_out": _text(out + back),
                },
            )
    if not found and gained > rule(RULE).number("chain_tolerance"):
        params = {"process": ", ".join(steps), "metal_in": "1", "metal_out": _text(ONE + gained)}
        yield Reason(METAL, params)


def _metal_in(system: ProductSystem, compiled: CompiledSystem, place: int) -> Iterable[Decimal]:
    for user, provider, amount in compiled.links:
        product = system.process(compiled.processes[provider]).product
        if user == place and amount > 0 and (_is_metal(product) or product == "charge_metal"):
            yield amount
    seen = set()
    for item in compiled.burdens:
        if (
            item.process_index == place
            and item.exchange_index not in seen
            and item.role == "input"
            and _is_metal(item.flow)
        ):
            seen.add(item.exchange_index)
            yield item.amount


def _tolerance(code: str) -> Decimal:
    found = rule(RULE)
    if code in _CASTING_STEPS:
        return found.number("casting_tolerance")
    if code in _OXIDE_STEPS:
        return found.number("surface_tolerance")
    return found.number("tolerance")


def _is_metal(flow: str) -> bool:
    entry = vocabulary().flows.get(flow)
    return entry is not None and entry.category in METAL_CATEGORIES and entry.unit == "t"


def _melting_heat(nominal: Nominal, compiled: CompiledSystem) -> Iterator[Reason]:
    """Yield a melting whose fuel and power cannot melt its cold charge (AL-MELT-001, -002)."""
    if "melting" not in compiled.processes:
        return
    place = compiled.processes.index("melting")
    heat, seen = ZERO, set()
    for item in compiled.burdens:
        if item.process_index != place or item.exchange_index in seen:
            continue
        seen.add(item.exchange_index)
        if item.unit == "MJ":
            heat += item.amount
        elif item.unit == "kWh":
            heat += item.amount * rule(RULE).number("mj_per_kwh")
    cold = _cold_charge(nominal, compiled)
    floor = rule("AL-MELT-001").number("floor_gj_per_t") * 1000
    warm = _warm_charge(nominal, compiled) * rule("AL-MELT-002").number("decoated_charge_mj_per_t")
    if cold > 0 and heat + warm < floor * cold:
        yield Reason(HEAT, {"heat": _text(heat + warm), "needed": _text(floor * cold)})


def _cold_charge(nominal: Nominal, compiled: CompiledSystem) -> Decimal:
    """Return t of solid metal melted per t of melt: all charged less what came liquid."""
    place = compiled.processes.index("melting")
    charged = sum(
        (
            t
            for user, provider, t in compiled.links
            if user == place and t > 0 and compiled.processes[provider] == CHARGE_POOL
        ),
        ZERO,
    )
    liquid = _charged_share(nominal, "primary_liquid", "liquid_alloy", "recovered_metal")
    return charged * (ONE - liquid)


def _warm_charge(nominal: Nominal, compiled: CompiledSystem) -> Decimal:
    return _charged_share(nominal, "prepared_scrap")


def _charged_share(nominal: Nominal, *flows: str) -> Decimal:
    """Return the share of some materials in the whole charge, as the site's inventory has them."""
    amounts = nominal.amounts()
    whole = {
        key: value
        for key, value in amounts.items()
        if key.startswith(f"{CHARGE_POOL}/")
        and key.endswith("/inventory")
        and vocabulary().flows[key.split("/")[1]].unit == "t"
    }
    total = sum(whole.values(), ZERO)
    some = sum((whole.get(f"{CHARGE_POOL}/{flow}/inventory", ZERO) for flow in flows), ZERO)
    return some / total if total else ZERO


def _negative(nominal: Nominal) -> Iterator[Reason]:
    """Yield a negative total and negative rows; uptake of biogenic carbon alone may be below 0."""
    if nominal.total < 0:
        yield Reason(NEGATIVE, {"total": decimal_text(nominal.total)})
    for row in nominal.contributions:
        if row.kg_co2e < 0 and row.gas != "co2_biogenic":
            params = {"process": row.process, "flow": row.flow, "gas": row.gas}
            yield Reason(NEGATIVE_ROW, {**params, "kg_co2e": decimal_text(row.kg_co2e)})


def _text(amount: Decimal) -> str:
    return decimal_text(amount.quantize(Decimal("0.0001")))
