"""docs/validation.md tells the truth: every figure of its column "ours" is computed again.

System under test: the three example ledgers under other charges. By hand, plate with 100 % primary
instead of 70 %: 0.29 more (the alloying elements stay) × 1.02565 × 15.947 = + 4.7 kg.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from factor_db.store.work import Store
from footprint.calculation import calculate_study
from footprint.evaluate import Nominal
from footprint.study import Study, default_study

PAGE = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
HYDRO_PRIMARY_KG_PER_T = Decimal(4500)
PRIMARY, POST, PRE = (
    f"charging/{flow}/inventory"
    for flow in ("primary_ingot", "scrap_post_consumer", "scrap_pre_consumer")
)


def figure(row_begins: str) -> float:
    """Return the last number of the table row that begins like this."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row_begins}"))
    return float(line.rstrip(" |").rpartition("|")[2])


def nominal(store: Store, study: Study) -> Nominal:
    with store.read() as session:
        return calculate_study(session, study).nominal


def external(result: Nominal) -> dict[str, Decimal]:
    return {
        pin.slot.key: pin.value()
        for pin in result.pins
        if pin.slot.process == "charging" and pin.slot.unit == "t/t"
    }


def with_primary_share(store: Store, product: str, percent: int) -> Study:
    study = default_study(product)
    metals = external(nominal(store, study))
    charge = sum(metals.values(), Decimal(0))
    alloying = charge - metals[PRIMARY] - metals[POST] - metals[PRE]
    primary = min(charge * percent / 100, charge - alloying)
    overrides = {PRIMARY: primary, PRE: Decimal(0), POST: charge - alloying - primary}
    return replace(study, overrides=overrides)


@pytest.mark.parametrize("product", ["plate", "extrusion"])
@pytest.mark.parametrize("percent", [100, 70, 50, 25])
def test_other_charges(demo_store: Store, product: str, percent: int) -> None:
    study = with_primary_share(demo_store, product, percent)
    assert float(nominal(demo_store, study).total) == pytest.approx(
        figure(f"{product} | {percent}"), abs=0.005
    )


def test_hydro_primary_and_all_scrap(demo_store: Store) -> None:
    hydro = with_primary_share(demo_store, "plate", 100)
    hydro = replace(
        hydro, overrides={**hydro.overrides, "primary_ingot/cradle_to_gate": HYDRO_PRIMARY_KG_PER_T}
    )
    assert float(nominal(demo_store, hydro).total) == pytest.approx(
        figure("plate, hydro"), abs=0.005
    )
    scrap = with_primary_share(demo_store, "extrusion", 0)
    assert float(nominal(demo_store, scrap).total) == pytest.approx(
        figure("extrusion, all scrap"), abs=0.005
    )


def test_recycled_ingot(demo_store: Store) -> None:
    example = nominal(demo_store, default_study("recycled_ingot"))
    assert float(example.total) == pytest.approx(figure("recycled ingot | 0"), abs=0.0005)
    metals = external(example)
    primary = sum(metals.values(), Decimal(0)) * Decimal("0.065")
    prepared = "charging/prepared_scrap/inventory"
    changed = replace(
        default_study("recycled_ingot"),
        overrides={PRIMARY: primary, prepared: metals[prepared] - primary},
    )
    assert float(nominal(demo_store, changed).total) == pytest.approx(
        figure("recycled ingot | 6.5"), abs=0.005
    )


@pytest.mark.parametrize(
    ("power", "row"), [("grid", "grid"), ("coal", "captive coal"), ("hydro", "hydro |")]
)
def test_the_modelled_chain(demo_store: Store, power: str, row: str) -> None:
    study = (
        default_study("plate").changed("primary_source", "modelled").changed("smelter_power", power)
    )
    result = nominal(demo_store, study)
    metals = external(nominal(demo_store, default_study("plate")))
    kg_primary = Decimal("1.02565") * metals[PRIMARY] / sum(metals.values(), Decimal(0))
    chain = sum((r.kg_co2e for r in result.contributions if r.stage == "primary_chain"), Decimal(0))
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row}"))
    ours = float(line.split("|")[3])
    assert float(chain / kg_primary) == pytest.approx(ours, abs=0.005)
