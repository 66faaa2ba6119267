"""The cut-off rule at its limits: below 1 % each, 5 % together at most.

System under test, by hand: one process, 0.001 t of it per kg of product, emits 20 kg CO2e per kg in
all. A cut-off takes x kg of a flow per t of the process, so x / 1000 kg per kg: its share by mass is
x / 1000; with a bound of b kg CO2e/kg its share by greenhouse gases is x b / 20 000. 10 kg are 1 %
by mass; 1 kg with a bound of 200 kg/kg is 1 % by greenhouse gases.
Rule PCF-CUTOFF-001, after GB/T 44905: each share below 1 %, the sum not above 5 %.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from factor_db.foundation.errors import BadInput
from footprint.result.coverage import CutOffLine
from footprint.solving.cut_off import judge_cut_offs
from footprint.study.definition import CutOff
from lca_models.system.compile import Burden, CompiledSystem

ACTIVITY, TOTAL = (Decimal("0.001"),), Decimal(20)
# Auxiliaries whose registered bounds lie below 4 kg/kg: 4 kg/kg is a sound bound for each.
FLOWS = ("lime", "paper", "caustic_soda", "sulphuric_acid", "flux_salt", "wood_packaging")
Cut = tuple[str, str, str]


def burden(place: int, flow: str, amount: Decimal, unit: str) -> Burden:
    return Burden(
        process_index=0, exchange_index=place, flow=flow, unit=unit, amount=amount, part="upstream",
        scope="3", link="upstream", origin="fossil", role="input", slot=f"{flow}/upstream", gases={},
    )  # fmt: skip


def judged(*cuts: Cut, unit: str = "kg", total: Decimal = TOTAL) -> tuple[CutOffLine, ...]:
    """Judge cut-offs, each a flow, its amount per t and its bound in kg CO2e per unit."""
    burdens = [burden(at, flow, Decimal(amount), unit) for at, (flow, amount, _) in enumerate(cuts)]
    items = [
        CutOff(f"{flow}/upstream", Decimal(bound), f"kg/{unit}", "a source", "a reason")
        for flow, _, bound in cuts
    ]
    system = CompiledSystem("plate", "0", ("casting",), 0, (), tuple(burdens))
    return judge_cut_offs(items, {item.slot for item in items}, system, ACTIVITY, total)


def refused(*cuts: Cut, unit: str = "kg", total: Decimal = TOTAL) -> dict[str, object]:
    with pytest.raises(BadInput) as caught:
        judged(*cuts, unit=unit, total=total)
    assert caught.value.code == "CUT_OFF_TOO_LARGE"
    return dict(caught.value.params)


def test_the_shares_by_hand() -> None:
    (line,) = judged(("lime", "4", "30"))
    # 4 / 1000 kg per kg; 0.004 × 30 / 20 = 0.006; no energy.
    assert (line.amount, line.mass_share) == (Decimal("0.004"), Decimal("0.004"))
    assert (line.ghg_share, line.energy_share) == (Decimal("0.006"), 0)


def test_exactly_one_percent_by_mass_is_too_much() -> None:
    assert judged(("lime", "9.999999", "4"))[0].mass_share == Decimal("0.009999999")
    found = refused(("lime", "10", "4"))
    assert (found["share"], found["worst"]) == ("mass_share", Decimal("0.01"))


def test_exactly_one_percent_by_greenhouse_gases_is_too_much() -> None:
    assert judged(("lime", "1", "199.9999"))[0].ghg_share == Decimal("0.009999995")
    found = refused(("lime", "1", "200"))
    assert (found["share"], found["worst"]) == ("ghg_share", Decimal("0.01"))


def test_energy_is_never_a_small_share() -> None:
    for flow in ("electricity", "electricity_wind"):
        assert refused((flow, "0.000001", "0.5"), unit="kWh")["share"] == "energy_share"


def test_five_percent_together_may_be_left_out_and_no_more() -> None:
    # Five of 0.9 % and one of 0.5 % are 5 %; a millionth of a kg more is above it.
    five = [(flow, "9", "4") for flow in FLOWS[:5]]
    assert len(judged(*five, (FLOWS[5], "5", "4"))) == 6
    found = refused(*five, (FLOWS[5], "5.000001", "4"))
    assert (found["share"], found["total"]) == ("mass_share", Decimal("0.050000001"))


def test_what_is_used_by_two_processes_is_one_share() -> None:
    system = CompiledSystem(
        "plate", "0", ("melting", "casting"), 1, (),
        (burden(0, "lime", Decimal(6), "kg"), burden(1, "lime", Decimal(4), "kg")),
    )  # fmt: skip
    lime = CutOff("lime/upstream", Decimal(4), "kg/kg", "a source", "a reason")
    with pytest.raises(BadInput, match="CUT_OFF_TOO_LARGE"):
        judge_cut_offs([lime], {"lime/upstream"}, system, ACTIVITY, TOTAL)


def test_what_has_no_mass_is_judged_by_greenhouse_gases() -> None:
    # 9 m3 per t with 1 kg/m3: 0.009 × 1 / 20 = 0.00045.
    (line,) = judged(("nitrogen", "9", "1"), unit="m3")
    assert (line.mass_share, line.ghg_share) == (0, Decimal("0.00045"))


def test_nothing_is_a_small_share_of_no_emission() -> None:
    assert refused(("lime", "0.001", "4"), total=Decimal(0))["worst"] == 1


def test_a_bound_may_be_the_registered_one_and_not_below() -> None:
    # Registered for ceramic filters: 4.804 kg/kg.
    assert judged(("ceramic_filter", "1", "4.804"))[0].upper_bound == Decimal("4.804")
    for bound in ("4.803999", "0", "-1"):
        with pytest.raises(BadInput, match="CUT_OFF_BOUND"):
            judged(("ceramic_filter", "1", bound))


def test_what_has_a_factor_is_not_cut_off_and_an_alloying_element_never() -> None:
    lime = CutOff("lime/upstream", Decimal(4), "kg/kg", "a source", "a reason")
    system = CompiledSystem(
        "plate", "0", ("casting",), 0, (), (burden(0, "lime", Decimal(50), "kg"),)
    )
    assert judge_cut_offs([lime], set(), system, ACTIVITY, TOTAL) == ()
    with pytest.raises(BadInput, match="CUT_OFF_NEVER"):
        judged(("magnesium", "0.001", "9999"))
