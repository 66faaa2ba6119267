"""Every pair of the ledger vocabulary means the same to ledger, models and account, or says why not.

System under test: the sweep of `footprint.meanings` and its page `docs/models/meanings.md`. By hand:
what is read off the reference files for a dozen pairs, one of each kind. Faults are planted on each
road by itself (a row of gate.csv gone, metal deducted from other metal, a role turned, a link of
the ledger cut) and have to be named.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from factor_db.ledger.form.vocabulary import vocabulary
from footprint.meanings import account_road, ledger_road, model_road, sweep, words
from footprint.meanings.page import NAME, meanings_page
from footprint.meanings.pairs import METAL_SOLD, Pair, all_pairs
from footprint.meanings.refused import unread
from footprint.meanings.sweep import faults, swept
from lca_models.catalogue import product_system
from lca_models.system.formula import Slot
from lca_models.system.slots import inventory
from lca_models.system.unit_process import Choices, Input, Link, ProductSystem

ROOT = Path(__file__).parents[2]
SWEPT = (sweep.swept, sweep.effects)
LEDGER, ACCOUNT = ledger_road.balance_places, account_road._properties_asked


@pytest.fixture
def anew() -> Iterator[None]:
    """Let a test plant a fault in ledger or account: nothing swept before is kept, nor after."""
    yield from _cleared(*SWEPT, LEDGER, ACCOUNT)


@pytest.fixture
def model_anew(monkeypatch: Any) -> Iterator[None]:
    """Let a test plant a fault in the models; of two products, for speed."""
    monkeypatch.setattr(model_road, "PRODUCTS", ("plate", "extrusion"))
    yield from _cleared(*SWEPT, model_road.model_road)


def _cleared(*caches: Any) -> Iterator[None]:
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def meaning(process: str, flow: str, role: str, sheet: str = "ledger") -> tuple[str, str, str]:
    (found,) = (item for item in swept() if item.pair == Pair(process, flow, role, sheet))
    return found.meanings


def test_the_committed_page_is_what_is_swept() -> None:
    committed = (ROOT / "docs" / "models" / NAME).read_text(encoding="utf-8")
    assert committed == meanings_page()


def test_every_pair_means_the_same_or_says_why_not() -> None:
    assert faults() == ()


def test_every_pair_of_the_vocabulary_is_swept_and_on_the_page() -> None:
    """By the files: each row of process_flows.csv, each step's product and both it may sell."""
    folder = ROOT / "factor_db" / "reference"
    with (folder / "process_flows.csv").open(encoding="utf-8") as file:
        rows = {(r["process"], r["flow"], r["role"]) for r in csv.DictReader(file)}
    with (folder / "processes.csv").open(encoding="utf-8") as file:
        made = {(r["code"], r["product"], "product") for r in csv.DictReader(file)}
    found = {(p.process, p.flow, p.role) for p in all_pairs() if p.sheet == "ledger"}
    assert rows | made <= found
    properties = {flow for flow in vocabulary().flows if "." in flow}
    assert {p.flow for p in all_pairs() if p.role == "property"} == properties
    page = meanings_page()
    for process, flow, role in rows | made:
        section = page.partition(f" `{process}`\n")[2].partition("\n## ")[0]
        assert f" `{flow}` | {role} |" in section


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("melting", "charge_metal", "input"), words.OWN),
        (("melting", "natural_gas", "input"), words.BURNT),
        (("melting", "electricity", "input"), words.POWER),
        (("melting", "dross", "waste"), words.WASTE),
        (("scalping", "slab", "input"), words.OWN),
        (("scalping", "purchased_slab", "input"), words.BOUGHT),
        (("cold_rolling", "purchased_coil", "input"), words.BOUGHT),
        (("charging", "scrap_turnings", "input"), words.SCRAP),
        (("charging", "sea_transport", "input"), words.TRANSPORT),
        (("extruding", "internal_scrap", "internal"), words.GIVEN_BACK),
        (("extruding", "sold_scrap", "co-product"), words.SOLD_SCRAP),
        (("extruding", METAL_SOLD, "co-product"), words.SOLD),
        (("site_services", "hfc_134a", "emission"), words.EMISSION),
        (("plate_packing", "site_services", "input"), words.OWN),
        (("plate_packing", "plate", "product"), words.PRODUCT),
    ],
)
def test_pairs_by_hand(pair: tuple[str, str, str], expected: str) -> None:
    assert meaning(*pair) == (expected,) * 3


def test_what_no_model_reads_is_refused_or_has_its_reason() -> None:
    """Of a step a product goes through, each row it does not ask for bars the result above zero."""
    reasons = {(i.pair.process, i.pair.flow) for i in swept() if i.reason is not None}
    owners = {
        ("dross_recovery", "recovered_metal")
    }  # a service's metal is its owner's, AL-LIQUID-001
    silent = {key for key, products in unread().items() for _, barred in products if not barred}
    assert silent - owners <= reasons
    named = {
        key: [product for product, barred in found if barred] for key, found in unread().items()
    }
    assert "plate" in named["charging", "prepared_scrap"]
    assert "recycled_ingot" in named["melting", "sold_scrap"]
    page = meanings_page()
    for (process, flow), products in named.items():
        shown = (
            "(scrap)"
            if flow == "sold_scrap" and (process, flow) not in vocabulary().process_flows
            else flow
        )
        section = page.partition(f" `{process}`\n")[2].partition("\n## ")[0]
        (line,) = (
            row
            for row in section.splitlines()
            if f" `{shown}` | " in row and "| product |" not in row
        )
        assert ", ".join(f"`{product}`" for product in products) in line


def test_a_line_missing_from_the_account_is_found(anew: None, monkeypatch: Any) -> None:
    known = dict(account_road.gate_flows())
    del known["purchased_coil"]
    monkeypatch.setattr(account_road, "gate_flows", lambda: known)
    monkeypatch.setattr("footprint.account.gate.gate_flows", lambda: known)
    assert any(
        "cold_rolling/purchased_coil" in item and "account none" in item for item in faults()
    )


def test_a_line_valued_by_another_factor_is_found(anew: None, monkeypatch: Any) -> None:
    known = dict(account_road.gate_flows())
    known["purchased_slab"] = replace(known["purchased_slab"], factor_flow="billet")
    monkeypatch.setattr(account_road, "gate_flows", lambda: known)
    assert any("scalping/purchased_slab" in item for item in faults())


def test_metal_deducted_from_other_metal_is_found(model_anew: None, monkeypatch: Any) -> None:
    """The fault of the beginning: bought billet taken off the step's own once more."""

    def planted(product: str, choices: Choices) -> ProductSystem:
        system = product_system(product, choices)
        return replace(system, processes=tuple(map(_deducting, system.processes)))

    monkeypatch.setattr(model_road, "product_system", planted)
    found = faults()
    assert "billet_heating/purchased_billet moves billet_heating:homogenised_billet-" in found


def _deducting(process: Any) -> Any:
    if process.code != "billet_heating":
        return process
    bought = inventory("billet_heating", "purchased_billet")
    exchanges = tuple(
        replace(item, amount=item.amount - bought)
        if isinstance(item, Link) and item.process == "billet_homogenising"
        else item
        for item in process.exchanges
    )
    return replace(process, exchanges=exchanges)


def test_an_exchange_that_a_model_lost_is_found(model_anew: None, monkeypatch: Any) -> None:
    def planted(product: str, choices: Choices) -> ProductSystem:
        system = product_system(product, choices)
        kept = (
            replace(p, exchanges=tuple(e for e in p.exchanges if not _is_oil(e)))
            for p in system.processes
        )
        return replace(system, processes=tuple(kept))

    monkeypatch.setattr(model_road, "product_system", planted)
    assert any(
        "hot_rolling/rolling_oil input" in item and "model none" in item for item in faults()
    )


def _is_oil(exchange: Any) -> bool:
    return isinstance(exchange, Input) and exchange.flow == "rolling_oil"


def test_a_slot_that_cancels_out_is_no_reading(model_anew: None, monkeypatch: Any) -> None:
    def planted(product: str, choices: Choices) -> ProductSystem:
        system = product_system(product, choices)
        return replace(system, processes=tuple(map(_cancelling, system.processes)))

    monkeypatch.setattr(model_road, "product_system", planted)
    assert any(
        "hot_rolling/rolling_oil input" in item and "model none" in item for item in faults()
    )


def _cancelling(process: Any) -> Any:
    other: Slot = inventory("hot_rolling", "homogenised_slab")
    exchanges = tuple(
        replace(item, amount=item.amount - item.amount + other) if _is_oil(item) else item
        for item in process.exchanges
    )
    return replace(process, exchanges=exchanges) if process.code == "hot_rolling" else process


def test_metal_that_the_ledger_no_longer_links_is_found(anew: None, monkeypatch: Any) -> None:
    """Without its balance the ledger does not count the slab of scalping as the site's own."""
    monkeypatch.setattr(
        "factor_db.ledger.balances.steps.BOUGHT_AS_WELL", ("bauxite", "alumina", "anode", "slab")
    )
    assert any("scalping/slab input" in item for item in faults())


def test_a_listed_reason_that_no_longer_holds_is_a_fault(anew: None, monkeypatch: Any) -> None:
    rows = sweep._listed()
    stale = {**rows[0], "process": "melting", "flow": "lime", "role": "input"}
    monkeypatch.setattr(sweep, "_listed", lambda: (*rows, stale))
    assert any(item.startswith("listed and not so: pair melting/lime") for item in faults())
