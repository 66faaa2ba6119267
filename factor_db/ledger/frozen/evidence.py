"""Evidence: the files behind a ledger's rows, stored whole under their hash, and which are absent.

A row names its evidence in the column `evidence`, by file name or as `sha256:` and the first
digits of the hash; several names are parted by semicolons. A ledger that names absent files stays
valid: the list of them is for the clerk and the auditor.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import sha256_hex, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.cells import RawLedger, text_of
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import normal_text
from factor_db.ledger.frozen.corrections import corrected_cells, effective_rows
from factor_db.store.sight import require_sight
from factor_db.store.tables import EvidenceFile, LedgerFile, LineageEdge
from factor_db.store.work import Work

# A phone's photo or a scanned contract is far below; larger files are videos or archives. EJ.
MAX_EVIDENCE_BYTES = 20_000_000
MAX_FILE_NAME = 255
_SEPARATORS = re.compile(r"[;；、\n]")
_HASH = re.compile(r"sha256:([0-9a-f]{8,64})")
# Without the system's own lists, so that a name has one media type on every machine.
_MEDIA_TYPES = mimetypes.MimeTypes()


@dataclass(frozen=True, slots=True)
class MissingEvidence:
    """A name in the column `evidence` for which no file is attached, and the row's cells."""

    name: str
    cells: tuple[str, ...]


def attach_evidence(work: Work, file: LedgerFile, paths: Sequence[Path]) -> list[EvidenceFile]:
    """Attach files to a frozen ledger, all or none; a file attached twice is stored once.

    Raises NotAllowed for another owner, BadInput for a file that is absent, empty or too large,
    or whose name another file of this ledger has.
    """
    work.require_right("ledger.attach")
    work.require_owner(file.owner)
    return [_attach(work, file, path) for path in paths]


def evidence_of(session: Session, file: LedgerFile) -> list[EvidenceFile]:
    """Return the files attached to a ledger, by name; raises NotAllowed for another's."""
    require_sight(session, file.owner)
    query = (
        select(EvidenceFile)
        .join(LineageEdge, col(LineageEdge.parent) == col(EvidenceFile.sha256))
        .where(LineageEdge.child == file.sha256, EvidenceFile.owner == file.owner)
        .order_by(col(EvidenceFile.file_name), col(EvidenceFile.sha256))
    )
    return list(session.exec(query))


def missing_evidence(
    rows: Iterable[LedgerRow], attached: Sequence[EvidenceFile]
) -> list[MissingEvidence]:
    """Return the names that no attached file answers to, in the order of their first row."""
    cells: dict[str, list[str]] = {}
    for row in rows:
        for name in evidence_names(row.evidence, attached):
            if not _named(name, attached):
                cells.setdefault(name, []).append(f"{row.sheet}!{row.cells['evidence']}")
    return [MissingEvidence(name, tuple(where)) for name, where in cells.items()]


def evidence_hashes(texts: Iterable[str], attached: Sequence[EvidenceFile]) -> tuple[str, ...]:
    """Return the hashes of the attached files that the `evidence` cells of rows name, sorted."""
    names = {name for text in texts for name in evidence_names(text, attached)}
    found = {item.sha256 for name in names for item in _named(name, attached)}
    return tuple(sorted(found))


def link_evidence(work: Work, file: LedgerFile, made: Mapping[str, Collection[str]]) -> None:
    """Record the evidence named at the cells (`ledger!F12`) of each made thing as its parents.

    `made` is the hash of what was made from the ledger → the cells it was made from.
    """
    attached = evidence_of(work.session, file)
    if not attached:
        return
    found = {
        row.cell: evidence_hashes([strict_json(row.payload.encode())["evidence"]], attached)
        for row in effective_rows(work.session, file).rows
    }
    for cells_of_row, named in _power_evidence(corrected_cells(work.session, file)):
        found.update(dict.fromkeys(cells_of_row, evidence_hashes([named], attached)))
    for child, cells in made.items():
        work.made_from(child, [sha256 for cell in cells for sha256 in found.get(cell, ())])


def _power_evidence(raw: RawLedger) -> Iterator[tuple[list[str], str]]:
    """Yield the cells of each row of the sheets of power, and what it names as evidence."""
    for code in ("power", "instruments"):
        table = raw.optional.get(code)
        for row in table.rows if table else ():
            cells = [f"{table.sheet}!{cell.ref}" for cell in row.cells.values()] if table else []
            yield cells, text_of(row.cells["evidence"].value) if "evidence" in row.cells else ""


def evidence_names(text: str, attached: Sequence[EvidenceFile]) -> list[str]:
    """Return the names in one `evidence` cell; a whole cell that is a file's name is one name."""
    if not text.strip() or _named(text.strip(), attached):
        return [text.strip()] if text.strip() else []
    return [name for part in _SEPARATORS.split(text) if (name := part.strip())]


def _named(name: str, attached: Sequence[EvidenceFile]) -> list[EvidenceFile]:
    wanted = normal_text(name)
    if found := _HASH.fullmatch(wanted):
        return [item for item in attached if item.sha256.startswith(found[1])]
    return [item for item in attached if normal_text(item.file_name) == wanted]


def _attach(work: Work, file: LedgerFile, path: Path) -> EvidenceFile:
    content = _content(path)
    sha256, name = sha256_hex(content), path.name
    for other in evidence_of(work.session, file):
        if normal_text(other.file_name) == normal_text(name) and other.sha256 != sha256:
            raise BadInput("EVIDENCE_NAME_TAKEN", name=name, sha256=other.sha256)
    row = work.session.get(EvidenceFile, (sha256, file.owner))
    if row is None:
        row = EvidenceFile(
            sha256=sha256,
            owner=file.owner,
            site=file.site,
            file_name=name,
            media_type=_MEDIA_TYPES.guess_type(name)[0] or "application/octet-stream",
            content=content,
        )
        work.store(row, "attach", "evidence", evidence_subject(row))
    work.made_from(file.sha256, [sha256])
    work.session.flush()
    return row


def evidence_subject(row: EvidenceFile) -> str:
    """Return what the audit log calls an evidence file: its hash and whose copy it is."""
    return f"{row.sha256}@{row.owner}"


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise BadInput("FILE_ABSENT", path=path)
    size = path.stat().st_size
    if not 0 < size <= MAX_EVIDENCE_BYTES or len(path.name) > MAX_FILE_NAME:
        raise BadInput("EVIDENCE_SIZE", name=path.name, size=size, limit=MAX_EVIDENCE_BYTES)
    return path.read_bytes()
