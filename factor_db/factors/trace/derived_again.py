"""Field factors derived again from their frozen ledgers, with the corrections of their time.

A field factor that no ledger gives was written past the derivation, whatever hash and leaf it has.
What is compared is what the ledger decides: amounts, unit, slot, period and cells. Scores, names
and spread follow from rules that may be newer than the factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlmodel import Session, col, select

from factor_db.factors.derive.derivation import SOFTWARE, How, derive_factors, ways_of
from factor_db.factors.keep.versions import load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import CELLS
from factor_db.foundation.errors import DOCUMENT_FAULTS, FootprintError
from factor_db.ledger.frozen.corrections import IN_FORCE, WITHDRAWN, corrections_of
from factor_db.store.tables import FactorVersion, LedgerFile, StateEntry
from factor_db.store.work import first_entries


@dataclass(frozen=True, slots=True)
class DerivedAgain:
    """Hashes of field factors that their ledger does not give, and references not asked about.

    Not asked about are factors of an earlier derivation, whose rules are not those of today.
    """

    otherwise: tuple[str, ...]
    earlier: tuple[str, ...]


def derive_again(session: Session, unreadable: frozenset[str] = frozenset()) -> DerivedAgain:
    """Derive every field factor of the store again; `unreadable` are hashes known to be altered."""
    given = cache(lambda *asked: _given(session, *asked))
    otherwise, earlier = [], []
    query = select(FactorVersion).where(FactorVersion.site != "")
    for row in session.exec(query.order_by(col(FactorVersion.sha256))):
        if row.sha256 in unreadable:
            continue
        factor = load_factor(row)
        if factor.derivation is None or factor.derivation.software != SOFTWARE:
            earlier.append(factor.ref)
            continue
        known = _in_force(session, factor)
        if known is None or not any(
            given(factor.source.file_sha256, known, how).get(factor.id) == _decided(factor)
            for how in ways_of(factor)
        ):
            otherwise.append(row.sha256)
    return DerivedAgain(tuple(otherwise), tuple(earlier))


def _in_force(session: Session, factor: Factor) -> frozenset[str] | None:
    """Return the corrections in force when a version was stored; None without its ledger."""
    file = session.get(LedgerFile, factor.source.file_sha256)
    if file is None:
        return None
    stored = first_entries(session, [factor.sha256]).get(factor.sha256, 0)
    known = {item.sha256 for item in corrections_of(session, file)}
    entries = select(StateEntry).where(col(StateEntry.subject).in_(known))
    found: set[str] = set()
    for entry in session.exec(entries.order_by(col(StateEntry.id))):
        if (entry.id or 0) < stored and entry.state == IN_FORCE:
            found.add(entry.subject)
        elif (entry.id or 0) < stored and entry.state == WITHDRAWN:
            found.discard(entry.subject)
    return frozenset(found)


def _given(session: Session, ledger: str, only: frozenset[str], how: How) -> dict[str, Any]:
    """Return factor id → what a ledger decides of it, with some corrections and an allocation."""
    file = session.get_one(LedgerFile, ledger)
    try:
        derived = derive_factors(session, file, *how, only=only)
    except (FootprintError, *DOCUMENT_FAULTS):  # an allocation the ledger does not hold
        return {}
    return {factor.id: _decided(factor) for factor in derived}


def _decided(factor: Factor) -> dict[str, Any]:
    inputs = factor.derivation.inputs if factor.derivation else ()
    return {
        "amounts": dict(factor.amounts),
        "cells": sorted({item.cell for item in inputs if isinstance(item, CELLS)}),
        "period": (factor.period_start, factor.period_end),
        "place": (factor.site, factor.owner, factor.geography),
        "slot": (factor.process, factor.flow, factor.product, factor.quantity, factor.unit),
    }
