"""Own scrap sold and bought back: judged by what is shed at the gate, whoever stands between.

System: a mill that charges ingot at 10 t CO2e/t and casts, rolls and packs without energy; of 120 t
rolled 100 are plate and 20 scrap. By hand, t CO2e per 100 t of plate:

kept as internal scrap   100 t ingot + 20 t own scrap: 100 x 10 = 1000 under every rule
sold and bought back     100 t ingot + 20 t scrap at its seller's 3 t CO2e/t = 1060 for 120 t rolled,
                         8.8333 each; the 20 t sold take 176.67 along and bring 60 back: 116.67 are
                         shed, 11.0063 % of the account and 13.2075 % of the 883.33 left with plate
cut-off                  100 x 10 + 20 x 0 = 1000, as it should be

The limit is 1 % of either. With 1 t sold and bought, 19 kept: 1003 for 101 t external charge, 9.9307
each, 1 x (9.9307 - 3) = 6.9307 shed, 0.6910 % and 0.6979 %: passes, 9.9307 for 10. With 2 t: 1006
/ 102 = 9.8627, 13.7255 shed, 1.3644 % and 1.3917 %: barred. Bought back at b: 20 x ((1000 + 20 b) /
120 - b) shed, and 1 % of the rest where it is 1000 / 101 = 9.9010: b = 9.4059.

By its own figure: 900 t slab cast beside and sold makes the account 10 060 and every t 9.8627; 20
x 6.8627 = 137.25 are 1.3644 % of it; 2000 t make 21 060, 9.9340, 138.68: 0.6585 % of the account,
and 13.9601 % of the plate's 100 x 9.9340. The plate is what a certificate is about.

The year after: 80 t ingot, 20 own scrap kept and 20 bought at 3 make 860 for 100 t of external
charge, 8.6 each. The year before sold 20 t: 20 x (8.6 - 3) = 112 shed, 13.0233 % of the account.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plants import WHERE, Plant, worths

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.messages import text
from factor_db.foundation.rules import rule as rule_of
from footprint.account.gate import account_of
from footprint.account.site_ledger import SiteLedger
from footprint.account.valuation import Valuation
from footprint.closure.lines import closure_of
from footprint.closure.scrap_back import Lot, shed_by
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.judgement.verdict import reasons_against
from footprint.result.record import CodedText
from footprint.solving.evaluate import evaluate
from footprint.study.definition import Study
from lca_models.system.resolve import Resolver
from lca_models.system.unit_process import Choices

BUYER, OTHER = "佛山某再生有限公司", "云南某铝业有限公司"
BURDENED = ("pre-consumer-mass", "co-product")
RETURNED, UNNAMED = "CLOSURE_SCRAP_RETURNED", "CLOSURE_SCRAP_UNNAMED"
LIMIT = rule_of("PCF-SCRAP-RETURN-001").number("shed_at_most")
ROUTE = (("melting", "charge_metal"), ("refining", "molten_metal"))


def named(
    plant: Plant,
    key: tuple[str, str],
    amount: object,
    role: str,
    party: str,
    kind: str = "",
    evidence: str = "",
) -> None:
    """Write a row with its counterparty and, where given, its type of scrap and its evidence."""
    plant.add(*key, str(amount), role)
    said = strict_json(plant.rows[-1].payload.encode())
    plant.rows[-1].payload = canonical_json(
        {**said, "counterparty": party, "scrap_type": kind, "evidence": evidence}
    ).decode()


def mill(
    sold_to: str = BUYER,
    bought_from: str = OTHER,
    *,
    flow: str = "scrap_pre_consumer",
    kind: str = "",
    at: object = 3,
    sold: object = 20,
    bought: object = 20,
    beside: int = 0,
) -> Plant:
    """Return the mill that sells scrap to one party and buys metal at a figure from another.

    What it does not sell of its 20 t scrap it charges; ingot fills the charge. `beside` is slab
    sold, which the hand calculations divide by nothing but mass.
    """
    plant = Plant(method="mass")
    per_t = Decimal(str(at)) * 1000
    plant.values = worths(
        primary_ingot__cradle_to_gate=10000,
        scrap_pre_consumer__cradle_to_gate=per_t,
        recycled_ingot__cradle_to_gate=per_t,
        slab__cradle_to_gate=per_t,
        **{"natural_gas.net_calorific_value__property": 36},
        **{"diesel.net_calorific_value__property": 43},
    )
    sold, bought = Decimal(str(sold)), Decimal(str(bought))
    slab = Decimal(bought if flow == "purchased_slab" else 0)
    melt, kept = 120 + beside - slab, 20 - sold
    charged = {"internal_scrap": kept, "primary_ingot": melt - kept - (bought - slab)}
    plant.step("charging", melt, **charged)
    if not slab:
        named(plant, ("charging", flow), bought, "input", bought_from, kind)
    for process, metal in ROUTE:
        plant.step(process, melt, **{metal: melt})
    plant.step("slab_casting", melt - beside, refined_metal=melt)
    if beside:
        plant.add("slab_casting", "slab", beside, "co-product")
    plant.step("scalping", 120, slab=melt - beside)
    if slab:
        named(plant, ("scalping", flow), slab, "input", bought_from, kind)
    plant.step("slab_homogenising", 120, scalped_slab=120)
    plant.step("hot_rolling", 100, homogenised_slab=120, internal_scrap=kept)
    if sold:
        named(plant, ("hot_rolling", "internal_scrap"), sold, "co-product", sold_to)
    plant.step("plate_sawing", 100, hot_rolled_plate=100)
    plant.step("plate_packing", 100, sawn_plate=100)
    return plant


def judged(
    plant: Plant, rule: str, earlier: tuple[SiteLedger, ...] = ()
) -> tuple[Decimal, tuple[CodedText, ...]]:
    choices = Choices(temper="F", scrap_rule=rule)
    nominal = plant.calculate("plate", temper="F", scrap_rule=rule)
    products = SiteProducts({"plate": SiteProduct(nominal, compiled_of(nominal))}, {})
    account = account_of(
        plant.ledger, Valuation(plant.resolver().pin, "AR6", rule), choices.electricity_rule
    )
    closure = closure_of(plant.ledger, account, products, rule, earlier)
    assert closure.parted <= closure.account.total * Decimal("1E-15")
    return nominal.total, reasons_against(Study("plate", choices=choices), closure)


@pytest.mark.parametrize("rule", BURDENED)
@pytest.mark.parametrize(
    ("sold_to", "bought_from"),
    [(BUYER, BUYER), (BUYER, OTHER), ("", BUYER), (BUYER, ""), ("", "")],
    ids=["one firm", "a middleman", "sold to nobody", "bought from nobody", "neither"],
)
def test_scrap_bought_back_closes_twelve_percent_low_and_is_barred_through_whomever(
    rule: str, sold_to: str, bought_from: str
) -> None:
    total, (reason,) = judged(mill(sold_to, bought_from), rule)
    assert round(total, 4) == Decimal("8.8333")
    assert reason.code == RETURNED
    shown = {"sold": "20", "bought": "20", "amount": "20", "took": "176.667", "brought": "60"}
    shown |= {"share": "11.0063", "of_product": "13.2075", "product": "plate", "limit": "1"}
    assert {name: reason.params[name] for name in shown} == shown
    assert reason.params["scrap_rule"] == rule
    assert reason.params["cells"].count("ledger!") == 1
    assert reason.params["sold_cells"].count("ledger!") == 1
    assert reason.params["sold_cells"] != reason.params["cells"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_message_says_every_amount_and_the_way_out(language: str) -> None:
    _, (reason,) = judged(mill(), "co-product")
    said = text(reason.code, language, **reason.params)
    assert all(value in said for value in reason.params.values())
    assert "cut-off" in said


def test_cut_off_needs_no_bar() -> None:
    assert judged(mill(BUYER, BUYER), "cut-off") == (Decimal(10), ())


@pytest.mark.parametrize("rule", BURDENED)
@pytest.mark.parametrize(
    ("amount", "total", "codes"), [(1, "9.9307", []), (2, "9.8627", [RETURNED])]
)
def test_what_is_shed_is_held_to_one_percent(
    rule: str, amount: int, total: str, codes: list[str]
) -> None:
    found, reasons = judged(mill(BUYER, BUYER, sold=amount, bought=amount), rule)
    assert round(found, 4) == Decimal(total)
    assert [item.code for item in reasons] == codes


@pytest.mark.parametrize(("at", "codes"), [("9.41", []), ("9.40", [RETURNED]), ("12", [])])
def test_scrap_at_what_was_taken_away_sheds_nothing(at: str, codes: list[str]) -> None:
    _, reasons = judged(mill(BUYER, BUYER, at=at), "co-product")
    assert [item.code for item in reasons] == codes


def test_nothing_is_shed_beyond_what_was_sold_or_what_was_bought() -> None:
    assert judged(mill(sold=20, bought=1), "co-product")[1] == ()
    _, (reason,) = judged(mill(sold=2, bought=20), "co-product")
    assert (reason.params["amount"], reason.params["bought"]) == ("2", "20")


def test_a_small_product_of_a_large_site_is_held_to_what_it_carries_itself() -> None:
    _, (reason,) = judged(mill(beside=900), "co-product")
    assert reason.params["share"] == "1.3644"
    _, (reason,) = judged(mill(beside=2000), "co-product")
    assert (reason.params["share"], reason.params["of_product"]) == ("0.6585", "13.9601")


@settings(max_examples=30, deadline=None)
@given(
    rule=st.sampled_from(BURDENED),
    sold=st.integers(0, 20),
    bought=st.integers(0, 20),
    at=st.decimals(0, 12, places=2),
)
def test_what_is_certified_is_no_lower_than_scrap_kept_but_for_the_limit(
    rule: str, sold: int, bought: int, at: Decimal
) -> None:
    """Law: of t = min(sold, bought) kept inside, the total is at most the limit above."""
    total, reasons = judged(mill(sold=sold, bought=bought, at=at), rule)
    back = min(sold, bought)
    kept, of_kept = judged(mill(sold=sold - back, bought=bought - back, at=at), rule)
    assert of_kept == ()
    assert kept - total <= LIMIT * kept or [item.code for item in reasons] == [RETURNED]


@pytest.mark.parametrize("flow", ["scrap_turnings", "scrap_painted", "scrap_shredded_mix"])
def test_scrap_of_which_nobody_says_that_it_was_used_may_be_own(flow: str) -> None:
    _, (reason,) = judged(mill(flow=flow), "co-product")
    assert reason.code == RETURNED


@pytest.mark.parametrize("kind", ["消费后门窗型材", "Post-consumer window frames"])
@pytest.mark.parametrize("flow", ["scrap_painted", "scrap_shredded_mix", "recycled_ingot"])
def test_post_consumer_scrap_of_another_firm_is_not_own_scrap(flow: str, kind: str) -> None:
    assert judged(mill(flow=flow, kind=kind), "co-product")[1] == ()
    assert judged(mill(flow="scrap_post_consumer"), "co-product")[1] == ()
    assert judged(mill(flow="scrap_beverage_cans"), "co-product")[1] == ()


@pytest.mark.parametrize("flow", ["scrap_post_consumer", "scrap_beverage_cans"])
def test_post_consumer_scrap_of_the_firm_that_took_our_scrap_may_be_own(flow: str) -> None:
    _, (reason,) = judged(mill(BUYER, BUYER, flow=flow), "co-product")
    assert reason.code == RETURNED


@pytest.mark.parametrize(("sold_to", "bought_from"), [("", BUYER), (BUYER, ""), ("", "")])
def test_whoever_buys_post_consumer_scrap_names_the_parties(sold_to: str, bought_from: str) -> None:
    flow = "scrap_post_consumer"
    _, (reason,) = judged(mill(sold_to, bought_from, flow=flow), "co-product")
    assert (reason.code, reason.params["amount"]) == (UNNAMED, "20")
    assert judged(mill(sold_to, bought_from, flow=flow, sold="0.5"), "co-product")[1] == ()


@pytest.mark.parametrize(
    ("sold_to", "bought_from"),
    [
        (BUYER, "佛山某再生"),
        (BUYER, " 佛山某再生(有限公司)"),
        (BUYER, "佛山某再生有限公司 "),
        ("Huaxin Aluminium Co., Ltd.", "Huaxin Aluminium Ltd"),
        ("某某再生有限责任公司", "某某再生有限公司"),
    ],
)
def test_one_firm_written_in_several_ways_is_one(sold_to: str, bought_from: str) -> None:
    plant = mill(sold_to, bought_from, flow="scrap_post_consumer")
    _, (reason,) = judged(plant, "co-product")
    assert reason.code == RETURNED


@pytest.mark.parametrize(
    ("bought_from", "kind", "codes"),
    [
        (OTHER, "", []),
        (BUYER, "", [RETURNED]),
        (OTHER, "边角料", [RETURNED]),
        (OTHER, "消费后", []),
    ],
)
def test_slab_is_own_scrap_where_its_row_says_scrap_or_its_firm_took_ours(
    bought_from: str, kind: str, codes: list[str]
) -> None:
    """20 t slab at 3 for 20 t scrap sold: 1060 for the 120 t entering, as with scrap."""
    plant = mill(BUYER, bought_from, flow="purchased_slab", kind=kind)
    total, reasons = judged(plant, "co-product")
    assert round(total, 4) == Decimal("8.8333")
    assert [item.code for item in reasons] == codes


def test_recycled_ingot_of_unsaid_scrap_may_be_own() -> None:
    _, (reason,) = judged(mill(flow="recycled_ingot"), "co-product")
    assert (reason.code, reason.params["share"]) == (RETURNED, "11.0063")


def test_scrap_bought_into_store_came_back_too() -> None:
    """20 t sold, 20 bought at 3 and kept: 1200 + 60 account, 20 x (10 - 3) = 140: 11.1111 %."""
    plant = mill(bought=0)
    plant.keep("scrap_pre_consumer", receipts=20, closing=20)
    _, (reason,) = judged(plant, "co-product")
    assert (reason.code, reason.params["share"]) == (RETURNED, "11.1111")
    assert "stock!" in reason.params["cells"]


def test_scrap_of_the_year_before_is_own_scrap() -> None:
    this, before = mill(sold=0), mill(bought=0)
    assert judged(this, "co-product")[1] == ()
    total, (reason,) = judged(this, "co-product", (before.ledger,))
    assert round(total, 4) == Decimal("8.6")
    assert (reason.code, reason.params["share"]) == (RETURNED, "13.0233")
    assert reason.params["sold_cells"].startswith("2025-01: ledger!")


def test_a_code_is_held_to_what_it_carries_itself() -> None:
    """A 98 t and B 2 t of plate; B's 2 t of scrap are sold, and bought at 3.

    A's 18 t are kept. 1006 / 102 = 9.8627 as above, B rolled of 4 t: 2 x 6.8627 of 2 x 9.8627.
    """
    plant = mill(sold=2, bought=2)
    coded = [row for row in plant.rows if row.process in {"hot_rolling", "plate_sawing"}]
    coded += [row for row in plant.rows if row.process == "plate_packing"]
    plant.rows = [row for row in plant.rows if row not in coded]
    for process, flows in {
        "hot_rolling": {"hot_rolled_plate": (98, 2), "homogenised_slab": (116, 4)},
        "plate_sawing": {"sawn_plate": (98, 2), "hot_rolled_plate": (98, 2)},
        "plate_packing": {"plate": (98, 2), "sawn_plate": (98, 2)},
    }.items():
        plant.step(process, 0)
        for flow, amounts in flows.items():
            for code, amount in zip("AB", amounts, strict=True):
                plant.add(process, flow, amount, product=code)
    plant.add("hot_rolling", "internal_scrap", 18, product="A")
    plant.add("hot_rolling", "internal_scrap", 2, "co-product", product="B")
    factors, results = plant.own_factors(), []
    choices = Choices(temper="F", scrap_rule="co-product")
    for code in ("", "A", "B"):
        where = replace(WHERE, product=code)
        study = Study("plate", site="S", period="2025", choices=choices, product_code=code)
        results.append(evaluate(study, where, Resolver(factors, where, plant.values).pin))
    general, *by_code = results
    per_kg = {product_key(item.study.product_code): item.total for item in by_code}
    product = SiteProduct(general, compiled_of(general), per_kg, tuple(by_code))
    values = Valuation(plant.resolver().pin, "AR6", "co-product")
    account = account_of(plant.ledger, values, "location")
    closure = closure_of(plant.ledger, account, SiteProducts({"plate": product}, {}), "co-product")
    (bar,) = closure.barred
    assert bar.params["product"] == "plate B"
    assert bar.params["of_product"] == "69.5825"


def test_the_dearest_sold_is_paired_with_the_cheapest_bought() -> None:
    """10 t at 8 and 10 at 6 sold, 5 t at 2 and 10 at 7 bought: 5 x (8 - 2) + 5 x (8 - 7) = 35.

    What is left would bring 7 for 6, and sheds nothing.
    """
    sold = [Lot(Decimal(10), Decimal(6)), Lot(Decimal(10), Decimal(8))]
    shed = shed_by(sold, [Lot(Decimal(10), Decimal(7)), Lot(Decimal(5), Decimal(2))])
    assert (shed.amount, shed.took, shed.brought, shed.kg) == (10, 80, 45, 35)
