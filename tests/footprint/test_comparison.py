"""The comparison gate and the stage-wise conversion.

System under test: `mismatches`, `convert`, `compare`, value files, statements.
By hand, boundary: A is mining 0.1, refining 3.0, electrolysis 2.0 and casting 0.2, so 5.3; B is
electrolysis 2.1 and casting 0.3, so 2.4. A less mining is 5.2, less refining 2.2; B less A is 0.2.
By hand, adding: C is mining, refining, electrolysis and casting, 5.5 in all, no part known; D is
electrolysis and casting 2.4 and states mining 0.2 and refining 2.8 beside it: 2.4 + 0.2 + 2.8 = 5.4.
By hand, GWP: 1 kg CO2, 0.01 kg fossil CH4 and 0.0001 kg CF4 are 1 + 0.3 + 0.663 under AR5 and
1 + 0.298 + 0.738 under AR6: 0.073 more.
By hand, scrap rule of the plate example: 0.17565692 kg of pre-consumer scrap at the 15.947 kg CO2e
of published primary ingot are 2.80120090324 kg CO2e/kg.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.cli.main import main
from footprint.comparison.compare import compare, compare_document
from footprint.comparison.convert import Converted, convert
from footprint.comparison.data import (
    boundaries,
    part_names,
    parts_in,
    product_classes,
    stage_shares,
    stated_rules,
)
from footprint.comparison.gate import mismatches, sentence
from footprint.comparison.paired import Shares, chance_below
from footprint.comparison.statement import refused_words, statement
from footprint.comparison.typed import read_value
from footprint.comparison.value import (
    Interval,
    Value,
    parts_of_model,
    published,
    published_values,
    value_of_document,
)
from footprint.result.document import read_result
from footprint.study.definition import default_study
from footprint.validation.tables import published_results
from lca_models.catalogue import PRODUCTS

HEAD = """
product_class = "primary_ingot"
electricity_rule = "location"
gwp_set = "AR6"
source = "test"
"""
A = (
    'label = "A"\nvalue = 5.3\nparts = ["mining", "refining", "electrolysis", "casting"]\n'
    + HEAD
    + "[known]\nmining = 0.1\nrefining = 3.0\nelectrolysis = 2.0\ncasting = 0.2\n"
)
B = (
    'label = "B"\nvalue = 2.4\nparts = ["electrolysis", "casting"]\n'
    + HEAD
    + "[known]\nelectrolysis = 2.1\ncasting = 0.3\n"
)
C = 'label = "C"\nvalue = 5.5\nparts = ["mining", "refining", "electrolysis", "casting"]\n' + HEAD
D = (
    'label = "D"\nvalue = 2.4\nparts = ["electrolysis", "casting"]\n'
    + HEAD
    + "[outside]\nmining = 0.2\nrefining = 2.8\n"
)
UNDER_AR5 = (
    'label = "E"\nvalue = 1.963\nparts = ["mining", "refining", "electrolysis", "casting"]\n'
    + HEAD.replace("AR6", "AR5")
    + "[gases]\nco2 = 1\nch4_fossil = 0.01\ncf4 = 0.0001\n"
)
PLAIN = Value(
    ref="x",
    kind="typed_in",
    product_class="plate",
    boundary="b",
    parts=frozenset(("casthouse", "forming")),
    scrap_rule="cut-off",
    electricity_rule="location",
    gwp_set="AR6",
    value=Decimal("3"),
    name_zh="x",
    name_en="x",
    label="X",
    year="2025",
    geography="CN",
    source="s",
)


def value_in(folder: Path, content: str) -> Value:
    path = folder / "value.toml"
    path.write_text(content, encoding="utf-8")
    return read_value(path)


@pytest.fixture(scope="module")
def plates(demo_store: Store) -> dict[str, Value]:
    """The plate example under its own rules, another scrap rule, and another GWP set as well."""
    study = default_study("plate")
    other = study.changed("scrap_rule", "pre-consumer-mass")
    studies = {"own": study, "scrap": other, "both": other.changed("gwp_set", "AR5")}
    with demo_store.read() as session:
        return {
            name: value_of_document(calculate_study(session, item).result)
            for name, item in studies.items()
        }


def test_a_value_against_itself_is_exactly_nothing(plates: dict[str, Value]) -> None:
    (pair,) = compare([plates["own"], plates["own"]])
    assert (pair.status, pair.mismatches, pair.difference) == ("comparable", (), Decimal(0))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"parts": frozenset(("casthouse",))}, "differs"),
        ({"parts": None}, "not_stated"),
        ({"scrap_rule": "cbam-zero"}, "differs"),
        ({"scrap_rule": ""}, "not_stated"),
        ({"electricity_rule": "own"}, "differs"),
        ({"electricity_rule": ""}, "not_stated"),
        ({"gwp_set": "AR5"}, "differs"),
        ({"gwp_set": ""}, "not_stated"),
        ({"product_class": "sheet"}, "differs"),
    ],
    ids=str,
)
def test_each_mismatch_is_named_alone(change: dict[str, Any], kind: str) -> None:
    other = replace(PLAIN, **change)
    attribute = "boundary" if "parts" in change else next(iter(change))
    for first, second in ((PLAIN, other), (other, PLAIN)):
        (found,) = mismatches(first, second)
        assert (found.attribute, found.kind) == (attribute, kind)
        for lang in LANGUAGES:
            assert sentence(found, first, second, lang)


def test_what_neither_states_matches_nothing() -> None:
    silent = replace(PLAIN, gwp_set="", electricity_rule="", scrap_rule="", parts=None)
    found = mismatches(silent, silent)
    assert {item.kind for item in found} == {"not_stated"}
    assert [item.attribute for item in found] == [
        *("boundary", "scrap_rule", "electricity_rule", "gwp_set")
    ]


def test_co2_alone_needs_no_set_and_year_and_place_bar_nothing() -> None:
    other = replace(PLAIN, gwp_set="any", year="2015", geography="GLO", allocation="mass")
    (pair,) = compare([PLAIN, other])
    assert pair.status == "comparable"
    assert pair.notes == ("allocation", "year", "geography")
    unstated = replace(PLAIN, gwp_set="")
    assert [item.kind for item in mismatches(other, unstated)] == ["not_stated"]


def test_two_mismatched_values_are_refused_with_every_mismatch(plates: dict[str, Value]) -> None:
    document = compare_document(compare([plates["own"], plates["both"]]))
    (pair,) = document["pairs"]
    assert not document["comparable"]
    assert (pair["status"], pair["difference"], pair["conversion"]) == ("refused", None, None)
    assert [item["attribute"] for item in pair["mismatches"]] == ["scrap_rule", "gwp_set"]


def test_our_own_is_recalculated_rule_by_rule(plates: dict[str, Value]) -> None:
    own, both = plates["own"], plates["both"]
    found = convert(own, both)
    assert found.complete
    assert not found.steps_a
    scrap, gwp = found.steps_b
    assert (scrap.before, scrap.after) == ("pre-consumer-mass", "cut-off")
    assert scrap.amount == -Decimal("2.80120090324")
    assert (gwp.before, gwp.after) == ("AR5", "AR6")
    assert EXACT.add(both.value, scrap.amount) == scrap.sum
    assert EXACT.add(scrap.sum, gwp.amount) == gwp.sum == found.b.value == own.value
    # Back again: the first value leads, so this time the other one moves.
    assert convert(plates["scrap"], own).b.value == plates["scrap"].value


def test_the_parts_of_a_calculation_add_up(plates: dict[str, Value]) -> None:
    for value in plates.values():
        assert exact_sum(value.known.values()) == value.value
        assert value.parts is not None
        assert value.parts >= {part for parts in value.known for part in parts}
    # Nobody stated what site services use, so they stand in no boundary; transport was stated.
    assert "site_services" not in (plates["own"].parts or ())
    assert "transport" in (plates["own"].parts or ())


def test_known_stages_are_taken_off_with_their_sums(tmp_path: Path) -> None:
    a, b = value_in(tmp_path, A), value_in(tmp_path, B)
    assert [item.attribute for item in mismatches(a, b)] == ["boundary"]
    (pair,) = compare([a, b], conversion=True)
    assert pair.status == "converted"
    assert pair.converted is not None
    steps = [(step.kind, *step.parts, step.amount, step.sum) for step in pair.converted.steps_a]
    assert steps == [
        ("take_off", "mining", Decimal("-0.1"), Decimal("5.2")),
        ("take_off", "refining", Decimal("-3.0"), Decimal("2.2")),
    ]
    assert pair.converted.steps_b == ()
    assert pair.difference == Decimal("0.2")


def test_what_the_other_side_states_beside_its_value_is_added(tmp_path: Path) -> None:
    (pair,) = compare([value_in(tmp_path, C), value_in(tmp_path, D)], conversion=True)
    assert pair.converted is not None
    steps = [(step.kind, *step.parts, step.sum) for step in pair.converted.steps_b]
    assert steps == [("add", "mining", Decimal("2.6")), ("add", "refining", Decimal("5.4"))]
    assert pair.difference == Decimal("-0.1")


def test_amounts_beside_a_value_are_of_its_own_gwp_set(tmp_path: Path) -> None:
    """D under AR5 states 2.8 for refining; nobody knows it under AR6, so nothing is added."""
    gases = "[gases]\nco2 = 2.4\n"
    old = value_in(tmp_path, D.replace('"AR6"', '"AR5"') + gases)
    found = convert(value_in(tmp_path, C), old)
    (obstacle,) = found.obstacles
    assert (obstacle.attribute, obstacle.reason) == ("boundary", "COMPARE_PART_UNKNOWN")
    assert (obstacle.label, obstacle.details) == ("C", "mining;refining")


def test_an_unknown_stage_refuses_the_conversion_by_name(tmp_path: Path) -> None:
    (pair,) = compare([value_in(tmp_path, C), value_in(tmp_path, B)], conversion=True)
    assert (pair.status, pair.difference) == ("not_converted", None)
    assert pair.converted is not None
    (obstacle,) = pair.converted.obstacles
    assert (obstacle.reason, obstacle.details) == ("COMPARE_PART_UNKNOWN", "mining;refining")


def test_half_of_a_joint_amount_is_not_known(tmp_path: Path) -> None:
    joint = A.replace("mining = 0.1\nrefining = 3.0\n", '"mining;refining" = 3.1\n')
    whole = convert(value_in(tmp_path, joint), value_in(tmp_path, B))
    assert [step.amount for step in whole.steps_a] == [Decimal("-3.1")]
    wider = B.replace('["electrolysis"', '["mining", "electrolysis"').replace("2.4", "2.5")
    (obstacle,) = convert(value_in(tmp_path, joint), value_in(tmp_path, wider)).obstacles
    assert obstacle.details == "refining"


def test_gases_move_a_published_value_to_another_set(tmp_path: Path) -> None:
    sets = {name: characterisation(name) for name in ("AR5", "AR6")}
    assert [sets[name]["cf4"] for name in sets] == [6630, 7380]
    assert [sets[name]["ch4_fossil"] for name in sets] == [30, Decimal("29.8")]
    old = value_in(tmp_path, UNDER_AR5)
    found = convert(value_in(tmp_path, A), old)
    (step,) = found.steps_b
    assert (step.amount, step.sum) == (Decimal("0.073"), Decimal("2.036"))
    for gases in ({}, {"co2": Decimal(1), "cf5": Decimal(1)}):
        without = replace(old, gases=gases)
        assert convert(value_in(tmp_path, A), without).obstacles[0].reason == "COMPARE_RULE_FIXED"


@pytest.mark.parametrize(
    ("result", "under_ar6"),
    [
        # What the survey of published results states under AR6, its `notes` in results.csv.
        ("result.primary.na.aa2010.ar4", "9.000"),
        ("result.na.aa2010.hot_rolling", "3.9585"),
        ("result.na.aa2010.cold_rolling", "5.3619"),
        ("result.na.aa2010.extrusion", "6.6187"),
    ],
)
def test_published_gases_give_the_published_figure_under_ar6(result: str, under_ar6: str) -> None:
    found = published(result)
    stated = {"parts": frozenset(("casthouse",)), "electricity_rule": "location"}
    old = replace(found, scrap_rule="cut-off", **stated)
    wanted = replace(old, gwp_set="AR6")
    converted = convert(wanted, old).b.value
    assert under_ar6 in str(published_results()[result]["notes"])
    assert converted.quantize(Decimal(under_ar6)) == Decimal(under_ar6)


def test_what_cannot_be_converted_is_named_whole(plates: dict[str, Value]) -> None:
    rolled = published("result.na.aa2010.hot_rolling")
    reasons = {(item.attribute, item.reason) for item in convert(plates["own"], rolled).obstacles}
    assert reasons == {
        ("boundary", "COMPARE_UNSTATED_FIXED"),
        ("electricity_rule", "COMPARE_UNSTATED_FIXED"),
        # Most of ours rests on an ingot whose source states no GWP set (PCF-COMPARE-003).
        ("gwp_set", "COMPARE_UNSTATED_FIXED"),
        ("product_class", "COMPARE_CLASS_FIXED"),
    }


def test_a_rule_without_factors_refuses_with_the_slots(plates: dict[str, Value]) -> None:
    other = replace(PLAIN, parts=plates["own"].parts, electricity_rule="residual")
    obstacle = convert(plates["own"], other).obstacles[0]
    assert obstacle.reason == "COMPARE_RULE_INCOMPLETE"
    assert obstacle.details == "electricity/residual_life_cycle"


amounts = st.decimals(0, 20, places=3)
parts_of_amounts = st.dictionaries(
    st.sampled_from(sorted(part_names("works"))), amounts, min_size=1
)


@given(parts_of_amounts, parts_of_amounts)
def test_every_sum_follows_and_both_ends_have_one_boundary(
    first: dict[str, Decimal], second: dict[str, Decimal]
) -> None:
    def made(given_parts: dict[str, Decimal]) -> Value:
        known = {frozenset((part,)): amount for part, amount in given_parts.items()}
        total = exact_sum(known.values())
        return replace(PLAIN, parts=frozenset(given_parts), known=known, value=total)

    a, b = made(first), made(second)
    found: Converted = convert(a, b)
    common = set(first) & set(second)
    assert found.complete == bool(common or first.keys() == second.keys())
    if not found.complete:
        return
    for start, end, steps, own in (
        (a, found.a, found.steps_a, first),
        (b, found.b, found.steps_b, second),
    ):
        here = start.value
        for step in steps:
            here = EXACT.add(here, step.amount)
            assert step.sum == here
        assert end.value == here == exact_sum(own[part] for part in common)
        assert end.parts == common
    assert not mismatches(found.a, found.b)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (A + "extra = 1\n", "known: extra"),
        (A.replace("primary_ingot", "gold"), "product_class"),
        (A.replace("AR6", "AR9"), "gwp_set"),
        (A.replace("5.3", '"5.3"'), "value"),
        (A.replace('"mining", ', ""), "known: mining"),
        (A + '"mining;casting" = 0.3\n', "known: mining;casting"),
        (D.replace("mining = 0.2", "casting = 0.2"), "outside: casting"),
        (A.replace('label = "A"', ""), "label"),
        (A.replace('label = "A"', "label = 5"), "label: 5"),
        (A.replace('label = "A"', 'label = "A"\ngases = 5'), "gases: 5 ([gases])"),
        (A.replace('label = "A"', 'label = "A"\ninterval = 5'), "interval: 5 ([interval])"),
        (A.replace('label = "A"', 'label = "A"\noutside = ["x"]'), "outside: ['x'] ([outside])"),
        (C + "known = 5\n", "known: 5 ([known])"),
        (C.replace("parts = [", "parts = 5 # ["), 'parts: 5 (["…"])'),
        (C.replace('"mining"', "7"), "parts: [7, "),
        (C.replace("5.5", "true"), "value: True"),
        (C.replace("5.5", "1e999"), "value: 1E+999"),
        (A.replace("3.0", "nan"), "known.refining: NaN"),
        (A.replace("3.0", '"3"'), "known.refining: 3 (0.0)"),
        (C + "[interval]\nlow = 9\nhigh = 3\nlevel = 0.95\n", "interval: 9 > 3 (low <= high)"),
        (C + "[interval]\nlow = 5\nhigh = 6\nlevel = 95\n", "interval.level: 95"),
        (C + "[interval]\nlow = 5\nhigh = 6\nlvl = 1\n", "interval.level: -; interval.lvl: ?"),
        (UNDER_AR5 + "cf5 = 1\n", "gases: cf5 (c2f6, cf4,"),
        # One percent of 1.94 is 0.0194 and 0.023 is missing; of 1.943 it is 0.01943, and 0.02 is.
        (UNDER_AR5.replace("1.963", "1.94"), "gases: Σ AR5 = 1.963 (value = 1.94 ± 0.0194)"),
        (UNDER_AR5.replace("1.963", "1.943"), "value = 1.943 ± 0.01943"),
        (UNDER_AR5.replace("1.963", "1"), "value = 1 ± 0.5"),
    ],
)
def test_a_value_file_with_a_fault_is_refused(tmp_path: Path, content: str, fault: str) -> None:
    with pytest.raises(BadInput) as raised:
        value_in(tmp_path, content)
    assert raised.value.code == "COMPARE_FILE"
    assert fault in str(raised.value.params["faults"])


@pytest.mark.parametrize("value", ["7900", "-7.9", "0", "0.0079"])
def test_a_value_of_another_unit_or_sign_is_asked_about(tmp_path: Path, value: str) -> None:
    """7.9 kg per kg is 7900 kg per t; nothing of primary aluminium is published near either end."""
    content = C.replace("value = 5.5", f"value = {value}")
    with pytest.raises(BadInput) as caught:
        value_in(tmp_path, content)
    assert f"value: {value} (" in str(caught.value.params["faults"])
    explained = 'explanation = "per batch, see page 3"\n' + content
    if Decimal(value) >= 0:
        assert value_in(tmp_path, explained).value == Decimal(value)
    else:
        with pytest.raises(BadInput):
            value_in(tmp_path, explained)


@pytest.mark.parametrize("value", ["1.963", "1.944", "1.982", "2", "2.0"])
def test_a_value_is_its_gases_within_a_percent_or_half_its_last_digit(
    tmp_path: Path, value: str
) -> None:
    """1.963: 0.019 less and more is within 1 %; 2 and 2.0 are rounded by 0.037, within 0.5 and 0.05."""
    found = value_in(tmp_path, UNDER_AR5.replace("1.963", value))
    assert found.value == Decimal(value)


def test_every_fault_of_a_value_file_is_named_at_once(tmp_path: Path) -> None:
    content = 'value = "x"\nknown = 5\ngases = 5\nparts = 5\ninterval = 5\nyear = 2024\nfoo = 1\n'
    with pytest.raises(BadInput) as raised:
        value_in(tmp_path, content)
    faults = str(raised.value.params["faults"]).split("; ")
    assert [fault.partition(":")[0] for fault in faults] == [
        *("foo", "label", "product_class", "source"),
        *("value", "known", "gases", "parts", "interval"),
    ]
    for lang in LANGUAGES:
        assert "docs/comparison.md" in error_text(raised.value, lang)


def test_a_value_of_zero_is_a_value_and_every_published_one_is_its_gases(tmp_path: Path) -> None:
    """Zero is not missing. The seven shipped results with gases keep the rule a file has to keep."""
    nothing = 'explanation = "all of it bought as waste heat"\n' + C.replace("5.5", "0")
    assert value_in(tmp_path, nothing).value == 0
    shipped = [value for value in published_values().values() if value.gases]
    assert len(shipped) == 7
    for value in shipped:
        gases = "".join(f"{gas} = {amount:f}\n" for gas, amount in value.gases.items())
        stated = C.replace("5.5", str(value.value)).replace("AR6", value.gwp_set)
        assert value_in(tmp_path, f"{stated}[gases]\n{gases}").gases == value.gases


def test_the_shipped_tables_fit_each_other() -> None:
    footprints = {
        name for name, row in published_results().items() if row["unit"] in ("t/t", "kg/t", "kg/kg")
    }
    left_out = footprints - set(stated_rules())
    assert left_out == {
        "result.sector.world.iai.2023",  # no product
        "result.recycled.china.peng2022",  # derived, not read
        "result.alumina.china.zhang2013",  # no aluminium
    }
    assert set(stated_rules()) <= footprints
    for value in published_values().values():
        assert not value.parts or value.parts <= set(part_names(value.class_of.scheme))
    for row in boundaries().values():
        assert parts_in(row["parts"]) <= set(part_names(row["scheme"]))
    assert {item.product for item in product_classes().values()} - {""} == set(PRODUCTS)
    for product in PRODUCTS:
        assert parts_of_model(default_study(product), ())


def test_published_shares_are_of_the_published_value() -> None:
    # 19.3 x 0.8319 = 16.05567 for smelting; the four shares leave 0.0001, 0.00193, to rounding.
    world = published("result.primary.milovanoff2020.glo.2017")
    assert len(stage_shares(world.ref)) == len(world.known)
    assert world.known[frozenset(("anode", "electrolysis", "pfc", "smelter_power"))] == Decimal(
        "16.05567"
    )
    assert exact_sum(world.known.values()) == Decimal("19.3") - Decimal("0.00193")


def test_every_stage_of_the_vocabulary_has_a_part() -> None:
    stages = {row["stage"] for row in reference_rows("processes.csv")}
    placed = {row["stage"] for row in reference_rows("comparison/parts.csv")}
    assert stages - placed == set()


def test_a_statement_carries_what_it_must_and_no_word_it_may_not(plates: dict[str, Value]) -> None:
    values = [*published_values().values(), plates["own"]]
    for value in values:
        for lang in LANGUAGES:
            said = statement(value, lang)
            assert refused_words(said) == ()
            assert f"{value.value:.3f}" in said
            assert value.year in said
    said = statement(plates["own"], "en")
    assert "not a comparative assertion disclosed to the public" in said
    assert "Illustrative data" in said
    for word in ("AR6", "Cut-off", "grid average", "supply of purchased metal", "CN-CQ"):
        assert word in said
    assert "不是向公众披露的比较性声明" in statement(plates["own"], "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refused_word_is_found(lang: str) -> None:
    words = rule("PCF-STATEMENT-001").items(f"refused_{lang}")
    assert len(words) > 15
    for word in words:
        assert word in refused_words(f"Our plate: {word.upper()}!")


def test_refused_words_are_whole_words() -> None:
    assert refused_words("Low-carbon plate, the best") == ("low carbon", "best")
    assert refused_words("Greenland, ecoinvent, bestiary, evergreen") == ()
    assert refused_words("本产品为低碳铝") == ("低碳",)


def test_chance_is_asked_for_two_calculations_only(plates: dict[str, Value]) -> None:
    def half(a: Value, b: Value) -> Shares:
        return Shares(Decimal("0.5"), Decimal(0))

    (pair,) = compare([plates["own"], plates["own"]], chance=half)
    assert pair.shares == half(PLAIN, PLAIN)
    (typed,) = compare([PLAIN, PLAIN], chance=half)
    assert typed.shares is None
    with pytest.raises(BadInput):
        compare([PLAIN])


def test_an_interval_stays_with_the_value_before_conversion(tmp_path: Path) -> None:
    around = Interval(Decimal(5), Decimal(6), Decimal("0.95"))
    a = replace(value_in(tmp_path, A), interval=around)
    assert convert(a, value_in(tmp_path, B)).a.interval is None


def left_with(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0), capsys.readouterr().out


def test_the_command_refuses_and_converts(
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("a.toml", A), ("b.toml", B)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    code, shown = left_with(capsys, "--lang", "en", "compare", "a.toml", "b.toml")
    assert code == 1
    assert "boundary differs" in shown
    assert "bauxite mining, alumina refining" in shown
    code, shown = left_with(capsys, "compare", "a.toml", "b.toml", "--convert", "--json")
    document = json.loads(shown)
    assert (code, document["pairs"][0]["difference"]) == (0, "0.2")
    assert document["pairs"][0]["conversion"]["a"]["end"] == "2.2"
    code, shown = left_with(capsys, "--lang", "en", "compare", "a.toml", "a.toml")
    assert (code, "May be compared" in shown) == (0, True)
    code, shown = left_with(capsys, "compare", "a.toml", "result.nowhere")
    assert code == 2
    (tmp_path / "mine.txt").write_text("greener than ever", encoding="utf-8")
    assert left_with(capsys, "statement", "--check", "mine.txt")[0] == 1
    assert left_with(capsys, "statement", "a.toml")[0] == 0


def test_common_samples_never_put_a_value_below_itself(plates: dict[str, Value]) -> None:
    """A against A shares every parameter: equal in all of 200 samples; without a document, unknown.

    Where only one of two studies states a distribution, no sample is common.
    """
    below, own = chance_below(200, 1), plates["own"]
    assert below(own, own) == Shares(below=Decimal(0), equal=Decimal(1))
    assert below(own, PLAIN) is None
    assert own.document is not None
    stated = own.document.record()
    stated["inputs"]["study"]["distributions"] = {
        "a/b": {"kind": "normal", "loc": "1", "scale": "1"}
    }
    assert below(own, replace(own, document=read_result(stated))) is None
