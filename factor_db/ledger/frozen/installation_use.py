"""Own generation is claimed once in the store: an installation by one site, or by stated shares.

The number of the installation is what tells two claims of one kWh apart, as its serial does for a
green certificate; a sheet of the form before there were numbers names it by site and kind, and the
same generation of several months elsewhere still tells it. Two sites may share an installation;
their shares of a month are 1 at most. Which of them is right no store can say, so neither gives a
factor or a certificate. Rule: PCF-ELEC-009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import serial_key
from factor_db.ledger.form.faults import Finding, Param
from factor_db.ledger.form.power_entries import OwnPower
from factor_db.ledger.frozen.site_ledgers import REPLACED
from factor_db.ledger.power.instrument_use import Claimant, ledgers_of
from factor_db.store.sight import require_sight, sees
from factor_db.store.tables import InstallationUse, LedgerFile, StateEntry
from factor_db.store.work import Work

SHARED, SHARED_UNSEEN = "LEDGER_POWER_SHARED", "LEDGER_POWER_SHARED_UNSEEN"
ALIKE, ALIKE_UNSEEN = "LEDGER_POWER_ALIKE", "LEDGER_POWER_ALIKE_UNSEEN"
_LEAST_ALIKE = int(rule("PCF-ELEC-009").number("least_alike"))


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
    claimed = [entry for entry in own if entry.claimed > 0]
    work.session.add_all(_use(claimant, entry) for entry in claimed)
    work.session.flush()


def shared_elsewhere(session: Session, ledger: str) -> tuple[Finding, ...]:
    """Return a finding for each installation of a ledger that another site claims too.

    Claimed too are shares above 1 in a month together, and the same generation of several months
    under another number. Whose user may not see the other ledger learns only that another
    enterprise has it. Raises NotAllowed for another enterprise's ledger.
    """
    file = session.get_one(LedgerFile, ledger)
    require_sight(session, file.owner)
    query = select(InstallationUse).where(InstallationUse.ledger == ledger)
    uses = sorted(session.exec(query), key=lambda item: (item.installation, item.month))
    found: dict[str, Finding] = {}
    for use in uses:
        others = [item for item in _elsewhere(session, use) if _is_one(item, use)]
        total = sum((other.share for other in others), use.share)
        if others and total > 1 and use.installation not in found:
            found[use.installation] = _shared(session, use, others, total)
    for use, others in _under_other_numbers(session, uses):
        found.setdefault(use.installation, _alike(session, use, others))
    return tuple(found.values())


def _elsewhere(session: Session, use: InstallationUse) -> Iterator[InstallationUse]:
    """Yield what other sites' ledgers in force claim of an installation, or alike, in a month."""
    gone = select(StateEntry.subject).where(StateEntry.state == REPLACED)
    same_number = col(InstallationUse.installation) == use.installation
    same_amount = col(InstallationUse.generated) == use.generated
    yield from session.exec(
        select(InstallationUse).where(
            InstallationUse.month == use.month,
            InstallationUse.site != use.site,
            same_number | same_amount,
            col(InstallationUse.ledger).not_in(gone),
        )
    )


def _is_one(other: InstallationUse, use: InstallationUse) -> bool:
    return other.installation == use.installation


def _under_other_numbers(
    session: Session, uses: Iterable[InstallationUse]
) -> Iterator[tuple[InstallationUse, list[InstallationUse]]]:
    """Yield an installation's first month with those of another number that generated the same.

    One amount in one month is chance, several different ones are not.
    """
    pairs: dict[tuple[str, str, str], list[tuple[InstallationUse, InstallationUse]]]
    pairs = defaultdict(list)
    for use in uses:
        for other in _elsewhere(session, use):
            if not _is_one(other, use):
                pairs[use.installation, other.site, other.installation].append((use, other))
    for found in pairs.values():
        if len({use.generated for use, _ in found}) >= _LEAST_ALIKE:
            yield found[0][0], [found[0][1]]


def _use(claimant: Claimant, entry: OwnPower) -> InstallationUse:
    return InstallationUse(
        ledger=claimant.ledger,
        installation=entry.installation or serial_key(f"{claimant.site}{entry.source}"),
        month=entry.period,
        owner=claimant.owner,
        site=claimant.site,
        share=entry.share,
        generated=entry.kwh["generated"],
        cell=f"{entry.sheet}!{entry.cells.get('installation', entry.cells['source'])}",
    )


def _shared(
    session: Session, use: InstallationUse, others: list[InstallationUse], total: Decimal
) -> Finding:
    # Also the sum of the shares would tell what the other one states.
    words = _seen(session, others)
    if words:
        words["shares"] = decimal_text(total)
    return _finding(SHARED if words else SHARED_UNSEEN, use, words)


def _alike(session: Session, use: InstallationUse, others: list[InstallationUse]) -> Finding:
    words = _seen(session, others)
    return _finding(ALIKE if words else ALIKE_UNSEEN, use, words)


def _seen(session: Session, others: list[InstallationUse]) -> dict[str, Param]:
    """Return where others stand, or nothing where the user may not see one of them."""
    if not all(sees(session, other.owner) for other in others):
        return {}
    return {"where": ", ".join(_place(session, other) for other in others)}


def _finding(code: str, use: InstallationUse, words: dict[str, Param]) -> Finding:
    sheet, _, cell = use.cell.partition("!")
    params: dict[str, Param] = {"month": use.month, "installation": use.installation, **words}
    return Finding(code, "error", sheet, cell, use.installation, params)


def _place(session: Session, use: InstallationUse) -> str:
    file = session.get_one(LedgerFile, use.ledger)
    return f"{use.site} {file.period_start}/{file.period_end} {use.cell}"
