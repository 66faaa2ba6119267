"""Lineage both ways, stale certificates, and what moves when a factor is replaced.

System: the demo store; a plate calculation and its certificate. Hand facts: the plate's electricity
of melting comes from one ledger and is used by one calculation and one certificate. Replacing the
grid factor (0.5777 kg/kWh) by twice of it must move each calculation by its electricity rows again: the
total under the new factor equals a fresh calculation in a store where that factor was superseded.
"""

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.trace.lineage import lineage_graph, stale_certificates
from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.calculation.replacing import what_moves
from footprint.certificate.service import issue_certificate
from footprint.publish.lineage_drawing import draw_lineage, tree_lines
from footprint.study.definition import default_study

MELTING = "cq-plate.2025.melting.electricity"


@pytest.fixture(scope="module")
def certified(
    published_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, str, str]:
    """A store of its own with a plate and an extrusion calculation, the plate certified."""
    folder = tmp_path_factory.mktemp("lineage")
    home = folder / "home"
    shutil.copytree(published_home, home)
    store = Store.at(home)
    with pytest.MonkeyPatch.context() as patch, store.work("exporter") as work:
        patch.setenv("FOOTPRINT_HOME", str(home))
        result = calculate_study(work.session, default_study("plate"))
        plate = store_calculation(work, result)
        other = calculate_study(work.session, default_study("extrusion"))
        store_calculation(work, other)
        work.session.flush()
        issued_at = datetime(2026, 11, 22, tzinfo=UTC)
        name = issue_certificate(work, result.result, folder / "out", issued_at=issued_at)
    return store, plate, name


def test_a_factor_leads_up_to_its_ledger_and_down_to_the_certificate(
    certified: tuple[Store, str, str],
) -> None:
    store, plate, certificate = certified
    with store.read() as session:
        graph = lineage_graph(session, find_version(session, MELTING).sha256)
    named = {(node.kind, node.name) for node in graph.nodes}
    assert named == {
        ("ledger", "plate_mill.xlsx"),
        ("factor", f"{MELTING}@1"),
        ("calculation", plate),
        ("certificate", certificate),
    }
    by_name = {node.name: node.key for node in graph.nodes}
    assert set(graph.edges) == {
        (by_name["plate_mill.xlsx"], by_name[f"{MELTING}@1"]),
        (by_name[f"{MELTING}@1"], plate),
        (plate, by_name[certificate]),
    }
    lines = tree_lines(graph, "en")
    assert lines[0].startswith("factor  ")
    assert any(line.startswith("  <- ledger file  plate_mill.xlsx") for line in lines)
    assert any(line.startswith("    -> certificate") for line in lines)
    assert "published" in lines[0]


def test_the_drawing_shows_every_node_and_edge_and_is_deterministic(
    certified: tuple[Store, str, str],
) -> None:
    store, _, _ = certified
    with store.read() as session:
        graph = lineage_graph(session, find_version(session, MELTING).sha256)
        again = lineage_graph(session, find_version(session, MELTING).sha256)
    drawn = draw_lineage(graph, "zh")
    assert drawn == draw_lineage(again, "zh") != draw_lineage(graph, "en")
    assert drawn.count("<rect") == 1 + len(graph.nodes)
    assert drawn.count("<path") == 2 * len(graph.edges)
    assert "台账文件" in drawn
    assert "plate_mill.xlsx" in drawn


def grid(store: Store) -> Factor:
    with store.read() as session:
        return load_factor(find_version(session, "elec.cn.footprint.national.2024"))


def test_what_moves_is_the_brute_force_recomputation(certified: tuple[Store, str, str]) -> None:
    store, plate, certificate = certified
    old = grid(store)
    doubled = {gas: amount * 2 for gas, amount in old.amounts.items()}
    new = Factor.model_validate({**old.record(), "amounts": doubled})
    with store.read() as session:
        moved = {row.product: row for row in what_moves(session, old.ref, new)}
        document = calculate_study(session, default_study("plate")).document
    assert set(moved) == {"plate", "extrusion"}
    assert moved["plate"].calculation == plate
    assert moved["plate"].certificates == (certificate,)
    assert moved["extrusion"].certificates == ()
    # Twice the factor: every row that carries it comes once more, and nothing else changes.
    rows = [
        decimal_value(r["kg_co2e"]) for r in document["contributions"] if r["factor"] == old.ref
    ]
    assert sum(rows, Decimal(0)) == moved["plate"].change
    assert moved["plate"].change > Decimal("0.1")


def test_a_replacement_for_another_slot_is_refused(certified: tuple[Store, str, str]) -> None:
    store, _, _ = certified
    with store.read() as session:
        other = load_factor(find_version(session, "cq-plate.2025.melting.natural_gas"))
        with pytest.raises(BadInput, match="REPLACEMENT_SLOT"):
            what_moves(session, MELTING, other)


def test_a_certificate_goes_stale_when_its_factor_is_withdrawn(
    certified: tuple[Store, str, str],
) -> None:
    store, _, certificate = certified
    with store.read() as session:
        assert stale_certificates(session) == []
    with store.work("park") as work:
        work.enter_state("factor", find_version(work.session, MELTING).sha256, "withdrawn")
        work.session.flush()
        (found,) = stale_certificates(work.session)
        work.session.rollback()
    assert found.certificate == certificate
    assert found.factors == (f"{MELTING}@1 withdrawn",)
