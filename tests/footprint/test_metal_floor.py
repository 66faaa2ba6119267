"""No primary metal carries less than its anodes and alumina give. Rule: AL-PRIMARY-FLOOR.

By hand, t CO2e per t: 3 x 44.009 / (4 x 26.982) = 1.2233 of anodes at 100 % current efficiency;
1.8895 t alumina x 8.108 GJ/t x 0.055539 t/GJ = 0.8509; together 2.0742. With 30 % recycled metal
0.7 x 2.0742 = 1.4519. A billet at 1.7 of which nothing else is said stands below; with 30 % recycled
metal that a document shows it does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from supplier_cases import (
    BUYER,
    INGOT,
    calculated,
    footprint_of,
    product,
    publish,
    published,
    store_of_two,
    supplied_by,
)

from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.errors import Incomplete
from factor_db.foundation.rules import rule
from factor_db.store.work import Store
from footprint.exchange.fields import FileFaults
from footprint.exchange.importing import faults_of_file, import_supplier, read_supplier_file
from footprint.figures.blocked import SUPPLIER_BELOW_FLOOR, blocking_reasons, refuse_blocked
from footprint.study.definition import default_study
from footprint.supply.metal_floor import FLOOR_RULE, floor_of, stated_of

D = Decimal
TODAY = date(2026, 11, 22)
TYPED = """
supplier_zh = "示例铝厂"
supplier_en = "Example Smelter"
product_zh = "Al99.70"
product_en = "Al99.70"
flow = "{flow}"
unit = "t"
pcf_kg_co2e = {figure}
gwp_set = "AR6"
geography = "CN-YN"
period_start = 2025-01-01
period_end = "2025-12-31"
boundary = "cradle-to-gate"
basis = "calculated"
scrap_rule = "cut-off"
"""
WHOLE = D("1.2233") + D("1.8895") * D("8.108") * D("0.055539")
DOCUMENT = '[document]\ncitation = "charge records 2025"\n'


@pytest.fixture(scope="module")
def store(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = store_of_two(published_home, tmp_path_factory.mktemp("floor"))
    yield opened
    opened.close()


def typed(figure: str, *, flow: str = INGOT, more: str = "") -> str:
    return TYPED.format(figure=figure, flow=flow) + more


def written(folder: Path, content: Any, name: str = "supplier.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def faults_of(path: Path, flow: str = INGOT) -> set[tuple[str, str]]:
    with pytest.raises(FileFaults) as caught:
        read_supplier_file(path, TODAY, flow)
    return {(fault.field, fault.code) for fault in caught.value.faults}


def test_the_floor_by_hand() -> None:
    assert WHOLE.quantize(D("0.0001")) == D("2.0742")
    assert floor_of(INGOT) == WHOLE
    assert floor_of("purchased_billet", D("0.3")) == D("0.7") * WHOLE
    assert floor_of("billet", D(1)) == 0
    for free in ("recycled_ingot", "liquid_alloy", "scrap_pre_consumer", "magnesium"):
        assert floor_of(free) == 0


def test_anodes_by_their_atoms() -> None:
    carbon, oxygen, aluminium = D("12.011"), D("15.999"), D("26.982")
    co2 = 3 * (carbon + 2 * oxygen) / (4 * aluminium)
    assert abs(co2 - rule(FLOOR_RULE).number("anode_co2")) < D("0.0001")


def test_everything_published_lies_above_the_floor() -> None:
    """The lowest published primary ingot carries 4.91, more than twice the floor."""
    flows = rule(FLOOR_RULE).items("flows")
    known = [item for item in reference_factors() if item.flow in flows and item.kind == "product"]
    assert known
    assert min(stated_of(item.amounts) for item in known) > 2 * WHOLE
    gas = [
        item.amounts["co2"]
        for item in reference_factors()
        if item.slot_key == "natural_gas/combustion"
    ]
    assert rule(FLOOR_RULE).number("gas_t_co2_per_gj") == min(gas)


@pytest.mark.parametrize(
    ("figure", "flow", "refused"),
    [
        ("1700", "primary_ingot", True),
        ("2074", "primary_ingot", True),
        ("2075", "primary_ingot", False),
        ("1700", "primary_liquid", True),
        ("1700", "primary_t_bar", True),
        ("1700", "purchased_billet", True),
        ("1700", "purchased_slab", True),
        ("1700", "purchased_coil", True),
        ("700", "recycled_ingot", False),
    ],
)
def test_a_figure_below_the_floor_is_refused(
    figure: str, flow: str, refused: bool, tmp_path: Path
) -> None:
    path = written(tmp_path, typed(figure, flow=flow), "typed.toml")
    if not refused:
        assert read_supplier_file(path, TODAY, "").flow == flow
        return
    assert faults_of(path, "") == {("pcf_kg_co2e", "SUPPLIER_BELOW_FLOOR")}
    (fault,) = faults_of_file(path, TODAY)
    assert "2.074" in fault.message("zh")
    assert "recycled_content" in fault.remedy("en")


def test_gases_and_pact_are_held_to_it_too(tmp_path: Path) -> None:
    by_gas = typed("x").replace("pcf_kg_co2e = x\n", "") + "[gases_kg]\nco2 = 1600\ncf4 = 0.01\n"
    path = written(tmp_path, by_gas, "gases.toml")
    assert faults_of(path) == {("pcf_kg_co2e", "SUPPLIER_BELOW_FLOOR")}
    content = footprint_of()
    for name in (
        "pcfExcludingBiogenicUptake",
        "pcfIncludingBiogenicUptake",
        "fossilGhgEmissions",
    ):
        content["pcf"][name] = "1700"
    field = "pcf.pcfExcludingBiogenicUptake"
    assert faults_of(written(tmp_path, content)) == {(field, "SUPPLIER_BELOW_FLOOR")}


def test_recycled_metal_that_a_document_shows_lowers_it(tmp_path: Path) -> None:
    thirty = 'recycled_content = "30"\n'
    shown = written(tmp_path, typed("1700", flow="billet", more=thirty + DOCUMENT), "shown.toml")
    assert read_supplier_file(shown, TODAY, "").declared.recycled_share == D("0.3")
    unshown = written(tmp_path, typed("1700", flow="billet", more=thirty), "unshown.toml")
    assert faults_of(unshown, "") == {("recycled_content", "SUPPLIER_RECYCLED_UNSHOWN")}
    low = written(tmp_path, typed("1450", flow="billet", more=thirty + DOCUMENT), "low.toml")
    assert faults_of(low, "") == {("pcf_kg_co2e", "SUPPLIER_BELOW_FLOOR")}
    much = typed("1700", more='recycled_content = "101"\n' + DOCUMENT)
    assert faults_of(written(tmp_path, much, "much.toml")) == {
        ("recycled_content", "SUPPLIER_NUMBER_BOUNDS")
    }


@pytest.mark.parametrize(("kg", "barred"), [("1.7", True), ("2.1", False)])
def test_a_figure_that_came_another_way_is_never_certified(
    store: Store, kg: str, barred: bool
) -> None:
    """A factor written by hand, or imported before there was a floor, is judged by its result."""
    made = product({"co2e": kg}, id=f"seller.low.{kg.replace('.', '-')}")
    ref = published(store, made)
    study = supplied_by(default_study("plate"), (ref, "1"))
    document = calculated(store, study, "exporter").result
    reasons = {reason.name for reason in blocking_reasons(document)}
    assert (SUPPLIER_BELOW_FLOOR in reasons) is barred
    if barred:
        with pytest.raises(Incomplete, match="BLOCKED_SUPPLIER_BELOW_FLOOR") as caught:
            refuse_blocked(document)
        assert f"value {kg}" in str(caught.value.params["items"])


def test_an_imported_share_of_recycled_metal_is_read_again(store: Store, tmp_path: Path) -> None:
    """30 % recycled metal on file: 1.7 imports, and its result is not barred by the floor."""
    text = typed("1700", more='recycled_content = "30"\n' + DOCUMENT)
    with store.work("buyer") as work:
        file = read_supplier_file(written(tmp_path, text, "mixed.toml"), TODAY, INGOT)
        ref = import_supplier(work, file, owner=BUYER)
    publish(store, ref)
    study = supplied_by(default_study("plate"), (ref, "1"))
    document = calculated(store, study, "exporter").result
    assert SUPPLIER_BELOW_FLOOR not in {reason.name for reason in blocking_reasons(document)}
