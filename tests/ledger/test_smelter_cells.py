"""Cell power says on which side of the rectifier its meter stands; anodes are net of their butts.

System: cells that made 1000 t of metal with 13 400 000 kWh behind a rectifier of 98.65 %: before it
13 583 376 kWh, so that the direct current alone is 1.35 % too low. No other reading of a ledger
shows it. Rule: AL-CELLS-001.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import example
from test_doubted_zeros import found

from factor_db.ledger import LedgerRow
from factor_db.ledger.checks.smelter_cells import DIRECT, GROSS, UNSAID, check_smelter_cells


def cells(*notes: str, flow: str = "electricity", amount: str = "13400000") -> list[LedgerRow]:
    """Return rows of the cells, one for each note."""
    like = example("plate_mill")[1][0]
    unit = "kWh" if flow == "electricity" else "t"
    row = replace(
        like, process="electrolysis", flow=flow, role="input", unit=unit, evidence="DC.pdf"
    )
    row = replace(
        row, amount=Decimal(amount), amount_canonical=Decimal(amount), unit_canonical=unit
    )
    return [replace(row, note=note, period=f"2025-{at:02}") for at, note in enumerate(notes, 1)]


def told(rows: list[LedgerRow]) -> list[tuple[str, str]]:
    return [(item.code, item.severity) for item in found(rows, check_smelter_cells)]


@pytest.mark.parametrize(
    "note", ["AC", "10 kV 交流", "alternating current", "整流前电表", "metered (AC)"]
)
def test_alternating_current_is_what_is_asked(note: str) -> None:
    assert told(cells(note, note)) == []


@pytest.mark.parametrize("note", ["DC", "整流后直流表", "direct current of the pot line", "dc bus"])
def test_direct_current_is_an_error_in_any_row(note: str) -> None:
    rows = cells("AC", note)
    assert told(rows) == [(DIRECT, "error")]
    (finding,) = found(rows, check_smelter_cells)
    for lang in ("zh", "en"):
        assert "AL-CELLS-001" in finding.message(lang)  # type: ignore[arg-type]
        assert "AC" in finding.remedy(lang) or "交流" in finding.remedy(lang)  # type: ignore[arg-type]


@pytest.mark.parametrize("note", ["", "accepted by the grid company", "read by hand", "machine 4"])
def test_a_row_without_a_word_is_doubted(note: str) -> None:
    assert told(cells("AC", note)) == [(UNSAID, "warning")]


def test_no_power_is_not_asked() -> None:
    assert told(cells("", amount="0")) == []


@pytest.mark.parametrize(
    ("note", "said"), [("gross", True), ("阳极毛耗", True), ("net", False), ("", False)]
)
def test_gross_anodes_are_an_error(note: str, said: bool) -> None:
    assert told(cells(note, flow="anode_carbon", amount="420")) == [(GROSS, "error")] * said
