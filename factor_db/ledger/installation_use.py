"""Own generation is claimed once in the store: an installation by one site, or by stated shares.

The number of the installation is what tells two claims of one kWh apart, as its serial does for a
green certificate. Two sites may share an installation; their shares of a month are 1 at most. Which
of them is right no store can say, so neither gives a factor or a certificate. Rule: PCF-ELEC-009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.faults import Finding, Param
from factor_db.ledger.instrument_use import Claimant, ledgers_of
from factor_db.ledger.power_rows import OwnPower
from factor_db.ledger.site_ledgers import REPLACED
from factor_db.store.sight import require_sight, sees
from factor_db.store.tables import InstallationUse, LedgerFile, StateEntry
from factor_db.store.work import Work

SHARED, SHARED_UNSEEN = "LEDGER_POWER_SHARED", "LEDGER_POWER_SHARED_UNSEEN"


def hold_installations(work: Work, claimant: Claimant, own: Sequence[OwnPower]) -> None:
    """Enter which installations a ledger claims own power of, month by month, and how much of them.

    What earlier ledgers of the same site and period entered is taken out. Raises NotAllowed for
    another owner's ledger.
    """
    work.require_owner(claimant.owner)
    ledgers = [*ledgers_of(work.session, claimant), claimant.ledger]
    held = select(InstallationUse).where(col(InstallationUse.ledger).in_(ledgers))
    for use in work.session.exec(held):
        work.session.delete(use)
    work.session.flush()
    claimed = [entry for entry in own if entry.claimed > 0 and entry.installation]
    work.session.add_all(_use(claimant, entry) for entry in claimed)
    work.session.flush()


def shared_elsewhere(session: Session, ledger: str) -> tuple[Finding, ...]:
    """Return a finding for each installation whose shares at several sites are above 1 in a month.

    Whose user may not see the other ledger learns only that another enterprise has it. Raises
    NotAllowed for another enterprise's ledger.
    """
    file = session.get_one(LedgerFile, ledger)
    require_sight(session, file.owner)
    query = select(InstallationUse).where(InstallationUse.ledger == ledger)
    found: dict[str, Finding] = {}
    for use in sorted(session.exec(query), key=lambda item: (item.installation, item.month)):
        others = list(_elsewhere(session, use))
        total = sum((other.share for other in others), use.share)
        if others and total > 1 and use.installation not in found:
            found[use.installation] = _finding(session, use, others, total)
    return tuple(found.values())


def _elsewhere(session: Session, use: InstallationUse) -> Iterator[InstallationUse]:
    """Yield what other sites' ledgers in force claim of an installation in a month."""
    gone = select(StateEntry.subject).where(StateEntry.state == REPLACED)
    yield from session.exec(
        select(InstallationUse).where(
            InstallationUse.installation == use.installation,
            InstallationUse.month == use.month,
            InstallationUse.site != use.site,
            col(InstallationUse.ledger).not_in(gone),
        )
    )


def _use(claimant: Claimant, entry: OwnPower) -> InstallationUse:
    return InstallationUse(
        ledger=claimant.ledger,
        installation=entry.installation,
        month=entry.period,
        owner=claimant.owner,
        site=claimant.site,
        share=entry.share,
        cell=f"{entry.sheet}!{entry.cells['installation']}",
    )


def _finding(
    session: Session, use: InstallationUse, others: list[InstallationUse], total: Decimal
) -> Finding:
    sheet, _, cell = use.cell.partition("!")
    words: dict[str, Param] = {"month": use.month, "installation": use.installation}
    # Also the sum of the shares would tell what the other one states.
    seen = all(sees(session, other.owner) for other in others)
    if seen:
        words["where"] = ", ".join(_place(session, other) for other in others)
        words["shares"] = decimal_text(total)
    code = SHARED if seen else SHARED_UNSEEN
    return Finding(code, "error", sheet, cell, use.installation, words)


def _place(session: Session, use: InstallationUse) -> str:
    file = session.get_one(LedgerFile, use.ledger)
    return f"{use.site} {file.period_start}/{file.period_end} {use.cell}"
