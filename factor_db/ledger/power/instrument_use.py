"""Green certificates are used once in the whole store: by one site, in one ledger (PCF-ELEC-004).

The serial is the primary key of its table, so two writers cannot both have it. The ledger of a site
and period that was imported last counts, so a newer one takes over what an older one holds, and
what it no longer names is free again. A correction moves the serials of a ledger likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from factor_db.ledger.form.cells import serial_key
from factor_db.ledger.form.faults import Finding, Label
from factor_db.ledger.form.power_entries import Instrument
from factor_db.store.sight import sees
from factor_db.store.tables import InstrumentUse, LedgerFile
from factor_db.store.work import Work

USED = "LEDGER_INSTRUMENT_USED"
# Serials that were entered before they were compared by letters and digits keep their signs.
_EARLIER_SIGNS = "-/."
# SQLite takes no more than 32 766 values in one statement.
_ASKED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Claimant:
    """The ledger that is about to hold certificates: its hash, site, owner and period (ISO).

    `replaces` are the ledgers of other periods that it takes the place of.
    """

    ledger: str
    site: str
    owner: str
    period_start: str
    period_end: str
    replaces: tuple[str, ...] = ()


def claimant_of(file: LedgerFile) -> Claimant:
    """Return a frozen ledger as a claimant."""
    return Claimant(file.sha256, file.site, file.owner, file.period_start, file.period_end)


def used_elsewhere(
    session: Session, claimant: Claimant, instruments: Sequence[Instrument]
) -> tuple[Finding, ...]:
    """Return a finding at each certificate that another site or period has used.

    Where the user may not see whose it is, the finding says only that it is used.
    """
    own = set(ledgers_of(session, claimant))
    serials = {item.serial: item for item in instruments}
    return tuple(
        _finding(session, use, serials[serial_key(use.serial)])
        for use in _uses(session, list(serials))
        if use.ledger not in own
    )


def hold_instruments(work: Work, claimant: Claimant, instruments: Sequence[Instrument]) -> None:
    """Give a ledger exactly these certificates; nobody else may have one of them.

    What earlier ledgers of the same site and period hold is released or taken over. Raises
    NotAllowed for another owner's ledger.
    """
    work.require_owner(claimant.owner)
    ledgers = [*ledgers_of(work.session, claimant), claimant.ledger]
    query = select(InstrumentUse).where(col(InstrumentUse.ledger).in_(ledgers))
    held = {use.serial: use for use in work.session.exec(query)}
    wanted = {item.serial: _use(claimant, item) for item in instruments}
    kept = {serial for serial, use in held.items() if use == wanted.get(serial)}
    for serial in sorted(set(held) - kept):
        work.session.delete(held[serial])
    work.session.flush()
    work.session.add_all(wanted[serial] for serial in sorted(set(wanted) - kept))
    work.session.flush()


def _use(claimant: Claimant, item: Instrument) -> InstrumentUse:
    return InstrumentUse(
        serial=item.serial,
        ledger=claimant.ledger,
        owner=claimant.owner,
        site=claimant.site,
        cell=f"{item.sheet}!{item.cells['serial']}",
    )


def ledgers_of(session: Session, claimant: Claimant) -> list[str]:
    """Return the ledgers of the claimant's site and period, and those that it replaces."""
    query = select(LedgerFile.sha256).where(
        LedgerFile.site == claimant.site,
        LedgerFile.period_start == claimant.period_start,
        LedgerFile.period_end == claimant.period_end,
    )
    return [*session.exec(query), *claimant.replaces]


def _uses(session: Session, serials: Sequence[str]) -> Iterator[InstrumentUse]:
    for at in range(0, len(serials), _ASKED_AT_ONCE):
        part = serials[at : at + _ASKED_AT_ONCE]
        yield from session.exec(select(InstrumentUse).where(col(InstrumentUse.serial).in_(part)))
    wanted = set(serials)
    signs = or_(*(col(InstrumentUse.serial).contains(sign) for sign in _EARLIER_SIGNS))
    for use in session.exec(select(InstrumentUse).where(signs)):
        if serial_key(use.serial) in wanted:
            yield use


def _finding(session: Session, use: InstrumentUse, item: Instrument) -> Finding:
    where = Label("您无权查看的台账", "in a ledger you may not see")
    if sees(session, use.owner):
        file = session.get_one(LedgerFile, use.ledger)
        place = f"{use.site} {file.period_start}/{file.period_end} {use.cell}"
        where = Label(place, place)
    return Finding(
        USED,
        "error",
        item.sheet,
        item.cells["serial"],
        item.written,
        {"where": where},
    )
