"""Energy of product codes beside their peers (AL-CODE-001): which code is far from the others.

By hand, t made and kWh booked on the code, times 1000:

- 80 A and 20 B, 40 on none: A 32, B 28: A 0.4 + 0.4 = 0.8, B 0.4 + 1.4 = 1.8, 2.25 times as much.
- 60 A, 20 B, 20 C with 34, 33 and 33: B 1.65, its peers 67/80 = 0.8375, 1.97 times: not doubted
  alone. A takes 0.567 where its peers take 66/40 = 1.65: 2.9 times less.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from factor_db.ledger.products.energy import Made, Taken, energy_flows, far_from_peers


def profile(code: str) -> Made:
    return Made("product", "raw_profile", code)


def taken(made: dict[str, int], booked: dict[str, int]) -> Taken:
    return Taken.of(
        {profile(code): Decimal(t) for code, t in made.items()},
        {code: Decimal(kwh) for code, kwh in booked.items()},
    )


@pytest.mark.parametrize(
    ("made", "booked", "far"),
    [
        ({"a": 80, "b": 20}, {"": 40, "a": 32, "b": 28}, ("b",)),
        ({"a": 80, "b": 20}, {"": 40, "a": 36, "b": 24}, ()),
        ({"a": 60, "b": 20, "c": 20}, {"a": 34, "b": 33, "c": 33}, ("a",)),
        ({"a": 50, "b": 50}, {"": 100}, ()),
        ({"a": 50, "b": 50}, {"a": 100, "x": 10}, ("a",)),
    ],
)
def test_a_code_is_held_against_its_peers(
    made: dict[str, int], booked: dict[str, int], far: tuple[str, ...]
) -> None:
    assert far_from_peers(taken(made, booked)) == tuple(map(profile, far))


def test_what_a_code_takes_is_its_own_and_its_share_of_the_rest() -> None:
    found = taken({"a": 80, "b": 20}, {"": 30, "a": 32, "b": 28, "of nobody": 10})
    assert (found.per_tonne(profile("a")), found.per_tonne(profile("b"))) == (
        Decimal("0.8"),
        Decimal("1.8"),
    )
    assert (found.of_peers(profile("b")), found.mean) == (Decimal("0.8"), 1)


def test_energy_fuels_and_services_are_judged_and_no_metal() -> None:
    assert {"electricity", "natural_gas", "diesel", "site_services"} <= energy_flows()
    assert not {"molten_metal", "internal_scrap", "plate"} & energy_flows()
