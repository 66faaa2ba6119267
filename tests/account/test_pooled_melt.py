"""One melt shop, two kinds of charge, several outputs: told apart by code, explained, or refused.

System: a cast house charges 50 t of primary ingot at 16 and 50 t of post-consumer scrap at nothing
(cut-off); of its 100 t melt 50 t are cast and packed as ingot A356, 50 t are delivered as liquid
ADC12. By hand, t CO2e/t: the pool is 50 x 16 / 100 = 8 for either. Were the ingot made of primary
metal alone it would be 16: 100 % higher. With the primary coded to A356 and the scrap to ADC12,
through charging, melting and refining: 16 and 0. A result of all codes together takes all codes of
the melt shop, so without its code it is 8 again, and named. Rule: AL-POOL-001.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from plants import WHERE, Plant, worths

from factor_db.ledger.form.cells import Cell
from factor_db.ledger.form.faults import Scope
from factor_db.ledger.products.pooled_melt import POOLED, PooledMelt, pooled_melts
from factor_db.ledger.reading.exceptions import LedgerException
from factor_db.store.tables import LedgerEntry
from footprint.closure.service import SiteClosure
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.figures.blocked import require_showable_site, site_reasons
from footprint.judgement.pooled_melt import pooled_record
from footprint.result.checks import ClosureRecord, PooledMeltRecord, SiteChecks
from footprint.solving.evaluate import evaluate
from footprint.study.definition import Study
from footprint.words.closure import pooled_melt_line
from lca_models.system.resolve import Resolver
from lca_models.system.unit_process import Choices

INGOT, LIQUID = "A356", "ADC12"
MELT_SHOP = {
    "charging": ("charge_metal", ""),
    "melting": ("molten_metal", "charge_metal"),
    "refining": ("refined_metal", "molten_metal"),
}


def cast_house(*, coded: bool = False, primary: int = 50, delivered: str = LIQUID) -> Plant:
    """Return the plant; `coded` tells its charges apart, `delivered` is the code of the liquid."""
    values = {
        "primary_ingot__cradle_to_gate": 16_000,
        **{f"{fuel}.net_calorific_value__property": 36 for fuel in ("natural_gas", "diesel")},
    }
    plant = Plant(method="mass", values=worths(**values))
    plant.step("charging", 100, primary_ingot=primary, scrap_post_consumer=100 - primary)
    plant.step("melting", 100, charge_metal=100)
    plant.step("refining", 100, molten_metal=100)
    plant.step("ingot_casting", 50, refined_metal=50)
    plant.step("ingot_packing", 50, cast_ingot=50)
    plant.step("liquid_delivery", 50, refined_metal=50)
    for row in plant.rows:
        of_ingot = row.process.startswith("ingot")
        if row.flow in ("recycled_ingot", "liquid_alloy") and row.role == "product":
            row.product = INGOT if of_ingot else delivered
        if coded and row.flow == "refined_metal" and row.process not in MELT_SHOP:
            row.product = INGOT if of_ingot else delivered
        if coded and row.flow == "cast_ingot":
            row.product = INGOT
    if coded:
        _code_the_melt_shop(plant, {INGOT: primary, delivered: 100 - primary})
    return plant


def _code_the_melt_shop(plant: Plant, amounts: dict[str, int]) -> None:
    """Write the metal of charging, melting and refining by code."""
    metal = {flow for flows in MELT_SHOP.values() for flow in flows}
    plant.rows = [
        row for row in plant.rows if row.process not in MELT_SHOP or row.flow not in metal
    ]
    for process, (made, taken) in MELT_SHOP.items():
        for code, amount in amounts.items():
            plant.add(process, made, amount, "product", product=code)
            if taken:
                plant.add(process, taken, amount, product=code)
    for row in plant.rows:
        if row.process == "charging" and row.amount and row.role == "input":
            row.product = INGOT if row.flow == "primary_ingot" else list(amounts)[1]


def pools(plant: Plant) -> tuple[PooledMelt[LedgerEntry], ...]:
    return pooled_melts(plant.rows)


def test_unlike_charges_for_two_outputs_are_one_pool() -> None:
    (pool,) = pools(cast_house())
    assert (pool.share("primary"), pool.share("remelted")) == (Decimal("0.5"), Decimal("0.5"))
    assert set(pool.outputs.values()) == {Decimal(50)}
    assert set(pool.outputs) == {("recycled_ingot", "a356"), ("liquid_alloy", "adc12")}


def test_charges_coded_to_where_they_go_are_no_pool() -> None:
    assert pools(cast_house(coded=True)) == ()


@pytest.mark.parametrize("step", ["charging", "melting", "refining"])
def test_a_step_that_mixes_without_codes_makes_them_one_pool_again(step: str) -> None:
    plant = cast_house(coded=True)
    for row in plant.rows:
        if row.process == step and row.role == "product":
            row.product = ""
    assert len(pools(plant)) == 1


@pytest.mark.parametrize(("primary", "is_pool"), [(0, False), (1, True), (99, True), (100, False)])
def test_one_kind_of_charge_is_no_question(primary: int, is_pool: bool) -> None:
    assert bool(pools(cast_house(primary=primary))) is is_pool


def test_one_output_is_no_question() -> None:
    plant = cast_house()
    plant.rows = [row for row in plant.rows if row.process != "liquid_delivery"]
    assert pools(plant) == ()


def test_two_tempers_of_one_alloy_are_cast_of_one_metal() -> None:
    plant = cast_house()
    plant.rows = [row for row in plant.rows if not row.process.startswith("ingot")]
    plant.add("liquid_delivery", "liquid_alloy", 50, "product", product="ADC12-X")
    assert pools(plant) == ()


def test_alloying_elements_are_a_kind_between_alloys_only() -> None:
    plant = cast_house(primary=100)
    plant.add("charging", "magnesium", 5)
    assert len(pools(plant)) == 1
    alike = cast_house(primary=100, delivered=INGOT)
    alike.add("charging", "magnesium", 5)
    assert pools(alike) == ()


def test_scrap_sold_and_what_the_next_step_takes_are_no_outputs() -> None:
    plant = cast_house()
    plant.rows = [row for row in plant.rows if row.process != "liquid_delivery"]
    plant.add("ingot_packing", "sold_scrap", 1, "co-product")
    assert pools(plant) == ()
    plant.add("ingot_casting", "cast_ingot", 5, "co-product")
    (pool,) = pools(plant)
    assert sum(pool.outputs.values()) == 55


def stated(plant: Plant, product: str, *exceptions: LedgerException) -> PooledMeltRecord:
    """Return what a result of all codes says of its pool."""
    record = said(plant, product, "", *exceptions)
    assert record is not None
    return record


def said(
    plant: Plant, product: str, code: str, *exceptions: LedgerException
) -> PooledMeltRecord | None:
    """Return what a result of a code, or of all, says of its pool; None where it shares none."""
    closure, results = plant.close(product, dross_route="treated")
    found = {product: SiteProduct(results[product], compiled_of(results[product]))}
    ledger = replace(plant.ledger, exceptions=exceptions)
    site = SiteClosure(ledger, SiteProducts(found, {}), closure)
    nominal = results[product]
    return pooled_record(site, replace(nominal, study=replace(nominal.study, product_code=code)))


def explained() -> LedgerException:
    words = "one furnace line, one recipe for all"
    place = Scope("charging"), words, "Tester", date(2027, 12, 31)
    return LedgerException(Cell("A2", POOLED), "exceptions", POOLED, *place)


def test_the_product_may_be_of_primary_metal_alone_and_the_result_says_so() -> None:
    record = stated(cast_house(), "recycled_ingot")
    assert round(record.higher_at_most, 9) == 1
    (reason,) = record.reasons
    assert (reason.code, reason.params["higher"]) == ("CLOSURE_MELT_POOLED", "100")
    assert reason.params["cells"].startswith("ledger!")


def test_an_exception_lifts_the_bar_and_leaves_the_words() -> None:
    record = stated(cast_house(), "recycled_ingot", explained())
    assert record.reasons == ()
    assert round(record.higher_at_most, 9) == 1
    drawn = ClosureRecord(rule="PCF-CLOSURE-001", closed=True, reasons=(), pooled_melt=record)
    assert "up to 100 % higher" in pooled_melt_line(drawn, "en")
    assert "至多高 100 %" in pooled_melt_line(drawn, "zh")


def test_coded_charges_give_each_its_own_and_say_nothing() -> None:
    plant = cast_house(coded=True)
    assert total(plant, "recycled_ingot", INGOT) == 16
    assert total(plant, "liquid_alloy", LIQUID) == 0
    assert total(cast_house(), "recycled_ingot", INGOT) == 8
    assert said(plant, "recycled_ingot", INGOT) is None


def test_without_its_code_a_result_is_the_mean_of_all_codes_and_named() -> None:
    plant = cast_house(coded=True)
    assert total(plant, "recycled_ingot", "") == 8
    assert [item.code for item in stated(plant, "recycled_ingot").reasons] == [
        "CLOSURE_MELT_POOLED"
    ]


def total(plant: Plant, product: str, code: str) -> Decimal:
    """Return kg CO2e per kg of a product of the plant, of one code or of all."""
    choices = Choices(dross_route="treated")
    study = Study(product, site="S", period="2025", choices=choices, product_code=code)
    where = replace(WHERE, product=code)
    pin = Resolver(plant.own_factors(), where, plant.values).pin
    return evaluate(study, where, pin).total


@pytest.mark.parametrize(("barred", "names"), [(True, ["POOLED_MELT"]), (False, [])])
def test_a_pool_that_nobody_explains_bars_what_is_declared_and_may_be_shown(
    barred: bool, names: list[str]
) -> None:
    exceptions = () if barred else (explained(),)
    record = stated(cast_house(), "recycled_ingot", *exceptions)
    closed = ClosureRecord(rule="PCF-CLOSURE-001", closed=True, reasons=(), pooled_melt=record)
    checks = SiteChecks(
        unused_field_data=(), tolled_metal=(), closure=closed, possible=None, supply=None
    )
    assert [reason.name for reason in site_reasons(checks)] == names
    require_showable_site(checks)
