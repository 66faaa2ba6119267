"""What a frozen ledger has to be beside the others of the store before anything is made of it.

An import asks it of the ledgers that are there; ledgers frozen before, in whatever order, are asked
again when factors are derived and a certificate is issued. Rules: AL-STOCK-001,
AL-STOCK-002, PCF-SITE-001, PCF-ELEC-009.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from sqlmodel import Session, col, select

from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.faults import Finding, Findings, Label, Param
from factor_db.ledger.form.loops import LOOPS
from factor_db.ledger.frozen.corrections import effective_rows, frozen_ledger
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.installation_use import shared_elsewhere
from factor_db.ledger.frozen.stock_levels import uncarried
from factor_db.ledger.frozen.twins import strangers, twins
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.power.checks import check_named
from factor_db.ledger.power.instrument_use import claimant_of
from factor_db.ledger.power.rows import PowerReading
from factor_db.ledger.reading.exceptions import apply_exceptions
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.ledger.stock.drawn import OWN_DRAWN, check_drawn, drawn_from_store
from factor_db.store.tables import LedgerFile, StateEntry


def require_unequivocal(session: Session, file: LedgerFile) -> None:
    """Raise BadInput for the first fault between a ledger and the others of its owner.

    LEDGER_STOCK_NOT_CARRIED, LEDGER_STOCK_DROPPED and LEDGER_STOCK_UNKNOWN_BEFORE, with the cells
    and amounts of both; LEDGER_TWIN_METAL and LEDGER_TWIN_METER with the other site;
    LEDGER_POWER_SHARED for an installation whose power another site claims too;
    LEDGER_STOCK_OWN_DRAWN where nobody says where own scrap in store came from.
    """
    read = partial(frozen_ledger, session, file)
    claimant = claimant_of(file)
    _raise_first(uncarried(session, claimant, read, later=True))
    _raise_first(twins(session, claimant, effective_rows(session, file).rows, read))
    _raise_first(shared_elsewhere(session, file.sha256))
    _raise_first(_unexplained(read(), _day_of_import(session, file)))


def require_alone(session: Session, file: LedgerFile) -> None:
    """Raise BadInput where a certificate of a ledger would count again what another one counts.

    LEDGER_TWIN_STRANGER where another enterprise's ledger is of the same plant, nothing more of it
    told; LEDGER_POWER_INSTALLATION where own power does not say of which installation it is, as in
    ledgers frozen before that was asked.
    """
    read = partial(frozen_ledger, session, file)
    _raise_first(_nameless_power(read().power))
    _raise_first(strangers(session, claimant_of(file), effective_rows(session, file).rows, read))


def _nameless_power(power: PowerReading) -> tuple[Finding, ...]:
    findings = Findings()
    if power.purchased:  # without it own power is not claimed
        check_named(power, findings)
    return findings.collected()


def _unexplained(frozen: FrozenLedger, day: date) -> Iterator[Finding]:
    """Yield own metal drawn from store that neither a note nor an exception explains.

    Exceptions count as of `day`: what explained the import explains it later, too.
    """
    stock = frozen.stock
    if frozen.cells is None or all(drawn_from_store(stock, flow) <= 0 for flow in LOOPS):
        return
    rows = (
        RowReading(row.row_number, row.process, row.flow, row.period, row) for row in frozen.rows
    )
    findings = Findings()
    check_drawn(stock, MonthIndex(tuple(rows), frozen.months), findings)
    apply_exceptions(frozen.cells, frozen.months, findings, day)
    yield from (
        item for item in findings.collected() if item.code == OWN_DRAWN and not item.explained
    )


def _day_of_import(session: Session, file: LedgerFile) -> date:
    query = select(StateEntry.at).where(StateEntry.subject == file.sha256)
    first = session.exec(query.order_by(col(StateEntry.id))).first()
    return date.fromisoformat(first[:10]) if first else date.fromisoformat(file.period_end)


def _raise_first(found: Iterable[Finding]) -> None:
    for item in found:
        raise BadInput(item.code, **{name: _plain(value) for name, value in item.params.items()})


def _plain(value: Param) -> str | int:
    """Return a parameter alike in both languages: of a name with its code, the code."""
    return value.en.rpartition("(")[2].removesuffix(")") if isinstance(value, Label) else value
