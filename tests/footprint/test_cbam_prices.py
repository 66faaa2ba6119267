"""What a tonne costs by its quarter of import, 2026 alone; the last known price stands for no other.

System: plate of test_cbam_limits: gas 2 MJ, 1 t/t ingot stated at 1.5 t CO2e/t of route K.
  see 0.1122 + 1.5 = 1.6122; benchmark 0.056 + 1 x 1.423 = 1.479
  certificates 2026 = 1.6122 - 0.975 x 1.479 = 0.170175; default (4.12 x 1.1 - 0.975 x 1.485) = 3.084125
  Q1 75.36: 12.824388   Q2 75.28: 12.810774   Q3 82.32: 14.008806   Q4 open, due 2027-01-04  EUR/t
  default Q3: 3.084125 x 82.32 = 253.88517
  30 t in Q2 and 70 t in Q3: 384.32322 + 980.61642 = 1364.93964 EUR, 13.6493964 EUR/t
  (= 0.170175 x 80.208, the price weighted by mass)
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from cbam_cases import amount, document, gas_row, replayed

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import error_text
from footprint.views.cbam import view
from footprint.views.cbam.quarters import prices_of, read_imports
from footprint.views.figure import View

PLATE = "76061292"
STATED = {
    "precursors": [{"flow": "primary_ingot", "direct": "1.5", "source": "letter", "country": "CN"}]
}


def asked(**options: Any) -> View:
    flows = [gas_row("hot_rolling", "2"), amount("charging", "primary_ingot", "0.001")]
    return view(document("plate", [], flows), cn=PLATE, statement=STATED, **options)


def values(found: View) -> dict[str, Decimal]:
    return {figure.name: figure.value for figure in found.figures}


def said(found: View) -> str:
    return " ".join(note["en"] for note in found.notes)


def quarters(found: View) -> list[tuple[Any, ...]]:
    tables = [table.rows for table in found.tables if table.code == "quarters"]
    return list(tables[0]) if tables else []


def test_without_a_quarter_each_stands_beside_the_others_and_none_is_chosen() -> None:
    found = asked()
    cost = values(found)
    assert cost["certificates.2026"] == Decimal("0.170175")
    assert [cost[f"cost.2026{q}"] for q in ("Q1", "Q2", "Q3")] == [
        Decimal("12.824388"),
        Decimal("12.810774"),
        Decimal("14.008806"),
    ]
    assert cost["cost.default.2026Q3"] == Decimal("253.88517")
    assert not {"cost.2026", "cost.2026Q4", "cost.2027", "price"} & set(cost)
    assert "EUR" not in found.headline["en"]
    assert "--import-quarter" in said(found)
    fourth = quarters(found)[3]
    assert fourth[1:4] == ("2027-01-04", {"zh": "尚未公布", "en": "not published yet"}, "-")


def test_the_quarter_of_import_decides() -> None:
    found = asked(import_quarter="2026Q3")
    assert values(found)["cost.2026"] == Decimal("14.008806")
    assert "14.008806 EUR/t" in found.headline["en"]
    assert values(asked(import_quarter="2026Q2"))["cost.2026"] == Decimal("12.810774")
    assert "--import-quarter" not in said(found)
    assert replayed(found) == values(found)


def test_imports_of_several_quarters_are_summed_by_their_tonnes() -> None:
    found = asked(import_quarter="2026Q2=30, 2026Q3=70")
    cost = values(found)
    assert (cost["imports.2026Q2"], cost["imports.2026Q3"]) == (
        Decimal("384.32322"),
        Decimal("980.61642"),
    )
    assert cost["imports.2026"] == Decimal("1364.93964")
    assert cost["cost.2026"] == Decimal("13.6493964")
    assert quarters(found)[-1][-2:] == ("100", "1364.93964")
    assert replayed(found) == cost


@pytest.mark.parametrize("imports", ["2026Q4", "2026Q3=70,2026Q4=30"])
def test_an_open_quarter_is_named_and_never_takes_the_last_known_price(imports: str) -> None:
    found = asked(import_quarter=imports)
    assert not {"cost.2026", "cost.2026Q4", "imports.2026", "imports.2026Q4"} & set(values(found))
    assert "Not published yet: 2026Q4 (2027-01-04)" in said(found)
    assert "EUR" not in found.headline["en"]


def test_no_other_year_has_a_price_of_its_own() -> None:
    later = asked(year=2027)
    assert not any(figure.unit.startswith("EUR") for figure in later.figures)
    assert "week by week" in said(later)
    assert prices_of(2027) == prices_of(2025) == ()


def test_the_declarants_own_price_serves_every_year_and_no_quarter_stands_beside_it() -> None:
    found = asked(price="80")
    assert values(found)["cost.2026"] == Decimal("13.614")
    assert "cost.2027" in values(found)
    assert quarters(found) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"import_quarter": "Q3"}, "CBAM_QUARTER"),
        ({"import_quarter": "2026Q5"}, "CBAM_QUARTER"),
        ({"import_quarter": "2027Q1"}, "CBAM_QUARTER"),
        ({"import_quarter": "2025Q4"}, "CBAM_QUARTER"),
        ({"import_quarter": "2026Q2,2026Q3"}, "CBAM_QUARTER"),
        ({"import_quarter": "2026Q2=30,2026Q2=5"}, "CBAM_QUARTER"),
        ({"import_quarter": "2026Q2=30,2026Q3"}, "CBAM_QUARTER"),
        ({"import_quarter": "2026Q2=0"}, "CBAM_QUARTER"),
        ({"import_quarter": "2026Q2=many"}, "NUMBER_UNREADABLE"),
        ({"import_quarter": "2026Q3", "price": "80"}, "CBAM_QUARTER_TWICE"),
        ({"import_quarter": "2026Q3", "year": "2027"}, "CBAM_QUARTER_TWICE"),
    ],
)
def test_a_quarter_that_cannot_be_priced_is_refused(options: dict[str, str], code: str) -> None:
    with pytest.raises(BadInput) as caught:
        asked(**options)
    assert caught.value.code == code
    assert error_text(caught.value, "zh")
    assert error_text(caught.value, "en")


def test_a_quarter_brings_its_year_and_nothing_given_gives_no_import() -> None:
    assert read_imports("") == ()
    assert [item.year for item in read_imports("2026Q1=1,2026Q2=2")] == [2026, 2026]
    flows = [gas_row("hot_rolling", "2"), amount("charging", "primary_ingot", "0.001")]
    period = {"start": "2025-01-01", "end": "2025-12-31"}
    of_2025 = document("plate", [], flows, period=period)
    found = view(of_2025, cn=PLATE, statement=STATED, import_quarter="2026Q3")
    assert values(found)["cost.2026"] == Decimal("14.008806")
    assert "what-if" in said(found)


def test_every_price_is_published_after_its_quarter_and_says_how_well_it_is_known() -> None:
    """2026: 75.36, 75.28, 82.32, open; each on a day after the quarter ended."""
    prices = prices_of(2026)
    assert [str(price.value) for price in prices] == ["75.36", "75.28", "82.32", "None"]
    ends = ("2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31")
    assert all(price.date > end for price, end in zip(prices, ends, strict=True))
    assert [price.confidence for price in prices] == ["B", "B", "B", ""]
