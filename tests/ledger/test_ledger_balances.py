"""The metal balance stands on aluminium content.

Worked example: charged 1010.82 t Al; cast 990 t; dross 26 t = 15.0 t metal + 11.0 t Al2O3, which
holds 11.0 / 1.8895 = 5.82 t Al. 990 + 15.0 + 5.82 = 1010.82: closed.
The false way counts gross dross as loss: 990 + 26 + 5.82 = 1021.82, open by -1.1 %.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from ledger_cases import changed, check_edited, example, run_checks, scaled

from factor_db.ledger.balances import metal_balance
from factor_db.ledger.limits import BALANCE_TOLERANCE


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


@pytest.mark.parametrize("stock", [False, True])
def test_a_stock_sheet_lets_generated_and_charged_scrap_differ(stock: bool) -> None:
    rows = list(example("plate_mill")[1])
    rows = list(scaled("charging", "internal_scrap", Decimal("0.98"))(rows))
    rows = list(scaled("charging", "charge_metal", Decimal("0.9955"))(rows))
    codes = {finding.code for finding in run_checks(rows, stock=stock)}
    assert ("LEDGER_LOOP_BALANCE" in codes) is not stock
