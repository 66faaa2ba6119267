"""The language of the models and their vocabulary.

System under test: every product under every structural choice. A formula of two slots a = 3, b = 4:
(a + b) x a - b / a = 21 - 1.333… ; min 3, max 4.
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest

import lca_models
from factor_db.foundation.units import same_dimension
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from lca_models.catalogue import CHAIN_PRODUCTS, PRODUCTS, available_choices, product_system
from lca_models.system.formula import ONE, ZERO, Literal, Slot, lower, total, upper
from lca_models.system.unit_process import Choices, Input, Link, ProductSystem

MODEL_MODULES = (
    "slots",
    "charge",
    "electricity",
    "casthouse",
    "finishing",
    "metal_inputs",
    "reach",
    "surface",
    "plate",
    "sheet",
    "forged_ring",
    "extrusion",
    "recycled_ingot",
    "primary_aluminium",
    "smelter",
    "constraints",
    "catalogue",
    "compile",
    "brightway/building",
    "brightway/formulas",
    "brightway/inventory",
    "brightway/oracle",
    "brightway/package",
)
# Balance rows of a ledger: the loops are closed by the steps that give the metal back.
BALANCE_ONLY = {("charging", "internal_scrap"), ("charging", "recovered_metal")}
# Dross treated for others: the metal is its owner's, and the amount is one tonne by definition.
OF_THE_OWNER = {
    "dross_service": {("dross_recovery", "recovered_metal"), ("dross_recovery", "dross")}
}


# A smelter's ledger is not asked for PFC of every method; its slots are tested by themselves.
IN_LEDGERS = [product for product in PRODUCTS if product not in CHAIN_PRODUCTS]


def structures(product: str) -> list[ProductSystem]:
    """Return the product systems of a product under each choice, with either kind of primary."""
    known = available_choices(product)
    # CWPB has coefficients for every method of counting PFC.
    return [
        product_system(
            product,
            replace(Choices(primary_source=source, smelter_technology="CWPB"), **{name: value}),
        )
        for source in known["primary_source"]
        for name, values in known.items()
        for value in values
    ]


def test_a_formula_computes_what_it_says() -> None:
    from lca_models.system.compile import DECIMAL_ARITHMETIC as arithmetic

    a, b = Slot("p", "a", "inventory", "kg/t"), Slot("", "b", "property", "1")
    values = {"p/a/inventory": Decimal(3), "b/property": Decimal(4)}
    formula = (a + b) * a - b / a
    assert formula.evaluate(values, arithmetic) == Decimal(21) - Decimal(4) / Decimal(3)
    assert lower(a, b).evaluate(values, arithmetic) == 3
    assert upper(a, b).evaluate(values, arithmetic) == 4
    assert (-a).evaluate(values, arithmetic) == -3
    assert total().evaluate(values, arithmetic) == ZERO.evaluate(values, arithmetic) == 0
    assert [slot.key for slot in formula.slots()].count("p/a/inventory") == 3


def test_a_sum_is_that_of_all_its_terms() -> None:
    from lca_models.system.compile import DECIMAL_ARITHMETIC as arithmetic

    slots = [Slot("melting", flow, "inventory", "t/t") for flow in ("dross", "slab", "billet")]
    values = {slot.key: Decimal(value) for slot, value in zip(slots, (2, 3, 7), strict=True)}
    sums = [total(*slots[:count]).evaluate(values, arithmetic) for count in range(4)]
    assert sums == [0, 2, 5, 12]


def test_a_model_may_hold_no_literal_but_0_and_1() -> None:
    assert (ONE.value, ZERO.value) == (1, 0)
    with pytest.raises(ValueError, match="0 and 1"):
        Literal(2)


def test_every_model_module_is_asked() -> None:
    modules = {path.stem for path in Path(lca_models.__file__).parent.glob("*.py")}
    assert modules - {"__init__", "catalogue"} <= set(MODEL_MODULES)


@pytest.mark.parametrize("module", MODEL_MODULES)
def test_no_number_hides_in_a_model_module(module: str) -> None:
    (path,) = Path(lca_models.__file__).parent.rglob(f"{module}.py")
    source = path.read_text(encoding="utf-8")
    numbers = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float | complex)
        and not isinstance(node.value, bool)
    ]
    assert set(numbers) <= {0, 1}


@pytest.mark.parametrize("product", PRODUCTS)
def test_links_have_providers_and_processes_are_in_the_vocabulary(
    product: str, kit: SimpleNamespace
) -> None:
    known = {row["code"]: row for row in kit.reference("processes.csv")}
    for system in structures(product):
        codes = [process.code for process in system.processes]
        assert len(codes) == len(set(codes))
        assert system.final in codes
        for process in system.processes:
            row = known[process.code]
            assert (process.stage, process.product) == (row["stage"], row["product"])
            links = [item for item in process.exchanges if isinstance(item, Link)]
            assert {link.process for link in links} <= set(codes)


@pytest.mark.parametrize("product", PRODUCTS)
def test_inventories_are_counted_in_the_units_of_the_vocabulary(
    product: str, kit: SimpleNamespace
) -> None:
    flows = {row["code"]: row for row in kit.reference("flows.csv")}
    for system in structures(product):
        for slot in system.amount_slots():
            if slot.quantity != "inventory":
                continue
            amount, per = slot.unit.split("/")
            in_chain = system.process(slot.process).stage == "primary_chain"
            energy = amount == "MJ" and flows[slot.flow]["category"] == "fuel" and in_chain
            assert energy or same_dimension(amount, flows[slot.flow]["unit"])
            assert per == "t"


@pytest.mark.parametrize("product", PRODUCTS)
def test_emissions_are_per_the_unit_of_their_input(product: str, kit: SimpleNamespace) -> None:
    flows = {row["code"] for row in kit.reference("flows.csv")}
    for system in structures(product):
        for exchange in inputs(system):
            assert exchange.flow in flows
            assert {part.slot.unit for part in exchange.parts} <= {f"kg/{exchange.unit}"}
            assert exchange.parts or exchange.rule


@pytest.mark.parametrize("product", IN_LEDGERS)
def test_own_inventory_slots_are_exactly_the_rows_a_ledger_reports(
    product: str, kit: SimpleNamespace
) -> None:
    rows = kit.reference("process_flows.csv")
    for surface in ("plain", "anodised", "powder_coated"):
        if surface not in available_choices(product)["surface"]:
            continue
        system = product_system(product, Choices(surface=surface))
        slots = [slot for slot in system.amount_slots() if slot.quantity == "inventory"]
        # Of the metal a step may take any one may be absent; that one is there is checked apart.
        other = {(slot.process, slot.flow) for slot in slots if slot.balanced}
        asked = {(slot.process, slot.flow) for slot in slots if not slot.optional} | other
        may_ask = {(slot.process, slot.flow) for slot in slots if slot.optional} - other
        conditions = {"yes", surface}
        if product in {"recycled_ingot", "liquid_alloy"}:
            conditions.add("recycled")
        codes = {process.code for process in system.processes}
        reported = {
            (row["process"], row["flow"])
            for row in rows
            if row["process"] in codes and row["obligatory"] in conditions
        }
        absentable = {(r["process"], r["flow"]) for r in rows if r["obligatory"] == "no"}
        assert asked - reported - (other & absentable) == set()
        assert may_ask <= absentable
        assert reported - asked <= BALANCE_ONLY | OF_THE_OWNER.get(product, set())
        assert asked & BALANCE_ONLY == set()


@pytest.mark.parametrize("product", IN_LEDGERS)
def test_a_route_asks_only_for_what_a_ledger_can_report(product: str, kit: SimpleNamespace) -> None:
    rows = {(row["process"], row["flow"]) for row in kit.reference("process_flows.csv")}
    for system in structures(product):
        chain = {p.code for p in system.processes if p.stage == "primary_chain"}
        slots = [s for s in system.amount_slots() if s.quantity == "inventory"]
        assert {(s.process, s.flow) for s in slots if s.process not in chain} <= rows


@pytest.mark.parametrize("product", CHAIN_PRODUCTS)
def test_a_smelters_ledger_can_report_every_amount_of_the_chain(
    product: str, kit: SimpleNamespace
) -> None:
    """And it is asked for no more: a row no model reads would be read as part of the footprint."""
    rows = {(r["process"], r["flow"]): r["obligatory"] for r in kit.reference("process_flows.csv")}
    slots = {
        (slot.process, slot.flow): slot.optional
        for system in structures(product)
        for slot in system.amount_slots()
        if slot.quantity == "inventory"
    }
    codes = {code for code, _ in slots}
    assert {key for key in rows if key[0] in codes} == set(slots)
    for key, optional in slots.items():
        assert optional == (rows[key] == "no"), key
    assert {key for key in slots if rows[key] == "pfc"} == {
        ("electrolysis", "cf4"),
        ("electrolysis", "c2f6"),
    }


@pytest.mark.parametrize("product", PRODUCTS)
def test_one_slot_key_has_one_unit(product: str) -> None:
    seen: dict[str, str] = {}
    for system in structures(product):
        for slot in all_slots(system):
            assert seen.setdefault(slot.key, slot.unit) == slot.unit
    assert not any(key.endswith("/direct_co2") for key in seen)


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_rule_cited_is_in_the_register(product: str) -> None:
    folder = files("factor_db") / "rules"
    texts = [path.read_text(encoding="utf-8") for path in folder.iterdir() if path.is_file()]
    known = {rule for text in texts for rule in tomllib.loads(text)}
    for system in structures(product):
        cited = {*system.rules, *(item.rule for item in inputs(system) if item.rule)}
        # The rules of CBAM are registered with the CBAM view.
        assert {rule for rule in cited if not rule.startswith("CBAM-")} <= known


@pytest.mark.parametrize("product", PRODUCTS)
def test_scopes_follow_ownership(product: str) -> None:
    for system in structures(product):
        for process in system.processes:
            for exchange in process.exchanges:
                for part in exchange.parts if isinstance(exchange, Input) else ():
                    expected = "3"
                    if process.own and part.slot.quantity in {"combustion", "process"}:
                        expected = "1"
                    elif process.own and is_generation(part.slot):
                        expected = "3" if is_own_plant(exchange) else "2"
                    assert part.scope == expected


def is_generation(slot: Slot) -> bool:
    """Tell whether a slot is the generation of power, as opposed to its delivery."""
    return slot.flow.startswith("electricity") and slot.quantity.endswith("life_cycle")


def is_own_plant(exchange: Input) -> bool:
    """Tell whether power comes from a plant on site: a share of all power, with no delivery."""
    shared = any(slot.flow in SHARE_FLOWS for slot in exchange.amount.slots())
    return shared and len(exchange.parts) == 1


def inputs(system: ProductSystem) -> list[Input]:
    """Return all inputs of a system."""
    return [
        exchange
        for process in system.processes
        for exchange in process.exchanges
        if isinstance(exchange, Input)
    ]


def all_slots(system: ProductSystem) -> list[Slot]:
    """Return amount slots and emission slots."""
    parts = [part.slot for exchange in inputs(system) for part in exchange.parts]
    return [*system.amount_slots(), *parts]
