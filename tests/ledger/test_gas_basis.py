"""Gas metered at 20 °C with a calorific value at 0 °C is asked about; either alone is not.

System: the recycling example. 1 m3 at 20 °C is 273.15 / 293.15 = 0.93178 m3 at 0 °C, and 1 MJ/m3 at
20 °C is 1.07322 MJ/m3 at 0 °C, so that heat is the same when both are stated at 20 °C.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import example
from test_ledger_magnitude import month_index_of

from factor_db.foundation.units import conversion
from factor_db.ledger.checks.gas_basis import check_gas_basis
from factor_db.ledger.form.faults import Finding, Findings

GAS, VALUE = "natural_gas", "natural_gas.net_calorific_value"


def found(gas_unit: str, value_unit: str, note: str = "") -> list[Finding]:
    rows = []
    for row in example("recycling_plant")[1]:
        if row.flow == GAS:
            rows.append(replace(row, unit=gas_unit))
        elif row.flow == VALUE:
            rows.append(replace(row, unit=value_unit, note=note))
        else:
            rows.append(row)
    assert {GAS, VALUE} <= {row.flow for row in rows}
    findings = Findings()
    check_gas_basis(month_index_of(rows), findings)
    return list(findings.collected())


def test_heat_is_the_same_when_both_are_at_20_degrees() -> None:
    heat = conversion("m3_20c", "m3") * conversion("MJ/m3_20c", "MJ/m3")
    assert abs(heat - 1) < Decimal("1E-30")


@pytest.mark.parametrize(
    ("gas", "value"),
    [("m3", "MJ/m3"), ("m3_20c", "MJ/m3_20c"), ("万m3(20°C)", "MJ/m3(20°C)"), ("Nm3", "MJ/标方")],
)
def test_one_temperature_is_no_finding(gas: str, value: str) -> None:
    assert found(gas, value) == []


@pytest.mark.parametrize(("gas", "value"), [("m3_20c", "MJ/m3"), ("m3", "MJ/m3_20c")])
def test_two_temperatures_ask_for_an_explanation(gas: str, value: str) -> None:
    findings = found(gas, value)
    assert findings
    for finding in findings:
        assert (finding.code, finding.severity) == ("LEDGER_GAS_BASIS", "warning")
        assert (finding.params["metered"], finding.params["stated"]) == (gas, value)
        assert not finding.explained
    noted = found(gas, value, note="certificate at 0 °C")
    assert [finding.explained for finding in noted] == [True] * len(findings)
