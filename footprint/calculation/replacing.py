"""What moves if a factor is replaced: every stored calculation that took it, computed again.

Each dependent calculation is evaluated from its own document with the one pin exchanged, so the
answer is the brute-force recomputation and not an estimate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.product import blend
from factor_db.foundation.canonical import EXACT, plain, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.sight import sees
from factor_db.store.tables import Document, LineageEdge
from footprint.figures.recompute import nominal_of
from footprint.result.document import ResultDocument, read_result
from lca_models.system.resolve import Pin


@dataclass(frozen=True, slots=True)
class Moved:
    """A calculation under the old and the new factor, kg CO2e per declared unit."""

    calculation: str
    product: str
    site: str
    period: str
    old_total: Decimal
    new_total: Decimal
    certificates: tuple[str, ...]

    @property
    def change(self) -> Decimal:
        """The new total minus the old one."""
        return EXACT.subtract(self.new_total, self.old_total)

    def record(self) -> dict[str, Any]:
        """Return the row as JSON types."""
        row: dict[str, Any] = plain({**asdict(self), "change": self.change})
        return row


def what_moves(session: Session, ref: str, replacement: Factor) -> list[Moved]:
    """Return every stored calculation that rests on a factor, with its total under another one.

    Calculations the user may not see are left out. Raises BadInput when the replacement is for
    another slot, or fits no calculation's place and period.
    """
    old = load_factor(find_version(session, ref))
    if replacement.slot_key != old.slot_key:
        raise BadInput("REPLACEMENT_SLOT", ref=ref, slot=old.slot_key, other=replacement.slot_key)
    children = select(LineageEdge.child).where(LineageEdge.parent == old.sha256)
    query = select(Document).where(Document.kind == "calculation", col(Document.name).in_(children))
    documents = [item for item in session.exec(query) if sees(session, item.owner)]
    moved = [_moved(session, item, old, replacement) for item in documents]
    return sorted(moved, key=lambda row: (row.product, row.site, row.calculation))


def _moved(session: Session, item: Document, old: Factor, new: Factor) -> Moved:
    document = read_result(strict_json(item.payload.encode()))
    certificates = session.exec(
        select(Document.name)
        .join(LineageEdge, col(LineageEdge.child) == Document.sha256)
        .where(LineageEdge.parent == item.name, Document.kind == "certificate")
    )
    return Moved(
        calculation=item.name,
        product=document.product,
        site=document.site.code,
        period=document.inputs.study.period,
        old_total=document.total.value,
        new_total=nominal_of(_exchanged(document, old, new)).total,
        certificates=tuple(sorted(certificates)),
    )


def _exchanged(document: ResultDocument, old: Factor, new: Factor) -> ResultDocument:
    """Return the document with the new factor in every pin that holds the old one."""
    inputs = document.inputs
    suppliers = {
        flow: tuple(replace(item, ref=new.ref) if item.ref == old.ref else item for item in items)
        for flow, items in inputs.study.suppliers.items()
    }
    asked = {
        "study": replace(inputs.study, suppliers=suppliers),
        "pins": tuple(_pin(pin, old, new) for pin in inputs.pins),
    }
    return document.model_copy(update={"inputs": inputs.model_copy(update=asked)})


def _pin(pin: Pin, old: Factor, new: Factor) -> Pin:
    """Return a pin with the factor exchanged, alone or as one of several suppliers."""
    if not pin.parts:
        return replace(pin, factor=new) if pin.factor == old else pin
    parts = tuple((new if factor == old else factor, share) for factor, share in pin.parts)
    return replace(pin, factor=blend(pin.slot.flow, parts), parts=parts)
