"""Suppliers of a study against the sellers of a ledger, rule PCF-SUPPLY-001.

System: `sellers_of` on ledgers of a few rows, `differences` on sellers and footprints, each by hand.

The mill of two codes makes 60 t of A and 40 t of B. Slab coded A: 30 t of Ost; coded B: 50 t of Ost;
without a code: 20 t of West. A takes its 30 t of Ost and 60 % of West's 20 t: 30 of 42 = 5/7 Ost,
12 of 42 = 2/7 West. The mill as a whole: 80 of 100 Ost, 20 of 100 West.

A store of 100 t used: with 97 t received 3 % came out of it, which a store that turns over does; with
60 t received 40 %: Ost delivered 0.8 x 0.6 = 0.48, West 0.12, nobody named 0.40; with nothing received
nobody named delivered all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.stock.movements import Stock
from factor_db.ledger.stock.rows import StockEntry
from factor_db.store.tables import LedgerEntry
from footprint.account.site_ledger import SiteLedger
from footprint.result.document import ResultDocument, read_result
from footprint.supply.against_ledger import differences
from footprint.supply.delivery import Delivery
from footprint.supply.read_back import supply_difference
from footprint.supply.sellers import Seller, sellers_of
from tests.certificate.certificate_document import calculation

D = Decimal


def row(
    process: str, flow: str, amount: str, role: str = "input", *, of: str = "", code: str = ""
) -> LedgerEntry:
    return LedgerEntry(
        ledger="L",
        row_number=1,
        owner="O",
        period="2025-01",
        process=process,
        flow=flow,
        product=code,
        role=role,
        amount=D(amount),
        unit=vocabulary().flows[flow].unit,
        method="weighed",
        cell=f"ledger!{of or flow}{amount}",
        payload=f'{{"counterparty":"{of}"}}',
    )


MILL = SiteLedger(
    "S",
    "L",
    (
        row("hot_rolling", "purchased_slab", "30", of="Ost", code="A"),
        row("hot_rolling", "purchased_slab", "50", of="Ost", code="B"),
        row("hot_rolling", "purchased_slab", "20", of="West"),
        row("hot_rolling", "hot_rolled_plate", "60", "product", code="A"),
        row("hot_rolling", "hot_rolled_plate", "40", "product", code="B"),
    ),
)


@pytest.mark.parametrize(
    ("code", "ost", "west"),
    [("", D("0.8"), D("0.2")), ("A", D(5) / 7, D(2) / 7), ("B", D(50) / 58, D(8) / 58)],
)
def test_a_code_has_its_own_rows_and_its_part_of_the_others(
    code: str, ost: Decimal, west: Decimal
) -> None:
    found = {seller.name: seller.share for seller in sellers_of(MILL, "slab", code)}
    assert set(found) == {"Ost", "West"}
    assert abs(found["Ost"] - ost) < D("1E-24")
    assert abs(found["West"] - west) < D("1E-24")


def test_what_the_site_makes_itself_has_no_seller() -> None:
    ledger = SiteLedger(
        "S",
        "L",
        (
            row("slab_casting", "slab", "100", "product"),
            row("scalping", "slab", "100"),
            row("hot_rolling", "purchased_slab", "10", of="West"),
        ),
    )
    assert [(item.name, item.share) for item in sellers_of(ledger, "slab")] == [("West", 1)]
    assert sellers_of(ledger, "primary_ingot") == ()


OST, WEST = Seller("Ost", D("0.7"), ("F2", "F3")), Seller("West", D("0.3"), ("F4",))
NOBODY = Seller("", D(1), ("F2",))


def of(name: str, share: str) -> Delivery:
    return Delivery(f"{name}@1", D(share), frozenset({name, "91500000"}), published=False)


def published(share: str) -> Delivery:
    return Delivery("national@1", D(share), frozenset(), published=True)


@pytest.mark.parametrize(
    ("sellers", "deliveries", "codes"),
    [
        ((OST, WEST), (of("Ost", "0.7"), of("West", "0.3")), []),
        ((OST, WEST), (of("Ost", "0.7"), published("0.3")), []),
        ((OST, WEST), (of("ost Ltd", "0.705"), published("0.295")), []),
        ((OST, WEST), (of("Ost", "0.706"), published("0.294")), ["SHARE", "SHARE"]),
        ((OST, WEST), (of("Ost", "1"),), ["SHARE", "SHARE"]),
        ((OST, WEST), (of("Ost", "0.5"), published("0.5")), ["SHARE", "SHARE"]),
        ((OST, WEST), (of("Nord", "0.7"), of("West", "0.3")), ["NOT_A_SELLER", "SHARE"]),
        ((OST, WEST), (of("Ost Recycling", "0.7"), of("West", "0.3")), ["NOT_A_SELLER", "SHARE"]),
        ((NOBODY,), (of("Ost", "1"),), ["NO_COUNTERPARTY"]),
        ((), (of("Ost", "1"),), ["NO_COUNTERPARTY"]),
        ((NOBODY,), (published("1"),), []),
    ],
)
def test_each_footprint_is_of_a_seller_at_its_share(
    sellers: Sequence[Seller], deliveries: Sequence[Delivery], codes: list[str]
) -> None:
    found = list(differences("slab", sellers, deliveries))
    assert [item.code.removeprefix("SUPPLY_") for item in found] == codes
    assert {item.params["rule"] for item in found} <= {"PCF-SUPPLY-001"}


def test_two_footprints_of_one_seller_count_together() -> None:
    both = (Delivery("a@1", D("0.3"), frozenset({"Ost"}), False), of("Ost", "0.4"))
    assert list(differences("slab", (OST, WEST), (*both, of("West", "0.3")))) == []


def test_a_difference_names_rule_supplier_cells_and_both_shares() -> None:
    first, second = differences("slab", (OST, WEST), (of("Ost", "1"),))
    assert first.params == {
        "rule": "PCF-SUPPLY-001",
        "flow": "slab",
        "supplier": "Ost",
        "footprint": "Ost@1",
        "study_share": "1",
        "ledger_share": "0.7",
        "cells": "F2, F3",
    }
    assert (second.params["supplier"], second.params["ledger_share"]) == ("West", "0.3")


def _row(ref: str, study: str, **more: Any) -> dict[str, Any]:
    return {"ref": ref, "study_share": study, "published": False, **more}


def document(*rows: dict[str, Any], violations: Sequence[str] = ()) -> ResultDocument:
    named = [{"ref": "ost@1", "share": "0.7"}, {"ref": "west@1", "share": "0.3"}]
    found = calculation(
        supply={
            "rule": "PCF-SUPPLY-001",
            "flows": [{"flow": "slab", "suppliers": list(rows)}],
            "violations": [{"code": code, "params": {}} for code in violations],
        }
    )
    found["inputs"]["study"]["suppliers"] = {"slab": named}
    return read_result(found)


WEST_ROW = _row("west@1", "0.3", ledger_share="0.3", seller="2")


@pytest.mark.parametrize(
    ("ost", "violations", "named"),
    [
        (_row("ost@1", "0.7", ledger_share="0.7", seller="1"), [], ""),
        (_row("ost@1", "0.7", ledger_share="0.2", seller="1"), [], "supply.flows"),
        (_row("ost@1", "0.7", ledger_share="0.2", seller="1"), ["told"], ""),
        (_row("ost@1", "0.7"), [], "supply.flows"),
        (_row("ost@1", "0.2", ledger_share="0.2", seller="1"), [], "supply.flows"),
        (_row("nord@1", "0.7", ledger_share="0.7", seller="1"), [], "supply.flows"),
        (_row("ost@1", "0.7", ledger_share="1", seller="2"), [], "supply.flows"),
    ],
)
def test_whoever_holds_the_document_reads_its_suppliers_back(
    ost: dict[str, Any], violations: list[str], named: str
) -> None:
    assert supply_difference(document(ost, WEST_ROW, violations=violations)) == named


def test_a_result_from_before_the_rule_says_nothing_and_is_no_fault() -> None:
    assert supply_difference(read_result(calculation())) == ""


def stored(amounts: dict[str, Decimal]) -> StockEntry:
    """A month of a stock sheet."""
    cells = {name: f"{chr(68 + place)}2" for place, name in enumerate(amounts)}
    return StockEntry(
        sheet="stock",
        row_number=2,
        material="purchased_slab",
        period="2025-01",
        amounts=amounts,
        unit="t",
        unit_canonical="t",
        factor=D(1),
        note="",
        cells=cells,
    )


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("97", {"Ost": D("0.8"), "West": D("0.2")}),
        ("60", {"Ost": D("0.48"), "": D("0.4"), "West": D("0.12")}),
        ("0", {"": D(1)}),
    ],
)
def test_what_came_out_of_stock_is_no_sellers_of_the_period(
    received: str, expected: dict[str, Decimal]
) -> None:
    amounts = {"opening": D(100), "receipts": D(received), "consumption": D(100), "closing": D(0)}
    entry = stored(amounts)
    ledger = replace(MILL, stock=Stock({"purchased_slab": (entry,)}))
    found = {seller.name: seller.share for seller in sellers_of(ledger, "slab") if seller.share}
    assert found == expected
    if D(received) < 97:
        (unnamed,) = [seller for seller in sellers_of(ledger, "slab") if not seller.name]
        assert any(cell.startswith("stock!") for cell in unnamed.cells)
