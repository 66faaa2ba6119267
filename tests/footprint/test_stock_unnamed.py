"""Bought metal out of opening stock of which nobody is named, under a published average.

System under test: the extrusion plant of test_supply_effect, no supplier in its study, so that all its
ingot takes the published mean (15.947 kg CO2e/kg, one smelter in many). By hand: what was laid in store
before may have been the highest published, 21.8: of a share d of the use, d x 5.853 x metal kg CO2e/kg
may be missing, where the profile takes `metal` kg of ingot per kg. 4.9 % of the ingot are about 1.6 % of
the profile, all of it about a third; 0.5 % are 0.16 %, which passes and is stated. At the
highest published one for its share the profile rises by just that and is certified. The year before
tells more: sellers that its ledger names are averaged as those of the period are; what its calculation
took (19) counts instead of 21.8. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import calculated, study_of

from factor_db.foundation.errors import Incomplete
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult
from footprint.figures.blocked import BOUGHT_STOCK, blocking_reasons, require_showable
from footprint.supply.read_back import supply_difference
from tests.footprint.test_supply_effect import (
    AVERAGE,
    COAL,
    HIGHEST,
    HYDRO,
    SITE,
    average_of,
    certify,
    codes,
    drawn_in,
    file_of,
    laid,
    metal_kg_per_kg,
    plant,
    publish,
    result,
)

D = Decimal
BOUND = D("21.8")
MEAN = D("15.947")


def nobody_named(store: Store) -> CalculationResult:
    found = calculated(store, study_of("extrusion", SITE, period="2025"))
    assert supply_difference(found.result) == ""
    return found


def is_barred(found: CalculationResult) -> bool:
    require_showable(found.result)
    return BOUGHT_STOCK in {reason.name for reason in blocking_reasons(found.result)}


@pytest.mark.parametrize(("share", "barred"), [("0.005", False), ("0.049", True), ("1", True)])
def test_an_average_does_not_stand_for_much_metal_that_nobody_sold(
    store: Store, tmp_path: Path, share: str, barred: bool
) -> None:
    made = plant(2025, [(HYDRO, D(1))], drawn=share, opening="100000")
    publish(store, tmp_path, made)
    found = nobody_named(store)
    by_hand = D(share) * (BOUND - MEAN) * metal_kg_per_kg(made) / found.nominal.total
    assert abs(drawn_in(found).effect - by_hand) < D("0.0001")
    assert is_barred(found) is barred
    assert codes(found) == (["STOCK_EFFECT"] if barred else [])
    if barred:
        with pytest.raises(Incomplete, match="BOUGHT_STOCK"):
            certify(store, found, tmp_path)


def test_the_highest_published_stands_for_it(store: Store, tmp_path: Path) -> None:
    made = plant(2025, [(HYDRO, D(1))], drawn="0.049")
    publish(store, tmp_path, made)
    before = nobody_named(store).nominal.total
    found = result(store, (AVERAGE, "0.951"), (HIGHEST, "0.049"))
    assert codes(found) == []
    more = D("0.049") * (BOUND - MEAN) * metal_kg_per_kg(made)
    assert abs(found.nominal.total - before - more) < D("0.0001")
    certify(store, found, tmp_path)


def test_a_lower_published_one_does_not(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))], drawn="0.049"))
    hydro = "result.primary.china.yang2019.hydro@2"
    assert "PUBLISHED_OTHER" in codes(result(store, (AVERAGE, "0.951"), (hydro, "0.049")))


@pytest.mark.parametrize(
    ("before", "barred"), [((HYDRO,), False), ((HYDRO, ""), True), (("",), True)],
    ids=["named", "half of it", "nobody"],
)  # fmt: skip
def test_sellers_that_the_year_before_names_are_averaged_as_others_are(
    store: Store, tmp_path: Path, before: Sequence[str], barred: bool
) -> None:
    shares = [(name, D(1) / len(before)) for name in before]
    publish(store, tmp_path, plant(2024, shares, drawn="-0.1", opening="0"))
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))], drawn="0.08", opening=laid(before)))
    assert is_barred(nobody_named(store)) is barred


@pytest.mark.parametrize(("kilograms", "barred"), [("19000", True), ("15000", False)])
def test_what_the_year_before_took_counts_in_its_place(
    store: Store, tmp_path: Path, kilograms: str, barred: bool
) -> None:
    publish(store, tmp_path, plant(2024, [(COAL, D(1))], drawn="-0.1", opening="0"))
    made = plant(2025, [(HYDRO, D(1))], drawn="0.08", opening=laid([COAL]))
    publish(store, tmp_path, made)
    old = file_of(store, tmp_path, COAL, kilograms, 2024)
    result(store, (old, "1"), year=2024)
    found = nobody_named(store)
    assert is_barred(found) is barred
    if barred:
        by_hand = D("0.08") * (D(19) - MEAN) * metal_kg_per_kg(made) / found.nominal.total
        assert abs(drawn_in(found).effect - by_hand) < D("0.0001")
        assert drawn_in(found).earlier == ("2024",)


def test_a_seller_of_before_known_to_be_higher_has_no_average(store: Store, tmp_path: Path) -> None:
    """Its footprint is published, though nobody calculated the year before."""
    publish(store, tmp_path, plant(2024, [(COAL, D(1))], drawn="-0.1", opening="0"))
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))], drawn="0.08", opening=laid([COAL])))
    file_of(store, tmp_path, COAL, "19000", 2024)
    assert codes(nobody_named(store)) == ["AVERAGE_LOWER"]


def test_the_published_mean_is_the_one_of_the_header(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))]))
    assert abs(average_of(nobody_named(store)) / 1000 - MEAN) < D("0.001")
