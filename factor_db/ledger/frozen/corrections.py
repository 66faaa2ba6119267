"""Corrections of a frozen ledger: overlays with author, reason and scope; the file never changes.

A correction is a document that says which cell reads otherwise, what the file has there and why.
The corrections in force, laid over the file in the order they were made, have to pass the whole
check; one that does not is refused. A withdrawn correction stays on record and counts no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.checks.whole import CheckResult, check_cells, read_cells
from factor_db.ledger.form.cells import RawLedger, text_of
from factor_db.ledger.form.columns import MAX_TEXT
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.installation_use import hold_installations
from factor_db.ledger.frozen.overlays import (
    ANY_FLOW,
    Overlay,
    overlaid,
    place_of,
    reads_alike,
    touched_keys,
)
from factor_db.ledger.frozen.row_storage import stored_row
from factor_db.ledger.frozen.site_ledgers import ledger_of_site, period_name
from factor_db.ledger.power.instrument_use import (
    USED,
    claimant_of,
    hold_instruments,
    used_elsewhere,
)
from factor_db.store.sight import require_sight
from factor_db.store.tables import Document, LedgerEntry, LedgerFile, StateEntry
from factor_db.store.work import Work, state_of, utc_now

KIND = "ledger-correction"
IN_FORCE, WITHDRAWN = "in force", "withdrawn"
_LEAST_PREFIX = 8
# A unit of work asks a ledger many times and those of its neighbours once; a large one may take
# hundreds of MiB, so not all of a store are kept. EJ.
_KEPT_LEDGERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction: cell, what the file says there, what it reads now, why, who and when."""

    sha256: str
    number: int
    sheet: str
    cell: str
    column: str
    file_text: str
    text: str
    reason: str
    author: str
    made_at: str
    state: str

    @property
    def place(self) -> str:
        """Return `sheet!cell`."""
        return f"{self.sheet}!{self.cell}"

    @property
    def overlay(self) -> Overlay:
        """Return what it lays over the file."""
        return Overlay(self.sheet, self.cell, self.text)


@dataclass(frozen=True, slots=True)
class CorrectionOutcome:
    """What a correction came to: its hash, or the findings of the whole check that stopped it."""

    check: CheckResult
    sha256: str | None


@dataclass(frozen=True, slots=True)
class EffectiveLedger:
    """The rows of a ledger as corrected, in the form they are stored in, and the corrections.

    `touched` holds, per correction, process and flow of the amounts it has a part in.
    """

    rows: tuple[LedgerEntry, ...]
    corrections: tuple[Correction, ...]
    touched: tuple[frozenset[tuple[str, str]], ...]

    def corrections_in(self, rows: Collection[LedgerEntry]) -> tuple[Correction, ...]:
        """Return each correction that has a part in these rows."""
        return tuple(
            item
            for item, keys in zip(self.corrections, self.touched, strict=True)
            if any(_has_part(keys, row) for row in rows)
        )


def correct_cell(
    work: Work, file: LedgerFile, sheet: str, cell: str, text: str, reason: str
) -> CorrectionOutcome:
    """Lay a new text over one cell of a frozen ledger; an empty text empties the cell.

    Nothing is stored when the corrected ledger has an error or an unexplained warning. Raises
    BadInput for an empty reason, a cell outside the table or a text that says the same as before;
    NotAllowed for the wrong role or another owner.
    """
    _require(work, file, reason)
    known = corrections_of(work.session, file)
    kept = [item for item in known if item.state == IN_FORCE]
    frozen = _cells(work.session, file)
    place = place_of(overlaid(frozen, [item.overlay for item in kept]), sheet, cell)
    text = text.strip()
    if reads_alike(place.column, place.cell.value, text or None):
        present = text_of(place.cell.value)
        raise BadInput("CORRECTION_SAME", sheet=place.sheet, cell=place.cell.ref, value=present)
    overlay = Overlay(place.sheet, place.cell.ref, text)
    result = _checked(file, frozen, [*(item.overlay for item in kept), overlay])
    result = _held(work, file, result)
    if not result.valid:
        return CorrectionOutcome(result, None)
    earlier = [item.sha256 for item in kept if item.place == f"{place.sheet}!{place.cell.ref}"]
    payload = {
        "author": work.actor.name,
        "cell": place.cell.ref,
        "column": place.column,
        "from": text_of(place_of(frozen, place.sheet, place.cell.ref).cell.value),
        "ledger": file.sha256,
        "made_at": utc_now(),
        "number": len(known) + 1,
        "reason": reason.strip(),
        "replaces": earlier[-1] if earlier else "",
        "scope": {"period": period_name(file.period_start, file.period_end), "site": file.site},
        "sheet": place.sheet,
        "to": text,
    }
    return CorrectionOutcome(result, _store(work, file, payload))


def withdraw_correction(
    work: Work, file: LedgerFile, prefix: str, reason: str
) -> CorrectionOutcome:
    """Take a correction, named by its hash or the first digits of it, out of force.

    The other corrections must still pass the whole check; without any the file stands as it was
    imported. Raises BadInput for an unknown, ambiguous or withdrawn correction or an empty reason.
    """
    _require(work, file, reason)
    known = corrections_of(work.session, file)
    named = [item for item in known if item.sha256.startswith(prefix.strip().lower())]
    if len(named) != 1 or len(prefix.strip()) < _LEAST_PREFIX:
        raise BadInput("CORRECTION_UNKNOWN", sha256=prefix, site=file.site)
    if named[0].state == WITHDRAWN:
        raise BadInput("CORRECTION_WITHDRAWN", sha256=named[0].sha256)
    kept = [item.overlay for item in known if item.state == IN_FORCE and item != named[0]]
    result = _held(work, file, _checked(file, _cells(work.session, file), kept))
    if not result.valid and (kept or any(item.code == USED for item in result.errors)):
        return CorrectionOutcome(result, None)
    work.enter_state(KIND, named[0].sha256, WITHDRAWN, reason.strip())
    work.session.flush()
    return CorrectionOutcome(result, named[0].sha256)


def corrections_of(session: Session, file: LedgerFile) -> tuple[Correction, ...]:
    """Return all corrections of a ledger in the order they were made, withdrawn ones too.

    Raises NotAllowed for another enterprise's ledger.
    """
    require_sight(session, file.owner)
    query = select(Document).where(
        Document.kind == KIND, col(Document.name).startswith(_name(file, ""), autoescape=True)
    )
    found = [_correction(session, document) for document in session.exec(query)]
    return tuple(sorted(found, key=lambda item: item.number))


def withdrawal_of(session: Session, correction: Correction) -> StateEntry | None:
    """Return who withdrew a correction, when and why; None while it is in force."""
    entry = state_of(session, correction.sha256)
    return entry if entry is not None and entry.state == WITHDRAWN else None


def corrected_cells(
    session: Session, file: LedgerFile, only: Collection[str] | None = None
) -> RawLedger:
    """Return the cells of a frozen ledger with the corrections in force laid over them.

    `only` names by hash the corrections to lay over in their place.
    """
    cells = frozen_ledger(session, file, only).cells
    if cells is None:
        raise BadInput("CORRECTION_UNREADABLE", sha256=file.sha256)
    return cells


def frozen_ledger(
    session: Session, file: LedgerFile, only: Collection[str] | None = None
) -> FrozenLedger:
    """Return a frozen ledger with its corrections laid over it, read once in a unit of work.

    `only` names by hash the corrections to lay over in place of those in force. Raises NotAllowed
    for another enterprise's ledger.
    """
    return _frozen(session, file, _laid_over(session, file, only))


def _frozen(session: Session, file: LedgerFile, kept: tuple[Correction, ...]) -> FrozenLedger:
    known: dict[tuple[str, ...], FrozenLedger] = session.info.setdefault("frozen ledgers", {})
    # A file never changes, nor does a correction: what the hashes name is read for good.
    key = (file.sha256, *(item.sha256 for item in kept))
    found = known.pop(key, None)
    if found is None:
        cells = (
            overlaid(_cells(session, file), [item.overlay for item in kept])
            if kept
            else read_cells(file.content)
        )
        days = map(date.fromisoformat, (file.period_start, file.period_end))
        found = FrozenLedger(cells, *days)
    known[key] = found  # the last one asked for stands last
    while len(known) > _KEPT_LEDGERS:
        del known[next(iter(known))]
    return found


def _laid_over(
    session: Session, file: LedgerFile, only: Collection[str] | None
) -> tuple[Correction, ...]:
    return tuple(
        item
        for item in corrections_of(session, file)
        if (item.state == IN_FORCE if only is None else item.sha256 in only)
    )


def effective_rows(
    session: Session, file: LedgerFile, only: Collection[str] | None = None
) -> EffectiveLedger:
    """Return a ledger's rows as corrected; without corrections they are the stored ones.

    `only` names by hash the corrections to lay over, withdrawn or not, so that what an older
    factor was made from can be shown; without it those in force are taken.
    """
    kept = _laid_over(session, file, only)
    if not kept:
        query = select(LedgerEntry).where(LedgerEntry.ledger == file.sha256)
        stored = session.exec(query.order_by(col(LedgerEntry.row_number))).all()
        return EffectiveLedger(tuple(stored), (), ())
    corrected, before = _frozen(session, file, kept), _frozen(session, file, ())
    both = [ledger.cells for ledger in (before, corrected) if ledger.cells]
    touched = (frozenset(key for cells in both for key in _touched(cells, item)) for item in kept)
    rows = tuple(stored_row(row, file) for row in corrected.rows)
    return EffectiveLedger(rows, kept, tuple(touched))


def _touched(raw: RawLedger, item: Correction) -> Iterable[tuple[str, str]]:
    return touched_keys(raw, item.sheet, place_of(raw, item.sheet, item.cell).row)


def _has_part(keys: frozenset[tuple[str, str]], row: LedgerEntry) -> bool:
    if {(row.process, row.flow), (row.process, ANY_FLOW)} & keys:
        return True
    # A property is weighted by the amounts it describes, in whatever process they are used.
    base, _, name = row.flow.partition(".")
    return bool(name) and any(flow in (row.flow, base) for _, flow in keys)


def _require(work: Work, file: LedgerFile, reason: str) -> None:
    work.require("exporter", "park")
    work.require_owner(file.owner)
    if not 0 < len(reason.strip()) <= MAX_TEXT:
        raise BadInput("CORRECTION_REASON", limit=MAX_TEXT)


def _cells(session: Session, file: LedgerFile) -> RawLedger:
    raw = _frozen(session, file, ()).cells
    if raw is None:
        raise BadInput("CORRECTION_UNREADABLE", sha256=file.sha256)
    return raw


def _checked(file: LedgerFile, frozen: RawLedger, overlays: list[Overlay]) -> CheckResult:
    return check_cells(overlaid(frozen, overlays), file.sha256, file.file_name)


def _held(work: Work, file: LedgerFile, result: CheckResult) -> CheckResult:
    """Move the certificates of the ledger that counts; one used elsewhere is a finding."""
    counts = ledger_of_site(work.session, file.site, f"{file.period_start}/{file.period_end}")
    if result.ledger is None or not result.valid or counts.sha256 != file.sha256:
        return result
    claimant, instruments = claimant_of(file), result.ledger.instruments
    used = used_elsewhere(work.session, claimant, instruments)
    if not used:
        hold_instruments(work, claimant, instruments)
        hold_installations(work, claimant, result.ledger.own_power)
    return replace(result, findings=(*result.findings, *used))


def _name(file: LedgerFile, number: int | str) -> str:
    return f"{file.sha256}/{number}"


def _store(work: Work, file: LedgerFile, payload: dict[str, Any]) -> str:
    sha256 = content_hash("document", payload)
    work.document(KIND, _name(file, payload["number"]), payload, sha256, file.owner)
    work.enter_state(KIND, sha256, IN_FORCE, payload["reason"])
    replaced = [payload["replaces"]] if payload["replaces"] else []
    work.made_from(sha256, [file.sha256, *replaced])
    work.session.flush()
    return sha256


def _correction(session: Session, document: Document) -> Correction:
    content = strict_json(document.payload.encode())
    entry = state_of(session, document.sha256)
    return Correction(
        sha256=document.sha256,
        number=content["number"],
        sheet=content["sheet"],
        cell=content["cell"],
        column=content["column"],
        file_text=content["from"],
        text=content["to"],
        reason=content["reason"],
        author=content["author"],
        made_at=content["made_at"],
        state=entry.state if entry else IN_FORCE,
    )
