"""Versions read from the store: the same content is one factor, altered content none.

System: one row of the founded store, read, then altered by one digit of its payload while its
stated hash stays; reading it before must not let the altered row pass.
"""

from __future__ import annotations

import pytest
from sqlmodel import select

from factor_db.factors.keep.versions import load_factor
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.tables import FactorVersion
from factor_db.store.work import Store


def first_row(store: Store) -> FactorVersion:
    with store.read() as session:
        row = session.exec(select(FactorVersion).order_by(FactorVersion.sha256)).first()
        assert row is not None
        return FactorVersion(**row.model_dump())


def with_another_amount(payload: str) -> str:
    record = strict_json(payload.encode())
    (gas, amount), *_ = sorted(record["amounts"].items())
    record["amounts"][gas] = f"{amount}1" if "." in amount else f"{amount}.1"
    return canonical_json(record).decode()


def test_a_row_altered_after_it_was_read_is_refused(store: Store) -> None:
    row = first_row(store)
    assert load_factor(row).sha256 == row.sha256
    altered = FactorVersion(**{**row.model_dump(), "payload": with_another_amount(row.payload)})
    renamed = FactorVersion(**{**row.model_dump(), "sha256": "0" * 64})
    for other in (altered, renamed, altered):
        with pytest.raises(BadInput, match="FACTOR_ALTERED"):
            load_factor(other)
    assert load_factor(first_row(store)) == load_factor(row)
