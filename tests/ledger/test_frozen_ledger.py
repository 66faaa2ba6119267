"""A frozen file is parsed once in a unit of work, whatever asks for its sheets, and means one thing.

System: the example plate mill with all its sheets, frozen; its electricity comes from meters. In
one unit of work its factors are derived (rests, balances of product codes, shares of power and
stock), the evidence at its cells is linked, its gates are asked and a factor is traced; the account
reads it too. Before, each of them parsed the workbook again: eight times in all.

Law: parsed once as it was frozen; a correction adds one reading of the corrected cells and parses
nothing. By hand: the main meter's first reading is one more, so January uses one times its multiplier
(5000) less, in whatever parts the processes share it; the frozen cells read as before. Of many ledgers only the last few are kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import Session

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.review.gates import gate_faults
from factor_db.factors.trace.factors import trace_factor
from factor_db.foundation.errors import NotAllowed
from factor_db.ledger.checks.whole import read_cells
from factor_db.ledger.form.cells import RawLedger
from factor_db.ledger.frozen import corrections
from factor_db.ledger.frozen.corrections import (
    correct_cell,
    corrected_cells,
    effective_rows,
    frozen_ledger,
)
from factor_db.ledger.frozen.evidence import attach_evidence
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.ledger.frozen.meter_rest import rows_with_rests
from factor_db.store.tables import LedgerFile
from factor_db.store.work import Store
from footprint.account.site_ledger import read_site_ledger

BOOK = Path(__file__).parents[2] / "factor_db/reference/examples/plate_mill.xlsx"
SITE = "CQ-PLATE"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the files parsed so far."""
    sizes: list[int] = []

    def counted(data: bytes) -> RawLedger | None:
        sizes.append(len(data))
        return read_cells(data)

    monkeypatch.setattr(corrections, "read_cells", counted)
    return sizes


@pytest.fixture(scope="module")
def frozen_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("frozen") / "home"
    shutil.copytree(founded_home, copied)
    store = Store.at(copied)
    with store.work("exporter") as work:
        assert import_ledger(work, BOOK).sha256
    store.close()
    return copied


@pytest.fixture
def frozen(frozen_home: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of its own with the mill's ledger frozen."""
    shutil.copytree(frozen_home, tmp_path / "home")
    store = Store.at(tmp_path / "home")
    yield store
    store.close()


def ledger(session: Session) -> LedgerFile:
    return ledger_of_site(session, SITE)


def test_all_who_ask_in_one_unit_of_work_share_one_reading(
    frozen: Store, parsed: list[int], tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    with frozen.work("exporter") as work:
        file = ledger(work.session)
        attach_evidence(work, file, [photo])
        found = derive_site(work, SITE)
        row = find_version(work.session, found[0])
        gate_faults(work.session, load_factor(row))
        trace_factor(work.session, found[0])
        read_site_ledger(work.session, file)
        corrected_cells(work.session, file)
        assert parsed == [len(file.content)]
        same = rows_with_rests(work.session, file)[1]
        assert same is frozen_ledger(work.session, file)
        assert same.stock is frozen_ledger(work.session, file).stock
    with frozen.read() as session:  # another unit of work reads for itself
        frozen_ledger(session, ledger(session))
    assert len(parsed) == 2


def test_what_the_sheets_say_is_what_the_store_and_the_file_say(frozen: Store) -> None:
    with frozen.read() as session:
        file = ledger(session)
        whole = frozen_ledger(session, file)
        stored = effective_rows(session, file).rows
        assert [row.amount_canonical for row in whole.rows] == [row.amount for row in stored]
        assert whole.months == tuple(f"2025-{month:02d}" for month in range(1, 13))
        assert whole.stock.entries
        assert whole.meters
        assert whole.exceptions == ()
        assert not whole.power.own


def used(whole: FrozenLedger, flow: str | None) -> Decimal:
    return sum((row.amount_canonical for row in whole.rows if row.flow == flow), Decimal(0))


def test_a_correction_is_a_reading_of_its_own_and_parses_nothing(
    frozen: Store, parsed: list[int]
) -> None:
    with frozen.read() as session:
        meter = frozen_ledger(session, ledger(session)).meters[0]
        first = meter.readings[0]
        cell = meter.cell(first.row, "reading").ref
    with frozen.work("exporter") as work:
        more = str((first.register or 0) + 1)
        done = correct_cell(work, ledger(work.session), "meters", cell, more, "photo")
        assert done.sha256, done.check.findings
    parsed.clear()
    with frozen.read() as session:
        file = ledger(session)
        now, before = frozen_ledger(session, file), frozen_ledger(session, file, only=())
        assert now is not before
        assert now.meters[0].readings[0].register == (first.register or 0) + 1
        assert before.meters[0].readings[0].register == first.register
        assert used(before, meter.flow) - used(now, meter.flow) == first.multiplier
        effective_rows(session, file)
        assert len(parsed) == 1


def test_only_the_last_few_ledgers_are_kept(
    frozen: Store, parsed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "_KEPT_LEDGERS", 0)
    with frozen.read() as session:
        frozen_ledger(session, ledger(session))
        frozen_ledger(session, ledger(session))
    assert len(parsed) == 2


def test_what_is_kept_is_asked_for_leave_each_time(
    frozen: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(session: Session, owner: str) -> None:
        raise NotAllowed("NOT_ALLOWED_TO_SEE", owner=owner)

    with frozen.read() as session:
        file = ledger(session)
        frozen_ledger(session, file)
        monkeypatch.setattr(corrections, "require_sight", refuse)
        with pytest.raises(NotAllowed):
            frozen_ledger(session, file)
