"""Shares of a site's power by source: matched month by month, weighted to the year.

By hand: 1000 kWh used in each of 12 months. Own photovoltaics used on site 50 kWh in four winter
months, 100 in four others, 200 in four summer months, of which the certificates of 20 were sold:
200 + 400 + 4 x 180 = 1320 kWh, a share of 0.11. Hydropower certificates for 500 kWh a month: 0.5.
Wind certificates for 600 kWh of August: in August 820 kWh are left after own power, 1100 are
claimed, so hydropower takes 820 x 500 / 1100 and wind 820 x 600 / 1100; 280 kWh cover nothing.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.factors.derive.power_shares import matched_shares
from factor_db.ledger.form.power_sources import SHARE_FLOWS

MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 13))
PV = "electricity.own_pv_share"
HYDRO, WIND = "electricity.instrument_hydro_share", "electricity.instrument_wind_share"
USED = dict.fromkeys(MONTHS, Decimal(1000))
OWN = {
    **dict.fromkeys(MONTHS, Decimal(100)),
    **dict.fromkeys(("2025-01", "2025-02", "2025-11", "2025-12"), Decimal(50)),
    **dict.fromkeys(("2025-05", "2025-06", "2025-07", "2025-08"), Decimal(200 - 20)),
}


def test_a_year_of_own_power_is_the_hand_calculation() -> None:
    hydro = dict.fromkeys(MONTHS, Decimal(500))
    assert matched_shares(USED, {PV: OWN}) == {PV: Decimal("0.11")}
    both = matched_shares(USED, {HYDRO: hydro, PV: OWN})
    assert both == {PV: Decimal("0.11"), HYDRO: Decimal("0.5")}


def test_a_surplus_of_one_month_covers_no_other() -> None:
    hydro, wind = dict.fromkeys(MONTHS, Decimal(500)), {"2025-08": Decimal(600)}
    found = matched_shares(USED, {PV: OWN, HYDRO: hydro, WIND: wind})
    assert found[PV] == Decimal("0.11")
    assert float(found[HYDRO]) == pytest.approx((11 * 500 + 820 * 500 / 1100) / 12000, rel=1e-15)
    assert float(found[WIND]) == pytest.approx(820 * 600 / 1100 / 12000, rel=1e-15)


def test_where_all_is_covered_the_shares_add_up_to_one_exactly() -> None:
    used = {"2025-01": Decimal(3), "2025-02": Decimal(4)}
    found = matched_shares(used, {PV: dict.fromkeys(used, Decimal(1)), HYDRO: {"2025-01": Decimal(2)},
                                  WIND: {"2025-02": Decimal(9)}})  # fmt: skip
    assert sum(found.values()) == 1
    assert found[PV] == Decimal("0.285714285714285714285714")


def test_nothing_used_has_no_share() -> None:
    assert matched_shares(dict.fromkeys(MONTHS, Decimal(0)), {PV: OWN}) == {}


AMOUNTS = st.decimals(0, 10**6, places=2)
YEARS = st.fixed_dictionaries(dict.fromkeys(MONTHS, AMOUNTS))
CLAIMS = st.dictionaries(st.sampled_from(list(SHARE_FLOWS)), YEARS, max_size=4)


@given(YEARS, CLAIMS)
def test_shares_never_exceed_what_was_used_nor_what_a_year_as_one_would_give(
    used: dict[str, Decimal], claims: dict[str, dict[str, Decimal]]
) -> None:
    found = matched_shares(used, claims)
    total = sum(map(Fraction, used.values()))
    assert all(value >= 0 for value in found.values())
    assert sum(found.values(), Decimal(0)) <= 1
    claimed = sum(Fraction(kwh) for months in claims.values() for kwh in months.values())
    if total:
        assert sum(map(Fraction, found.values())) <= min(total, claimed) / total


@given(YEARS, CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_months_and_sources_changes_nothing(
    used: dict[str, Decimal], claims: dict[str, dict[str, Decimal]], random: object
) -> None:
    months, flows = list(used), list(claims)
    random.shuffle(months)  # type: ignore[attr-defined]
    random.shuffle(flows)  # type: ignore[attr-defined]
    again = matched_shares(
        {month: used[month] for month in months}, {flow: claims[flow] for flow in flows}
    )
    assert again == matched_shares(used, claims)
