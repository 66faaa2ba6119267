"""Views of primary aluminium per tonne: GB/T 44905 and the boundary levels of the IAI.

System: footprint/views/gbt44905.py and iai.py on a hand-made chain (tests/view_cases.py), AR6.
Hand calculation:
- CHAIN per tonne: level 1 = power 8000 + anode 1500 + CF4 0.00002 x 7380 x 1000 = 147.6 + casting gas
  40 = 9687.6; level 2 = + coal 1500 + power 300 + packing coke 20 = 11507.6; level 3 = + soda 250 +
  transport 50 + supply of gas 10 = 11817.6, so the remainder is 310.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from result_cases import changed
from view_cases import CHAIN, MIXED, calculation

from factor_db.foundation.errors import BadInput
from footprint.views.figure import View
from footprint.views.markdown import markdown
from footprint.views.registry import view_of


def value(view: View, name: str) -> Decimal:
    return view.figure(name).value


def test_iai_levels_by_hand() -> None:
    view = view_of(calculation(CHAIN, product="primary_aluminium"), "iai")
    by_hand = {"level.1": "9687.6", "level.2": "11507.6", "level.3": "11817.6", "remainder": "310"}
    assert {name: value(view, name) for name in by_hand} == {
        name: Decimal(number) for name, number in by_hand.items()
    }
    assert value(view, "level.3") == value(view, "total")


def test_primary_metal_per_tonne_by_kind_and_by_process() -> None:
    document = calculation(CHAIN, product="primary_aluminium")
    view = view_of(document, "gbt44905")
    kinds = {
        "anode": "1500",
        "pfc": "147.6",
        "combustion": "1540",
        "other_process": "20",
        "electricity": "8300",
        "upstream": "310",
    }
    assert {kind: value(view, f"kind.{kind}") for kind in kinds} == {
        kind: Decimal(text) for kind, text in kinds.items()
    }
    assert value(view, "total") == sum(map(Decimal, kinds.values())) == Decimal("11817.6")
    processes = [
        figure.value
        for figure in view.figures
        if figure.name.startswith("process.") and figure.unit != "%"
    ]
    assert sum(processes) == value(view, "total")
    assert "2025-01-01 – 2025-12-31, a calendar year" in markdown(view, "en")


def test_perfluorocarbons_behind_a_purchase_are_its_supply_and_not_the_smelters() -> None:
    bought = "electrolysis|primary_chain|aluminium_fluoride|cf4|process|upstream|0.001"
    view = view_of(calculation((bought,), product="primary_liquid"), "gbt44905")
    assert value(view, "kind.upstream") == 7380
    assert "kind.pfc" not in {figure.name for figure in view.figures}


def test_what_the_standard_asks_and_the_result_lacks_is_said() -> None:
    document = calculation(CHAIN, product="primary_aluminium")
    lacking = {
        "estimated": ["electrolysis/anode_carbon/inventory"],
        "not_stated": ["electrolysis/low_voltage_cf4/inventory"],
    }
    half = changed(document, period={"end": "2025-06-30"}, estimate=True, coverage=lacking)
    page = markdown(view_of(half, "gbt44905"), "en")
    assert "no calendar year: not what the standard asks" in page
    assert "Site processes lack own data: Electrolysis (Net anode carbon)" in page
    assert "| Low-voltage PFC | not stated, which is not zero |" in page
    assert "This is an estimate and can be neither certified nor declared" in page


@pytest.mark.parametrize("standard", ["gbt44905", "iai"])
def test_a_view_that_does_not_fit_the_product_is_refused(standard: str) -> None:
    with pytest.raises(BadInput, match="VIEW_PRODUCT"):
        view_of(calculation(MIXED), standard)
