"""A plant chooses how much of its metal it buys: little of one is no slip where another makes it up.

Systems: the example plants, their metal of one step split in two by hand. Of the billet heated, a
part comes from the plant's own cast house and the rest is bought; own and bought together stay
what the example heats, 1 t/t, while 5 % of it is 0.05 t/t, less than a tenth of 0.95 and once refused;
it is unusual still, which a word explains. Slab, the forms that a final step packs, and the charge likewise. What nothing
makes up for is found as before: 5 % of own billet alone, or one of two that leaves a hole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import example, scaled
from test_ledger_magnitude import findings_of, month_index_of

from factor_db.ledger import LedgerRow
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.limits import BEYOND_FACTOR, envelopes
from factor_db.ledger.form.vocabulary import alternatives
from factor_db.ledger.months.magnitude import check_magnitude
from factor_db.ledger.products.magnitude import check_product_magnitude

D = Decimal
CASES = [
    ("extrusion_plant", "billet_heating", "homogenised_billet", "purchased_billet"),
    ("plate_mill", "scalping", "slab", "purchased_slab"),
    ("extrusion_plant", "profile_packing", "aged_profile", "cut_profile"),
    ("plate_mill", "charging", "primary_ingot", "primary_liquid"),
    ("plate_mill", "charging", "scrap_pre_consumer", "scrap_post_consumer"),
]
LITTLE = [D("0.05"), D("0.0005")]


def part_of(row: LedgerRow, share: Decimal, **changes: str) -> LedgerRow:
    amounts = {name: getattr(row, name) * share for name in ("amount", "amount_canonical")}
    return replace(row, **amounts, **changes)


def split(plant: str, process: str, own: str, bought: str, kept: Decimal) -> list[LedgerRow]:
    """Leave a share of a metal where it is and make the rest another metal of the same step."""
    rows: list[LedgerRow] = []
    for row in example(plant)[1]:
        if (row.process, row.flow) != (process, own):
            rows.append(row)
            continue
        rows += [part_of(row, kept), part_of(row, 1 - kept, flow=bought)]
    return rows


def codes(rows: Iterable[LedgerRow], process: str) -> set[str]:
    findings = Findings()
    month_index = month_index_of(rows)
    check_magnitude(month_index, findings)
    check_product_magnitude(month_index, findings)
    return {item.code for item in findings.collected() if _at(item.params, process)}


def _at(params: object, process: str) -> bool:
    return process in str(params)


@pytest.mark.parametrize(("plant", "process", "own", "bought"), CASES)
@pytest.mark.parametrize("kept", LITTLE)
def test_little_of_one_metal_is_possible(
    plant: str, process: str, own: str, bought: str, kept: Decimal
) -> None:
    for first, second in ((own, bought), (bought, own)):
        share = kept if first == own else 1 - kept
        found = codes(split(plant, process, own, bought, share), process)
        assert "LEDGER_MAGNITUDE_IMPOSSIBLE" not in found, (first, second)
        assert "LEDGER_PRODUCT_MAGNITUDE" not in found


def test_how_much_of_each_still_wants_a_word() -> None:
    """Half own and half bought: 0.5 t/t of own lies outside 0.95-1.1, which a note explains."""
    assert codes(split(*CASES[0], D("0.5")), "billet_heating") == {"LEDGER_MAGNITUDE_UNUSUAL"}


def test_a_hole_is_still_found() -> None:
    """5 % own left, and none of the 95 % bought: 0.05 t/t lies below a tenth of 0.95."""
    low = envelopes()["billet_heating", "homogenised_billet"].low
    assert D("0.06") * BEYOND_FACTOR < low
    rows = [row for row in split(*CASES[0], D("0.05")) if row.flow != "purchased_billet"]
    assert "LEDGER_MAGNITUDE_IMPOSSIBLE" in codes(rows, "billet_heating")


def test_too_much_of_one_is_still_impossible() -> None:
    rows = scaled("billet_heating", "purchased_billet", 1000)(split(*CASES[0], D("0.05")))
    assert "LEDGER_MAGNITUDE_IMPOSSIBLE" in codes(rows, "billet_heating")


def test_a_lost_thousand_of_one_is_found_where_it_is() -> None:
    """Own billet of half the feed x 0.001: the step lacks 50 % of its metal, nothing makes it up."""
    rows = scaled("billet_heating", "homogenised_billet", D("0.001"))(split(*CASES[0], D("0.5")))
    found = {item.code for item in findings_of(rows) if item.severity == "error"}
    assert "LEDGER_MAGNITUDE_IMPOSSIBLE" in found


def test_each_code_may_have_metal_of_its_own() -> None:
    """T5 is of bought billet but for 2 %, T6 all of the plant's own: each takes 1 t/t in all."""
    rows: list[LedgerRow] = []
    for row in example("extrusion_plant")[1]:
        if row.process != "billet_heating" or "." in row.flow or row.unit != "t":
            rows.append(row)
            continue
        half = part_of(row, D("0.5"))
        rows.append(replace(half, product="6063-T6"))
        if row.flow == "homogenised_billet":
            rows.append(part_of(half, D("0.02"), product="6063-T5"))
            rows.append(part_of(half, D("0.98"), product="6063-T5", flow="purchased_billet"))
        else:
            rows.append(replace(half, product="6063-T5"))
    findings = Findings()
    check_product_magnitude(month_index_of(rows), findings)
    found = [item for item in findings.collected() if _at(item.params, "billet")]
    assert {(item.code, item.severity) for item in found} <= {
        ("LEDGER_MAGNITUDE_UNUSUAL", "warning")
    }


def test_own_scrap_is_no_choice_of_metal() -> None:
    assert "internal_scrap" not in alternatives("charging")
    assert alternatives("billet_heating") == {"homogenised_billet", "purchased_billet"}
    assert alternatives("electrolysis") == alternatives("melting") == frozenset()
