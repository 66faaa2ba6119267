"""Scrap given back takes no more along than the metal entering its step brought (PCF-POSSIBLE-001).

System (t, kg CO2e per kg): a cast house charges 100 ingot at 16 and 24 own scrap to 124 billet,
sells 94 and sends 30 to a mill that buys 70 more at 4. The press makes 76 profile of the 100 and
gives 24 back. No energy, no loss. By hand: external charge and own billet carry 16, the metal
entering the press 0.3 x 16 + 0.7 x 4 = 7.6. Credited at 16 the scrap takes 24 x 16 = 384 out of
100 x 7.6 = 760, and the profile is left with 376 / 76 = 4.947: less than any metal of which it is
made but the cheapest, while the billet sold pays.

The tolerance is 2 %: 16 / 1.02 = 15.6863 has to enter, 0.3 x 16 + 0.7 x b, so b from 15.5518 on.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from plants import Plant, worths
from random_plants import SCRAP_RULES

from factor_db.foundation.errors import Incomplete
from factor_db.foundation.messages import error_text, text
from footprint.account.possible import impossibilities
from footprint.account.record import _reasons
from footprint.account.systems import compiled_of
from footprint.account.verdict import Reason
from footprint.blocked import blocking_reasons, refuse_blocked
from footprint.evaluate import Nominal

RETURNED = "POSSIBLE_RETURNED_SCRAP"


def plant(bought_at: str = "4000", *, own: int = 30, sold_scrap: bool = False) -> Plant:
    made = Plant(method="mass")
    made.values = worths(
        primary_ingot__cradle_to_gate=16_000,
        billet__cradle_to_gate=bought_at,
        scrap_pre_consumer__cradle_to_gate=bought_at,
        **{f"{fuel}.net_calorific_value__property": 36 for fuel in ("natural_gas", "diesel")},
    )
    back = 0 if sold_scrap else 24
    made.step("charging", 100 + back, primary_ingot=100, internal_scrap=back)
    made.step("melting", 100 + back, charge_metal=100 + back)
    made.step("refining", 100 + back, molten_metal=100 + back)
    made.step("billet_casting", own, refined_metal=100 + back)
    if own < 100 + back:
        made.add("billet_casting", "billet", 100 + back - own, "co-product")
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


def returned(made: Plant, **choices: str) -> tuple[Reason, ...]:
    nominal = calculated(made, **choices)
    found = impossibilities(nominal, compiled_of(nominal))
    return tuple(item for item in found if item.code == RETURNED)


def test_scrap_credited_above_the_metal_entering_is_named_with_both_values() -> None:
    assert float(calculated(plant()).total) == pytest.approx(376 / 76, rel=1e-12)
    (reason,) = returned(plant())
    assert reason.params == {
        "process": "extruding",
        "flow": "internal_scrap",
        "credited": "16",
        "entering": "7.6",
    }


@pytest.mark.parametrize(("bought_at", "found"), [("15550", 1), ("15560", 0), ("20000", 0)])
def test_a_small_tolerance_is_left(bought_at: str, found: int) -> None:
    assert len(returned(plant(bought_at))) == found


@pytest.mark.parametrize("rule", SCRAP_RULES)
def test_scrap_of_own_billet_alone_passes_under_every_rule(rule: str) -> None:
    """What enters is the charge itself and what casting took: never less than the charge."""
    assert returned(plant(own=100), scrap_rule=rule) == ()


@pytest.mark.parametrize("rule", SCRAP_RULES)
def test_the_way_out_is_scrap_sold(rule: str) -> None:
    made = plant(sold_scrap=True)
    assert returned(made, scrap_rule=rule) == ()
    if rule == "cut-off":  # the profile carries all metal that entered: 760 / 76
        assert float(calculated(made).total) == pytest.approx(10, rel=1e-12)
    if rule == "pre-consumer-mass":  # the scrap takes what the metal entering carries
        total = calculated(made, scrap_rule=rule).total
        assert float(total) == pytest.approx(7.6, rel=1e-12)


def test_such_a_result_is_blocked_by_name_with_the_way_out() -> None:
    document = {"possible": {"violations": _reasons(returned(plant()))}}
    assert [reason.name for reason in blocking_reasons(document)] == ["RETURNED_SCRAP"]
    with pytest.raises(Incomplete) as caught:
        refuse_blocked(document, "CERTIFICATE")
    for lang in ("zh", "en"):
        said = error_text(caught.value, lang)
        for word in ("extruding", "internal_scrap", "credited 16", "entering 7.6", "co-product"):
            assert word in said
        assert "7.6" in text(RETURNED, lang, **returned(plant())[0].params)


def test_other_impossible_results_keep_their_name() -> None:
    other = {"code": "POSSIBLE_NEGATIVE", "params": {"total": str(Decimal(-1))}}
    document = {"possible": {"violations": [other, *_reasons(returned(plant()))]}}
    assert [item.name for item in blocking_reasons(document)] == ["IMPOSSIBLE", "RETURNED_SCRAP"]
