"""Closure of a smelter by hand: alumina, anodes baked or bought, carbon, gases, power, two products.

System (t, and t CO2e per t; power 0.6 per MWh; AR6: CF4 7380, C2F6 12400; 4 kg CO2 per kg of carbon):
bauxite 100 kWh/t = 0.06; alumina 2 x 0.06 + 1.5 MWh x 0.6 = 1.02. 500 t of anode are baked of 340 coke
at 0.5 and 80 pitch at 0.25 with 100 MWh; 9.5 t of carbon burn in baking. With sulphur 0.02 and ash 0.03
these are 9.5 / 0.95 = 10 t, so the anodes bring 410 t net; 10 go to stock and 490 bring 401.8 t net to the
cells. There 1930 alumina, 20 AlF3 at 1, 14 000 MWh, 20 kg CF4 and 2 kg C2F6 make 1000 liquid metal, of which
995 and 200 MWh make 990 ingot and 5 are sold.

  f_anode  = (170 + 20 + 60 + 9.5 x 4) / 500 = 288 / 500 = 0.576
  f_liquid = (1968.6 + 490 x 0.576 + 20 + 8400 + 401.8 x 0.95 x 4 + 147.6 + 24.8) / 1000 = 12.37008
  f_ingot  = (995 x f_liquid + 120) / 990
  account  = 190 + 38 + 14 300 MWh x 0.6 + 1968.6 + 20 + 1526.84 + 172.4 = 12 495.84
           = 990 f_ingot + 5 f_liquid + 10 x 0.576
Bought anodes of 680 coke and 160 pitch kg/t, 19 kg of carbon burnt: 820 kg net, 0.34 + 0.04 + 0.076 = 0.456;
401.8 / 0.82 = 490 are set: account 12 495.84 - 288 + 490 x 0.456 = 12 431.28, and no stock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
from plants import WHERE, Plant

from footprint.account.gate import account_of
from footprint.account.smelter import METAL
from footprint.closure.line import ClosureLine
from footprint.closure.lines import Closure, closure_of
from footprint.closure.service import valuation_of
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.judgement.possible import impossibilities
from footprint.judgement.verdict import reasons_against
from footprint.solving.evaluate import Nominal, evaluate
from footprint.study.definition import Study
from lca_models.catalogue import CHAIN_PRODUCTS, product_system
from lca_models.system.resolve import Resolver
from lca_models.system.unit_process import Choices, Link, ProductSystem

LIQUID = Fraction("12.37008")
INGOT = (995 * LIQUID + 120) / 990
VALUES = {
    "electricity/life_cycle": "0.5",
    "electricity/delivery": "0.1",
    "electricity_coal/life_cycle": "1",
    "bauxite_mining/electricity/inventory": "100",
    "alumina_refining/bauxite/inventory": "2",
    "alumina_refining/electricity/inventory": "1500",
    "calcined_coke/upstream": "0.5",
    "pitch/upstream": "0.25",
    "aluminium_fluoride/upstream": "1",
    "anode_carbon.co2_per_carbon/property": "4",
    "cf4.slope_pfpb_m/coefficient": "0.1",
    "c2f6.per_cf4_pfpb_m/coefficient": "0.05",
    "cf4.overvoltage_cwpb/coefficient": "1.2",
    "c2f6.per_cf4_overvoltage_cwpb/coefficient": "0.05",
    "cf4.default/property": "0.03",
    "c2f6.default/property": "0.003",
}
BOUGHT_ANODE = {
    "anode_production/calcined_coke/inventory": "680",
    "anode_production/pitch/inventory": "160",
    "anode_production/pitch_volatiles/inventory": "10",
    "anode_production/packing_coke/inventory": "9",
}
Remodel = Callable[[ProductSystem], ProductSystem]


class Smelter(Plant):
    """The plant above; whatever else its chain takes is 0."""

    def choices(self, product: str, **further: str) -> Choices:
        """Return the choices of a study as the calculation completes them from the ledger."""
        if product not in CHAIN_PRODUCTS:
            return Choices(dross_route="treated", **further)
        baked = any(row.process == "anode_production" for row in self.rows)
        return Choices(anode_plant="on_site" if baked else "bought", **further)

    def run(
        self,
        remodel: Remodel = lambda system: system,
        products: tuple[str, ...] = CHAIN_PRODUCTS,
        **further: str,
    ) -> tuple[Closure, dict[str, Nominal], Study]:
        """Return the closure over the products, their results, and the study of the first."""
        studies = {
            product: Study(
                product, site="S", period="2025", choices=self.choices(product, **further)
            )
            for product in products
        }
        with patch(
            "footprint.solving.evaluate.product_system",
            lambda product, chosen: remodel(product_system(product, chosen)),
        ):
            results = {
                product: evaluate(study, WHERE, self.resolver_for(study).pin)
                for product, study in studies.items()
            }
        found = {name: SiteProduct(item, compiled_of(item)) for name, item in results.items()}
        site, study = SiteProducts(found, {}), studies[products[0]]
        values = valuation_of(self.resolver_for(study).pin, study, site)
        account = account_of(self.ledger, values, study.choices.electricity_rule)
        return closure_of(self.ledger, account, site, study.choices.scrap_rule), results, study

    def resolver_for(self, study: Study) -> Resolver:
        """Return a resolver in which every slot of the product that nothing fills is 0."""
        own = self.own_factors()
        known = {factor.slot_key for factor in own} | set(self.values)
        system = product_system(study.product, study.choices)
        slots = {slot.key for slot in (*system.amount_slots(), *system.emission_slots())}
        zeros = dict.fromkeys(slots - known, Decimal(0))
        return Resolver(own, WHERE, {**self.values, **zeros})


def smelter(*, baked: bool = True) -> Smelter:
    """Return the plant, with its own anodes or with bought ones."""
    made = Smelter()
    made.values = {key: Decimal(value) for key, value in VALUES.items()}
    if baked:
        made.step("anode_production", 500, calcined_coke=340_000, pitch=80_000,
                  electricity=100_000, pitch_volatiles=5_000, packing_coke=4_500)  # fmt: skip
        made.keep("anode", closing=10)
    else:
        made.values |= {key: Decimal(value) for key, value in BOUGHT_ANODE.items()}
    made.step("electrolysis", 1000, alumina=1930, anode_carbon="401.8", aluminium_fluoride=20_000,
              electricity=14_000_000, cf4=20, c2f6=2)  # fmt: skip
    made.add("electrolysis", "anode_carbon.sulphur_content", "0.02", "input")
    made.add("electrolysis", "anode_carbon.ash_content", "0.03", "input")
    made.step("primary_casting", 990, liquid_aluminium=995, electricity=200_000)
    return made


def _tonnes(line: ClosureLine) -> float:
    return float(line.kg_co2e) / 1000


def assert_closes(closure: Closure, study: Study) -> None:
    """Nothing is left, no flow parts, and nothing bars the result."""
    exactly = closure.account.total * Decimal("1E-15")
    assert abs(closure.residual) <= exactly
    assert abs(closure.parted) <= exactly
    assert reasons_against(study, closure) == ()


def test_a_smelter_with_its_own_anodes_meets_the_hand_calculation() -> None:
    closure, results, study = smelter().run()
    assert float(results["primary_liquid"].total) == pytest.approx(float(LIQUID), rel=1e-15)
    assert float(results["primary_aluminium"].total) == pytest.approx(float(INGOT), rel=1e-15)
    assert closure.account.total == Decimal("12495840")
    assert_closes(closure, study)
    found = {(line.kind, line.flow): _tonnes(line) for line in closure.lines}
    assert found == {
        ("product", "primary_ingot"): pytest.approx(float(990 * INGOT), rel=1e-15),
        ("product", "liquid_aluminium"): pytest.approx(float(5 * LIQUID), rel=1e-15),
        ("own_stock", "anode"): pytest.approx(5.76, rel=1e-15),
    }


def test_every_line_of_the_account_is_the_hand_calculation_s() -> None:
    account = smelter().run()[0].account
    assert {flow: float(kg) for flow, kg in account.sums_by("flow").items() if kg} == {
        "calcined_coke": 170_000, "pitch": 20_000, "pitch_volatiles": 20_000,
        "packing_coke": 18_000, "alumina": 1_968_600, "aluminium_fluoride": 20_000,
        "anode_carbon": 1_526_840, "cf4": 147_600, "c2f6": 24_800, "electricity": 8_580_000,
    }  # fmt: skip
    scopes = {scope: float(kg) for scope, kg in account.sums_by("scope").items()}
    assert scopes["1"] == 20_000 + 18_000 + 1_526_840 + 147_600 + 24_800
    assert scopes["2"] == 7_150_000
    assert all(line.cells for line in account.lines if line.kg_co2e)


def test_anodes_sold_beside_its_own_close() -> None:
    """It bakes 500 t for itself and 500 t to sell, of twice the coke, pitch and power.

    Its own anodes stay at 0.576: ingot and liquid carry what they carried, the 500 t sold 288 t.
    """
    plant = smelter()
    plant.method = "mass"
    for row in plant.rows:
        if row.process == "anode_production" and row.role != "product":
            row.amount *= 2
    plant.add("anode_production", "anode", 500, "co-product")
    closure, results, study = plant.run()
    assert float(results["primary_aluminium"].total) == pytest.approx(float(INGOT), rel=1e-15)
    assert sum(_tonnes(line) for line in closure.lines if line.kind == "co_product") == (
        pytest.approx(288, rel=1e-15)
    )
    assert closure.account.total == Decimal(12_495_840 + 288_000)
    assert_closes(closure, study)


def test_bought_anodes_enter_at_the_chains_footprint() -> None:
    closure, _, study = smelter(baked=False).run()
    assert closure.account.total == Decimal("12431280")
    bought = [line for line in closure.account.lines if line.flow == "anode_carbon"]
    assert {line.scope: float(line.kg_co2e) for line in bought} == {
        "1": 1_526_840,
        "3": pytest.approx(223_440, rel=1e-15),
    }
    assert_closes(closure, study)


def test_alumina_that_was_not_used_lies_in_store() -> None:
    plant = smelter()
    plant.keep("alumina", receipts=2000, consumption=1930, closing=70)
    closure, _, study = plant.run()
    (stock,) = (line for line in closure.lines if line.kind == "bought_stock")
    assert (stock.flow, _tonnes(stock)) == ("alumina", pytest.approx(71.4, rel=1e-15))
    assert_closes(closure, study)


def test_a_refinery_of_the_site_is_its_own_step() -> None:
    """2000 t of its own with 3 000 MWh: 0.12 + 0.9 = 1.02 as before; 4000 bauxite are bought."""
    plant = smelter()
    del plant.values["alumina_refining/bauxite/inventory"]
    del plant.values["alumina_refining/electricity/inventory"]
    plant.step("alumina_refining", 2000, bauxite=4000, electricity=3_000_000)
    plant.keep("alumina", closing=70)
    closure, results, study = plant.run()
    assert float(results["primary_liquid"].total) == pytest.approx(float(LIQUID), rel=1e-15)
    assert float(closure.account.total) == pytest.approx(12_495_840 + 71_400, rel=1e-15)
    assert_closes(closure, study)


@pytest.mark.parametrize(("liquid", "possible"), [("981", True), ("979", False), ("947", False)])
def test_a_smelters_casting_gains_no_metal(liquid: str, possible: bool) -> None:
    """990 t of ingot: of 981 t it gains 0.91 %; of 979 t 1.1 %; of 947 t, silicon beside it, 4.3 %."""
    plant = smelter()
    plant.rows = [row for row in plant.rows if row.process != "primary_casting"]
    plant.step("primary_casting", 990, liquid_aluminium=liquid, electricity=200_000)
    ingot = plant.run()[1]["primary_aluminium"]
    found = [reason.params["process"] for reason in impossibilities(ingot, compiled_of(ingot))]
    assert found == ([] if possible else ["primary_casting"])


@pytest.mark.parametrize(
    ("choices", "rows", "cf4"),
    [
        ({"pfc_method": "default"}, {}, 30),
        (
            {"pfc_method": "slope", "smelter_technology": "PFPB_M"},
            {"cf4.anode_effect_minutes": "0.25"},
            25,
        ),
        (
            {"pfc_method": "overvoltage", "smelter_technology": "CWPB"},
            {"cf4.anode_effect_overvoltage": "2", "liquid_aluminium.current_efficiency": "96"},
            25,
        ),
    ],
)
def test_gases_by_a_method_close(choices: dict[str, str], rows: dict[str, str], cf4: int) -> None:
    """0.1 x 0.25 x 1000 = 25 kg; 1.2 x 2 / 96 x 1000 = 25 kg; default 0.03 x 1000 = 30 kg."""
    plant = smelter()
    plant.rows = [row for row in plant.rows if row.flow not in ("cf4", "c2f6")]
    for flow, value in rows.items():
        plant.add("electrolysis", flow, value)
    closure, _, study = plant.run(**choices)
    (line,) = (item for item in closure.account.lines if item.flow == "cf4")
    assert float(line.kg_co2e) == pytest.approx(cf4 * 7380, rel=1e-15)
    assert line.cells
    assert_closes(closure, study)


def test_slope_weighs_months_by_their_metal() -> None:
    """0.4 minutes while 750 t are made, 0.2 while 250 are: 0.1 x (300 + 50) = 35 kg CF4."""
    plant = smelter()
    plant.rows = [row for row in plant.rows if row.flow not in ("cf4", "c2f6")]
    (metal,) = (
        row for row in plant.rows if row.role == "product" and row.process == "electrolysis"
    )
    metal.amount = Decimal(750)
    plant.add("electrolysis", "liquid_aluminium", 250)
    plant.rows[-1].period = "2025-02"
    for month, minutes in (("2025-01", "0.4"), ("2025-02", "0.2")):
        plant.add("electrolysis", "cf4.anode_effect_minutes", minutes)
        plant.rows[-1].period = month
    closure, _, study = plant.run(pfc_method="slope", smelter_technology="PFPB_M")
    (line,) = (item for item in closure.account.lines if item.flow == "cf4")
    assert float(line.kg_co2e) == pytest.approx(35 * 7380, rel=1e-15)
    assert_closes(closure, study)


def test_cells_with_power_of_their_own_close() -> None:
    """14 000 MWh at 1 in place of 0.6, without delivery: 5 600 t more."""
    closure, _, study = smelter().run(smelter_power="coal")
    assert closure.account.total == Decimal("18095840")
    assert_closes(closure, study)


def test_more_anode_burnt_than_was_baked_is_found() -> None:
    """430 t net need 524.4 t; 490 were there: 34.4 t, 6.9 % of what was baked."""
    plant = smelter()
    (net,) = (row for row in plant.rows if row.flow == "anode_carbon")
    net.amount = Decimal(430)
    closure, _, study = plant.run()
    codes = [(item.code, item.params["flow"]) for item in reasons_against(study, closure)]
    assert ("CLOSURE_WEIGHING", "anode") in codes


@pytest.mark.parametrize(
    ("lost", "code", "named"),
    [
        ("anode_production", "CLOSURE_CARRIED_BY_NONE", "calcined_coke"),
        ("alumina_refining", "CLOSURE_ACCOUNT_MISSING", "alumina/cradle_to_gate"),
    ],
)
def test_what_a_model_no_longer_takes_is_named(lost: str, code: str, named: str) -> None:
    """Coke is 170 of 12 496 t, 1.4 %; without a chain nothing says what alumina is worth."""

    def without(system: ProductSystem) -> ProductSystem:
        kept = (
            replace(item, exchanges=tuple(e for e in item.exchanges if not _is_link(e, lost)))
            for item in system.processes
        )
        return replace(system, processes=tuple(kept))

    closure, _, study = smelter().run(without)
    reasons = reasons_against(study, closure)
    assert (code, named) in {
        (item.code, value) for item in reasons for value in item.params.values()
    }


def _is_link(exchange: Any, process: str) -> bool:
    return isinstance(exchange, Link) and exchange.process == process


def test_a_model_that_burns_the_anode_twice_parts_the_roads() -> None:
    def twice(system: ProductSystem) -> ProductSystem:
        processes = (
            replace(
                item,
                exchanges=(
                    *item.exchanges,
                    *(e for e in item.exchanges if _flow(e) == "anode_carbon"),
                ),
            )
            for item in system.processes
        )
        return replace(system, processes=tuple(processes))

    closure, _, study = smelter().run(twice)
    (open_flow,) = (item for item in closure.open if item.flow == "anode_carbon")
    assert float(open_flow.kg_co2e) == pytest.approx(-1_526_840, rel=1e-15)
    assert [item.code for item in reasons_against(study, closure)] == ["CLOSURE_OPEN"]


def _flow(exchange: Any) -> str:
    return getattr(exchange, "flow", "")


def test_metal_of_its_own_cells_has_no_market_price() -> None:
    """500 t of the 1000 are charged on the site: models take them at 15 000, the account as own.

    Taken as bought, they would close at any price that a study puts on them.
    """
    plant = smelter()
    (cast,) = (r for r in plant.rows if (r.process, r.role) == ("primary_casting", "product"))
    (taken,) = (r for r in plant.rows if (r.process, r.flow) == ("primary_casting", METAL))
    cast.amount, taken.amount = Decimal(490), Decimal(495)
    plant.values["primary_liquid/cradle_to_gate"] = Decimal(15_000)
    for fuel in ("natural_gas", "diesel"):
        plant.values[f"{fuel}.net_calorific_value/property"] = Decimal(40)
    plant.step("charging", 500, primary_liquid=500)
    for process, taken_flow in (
        ("melting", "charge_metal"),
        ("refining", "molten_metal"),
        ("ingot_casting", "refined_metal"),
        ("ingot_packing", "cast_ingot"),
    ):
        plant.step(process, 500, **{taken_flow: 500})
    closure, _, study = plant.run(products=("recycled_ingot", *CHAIN_PRODUCTS))
    assert closure.account.total == Decimal("12495840")
    named = {
        item.params["flow"]: item.params["kg_co2e"]
        for item in reasons_against(study, closure)
        if item.code == "CLOSURE_OPEN"
    }
    assert named["primary_liquid"] == "-7500000"
