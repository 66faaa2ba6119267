"""What a study says of who supplies a precursor: product factors, each with its share by mass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factor_db.factors.record.product import require_whole
from factor_db.foundation.canonical import decimal_text, decimal_value
from factor_db.foundation.errors import BadInput

_ALONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier of a precursor: the product factor `id@version` and its share by mass."""

    ref: str
    share: Decimal = _ALONE


def suppliers_of(content: Mapping[str, Any]) -> dict[str, tuple[Supplier, ...]]:
    """Read flow → suppliers, each a reference or a list of `{ref, share}`.

    Raises BadInput for another shape, a reference named twice, or shares that are not 1 together.
    """
    return {flow: _suppliers(flow, given) for flow, given in sorted(content.items())}


def _suppliers(flow: str, given: Any) -> tuple[Supplier, ...]:
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list) or not items:
        raise BadInput("SUPPLIER_SHAPE", flow=flow)
    alone = len(items) == 1
    found = tuple(_supplier(flow, item, alone) for item in items)
    if len({item.ref for item in found}) < len(found):
        raise BadInput("SUPPLIER_TWICE", flow=flow, refs=", ".join(item.ref for item in found))
    require_whole(flow, [item.share for item in found])
    return found


def _supplier(flow: str, item: Any, alone: bool) -> Supplier:
    if isinstance(item, str) and item and alone:
        return Supplier(item)
    if not isinstance(item, dict) or set(item) - {"ref", "share"}:
        raise BadInput("SUPPLIER_SHAPE", flow=flow)
    ref, share = item.get("ref"), item.get("share", "1" if alone else None)
    named = isinstance(ref, str) and ref
    if not named or isinstance(share, bool) or not isinstance(share, str | int | float):
        raise BadInput("SUPPLIER_SHAPE", flow=flow)
    # As for every value of a study file: the shortest writing of a float is what was written.
    return Supplier(str(ref), decimal_value(str(share)))


def supplier_records(suppliers: Mapping[str, tuple[Supplier, ...]]) -> dict[str, Any]:
    """Return the suppliers as JSON types, as `suppliers_of` reads them."""
    return {
        flow: [{"ref": item.ref, "share": decimal_text(item.share)} for item in items]
        for flow, items in sorted(suppliers.items())
    }
