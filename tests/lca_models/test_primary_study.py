"""Studies of a smelter from question to document, with its choices.

System under test: the chain on shipped factors for a site in Chongqing, own data in none of its
steps. Cells on coal, hydro or 0.6 of one and 0.4 of the other: the mix is 0.6 x coal + 0.4 x hydro.
Slope, PFPB_M, 0.1 minutes: CF4 0.1 x 0.104 = 0.0104 kg/t, that is 0.0000104 kg per kg of metal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from factor_db.factors.record.reference import reference_factors
from factor_db.store.work import Store
from footprint.brightway.engine import brightway_document
from footprint.calculation.calculate import CalculationResult, calculate_study
from footprint.cli.main import main
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.sampling.uncertainty import sigma_of
from footprint.study.definition import default_study
from lca_models.catalogue import product_system
from lca_models.smelter import PFC_METHODS, power_share
from lca_models.system.resolve import Pin
from lca_models.system.unit_process import Choices

SHARES = {
    "electricity_coal.smelter_share/property": Decimal("0.6"),
    "electricity_hydro.smelter_share/property": Decimal("0.4"),
}
MINUTES = {"cf4.anode_effect_minutes/property": Decimal("0.1")}


def _calculated(
    store: Store, choices: Choices, given: Mapping[str, Decimal] | None = None, samples: int = 0
) -> CalculationResult:
    study = replace(
        default_study("primary_liquid"), site="CQ-PLATE", choices=choices, overrides=given or {}
    )
    with store.read() as session:
        return calculate_study(session, study, samples=samples)


def test_a_mix_is_the_mean_of_its_types_and_recomputes(demo_store: Store) -> None:
    coal, hydro = (
        _calculated(demo_store, Choices(smelter_power=power)).nominal.total
        for power in ("coal", "hydro")
    )
    mix = _calculated(demo_store, Choices(smelter_power="mix"), SHARES, samples=150)
    expected = Decimal("0.6") * coal + Decimal("0.4") * hydro
    assert abs(mix.nominal.total - expected) < Decimal("1E-20")
    document = json.loads(json.dumps(mix.document))
    assert recompute(read_result(document)).result_hash == document["result_hash"]
    assert "AL-POWER-001" in document["rules"]
    unstated = document["coverage"]["not_stated"]
    assert "electricity_wind.smelter_share/property" in unstated
    assert "electrolysis/low_voltage_cf4/inventory" in unstated
    interval = document["total"]["interval"]
    assert Decimal(interval["low"]) < mix.nominal.total < Decimal(interval["high"])


def test_a_share_is_not_drawn_alone_and_anything_else_is() -> None:
    """Drawn alone, a share of 0.6 with a GSD of 1.2 would leave the sum of shares at 1 no longer."""
    factor = reference_factors()[0].model_copy(update={"gsd": Decimal("1.2")})
    pin = Pin(power_share("electricity_coal"), factor, "GLO")
    assert sigma_of(pin, frozenset({pin.slot.key})) == 0
    assert sigma_of(pin) == pytest.approx(math.log(1.2))


def test_slope_in_a_study_and_by_brightway(demo_store: Store) -> None:
    choices = Choices(pfc_method="slope", smelter_technology="PFPB_M")
    result = _calculated(demo_store, choices, MINUTES)
    (cf4,) = [row for row in result.nominal.contributions if row.gas == "cf4"]
    assert cf4.kg_gas == Decimal("0.0000104")
    estimated = result.document["coverage"]["estimated"]
    assert "cf4.anode_effect_minutes/property" in estimated
    # A coefficient of a method is no activity of the site: it makes no estimate of a result.
    assert not [slot for slot in estimated if slot.endswith("/coefficient")]
    theirs = brightway_document(result).total.value
    assert float(theirs) == pytest.approx(float(result.nominal.total), rel=1e-9)


def test_the_command_line_takes_any_choice(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    asked = ["calculate", "primary_liquid", "--site", "CQ-PLATE", "--json"]
    asked += ["--choice", "pfc_method=slope", "--choice", "smelter_technology=PFPB_M"]
    asked += ["--set", "cf4.anode_effect_minutes/property=0.1 min/d"]
    with pytest.raises(SystemExit) as left:
        main(asked)
    assert not left.value.code
    document = json.loads(capsys.readouterr().out)
    assert document["choices"]["pfc_method"] == "slope"
    assert document["choices"]["smelter_technology"] == "PFPB_M"


@pytest.mark.parametrize("method", PFC_METHODS)
def test_the_page_on_smelters_lists_every_parameter_with_its_unit(method: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "smelter.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    units = {slot: row[2] for row in rows for slot in re.findall(r"`([^`]+/[a-z]+)`", row[1])}
    choices = Choices(pfc_method=method, smelter_technology="CWPB", smelter_power="mix")
    for slot in product_system("primary_liquid", choices).amount_slots():
        if slot.quantity == "inventory" and not slot.optional and slot.flow != "anode_carbon":
            continue  # the inventories of the chain are listed with their values in docs/data.md
        if slot.flow.endswith(".net_calorific_value"):
            continue
        listed = re.sub(r"_cwpb(?=/coefficient)", "_…", slot.key)
        listed = re.sub(r"^electricity_[a-z]+\.", "electricity_<type>.", listed)
        listed = re.sub(r"/[a-z]+_transport/", "/<mode>_transport/", listed)
        assert slot.unit in units[listed].split(), listed
