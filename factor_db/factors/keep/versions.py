"""Factor versions in the store: adding one, finding one, its history.

A changed content under a known id becomes its next version; nothing is ever changed in place.
"""

from __future__ import annotations

from functools import lru_cache

from sqlmodel import Session, col, select

from factor_db.factors.keep.search_index import add_to_index
from factor_db.factors.record import reference
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import (
    CalculationInput,
    CorrectedCell,
    DerivationInput,
    LedgerCell,
    SupplierDocument,
)
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.sight import require_sight_of_factor, require_sight_of_version
from factor_db.store.tables import FactorVersion, StateEntry
from factor_db.store.work import Work

REFERENCE_OWNER = reference.REFERENCE_OWNER
# What an input of a derivation may name that has a key in the lineage.


def add_factor(
    work: Work, factor: Factor, state: str = "draft", *, reason: str = ""
) -> FactorVersion:
    """Store a factor version with its first state; the same content is stored once.

    A changed content under a known id becomes the next version of it.
    """
    row, is_new = store_version(work, factor, state, reason=reason)
    if is_new:
        add_to_index(work.session, [load_factor(row)])
    return row


def store_version(
    work: Work, factor: Factor, state: str, *, reason: str = ""
) -> tuple[FactorVersion, bool]:
    """Store a version without indexing it, and tell whether it is new."""
    work.require("exporter", "park", "standards")
    newest = _newest_version(work.session, factor.id)
    if newest is not None:
        same = factor.model_copy(update={"version": newest.version})
        if Factor.model_validate(same.record()).sha256 == newest.sha256:
            return newest, False
        factor = Factor.model_validate({**factor.record(), "version": newest.version + 1})
    row = FactorVersion(
        sha256=factor.sha256,
        factor_id=factor.id,
        version=factor.version,
        owner=factor.owner,
        kind=factor.kind,
        process=factor.process,
        flow=factor.flow,
        quantity=factor.quantity,
        geography=factor.geography,
        site=factor.site,
        illustrative=factor.illustrative,
        payload=canonical_json(factor.record()).decode(),
    )
    work.store(row, "create", "factor", row.sha256)
    work.enter_state("factor", row.sha256, state, reason)
    inputs = factor.derivation.inputs if factor.derivation else ()
    parents = [parent for item in inputs if (parent := _parent(item))]
    work.made_from(row.sha256, parents + ([newest.sha256] if newest else []))
    return row, True


def _parent(item: DerivationInput) -> str:
    """Return what of the store an input is, empty for what lies outside."""
    match item:
        case LedgerCell():
            return item.ledger
        case CorrectedCell():
            return item.correction
        case CalculationInput():
            return item.calculation
        case SupplierDocument():
            return item.document
        case _:
            return ""


def find_version(session: Session, ref: str) -> FactorVersion:
    """Return the version of `id@version`, or the newest of `id`.

    Raises BadInput without one, NotAllowed for another enterprise's field data.
    """
    factor_id, _, version = ref.partition("@")
    row = _newest_version(session, factor_id)
    if version:
        query = select(FactorVersion).where(FactorVersion.factor_id == factor_id)
        readable = version.isascii() and version.isdigit() and len(version) < 10
        row = session.exec(
            query.where(FactorVersion.version == (int(version) if readable else 0))
        ).first()
    if row is None:
        raise BadInput("FACTOR_UNKNOWN", ref=ref)
    require_sight_of_version(session, row)
    return row


def load_factor(row: FactorVersion) -> Factor:
    """Return the factor of a stored version; raises BadInput when its content is not its hash."""
    return _checked_factor(row.payload, row.sha256)


# A release has some 400 factors, and whoever calculates twice asks for all of them twice. The
# content itself is the key, so whatever was altered since is read and checked anew.
@lru_cache(maxsize=2048)
def _checked_factor(payload: str, sha256: str) -> Factor:
    factor = Factor.model_validate(strict_json(payload.encode()))
    if factor.sha256 != sha256:
        raise BadInput("FACTOR_ALTERED", ref=factor.ref)
    return factor


def history(session: Session, sha256: str) -> list[StateEntry]:
    """Return a version's states, oldest first; raises NotAllowed for another enterprise's."""
    require_sight_of_factor(session, sha256)
    query = select(StateEntry).where(StateEntry.subject == sha256).order_by(col(StateEntry.id))
    return list(session.exec(query))


def _newest_version(session: Session, factor_id: str) -> FactorVersion | None:
    """Return the highest version of a factor id, or None."""
    query = select(FactorVersion).where(FactorVersion.factor_id == factor_id)
    return session.exec(query.order_by(col(FactorVersion.version).desc()).limit(1)).first()
