"""Own slab or liquid metal sold and bought again: toll processing there and back, shed at the gate.

System: a mill that charges 150 t ingot at 10 t CO2e/t and casts 150 t slab without energy; 50 t of
it are sold to a firm, 100 go on to the rolling mill beside 50 t bought at 4 t CO2e/t. By hand, t:

account      150 x 10 + 50 x 4 = 1700
slab sold    50 x 10 = 500 taken along, 50 x 4 = 200 brought: 300 are shed, 17.6471 % of the account
plate        1700 - 500 = 1200 for 150 t, 8 each where it should be 10: 300 are 25 % of the 1200

Sold and bought back at 10 nothing is shed. With 2 t at 4: 12 t CO2e of 1508 and of 1488, 0.7958 %
and 0.8065 %: passes. 3 t: 18 of 1512 and 1482, 1.1905 % and 1.2146 %: barred. Of a firm that took none
the same is barred unless evidence or note of every row bought names a document of who cast it.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from plants import Plant, worths
from test_scrap_returned import judged, named

from factor_db.foundation.messages import text
from factor_db.foundation.rules import rule as rule_of
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.closure.metal_back import buys_own_forms, stated_trades

TOLLER, PEER = "佛山某铝加工有限公司", "云南某铝业有限公司"
RETURNED, UNNAMED = "CLOSURE_METAL_RETURNED", "CLOSURE_METAL_UNNAMED"
UNSHOWN = "CLOSURE_METAL_UNSHOWN"
RULES = ("cut-off", "pre-consumer-mass", "co-product")


def mill(
    sold_to: str = TOLLER,
    bought_from: str = TOLLER,
    *,
    at: object = 4,
    sold: int = 50,
    bought: int = 50,
    liquid: bool = False,
    stored: int = 0,
    evidence: str = "",
) -> Plant:
    """Return the mill that sells slab, or liquid metal, to one party and buys slab of another."""
    plant = Plant(method="mass")
    plant.values = worths(
        primary_ingot__cradle_to_gate=10000,
        slab__cradle_to_gate=Decimal(str(at)) * 1000,
        **{"natural_gas.net_calorific_value__property": 36},
        **{"diesel.net_calorific_value__property": 43},
    )
    own = 150 - bought
    melt = own + sold
    plant.step("charging", melt, primary_ingot=melt)
    plant.step("melting", melt, charge_metal=melt)
    refined = own if liquid else melt
    plant.step("refining", refined, molten_metal=melt)
    plant.step("slab_casting", own, refined_metal=refined)
    where = ("refining", "refined_metal") if liquid else ("slab_casting", "slab")
    if sold:
        named(plant, where, sold, "co-product", sold_to)
    plant.step("scalping", 150, slab=own)
    plant.rows = [row for row in plant.rows if row.flow != "purchased_slab"]
    named(plant, ("scalping", "purchased_slab"), bought, "input", bought_from, evidence=evidence)
    plant.step("slab_homogenising", 150, scalped_slab=150)
    plant.step("hot_rolling", 150, homogenised_slab=150)
    plant.step("plate_sawing", 150, hot_rolled_plate=150)
    plant.step("plate_packing", 150, sawn_plate=150)
    if stored:
        plant.keep("purchased_slab", receipts=bought + stored, closing=stored, consumption=bought)
    return plant


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("liquid", [False, True], ids=["slab", "liquid metal"])
def test_metal_bought_back_of_whom_took_it_is_barred_under_every_rule(
    rule: str, liquid: bool
) -> None:
    total, (reason,) = judged(mill(liquid=liquid), rule)
    assert total == 8
    assert reason.code == RETURNED
    shown = {"sold": "50", "bought": "50", "amount": "50", "took": "500", "brought": "200"}
    shown |= {"share": "17.6471", "of_product": "25", "product": "plate", "limit": "1"}
    assert {name: reason.params[name] for name in shown} == shown
    assert reason.params["cells"] != reason.params["sold_cells"]
    assert reason.params["cells"].count("ledger!") == 1


@pytest.mark.parametrize("code", [RETURNED, UNNAMED, UNSHOWN])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_message_says_every_amount_and_the_way_out(code: str, language: str) -> None:
    sold_to = {RETURNED: TOLLER, UNNAMED: "", UNSHOWN: PEER}[code]
    _, (reason,) = judged(mill(sold_to), "cut-off")
    said = text(reason.code, language, **reason.params)
    assert reason.code == code
    assert all(value in said for value in reason.params.values())
    assert {"zh": "来料加工", "en": "tolling"}[language] in said


@pytest.mark.parametrize("evidence", ["质保书 2025-118", "EN 10204 3.1; heat no. 5512", "炉号Ａ77"])
def test_metal_of_others_by_its_maker_s_document_is_trade(evidence: str) -> None:
    plant = mill(TOLLER, PEER, evidence=evidence)
    assert judged(plant, "cut-off") == (Decimal(8), ())
    (stated,) = stated_trades(plant.ledger)
    assert (stated.row.flow, stated.words) == ("purchased_slab", evidence)


@pytest.mark.parametrize("evidence", ["", "发票 0077", "invoice of the seller"])
@pytest.mark.parametrize("rule", RULES)
def test_a_firm_may_stand_between_where_nobody_says_who_cast_it(evidence: str, rule: str) -> None:
    """The same 300 t shed, under the name of a firm that took none."""
    plant = mill(TOLLER, PEER, evidence=evidence)
    _, (reason,) = judged(plant, rule)
    assert (reason.code, reason.params["share"]) == (UNSHOWN, "17.6471")
    assert stated_trades(plant.ledger) == ()


def test_a_document_does_not_make_the_toller_s_metal_trade() -> None:
    _, (reason,) = judged(mill(TOLLER, TOLLER, evidence="质保书 7"), "cut-off")
    assert reason.code == RETURNED


@pytest.mark.parametrize(("amount", "codes"), [(2, []), (3, ["CLOSURE_METAL_UNSHOWN"])])
def test_a_little_of_others_metal_needs_no_document(amount: int, codes: list[str]) -> None:
    plant = mill(TOLLER, PEER, sold=amount, bought=amount)
    assert [item.code for item in judged(plant, "cut-off")[1]] == codes


def test_a_mill_that_sells_none_needs_no_document() -> None:
    plant = mill(TOLLER, PEER, sold=0)
    assert judged(plant, "cut-off")[1] == ()
    assert stated_trades(plant.ledger) == ()


@pytest.mark.parametrize(("sold_to", "bought_from"), [("", TOLLER), (TOLLER, ""), ("", "")])
def test_who_names_no_party_is_asked_to(sold_to: str, bought_from: str) -> None:
    _, (reason,) = judged(mill(sold_to, bought_from), "cut-off")
    assert (reason.code, reason.params["share"]) == (UNNAMED, "17.6471")


def test_one_firm_written_in_two_ways_is_one() -> None:
    _, (reason,) = judged(mill("Huaxin Toller Co., Ltd.", "Huaxin Toller"), "cut-off")
    assert reason.code == RETURNED


@pytest.mark.parametrize(("amount", "codes"), [(2, []), (3, [RETURNED])])
def test_what_is_shed_is_held_to_one_percent(amount: int, codes: list[str]) -> None:
    _, reasons = judged(mill(sold=amount, bought=amount), "cut-off")
    assert [item.code for item in reasons] == codes


@pytest.mark.parametrize("at", [10, 12])
def test_metal_that_brings_what_it_took_sheds_nothing(at: int) -> None:
    assert judged(mill(at=at), "cut-off")[1] == ()


def test_nothing_is_shed_beyond_what_was_sold() -> None:
    """5 t sold, 50 bought: 5 x 6 = 30 of 105 x 10 + 200 = 1250, 2.4 %."""
    _, (reason,) = judged(mill(sold=5), "cut-off")
    assert (reason.params["amount"], reason.params["share"]) == ("5", "2.4")
    assert judged(mill(sold=0), "cut-off")[1] == ()


def test_metal_bought_into_store_came_back_too() -> None:
    """2 t used and 48 kept: 198 x 10 + 200 = 2180 account, 50 x 6 = 300: 13.7615 %."""
    _, (reason,) = judged(mill(bought=2, stored=48), "cut-off")
    assert (reason.params["bought"], reason.params["share"]) == ("50", "13.7615")
    assert "stock!" in reason.params["cells"]


def test_metal_of_the_year_before_is_own_metal() -> None:
    """50 t sold the year before: 50 x (10 - 4) of 100 x 10 + 200 = 1200: 25 %."""
    this, before = mill(sold=0), mill()
    _, (reason,) = judged(this, "cut-off", (before.ledger,))
    assert (reason.code, reason.params["share"]) == (RETURNED, "25")
    assert reason.params["sold_cells"].startswith("2025-01: ledger!")
    assert buys_own_forms(this.ledger)


def test_the_rule_asks_of_flows_of_the_vocabulary() -> None:
    found = rule_of("PCF-METAL-RETURN-001")
    asked = {flow: found.items(flow) for flow in found.items("bought")}
    assert {*asked, *(form for forms in asked.values() for form in forms)} <= set(
        vocabulary().flows
    )
