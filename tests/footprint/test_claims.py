"""The park's published claims, re-derived.

System: factor_db/reference/claims.toml and claim_sources.csv through footprint.claims. By hand:
- plate: 36 684 / 30 000 = 1.2228 t CO2 per t; 20 kg per kg over a car's life / 1.2228 = 16.4 years;
- retrofit: 1 968 300 kWh x 0.1229 = 241.90 tce; with 1.2143 and 1.3300 kgce/m3 on 2 321 400 m3 the
  sum is 3060.8 and 3329.4 tce; the claim implies 1.28745 kgce/m3, / 0.03412 = 37.73 MJ/m3;
- photovoltaics: 102 GWh x 0.5227 = 53 315 t (+0.6 %), x 0.5306 = 54 121, x 0.5366 = 54 733,
  x 0.5581 = 56 926, x 0.4743 = 48 379; 102 000 MWh / 150 MW = 680 h; 53 000 - 102 x 52 = 47 696 t;
- bauxite: 2.156 x 1.908 = 4.11 to 2.847 x 1.928 = 5.49; red mud 1.03 x 1.94 = 2.00 t/t;
- energy: (157 207 x 0.925) MJ x 0.03412 = 4.96 tce, (213 000 - 10 400) MJ = 6.91 tce;
- limestone: sinter 0.806 x 1.94 = 1.56 t/t, Bayer (Henan) 0.145 x 1.916 = 0.278 t/t.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.rules import rule, rules
from factor_db.foundation.written_formula import evaluate
from footprint.claims import Derived, claims_document, derived_claims
from footprint.claims.sources import in_unit, sources
from footprint.claims.verdict import verdict
from footprint.cli.context import text_width
from footprint.cli.main import main

REFERENCE = Path(__file__).parents[2] / "factor_db" / "reference"
CLAIMS = {claim.id: claim for claim in derived_claims()}
STEPS = [(claim.id, step) for claim in CLAIMS.values() for step in claim.steps]
VERDICTS = {
    "plate-use-phase": "method_not_stated",
    "retrofit-energy": "within_range",
    "photovoltaics": "consistent",
    "recycled-energy": "method_not_stated",
    "recycled-water": "plausible_order",
    "recycled-bauxite": "within_range",
    "recycled-limestone": "outdated",
    "recycled-waste": "definition_needed",
    "recycled-emissions": "inconsistent",
}
# claim, step, value as the survey of the literature prints it
PRINTED = """
plate-use-phase per_tonne 1.2228
plate-use-phase implied_years 16.4
retrofit-energy electricity_tce 241.90
retrofit-energy gas_field 3060.8
retrofit-energy oil_field 3329.4
retrofit-energy implied_gas 1.28745
retrofit-energy implied_calorific_value 37.73
retrofit-energy electricity_co2 1029
photovoltaics hours 680
photovoltaics implied_factor 0.5196
photovoltaics chongqing_2021 48379
photovoltaics chongqing_2022 53315
photovoltaics chongqing_2023 56926
photovoltaics china_2022 54733
photovoltaics china_2023 54121
recycled-energy primary 2.4
recycled-energy primary_energy_peng 5.0
recycled-energy primary_energy_ding 6.9
recycled-water whole_chain 10
recycled-bauxite europe 4.1
recycled-bauxite henan 4.3
recycled-bauxite world 5.49
recycled-limestone sinter_yang 1.6
recycled-waste red_mud_bayer 2.0
recycled-waste red_mud_sinter 2.8
recycled-emissions peng 5.3
recycled-emissions ding 4.2
recycled-emissions uk 10.9
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def value(claim: str, step: str) -> Decimal:
    return next(item.value for item in CLAIMS[claim].steps if item.name == step)


# --- the numbers


def test_every_claim_has_the_verdict_that_the_literature_gives_it() -> None:
    assert {claim.id: claim.verdict.code for claim in CLAIMS.values()} == VERDICTS


@pytest.mark.parametrize("line", PRINTED.split("\n")[1:-1])
def test_a_step_gives_the_printed_digits(line: str) -> None:
    claim, step, printed = line.split()
    found = value(claim, step)
    assert found.quantize(Decimal(printed)) == Decimal(printed)


@pytest.mark.parametrize(("claim", "step"), STEPS, ids=lambda item: getattr(item, "name", item))
def test_a_step_is_what_its_formula_says_of_the_operands_it_shows(claim: str, step: object) -> None:
    """Fractions and Python's own grammar against the decimals and the reader of the product."""
    shown = next(item for item in CLAIMS[claim].steps if item is step)
    operands = iter(shown.operands)
    name = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*(?:\[[^\]]+\])?"
    program = re.sub(name, lambda _: f'F("{next(operands).value}")', shown.formula)
    exact = eval(program, {"F": Fraction})
    assert next(operands, None) is None
    if shown.unit == "%" and "/" in shown.formula:
        exact *= 100
    assert abs(Fraction(shown.value) - exact) <= abs(exact) / 10**30


def test_a_photovoltaic_claim_names_the_nearest_factor_and_its_distance() -> None:
    found = CLAIMS["photovoltaics"].verdict
    assert found.nearest == "chongqing_2022"
    assert round(found.difference, 3) == Decimal("0.006")


def test_gas_co2_follows_the_heat_and_not_the_default_per_cubic_metre() -> None:
    heat = value("retrofit-energy", "implied_calorific_value") * 2321400
    assert round(value("retrofit-energy", "gas_co2e")) == round(heat * Decimal("0.0000555933"))
    assert value("retrofit-energy", "gas_co2e") < Decimal("2.1622") * Decimal("2321.4")


def test_the_old_electricity_coefficient_would_leave_no_gas_of_the_standard() -> None:
    lowest = sources()["coal_equivalent.natural_gas.gas_field"].value
    assert value("retrofit-energy", "implied_gas_old") < lowest


# --- the verdict: the number decides, not the claim's name


def judged(published: str, *, method_stated: bool = True, **others: list[str]) -> str:
    bases = {"current": ["2", "4"], **others}
    candidates = {
        basis: {f"{basis}{at}": Decimal(text) for at, text in enumerate(values)}
        for basis, values in bases.items()
    }
    return verdict(Decimal(published), candidates, method_stated=method_stated).code


def test_the_verdict_moves_with_the_published_number() -> None:
    assert judged("2.02") == judged("3.97") == judged("1.981") == "consistent"
    assert judged("3") == "within_range"
    assert judged("3", method_stated=False) == "method_not_stated"
    assert judged("1") == judged("8") == "plausible_order"
    assert judged("0.99") == judged("8.01") == "inconsistent"


def test_an_older_process_or_a_wider_definition_explains_what_lies_between() -> None:
    assert judged("9", legacy=["10"]) == "outdated"
    assert judged("9", wider=["10"]) == "definition_needed"
    assert judged("9", legacy=["10"], wider=["12"]) == "outdated"
    assert judged("11", legacy=["10"], wider=["12"]) == "definition_needed"
    assert judged("30", legacy=["10"], wider=["12"]) == "inconsistent"


def test_the_same_figure_elsewhere_and_explanations_are_no_evidence() -> None:
    assert judged("30", repeated=["30"], explains=["30"]) == "inconsistent"


@given(st.decimals("0.001", "1000", places=3), st.decimals("0.001", "1000", places=3))
def test_a_verdict_does_not_depend_on_the_unit(published: Decimal, scale: Decimal) -> None:
    candidates = {"current": {"a": Decimal(2), "b": Decimal(4)}, "legacy": {"c": Decimal(9)}}
    scaled = {
        basis: {name: item * scale for name, item in values.items()}
        for basis, values in candidates.items()
    }
    first = verdict(published, candidates, method_stated=True)
    second = verdict(published * scale, scaled, method_stated=True)
    assert first.code == second.code


# --- the data


def test_every_claim_is_outside_the_footprint_and_cites_known_rules() -> None:
    for claim in CLAIMS.values():
        assert "PCF-OFFSET-001" in claim.footprint_rules
        assert set(claim.footprint_rules) <= set(rules())
    assert all(
        not item["part_of_footprint"] for item in claims_document([*CLAIMS.values()])["claims"]
    )


def test_claim_sources_are_cited_read_and_used() -> None:
    with (REFERENCE / "claim_sources.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert max(Counter(row["id"] for row in rows).values()) == 1
    used = {source.ref for claim in CLAIMS.values() for source in claim.sources()}
    licences = (REFERENCE / "LICENCES.md").read_text(encoding="utf-8")
    for row in rows:
        assert f"{row['id']}@{row['version']}" in used, row["id"]
        needed = ("name_zh", "name_en", "value", "unit", "boundary", "citation", "locator")
        assert all(row[column].strip() for column in needed), row["id"]
        assert row["confidence"] in {"A", "B"}
        assert f"| {row['licence']} |" in licences, row["id"]
        assert row["redistribution"] in {"table", "single_value"}


def test_a_formula_holds_no_number_of_its_own() -> None:
    assert evaluate("(1 - a) * b[t]", lambda name, unit: Decimal({"a": 0, "b": 3}[name])) == 3
    for wrong in ("2 * a", "a * 0.5", "a +", "(a", "a b", "a ** a"):
        with pytest.raises(ValueError, match="formula"):
            evaluate(wrong, lambda name, unit: Decimal(1))


def test_standard_coal_converts_as_a_mass() -> None:
    assert in_unit(Decimal("0.1229"), "kgce/kWh", "tce/kWh") == Decimal("0.0001229")


# --- the command


def test_the_json_names_every_factor_with_its_citation_and_needs_no_store(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path / "home"))
    code, out, err = run(capsys, "claims", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    listed = {factor["ref"]: factor for factor in found["factors"]}
    named = {ref for claim in found["claims"] for step in claim["steps"] for ref in step["factors"]}
    assert named == set(listed)
    assert all("@" in ref and factor["citation"] for ref, factor in listed.items())
    assert [claim["claim"] for claim in found["claims"]] == list(VERDICTS)
    operands = found["claims"][0]["steps"][2]["operands"]
    assert operands[-1] == {
        "name": "years_high", "value": "20", "unit": "", "rule": "PCF-CLAIM-002",
    }  # fmt: skip
    assert found["claims"][0]["published"] == {"value": "36684", "unit": "t"}
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_report_stays_within_100_columns(
    capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    code, out, _ = run(capsys, "claims", "--lang", lang)
    assert code == 0
    assert max(text_width(line) for line in out.splitlines()) <= 100
    assert "241.904 tce" in out
    assert "PCF-OFFSET-001" in out.splitlines()[-1] + out.splitlines()[-2]


def test_one_claim_alone_and_an_unknown_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "claims", "recycled-waste", "--lang", "en")
    assert code == 0
    assert "definition needed" in out
    assert "36 684" not in out
    code, _, err = run(capsys, "claims", "recycled-gold", "--lang", "en")
    assert code == 2
    assert "photovoltaics" in err


def test_claims_import_no_database() -> None:
    program = (
        "import sys; from footprint.claims import derived_claims; derived_claims()\n"
        "heavy = {'sqlmodel', 'sqlalchemy', 'pandas', 'numpy', 'bw2data', 'streamlit'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_tolerance_stands_in_the_register() -> None:
    assert rule("PCF-CLAIM-001").number("tolerance") == Decimal("0.01")
    assert isinstance(CLAIMS["photovoltaics"], Derived)
