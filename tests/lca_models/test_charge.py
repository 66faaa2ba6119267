"""The charge: alloys met, losses by kind, cast metal bought, scrap sold, dross kept on the site.

Alloy 6061 (alloys.csv): Mg 0.8 to 1.2 %, target 0.010; Si 0.4 to 0.8 %, 0.006; Cu 0.15 to 0.4 %,
0.00275; Cr 0.04 to 0.35 %, 0.00195; Mn, Zn, Fe, Ti have an upper limit only, 0. Added 0.0207, so
ingot and scrap, charged 3 : 1, share 0.9793: ingot 0.734475. If the scrap brings 0.004 t of silicon
per tonne, 0.002 is added and the ingot's share grows by 0.75 x 0.004 = 0.003.

Loss by kind: of 1 t charged 0.6 t new metal loses 1 %, 0.3 t clean scrap 2 %, 0.1 t turnings 8 %:
0.006 + 0.006 + 0.008 = 0.020 t lost, so a tonne of melt takes 1 / 0.98 = 1.020408... t.

Purchased slab: beside 1.00 t of its own a t of plate takes 0.35 t bought; nothing is deducted.

Scrap sold (the rules by hand: test_scrap_rules.py): scalping takes 1.20 t slab, returns 0.05 t and
sells 0.15 t, so 1.15 t are charged per t of plate. Of 0.8 primary and 0.2 old scrap at 10 kg CO2e/t
primary (a round number): 9.2 kg. By substitution, outside: 0.23 t of scrap bought stand for 2.3 kg,
0.15 t sold for -1.5.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from types import SimpleNamespace

import pytest

from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import Incomplete
from lca_models.catalogue import PRODUCTS, available_choices, product_system
from lca_models.charge import ALLOYING, ALLOYS
from lca_models.system.compile import DECIMAL_ARITHMETIC, CompiledSystem, compile_system
from lca_models.system.unit_process import Choices, Link, ProductSystem

INGOT, SCRAP = "charging/primary_ingot/inventory", "charging/scrap_post_consumer/inventory"
PER_TONNE = {"primary_ingot/cradle_to_gate": {"co2e": Decimal(10)}}
SOLD = {
    INGOT: "1",
    "scalping/slab/inventory": "1.20",
    "scalping/internal_scrap/inventory": "0.05",
    "scalping/sold_scrap/inventory": "0.15",
}


def targets(alloy: str) -> dict[str, Decimal]:
    prefix = f"alloy_{alloy.lower()}."
    return {
        f"{factor.flow}/property": factor.value
        for factor in reference_factors()
        if factor.flow.startswith(prefix)
    }


def compiled(
    kit: SimpleNamespace, system: ProductSystem, given: dict[str, str], factors: object = PER_TONNE
) -> CompiledSystem:
    values = {**kit.filled(system, given)}
    return compile_system(system, values, factors, DECIMAL_ARITHMETIC)


def total(kit: SimpleNamespace, built: CompiledSystem) -> Decimal:
    activity = kit.exact_activity(built)
    return sum(
        (
            kg * activity[built.processes[burden.process_index]]
            for burden in built.burdens
            for kg in burden.gases.values()
        ),
        Decimal(0),
    )


def test_an_alloy_is_met_to_the_middle_of_its_limits(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices(alloying="6061"))
    found = targets("6061")
    assert found["alloy_6061.magnesium/property"] == Decimal("0.010")
    assert found["alloy_6061.copper/property"] == Decimal("0.00275")
    assert found["alloy_6061.zinc/property"] == 0
    given = {INGOT: "0.6", SCRAP: "0.2", **{key: str(value) for key, value in found.items()}}

    def share(flow: str, given: dict[str, str]) -> Decimal:
        values = kit.filled(system, given)
        (exchange,) = [
            item
            for item in system.process("charging").exchanges
            if getattr(item, "flow", "") == flow
        ]
        with localcontext(EXACT):
            return Decimal(exchange.amount.evaluate(values, DECIMAL_ARITHMETIC))

    assert share("primary_ingot", given) == Decimal("0.734475")
    assert share("silicon", given) == Decimal("0.006")
    brought = {**given, "charge.silicon_content/property": "0.004"}
    assert share("silicon", brought) == Decimal("0.002")
    assert share("primary_ingot", brought) == Decimal("0.737475")
    # More in the scrap than the alloy asks for: nothing is added, and nothing taken away.
    assert share("silicon", {**given, "charge.silicon_content/property": "0.05"}) == 0


def test_every_alloy_has_a_target_for_every_element() -> None:
    for alloy in ALLOYS:
        found = targets(alloy)
        assert len(found) == len(ALLOYING)
        assert all(0 <= value < Decimal("0.2") for value in found.values())
    assert targets("7075")["alloy_7075.zinc/property"] == Decimal("0.056")  # 5.1 to 6.1 %
    assert set(targets("1060").values()) == {Decimal(0)}


def test_a_charge_loses_what_its_kinds_lose(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices(melt_loss="by_charge"))
    given = {
        INGOT: "0.6",
        "charging/scrap_pre_consumer/inventory": "0.1",
        "charging/internal_scrap/inventory": "0.2",
        "charging/scrap_turnings/inventory": "0.1",
        "new_metal.melt_loss/property": "0.01",
        "clean_scrap.melt_loss/property": "0.02",
        "coated_scrap.melt_loss/property": "0.5",
        "fine_scrap.melt_loss/property": "0.08",
    }
    built = compiled(kit, system, given)
    melting, charging = (built.processes.index(code) for code in ("melting", "charging"))
    (taken,) = [
        amount
        for user, provider, amount in built.links
        if (user, provider) == (melting, charging) and amount > 0
    ]
    with localcontext(EXACT):
        assert taken == 1 / Decimal("0.98")


def test_a_loss_nobody_states_leaves_the_result_incomplete(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices(melt_loss="by_charge"))
    values = kit.filled(system, {INGOT: "1"})
    del values["fine_scrap.melt_loss/property"]
    with pytest.raises(Incomplete) as caught:
        compile_system(system, values, PER_TONNE, DECIMAL_ARITHMETIC)
    assert caught.value.params["slots"] == "fine_scrap.melt_loss/property"


def test_purchased_slab_is_not_melted_here(kit: SimpleNamespace) -> None:
    given = {
        INGOT: "1",
        "scalping/slab/inventory": "1.00",
        "scalping/purchased_slab/inventory": "0.35",
        "scalping/internal_scrap/inventory": "0.35",
    }
    factors = {**PER_TONNE, "slab/cradle_to_gate": {"co2e": Decimal(8)}}
    built = compiled(kit, product_system("plate", Choices()), given, factors)
    assert kit.exact_activity(built)["slab_casting"] == Decimal("1.00")
    # 1.00 t charged less 0.35 t returned, at 10, and 0.35 t slab at 8: 6.5 + 2.8.
    assert total(kit, built) == Decimal("9.30")


def test_substitution_stands_outside_the_headline(kit: SimpleNamespace) -> None:
    given = {**SOLD, INGOT: "0.8", SCRAP: "0.2"}
    built = compiled(kit, product_system("plate", Choices(scrap_rule="substitution")), given)
    activity = kit.exact_activity(built)
    outside = {
        (built.processes[item.process_index], item.flow): item.gases["co2e"]
        * activity[built.processes[item.process_index]]
        for item in built.outside
        if item.gases
    }
    # 1.15 t charge, a fifth of it scrap, stands for 0.23 t primary; 0.15 t sold for as much less.
    assert outside == {
        ("charging", "scrap_post_consumer"): Decimal("2.300"),
        ("scalping", "sold_scrap"): Decimal("-1.50"),
    }
    assert total(kit, built) == Decimal("9.20")


def test_dross_kept_on_the_site_returns_its_metal(kit: SimpleNamespace) -> None:
    given = {
        INGOT: "1",
        "melting/charge_metal/inventory": "1.05",
        "melting/dross/inventory": "0.06",
        "dross_recovery/dross/inventory": "1",
        "dross_recovery/recovered_metal/inventory": "0.5",
    }
    treated = compiled(kit, product_system("plate", Choices(dross_route="recovered")), given)
    # 1.05 t charged, 0.06 t dross gives 0.03 t back: 1.02 t bought.
    assert total(kit, treated) == Decimal("10.200")
    tolled = {
        INGOT: "1",
        "melting/charge_metal/inventory": "1.05",
        "melting/recovered_metal/inventory": "0.03",
    }
    assert total(kit, compiled(kit, product_system("plate", Choices()), tolled)) == Decimal("10.20")


@pytest.mark.parametrize("product", [p for p in PRODUCTS if "temper" in available_choices(p)])
def test_a_temper_runs_its_steps_and_metal_passes_through(
    kit: SimpleNamespace, product: str
) -> None:
    for temper in available_choices(product)["temper"]:
        system = product_system(product, Choices(temper=temper))
        reached = {system.final}
        while (
            further := {
                item.process
                for process in system.processes
                if process.code in reached
                for item in process.exchanges
                if isinstance(item, Link)
            }
            - reached
        ):
            reached |= further
        assert reached == {process.code for process in system.processes}


def test_a_zero_alloying_share_is_the_model_without_the_slot(kit: SimpleNamespace) -> None:
    system = product_system("plate", Choices())
    values, factors = kit.synthetic(system)
    optional = {slot.key for slot in system.amount_slots() if slot.optional}
    zero = {key: Decimal(0) if key in optional else value for key, value in values.items()}
    absent = {key: value for key, value in values.items() if key not in optional}
    fewer = {key: gases for key, gases in factors.items() if not key.startswith("titanium")}
    with_zeros = compile_system(system, zero, factors, DECIMAL_ARITHMETIC)
    without = compile_system(system, absent, fewer, DECIMAL_ARITHMETIC)
    rows = [
        [(b.slot, b.gases) for b in built.burdens if b.gases] for built in (with_zeros, without)
    ]
    assert rows[0] == rows[1]
    assert total(kit, with_zeros) == total(kit, without) > 0


def test_area_times_thickness_times_consumption(kit: SimpleNamespace) -> None:
    # 250 m2/t x 15 um x 0.03 kWh per m2 and um = 112.5 kWh/t.
    system = product_system("extrusion", Choices(surface="anodised_by_area"))
    given = {
        INGOT: "1",
        "anodising.area/property": "250",
        "anodising.thickness/property": "15",
        "anodising.electricity_per_layer/property": "0.03",
    }
    factors = {
        **PER_TONNE,
        "electricity/life_cycle": {"co2e": Decimal(1)},
        "electricity/delivery": {"co2e": Decimal(0)},
    }
    assert total(kit, compiled(kit, system, given, factors)) == Decimal("122.50")
