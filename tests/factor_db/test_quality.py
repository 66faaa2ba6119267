"""Quality of derived factors: spread, scores with reasons, filled share, and the two ratings.

System under test: twelve months of 100 kWh for 10 t each. By hand, variances of the logarithm:
- all metered: basic 0.0006 + reliability 2 (0.0006) = 0.0012, GSD exp(sqrt) = 1.035248;
- one month filled by a rule: 1/12 filled; 11 of 12 months read score 2 (0.0001): 0.0013, 1.036713;
- three of twelve months of the product filled as well: 1 - 11/12 x 9/12 = 0.3125, and 9 of 12
  months read score 3 (0.0006): 0.0018, 1.043339;
- a quarter estimated: reliability 3 (0.002): 0.0026, 1.052313;
- a meter of class 0.5: (0.005 / sqrt 3)^2 = 0.00000833, product 0.0003, reliability 0.0006:
  0.00090833, 1.030597;
- months of 50 and 150 kWh in turn deviate by 50 % and leave the spread at 1.035248.
EF rating of the first: (TeR 1 + GeR 1 + TiR 1 + P 3) / 4 = 1.5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from derivation_cases import row
from hypothesis import given, settings
from hypothesis import strategies as st

from factor_db.factors.derive import field_quality as module
from factor_db.factors.derive.field_quality import (
    Evidence,
    class_uncertainties,
    field_quality,
    filled_share,
)
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES
from factor_db.factors.record.factor import Factor, MixtureClass
from factor_db.factors.record.quality import (
    coded_reason,
    dqr,
    reason_text,
    spread_of_mixture,
    temporal_score,
)
from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.messages import catalogue
from factor_db.foundation.rules import rule
from factor_db.ledger.checks.whole import read_cells
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.figures.quality import quality_of
from footprint.study.definition import default_study

MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 13))


def power(kwh: Sequence[int] = (100,) * 12, **special: dict[str, Any]) -> list[LedgerEntry]:
    """Return twelve months of electricity; `m3={...}` changes the row of March."""
    return [
        row(
            20 + at,
            "electricity",
            "input",
            amount,
            "kWh",
            month=month,
            **special.get(f"m{at + 1}", {}),
        )
        for at, (month, amount) in enumerate(zip(MONTHS, kwh, strict=True))
    ]


def product(filled: int = 0) -> list[LedgerEntry]:
    return [
        row(
            40 + at,
            "molten_metal",
            "product",
            10,
            month=month,
            sheet="gaps" if at < filled else "ledger",
        )
        for at, month in enumerate(MONTHS)
    ]


def judged(
    rows: list[LedgerEntry], made: list[LedgerEntry] | None = None, **further: Any
) -> dict[str, Any]:
    made = product() if made is None else made
    plain = Evidence(rows, made, (rows, made), MONTHS, sharing="", class_uncertainty=lambda _: None)
    return field_quality(replace(plain, **further))


FILLED = {"sheet": "gaps", "method": "estimated"}


def test_twelve_metered_months() -> None:
    found = judged(power())
    assert found["gsd"] == Decimal("1.035248")
    assert found["pedigree"] == (2, 1, 1, 1, 1)
    assert (found["data_type"], found["filled_share"]) == ("measured", 0)
    assert found["pedigree_reasons"][:2] == (
        "DQ_REASON_MEASURED",
        "DQ_REASON_MONTHS|period=12|read=12",
    )


def test_a_filled_month_is_no_reading_and_no_estimate() -> None:
    found = judged(power(m3=FILLED))
    assert found["filled_share"] == Decimal("0.083334")  # 1/12, rounded up
    assert found["pedigree"] == (2, 2, 1, 1, 1)
    assert found["gsd"] == Decimal("1.036713")
    assert found["data_type"] == "measured"


def test_a_ratio_is_read_only_where_both_parts_are() -> None:
    found = judged(power(m3=FILLED), product(filled=3))
    assert found["filled_share"] == Decimal("0.3125")
    assert found["pedigree"][1] == 3
    assert found["gsd"] == Decimal("1.043339")


def test_what_is_filled_in_whole_is_an_estimate() -> None:
    everything = {f"m{at}": FILLED for at in range(1, 13)}
    found = judged(power(**everything))
    assert (found["data_type"], found["filled_share"], found["pedigree"][:2]) == (
        "estimate",
        1,
        (4, 5),
    )


def test_a_quarter_estimated_is_weighed_by_amount() -> None:
    estimated = {"method": "estimated"}
    found = judged(power(m1=estimated, m2=estimated, m3=estimated))
    assert found["pedigree"][0] == 3
    assert found["pedigree_reasons"][0] == "DQ_REASON_PARTLY_ESTIMATED|percent=25"
    assert found["gsd"] == Decimal("1.052313")
    assert found["data_type"] == "estimate"
    heavy = judged(power([700, *[40] * 11], m1=estimated))
    assert heavy["pedigree_reasons"][0] == "DQ_REASON_ESTIMATED|percent=61.4"


def test_an_estimated_output_is_as_weak_as_an_estimated_amount() -> None:
    weighed = [
        row(40 + at, "molten_metal", "product", 10, month=month, method="estimated")
        for at, month in enumerate(MONTHS)
    ]
    assert judged(power(), weighed)["pedigree"][0] == 4


def test_a_meter_class_takes_the_place_of_its_half_of_the_basic_variance() -> None:
    half_width = Decimal("0.005") / Decimal(3).sqrt()
    found = judged(
        power(), class_uncertainty=lambda item: half_width if item.flow == "electricity" else None
    )
    assert found["gsd"] == Decimal("1.030597")


def test_differing_months_worsen_the_shown_score_and_not_the_spread() -> None:
    found = judged(power([50, 150] * 6))
    assert found["gsd"] == Decimal("1.035248")
    assert found["pedigree"] == (2, 2, 1, 1, 1)
    assert found["pedigree_reasons"][1] == "DQ_REASON_MONTHS_DIFFER|percent=50"
    assert judged(power([76, 124] * 6))["pedigree"][1] == 1


def test_sharing_by_a_key_adds_to_the_spread() -> None:
    found = judged(power(), sharing="mass")
    assert found["pedigree"][0] == 3
    assert found["gsd"] == judged(power(m1={"method": "estimated"}))["gsd"]


def test_what_was_not_used_is_complete_and_a_single_certificate_is_no_year() -> None:
    """One reading in twelve months scores 5; GSD = exp(sqrt(0.0006 + 0.0003 + 0.008)) or so."""
    none = [row(20, "diesel", "input", 0, "kg")]
    assert judged(none)["pedigree_reasons"][1] == "DQ_REASON_NOT_USED"
    certificate = [
        row(20, "natural_gas.net_calorific_value", "input", 36, "MJ/m3", method="analysed")
    ]
    found = judged(certificate, [])
    assert found["pedigree"] == (2, 5, 1, 1, 1)
    assert found["pedigree_reasons"][1] == "DQ_REASON_READINGS|period=12|read=1"
    for months, score in ((12, 1), (11, 2), (10, 3), (9, 3), (8, 4), (6, 4), (5, 5)):
        readings = [
            row(20 + at, "natural_gas.net_calorific_value", "input", 36, "MJ/m3", month=month)
            for at, month in enumerate(MONTHS[:months])
        ]
        assert judged(readings, [])["pedigree"][1] == score


def test_an_alloy_made_in_one_month_lacks_no_reading() -> None:
    """Power and output were read in all months; of alloy B there was only March."""
    march = product()[2:3]
    found = judged(power()[2:3], march, reported=(power(), product()))
    assert found["pedigree"] == (2, 1, 1, 1, 1)
    assert judged(power()[2:3], march)["pedigree"][1] == 5


CSV = """# sheet: ledger
period,process,flow,role,amount,unit,method
# sheet: meters
meter,process,flow,read_on,reading,unit,accuracy_class
E1,melting,electricity,2024-12-31,0,kWh,0.5
E1,melting,electricity,2025-12-31,9,kWh,
E2,refining,electricity,2024-12-31,0,kWh,1.0
E3,refining,electricity,2024-12-31,0,kWh,
"""


def test_classes_come_from_the_sheet_of_meters() -> None:
    class_of = class_uncertainties(read_cells(CSV.encode()))
    known = class_of(row(2, "electricity", "input", 1, "kWh"))
    assert known is not None
    assert abs(known**2 - Decimal("0.000025") / 3) < Decimal("1E-20")
    for unknown in (
        row(2, "electricity", "input", 1, "kWh", method="invoiced"),
        row(2, "electricity", "input", 1, "kWh", process="refining"),  # one meter without a class
        row(2, "natural_gas", "input", 1, "m3"),
    ):
        assert class_of(unknown) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=12, max_size=12))
def test_the_filled_share_is_a_share_and_none_is_lost(months: list[tuple[int, bool]]) -> None:
    special = {f"m{at + 1}": FILLED for at, (_, filled) in enumerate(months) if filled}
    rows = power([amount for amount, _ in months], **special)
    share = filled_share(rows, product())
    assert 0 <= share <= 1
    assert (share > 0) == any(
        filled and (amount or not any(a for a, _ in months)) for amount, filled in months
    )
    assert filled_share(rows[::-1], product()[::-1]) == share


def derived(**changes: Any) -> Factor:
    base = next(factor for factor in reference_factors() if factor.pedigree)
    record = {**base.record(), **judged(power()), "data_year": 2025, **changes}
    return Factor.model_validate(record)


def test_both_ratings_of_own_data() -> None:
    found = dqr(derived())
    assert found["ef"] == Decimal("1.5")
    assert found["ef_scores"] == {"TeR": 1, "GeR": 1, "TiR": 1, "P": 3}
    assert found["pact"] == {"technological": 1, "geographical": 1, "temporal": 1}
    assert dqr(derived(), reviewed=True)["ef"] == Decimal("1.25")
    assert dqr(derived(), year=2029)["ef"] == Decimal("1.75")
    assert [
        dqr(derived(), year=year)["ef_scores"]["TiR"] for year in (2027, 2028, 2031, 2033, 2034)
    ] == [1, 2, 3, 4, 5]


def test_each_rating_stands_under_its_own_name() -> None:
    """Scores reliability 2, completeness 3, temporal 4, geographical 5, technological 1; data of 2025.

    EF: TeR 1, GeR 5, TiR 4 of the pedigree or, of a study of 2030, 3 for five years, P 3 for
    reliability 2 unchecked and 2 checked: (1 + 5 + 4 + 3) / 4 = 3.25, (1 + 5 + 3 + 2) / 4 = 2.75.
    """
    factor = derived(pedigree=(2, 3, 4, 5, 1))
    found = dqr(factor)
    assert found["pact"] == {"technological": 1, "geographical": 5, "temporal": 4}
    assert found["ef_scores"] == {"TeR": 1, "GeR": 5, "TiR": 4, "P": 3}
    assert found["ef"] == Decimal("3.25")
    checked = dqr(factor, year=2030, reviewed=True)
    assert checked["ef_scores"] == {"TeR": 1, "GeR": 5, "TiR": 3, "P": 2}
    assert (checked["ef"], checked["pact"]) == (Decimal("2.75"), found["pact"])


@pytest.mark.parametrize(
    ("age", "score"),
    [(0, 1), (2, 1), (3, 2), (5, 2), (6, 3), (9, 3), (10, 4), (14, 4), (15, 5), (40, 5)],
)
def test_the_temporal_score_by_age(age: int, score: int) -> None:
    """Below 3, 6, 10 and 15 years give 1 to 4, more 5 (DQ-TEMPORAL-001), in either direction."""
    factor = derived()
    assert temporal_score(factor, factor.data_year + age) == score
    assert temporal_score(factor, factor.data_year - age) == score


def test_data_of_an_unstated_age_are_the_oldest() -> None:
    reasons = ("r", "c", "age of the data not stated; published 2025", "g", "t")
    factor = derived(pedigree_reasons=reasons)
    assert temporal_score(factor, factor.data_year) == 5
    assert temporal_score(derived(pedigree_reasons=reasons[:2]), factor.data_year) == 1


def test_the_spread_of_two_classes_by_hand() -> None:
    """Half at 10 and half at 20 kg/kg, each log-normal with ln GSD = 0.1.

    Mean 15; mean of the square (0.5 x 100 + 0.5 x 400) e^0.01 = 250 x 1.010050167 = 252.5125418;
    over 15² that is 1.122277963, whose logarithm 0.115360516 has the root 0.339647635: GSD e^that.
    """
    gsd = Decimal("0.1").exp()
    classes = [
        MixtureClass(code=code, weight=Decimal("0.5"), value=Decimal(value), gsd=gsd, source="s")
        for code, value in (("low", 10), ("high", 20))
    ]
    assert spread_of_mixture(classes) == Decimal("1.404453")
    alone = classes[0].model_copy(update={"weight": Decimal(1)})
    assert spread_of_mixture([alone]) == gsd.quantize(Decimal("0.000001"))


def test_a_factor_without_scores_has_the_worst_ratings() -> None:
    found = dqr(derived(pedigree=(), pedigree_reasons=()))
    assert (found["ef"], set(found["pact"].values())) == (5, {5})


def test_reasons_are_read_out_in_both_languages() -> None:
    reasons = dqr(derived())["reasons"]
    assert reasons["en"]["completeness"] == "12 of the 12 months of the period were read"
    assert reasons["zh"]["completeness"] == "期间 12 个月中有 12 个月的读数"
    assert set(reasons["zh"]) == {
        "reliability",
        "completeness",
        "temporal",
        "geographical",
        "technological",
    }


@pytest.mark.parametrize(
    "reason",
    [
        "data of other enterprises",
        "DQ_REASON_OF_TOMORROW|x=1",
        "DQ_REASON_MONTHS|read=1",
        "DQ_REASON_{x}",
        "",
    ],
)
def test_any_other_reason_stays_as_it_is(reason: str) -> None:
    assert reason_text(reason, "zh") == reason


def test_a_parameter_cannot_forge_a_line() -> None:
    shown = reason_text(coded_reason("DQ_REASON_ESTIMATED", percent="1\n2{x}"), "en")
    assert shown == "1\\n2{x} % of the amount is estimated"


def test_every_reason_has_words() -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(DQ_REASON_[A-Z_]*[A-Z])"', source)) - {
        "DQ_REASON_SHARED"
    }  # a family
    named |= {f"DQ_REASON_SHARED_{method.upper()}" for method in ALLOCATION_NAMES}
    known = {code for code in catalogue() if code.startswith("DQ_REASON_")}
    # Park averages and footprints of a result give their reasons elsewhere.
    elsewhere = {"DQ_REASON_OF_THE_RESULT"}
    assert {c for c in known - elsewhere if not c.startswith("DQ_REASON_PARK_")} == named


def test_scores_of_the_rule_are_scores() -> None:
    scores = rule("DQ-FIELD-001").parameters
    assert {
        int(value)
        for name, value in scores.items()
        if name.startswith(("reliability", "completeness"))
    } <= {1, 2, 3, 4, 5}


def test_the_primary_share_counts_what_was_read(demo_store: Store) -> None:
    """3 kg on power whose factor is filled by 0.25, 1 kg secondary: 3 x 0.75 / 4 = 56.25 %."""
    with demo_store.read() as session:
        nominal = calculate_study(session, default_study("plate")).nominal
    power_row = next(
        r for r in nominal.contributions if (r.process, r.flow) == ("melting", "electricity")
    )
    rows = (
        replace(power_row, kg_co2e=Decimal(3), factor_data="primary"),
        replace(power_row, kg_co2e=Decimal(1), activity_data="secondary"),
    )
    pins = tuple(
        replace(pin, factor=Factor.model_validate({**pin.factor.record(), "filled_share": "0.25"}))
        if pin.slot.key == "melting/electricity/inventory"
        else pin
        for pin in nominal.pins
    )
    whole = quality_of(replace(nominal, contributions=rows))
    part = quality_of(replace(nominal, contributions=rows, pins=pins))
    assert (whole.pds, whole.activity_primary_share) == (75, 75)
    assert (part.pds, part.activity_primary_share) == (Decimal("56.25"), Decimal("56.25"))


def test_fields_that_came_later_leave_older_hashes_alone() -> None:
    """A factor that does not use them has the record it always had."""
    factor = derived()
    assert {"product", "filled_share"} & set(factor.record()) == set()
    said = derived(product="6061-T651", filled_share="0.5")
    assert said.record()["product"] == "6061-T651"
    assert len({factor.sha256, said.sha256}) == 2
    assert Factor.model_validate(said.record()) == said
