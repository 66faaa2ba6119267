"""Scrap sold and bought under each scrap rule: two steps by hand, and laws over both firms.

Two steps of plate. The pool's metal carries 9 kg CO2e/t, casting adds 1, so a tonne of slab carries
10. Scalping takes 118 t slab and 36 kg of power, makes 90 t, returns 20 t and sells 8 t:
  emitted            118 x 10 + 36 - 20 x 9 = 1036
  cut-off, cbam-zero, substitution: 1036 for the 90 t, nothing for the scrap
  pre-consumer-mass  (118 - 8) x 10 + 36 - 20 x 9 = 956, scrap 10 per t: 956 + 8 x 10 = 1036
  co-product         1036 / (90 + 8) = 10.571428... per t of either: 951.428571... + 84.571428...
  substitution       outside: 8 t of scrap replace 8 t of ingot at 9, -72
Hot rolling takes these 90 t and 18 kg of power, makes 80 t, returns 4 t and sells 6 t:
  emitted            1036 + 18 - 4 x 9 = 1018
  pre-consumer-mass  84 x 956 / 90 + 18 - 36 = 874.2666...; scrap 956 / 90 = 10.6222... per t:
                     874.2666... + 6 x 10.6222... + 8 x 10 = 1018
  co-product         (951.428571... + 18 - 36) / 86 = 10.853820... per t: 80 t are 868.305647...;
                     868.305647... + 6 x 10.853820... + 84.571428... = 1018
  substitution       outside: (8 + 6) x 9, -126
Slab of two makes: scalping takes 90 t at 10 and 30 t bought at 14 and sells 12 t of 120, a tenth:
  pre-consumer-mass  (81 x 10 + 27 x 14) = 1188 for 108 t; scrap (900 + 420) / 120 = 11 per t, 132.

Law, for any charge, losses, bought slab or billet, and scrap sold at one or at several steps: what
the seller's product carries and what its buyer takes up with the scrap are together what was
bought and burnt by both. The price of a tonne of each product is solved here from the transposed
links; the seller's figure of `pre-consumer-mass` is the mean price of the metal the step takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from lca_models.catalogue import PRODUCTS, available_choices, product_system
from lca_models.charge import PRE_CONSUMER, scrap
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    FLOAT_ARITHMETIC,
    CompiledSystem,
    compile_system,
)
from lca_models.system.formula import ONE
from lca_models.system.scrap_rules import SCRAP_RULES, SUBSTITUTION, ScrapRule, scrap_rule
from lca_models.system.slots import Step
from lca_models.system.unit_process import Choices, Input, Link, ProductSystem

RULES = tuple(SCRAP_RULES)
POWER = {
    "electricity/life_cycle": {"co2e": Decimal(1)},
    "electricity/delivery": {"co2e": Decimal(0)},
}
AT_NINE = {**POWER, "primary_ingot/cradle_to_gate": {"co2e": Decimal(9)}}
NEAR = Decimal("1E-28")


def exact(text: str) -> Decimal:
    """Return a fraction such as 118/90 in 34 digits."""
    over, _, under = text.partition("/")
    with localcontext(EXACT):
        return Decimal(over) / Decimal(under or 1)


def per(product: int, **tonnes: int) -> dict[str, str]:
    return {name: f"{amount}/{product}" for name, amount in tonnes.items()}


def step_slots(code: str, amounts: dict[str, str]) -> dict[str, Decimal]:
    return {f"{code}/{flow}/inventory": exact(text) for flow, text in amounts.items()}


FIRST = {
    "charging/primary_ingot/inventory": Decimal(1),
    "slab_casting/electricity/inventory": Decimal(1),
    **step_slots("scalping", per(90, slab=118, electricity=36, internal_scrap=20, sold_scrap=8)),
}
BOTH = {
    **FIRST,
    **step_slots(
        "hot_rolling", per(80, homogenised_slab=90, electricity=18, internal_scrap=4, sold_scrap=6)
    ),
}


def compiled(
    kit: SimpleNamespace, system: ProductSystem, given: dict[str, Decimal], factors: object
) -> CompiledSystem:
    values = {**kit.filled(system, {}), **given}
    return compile_system(system, values, factors, DECIMAL_ARITHMETIC)


def total(kit: SimpleNamespace, built: CompiledSystem, outside: bool = False) -> Decimal:
    activity = kit.exact_activity(built)
    with localcontext(EXACT):
        return sum(
            (
                kg * activity[built.processes[burden.process_index]]
                for burden in (built.outside if outside else built.burdens)
                for kg in burden.gases.values()
            ),
            Decimal(0),
        )


def stated_figure(
    kit: SimpleNamespace, name: str, code: str, given: dict[str, Decimal], factors: object
) -> Decimal:
    """Return what the registry says a tonne of a step's scrap carries, kg CO2e per t."""
    system = product_system("plate", Choices(temper="T651", scrap_rule=name))
    carried = SCRAP_RULES[name].carried
    if carried is None:
        return Decimal(0)
    step = system.process(code)
    sold = replace(step, code="sold", exchanges=carried(step))
    ending = replace(system, processes=(*system.processes, sold), final="sold")
    return total(kit, compiled(kit, ending, given, factors))


@pytest.mark.parametrize(
    ("name", "product", "figure", "outside"),
    [
        ("cut-off", "1036", "0", "0"),
        ("pre-consumer-mass", "956", "10", "0"),
        ("co-product", "93240/98", "1036/98", "0"),
        ("substitution", "1036", "0", "-72"),
        ("cbam-zero", "1036", "0", "0"),
    ],
)
def test_one_step_by_hand(
    kit: SimpleNamespace, name: str, product: str, figure: str, outside: str
) -> None:
    built = compiled(
        kit, product_system("plate", Choices(temper="T651", scrap_rule=name)), FIRST, AT_NINE
    )
    stated = stated_figure(kit, name, "scalping", FIRST, AT_NINE)
    with localcontext(EXACT):
        ninety = total(kit, built) * 90
        assert abs(ninety - exact(product)) < NEAR
        assert abs(stated - exact(figure)) < NEAR
        assert abs(ninety + 8 * stated - 1036) < NEAR
        assert abs(total(kit, built, outside=True) * 90 - exact(outside)) < NEAR


@pytest.mark.parametrize(
    ("name", "product", "figures", "outside"),
    [
        ("cut-off", "1018", ("0", "0"), "0"),
        ("pre-consumer-mass", "78684/90", ("10", "956/90"), "0"),
        ("co-product", "868.3056478405315614617940199335548", ("1036/98", "91476/8428"), "0"),
        ("substitution", "1018", ("0", "0"), "-126"),
        ("cbam-zero", "1018", ("0", "0"), "0"),
    ],
)
def test_two_steps_by_hand(
    kit: SimpleNamespace, name: str, product: str, figures: tuple[str, str], outside: str
) -> None:
    built = compiled(
        kit, product_system("plate", Choices(temper="T651", scrap_rule=name)), BOTH, AT_NINE
    )
    first, second = (
        stated_figure(kit, name, code, BOTH, AT_NINE) for code in ("scalping", "hot_rolling")
    )
    with localcontext(EXACT):
        eighty = total(kit, built) * 80
        assert abs(eighty - exact(product)) < NEAR
        assert abs(first - exact(figures[0])) < NEAR
        assert abs(second - exact(figures[1])) < NEAR
        assert abs(eighty + 8 * first + 6 * second - 1018) < NEAR
        assert abs(total(kit, built, outside=True) * 80 - exact(outside)) < NEAR


def test_metal_of_two_makes_is_taken_along_by_its_mass(kit: SimpleNamespace) -> None:
    given = {
        "charging/primary_ingot/inventory": Decimal(1),
        **step_slots("scalping", per(108, slab=90, purchased_slab=30, sold_scrap=12)),
    }
    factors = {
        "primary_ingot/cradle_to_gate": {"co2e": Decimal(10)},
        "slab/cradle_to_gate": {"co2e": Decimal(14)},
    }
    system = product_system("plate", Choices(temper="T651", scrap_rule="pre-consumer-mass"))
    built = compiled(kit, system, given, factors)
    with localcontext(EXACT):
        assert abs(total(kit, built) * 108 - 1188) < NEAR
        figure = stated_figure(kit, "pre-consumer-mass", "scalping", given, factors)
        assert abs(figure - 11) < NEAR


def test_a_rule_nobody_wrote_is_refused_and_never_burden_free() -> None:
    choices = Choices(scrap_rule="half")
    step = Step("scalping", choices)
    for ask in (
        lambda: scrap_rule("half"),
        lambda: scrap(choices, "scrap_pre_consumer", ONE),
        step.sells,
        lambda: step.process(
            "rolling", "scalped_slab", *Step("scalping", Choices()).sells(), *step.uses("water")
        ),
    ):
        with pytest.raises(BadInput) as caught:
            ask()
        assert caught.value.code == "CHOICE_NOT_AVAILABLE"
        assert all(name in caught.value.params["known"] for name in RULES)
    with pytest.raises(TypeError, match="burdened"):
        ScrapRule(rule="PCF-SCRAP-CUTOFF")  # type: ignore[call-arg]
    no_metal = Step("scalping", Choices(scrap_rule="pre-consumer-mass"))
    with pytest.raises(ValueError, match="takes no metal"):
        no_metal.process("rolling", "scalped_slab", no_metal.sells())


def test_every_rule_stands_in_the_register_under_its_own_name() -> None:
    for name, found in SCRAP_RULES.items():
        assert rule(found.rule).parameters.get("scrap_rule", name) == name
    assert len({found.rule for found in SCRAP_RULES.values()}) == len(SCRAP_RULES)
    for product in PRODUCTS:
        assert available_choices(product)["scrap_rule"] == RULES


@pytest.mark.parametrize("name", RULES)
def test_what_scrap_bought_brings_along(kit: SimpleNamespace, name: str) -> None:
    """A quarter each of offcuts and turnings, whose sellers state 8, and half of cans, at 9."""
    factors = {"scrap_pre_consumer/cradle_to_gate": {"co2e": Decimal(8)}}
    factors["primary_ingot/cradle_to_gate"] = {"co2e": Decimal(9)}
    flows = ("scrap_pre_consumer", "scrap_turnings", "scrap_beverage_cans")
    tonnes = zip(flows, (1, 1, 2), strict=True)
    given = {f"charging/{flow}/inventory": Decimal(amount) for flow, amount in tonnes}
    system = product_system("extrusion", Choices(temper="T5", surface="plain", scrap_rule=name))
    built = compiled(kit, system, given, factors)
    burdened = name in ("pre-consumer-mass", "co-product")
    for item in built.burdens:
        if item.flow in flows:
            carries = burdened and item.flow in PRE_CONSUMER
            assert item.gases == ({"co2e": Decimal(2)} if carries else {})
            assert item.rule == SCRAP_RULES[name].rule
    outside = sum(kg for item in built.outside for kg in item.gases.values())
    assert outside == (9 if name == "substitution" else 0)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("source", ["published", "modelled"])
def test_the_own_primary_metal_says_nothing_of_scrap_bought(name: str, source: str) -> None:
    """The modelled chain, hydropower included, did not make the scrap; its seller's figure holds."""
    choices = Choices(scrap_rule=name, primary_source=source)
    found = scrap(choices, "scrap_turnings", ONE)
    assert all(isinstance(item, Input) for item in found)
    slots = [part.slot.key for item in found if item.role != SUBSTITUTION for part in item.parts]
    burdened = SCRAP_RULES[name].burdened
    assert slots == (["scrap_pre_consumer/cradle_to_gate"] if burdened else [])


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("product", ["plate", "extrusion", "sheet", "forged_ring"])
def test_burdens_are_shared_and_no_row_is_negative(
    kit: SimpleNamespace, product: str, name: str
) -> None:
    system = product_system(product, Choices(scrap_rule=name))
    values, factors = kit.synthetic(system)
    built = compile_system(system, values, factors, DECIMAL_ARITHMETIC)
    assert any(item.flow == "sold_scrap" and item.amount > 0 for item in built.burdens)
    assert all(item.amount >= 0 for item in built.burdens)
    with localcontext(EXACT):
        for process in system.processes:
            for item in process.exchanges:
                if isinstance(item, Link) and item.role != "internal":
                    assert item.amount.evaluate(values, DECIMAL_ARITHMETIC) >= 0


# Step that sells → the step it takes metal from, and the flow it takes.
ROUTES = {
    "plate": {
        "scalping": ("slab_casting", "slab"),
        "hot_rolling": ("slab_homogenising", "homogenised_slab"),
        "plate_stretching": ("solution_treatment", "quenched_plate"),
        "plate_sawing": ("plate_ageing", "aged_plate"),
    },
    "extrusion": {
        "extruding": ("billet_heating", "heated_billet"),
        "profile_stretching": ("extruding", "raw_profile"),
    },
    "recycled_ingot": {},
}
# Where semi-finished metal is bought: step, its flow, the metal bought.
BOUGHT = {
    "plate": ("scalping", "slab", "slab"),
    "extrusion": ("billet_heating", "homogenised_billet", "billet"),
}
ROUTE_OF = {"plate": ("T651", ""), "extrusion": ("T5", "plain")}
"""Product → the temper and surface of its firms."""
NO_METAL = frozenset({"sold_scrap", "internal_scrap"})
FACTORS = {
    "primary_ingot/cradle_to_gate": {"co2e": 10.0},
    "slab/cradle_to_gate": {"co2e": 12.0},
    "billet/cradle_to_gate": {"co2e": 13.0},
    "electricity/life_cycle": {"co2e": 0.5},
    "electricity/delivery": {"co2e": 0.0},
}


@dataclass(frozen=True)
class Firm:
    """A firm's plant: its product, what its pre-consumer scrap is said to carry, its amounts."""

    product: str
    amounts: tuple[tuple[str, float], ...]

    def scrap_bought(self, figure: float, name: str = "cut-off") -> float:
        """Return t of pre-consumer scrap bought per t of product, as charged and as counted."""
        built = self.built(name, figure)
        return float(sum(self._run(built)[b.process_index] * b.amount for b in built.burdens
                         if b.flow == "scrap_pre_consumer"))  # fmt: skip

    def built(self, name: str, figure: float) -> CompiledSystem:
        system = _system(self.product, name)
        values = {**_passing(self.product, name), **dict(self.amounts)}
        factors = {**FACTORS, "scrap_pre_consumer/cradle_to_gate": {"co2e": figure}}
        return compile_system(system, values, factors, FLOAT_ARITHMETIC)

    @staticmethod
    def _run(built: CompiledSystem) -> np.ndarray:
        demand = np.zeros(len(built.processes))
        demand[built.final_index] = 1
        return np.linalg.solve(_technosphere(built), demand)

    def carried(self, name: str, figure: float) -> float:
        """Return kg CO2e per t of product under a rule."""
        built = self.built(name, figure)
        return float(_prices(built)[built.final_index])

    def scrap_sold(self, name: str, figure: float) -> tuple[float, float]:
        """Return t of scrap sold per t of product, and the kg CO2e that go with all of it."""
        consumed = self.built("cut-off", figure)
        run = dict(zip(consumed.processes, self._run(consumed), strict=True))
        shared = self.built(name, figure)
        price = dict(zip(shared.processes, _prices(shared), strict=True))
        amounts = dict(self.amounts)
        tonnes = kilograms = 0.0
        for code, (provider, flow) in ROUTES[self.product].items():
            sold = run[code] * amounts.get(f"{code}/sold_scrap/inventory", 0.0)
            tonnes += sold
            if name == "co-product":
                kilograms += sold * price[code]
            elif name == "pre-consumer-mass":
                kilograms += sold * self._entering(code, flow, price[provider])
        return tonnes, kilograms

    def _entering(self, code: str, flow: str, own: float) -> float:
        amounts = dict(self.amounts)
        step, _, shape = BOUGHT[self.product]
        bought = amounts.get(f"{step}/purchased_{shape}/inventory", 0.0) if step == code else 0.0
        made = amounts[f"{code}/{flow}/inventory"]
        elsewhere = bought * FACTORS[f"{shape}/cradle_to_gate"]["co2e"]
        return (made * own + elsewhere) / (made + bought)


@cache
def _system(product: str, name: str) -> ProductSystem:
    """Return the system of a fixed route: metered, each firm would have steps without metal."""
    temper, surface = ROUTE_OF.get(product, ("", ""))
    choices = Choices(scrap_rule=name, dross_route="treated", temper=temper, surface=surface)
    return product_system(product, choices)


@cache
def _passing(product: str, name: str) -> dict[str, float]:
    """Return amounts by which metal passes 1:1 and nothing else is used."""
    metal = {slot.key for process in _system(product, name).processes
             for item in process.exchanges if isinstance(item, Link) and item.role == "input"
             for slot in item.amount.slots() if slot.flow not in NO_METAL}  # fmt: skip
    keys = {slot.key for slot in _system(product, name).amount_slots()}
    return {key: float(key in metal and not key.startswith("charging/")) for key in keys}


def _technosphere(built: CompiledSystem) -> np.ndarray:
    matrix = np.eye(len(built.processes))
    for consumer, provider, amount in built.links:
        matrix[provider, consumer] -= amount
    return matrix


def _prices(built: CompiledSystem) -> np.ndarray:
    """Return kg CO2e per t of each process's product: what it takes at its price, and emits."""
    own = np.zeros(len(built.processes))
    for burden in built.burdens:
        own[burden.process_index] += sum(burden.gases.values())
    return np.linalg.solve(_technosphere(built).T, own)


shares = st.floats(0.0, 0.3)


@st.composite
def firms(draw: st.DrawFn, product: str, *, pre: bool = True) -> Firm:
    """A plant of any charge whose steps close on metal; scrap is sold at none, one or several."""
    amounts = {
        "charging/primary_ingot/inventory": draw(st.floats(0.1, 1.0)),
        "charging/scrap_post_consumer/inventory": draw(shares),
        "charging/scrap_pre_consumer/inventory": draw(st.floats(0.05, 1.0)) if pre else 0.0,
        "melting/charge_metal/inventory": 1.0 + draw(st.floats(0.0, 0.08)),
        "melting/electricity/inventory": draw(st.floats(0.0, 2.0)),
    }
    for code, (_, flow) in ROUTES[product].items():
        sold, kept = draw(st.sampled_from([0.0, draw(shares)])), draw(shares)
        amounts |= {
            f"{code}/sold_scrap/inventory": sold,
            f"{code}/internal_scrap/inventory": kept,
            f"{code}/{flow}/inventory": 1.0 + sold + kept,
            f"{code}/electricity/inventory": draw(st.floats(0.0, 2.0)),
        }
    if product in BOUGHT:
        step, flow, shape = BOUGHT[product]
        whole = amounts.setdefault(f"{step}/{flow}/inventory", 1.0)
        bought = whole * draw(st.sampled_from([0.0, 0.4]))
        # The site's own and what it buys are apart: nothing is deducted (PCF-OWN-METAL-001).
        amounts[f"{step}/{flow}/inventory"] = whole - bought
        amounts[f"{step}/purchased_{shape}/inventory"] = bought
    return Firm(product, tuple(amounts.items()))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(
    ("seller", "buyer"),
    [("plate", "recycled_ingot"), ("extrusion", "plate"), ("plate", "extrusion")],
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_seller_and_buyer_together_report_what_was_emitted(
    seller: str, buyer: str, name: str, data: st.DataObject
) -> None:
    """All scrap sold goes to one buyer, who may sell scrap in turn; its own buyer is the rest.

    What the seller's own pre-consumer scrap carries, 7 kg/t or nothing, came to it from outside.
    """
    burdened = SCRAP_RULES[name].burdened
    outside = 7.0 if burdened else 0.0
    one, two = data.draw(firms(seller)), data.draw(firms(buyer))
    tonnes, with_scrap = one.scrap_sold(name, outside)
    figure = with_scrap / tonnes if tonnes else 0.0
    made = tonnes / two.scrap_bought(0.0)
    rest = two.scrap_sold(name, figure)[1]
    reported = one.carried(name, outside) + made * (two.carried(name, figure) + rest)
    # Bought and burnt: nothing shared, and scrap that changed hands between the two counted once.
    brought = one.scrap_bought(0.0) * outside
    emitted = one.carried("cut-off", 0.0) + brought + made * two.carried("cut-off", 0.0)
    assert reported == pytest.approx(emitted, rel=1e-9)


@pytest.mark.parametrize("product", ["plate", "extrusion"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_total_is_negative_and_sharing_never_adds(product: str, data: st.DataObject) -> None:
    """Without scrap that brings a burden along, sharing can only lower what the product carries."""
    plant = data.draw(firms(product, pre=False))
    found = {name: plant.carried(name, 0.0) for name in RULES}
    assert all(value > 0 for value in found.values())
    for name in ("pre-consumer-mass", "co-product"):
        assert found[name] <= found["cut-off"] * (1 + 1e-12)
    assert found["substitution"] == found["cbam-zero"] == found["cut-off"]


@pytest.mark.parametrize("product", ["plate", "extrusion", "recycled_ingot"])
@settings(max_examples=25, deadline=None)
@given(data=st.data(), figure=st.floats(0.0, 20.0))
def test_the_dearer_scrap_bought_the_higher_the_total(
    product: str, data: st.DataObject, figure: float
) -> None:
    plant = data.draw(firms(product))
    for name in RULES:
        free, dear = plant.carried(name, 0.0), plant.carried(name, figure)
        assert 0 <= free <= dear * (1 + 1e-12)
        assert SCRAP_RULES[name].burdened or free == dear
