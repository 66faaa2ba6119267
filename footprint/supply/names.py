"""Whose footprint a supplier's is, by its file or by the calculation that made it.

What a user calls a factor is no evidence of who delivered. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import SupplierDocument, of_kind
from factor_db.factors.record.product import calculation_of
from factor_db.foundation.canonical import decimal_value, strict_json
from factor_db.store.sight import sees
from factor_db.store.tables import Document, Organisation
from footprint.account.site_ledger import ZERO
from footprint.solving.preparation import Prepared
from footprint.supply.declared import FILE_KIND, RECYCLED
from footprint.supply.described import foreign_word


def names_of(session: Session, prepared: Prepared, factor: Factor) -> frozenset[str]:
    """Return the names of the firm a footprint is of: its file's, or the firm's that made it.

    What a user calls a factor is no evidence of who delivered.
    """
    names = {name for document in _documents(factor) for name in _of_file(session, document)}
    made = calculation_of(factor)
    if made or factor.owner != prepared.site.owner:
        organisation = session.get(Organisation, factor.owner)
        if organisation is not None:
            firm = (organisation.code, organisation.uscc, organisation.name_zh)
            names |= {*firm, organisation.name_en}
    if made:
        names.add(made.site)
    return frozenset(filter(None, names))


def _documents(factor: Factor) -> tuple[str, ...]:
    """Return the suppliers' files that a footprint was read from."""
    inputs = factor.derivation.inputs if factor.derivation else ()
    return tuple(item.document for item in of_kind(inputs, SupplierDocument))


def file_content(session: Session, document: str) -> Mapping[str, Any]:
    """Return what a stored supplier's file says; nothing for one that the user may not see."""
    query = select(Document).where(Document.kind == FILE_KIND, Document.name == document)
    stored = session.exec(query).first()
    if stored is None or not sees(session, stored.owner):
        return {}
    payload = strict_json(stored.payload.encode())
    text, is_toml = str(payload["content"]), str(payload["file_name"]).casefold().endswith(".toml")
    content = tomllib.loads(text, parse_float=Decimal) if is_toml else strict_json(text.encode())
    if not isinstance(content, dict):
        return {}
    return content if is_toml or "data" not in content else content["data"][0]


def _of_file(session: Session, document: str) -> Iterator[str]:
    """Yield the names and numbers that a stored supplier's file gives its firm."""
    content = file_content(session, document)
    for key in ("supplier_zh", "supplier_en", "supplier_uscc", "companyName"):
        yield str(content.get(key, ""))
    for urn in content.get("companyIds", ()):
        yield str(urn).rpartition(":")[2]


def recycled_share(session: Session, factor: Factor) -> Decimal:
    """Return the share of recycled metal that a supplier's file states and cites a document for."""
    for document in _documents(factor):
        content = file_content(session, document)
        if content.get(RECYCLED) and "document" in content:
            return decimal_value(str(content[RECYCLED])) / 100
    return ZERO


def foreign_goods(session: Session, factor: Factor, flow: str) -> str:
    """Return the word of a supplier's file that is of other goods than a flow's, and their slots.

    Rule: PCF-GOODS-002.
    """
    for document in _documents(factor):
        content = file_content(session, document)
        if found := foreign_word(content, flow):
            return f"{found.word} ({', '.join(found.slots)})"
    return ""
