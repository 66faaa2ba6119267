"""Nothing slips between submission and certificate, and who did what can be asked (A3, A4, A6).

System: a founded store with the recycling plant, its factors derived; one of them, the flux salt of
melting, submitted and reviewed. Its cell is then corrected: publication names cell, author and
gate. With all published, a correction stops release and certificate, and so does a comment made
after publication. A certificate over version 2 of a factor is not stale because version 1 was
superseded. The log lists acts by actor, subject, action and time, as table, CSV and JSON.
"""

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.versions import find_version
from factor_db.factors.release.releases import create_release
from factor_db.factors.review.comments import add_comment
from factor_db.factors.review.lifecycle import take_step
from factor_db.factors.trace.lineage import stale_certificates
from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.frozen.site_ledgers import ledger_of_site
from factor_db.store.tables import Actor, LedgerEntry
from factor_db.store.work import Store, Work
from footprint.calculation.calculate import CalculationResult, calculate_study, store_calculation
from footprint.certificate.service import issue_certificate
from footprint.cli.main import main
from footprint.study.definition import default_study

SITE, EXAMPLE = "CQ-RECYCLED", Path("factor_db/reference/examples/recycling_plant.xlsx")
SALT = "cq-recycled.2025.melting.flux_salt"
AT = datetime(2026, 11, 22, tzinfo=UTC)


class Undone(Exception):
    """Raised to take a unit of work back."""


@contextmanager
def undone(store: Store, user: str) -> Iterator[Work]:
    with suppress(Undone), store.work(user) as work:
        yield work
        raise Undone


@contextmanager
def acting(work: Work, name: str) -> Iterator[None]:
    before, work.actor = work.actor, work.session.get_one(Actor, name)
    work.session.flush()
    yield
    work.session.flush()
    work.actor = before


@pytest.fixture(scope="module")
def world(
    founded_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, CalculationResult]]:
    home = tmp_path_factory.mktemp("slips") / "home"
    shutil.copytree(founded_home, home)
    store = Store.at(home)
    with store.work("exporter") as work:
        import_ledger(work, EXAMPLE)
        refs = derive_site(work, SITE)
    for user, action in (("exporter", "submit"), ("auditor", "review"), ("park", "publish")):
        with store.work(user) as work:
            for ref in refs:
                if action != "publish" or not ref.startswith(f"{SALT}@"):
                    take_step(work, ref, action)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTPRINT_HOME", str(home))
        with undone(store, "park") as work:
            take_step(work, SALT, "publish")
            work.session.flush()
            result = calculate_study(work.session, default_study("recycled_ingot"))
        yield store, result
    store.close()


def corrected(work: Work) -> str:
    """Read the flux salt of melting of one month again, 1 % more, and return the cell."""
    file = ledger_of_site(work.session, SITE)
    query = select(LedgerEntry).where(
        LedgerEntry.ledger == file.sha256,
        LedgerEntry.flow == "flux_salt",
        LedgerEntry.process == "melting",
    )
    row = work.session.exec(query).first()
    assert row is not None
    sheet, _, cell = row.cell.partition("!")
    done = correct_cell(work, file, sheet, cell, str(row.amount * Decimal("1.01")), "read again")
    assert done.sha256, [item.code for item in done.check.findings]
    return row.cell


def test_a_correction_after_the_review_stops_publication_and_is_named(
    world: tuple[Store, CalculationResult],
) -> None:
    store, _ = world
    with undone(store, "exporter") as work:
        cell = corrected(work)
        with acting(work, "park"), pytest.raises(BadInput, match="GATES_CLOSED") as refusal:
            take_step(work, SALT, "publish")
        said = str(refusal.value.params["faults"])
        assert f"{cell} in force, exporter 20" in said
        assert said.startswith("lineage: ")


def test_a_correction_after_publication_stops_release_and_certificate(
    world: tuple[Store, CalculationResult], tmp_path: Path
) -> None:
    store, result = world
    with undone(store, "exporter") as work:
        with acting(work, "park"):
            take_step(work, SALT, "publish")
        store_calculation(work, result)
        corrected(work)
        with acting(work, "park"):
            with pytest.raises(BadInput, match="RELEASE_FACTORS_CHANGED") as refusal:
                create_release(work, "2027.1", [])
            assert f"{SALT}@1" in str(refusal.value.params["factors"])
        with pytest.raises(BadInput, match=r"CERTIFICATE_(LEDGER_CORRECTED|FACTOR_CHANGED)"):
            issue_certificate(work, result.result, tmp_path / "out", issued_at=AT)
    assert not (tmp_path / "out").exists()


def test_a_finding_that_opens_later_stops_the_certificate(
    world: tuple[Store, CalculationResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that expired, or a check that is new: the ledger is doubted, the factor stays."""
    store, result = world
    with undone(store, "exporter") as work:
        with acting(work, "park"):
            take_step(work, SALT, "publish")
        store_calculation(work, result)
        monkeypatch.setattr(
            "factor_db.factors.review.gates._open_findings", lambda session, file: ["X ledger!F2"]
        )
        with pytest.raises(BadInput, match="CERTIFICATE_FACTOR_CHANGED") as refusal:
            issue_certificate(work, result.result, tmp_path / "out", issued_at=AT)
        assert "balances: X ledger!F2" in str(refusal.value.params["factors"])


def test_a_comment_made_after_publication_stops_the_certificate(
    world: tuple[Store, CalculationResult], tmp_path: Path
) -> None:
    store, result = world
    with undone(store, "exporter") as work:
        with acting(work, "park"):
            take_step(work, SALT, "publish")
        store_calculation(work, result)
        with acting(work, "auditor"):
            add_comment(work, find_version(work.session, SALT), "amounts", "which meter?")
        with pytest.raises(BadInput, match="CERTIFICATE_COMMENTS_OPEN") as refusal:
            issue_certificate(work, result.result, tmp_path / "out", issued_at=AT)
        assert refusal.value.params["factors"] == f"{SALT}@1"


def test_staleness_follows_use_not_versions(world: tuple[Store, CalculationResult]) -> None:
    """A3: a certificate that uses version 2 was listed because version 1 was superseded."""
    store, _ = world
    with undone(store, "exporter") as work:
        first = find_version(work.session, SALT)
        names = {}
        for version in (1, 2):
            payload = {"calculation": f"calculation {version}"}
            sha256 = content_hash("document", payload)
            names[version] = f"certificate {version}"
            work.document("certificate", names[version], payload, sha256, first.owner)
            work.made_from(sha256, [f"calculation {version}"])
        second = "2" * 64
        work.made_from(second, [first.sha256])
        row = first.model_dump() | {"sha256": second, "version": 2}
        work.session.add(type(first)(**row))
        work.made_from("calculation 1", [first.sha256])
        work.made_from("calculation 2", [second])
        work.enter_state("factor", first.sha256, "superseded", f"{SALT}@2")
        work.session.flush()
        assert [item.certificate for item in stale_certificates(work.session)] == [names[1]]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *words])
    assert left.value.code in (0, None)
    return capsys.readouterr().out


def test_the_log_lists_acts_with_filters(
    world: tuple[Store, CalculationResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(told(capsys, "audit", "log", "--subject", SALT, "--json"))
    assert [(act["actor"], act["action"], act["name"]) for act in found] == [
        ("exporter", "create", f"{SALT}@1"),
        ("exporter", "draft", f"{SALT}@1"),
        ("exporter", "link", f"{SALT}@1"),
        ("exporter", "submitted", f"{SALT}@1"),
        ("auditor", "reviewed", f"{SALT}@1"),
    ]
    (reviewed,) = json.loads(
        told(capsys, "audit", "log", "--subject", SALT, "--actor", "auditor", "--json")
    )
    day = reviewed["at"][:10]
    for words, number in (
        (("--action", "reviewed"), 1),
        (("--since", "9999"), 0),
        (("--until", "2020-01-01"), 0),
        (("--since", day, "--until", day, "--actor", "auditor"), 1),
    ):
        listed = told(capsys, "audit", "log", "--subject", f"{SALT}@1", *words, "--json")
        assert len(json.loads(listed)) == number, words
    assert told(capsys, "audit", "log", "--subject", SALT, "--actor", "auditor").splitlines()[
        0
    ].split() == ["position", "at", "actor", "action", "kind", "name", "subject"]
    told(capsys, "audit", "log", "--subject", SALT, "--out", str(tmp_path / "acts.csv"))
    with (tmp_path / "acts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["action"] for row in rows] == [act["action"] for act in found]
