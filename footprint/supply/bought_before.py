"""What the ledgers before one tell of a bought flow: what lay in store, of whom, at what figure.

Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session

from factor_db.ledger.frozen.site_ledgers import period_name
from factor_db.store.tables import LedgerFile
from footprint.account.site_ledger import read_site_ledger
from footprint.judgement.earlier import ledgers_before, sound_results
from footprint.study.definition import Study
from footprint.supply.bought_stock import Before, opening_of
from footprint.supply.sellers import delivered_by, figures_of
from lca_models.system.resolve import is_precursor


def bought_before(session: Session, file: LedgerFile, study: Study, flow: str) -> Iterator[Before]:
    """Yield what the ledgers before one tell of a bought flow, the newest first.

    Raises NotAllowed for another enterprise's. Rule: PCF-SUPPLY-001.
    """
    for found in ledgers_before(session, file):
        ledger = read_site_ledger(session, found)
        if not any(delivered_by(ledger, flow)):
            return
        taken = [
            figure
            for nominal in sound_results(session, found, study)
            for pin in nominal.pins
            if pin.slot.flow == flow and is_precursor(pin.slot)
            for figure in figures_of(pin, study.gwp_set)
        ]
        yield Before(
            period_name(found.period_start, found.period_end),
            opening_of(ledger, flow),
            {seller.name: seller.share for seller in delivered_by(ledger, flow)},
            max(taken, default=None),
        )
