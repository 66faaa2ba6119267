"""The product factors a study names as suppliers, found in the store; never its own product.

Ancestry is walked in the lineage: factor ← calculation ← the factors it pinned ← … to the end. The
product itself looks, for the walk passes through other enterprises' calculations, and shows
nothing of them but the references that the user may see anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.product import made_by_document
from factor_db.factors.trace.lineage import parents_of
from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.store.sight import house_at_work, sees_version
from factor_db.store.tables import Document, FactorVersion
from factor_db.store.work import state_of
from footprint.study.definition import Study
from footprint.study.supplier_shares import Supplier
from footprint.study.suppliers import CHAIN_RULE, asked, described, is_own_product
from lca_models.system.formula import Slot
from lca_models.system.resolve import PRECURSOR_RULE, Where, is_precursor, same_goods

Supplies = dict[str, list[tuple[Factor, Decimal]]]
_HIDDEN = "..."


def supplied(session: Session, study: Study, where: Where) -> tuple[Study, Supplies]:
    """Return the study with every supplier as `id@version`, and flow → factors with shares.

    Raises BadInput for a factor that is unknown, not published, no product footprint, or that the
    study's own product is an ancestor of (rule AL-CHAIN-001); NotAllowed for one not handed over.
    """
    named: dict[str, tuple[Supplier, ...]] = {}
    supplies: Supplies = {}
    for named_flow, items in sorted(study.suppliers.items()):
        flow = slot_flow(named_flow)
        if flow in supplies:
            refs = ", ".join(item.ref for item in items)
            raise BadInput("SUPPLIER_TWICE", flow=flow, refs=refs)
        factors = [_published(session, flow, item.ref) for item in items]
        for factor in factors:
            _require_no_ancestor(session, flow, factor, study, where)
        named[flow] = tuple(
            replace(item, ref=factor.ref) for item, factor in zip(items, factors, strict=True)
        )
        supplies[flow] = [(f, item.share) for item, f in zip(items, factors, strict=True)]
    return replace(study, suppliers=named), supplies


def slot_flow(flow: str) -> str:
    """Return the flow of the slot that a precursor fills: purchased slab fills that of slab."""
    by_use = rule(PRECURSOR_RULE).items("named_by_use")
    return same_goods(flow)[0] if flow in by_use else flow


def require_precursors(study: Study, slots: Iterable[Slot]) -> None:
    """Raise BadInput when the study names suppliers of something its model does not buy."""
    known = {slot.flow for slot in slots if is_precursor(slot)}
    strange = sorted({slot_flow(flow) for flow in study.suppliers} - known)
    if strange:
        listed = ", ".join(sorted(known)) or "-"
        raise BadInput("SUPPLIER_FLOW", flows=", ".join(strange), known=listed)


def _published(session: Session, flow: str, ref: str) -> Factor:
    row = find_version(session, ref)
    entry = state_of(session, row.sha256)
    if row.kind != "product":
        raise BadInput("SUPPLIER_NO_PRODUCT", flow=flow, ref=ref, kind=row.kind)
    if entry is None or entry.state != "published":
        state = entry.state if entry else "-"
        raise BadInput("SUPPLIER_NOT_PUBLISHED", flow=flow, ref=ref, state=state)
    return load_factor(row)


def _require_no_ancestor(
    session: Session, flow: str, factor: Factor, study: Study, where: Where
) -> None:
    """Raise BadInput with the chain when the study's own product stands behind the factor."""
    parents = parents_of(session, factor.sha256)
    with house_at_work(session):
        query = select(Document).where(
            Document.kind == "calculation", col(Document.name).in_(sorted(parents))
        )
        made = {
            item.name: made_by_document(strict_json(item.payload.encode()))
            for item in session.exec(query)
        }
    for name, calculation in sorted(made.items()):
        if is_own_product(calculation, study, where):
            way = _names(session, _way(parents, factor.sha256, name))
            chain = " <- ".join([asked(study, where), *way, described(calculation)])
            raise BadInput("SUPPLIER_ANCESTRY", flow=flow, chain=chain, rule=CHAIN_RULE)


def _way(parents: dict[str, str], start: str, end: str) -> list[str]:
    """Return the keys from a factor up to one of its ancestors, the ancestor left out."""
    way, key = [], end
    while key != start:
        key = parents[key]
        way.append(key)
    return way[::-1]


def _names(session: Session, keys: list[str]) -> list[str]:
    """Return the references of the factors among the keys, in order; hidden ones as dots."""
    rows = {
        row.sha256: row
        for row in session.exec(select(FactorVersion).where(col(FactorVersion.sha256).in_(keys)))
    }
    return [
        f"{rows[key].factor_id}@{rows[key].version}"
        if sees_version(session, rows[key])
        else _HIDDEN
        for key in keys
        if key in rows
    ]
