"""What a result leaves unsaid, and the primary data share of bought metal.

System: `footprint.figures.unstated`, `footprint.figures.quality`, the gate, the plate example.
By hand, plate: 0.7 x 1.02565 = 0.717955 kg of ingot per kg (see test_calculation); national metal
0.717955 x 15.947 = 11.449228385 of 12.538055600...: 91.3158 % leave boundary unsaid. A supplier's
ingot of 10 kg/kg is 7.17955; the rest of the plate stays 1.0888272..., so it is 86.83 % of 8.26838,
and 40 % primary of it are 34.73 %. Of 60 % such metal and 40 % national metal (10 x 0.6 = 6 and
15.947 x 0.4 = 6.3788 per kg of ingot) the supplier's part is 0.717955 x 6 = 4.30773 of the total
1.0888272... + 0.717955 x 12.3788 = 9.97625: 40 % of 43.18 % are 17.27 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from supplier_cases import SELLER, calculated, product, published, store_of_two, supplied_by

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.quality import temporal_score
from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.messages import LANGUAGES
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult
from footprint.comparison.compare import compare
from footprint.comparison.gate import mismatches, sentence
from footprint.comparison.statement import statement
from footprint.comparison.value import Value, published_values, value_of_document
from footprint.comparison.value import published as published_value
from footprint.figures.data_shares import slots_of_rows
from footprint.figures.quality import quality_of
from footprint.figures.unstated import unstated_of
from footprint.study.definition import default_study

NATIONAL = "result.primary.china.peng2022@2"
PLATE = replace(default_study("plate"), site="CQ-PLATE")
PER_KG = Decimal("0.717955")
TINY = Decimal("1e-20")
BY_ID = {factor.id: factor for factor in reference_factors()}


@pytest.fixture(scope="module")
def store(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = store_of_two(published_home, tmp_path_factory.mktemp("unstated"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def national(store: Store) -> CalculationResult:
    return calculated(store, PLATE, "buyer")


@pytest.fixture(scope="module")
def stated(store: Store) -> str:
    """An ingot whose maker says everything: 40 % primary data."""
    content = {"primary_data_share": "40", "electricity_rule": "location", "scrap_rule": "cut-off"}
    return published(store, product({"co2e": "10"}, **content))


@pytest.fixture(scope="module")
def bought(store: Store, stated: str) -> CalculationResult:
    return calculated(store, supplied_by(PLATE, (stated, "1")), "buyer")


def figure(result: CalculationResult, name: str) -> Decimal:
    return Decimal(result.document["quality"][name])


def test_a_suppliers_primary_share_counts_as_stated(bought: CalculationResult) -> None:
    metal = PER_KG * 10
    part = metal / bought.nominal.total
    assert round(part * 100, 2) == Decimal("86.83")
    assert abs(figure(bought, "pds") - part * 40) < TINY
    assert round(figure(bought, "pds"), 1) == Decimal("34.7")


def test_of_two_suppliers_each_counts_by_what_its_part_emits(store: Store, stated: str) -> None:
    study = supplied_by(PLATE, (stated, "0.6"), (NATIONAL, "0.4"))
    mixed = calculated(store, study, "buyer")
    share = PER_KG * 6 / mixed.nominal.total
    assert abs(figure(mixed, "pds") - share * 40) < TINY
    assert round(figure(mixed, "pds"), 2) == Decimal("17.27")


def test_who_states_no_share_has_none(national: CalculationResult) -> None:
    assert figure(national, "pds") == 0


def test_what_a_gap_rule_filled_in_is_no_reading(bought: CalculationResult) -> None:
    """A quarter of the metal's rows filled in: 34.73 x 0.75 = 26.05 %."""
    nominal = bought.nominal
    row = next(r for r in nominal.contributions if r.factor == "seller.ingot@1")
    slots = slots_of_rows(nominal.system)[row.process, row.flow]
    pins = tuple(
        replace(pin, factor=Factor.model_validate({**pin.factor.record(), "filled_share": "0.25"}))
        if pin.slot.key in slots
        else pin
        for pin in nominal.pins
    )
    assert any(pin.factor.filled_share for pin in pins)
    filled = quality_of(replace(nominal, pins=pins))
    assert abs(filled.pds - figure(bought, "pds") * Decimal("0.75")) < TINY


def test_the_shares_are_those_of_the_factors_that_say_nothing(
    national: CalculationResult, bought: CalculationResult
) -> None:
    nominal = national.nominal
    unsaid = {k: Decimal(v) for k, v in national.document["quality"]["unstated"].items()}
    metal = PER_KG * Decimal("15.947") / nominal.total
    assert round(metal, 6) == Decimal("0.913158")
    assert abs(unsaid["boundary"] - metal) < TINY
    by_gas = sum(
        abs(row.kg_co2e)
        for row in nominal.contributions
        if row.gas == "co2e" and BY_ID[row.factor.partition("@")[0]].gwp_set == "unstated"
    )
    assert abs(unsaid["gwp_set"] - by_gas / nominal.total) < TINY
    less = {k: Decimal(v) for k, v in bought.document["quality"]["unstated"].items()}
    assert less["boundary"] == 0
    assert less["gwp_set"] < Decimal("0.2") < unsaid["gwp_set"]


@pytest.mark.parametrize(
    ("factor", "unsaid"),
    [
        # The abstract names the ingot and the power, neither a GWP set nor the parts.
        ("result.primary.china.peng2022", {"gwp_set", "boundary"}),
        ("result.primary.world.iai.2022", {"gwp_set"}),
        ("result.primary.china.yang2019.thermal", {"gwp_set", "boundary", "electricity"}),
        ("elec.cn.footprint.national.2024", {"gwp_set"}),
        ("fuel.cn.natural_gas.combustion", set()),
        ("input.zinc.shg.world.iza", {"electricity"}),
    ],
)
def test_a_factor_says_what_its_source_says(factor: str, unsaid: set[str]) -> None:
    assert unstated_of(BY_ID[factor]) == unsaid


def test_reference_rows_state_no_more_than_the_gate_lets_their_source_state() -> None:
    """One table for both: what the gate calls not stated, no factor of that result states."""
    for result, value in published_values().items():
        factor = BY_ID.get(result)
        if factor is None or factor.quantity != "cradle_to_gate":
            continue
        assert (not value.electricity_rule) == ("electricity" in unstated_of(factor)), result
        if factor.gwp_set == "unstated":
            assert not value.gwp_set, result
        if "boundary" in unstated_of(factor):
            assert value.parts is None, result


def plate_value(result: CalculationResult) -> Value:
    return value_of_document(result.result)


def declared(ours: Value) -> Value:
    """Somebody's declaration of the same terms, all of them stated."""
    return replace(ours, kind="typed_in", ref="x", label="EPD", unsaid={}, document=None)


def test_the_gate_judges_ours_as_it_judges_others(
    national: CalculationResult, bought: CalculationResult
) -> None:
    ours, sound = plate_value(national), plate_value(bought)
    found = mismatches(ours, declared(ours))
    assert {(item.attribute, item.kind) for item in found} == {
        ("boundary", "not_stated"),
        ("gwp_set", "not_stated"),
    }
    for item in found:
        for lang in LANGUAGES:
            said = sentence(item, ours, declared(ours), lang)
            assert ("91%" in said) or ("97%" in said)
    # With metal that says all, what is left is China's grid (no set) and the alloying metals.
    left = {item.attribute for item in mismatches(sound, declared(sound))}
    assert left == {"gwp_set", "electricity_rule"}
    assert sound.unsaid_of("electricity_rule").share < Decimal("0.06")
    assert mismatches(replace(sound, unsaid={}), declared(sound)) == ()


def test_two_of_ours_on_the_same_factor_share_the_unknown(
    national: CalculationResult, bought: CalculationResult
) -> None:
    ours, sound = plate_value(national), plate_value(bought)
    dearer = replace(ours, value=ours.value + 1)
    assert mismatches(ours, dearer) == ()
    # Where only one of them rests on the silent ingot, they do not.
    for pair in ((ours, sound), (sound, ours)):
        assert {item.attribute for item in mismatches(*pair)} == {"boundary", "gwp_set"}


def test_what_is_unsaid_cannot_be_converted(national: CalculationResult) -> None:
    ours = plate_value(national)
    (pair,) = compare([ours, declared(ours)], conversion=True)
    assert pair.converted is not None
    assert {(item.attribute, item.reason) for item in pair.converted.obstacles} == {
        ("boundary", "COMPARE_UNSTATED_FIXED"),
        ("gwp_set", "COMPARE_UNSTATED_FIXED"),
    }


def test_a_statement_says_it(national: CalculationResult) -> None:
    said = {lang: statement(plate_value(national), lang) for lang in LANGUAGES}
    assert "91% of the emissions rest on factors that do not state it" in said["en"]
    assert "97%" in said["zh"]


def test_our_own_source_against_our_result_is_not_stated_on_either_side(
    national: CalculationResult,
) -> None:
    theirs = published_value("result.primary.china.peng2022")
    (gwp,) = [m for m in mismatches(plate_value(national), theirs) if m.attribute == "gwp_set"]
    assert gwp.kind == "not_stated"


def test_the_temporal_score_follows_the_period_and_the_year_of_the_data() -> None:
    """Data of 2020: two years from 2022, three from 2023 and from 2017, five from 2025."""
    factor = BY_ID["result.primary.china.peng2022"]
    scores = {year: temporal_score(factor, year) for year in (2017, 2022, 2023, 2025, 2026, 2035)}
    assert scores == {2017: 2, 2022: 1, 2023: 2, 2025: 2, 2026: 3, 2035: 5}
    # Whose data year nobody states is the worst, whatever year it was printed in.
    assert temporal_score(BY_ID["input.argon.cn.nm3"], 2024) == 5


def test_the_rating_of_a_result_takes_its_own_period(national: CalculationResult) -> None:
    """The same factors in a study of 2022 and of 2027: the metal of 2020 scores 1 and 3."""
    nominal = national.nominal
    only = [row for row in nominal.contributions if row.factor == NATIONAL]
    for year, score in ((2022, 1), (2025, 2), (2027, 3)):
        where = replace(nominal.where, period_end=f"{year}-12-31")
        found = quality_of(replace(nominal, where=where, contributions=tuple(only)))
        assert found.dqr["temporal"] == score


def test_literature_binds_nobody_to_its_rules(store: Store) -> None:
    """How power was counted in a publication is no rule that could be mixed with the study's."""
    result = calculated(store, supplied_by(PLATE, (NATIONAL, "1")), "buyer")
    assert result.nominal.total == calculated(store, PLATE, "buyer").nominal.total
    assert SELLER not in {pin.factor.owner for pin in result.nominal.pins}
