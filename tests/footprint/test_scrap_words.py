"""What the command line and the supplier template say of scrap rules.

By hand, plate of the demo: it buys 0.17565692 + 0.1171046 kg of scrap per kg (60 : 40 of pre- and
post-consumer, 0.2927615 in all), which replace as much ingot at 15.947: 4.6687 kg CO2e/kg, outside
the result, and a burden, not a credit. 0.2 t of scrap sold per t sawn replace 3.1894 of it. Sold
at sawing under pre-consumer-mass: a tonne carries what a tonne of aged plate does.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from footprint.cli.main import main
from footprint.exchange.typed import TEMPLATE
from lca_models.catalogue import available_choices

SOLD = ("--set", "plate_sawing/sold_scrap/inventory=0.2")


@pytest.fixture(autouse=True)
def _demo(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    monkeypatch.setenv("COLUMNS", "200")


def run(capsys: pytest.CaptureFixture[str], *arguments: str, lang: str = "en") -> tuple[str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", lang, *arguments])
    captured = capsys.readouterr()
    assert not left.value.code
    return captured.out, captured.err


def under(capsys: pytest.CaptureFixture[str], name: str, *more: str, lang: str = "en") -> list[str]:
    out, err = run(capsys, "calculate", "plate", "--scrap-rule", name, *more, lang=lang)
    return [*out.splitlines(), *err.splitlines()]


def test_every_rule_is_offered_where_one_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    offered = available_choices("plate")
    (line,) = [line for line in TEMPLATE.splitlines() if line.startswith("# scrap_rule")]
    assert line.partition("#")[2].partition("# ")[2] == ", ".join(offered["scrap_rule"])
    (line,) = [line for line in TEMPLATE.splitlines() if line.startswith("# electricity_rule")]
    assert line.partition("#")[2].partition("# ")[2] == ", ".join(offered["electricity_rule"])
    out, _ = run(capsys, "calculate", "--help")
    assert all(name in out for name in offered["scrap_rule"])


@pytest.mark.parametrize(
    ("lang", "burden", "credit"), [("en", "burden", "credit"), ("zh", "负担", "扣减")]
)
def test_substitution_is_printed_apart_with_its_sign(
    capsys: pytest.CaptureFixture[str], lang: str, burden: str, credit: str
) -> None:
    (line,) = [i for i in under(capsys, "substitution", lang=lang) if "SUBSTITUTION" in i]
    assert "+4.6687 kg CO2e/kg" in line
    assert burden in line
    assert credit in line
    (sold,) = [i for i in under(capsys, "substitution", *SOLD, lang=lang) if "SUBSTITUTION" in i]
    assert "+1.4793 kg CO2e/kg" in sold
    assert not [i for i in under(capsys, "cut-off", lang=lang) if "SUBSTITUTION" in i]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_seller_states_and_a_buyer_assumes_is_said(
    capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    lines = under(capsys, "pre-consumer-mass", *SOLD, lang=lang)
    (sold,) = [line for line in lines if "plate_sawing" in line]
    (assumed,) = [line for line in lines if "PCF-SCRAP-DEFAULT" in line]
    assert "result.primary.china.peng2022@2" in assumed
    assert "primary_ingot" in assumed
    out, _ = run(capsys, "calculate", "plate", "--scrap-rule", "pre-consumer-mass", *SOLD, "--json")
    (stated,) = json.loads(out)["sold_scrap"]
    assert f"{Decimal(stated['kg_co2e_per_t']):.1f}" in sold
    figure = ("--set", "scrap_pre_consumer/cradle_to_gate=4000")
    named = under(capsys, "pre-consumer-mass", *figure, lang=lang)
    assert not [line for line in named if "PCF-SCRAP-DEFAULT" in line or "plate_sawing" in line]
    assert not [line for line in under(capsys, "cut-off") if "PCF-SCRAP-DEFAULT" in line]
