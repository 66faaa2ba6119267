"""Power bought and generated beyond what the processes count: carried, or named and barred.

System under test: ledger with sheet `power` → derivation → calculation → account → closure. The
extruder buys and generates 1.5 % more than its processes take, 100 MWh a month of it own solar
power; by hand its profile takes 0.015 x the year's kWh x the grid more, over the tonnes packed. A
smelter has no site services: of 137.65 GWh a month (20 own hydro) its processes count 135.05, so
2.6 / 137.65 = 1.8888 % are in no product, above the 1 % that a main meter may leave. With 135.65 it
is 0.6 / 135.65 = 0.4423 %, which closes and is counted among the allowances.
Rules: DER-METER-004, PCF-ELEC-007, PCF-CLOSURE-001.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from plant_cases import Plant, account_t_co2e, assert_equal, calculated, per_kg, study_of

from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult
from footprint.figures.blocked import blocking_reasons
from footprint.judgement.recheck import closure_difference
from footprint.study.examples import publish_own_factors
from tests.footprint.test_smelter_ledger import MONTHS, SITE, _ledger

SHARE, OWN_KWH = Decimal("0.015"), Decimal(100_000)


def with_sources(share: Decimal) -> Plant:
    """Return the extruder that bought and generated a share more than its processes take."""
    plant = Plant("extrusion_plant")
    lines = []
    for month in MONTHS:
        rows = [row for row in plant.rows if (row["flow"], row["period"]) == ("electricity", month)]
        came = sum((Decimal(row["amount"]) for row in rows), Decimal(0)) * (1 + share)
        power = {"period": month, "fed_in": "0", "unit": "kWh", "method": "metered"}
        own = {"source": "pv", "generated": str(OWN_KWH), "used": str(OWN_KWH)}
        bought = {"source": "grid", "generated": "0", "used": str(came - OWN_KWH)}
        lines += [power | own | {"installation": "5300-7788-9911"}, power | bought]
    plant.sheets["power"] = lines
    return plant


def under(store: Store, site: str, rule: str) -> CalculationResult:
    study = study_of("extrusion", site)
    choices = replace(study.choices, electricity_rule=rule)
    found = calculated(store, replace(study, choices=choices))
    closure = found.result.closure
    assert closure is not None
    assert closure.closed, closure.reasons
    assert closure.left_out is not None
    assert closure.left_out.flows == ()
    assert closure_difference(found.result) == ""
    return found


def test_products_carry_what_was_bought_and_generated_beyond_the_processes(
    store: Store, tmp_path: Path
) -> None:
    plant = with_sources(SHARE)
    site = plant.publish(store, tmp_path)
    ledger = plant.check(tmp_path).ledger
    assert ledger is not None
    power = [row for row in ledger.rows if row.flow == "electricity"]
    packed = Fraction(plant.total("profile_packing", "extrusion"))
    rest = Fraction(SHARE) * account_t_co2e(store, power) / packed
    found = under(store, site, "location")
    assert_equal(found, per_kg(store, plant, tmp_path, "profile_packing") + rest)
    services = [row for row in found.result.contributions if row.process == "site_services"]
    assert {row.flow for row in services} == {"electricity"}
    saved = 12 * OWN_KWH / 1000 * (Decimal("0.6104") - Decimal("0.052")) / Decimal(int(packed))
    lower = found.nominal.total - under(store, site, "own").nominal.total
    assert abs(lower - saved) < Decimal("0.0001") * saved


def test_processes_that_count_a_little_more_have_no_rest(store: Store, tmp_path: Path) -> None:
    plant = with_sources(Decimal("-0.01"))
    site = plant.publish(store, tmp_path)
    found = under(store, site, "location")
    assert_equal(found, per_kg(store, plant, tmp_path, "profile_packing"))


@pytest.mark.parametrize(("bought", "closed"), [("117650", False), ("115650", True)])
def test_a_smelter_without_services_names_what_its_cells_do_not_count(
    store: Store, tmp_path: Path, bought: str, closed: bool
) -> None:
    lines = ["# sheet: power", "period,source,generated,used,fed_in,unit,method,installation"]
    for month in MONTHS:
        lines.append(f"{month},hydro,20000,20000,0,MWh,metered,5300-7788-9911")
        lines.append(f"{month},grid,0,{bought},0,MWh,invoiced,")
    publish_own_factors(store, SITE, _ledger(tmp_path, further="\n".join(lines) + "\n"))
    study = study_of("primary_aluminium", SITE)
    choices = replace(study.choices, electricity_rule="own", pfc_method="amount")
    document = calculated(store, replace(study, choices=choices)).result
    closure = document.closure
    assert closure is not None
    assert closure.left_out is not None
    assert closure.allowances is not None
    (flow,) = closure.left_out.flows
    came = Decimal(20000) + Decimal(bought)
    assert abs(flow.of_meter - (came - 135050) / came) < Decimal("1E-20")
    assert (flow.kind, flow.flow) == ("main_meter", "electricity")
    assert closure.allowances.share == closure.left_out.share > 0
    assert closure.closed is closed
    barred = [reason.name for reason in blocking_reasons(document)]
    assert ("NOT_CLOSED" in barred) is not closed
