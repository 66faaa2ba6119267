"""Stocktaking that takes metal away: an error above the site's tolerance, told below it (AL-BAL-005).

System: the plate mill, whose stock sheet has its primary ingot. It buys 51 282.5 t of metal and
alloying elements, so 1 % is about 513 t. By hand: 1 000 t more bought in June than was charged, and
adjusted away, are 1.95 %; 300 t are 0.6 %. 300 t lost of ingot and 300 t found of scrap are 600 t
moved, not none.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from power_cases import example_cells

from factor_db.foundation.messages import LANGUAGES
from factor_db.ledger import CheckResult
from factor_db.ledger.balances.metal_adjustments import MetalAdjustment, metal_adjustments
from factor_db.ledger.checks.whole import check_cells
from factor_db.ledger.form.cells import Cell, RawLedger, RawRow, decimal_of, text_of
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.stock.movements import read_stock
from tools.example_book import MONTHS

RAW = example_cells("plate_mill")
LARGE = "LEDGER_STOCK_ADJUSTMENT_LARGE"


def adjusted(tonnes: dict[str, int], note: str = "年底盘点磅差") -> RawLedger:
    """Return the mill with metal adjusted in June, and as much more (or less) received."""
    stock = RAW.optional["stock"]
    rows = []
    for row in stock.rows:
        material = text_of(row.cells["material"].value)
        if material in tonnes and text_of(row.cells["period"].value) == "2025-06":
            received = row.cells["receipts"]
            more = (decimal_of(received.value) or Decimal(0)) - tonnes[material]
            written = {
                "receipts": Cell(received.ref, str(more)),
                "adjustment": Cell(f"H{row.number}", str(tonnes[material])),
                "note": Cell(f"L{row.number}", note),
            }
            rows.append(RawRow(row.number, {**row.cells, **written}))
        else:
            rows.append(row)
    return replace(RAW, optional={**RAW.optional, "stock": replace(stock, rows=tuple(rows))})


def checked(raw: RawLedger) -> CheckResult:
    return check_cells(raw, "f" * 64, "plate_mill.xlsx")


def test_metal_that_is_gone_beyond_the_tolerance_is_an_error() -> None:
    found = checked(adjusted({"primary_ingot": -1000})).errors
    assert [(item.code, item.sheet, item.cell[0]) for item in found] == [(LARGE, "stock", "H")]
    assert found[0].params["share"] == "1.95 %"
    for lang in LANGUAGES:
        assert "1000 t" in found[0].message(lang)
        assert "primary_ingot" in found[0].message(lang)
        assert found[0].remedy(lang)


@pytest.mark.parametrize(("tonnes", "codes"), [(-300, []), (300, []), (-520, [LARGE])])
def test_little_is_explained_by_its_note(tonnes: int, codes: list[str]) -> None:
    result = checked(adjusted({"primary_ingot": tonnes}))
    assert [item.code for item in result.errors] == codes
    told = [item for item in result.findings if item.code == "LEDGER_STOCK_ADJUSTMENT"]
    assert [item.explained for item in told] == [True]


def test_a_loss_of_one_metal_is_no_gain_of_another() -> None:
    result = checked(adjusted({"primary_ingot": -300, "scrap_pre_consumer": 300}))
    assert [item.code for item in result.errors] == [LARGE]
    assert result.errors[0].params["moved"] == "600"


def adjustments_of(cells: RawLedger) -> tuple[MetalAdjustment, ...]:
    return metal_adjustments(read_stock(cells.optional["stock"], MONTHS, Findings()))


def test_the_account_can_carry_what_is_gone() -> None:
    assert adjustments_of(RAW) == ()
    (gone,) = adjustments_of(adjusted({"primary_ingot": -300}))
    assert (gone.flow, gone.tonnes) == ("primary_ingot", -300)
    assert gone.cells[0].startswith("stock!H")
