"""Certifying from the store: the plate mill's example, published there, certified for 2025.

Nothing is taken on trust at issue: not the document, not the time, not the state of the factors.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlmodel import select

from factor_db.factors.keep.versions import REFERENCE_OWNER, history
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.reading.header import uscc_check_digit
from factor_db.store.tables import Document, LedgerEntry, StateEntry
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.checks.report import VerifyReport
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.issue import FILES
from footprint.certificate.issued import certificates_folder, issued_certificates, keep, unfinished
from footprint.certificate.revoking import revoke_certificate
from footprint.certificate.service import issue_certificate, own_issuers, review_level
from footprint.cli.results import certificate
from footprint.judgement import corrected, record
from footprint.result.document import read_result
from footprint.result.record import CodedText
from footprint.study.definition import default_study
from lca_models.system.resolve import OWN
from tests.ledger.power_cases import write_ledger_file

ISSUED_AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def calculated_home(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with one stored calculation, and its document."""
    home = tmp_path_factory.mktemp("calculated") / "home"
    shutil.copytree(published_home, home)
    store = Store.at(home)
    with store.work("exporter") as work:
        result = calculate_study(work.session, default_study("plate"))
        store_calculation(work, result)
    store.close()
    return home, result.document


@pytest.fixture
def document(calculated_home: Any) -> dict[str, Any]:
    return dict(calculated_home[1])


@pytest.fixture
def mill(calculated_home: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    shutil.copytree(calculated_home[0], tmp_path / "home")
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path / "home"))
    store = Store.at(tmp_path / "home")
    yield store
    store.close()


def certified(store: Store, document: dict[str, Any], out: Path, at: datetime = ISSUED_AT) -> str:
    with store.work("exporter") as work:
        return issue_certificate(work, read_result(document), out, issued_at=at)


def refused(store: Store, document: dict[str, Any], out: Path, **changes: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        certified(store, document, out, **changes)
    assert not out.exists()
    return caught.value


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rename(document: dict[str, Any]) -> dict[str, Any]:
    body = {name: item for name, item in document.items() if name != "calculation"}
    return {"calculation": content_hash("calculation", body), **body}


def change_state(store: Store, sha256: str, state: str, reason: str = "") -> None:
    with store.work("admin") as work:
        work.enter_state("factor", sha256, state, reason)


def own_factors(document: dict[str, Any]) -> list[Factor]:
    pins = [pin for pin in document["inputs"]["pins"] if pin["level"] == OWN]
    return [Factor.model_validate(pin["factor"]) for pin in pins]


def test_what_is_issued_verifies_with_the_product(mill, document, tmp_path):
    certified(mill, document, tmp_path / "out")
    for name in FILES[:2]:
        report = verify_file(tmp_path / "out" / name, own_issuers(), date(2026, 3, 2))
        assert [check.detail("en") for check in report.checks if not check.ok] == []
        assert report.certified is not None
        assert Decimal(report.certified.value) == read_result(document).total.value
        assert report.certified.holder["zh"] == document["site"]["organisation_zh"]


def test_a_reader_who_knows_no_issuer_sees_the_value_and_of_a_changed_file_none(
    mill, document, tmp_path
):
    certified(mill, document, tmp_path / "out")
    file = tmp_path / "out" / "certificate.json"
    stranger = verify_file(file, [], date(2026, 3, 2), neighbour_counts=False)
    assert [check.name for check in stranger.checks if check.ok is False] == ["issuer_known"]
    assert stranger.certified is not None
    file.write_bytes(file.read_bytes().replace(b"12.538", b"12.438"))
    assert verify_file(file, own_issuers(), date(2026, 3, 2)).certified is None


def test_what_is_kept_is_listed_with_its_files_and_its_state(mill, document):
    with unfinished() as folder:
        name = certified(mill, document, folder)
        keep(folder, name)
    with mill.read("exporter") as session:
        (listed,) = issued_certificates(session)
    assert [file.name for file in listed.files] == list(FILES)
    assert (listed.name, listed.product, listed.state) == (name, "plate", "active")
    assert listed.value == read_result(document).total.value
    assert [item.name for item in certificates_folder().iterdir()] == [name.rpartition(":")[2]]
    report = verify_file(listed.files[1], own_issuers(), date(2026, 3, 2))
    assert [check.name for check in report.checks if not check.ok] == []
    with mill.work("exporter") as work:
        revoke_certificate(work, name, "another meter")
    with mill.read("exporter") as session:
        (listed,) = issued_certificates(session)
    assert (listed.state, listed.reason) == ("revoked", "another meter")


def test_a_refused_certificate_leaves_no_file(mill, document):
    late = datetime(2031, 1, 1, tzinfo=UTC)  # in the future, and the period too old by then
    with pytest.raises(BadInput), unfinished() as folder:
        certified(mill, document, folder, at=late)
    assert list(certificates_folder().iterdir()) == []


def test_twice_at_the_same_instant_is_one_certificate(mill, document, tmp_path):
    first = certified(mill, document, tmp_path / "out")
    before = contents(tmp_path / "out")
    assert certified(mill, document, tmp_path / "out") == first
    assert contents(tmp_path / "out") == before
    assert certified(mill, document, tmp_path / "elsewhere") == first
    assert contents(tmp_path / "elsewhere")["certificate.json"] == before["certificate.json"]
    with mill.read() as session:
        rows = session.exec(select(Document.name).where(Document.kind == "certificate")).all()
    assert rows == [first]


def test_a_failing_store_leaves_the_files_as_they_were(mill, document, tmp_path, monkeypatch):
    certified(mill, document, tmp_path / "out")
    before = contents(tmp_path / "out")
    with mill.work("exporter") as work:

        def full() -> None:
            raise OSError("disk full")

        monkeypatch.setattr(work.session, "flush", full)
        with pytest.raises(OSError, match="disk full"), work.session.no_autoflush:
            issue_certificate(
                work,
                read_result(document),
                tmp_path / "out",
                issued_at=ISSUED_AT + timedelta(days=1),
            )
        monkeypatch.undo()
        work.session.rollback()
    assert contents(tmp_path / "out") == before


def test_a_document_that_does_not_recompute_is_refused(mill, document, tmp_path):
    document["quality"] = {**document["quality"], "pds": "99"}
    error = refused(mill, rename(document), tmp_path / "out")
    assert (error.code, error.params["reason"]) == (
        "CERTIFICATE_DOES_NOT_RECOMPUTE",
        "quality.pds",
    )


def test_issue_time_lies_between_period_end_and_now(mill, document, tmp_path):
    early = refused(mill, document, tmp_path / "out", at=datetime(2025, 12, 30, tzinfo=UTC))
    assert early.code == "CERTIFICATE_BEFORE_PERIOD_END"
    late = refused(mill, document, tmp_path / "out", at=datetime.now(UTC) + timedelta(minutes=6))
    assert late.code == "CERTIFICATE_ISSUED_IN_FUTURE"
    certified(mill, document, tmp_path / "out", at=datetime.now(UTC) + timedelta(minutes=4))


@pytest.mark.parametrize("state", ["withdrawn", "superseded"])
def test_own_factors_must_still_be_published(mill, document, tmp_path, state):
    factor = own_factors(document)[0]
    change_state(mill, factor.sha256, state)
    error = refused(mill, document, tmp_path / "out")
    assert (error.code, error.params["factors"]) == ("CERTIFICATE_FACTOR_STATE", factor.ref)


def test_a_factor_of_another_that_was_withdrawn_bars_the_certificate(mill, document, tmp_path):
    """Also of a supplier, the park, or the reference, though its release still names it."""
    other = next(
        Factor.model_validate(pin["factor"])
        for pin in document["inputs"]["pins"]
        if pin["level"] != OWN
    )
    change_state(mill, other.sha256, "withdrawn", "found wrong")
    error = refused(mill, document, tmp_path / "out")
    assert (error.code, error.params["factors"]) == ("CERTIFICATE_FACTOR_STATE", other.ref)


SHED = CodedText(
    "POSSIBLE_RETURNED_SCRAP",
    {"process": "hot_rolling", "flow": "internal_scrap", "credited": "16", "entering": "7.6"},
)


@pytest.mark.parametrize("check", ["impossibilities", "returned_above_entering"])
def test_a_result_possible_for_no_plant_today_is_not_certified(
    mill, document, tmp_path, monkeypatch, check
):
    """Its document says nothing against it: it was calculated before the rule was made."""
    assert document["possible"]["violations"] == []
    monkeypatch.setattr(record, check, lambda *_: (SHED,))
    with pytest.raises(Incomplete) as caught:
        certified(mill, document, tmp_path / "out")
    assert caught.value.code == "BLOCKED_RETURNED_SCRAP"
    assert "entering 7.6" in caught.value.params["items"]
    assert not (tmp_path / "out").exists()


def test_a_calculation_asks_what_its_scrap_sheds_on_the_products_of_its_site(mill, monkeypatch):
    asked = []

    def sheds(*about: Any) -> tuple[CodedText, ...]:
        asked.append(about)
        return (SHED,)

    monkeypatch.setattr(record, "returned_above_entering", sheds)
    with mill.work("exporter") as work:
        made = calculate_study(work.session, default_study("plate")).document
    ((nominal, ledger, products),) = asked
    assert nominal.study.product == "plate"
    assert ledger.made("charging") > 0
    assert "plate" in products.found
    assert made["possible"]["violations"] == [{"code": SHED.code, "params": SHED.params}]


def test_rows_of_a_code_nobody_makes_bar_the_certificate(mill, document, tmp_path, monkeypatch):
    """A ledger frozen before that was asked (rule AL-BAL-006): refused with code and cell."""
    read = corrected.rows_with_rests

    def slipped(session: Any, file: Any) -> Any:
        ledger, *others = read(session, file)
        rows = list(ledger.rows)
        place = next(i for i, row in enumerate(rows) if row.flow == "electricity" and row.amount)
        fields = {name: getattr(rows[place], name) for name in LedgerEntry.model_fields}
        rows[place] = LedgerEntry(**{**fields, "product": "6O61", "cell": "ledger!F999"})
        return replace(ledger, rows=tuple(rows)), *others

    monkeypatch.setattr(corrected, "rows_with_rests", slipped)
    error = refused(mill, document, tmp_path / "out")
    assert error.code == "LEDGER_PRODUCT_CODE_UNKNOWN"
    assert error.params["product"] == "6O61"
    assert "ledger!F999" in error.params["process"]


def test_the_weakest_review_of_any_factor_counts(mill, document):
    with mill.work("admin") as work:
        pins = document["inputs"]["pins"]
        for entry in work.session.exec(select(StateEntry)).all():
            entry.reason = ""
        work.session.flush()
        assert review_level(work.session, read_result(document)) == "internally_reviewed"
        factor = own_factors(document)[0]
        published = history(work.session, factor.sha256)[-1]
        assert published.state == "published"
        published.reason = "self-reviewed at publishing"
        work.session.flush()
        assert review_level(work.session, read_result(document)) == "self_reviewed"
        other = next(pin["factor"] for pin in pins if pin["factor"]["owner"] == REFERENCE_OWNER)
        other["owner"] = "supplier"  # a factor nobody reviewed, whatever level it was found at
        try:
            assert review_level(work.session, read_result(document)) == "self_declared"
        finally:
            other["owner"] = REFERENCE_OWNER
        work.session.rollback()


def test_command_line_counts_days_in_utc(tmp_path, monkeypatch):
    """At 23:30 UTC on the 22nd it is the 23rd in Chongqing; certificates count UTC days."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            here = timezone(timedelta(hours=8))
            return datetime(2026, 11, 22, 23, 30, tzinfo=UTC).astimezone(tz or here)

    seen: list[date] = []

    def verified(path: Path, issuers: Any, today: date, **_: Any) -> VerifyReport:
        seen.append(today)
        return VerifyReport((), illustrative=False)

    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path))
    monkeypatch.setattr("footprint.cli.results.certificate.datetime", Clock)
    monkeypatch.setattr("footprint.certificate.checks.verify.verify_file", verified)
    with pytest.raises(typer.Exit):
        certificate.verify(tmp_path / "certificate.json", None, True)
    assert seen == [date(2026, 11, 22)]


def test_a_plant_that_another_enterprise_states_too_is_not_certified(
    mill: Store, document: dict[str, Any], tmp_path: Path
) -> None:
    rival = "91500000YYYYYYY10" + uscc_check_digit("91500000YYYYYYY10")
    path = write_ledger_file(tmp_path / "b.csv", "plate_mill", (), site="CQ-AGAIN", uscc=rival)
    with mill.work("exporter") as work:
        assert import_ledger(work, path).sha256
    assert refused(mill, document, tmp_path / "out").code == "LEDGER_TWIN_KNOWN"
