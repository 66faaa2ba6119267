"""The parameter tables of the models, and the pages generated from them.

System under test: `model_table` and the pages in `docs/models`. Facts by hand, from the reference
files: melting takes 35 to 180 m3 of natural gas per t (envelopes.csv); published primary ingot is
15.947 kg CO2e/kg in China (metals_and_scrap.csv); ceramic filters have no factor and an upper bound
of 4.804 kg/kg (upper_bounds.csv); a smelter's coal power is asked for only where the primary chain
is modelled and its power is coal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest

from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from footprint.cli.main import main
from footprint.publish.model_pages import (
    INDEX,
    MEANINGS,
    differing_pages,
    pages,
    source_text,
    write_pages,
)
from footprint.publish.model_tables import (
    BALANCED,
    FACTOR,
    FROM_CLASSES,
    FROM_LEDGER,
    OBLIGATORY,
    OPTIONAL,
    ModelTable,
    Parameter,
    model_table,
)
from lca_models.catalogue import PRODUCTS, available_choices, product_system
from lca_models.system.unit_process import Choices

COMMITTED = Path(__file__).parents[2] / "docs" / "models"


@pytest.fixture(scope="module", params=PRODUCTS)
def table(request: pytest.FixtureRequest) -> ModelTable:
    return model_table(request.param)


@pytest.fixture(scope="module")
def plate() -> dict[str, Parameter]:
    return {item.slot.key: item for item in model_table("plate").parameters}


def every_choice(product: str) -> Iterator[Choices]:
    """Yield the choices of a study with any one choice set to any of its values."""
    known = {field.name for field in fields(Choices)}
    for choice, values in available_choices(product).items():
        for value in values if choice in known else ():
            yield replace(Choices(), **{choice: value})


def test_every_slot_of_every_choice_has_a_unit_and_a_source(table: ModelTable) -> None:
    listed = {(item.slot.key, item.slot.unit): item for item in table.parameters}
    assert len(listed) == len(table.parameters)
    asked = 0
    for choices in every_choice(table.product):
        try:
            system = product_system(table.product, choices)
        except BadInput:
            continue
        for slot in (*system.amount_slots(), *system.emission_slots()):
            found = listed[slot.key, slot.unit]
            assert conversion(slot.unit, slot.unit) == 1
            assert source_text(found)
            if found.default is not None:
                assert found.default.factor.source.citation
                assert found.default.factor.source.citation in source_text(found)
            asked += 1
    assert asked > len(listed)


def test_a_value_of_the_plant_is_plainly_one_and_what_is_missing_too(table: ModelTable) -> None:
    for item in table.parameters:
        if item.missing:
            assert "no published value" in source_text(item) or "no source" in source_text(item)
        elif item.optional and item.default is None:
            assert "PCF-MISSING-002" in source_text(item)
        elif item.default is None:
            assert source_text(item).endswith("site's own ledger; no published default")


def test_facts_of_the_plate_model(plate: dict[str, Parameter]) -> None:
    gas = plate["melting/natural_gas/inventory"]
    assert (gas.kind, gas.distribution, gas.slot.unit) == (OBLIGATORY, FROM_LEDGER, "m3/t")
    assert gas.plausible == (35, 180)
    assert plate["charging/primary_ingot/inventory"].distribution == BALANCED
    ingot = plate["primary_ingot/cradle_to_gate"]
    assert (ingot.kind, ingot.distribution) == (FACTOR, FROM_CLASSES)
    assert ingot.default is not None
    assert ingot.default.gases() == {"co2e": Decimal("15947")}  # per t
    assert (("primary_source", "modelled"),) in ingot.not_with
    assert plate["natural_gas.net_calorific_value/property"].plausible == (25, 45)


def test_a_slot_of_two_choices_together_is_found(plate: dict[str, Parameter]) -> None:
    coal = plate["electricity_coal/life_cycle"]
    assert (("primary_source", "modelled"), ("smelter_power", "coal")) in coal.needed_with
    assert all(len(deviation) > 1 for deviation in coal.needed_with)
    assert plate["electrolysis/electricity/inventory"].needed_with == (
        (("primary_source", "modelled"),),
    )


def test_a_missing_default_names_its_upper_bound(plate: dict[str, Parameter]) -> None:
    filters = plate["ceramic_filter/upstream"]
    assert filters.missing
    assert "4.804 kg/kg" in source_text(filters)
    assert "`ceramic_filter/upstream`" in pages()["plate.md"].split("What is missing")[1]


def test_an_optional_slot_is_listed_as_such(plate: dict[str, Parameter]) -> None:
    assert replace(plate["melting/diesel/inventory"], optional=True).kind == OPTIONAL


def test_the_committed_pages_are_what_the_models_say() -> None:
    assert differing_pages(COMMITTED) == []


def test_there_is_a_page_for_every_product_and_the_index_links_it() -> None:
    written = pages()
    assert set(written) == {INDEX, MEANINGS, *(f"{product}.md" for product in PRODUCTS)}
    assert f"({MEANINGS})" in written[INDEX]
    assert all(f"({product}.md)" in written[INDEX] for product in PRODUCTS)
    for page in written.values():
        rows = [line for line in page.splitlines() if line.startswith("| ")]
        assert all("|  |" not in row for row in rows)  # no cell is empty


def test_check_finds_a_page_that_was_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check() -> int:
        with pytest.raises(SystemExit) as left:
            main(["models", "--out", str(tmp_path), "--check", "--lang", "en"])
        return int(left.value.code or 0)

    write_pages(tmp_path)
    assert check() == 0
    page = tmp_path / "plate.md"
    page.write_text(page.read_text(encoding="utf-8").replace("15.947", "15.9"), encoding="utf-8")
    (tmp_path / "extrusion.md").unlink()
    assert check() == 1
    assert "extrusion.md, plate.md" in capsys.readouterr().err
