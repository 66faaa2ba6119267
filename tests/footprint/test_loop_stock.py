"""Own scrap returns as far as it was charged: stock, tolling, and the worked case of closure.

System under test: ledger with a stock sheet → withheld share → the model's returns to the charge.
By hand, t and t CO2e: ingot at 10, 10 bought slab at 9, energy 23 for casting and 36 for the mill;
100 ingot + 18 own scrap → 115 slab, of which 108 are taken with the 10 bought → 90 plate, 20 scrap
made (2 of it to stock), 8 sold at cut-off. f_slab = (118 × 10 + 23) / 115 = 10.4609; f_plate =
(108 × f_slab + 10 × 9 + 36 − 20 × 10) / 90 = 11.7308, which with 7 slab, 2 scrap and 5 ingot left
makes the account: 90 f_plate + 7 f_slab + 2 × 10 + 5 × 10 = 105 × 10 + 90 + 23 + 36 = 1199.

Shares: made 20, charged 18, stock +2 is 10 % of what was made: 0. Stock +3 of 20, charged 17: 15 %,
so 3 / 20 are withheld. 6000 made, 3000 tolled: 0.5, whatever the stock. Charged more than made: 0.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from plant_cases import (
    EXACTLY,
    Plant,
    account_t_co2e,
    assert_equal,
    calculated,
    per_kg,
    study_of,
)

from factor_db.factors.derive.loop_shares import withheld
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.certificate.certifiable import require_certifiable
from footprint.solving.solve import solve_exactly
from lca_models.catalogue import product_system
from lca_models.system.compile import DECIMAL_ARITHMETIC, compile_system
from lca_models.system.reach import pruned
from lca_models.system.unit_process import Choices

WORKED = {
    "charging/primary_ingot/inventory": "1",
    "melting/charge_metal/inventory": (118, 115),
    "melting/electricity/inventory": (23000, 115),
    "scalping/slab/inventory": (108, 90),
    "scalping/purchased_slab/inventory": (10, 90),
    "scalping/internal_scrap/inventory": (20, 90),
    "scalping/electricity/inventory": (36000, 90),
    "scalping/sold_scrap/inventory": (8, 90),
}
FACTORS = {
    "primary_ingot/cradle_to_gate": {"co2e": Decimal(10)},
    "slab/cradle_to_gate": {"co2e": Decimal(9)},
    "electricity/life_cycle": {"co2e": Decimal("0.001")},
    "electricity/delivery": {"co2e": Decimal(0)},
}
STEPS = (
    "slab_homogenising/scalped_slab",
    "hot_rolling/homogenised_slab",
    "plate_sawing/hot_rolled_plate",
    "plate_packing/sawn_plate",
    "slab_casting/refined_metal",
    "refining/molten_metal",
)


def test_the_worked_case_of_closure() -> None:
    full = product_system("plate", Choices())
    with localcontext(EXACT):
        given: dict[str, Any] = {**WORKED, **{f"{step}/inventory": "1" for step in STEPS}}
        values = {slot.key: Decimal(0) for slot in full.amount_slots()}
        for key, value in given.items():
            values[key] = Decimal(value) if isinstance(value, str) else Decimal(value[0]) / value[1]
        system = pruned(full, values, DECIMAL_ARITHMETIC)
        compiled = compile_system(system, values, FACTORS, DECIMAL_ARITHMETIC)

        def footprint(process: str) -> Decimal:
            run = solve_exactly(compiled, [Decimal(int(c == process)) for c in compiled.processes])
            parts = (run[b.process_index] * b.gases.get("co2e", 0) for b in compiled.burdens)
            return sum(parts, Decimal(0))

        slab, plate = footprint("slab_casting"), footprint("plate_packing")
        assert round(slab, 4) == Decimal("10.4609")
        assert round(plate, 4) == Decimal("11.7308")
        assert abs(90 * plate + 7 * slab + 20 + 50 - 1199) < Decimal("1E-28")


@pytest.mark.parametrize(
    ("made", "charged", "kept", "share"),
    [
        (20, 18, 2, "0"), (20, 17, 3, "0.15"), (20, 18, 1, "0.1"), (20, 18, -2, "0.1"),
        (6000, 3000, 0, "0.5"), (6000, 3000, 200, "0.5"), (20, 23, 0, "0"), (20, 0, 20, "1"),
        (0, 5, 0, "0"), (20, "19.95", 0, "0"),
    ],
)  # fmt: skip
def test_what_is_withheld_by_hand(made: int, charged: Any, kept: int, share: str) -> None:
    assert withheld(Decimal(made), Decimal(charged), Decimal(kept)) == Decimal(share)


def _less_own_scrap(plant: Plant, tonnes: int) -> None:
    """Charge so much less of the own scrap and as much more primary ingot."""
    own, ingot = (plant.total("charging", flow) for flow in ("internal_scrap", "primary_ingot"))
    plant.scale("charging", "internal_scrap", str((own - tonnes) / own))
    plant.scale("charging", "primary_ingot", str((ingot + tonnes) / ingot))


def test_a_heap_of_own_scrap_is_not_credited(store: Store, tmp_path: Path) -> None:
    plant = Plant("extrusion_plant")
    _less_own_scrap(plant, 3000)
    plant.stock("internal_scrap", "3000", used="3000")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    # 3000 of 6000 t were charged, so half returns and the product carries all that was bought.
    assert_equal(result, per_kg(store, plant, tmp_path, "profile_packing"))
    (pin,) = [p for p in result.nominal.pins if "withheld" in p.slot.key]
    assert pin.value() == Decimal("0.5")


def test_a_small_change_of_stock_is_left_to_closure(store: Store, tmp_path: Path) -> None:
    plant = Plant("extrusion_plant")
    _less_own_scrap(plant, 300)
    plant.stock("internal_scrap", "300", used="5700")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    rows = plant.check(tmp_path).ledger.rows  # type: ignore[union-attr]
    (pool,) = [
        Fraction(row.amount)
        for row in result.nominal.flows
        if (row.process, row.role, row.flow) == ("charging", "product", "charge_metal")
    ]
    of_charge = [
        Fraction(row.kg_co2e) for row in result.nominal.contributions if row.process == "charging"
    ]
    per_tonne = sum(of_charge, Fraction(0)) / pool / 1000
    # Account = product x sold + c x what is left in stock.
    account = account_t_co2e(store, rows)
    named = Fraction(result.nominal.total) * 19000 + per_tonne * 300
    assert abs(named / account - 1) < EXACTLY


def test_scrap_sent_out_for_conversion_is_not_credited_nor_certified(
    store: Store, tmp_path: Path
) -> None:
    plant = Plant("extrusion_plant")
    _less_own_scrap(plant, 3000)
    plant.stock("internal_scrap", "0", used="3000", tolling_out="3000")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert_equal(result, per_kg(store, plant, tmp_path, "profile_packing"))
    assert result.document["tolled_metal"] == ["cq-case.2025.metal.tolled_share@1"]
    with pytest.raises(BadInput) as caught:
        require_certifiable(result.result.model_copy(update={"estimate": False}))
    assert caught.value.code == "CERTIFICATE_TOLLED_METAL"


def test_scrap_of_others_taken_in_is_charged_like_bought_metal(
    store: Store, tmp_path: Path
) -> None:
    plant = Plant("extrusion_plant")
    _less_own_scrap(plant, -3000)
    plant.stock("internal_scrap", "0", used="9000", tolling_in="3000")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert float(result.nominal.total) > float(per_kg(store, plant, tmp_path, "profile_packing"))
    assert result.document["tolled_metal"]


def test_scrap_sent_to_one_firm_and_taken_in_from_another_does_not_net(
    store: Store, tmp_path: Path
) -> None:
    """3000 t out to be converted and 3000 t back through a second firm: 6000 t moved, and none 0."""
    plant = Plant("extrusion_plant")
    plant.stock("internal_scrap", "0", used="6000", tolling_out="3000", tolling_in="3000")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert result.document["tolled_metal"]
    with pytest.raises(BadInput, match="CERTIFICATE_TOLLED_METAL"):
        require_certifiable(result.result.model_copy(update={"estimate": False}))


def test_the_example_has_no_tolling_and_withholds_nothing(store: Store, tmp_path: Path) -> None:
    site = Plant("extrusion_plant").publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert "tolled_metal" not in result.document
    assert [p.value() for p in result.nominal.pins if "withheld" in p.slot.key] == [Decimal(0)]
