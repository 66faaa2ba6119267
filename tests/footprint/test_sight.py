"""An exporter never sees another enterprise's field data, whichever public function is asked.

System: the demo store with its plate, one calculation, one certificate, one comment and one sampling
plan, all of the example enterprise; and a rival, an exporter of another enterprise. Every public
function of the packages that takes a session or a unit of work stands in one of three tables: it
refuses the rival, it leaves out what is not the rival's, or it hands out no field data at all (with
the reason). A function that stands in none of them fails the first test.
"""

import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

import factor_db
import footprint
import lca_models
from factor_db.factors.derive.allocation_table import allocation_table
from factor_db.factors.derive.derivation import derive_factors, derive_site
from factor_db.factors.derive.ledger_guard import require_alone, require_unequivocal
from factor_db.factors.keep.entry import add_by_hand
from factor_db.factors.keep.search import Facets, matching, search_factors
from factor_db.factors.keep.versions import find_version, history, load_factor
from factor_db.factors.keep.years import years_of_site
from factor_db.factors.park.averages import evidence_of as park_evidence
from factor_db.factors.release.releases import REFERENCE_RELEASE, create_release, published_of_site
from factor_db.factors.review.comments import (
    add_comment,
    comments_on,
    open_comments,
    resolve_comment,
)
from factor_db.factors.review.gates import changes_since, gate_faults
from factor_db.factors.review.lifecycle import STEPS, take_step, waiting
from factor_db.factors.review.site_progress import site_progress
from factor_db.factors.trace.factors import trace_factor
from factor_db.factors.trace.lineage import lineage_graph, stale_certificates
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger import check
from factor_db.ledger.frozen.corrections import (
    correct_cell,
    corrected_cells,
    corrections_of,
    effective_rows,
    frozen_ledger,
    withdraw_correction,
)
from factor_db.ledger.frozen.evidence import attach_evidence, evidence_of
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.ledger.frozen.installation_use import hold_installations, shared_elsewhere
from factor_db.ledger.frozen.meter_rest import rows_with_rests
from factor_db.ledger.frozen.overlaps import contradictions
from factor_db.ledger.frozen.sampling import make_plan, progress, statement, tick
from factor_db.ledger.frozen.site_ledgers import answering_ledgers, named_ledgers, replace_ledgers
from factor_db.ledger.frozen.stock_levels import uncarried
from factor_db.ledger.frozen.stored import stored_ledger
from factor_db.ledger.frozen.twins import strangers, twins
from factor_db.ledger.park.rollup import rollup_of_park
from factor_db.ledger.power.instrument_use import claimant_of, hold_instruments
from factor_db.ledger.workbooks.exporting import export_ledger
from factor_db.store.backup import write_backup
from factor_db.store.tables import Document, FactorVersion, LedgerFile
from factor_db.store.users import add_user
from factor_db.store.work import Store, Work
from footprint.account.site_ledger import read_site_ledger
from footprint.calculation.calculate import calculate_study, load_calculation, store_calculation
from footprint.calculation.replacing import what_moves
from footprint.calculation.stale import drifted
from footprint.certificate.auditor import write_statement
from footprint.certificate.issued import issued_certificates
from footprint.certificate.revoking import revoke_certificate
from footprint.certificate.service import issue_certificate
from footprint.closure.service import account_of_site
from footprint.comparison.band import BandSlot, band_evidence, contributors_of, make_band
from footprint.comparison.benchmark import run_benchmark, sites_of
from footprint.comparison.compare import find_value
from footprint.exchange.importing import import_supplier
from footprint.exchange.product_factor import publishable_factor
from footprint.judgement.earlier import earlier_ledgers, ledgers_before, sound_results
from footprint.lab.combinations import run_lab
from footprint.portfolio.questions import prepare_questions
from footprint.solving.preparation import evaluated, prepare
from footprint.study.definition import default_study
from footprint.study.supplied import supplied
from footprint.study.supplier_shares import Supplier
from footprint.supply.bought_before import bought_before
from lca_models import catalogue as models

SITE, RIVAL = "CQ-PLATE", "rival"
EXAMPLE = Path("factor_db/reference/examples/plate_mill.xlsx")
MELTING = "cq-plate.2025.melting.electricity"
AT = datetime(2026, 11, 22, tzinfo=UTC)
# The site's own factor as if it were a product's; no file is read before the owner is clear.
SUPPLIED = replace(default_study("plate"), suppliers={"primary_ingot": (Supplier(MELTING),)})
SLOT = BandSlot("plate", "CN-CQ", "2025")
ANY: Any = None
# What is out of sight reads as if it were not there.
UNSEEN = {
    "CALCULATION_UNKNOWN",
    "CERTIFICATE_REVOKE_UNKNOWN",
    "COMMENT_UNKNOWN",
    "FACTOR_UNKNOWN",
    "LEDGER_NONE",
    "SAMPLING_PLAN",
    "SITE_UNCLEAR",
    "SITE_UNKNOWN",
    "SLOT_FACTOR_UNKNOWN",
}


@dataclass
class World:
    """What the example enterprise has in the store, by its own names."""

    store: Store
    folder: Path
    file: LedgerFile
    row: FactorVersion
    result: Any
    calculation: str
    comment: str
    plan: str


@pytest.fixture(scope="module")
def world(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("sight")
    shutil.copytree(published_home, folder / "home")
    store = Store.at(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTPRINT_HOME", str(folder / "home"))
        with store.work("exporter") as work:
            result = calculate_study(work.session, default_study("plate"))
            calculation = store_calculation(work, result)
            work.session.flush()
            issue_certificate(work, result.result, folder / "out", issued_at=AT)
    with store.work("auditor") as work:
        row = find_version(work.session, MELTING)
        comment = add_comment(work, row, "amounts", "which meter?")
        plan = make_plan(work, SITE, size=2, seed=1)
    with store.work("admin") as work:
        add_user(work, RIVAL, "exporter", "91350100M000100Y43")
        add_user(work, "rival auditor", "auditor", "91350100M000100Y43")
    with store.read() as session:
        file = session.exec(select(LedgerFile).where(LedgerFile.site == SITE)).one()
        session.expunge(file)
    return World(store, folder, file, row, result, calculation, comment, plan)


def _factor(world: World) -> Any:
    return load_factor(world.row)


def _other_ledger() -> Any:
    """Return the enterprise's ledger as if it were another file of the same months."""
    found = check(EXAMPLE).ledger
    assert found is not None
    return replace(found, file_sha256="0" * 64)


def _certificate(session: Session) -> str:
    query = select(Document.name).where(Document.kind == "certificate")
    return session.exec(query).one()


# Each of these refuses the rival. Some refuse the role first, which is as good.
REFUSED: dict[Callable[..., Any], Callable[[World, Work, Session], Any]] = {
    account_of_site: lambda w, work, s: account_of_site(
        s, replace(default_study("plate"), site=SITE)
    ),
    read_site_ledger: lambda w, work, s: read_site_ledger(s, w.file),
    add_by_hand: lambda w, work, s: add_by_hand(
        work, _factor(w).model_copy(update={"site": "", "id": "x"}), explanation="mine"
    ),
    add_comment: lambda w, work, s: add_comment(work, w.row, "amounts", "why?"),
    allocation_table: lambda w, work, s: allocation_table(s, w.file),
    answering_ledgers: lambda w, work, s: answering_ledgers(s, w.file.owner),
    attach_evidence: lambda w, work, s: attach_evidence(work, w.file, [EXAMPLE]),
    band_evidence: lambda w, work, s: band_evidence(work, SLOT),
    calculate_study: lambda w, work, s: calculate_study(s, default_study("plate")),
    comments_on: lambda w, work, s: comments_on(s, w.row.sha256),
    contributors_of: lambda w, work, s: contributors_of(s, SLOT),
    contradictions: lambda w, work, s: contradictions(s, _other_ledger(), []),
    correct_cell: lambda w, work, s: correct_cell(work, w.file, "ledger", "F12", "1", "mine"),
    corrected_cells: lambda w, work, s: corrected_cells(s, w.file),
    frozen_ledger: lambda w, work, s: frozen_ledger(s, w.file),
    ledgers_before: lambda w, work, s: list(ledgers_before(s, w.file)),
    sound_results: lambda w, work, s: list(sound_results(s, w.file, default_study("plate"))),
    bought_before: lambda w, work, s: list(
        bought_before(s, w.file, default_study("plate"), "primary_ingot")
    ),
    earlier_ledgers: lambda w, work, s: list(earlier_ledgers(s, w.file, default_study("plate"))),
    corrections_of: lambda w, work, s: corrections_of(s, w.file),
    create_release: lambda w, work, s: create_release(work, "2027.1", []),
    derive_factors: lambda w, work, s: derive_factors(s, w.file),
    derive_site: lambda w, work, s: derive_site(work, SITE),
    effective_rows: lambda w, work, s: effective_rows(s, w.file),
    rows_with_rests: lambda w, work, s: rows_with_rests(s, w.file),
    evidence_of: lambda w, work, s: evidence_of(s, w.file),
    evaluated: lambda w, work, s: evaluated(s, default_study("plate")),
    export_ledger: lambda w, work, s: export_ledger(work, w.file, w.folder / "theirs.xlsx"),
    find_value: lambda w, work, s: find_value(s, w.calculation),
    find_version: lambda w, work, s: find_version(s, MELTING),
    changes_since: lambda w, work, s: changes_since(s, _factor(w)),
    gate_faults: lambda w, work, s: gate_faults(s, _factor(w)),
    history: lambda w, work, s: history(s, w.row.sha256),
    hold_installations: lambda w, work, s: hold_installations(work, claimant_of(w.file), []),
    hold_instruments: lambda w, work, s: hold_instruments(work, claimant_of(w.file), []),
    import_ledger: lambda w, work, s: import_ledger(work, EXAMPLE),
    import_supplier: lambda w, work, s: import_supplier(work, ANY, owner=w.row.owner),
    issue_certificate: lambda w, work, s: issue_certificate(
        work, w.result.result, w.folder / "theirs", issued_at=AT
    ),
    ledger_of_site: lambda w, work, s: ledger_of_site(s, SITE),
    load_calculation: lambda w, work, s: load_calculation(s, w.calculation),
    make_band: lambda w, work, s: make_band(work, SLOT),
    make_plan: lambda w, work, s: make_plan(work, SITE, size=1, seed=1),
    named_ledgers: lambda w, work, s: named_ledgers(s, SITE, ["2025"]),
    open_comments: lambda w, work, s: open_comments(s, w.row.sha256),
    park_evidence: lambda w, work, s: park_evidence(work, MELTING),
    prepare: lambda w, work, s: prepare(s, default_study("plate")),
    progress: lambda w, work, s: progress(s, w.plan),
    publishable_factor: lambda w, work, s: publishable_factor(work, w.calculation),
    published_of_site: lambda w, work, s: published_of_site(s, SITE),
    replace_ledgers: lambda w, work, s: replace_ledgers(work, [w.file.sha256], "0" * 64),
    require_alone: lambda w, work, s: require_alone(s, w.file),
    require_unequivocal: lambda w, work, s: require_unequivocal(s, w.file),
    resolve_comment: lambda w, work, s: resolve_comment(work, w.comment, "nothing"),
    revoke_certificate: lambda w, work, s: revoke_certificate(work, _certificate(s), "not mine"),
    rollup_of_park: lambda w, work, s: rollup_of_park(work, "2025"),
    run_benchmark: lambda w, work, s: run_benchmark(s, "plate", site=SITE),
    run_lab: lambda w, work, s: run_lab(s, default_study("plate")),
    shared_elsewhere: lambda w, work, s: shared_elsewhere(s, w.file.sha256),
    statement: lambda w, work, s: statement(s, w.plan, RIVAL),
    store_calculation: lambda w, work, s: store_calculation(work, w.result),
    stored_ledger: lambda w, work, s: stored_ledger(s, w.file),
    strangers: lambda w, work, s: strangers(s, claimant_of(w.file), (), lambda: None),
    supplied: lambda w, work, s: supplied(s, SUPPLIED, w.result.nominal.where),
    tick: lambda w, work, s: tick(work, w.plan, "ledger!F2", "differs", note="x"),
    trace_factor: lambda w, work, s: trace_factor(s, MELTING),
    twins: lambda w, work, s: twins(s, claimant_of(w.file), (), lambda: None),
    uncarried: lambda w, work, s: uncarried(s, claimant_of(w.file), lambda: None),
    what_moves: lambda w, work, s: what_moves(s, MELTING, _factor(w)),
    withdraw_correction: lambda w, work, s: withdraw_correction(work, w.file, "0" * 64, "x"),
    write_backup: lambda w, work, s: write_backup(s, w.folder / "theirs.jsonl"),
    write_statement: lambda w, work, s: write_statement(work, w.plan, w.folder / "theirs.json"),
    waiting: lambda w, work, s: waiting(s, SITE, "submit"),
    years_of_site: lambda w, work, s: years_of_site(s, SITE),
}
# Each of these answers, without the enterprise's data; the tests below say how.
LEFT_OUT: set[Callable[..., Any]] = {
    drifted,
    issued_certificates,
    lineage_graph,
    matching,
    prepare_questions,
    search_factors,
    site_progress,
    sites_of,
    stale_certificates,
    take_step,
}
# These hand out no field data: hashes, names of users and releases, shipped or park data, or they
# work on what the caller holds already.
HARMLESS = {
    "factor_db.factors.keep.audit.altered_contents": "hashes of what does not fit",
    "factor_db.factors.keep.entry.entry_doubts": "compares with factors of no site only",
    "factor_db.factors.trace.acts.acts": "acts on what lies in sight, as test_out_of_sight asks",
    "factor_db.factors.trace.acts.seen_entries": "leaves about what lies in sight",
    "factor_db.factors.trace.acts.subject_in_sight": "the rule itself",
    "factor_db.factors.trace.acts.subject_name": "the name of a hash that its caller has in sight",
    "factor_db.factors.trace.derived_again.derive_again": "hashes, and references for verify_store",
    "factor_db.factors.trace.whole_store.verify_store": "faults in sight, and that there are others",
    "factor_db.store.integrity.database_faults": "what is wrong with the database, no row of it",
    "factor_db.factors.trace.lineage.parents_of": "hashes, and ids of calculations",
    "factor_db.factors.park.averages.publish_averages": "takes the factors it averages from its caller",
    "factor_db.factors.release.releases.load_release": "factors of no site",
    "factor_db.factors.release.releases.published_for_everyone": "factors of no site",
    "factor_db.factors.release.releases.release_names": "names",
    "factor_db.factors.keep.search_index.add_to_index": "writes what it is given",
    "factor_db.factors.keep.search_index.index_faults": "hashes",
    "factor_db.factors.keep.search_index.index_is_behind": "a count",
    "factor_db.factors.keep.search_index.rebuild_index": "writes derived data",
    "factor_db.ledger.frozen.site_ledgers.replaced_ledgers": "hashes of what answers no more",
    "factor_db.factors.keep.versions.add_factor": "writes what it is given",
    "factor_db.factors.review.lifecycle.supersede_older": "enters a state, reads no field data",
    "factor_db.factors.keep.versions.store_version": "writes what it is given",
    "factor_db.factors.keep.years.require_product_code": "raises or not, over factors the caller holds",
    "factor_db.ledger.frozen.corrections.withdrawal_of": "takes a correction the caller holds",
    "factor_db.ledger.frozen.evidence.link_evidence": "writes lineage of a ledger the caller holds",
    "factor_db.ledger.power.instrument_use.ledgers_of": "hashes of ledgers of one site and period",
    "factor_db.ledger.power.instrument_use.used_elsewhere": "names a site only to who may see it",
    "factor_db.ledger.frozen.row_storage.store_rows": "writes what it is given",
    "factor_db.store.users.add_user": "for administrators",
    "factor_db.store.users.users_of": "names and roles",
    "factor_db.store.work.first_entries": "numbers of entries of hashes the caller knows",
    "factor_db.store.work.last_entries": "states of hashes the caller knows",
    "factor_db.store.work.last_states": "states of hashes the caller knows",
    "factor_db.store.work.state_of": "the state of a hash the caller knows",
    "footprint.judgement.corrected.refuse_corrected": "raises or not, over factors the caller holds",
    "footprint.comparison.band.bands_of": "public records of the park",
    "footprint.comparison.band.publish_band": "takes the footprints of the band from its caller",
    "footprint.lab.allocation.allocation_axis": "takes a prepared study, which asked for sight",
    "footprint.judgement.record.checks_of": "takes a prepared study, which asked for sight",
    "footprint.calculation.calculate.site_checks": "takes a prepared study, which asked for sight",
    "footprint.closure.service.closed_site": "takes a prepared study, which asked for sight",
    "footprint.supply.against_ledger.supply_of": "takes a prepared study; names of files the user may see only",
    "footprint.supply.fit.footprint_of": "takes a prepared study; names of files the user may see only",
    "footprint.supply.fit.misfits": "takes factors that a prepared study found",
    "footprint.supply.names.names_of": "takes a prepared study; names of files the user may see only",
    "footprint.supply.names.recycled_share": "a share of a file that the user may see only",
    "footprint.supply.names.foreign_goods": "a word of a file that the user may see only",
    "footprint.supply.names.says_its_goods": "a yes or no of a file that the user may see only",
    "footprint.supply.unsaid.unsaid": "takes factors that a prepared study found",
    "footprint.judgement.smelter_evidence.smelter_evidence_of": "takes a result, whose study asked for sight",
    "footprint.supply.names.file_content": "files of who may see their owner only",
    "footprint.judgement.standing.is_in_force": "the state of a factor that the caller holds",
    "footprint.judgement.standing.require_standing": "raises or not, over a document the caller holds",
    "footprint.judgement.standing.standing_fault": "a code of why a factor that the caller holds fell",
    "footprint.judgement.record.require_possible": "works on a document the caller holds",
    "footprint.judgement.pooled_melt.require_pool_told": "works on a document the caller holds",
    "footprint.closure.service.ledger_behind": "takes a result, whose study asked for sight",
    "footprint.portfolio.doubts.require_plausible": "asks of questions that were answered, by prepare",
    "footprint.certificate.revoking.signed_list": "ids of certificates, meant for everyone",
    "footprint.certificate.service.review_level": "works on a document the caller holds",
}
# The audit log holds hashes and who did what, so that anyone can check it; sight is the rule itself.
HARMLESS_MODULES = (
    "factor_db.store.audit",
    "factor_db.store.content",
    "factor_db.store.sight",
    "footprint.certificate.tree_heads",
)


def public_functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for package in (factor_db, lca_models, footprint):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if any(part in info.name for part in (".migrations", ".ui", ".cli")):
                continue
            module = importlib.import_module(info.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                own = function.__module__ == info.name and not name.startswith("_")
                kinds = {str(p.annotation) for p in inspect.signature(function).parameters.values()}
                if own and kinds & {"Session", "Work"}:
                    found[f"{info.name}.{name}"] = function
    return found


def test_every_public_function_stands_in_a_table() -> None:
    functions = public_functions()
    assert len(functions) > 60
    open_questions = {
        name
        for name, function in functions.items()
        if function not in REFUSED
        and function not in LEFT_OUT
        and name not in HARMLESS
        and not name.startswith(HARMLESS_MODULES)
    }
    assert open_questions == set()
    assert set(HARMLESS) <= set(functions)


@pytest.mark.parametrize("function", REFUSED, ids=lambda function: function.__qualname__)
def test_the_rival_is_refused(function: Callable[..., Any], world: World) -> None:
    for user in (RIVAL, "rival auditor"):
        with world.store.work(user) as work:
            with pytest.raises((NotAllowed, BadInput)) as refusal:
                REFUSED[function](world, work, work.session)
            assert isinstance(refusal.value, NotAllowed) or refusal.value.code in UNSEEN
            work.session.rollback()
    assert not list(world.folder.glob("theirs*"))


@pytest.mark.parametrize("action", STEPS)
def test_the_rival_takes_no_step(action: str, world: World) -> None:
    for user in (RIVAL, "rival auditor"):
        with world.store.work(user) as work:
            with pytest.raises(BadInput, match="FACTOR_UNKNOWN"):
                take_step(work, MELTING, action, reason="mine", self_reviewed=True)
            work.session.rollback()


def test_the_rival_finds_no_foreign_factor(world: World) -> None:
    with world.store.read(RIVAL) as session:
        sites = {item.factor.site for item in search_factors(session, "")}
        assert sites == {""}
        assert search_factors(session, MELTING) == []
        assert list(matching(session, "cq-plate", None, Facets())) == []
    with world.store.read("auditor") as session:
        assert {item.factor.ref for item in search_factors(session, MELTING)} == {f"{MELTING}@1"}


def test_the_standards_team_finds_no_field_data_either(world: World) -> None:
    with world.store.read("standards") as session:
        assert {item.factor.site for item in search_factors(session, "")} == {""}
        with pytest.raises(BadInput, match="FACTOR_UNKNOWN"):
            find_version(session, MELTING)


def test_a_benchmark_names_no_foreign_site(world: World) -> None:
    with world.store.read(RIVAL) as session:
        assert sites_of(session, "plate") == []
    with world.store.read("exporter") as session:
        assert sites_of(session, "plate") == [SITE]


def test_the_rival_sees_no_foreign_plant_and_no_foreign_certificate(world: World) -> None:
    with world.store.read(RIVAL) as session:
        assert (site_progress(session), issued_certificates(session)) == ([], [])
    with world.store.read("exporter") as session:
        plants = {plant.code: plant for plant in site_progress(session)}
        (certificate,) = issued_certificates(session)
    assert plants[SITE].states["published"] > 0
    assert [line.derived for line in plants[SITE].ledgers] == [True]
    assert (certificate.product, certificate.site, certificate.state) == ("plate", SITE, "active")


def test_a_portfolio_of_a_foreign_site_is_a_row_refused(world: World) -> None:
    with world.store.read(RIVAL) as session:
        (asked,) = prepare_questions(session, [default_study("plate")])
    assert isinstance(asked, BadInput)
    assert asked.code in UNSEEN


def test_foreign_nodes_of_a_lineage_have_no_name(world: World) -> None:
    grid = "elec.cn.footprint.national.2024"
    with world.store.read(RIVAL) as session:
        graph = lineage_graph(session, find_version(session, grid).sha256)
    named = {node.name for node in graph.nodes if node.kind != "unknown"}
    assert named == {f"{grid}@1", REFERENCE_RELEASE}
    assert all(
        node.name == node.key and not node.detail for node in graph.nodes if node.kind == "unknown"
    )


def test_foreign_certificates_are_not_listed_as_stale(world: World) -> None:
    with world.store.work("park") as work:
        work.enter_state("factor", world.row.sha256, "withdrawn")
        work.session.flush()
        assert len(stale_certificates(work.session)) == 1
        work.session.info["actor"] = work.session.get_one(type(work.actor), RIVAL)
        assert stale_certificates(work.session) == []
        assert work.session.exec(select(Document).where(Document.kind == "certificate")).all()
        work.session.rollback()


def test_foreign_results_are_not_listed_as_moved(world: World) -> None:
    """Without its product's model every plate is refused today, so that each seen one is listed."""
    with pytest.MonkeyPatch.context() as patch, world.store.read(RIVAL) as session:
        patch.delitem(models._MODELS, "plate")
        assert drifted(session) == []
        session.info["actor"] = session.get_one(type(session.info["actor"]), "exporter")
        assert len(drifted(session)) == 1
