"""A store written by the code of commit 41857a7 (version 0.1.0) opens under today's, whole.

System: its backup (`data/store_41857a7.jsonl.xz`): the founding data of that time, the recycled
ingot example published, one calculation and its certificate of edition 2. Stated by that code:
10 digits of the total, below. By hand: neither the ledger nor a factor of the pins changed, so the
stored result follows from its document, and what today's models move is named, never silent.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.release.releases import found, release_names
from factor_db.factors.trace.lineage import stale_certificates
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.store.audit import log_faults
from factor_db.store.backup import restore_backup
from factor_db.store.tables import Document
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.calculation.stale import drifted
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.study.definition import default_study

DATA = Path(__file__).parent / "data" / "store_41857a7.jsonl.xz"

# As the code of its time printed it.
STORED = Decimal("0.700373345121683539837995")


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(
    request: pytest.FixtureRequest, tmp_path: Path, new_url: Callable[[str], str]
) -> Iterator[Store]:
    """The old store in a database of each kind, founded anew by today's code."""
    backup = tmp_path / "backup.jsonl"
    backup.write_bytes(lzma.decompress(DATA.read_bytes()))
    url = new_url(request.param)
    restore_backup(url, backup)
    store = Store(url)
    with store.read() as session:
        before = release_names(session)
    assert found(store) is False  # founded then; the release of today is added
    with store.read() as session:
        assert set(before) < set(release_names(session))
    yield store
    store.close()


def test_an_old_store_is_whole_and_its_results_are_reproduced(upgraded: Store) -> None:
    with upgraded.read() as session:
        assert log_faults(session) == []
        assert altered_contents(session) == []
        query = select(Document).where(Document.kind == "calculation")
        document = strict_json(session.exec(query).one().payload.encode())
        assert "model" not in document["inputs"]
        assert Decimal(document["total"]["value"]) == STORED
        again = recompute(read_result(document))
        assert again.total.value == STORED
        assert again.record()["contributions"] == document["contributions"]
        # The model has another name today: that is named, and no hash hides it.
        assert (document["model_version"], again.model_version) == (
            "recycled_ingot-2",
            "recycled_ingot-3",
        )


def test_an_old_document_is_read_and_written_back_byte_for_byte(upgraded: Store) -> None:
    """What came later stays unsaid: no default of today slips into what was hashed."""
    with upgraded.read() as session:
        query = select(Document).where(Document.kind == "calculation")
        payload = session.exec(query).one().payload
    assert canonical_json(read_result(strict_json(payload.encode())).record()) == payload.encode()


def test_what_moved_since_is_named(upgraded: Store) -> None:
    with upgraded.read("exporter") as session:
        today = calculate_study(session, default_study("recycled_ingot")).document
        moved = {item.product: item for item in drifted(session)}
        (old,) = stale_certificates(session)
    part = abs(Decimal(today["total"]["value"]) - STORED) / STORED
    assert ("recycled_ingot" in moved) is (part > Decimal("0.001"))
    assert all(ref.endswith((" superseded", " withdrawn")) for ref in old.factors)
