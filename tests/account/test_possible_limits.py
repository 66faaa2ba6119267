"""What is possible at its limits: exactly as much is possible, a little beyond is not.

System, by hand, per t of product: 1 t of metal leaves a step; with a tolerance of 1 % 0.99 t in are
possible and 0.98999 t are not. Two steps that gain 0.5 % each gain the chain's 1 % together. A melt
needs 900 MJ. 100 kg of carbon in cover 100 (1 + tolerance) kg out. A total of 0 is no negative one.
Rule PCF-POSSIBLE-001.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from factor_db.foundation.rules import rule
from footprint.account.possible_terms import Carbon, Heat, Metal
from footprint.judgement.possible import (
    carbon_reasons,
    heat_reasons,
    metal_reasons,
    sign_reasons,
)

D = Decimal


def step(metal_in: str, *, name: str = "melting", adds_up: bool = True, out: str = "1") -> Metal:
    return Metal(name, D(metal_in), D(out), D("0.01"), adds_up)


def codes(reasons: object) -> list[str]:
    return [reason.code for reason in reasons]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("metal_in", "found"),
    [("1.2", []), ("1", []), ("0.99", []), ("0.98999", ["POSSIBLE_METAL"])],
)
def test_a_step_may_gain_its_tolerance(metal_in: str, found: list[str]) -> None:
    assert codes(metal_reasons([step(metal_in)])) == found
    assert codes(metal_reasons([step(metal_in, adds_up=False)])) == found


def test_a_tolerance_is_of_the_metal_that_leaves() -> None:
    # Of 4 t that leave 1 % are 0.04 t.
    assert codes(metal_reasons([step("3.96", out="4")])) == []
    (reason,) = metal_reasons([step("3.9599", out="4")])
    assert reason.params == {"process": "melting", "metal_in": "3.9599", "metal_out": "4"}


def test_what_steps_gain_adds_up_to_the_chains_tolerance() -> None:
    assert rule("PCF-POSSIBLE-001").number("chain_tolerance") == D("0.01")
    refining = step("0.995", name="refining")
    assert codes(metal_reasons([step("0.995"), refining])) == []
    (reason,) = metal_reasons([step("0.9949"), refining, step("1.3", name="casting")])
    # 0.0051 + 0.005; casting loses metal, and a loss makes up for no gain.
    assert reason.params == {"process": "melting, refining", "metal_in": "1", "metal_out": "1.0101"}
    assert codes(metal_reasons([step("0.9949"), step("0.995", name="film", adds_up=False)])) == []
    # 4 t out with 3.98 t in gain 0.5 % of what leaves, not 0.02 t.
    assert codes(metal_reasons([refining, step("3.98", out="4")])) == []


def test_a_step_beyond_its_tolerance_is_named_alone() -> None:
    reasons = list(metal_reasons([step("0.98"), step("0.995", name="refining")]))
    assert [reason.params["process"] for reason in reasons] == ["melting"]


@pytest.mark.parametrize(
    ("available", "needed", "found"),
    [
        ("900", "900", []),
        ("899.9999", "900", ["POSSIBLE_MELTING_HEAT"]),
        ("0", "0", []),
        ("0", "0.1", ["POSSIBLE_MELTING_HEAT"]),
        ("-1", "0", []),
    ],
)
def test_a_melt_takes_its_heat(available: str, needed: str, found: list[str]) -> None:
    assert codes(heat_reasons(Heat(D(available), D(needed)))) == found
    assert codes(heat_reasons(None)) == []


def test_carbon_out_came_in() -> None:
    most = 100 * (1 + rule("PCF-POSSIBLE-001").number("carbon_tolerance"))
    assert codes(carbon_reasons(Carbon(D(100), most))) == []
    assert codes(carbon_reasons(Carbon(D(100), most + D("0.0001")))) == ["POSSIBLE_CARBON"]
    assert codes(carbon_reasons(None)) == []


@pytest.mark.parametrize(
    ("total", "found"),
    [("0", []), ("0.4", []), ("12", []), ("-0.000001", ["POSSIBLE_NEGATIVE"])],
)
def test_a_total_is_not_negative(total: str, found: list[str]) -> None:
    assert codes(sign_reasons(D(total), [])) == found


def test_each_negative_row_is_named() -> None:
    (reason,) = sign_reasons(D(1), [("melting", "electricity", "co2", D("-0.5"))])
    assert reason.code == "POSSIBLE_NEGATIVE_ROW"
    assert reason.params == {
        "process": "melting", "flow": "electricity", "gas": "co2", "kg_co2e": "-0.5",
    }  # fmt: skip
