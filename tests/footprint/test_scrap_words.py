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

from factor_db.foundation.messages import text
from footprint.cli.main import main
from footprint.exchange.typed import TEMPLATE
from lca_models.catalogue import available_choices

SOLD = ("--set", "plate_sawing/sold_scrap/inventory=0.2 t/t")
NOT_AS_METERED = 3  # a plant with scrap set by hand is shown, and nothing may be declared of it


@pytest.fixture(autouse=True)
def _demo(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    monkeypatch.setenv("COLUMNS", "200")


def run(capsys: pytest.CaptureFixture[str], *arguments: str, lang: str = "en") -> tuple[str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", lang, *arguments])
    captured = capsys.readouterr()
    assert left.value.code == (NOT_AS_METERED if SOLD[1] in arguments else 0)
    return captured.out, captured.err


def under(capsys: pytest.CaptureFixture[str], name: str, *more: str, lang: str = "en") -> list[str]:
    out, err = run(capsys, "calculate", "plate", "--scrap-rule", name, *more, lang=lang)
    return [*out.splitlines(), *err.splitlines()]


def beside(lines: list[str], lang: str) -> str:
    """Return the sentence on what stands beside the result, its wrapped lines joined again."""
    said = ("" if lang == "zh" else " ").join(lines)
    _, name, rest = said.partition(text("TOLD_OUTSIDE", lang))
    return name and name + rest.partition("(PCF-" if lang == "en" else "（PCF-")[0]


def sold_line(lines: list[str], lang: str) -> str:
    """Return the one line that names what goes with scrap sold from sawing."""
    words = text("RESULT_SOLD_SCRAP", lang, process="plate_sawing", value="|").partition("|")[0]
    (line,) = [line for line in lines if line.startswith(words)]
    return line


def test_every_rule_is_offered_where_one_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    offered = available_choices("plate")
    (line,) = [line for line in TEMPLATE.splitlines() if line.startswith("# scrap_rule")]
    assert line.partition("#")[2].partition("# ")[2] == ", ".join(offered["scrap_rule"])
    (line,) = [line for line in TEMPLATE.splitlines() if line.startswith("# electricity_rule")]
    assert line.partition("#")[2].partition("# ")[2] == ", ".join(offered["electricity_rule"])
    out, _ = run(capsys, "calculate", "--help")
    assert all(name in out for name in offered["scrap_rule"])


@pytest.mark.parametrize(
    ("lang", "bought", "credited"),
    [
        ("en", "Scrap bought counts", "scrap sold is credited"),
        ("zh", "外购废铝按其所替代的原铝计入", "扣减"),
    ],
)
def test_substitution_is_printed_apart_with_its_sign(
    capsys: pytest.CaptureFixture[str], lang: str, bought: str, credited: str
) -> None:
    said = beside(under(capsys, "substitution", lang=lang), lang)
    assert "+4.6687 kg CO2e/kg" in said
    assert bought in said
    assert credited in said
    sold = beside(under(capsys, "substitution", *SOLD, lang=lang), lang)
    assert "+1.4793 kg CO2e/kg" in sold
    assert beside(under(capsys, "cut-off", lang=lang), lang) == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_seller_states_and_a_buyer_assumes_is_said(
    capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    lines = under(capsys, "pre-consumer-mass", *SOLD, lang=lang)
    sold = sold_line(lines, lang)
    (assumed,) = [line for line in lines if "PCF-SCRAP-DEFAULT" in line]
    assert "result.primary.china.peng2022@2" in assumed
    assert "primary_ingot" in assumed
    out, _ = run(capsys, "calculate", "plate", "--scrap-rule", "pre-consumer-mass", *SOLD, "--json")
    (stated,) = json.loads(out)["sold_scrap"]
    assert f"{Decimal(stated['kg_co2e_per_t']):.1f}" in sold
    figure = ("--set", "scrap_pre_consumer/cradle_to_gate=4000 kg CO2e/t")
    named = under(capsys, "pre-consumer-mass", *figure, lang=lang)
    assert not [line for line in named if "PCF-SCRAP-DEFAULT" in line]
    assert not [line for line in named if "plate_sawing" in line]
    assert not [line for line in under(capsys, "cut-off") if "PCF-SCRAP-DEFAULT" in line]
