"""Own power fed into the grid: a line of its own, worth nothing, under every electricity rule.

System: a mill of 100 t plate of 100 t ingot at 10 t CO2e/t that uses 1000 kWh at 1 kg CO2e/kWh; its
roof gives 700 kWh, of which 500 are fed into the grid. By hand: 100 x 10 + 1 = 1001 t CO2e for the
plate; what was fed in took nothing through the gate, and sold power earns its seller no credit.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from plants import Plant, worths

from factor_db.ledger.form.power_entries import OwnPower
from factor_db.ledger.power.rows import PowerReading
from footprint.account.site_ledger import SiteLedger

ROUTE = (
    *(("melting", "charge_metal"), ("refining", "molten_metal"), ("slab_casting", "refined_metal")),
    *(("scalping", "slab"), ("slab_homogenising", "scalped_slab")),
    *(("hot_rolling", "homogenised_slab"), ("plate_sawing", "hot_rolled_plate")),
    ("plate_packing", "sawn_plate"),
)


class UnderTheSun(Plant):
    """A plant whose sheet `power` states a roof."""

    @property
    def ledger(self) -> SiteLedger:
        kwh = {"generated": 700, "used": 200, "fed_in": 500, "certificates_sold": 0}
        roof = OwnPower(
            sheet="power",
            row_number=2,
            source="pv",
            period="2025-01",
            kwh={name: Decimal(value) for name, value in kwh.items()},
            method="metered",
            note="",
            cells={"fed_in": "E2"},
        )
        return replace(super().ledger, power=PowerReading(own=(roof,)))


def test_power_fed_in_has_its_line_and_moves_nothing() -> None:
    plant = UnderTheSun()
    plant.values = worths(
        primary_ingot__cradle_to_gate=10000,
        electricity__life_cycle=1,
        electricity__delivery=0,
        **{"natural_gas.net_calorific_value__property": 36},
        **{"diesel.net_calorific_value__property": 43},
    )
    plant.step("charging", 100, primary_ingot=100)
    for process, metal in ROUTE:
        power = {"electricity": 1000} if process == "hot_rolling" else {}
        plant.step(process, 100, **{metal: 100}, **power)
    closure, results = plant.close("plate", temper="F")
    (line,) = [item for item in closure.lines if item.kind == "power_out"]
    assert (line.amount, line.kg_co2e, line.cells) == (Decimal(500), Decimal(0), ("power!E2",))
    assert results["plate"].total == Decimal("10.01")
    assert closure.account.total == Decimal(1_001_000)
    assert closure.parted == closure.residual == 0
