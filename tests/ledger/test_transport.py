"""Goods received from others over no distance are doubted; over the fence wants a word.

System under test: the example recycling plant, whose scrap came 200 km by truck. By hand: 0.15 of its
tonne-kilometres are 30 km and no doubt, 0.149 are 29.8 km. Two suppliers, one with all the transport:
the mean is kept, the other's distance is 0. Prepared scrap is the plant's own and travels nowhere.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import Edit, Rows, scaled
from test_doubted_zeros import edited, found

from factor_db.ledger.checks.transport import SHORT, SUPPLIER, check_transport
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.form.warning_codes import WARNING_CODES

TRUCKS = ("scrap_collection", "truck_transport")
ALL_MODES = ("truck_transport", "rail_transport", "barge_transport")
SCRAP = "scrap_collection", ("scrap_pre_consumer", "scrap_post_consumer")


def doubts(*edits: Edit, plant: str = "recycling_plant") -> list[Finding]:
    return found(edited(plant, *edits), check_transport)


def told(process: str, flows: tuple[str, ...], **words: str) -> Edit:
    """Return an edit that writes texts on all rows of some flows."""

    def edit(rows: Rows) -> Rows:
        return [
            replace(row, **words) if row.process == process and row.flow in flows else row
            for row in rows
        ]

    return edit


@pytest.mark.parametrize("plant", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_the_examples_have_come_some_way(plant: str) -> None:
    assert doubts(plant=plant) == []


@pytest.mark.parametrize(
    ("share", "km"), [("0", "0"), ("0.149", "29.8"), ("0.15", None), ("1", None)]
)
def test_all_scrap_over_less_than_thirty_km_is_doubted(share: str, km: str | None) -> None:
    findings = doubts(scaled(*TRUCKS, Decimal(share)))
    assert [(item.code, item.params["km"]) for item in findings] == ([(SHORT, km)] if km else [])
    assert not any(item.explained for item in findings)


def test_charging_is_asked_like_collection() -> None:
    trains = scaled("charging", "rail_transport", Decimal(0))
    trucks = scaled("charging", "truck_transport", Decimal(0))
    (item,) = doubts(trains, trucks, plant="plate_mill")
    assert item.code == SHORT
    assert "km on average" in item.message("en")
    assert "tkm" in item.message("zh")


def test_a_note_says_where_it_came_from() -> None:
    none = scaled(*TRUCKS, Decimal(0))
    for note, explained in (("隔壁压铸厂用叉车送来", True), ("-", False)):
        (item,) = doubts(none, told(TRUCKS[0], ALL_MODES, note=note))
        assert item.explained is explained


def test_each_supplier_has_come_some_way_where_transport_names_suppliers() -> None:
    near = told(SCRAP[0], SCRAP[1][:1], counterparty="甲")
    far = told(SCRAP[0], SCRAP[1][1:], counterparty="乙")
    (item,) = doubts(near, far, told(TRUCKS[0], TRUCKS[1:], counterparty="乙"))
    assert (item.code, item.params["supplier"], item.params["tkm"]) == (SUPPLIER, "甲", "0")
    # A haulier moves goods of both: nobody can tell whose.
    assert doubts(near, far, told(TRUCKS[0], TRUCKS[1:], counterparty="车队")) == []


def test_an_exception_may_explain_it() -> None:
    assert {SHORT, SUPPLIER} <= WARNING_CODES
