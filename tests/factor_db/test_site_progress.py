"""How far a site is: a ledger counts as derived by its factors alone, and till it is corrected.

System: the example recycling plant's ledger, frozen in a founded store. A sampling plan is made from a
ledger too, and says nothing of factors; a correction laid over it later asks for another derivation.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.review.site_progress import SiteProgress, site_progress
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.frozen.sampling import make_plan
from factor_db.ledger.frozen.site_ledgers import ledger_of_site
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store

LEDGER = Path("factor_db/reference/examples/recycling_plant.xlsx")
SITE = "CQ-RECYCLED"


def progress_of(store: Store) -> SiteProgress:
    with store.read("exporter") as session:
        (found,) = site_progress(session)
    return found


@pytest.fixture
def frozen(store: Store) -> Store:
    with store.work("exporter") as work:
        assert import_ledger(work, LEDGER).sha256
    return store


def test_a_ledger_is_derived_by_its_factors_and_till_it_is_corrected(frozen: Store) -> None:
    with frozen.work("auditor") as work:
        make_plan(work, SITE, size=2, seed=1)
    assert [(line.period, line.derived) for line in progress_of(frozen).ledgers] == [
        ("2025", False)
    ]
    with frozen.work("exporter") as work:
        count = len(derive_site(work, SITE))
    assert [line.derived for line in progress_of(frozen).ledgers] == [True]
    assert progress_of(frozen).states == {"draft": count}
    with frozen.work("exporter") as work:
        file = ledger_of_site(work.session, SITE)
        salt = select(LedgerEntry).where(
            LedgerEntry.ledger == file.sha256,
            LedgerEntry.process == "melting",
            LedgerEntry.flow == "flux_salt",
        )
        row = work.session.exec(salt).all()[0]
        sheet, _, cell = row.cell.partition("!")
        more = str(row.amount * Decimal("1.01"))
        assert correct_cell(work, file, sheet, cell, more, "read again").sha256
    assert [line.derived for line in progress_of(frozen).ledgers] == [False]
    with frozen.work("exporter") as work:
        derive_site(work, SITE)
    assert [line.derived for line in progress_of(frozen).ledgers] == [True]
