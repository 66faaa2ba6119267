"""Scrap given back takes no more along than the metal entering its step brought (PCF-POSSIBLE-001).

System (t, kg CO2e per kg): a cast house charges 100 ingot at 16 and 24 own scrap to 124 billet,
sells 94 and sends 30 to a mill that buys 70 more at 4. The press makes 76 profile of the 100 and
gives 24 back. No energy, no loss. By hand: external charge and own billet carry 16, the metal
entering the press 0.3 x 16 + 0.7 x 4 = 7.6. Credited at 16 the scrap takes 24 x 16 = 384 out of
100 x 7.6 = 760, and the profile is left with 376 / 76 = 4.947. Of the 124 t melted 30 are for the
mill: 94 / 124 of the scrap leaves with billet sold, and takes 24 x (16 - 7.6) x 94 / 124 = 152.826
that never came in with it, 2.0109 per kg of profile.

A mill that takes the whole melt takes its scrap back with it: 30 billet of 6 ingot and 24 scrap.
Its gate total, 6 x 16 + 70 x 4 = 376, is what its 76 t carry: 4.947 is right.

The tolerance is 2 % of the footprint. With b for billet bought, e = 4.8 + 0.7 b enters, the profile
is left with (100 e - 384) / 76 and sheds 24 (16 - e) 94 / 124 / 76; both meet at e = 14.7957, which
is b = 14.2795.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from plants import WHERE, Plant, worths
from random_plants import SCRAP_RULES, PlantOfSeed

from factor_db.foundation.errors import Incomplete
from factor_db.foundation.messages import error_text, text
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.figures.blocked import blocking_reasons, refuse_blocked
from footprint.judgement.returned import returned_above_entering
from footprint.result.checks import Possible
from footprint.result.document import ResultDocument
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal, evaluate
from footprint.study.definition import Study
from lca_models.system.resolve import Resolver
from lca_models.system.unit_process import Choices
from tests.certificate.certificate_document import result

RETURNED = "POSSIBLE_RETURNED_SCRAP"


def plant(
    bought_at: str = "4000", *, own: int = 30, sold_scrap: bool = False, alone: bool = False
) -> Plant:
    made = Plant(method="mass")
    made.values = worths(
        primary_ingot__cradle_to_gate=16_000,
        billet__cradle_to_gate=bought_at,
        scrap_pre_consumer__cradle_to_gate=bought_at,
        **{f"{fuel}.net_calorific_value__property": 36 for fuel in ("natural_gas", "diesel")},
    )
    back = 0 if sold_scrap else 24
    melt = own if alone else 100 + back
    made.step("charging", melt, primary_ingot=melt - back, internal_scrap=back)
    made.step("melting", melt, charge_metal=melt)
    made.step("refining", melt, molten_metal=melt)
    made.step("billet_casting", own, refined_metal=melt)
    if own < melt:
        made.add("billet_casting", "billet", melt - own, "co-product")
    made.step("billet_homogenising", own, billet=own)
    made.step("billet_heating", 100, homogenised_billet=own, purchased_billet=100 - own)
    made.step("extruding", 76, heated_billet=100, internal_scrap=back)
    if sold_scrap:
        made.add("extruding", "internal_scrap", 24, "co-product")
    made.step("profile_stretching", 76, raw_profile=76)
    made.step("profile_packing", 76, cut_profile=76)
    return made


def calculated(made: Plant, **choices: str) -> Nominal:
    return made.calculate("extrusion", **{"temper": "F", **choices})


def returned(made: Plant, **choices: str) -> tuple[CodedText, ...]:
    nominal = calculated(made, **choices)
    return tuple(returned_above_entering(nominal, made.ledger))


def test_scrap_credited_above_the_metal_entering_is_named_with_both_values() -> None:
    assert float(calculated(plant()).total) == pytest.approx(376 / 76, rel=1e-12)
    (reason,) = returned(plant())
    assert reason.code == RETURNED
    assert reason.params == {
        "process": "extruding",
        "flow": "internal_scrap",
        "credited": "16",
        "entering": "7.6",
        "shed": "2.0109",
    }


def test_a_mill_that_takes_its_scrap_back_sheds_nothing() -> None:
    alone = plant(alone=True)
    assert float(calculated(alone).total) == pytest.approx(376 / 76, rel=1e-12)
    assert returned(alone) == ()


def two_codes(*, own_a: int) -> tuple[Plant, SiteProducts, Nominal]:
    """Return a mill alone whose 76 t are half A, half B; A takes `own_a` of the 30 own billet."""
    made = plant(alone=True)
    keep = {"billet_heating", "extruding", "profile_stretching", "profile_packing"}
    made.rows = [row for row in made.rows if row.process not in keep or not row.amount]
    for code, own in (("A", own_a), ("B", 30 - own_a)):
        for process, flow, amount in (
            ("billet_heating", "homogenised_billet", own),
            ("billet_heating", "purchased_billet", 50 - own),
            ("billet_heating", "heated_billet", 50),
            ("extruding", "heated_billet", 50),
            ("extruding", "internal_scrap", 12),
            ("extruding", "raw_profile", 38),
            ("profile_stretching", "raw_profile", 38),
            ("profile_stretching", "cut_profile", 38),
            ("profile_packing", "cut_profile", 38),
            ("profile_packing", "extrusion", 38),
        ):
            made.add(process, flow, amount, product=code)
    factors, results = made.own_factors(), {}
    choices = Choices(temper="F")
    for code in ("", "A", "B"):
        where = replace(WHERE, product=code)
        study = Study("extrusion", site="S", period="2025", choices=choices, product_code=code)
        results[code] = evaluate(study, where, Resolver(factors, where, made.values).pin)
    general, *coded = results.values()
    per_kg = {item.study.product_code: item.total for item in coded}
    product = SiteProduct(general, compiled_of(general), per_kg, tuple(coded))
    return made, SiteProducts({"extrusion": product}, {}), results["A"]


def test_codes_of_the_same_metal_shed_nothing_on_each_other() -> None:
    made, products, a = two_codes(own_a=15)
    assert tuple(returned_above_entering(a, made.ledger, products)) == ()


def test_a_code_of_bought_metal_sheds_on_the_code_of_own_metal() -> None:
    """A takes 13 own and 37 bought billet, B 17 and 33.

    A: e = (13 x 16 + 37 x 4) / 50 = 7.12, its 12 t of scrap take 12 x 8.88 = 106.56 beyond; B:
    e = 8.08, 12 x 7.92 = 95.04. Of all 201.6 A's melt took 13 / 30, 87.36: A sheds 19.2 on B,
    0.5053 per kg of its 38 t.
    """
    made, products, a = two_codes(own_a=13)
    assert float(a.total) == pytest.approx((50 * 7.12 - 12 * 16) / 38, rel=1e-12)
    (reason,) = returned_above_entering(a, made.ledger, products)
    assert (reason.params["entering"], reason.params["shed"]) == ("7.12", "0.5053")


@pytest.mark.parametrize(("bought_at", "found"), [("14279", 1), ("14280", 0), ("20000", 0)])
def test_a_small_tolerance_is_left(bought_at: str, found: int) -> None:
    assert len(returned(plant(bought_at))) == found


@pytest.mark.parametrize("rule", SCRAP_RULES)
def test_scrap_of_own_billet_alone_passes_under_every_rule(rule: str) -> None:
    """What enters is the charge itself and what casting took: never less than the charge."""
    assert returned(plant(own=100), scrap_rule=rule) == ()


@pytest.mark.parametrize("seed", range(10))
def test_plants_of_chance_whose_metal_is_no_bargain_pass(seed: int) -> None:
    """Their energy carries more than their metal, so what enters a mill is above the charge."""
    drawn = PlantOfSeed(seed)
    for product in drawn.products:
        nominal = drawn.plant.calculate(product, scrap_rule=drawn.scrap_rule, temper="F")
        assert tuple(returned_above_entering(nominal, drawn.plant.ledger)) == ()


@pytest.mark.parametrize("rule", SCRAP_RULES)
def test_the_way_out_is_scrap_sold(rule: str) -> None:
    made = plant(sold_scrap=True)
    assert returned(made, scrap_rule=rule) == ()
    if rule == "cut-off":  # the profile carries all metal that entered: 760 / 76
        assert float(calculated(made).total) == pytest.approx(10, rel=1e-12)
    if rule == "pre-consumer-mass":  # the scrap takes what the metal entering carries
        total = calculated(made, scrap_rule=rule).total
        assert float(total) == pytest.approx(7.6, rel=1e-12)


@pytest.mark.parametrize(("at", "shed"), [("4000", ["13.2809"]), ("7112", []), ("16000", [])])
def test_scrap_sold_on_to_the_cast_house_of_a_sister_brings_what_it_took(
    at: str, shed: list[str]
) -> None:
    """24 t of the press to a middleman, and 24 t into the melt of the billet that others buy.

    At 4: billet (1600 + 96) / 124 = 13.6774, entering 0.3 x 13.6774 + 2.8 = 6.9032; 24 x 2.9032 of
    76 x 6.9032 are shed. At 7.112 billet is 14.2799 and 7.0840 enters, less than the scrap brings.
    """
    made = plant(sold_scrap=True)
    made.values["scrap_pre_consumer/cradle_to_gate"] = Decimal(at)
    made.rows = [row for row in made.rows if row.process not in {"charging", "melting", "refining"}]
    made.rows = [row for row in made.rows if row.process != "billet_casting"]
    made.step("charging", 124, primary_ingot=100, scrap_pre_consumer=24)
    made.step("melting", 124, charge_metal=124)
    made.step("refining", 124, molten_metal=124)
    made.step("billet_casting", 30, refined_metal=124)
    made.add("billet_casting", "billet", 94, "co-product")
    closure, _ = made.close("extrusion", temper="F", scrap_rule="co-product")
    scrap = [bar for bar in closure.barred if bar.code == "CLOSURE_SCRAP_RETURNED"]
    assert [bar.params["of_product"] for bar in scrap] == shed


def with_violations(*violations: CodedText) -> ResultDocument:
    possible = Possible(rule="PCF-POSSIBLE-001", violations=violations)
    return result().model_copy(update={"possible": possible})


def test_such_a_result_is_blocked_by_name_with_the_way_out() -> None:
    document = with_violations(*tuple(returned(plant())))
    assert [reason.name for reason in blocking_reasons(document)] == ["RETURNED_SCRAP"]
    with pytest.raises(Incomplete) as caught:
        refuse_blocked(document, "CERTIFICATE")
    for lang in ("zh", "en"):
        said = error_text(caught.value, lang)
        for word in ("extruding", "internal_scrap", "credited 16", "entering 7.6", "co-product"):
            assert word in said
        assert "7.6" in text(RETURNED, lang, **returned(plant())[0].params)


def test_other_impossible_results_keep_their_name() -> None:
    other = CodedText(code="POSSIBLE_NEGATIVE", params={"total": "-1"})
    document = with_violations(other, *tuple(returned(plant())))
    assert [item.name for item in blocking_reasons(document)] == ["IMPOSSIBLE", "RETURNED_SCRAP"]
