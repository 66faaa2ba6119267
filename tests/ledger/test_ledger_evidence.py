"""Evidence files: stored whole under their hash, named by rows, known to lineage and audit.

System under test: the example plate mill with evidence named in the rows of melting: gas in
January "气表照片.jpg", gas in February "gas-02.pdf；气表照片.jpg", electricity in January the hash of
a bill, electricity in February the name of a file nobody attached.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ledger_cases import changed, csv_text, example, find, site_lines
from sqlalchemy import text
from sqlmodel import select

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.keep.versions import find_version
from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger import check
from factor_db.ledger.checks.whole import read_frozen
from factor_db.ledger.frozen.evidence import (
    MAX_EVIDENCE_BYTES,
    attach_evidence,
    evidence_names,
    evidence_of,
    missing_evidence,
)
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.store.tables import Actor, EvidenceFile, LedgerFile, LineageEdge
from factor_db.store.work import Store
from footprint.cli.main import main

SITE = "CQ-PLATE"
FILES = {"气表照片.jpg": b"\xff\xd8photo", "gas-02.pdf": b"%PDF gas", "bill.png": b"\x89PNG bill"}
BILL = sha256_hex(FILES["bill.png"])
GAS, POWER = ("melting", "natural_gas"), ("melting", "electricity")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "证据"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in FILES]


@pytest.fixture
def frozen(store: Store, tmp_path: Path) -> Store:
    header, shipped = example("plate_mill")
    rows = list(shipped)
    for edit in (
        changed(*GAS, "2025-01", evidence="气表照片.jpg"),
        changed(*GAS, "2025-02", evidence="GAS-02.pdf；气表照片.jpg"),
        changed(*POWER, "2025-01", evidence=f"sha256:{BILL[:12]}"),
        changed(*POWER, "2025-02", evidence="电费单2月.pdf"),
    ):
        rows = list(edit(rows))
    path = csv_text(rows, tmp_path / "ledger.csv", site_lines(header))
    assert check(path).findings == ()
    with store.work("exporter") as work:
        import_ledger(work, path)
    return store


def attach(store: Store, *paths: Path, user: str = "exporter") -> list[str]:
    with store.work(user) as work:
        rows = attach_evidence(work, ledger_of_site(work.session, SITE), paths)
        return [row.sha256 for row in rows]


def missing(store: Store) -> list[str]:
    with store.read() as session:
        file = ledger_of_site(session, SITE)
        found = missing_evidence(read_frozen(file.content), evidence_of(session, file))
        return [item.name for item in found]


def test_files_are_stored_whole_under_their_hash(frozen: Store, files: list[Path]) -> None:
    hashes = attach(frozen, *files)
    with frozen.read() as session:
        rows = evidence_of(session, ledger_of_site(session, SITE))
        found = {row.file_name: (row.sha256, row.content, row.media_type) for row in rows}
        assert altered_contents(session) == []
    kinds = {"气表照片.jpg": "image/jpeg", "gas-02.pdf": "application/pdf", "bill.png": "image/png"}
    assert found == {n: (sha256_hex(c), c, kinds[n]) for n, c in FILES.items()}
    assert sorted(hashes) == sorted(sha256_hex(content) for content in FILES.values())


def test_attaching_twice_stores_once(frozen: Store, files: list[Path]) -> None:
    once = attach(frozen, files[0])
    assert attach(frozen, files[0], files[0]) == once * 2
    with frozen.read() as session:
        assert len(session.exec(select(EvidenceFile.sha256)).all()) == 1


def test_names_without_a_file_are_listed_with_their_cells(frozen: Store, files: list[Path]) -> None:
    absent = {f"sha256:{BILL[:12]}", "电费单2月.pdf", "气表照片.jpg", "GAS-02.pdf"}
    assert set(missing(frozen)) == absent
    attach(frozen, *files)
    assert missing(frozen) == ["电费单2月.pdf"]


def test_a_name_with_a_separator_in_it_is_one_name_when_that_file_is_there() -> None:
    there = EvidenceFile(
        sha256="0" * 64, owner="O", site="S", file_name="a;b.pdf", media_type="x", content=b"x"
    )
    assert evidence_names("A;b.pdf", [there]) == ["A;b.pdf"]
    assert evidence_names("A;b.pdf", []) == ["A", "b.pdf"]
    assert evidence_names(" ; 甲、乙\n丙；", []) == ["甲", "乙", "丙"]
    assert evidence_names("  ", [there]) == []


def test_lineage_leads_from_the_factor_and_the_ledger_to_the_evidence(
    frozen: Store, files: list[Path]
) -> None:
    attach(frozen, *files)
    with frozen.work("exporter") as work:
        derive_site(work, SITE)
    with frozen.read() as session:
        ledger = session.exec(select(LedgerFile.sha256)).one()
        edges = {(edge.parent, edge.child) for edge in session.exec(select(LineageEdge))}
        gas, power = (
            find_version(session, f"cq-plate.2025.melting.{flow}").sha256
            for flow in ("natural_gas", "electricity")
        )
    hashes = {name: sha256_hex(content) for name, content in FILES.items()}
    assert {parent for parent, child in edges if child == ledger} == {*hashes.values()}
    parents = {key: {p for p, c in edges if c == key} for key in (gas, power)}
    assert parents[gas] == {ledger, hashes["气表照片.jpg"], hashes["gas-02.pdf"]}
    assert parents[power] == {ledger, BILL}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE evidencefile SET content = X'00' WHERE file_name = 'bill.png'",
     "DELETE FROM evidencefile WHERE file_name = 'bill.png'"],
)  # fmt: skip
def test_a_changed_or_lost_file_is_found_by_the_audit(
    frozen: Store, files: list[Path], statement: str
) -> None:
    attach(frozen, *files)
    with frozen.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    with frozen.read() as session:
        faults = altered_contents(session)
    assert "evidence" in {fault.kind for fault in faults}
    assert any(BILL in fault.subject for fault in faults)


def test_absent_empty_and_oversized_files_and_taken_names_are_refused_whole(
    frozen: Store, files: list[Path], tmp_path: Path
) -> None:
    empty, large = tmp_path / "empty.pdf", tmp_path / "large.pdf"
    empty.write_bytes(b"")
    with large.open("wb") as file:
        file.truncate(MAX_EVIDENCE_BYTES + 1)
    other = tmp_path / "bill.png"
    other.write_bytes(b"another bill")
    for path, code in (
        (tmp_path / "absent.pdf", "FILE_ABSENT"),
        (tmp_path, "FILE_ABSENT"),
        (empty, "EVIDENCE_SIZE"),
        (large, "EVIDENCE_SIZE"),
        (other, "EVIDENCE_NAME_TAKEN"),
    ):
        with pytest.raises(BadInput, match=code):
            attach(frozen, *files, path)
    with frozen.read() as session:
        assert session.exec(select(EvidenceFile.sha256)).all() == []


def test_only_the_owner_and_the_park_attach(frozen: Store, files: list[Path]) -> None:
    with frozen.founding() as work:
        work.store(
            Actor(name="rival", role="exporter", organisation="X"), "create", "user", "rival"
        )
    for user in ("auditor", "standards", "rival"):
        # To the rival and the standards team the ledger is not there.
        with pytest.raises((NotAllowed, BadInput)):
            attach(frozen, *files, user=user)
    assert attach(frozen, *files, user="park")


def test_the_command_attaches_and_lists(
    frozen: Store, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["ledger", "evidence", SITE, *arguments])
        return int(left.value.code or 0), capsys.readouterr().out

    code, out = run(*map(str, files), "--json")
    assert code == 0
    assert {item["file_name"]: item["bytes"] for item in json.loads(out)} == {
        name: len(content) for name, content in FILES.items()
    }
    code, out = run("--missing", "--json")
    (item,) = json.loads(out)
    row = find(example("plate_mill")[1], *POWER, "2025-02") + 13
    assert (item["name"], item["cells"]) == ("电费单2月.pdf", [f"ledger!N{row}"])
    assert "电费单2月.pdf" in run("--missing")[1]
    assert BILL in run()[1]
    assert run("absent.pdf")[0] == 2
