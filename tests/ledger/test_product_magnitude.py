"""What one product code takes per tonne is judged by itself, not only as part of the step's mean.

System: the extrusion example; every row of extruding is split in two codes. Electricity per tonne
of all profile is r, inside 250-1500 kWh/t. A code with the part m of the output and the part e of
the electricity takes r x e / m: with m = 2 % and e = 60 % thirty times as much, beyond ten times
the upper end; with m = 10 % and e = 40 % four times; with m = e, or no code at the meter, r.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import example
from test_ledger_magnitude import month_index_of

from factor_db.ledger import LedgerRow
from factor_db.ledger.form.faults import Finding, Findings, flow_label
from factor_db.ledger.form.limits import BEYOND_FACTOR, envelopes
from factor_db.ledger.months.magnitude import rounded
from factor_db.ledger.products.magnitude import check_product_magnitude

STEP, METER = "extruding", "electricity"
MEAN = sum(
    row.amount_canonical for row in example("extrusion_plant")[1] if (row.process, row.flow) == (STEP, METER)
) / sum(
    row.amount_canonical
    for row in example("extrusion_plant")[1]
    if row.process == STEP and row.role == "product"
)  # fmt: skip


def split(metal: str, meter: str | None) -> list[LedgerRow]:
    """Give B a part of the metal and of the meter, A the rest; None leaves the meter whole."""
    rows: list[LedgerRow] = []
    for row in example("extrusion_plant")[1]:
        part = {METER: meter}.get(row.flow, metal if row.unit == "t" else None)
        if row.process != STEP or "." in row.flow or part is None:
            rows.append(row)
            continue
        for code, share in (("6063-T5", 1 - Decimal(part)), ("6063-T6", Decimal(part))):
            amounts = {name: getattr(row, name) * share for name in ("amount", "amount_canonical")}
            rows.append(replace(row, product=code, **amounts))
    return rows


def found(metal: str, meter: str | None) -> list[Finding]:
    findings = Findings()
    check_product_magnitude(month_index_of(split(metal, meter)), findings)
    return [item for item in findings.collected() if item.params["flow"] == flow_label(METER)]


@pytest.mark.parametrize(("metal", "meter"), [("0.3", "0.3"), ("0.02", None)])
def test_a_code_that_takes_what_all_take_is_no_finding(metal: str, meter: str | None) -> None:
    assert found(metal, meter) == []


def test_a_code_that_carries_thirty_times_the_mean_is_an_error() -> None:
    high = envelopes()[STEP, METER].high
    assert MEAN * 30 > high * BEYOND_FACTOR > MEAN
    (finding,) = found("0.02", "0.6")
    assert (finding.code, finding.severity) == ("LEDGER_MAGNITUDE_IMPOSSIBLE", "error")
    assert "6063-T6" in str(finding.params["process"])
    assert finding.params["ratio"] == rounded(MEAN * 30)


def test_a_code_that_carries_four_times_the_mean_asks_for_an_explanation() -> None:
    assert envelopes()[STEP, METER].high < MEAN * 4
    (finding,) = found("0.1", "0.4")
    assert (finding.code, finding.severity) == ("LEDGER_MAGNITUDE_UNUSUAL", "warning")
    assert finding.params["ratio"] == rounded(MEAN * 4)
    assert not finding.explained


@pytest.mark.parametrize(
    ("code", "note", "explained"),
    [
        ("6063-T6", "thin walls, slow press", True),
        ("6063-T6", "-", False),
        ("6063-T5", "as ever", False),
    ],
)
def test_only_a_note_of_the_codes_own_explains_it(code: str, note: str, explained: bool) -> None:
    rows = [
        replace(row, note=note)
        if (row.process, row.flow, row.product) == (STEP, METER, code)
        else row
        for row in split("0.1", "0.4")
    ]
    findings = Findings()
    check_product_magnitude(month_index_of(rows), findings)
    (finding,) = findings.collected()
    assert finding.explained is explained
