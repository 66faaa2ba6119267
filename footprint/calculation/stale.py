"""What stored results come to today: every stored study again, and why it moved.

Each calculation is evaluated twice: on its own pinned factors under today's model, and as a fresh
calculation on today's factors with its closure. What moved by more than rule CERT-MODEL-001
allows, or can not be calculated any more, is listed with the reasons and the certificates on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import EXACT, decimal_text, strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from factor_db.store.sight import sees
from factor_db.store.tables import Document, LineageEdge
from factor_db.store.work import state_of
from footprint.certificate.checks.model import MODEL_RULE
from footprint.figures.recompute import question_of
from footprint.result.document import ResultDocument, read_result
from footprint.solving.evaluate import evaluate

MODEL, FACTOR, CLOSURE, REFUSED = "model", "factor", "closure", "refused"
_SLOTS_NAMED = 5
REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Drift:
    """A stored calculation that today's product gives otherwise, kg CO2e per declared unit.

    `today` is None where there is no result any more; `reasons` are (kind, detail), of the kinds
    model, factor, closure and refused; `certificates` rest on it, and revocation is proposed.
    """

    calculation: str
    product: str
    site: str
    period: str
    stored: Decimal
    today: Decimal | None
    reasons: tuple[tuple[str, str], ...]
    certificates: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return the row as JSON types."""
        return {
            "calculation": self.calculation,
            "product": self.product,
            "site": self.site,
            "period": self.period,
            "stored": decimal_text(self.stored),
            "today": None if self.today is None else decimal_text(self.today),
            "reasons": [{"kind": kind, "detail": detail} for kind, detail in self.reasons],
            "revoke": list(self.certificates),
        }


def drifted(session: Session) -> list[Drift]:
    """Return every stored calculation the user may see that moved or can not be had any more."""
    query = select(Document).where(Document.kind == "calculation").order_by(col(Document.name))
    found = [
        _drift(session, item) for item in session.exec(query).all() if sees(session, item.owner)
    ]
    return sorted(
        (item for item in found if item is not None),
        key=lambda item: (item.product, item.site, item.calculation),
    )


def _drift(session: Session, item: Document) -> Drift | None:
    document = read_result(strict_json(item.payload.encode()))
    stored = document.total.value
    certificates = _certificates(session, item.name)
    was_closed = document.closure is not None and document.closure.closed is True
    today, reasons = _today(session, document, stored, closed=was_closed or bool(certificates))
    if not reasons:
        return None
    return Drift(
        calculation=item.name,
        product=document.product,
        site=document.site.code,
        period=document.inputs.study.period,
        stored=stored,
        today=today,
        reasons=tuple(reasons),
        certificates=certificates,
    )


def _today(
    session: Session, document: ResultDocument, stored: Decimal, *, closed: bool
) -> tuple[Decimal | None, list[tuple[str, str]]]:
    """Return today's total of a stored study, and every reason against the stored one.

    `closed` asks for a closure as well: a trial that never had one needs none.
    """
    from footprint.calculation.calculate import calculate_study

    try:
        again = calculate_study(session, replace(document.inputs.study, release="")).result
    except FootprintError as error:
        return None, [(REFUSED, str(error))]
    total = again.total.value
    reasons = list(_moved_by(document, again, stored, total))
    return total, [*reasons, *_not_closed(again)] if closed else reasons


def _moved_by(
    document: ResultDocument, again: ResultDocument, stored: Decimal, total: Decimal
) -> Iterator[tuple[str, str]]:
    """Yield model and factors where each moved the total: the model on the pinned factors first."""
    try:
        on_pins = evaluate(*question_of(document)).total
    except FootprintError:  # today's model asks for what was not pinned
        on_pins = None
    if on_pins is None or _parts(stored, on_pins):
        versions = f"{document.model_version} -> {again.model_version}"
        yield MODEL, versions if on_pins is None else f"{versions}: {_change(stored, on_pins)}"
    if _parts(stored if on_pins is None else on_pins, total):
        changed = _changed_factors(document, again)
        more = len(changed) - _SLOTS_NAMED
        named = ", ".join(changed[:_SLOTS_NAMED]) + (f", +{more}" if more > 0 else "")
        yield FACTOR, f"{named}: {_change(stored if on_pins is None else on_pins, total)}"


def _parts(before: Decimal, after: Decimal) -> bool:
    most = rule(MODEL_RULE).number("most_moved") * max(abs(before), abs(after))
    return abs(after - before) > most


def _change(before: Decimal, after: Decimal) -> str:
    if not before:
        return f"{before} -> {after}"
    percent = EXACT.divide((after - before) * 100, before)
    return f"{percent:+.2f} %"


def _changed_factors(document: ResultDocument, again: ResultDocument) -> list[str]:
    """Return old → new reference of each slot whose factor is another one today."""

    def pinned(source: ResultDocument) -> dict[str, str]:
        return {row.slot: row.factor for row in source.coverage.resolved}

    before, after = pinned(document), pinned(again)
    slots = sorted(set(before) | set(after))
    return [
        f"{before.get(slot, '-')} -> {after.get(slot, '-')}"
        for slot in slots
        if before.get(slot) != after.get(slot)
    ]


def _not_closed(again: ResultDocument) -> Iterator[tuple[str, str]]:
    """Yield why today's result does not close, is possible for no plant or not of its suppliers."""
    found = (
        *(again.closure.reasons if again.closure else ()),
        *(again.possible.violations if again.possible else ()),
        *(again.supply.violations if again.supply else ()),
    )
    for item in found:
        params = ", ".join(f"{key} {value}" for key, value in item.params.items())
        yield CLOSURE, f"{item.code} {params}".strip()


def _certificates(session: Session, calculation: str) -> tuple[str, ...]:
    """Return the certificates on a calculation that are not revoked yet."""
    rows = session.exec(
        select(Document)
        .join(LineageEdge, col(LineageEdge.child) == Document.sha256)
        .where(LineageEdge.parent == calculation, Document.kind == "certificate")
    )
    states = {row.name: state_of(session, row.sha256) for row in rows}
    return tuple(sorted(name for name, at in states.items() if at is None or at.state != REVOKED))
