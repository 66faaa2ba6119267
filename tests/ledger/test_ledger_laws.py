"""Laws that hold for every ledger: size does not matter, wrong powers of ten never pass.

Scaling a whole ledger by k leaves every ratio and every balance as it is: no finding. Scaling one
flow of one process by 1000 or 0.001, in one month or all year, is always an error, because no
envelope is wider than a factor of 100 and an error stands ten times outside it. A factor of 3.6
(kWh for MJ) over a plant is at least a warning: its total leaves the verifier's range. In one
process alone it may stay inside, since plants divide their energy differently.
"""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import dropped, example, run_checks, scaled

from factor_db.foundation.units import conversion
from factor_db.ledger.form.cells import column_letters, decimal_of, month_of
from factor_db.ledger.form.limits import GROUPS, envelopes
from factor_db.ledger.form.vocabulary import REGIONS, edit_distance, vocabulary
from factor_db.ledger.reading.header import uscc_check_digit
from tools.example_book import MONTHS

NAMES = ("plate_mill", "extrusion_plant", "recycling_plant")
USED = sorted(
    {
        (name, row.process, row.flow)
        for name in NAMES
        for row in example(name)[1]
        if (row.process, row.flow) in envelopes() and row.amount
    }
)


@settings(max_examples=15, deadline=None)
@given(name=st.sampled_from(NAMES), size=st.decimals("0.01", "100", places=4))
def test_the_size_of_the_plant_changes_no_finding(name: str, size: Decimal) -> None:
    rows = list(example(name)[1])
    for key in {(row.process, row.flow) for row in rows if not row.is_property}:
        rows = list(scaled(*key, size)(rows))
    assert run_checks(rows) == ()


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(USED),
    factor=st.sampled_from((Decimal(1000), Decimal("0.001"))),
    months=st.sampled_from((MONTHS, MONTHS[3:4])),
)
def test_a_wrong_thousand_is_always_an_error(
    place: tuple[str, str, str], factor: Decimal, months: tuple[str, ...]
) -> None:
    name, process, flow = place
    findings = run_checks(scaled(process, flow, factor, months)(list(example(name)[1])))
    assert "LEDGER_MAGNITUDE_IMPOSSIBLE" in {finding.code for finding in findings}
    assert len(findings) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flow", ["electricity", "natural_gas"])
@pytest.mark.parametrize("factor", [Decimal("3.6"), 1 / Decimal("3.6")])
def test_kwh_taken_for_mj_all_over_the_plant_is_never_silent(
    name: str, flow: str, factor: Decimal
) -> None:
    rows = list(example(name)[1])
    for process in sorted({row.process for row in rows if row.flow == flow}):
        rows = list(scaled(process, flow, factor)(rows))
    assert run_checks(rows)


KEYS = sorted(
    {(name, row.process, row.flow) for name in NAMES for row in example(name)[1] if row.amount}
    - {
        (name, row.process, row.flow)
        for name in NAMES
        for row in example(name)[1]
        if row.is_property
    }
)


@settings(max_examples=60, deadline=None)
@given(place=st.sampled_from(KEYS), months=st.sampled_from((MONTHS, MONTHS[4:5])))
def test_one_missing_flow_or_month_is_one_finding(
    place: tuple[str, str, str], months: tuple[str, ...]
) -> None:
    name, process, flow = place
    findings = run_checks(dropped(process, flow, months)(list(example(name)[1])))
    assert len(findings) == 1
    assert findings[0].code.endswith("_MISSING")


METAL_INPUTS = sorted(
    {
        (name, row.process, row.flow)
        for name in NAMES
        for row in example(name)[1]
        if row.role == "input"
        and row.amount
        and (
            vocabulary().flows[row.flow].category == "intermediate"
            or (row.process == "dross_recovery" and row.flow == "dross")
        )
    }
)
ENERGY = sorted(place for place in KEYS if place[2] in {"electricity", "natural_gas"})


@pytest.mark.parametrize(("name", "process", "flow"), METAL_INPUTS)
def test_a_metal_input_of_zero_is_an_error(name: str, process: str, flow: str) -> None:
    # The factor of that link would be 0 and everything upstream of it would leave the footprint.
    for rest in (Decimal(0), Decimal("0.1")):
        findings = run_checks(scaled(process, flow, rest)(list(example(name)[1])))
        errors = {finding.code for finding in findings if finding.severity == "error"}
        # Where coating burns off, its balance is held beside the metal's (AL-BAL-007).
        assert errors & {"LEDGER_MASS_BALANCE", "LEDGER_BURNT_BALANCE"}, rest


def test_the_metal_inputs_reach_from_the_charge_to_every_product() -> None:
    processes = {(name, process) for name, process, _ in METAL_INPUTS}
    running = {(name, row.process) for name in NAMES for row in example(name)[1] if row.process}
    first = {"charging", "scrap_collection"}
    assert {process for _, process in running - processes} <= first


@pytest.mark.parametrize(("name", "process", "flow"), ENERGY)
@pytest.mark.parametrize("count", [12, 11, 7, 1])
def test_energy_of_zero_is_never_silent(name: str, process: str, flow: str, count: int) -> None:
    rows = list(example(name)[1])
    assert run_checks(scaled(process, flow, 0, MONTHS[:count])(rows))


def test_the_envelope_is_held_against_the_whole_period() -> None:
    # Argon of the plate mill in one month of twelve: below its low end as a yearly ratio, inside
    # it in that month. The median of the months is 0, so no single month stands out.
    rows = list(scaled("refining", "argon", 0, MONTHS[1:])(list(example("plate_mill")[1])))
    low = envelopes()["refining", "argon"].low
    used = sum(row.amount for row in rows if (row.process, row.flow) == ("refining", "argon"))
    made = sum(
        row.amount for row in rows if (row.process, row.flow) == ("refining", "refined_metal")
    )
    factor = low / (used / made) * Decimal("0.9")
    rows = list(scaled("refining", "argon", factor)(rows))
    assert {finding.code for finding in run_checks(rows)} == {"LEDGER_MAGNITUDE_UNUSUAL"}


def test_every_reported_flow_has_an_envelope_in_its_unit_no_wider_than_a_hundred() -> None:
    words = vocabulary()
    for pair in words.process_flows.values():
        envelope = envelopes()[pair.process, pair.flow]
        assert envelope.unit == f"{words.flows[pair.flow].unit}/t"
        assert 0 < envelope.low < envelope.high <= 100 * envelope.low, envelope
        assert envelope.source.startswith("EJ")
    plants = {(group, flow) for group in GROUPS for flow in ("electricity", "natural_gas")}
    assert set(envelopes()) == set(words.process_flows) | plants


@given(st.decimals("-1e15", "1e15", places=3, allow_nan=False))
def test_a_number_reads_the_same_plain_grouped_and_full_width(value: Decimal) -> None:
    wide = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
    plain = f"{value:f}"
    assert decimal_of(plain) == value
    assert decimal_of(f"{value:,f}") == value
    assert decimal_of(plain.translate(wide)) == value


@pytest.mark.parametrize(
    "text",
    ["1,5", "12,34", "1 234", "1.234,5", "1,2345", "5%", "1e99", "0x10", "一百", "1_000", True],
)
def test_a_number_with_two_readings_or_none_is_not_read(text: str | bool) -> None:
    assert decimal_of(text) is None


@pytest.mark.parametrize(
    ("text", "month"),
    [("2025-01", "2025-01"), ("2025/1", "2025-01"), ("２０２５年１月", "2025-01"),
     ("2025-03-31", "2025-03"), ("2025-13", None), ("202501", "2025-01"), (2025.1, None), ("", None)],
)  # fmt: skip
def test_months_are_read_in_the_usual_ways(text: str | float, month: str | None) -> None:
    assert month_of(text) == month


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_the_credit_code_notices_every_single_wrong_place(place: int, letter: str) -> None:
    # A published code: 91350100M000100Y43 (example of GB 32100-2015).
    right = "91350100M000100Y4"
    assert uscc_check_digit(right) == "3"
    wrong = right[:place] + letter + right[place + 1 :]
    assert (uscc_check_digit(wrong) == "3") == (wrong == right)


@given(st.text(max_size=8), st.text(max_size=8))
def test_edit_distance_is_a_metric(first: str, second: str) -> None:
    distance = edit_distance(first, second)
    assert distance == edit_distance(second, first)
    assert (distance == 0) == (first == second)
    assert abs(len(first) - len(second)) <= distance <= max(len(first), len(second))


def test_names_are_unique_in_both_languages_and_units_convert() -> None:
    words = vocabulary()
    for flow in words.flows.values():
        assert words.flow_terms.code(flow.name_zh) == flow.code
        assert words.flow_terms.code(flow.name_en.upper()) == flow.code
        assert conversion(flow.unit, flow.unit) == 1
    assert words.flow_terms.suggestion("natral gas") == "natural_gas"
    assert words.flow_terms.suggestion("xyzzy plugh") is None
    assert len(REGIONS) == len(set(REGIONS)) == 34
    assert [column_letters(index) for index in (0, 25, 26, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
    ]
