"""What a frozen ledger has to be beside the others of the store before anything is made of it.

An import asks it of the ledgers that are there; ledgers frozen before, in whatever order, are asked
again when factors are derived and a certificate is issued. Rules: AL-STOCK-001,
PCF-SITE-001.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from sqlmodel import Session

from factor_db.foundation.errors import BadInput
from factor_db.ledger.corrections import corrected_cells, effective_rows
from factor_db.ledger.faults import Finding, Label, Param
from factor_db.ledger.instrument_use import claimant_of
from factor_db.ledger.stock_levels import uncarried
from factor_db.ledger.twins import twins
from factor_db.store.tables import LedgerFile


def require_unequivocal(session: Session, file: LedgerFile) -> None:
    """Raise BadInput for the first fault between a ledger and the others of its owner.

    LEDGER_STOCK_NOT_CARRIED, LEDGER_STOCK_DROPPED and LEDGER_STOCK_UNKNOWN_BEFORE, with the cells
    and amounts of both; LEDGER_TWIN_METAL and LEDGER_TWIN_METER with the other site.
    """
    read = partial(corrected_cells, session, file)
    claimant = claimant_of(file)
    _raise_first(uncarried(session, claimant, read, later=True))
    _raise_first(twins(session, claimant, effective_rows(session, file).rows, read))


def _raise_first(found: Iterable[Finding]) -> None:
    for item in found:
        raise BadInput(item.code, **{name: _plain(value) for name, value in item.params.items()})


def _plain(value: Param) -> str | int:
    """Return a parameter alike in both languages: of a name with its code, the code."""
    return value.en.rpartition("(")[2].removesuffix(")") if isinstance(value, Label) else value
