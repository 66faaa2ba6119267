"""The metal balance stands on aluminium content.

Worked example: charged 1010.82 t Al; cast 990 t; dross 26 t = 15.0 t metal + 11.0 t Al2O3, which
holds 11.0 / 1.8895 = 5.82 t Al. 990 + 15.0 + 5.82 = 1010.82: closed.
The false way counts gross dross as loss: 990 + 26 + 5.82 = 1021.82, open by -1.1 %.
"""

from decimal import Decimal
from pathlib import Path

from ledger_cases import changed, check_edited, example, run_checks, scaled

from factor_db.foundation.rules import rule
from factor_db.ledger.balances.metal import metal_balance
from factor_db.ledger.form.limits import (
    ALUMINA_PER_ALUMINIUM,
    BALANCE_TOLERANCE,
    MELTING_LEAST_MJ_PER_T,
)
from factor_db.ledger.form.vocabulary import is_aluminium, vocabulary
from factor_db.ledger.months.step_tolerances import TOLERANCES


def test_every_step_that_makes_metal_is_balanced() -> None:
    """Only what is made of alumina has no metal going in."""
    made = {item.code for item in vocabulary().processes.values() if is_aluminium(item.product)}
    assert made - set(TOLERANCES) == {"electrolysis"}


def test_the_worked_example_closes() -> None:
    balance = metal_balance(Decimal("1010.82"), Decimal(990), Decimal("15.0"), Decimal("11.0"))
    assert balance.oxidised.quantize(Decimal("0.01")) == Decimal("5.82")
    assert abs(balance.open_share) < Decimal("1e-5")


def test_gross_dross_would_give_a_false_open_share() -> None:
    balance = metal_balance(Decimal("1010.82"), Decimal(990), Decimal("26.0"), Decimal("11.0"))
    assert balance.open_share.quantize(Decimal("0.001")) == Decimal("-0.011")
    assert abs(balance.open_share) > BALANCE_TOLERANCE


def test_examples_close_far_inside_the_tolerance(tmp_path: Path) -> None:
    # A slab content of +0.4 points is 0.41 % of the aluminium charged: still inside 0.5 %.
    content = next(
        row.amount for row in example("plate_mill")[1] if row.flow == "slab.aluminium_content"
    )
    at = ("slab_casting", "slab.aluminium_content", "2025-01")
    for shift, codes in (("0.004", []), ("0.006", ["LEDGER_METAL_BALANCE"]),
                         ("-0.004", []), ("-0.006", ["LEDGER_METAL_BALANCE"])):  # fmt: skip
        result = check_edited(tmp_path, "plate_mill", changed(*at, amount=content + Decimal(shift)))
        assert [finding.code for finding in result.findings] == codes, shift


def test_the_step_balance_flags_above_and_not_below_its_tolerance() -> None:
    rows = list(example("plate_mill")[1])
    below = scaled("plate_sawing", "aged_plate", Decimal("1.004"))(rows)
    above = scaled("plate_sawing", "aged_plate", Decimal("1.006"))(rows)
    assert run_checks(below) == ()
    assert [finding.code for finding in run_checks(above)] == ["LEDGER_MASS_BALANCE"]


def test_melting_may_lose_a_fifth_but_not_gain_and_casting_neither() -> None:
    # x1.2 on the charge of 1.019 t/t: 0.2228 of 1.2228 lost, 18.2 %; x1.25: 21.5 %.
    rows = list(example("plate_mill")[1])

    def codes(process: str, flow: str, factor: str) -> set[str]:
        return {f.code for f in run_checks(scaled(process, flow, Decimal(factor))(rows))}

    assert "LEDGER_MASS_BALANCE" not in codes("melting", "charge_metal", "1.2")
    assert "LEDGER_MASS_BALANCE" in codes("melting", "charge_metal", "1.25")
    assert "LEDGER_MASS_BALANCE" in codes("melting", "charge_metal", "0.92")
    for process, flow in (("refining", "molten_metal"), ("slab_casting", "refined_metal")):
        assert "LEDGER_MASS_BALANCE" not in codes(process, flow, "1.04")
        assert "LEDGER_MASS_BALANCE" in codes(process, flow, "1.06")
        assert "LEDGER_MASS_BALANCE" in codes(process, flow, "0.94")


def test_the_limits_are_those_of_the_rule_register() -> None:
    balance = rule("AL-BAL-001")
    assert BALANCE_TOLERANCE == balance.number("tolerance") == Decimal("0.005")
    assert balance.number("oxide_to_aluminium") == ALUMINA_PER_ALUMINIUM
    assert rule("AL-MELT-001").number("floor_gj_per_t") * 1000 == MELTING_LEAST_MJ_PER_T == 1100
