"""Why a result may serve neither a certificate nor a figure handed to others: one list for all.

Certificates, views, comparisons, the lab and product factors ask here, so that what one of them
refuses no other lets pass: `refuse_blocked` where something is declared to others,
`require_showable` where a figure is shown marked as what it is. A new reason is one function in
`_RULES` and one message `BLOCKED_NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import catalogue

INCOMPLETE, UNUSED_FIELD_DATA, ESTIMATE = "INCOMPLETE", "UNUSED_FIELD_DATA", "ESTIMATE"
IMPOSSIBLE, NOT_CLOSED, NOT_METERED = "IMPOSSIBLE", "NOT_CLOSED", "NOT_METERED"
TOLLED_METAL, RETURNED_SCRAP = "TOLLED_METAL", "RETURNED_SCRAP"
SUPPLIER_WITHOUT_EVIDENCE, SUPPLIER_SHARES = "SUPPLIER_WITHOUT_EVIDENCE", "SUPPLIER_SHARES"
SUPPLIER_BELOW_FLOOR, OWN_STOCK = "SUPPLIER_BELOW_FLOOR", "OWN_STOCK"
_GENERAL = "BLOCKED"
# A result that lacks data ends as incomplete (exit 3), one that leaves data out as bad input.
_LACKING = (
    *(INCOMPLETE, IMPOSSIBLE, RETURNED_SCRAP, NOT_CLOSED, ESTIMATE, NOT_METERED),
    *(SUPPLIER_BELOW_FLOOR, SUPPLIER_WITHOUT_EVIDENCE, SUPPLIER_SHARES, OWN_STOCK),
)
# What is no plant's result may still be shown, marked as what it is.
_SHOWN_MARKED = frozenset(
    {ESTIMATE, NOT_METERED, SUPPLIER_WITHOUT_EVIDENCE, SUPPLIER_SHARES, OWN_STOCK}
)
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason by name, with what it is about: slots or factors."""

    name: str
    items: tuple[str, ...]

    def error(self, prefix: str = _GENERAL) -> FootprintError:
        """Return the reason as an error, in the words of `prefix` where it has words of its own."""
        own = f"{prefix}_{self.name}"
        code = own if own in catalogue() else f"{_GENERAL}_{self.name}"
        kind = Incomplete if self.name in _LACKING else BadInput
        return kind(code, items=", ".join(self.items) or "-")


def blocking_reasons(document: Document) -> tuple[Reason, ...]:
    """Return every reason why nothing may be declared of a result, the gravest first.

    Takes result documents of any age: what an older one does not say is no reason.
    """
    return tuple(reason for rule in _RULES for reason in rule(document))


def refuse_blocked(document: Document, prefix: str = _GENERAL, *, estimates: bool = False) -> None:
    """Raise the gravest reason: Incomplete for lacking data or an estimate, BadInput otherwise.

    `estimates` lets an estimate, a study of another plant than the one metered, suppliers that the
    ledger does not show, and much own metal of an earlier period pass for whoever shows them marked
    as what they are.
    """
    for reason in blocking_reasons(document):
        if not (estimates and reason.name in _SHOWN_MARKED):
            raise reason.error(prefix)


def require_showable(document: Document, prefix: str = _GENERAL) -> None:
    """Refuse a result that no report, comparison, benchmark, lab or statement may show a figure of.

    An open closure, an impossible result, missing data and data left out are refused, as for a
    certificate; an estimate, another plant than the one metered, suppliers that the ledger does
    not show and much own metal of an earlier period pass, and `closure_line` and the notes of the
    view say what they are. Raises as `refuse_blocked`.
    """
    refuse_blocked(document, prefix, estimates=True)


def _incomplete(document: Document) -> Iterator[Reason]:
    missing = _coverage(document).get("missing") or ()
    if missing:
        yield Reason(INCOMPLETE, _names(missing))


def _unused(document: Document) -> Iterator[Reason]:
    unused = document.get("unused_field_data") or ()
    if unused:
        yield Reason(UNUSED_FIELD_DATA, _names(unused))


def _tolled(document: Document) -> Iterator[Reason]:
    """Metal of the site went out, or came in, for toll conversion (rule PCF-TOLLING-001).

    Whose the metal is, and who carries what it cost, no ledger of one site can say.
    """
    tolled = document.get("tolled_metal") or ()
    if tolled:
        yield Reason(TOLLED_METAL, _names(tolled))


def _estimate(document: Document) -> Iterator[Reason]:
    if document.get("estimate"):
        found = document.get("estimated", _coverage(document).get("estimated", ()))
        yield Reason(ESTIMATE, _names(found))


def _impossible(document: Document) -> Iterator[Reason]:
    """A result no plant could have (rule PCF-POSSIBLE-001)."""
    found = _block(document, "possible").get("violations") or ()
    returned = [item for item in found if _code(item) == _RETURNED_SCRAP]
    others = [item for item in found if _code(item) != _RETURNED_SCRAP]
    if others:
        yield Reason(IMPOSSIBLE, tuple(_told(item) for item in others))
    if returned:  # a plant may be so, but its product's figure is none
        yield Reason(RETURNED_SCRAP, tuple(_told(item) for item in returned))


def _not_closed(document: Document) -> Iterator[Reason]:
    """A result that does not add up to what crossed the gate (rule PCF-CLOSURE-001)."""
    reasons = _block(document, "closure").get("reasons") or ()
    unlike = [item for item in reasons if _code(item) == _NOT_AS_METERED]
    parted = [item for item in reasons if _code(item) != _NOT_AS_METERED]
    if parted:
        yield Reason(NOT_CLOSED, tuple(_told(item) for item in parted))
    if unlike:
        yield Reason(NOT_METERED, tuple(_told(item) for item in unlike))


def _supply(document: Document) -> Iterator[Reason]:
    """A supplier the ledger does not show, or at another share than it shows (PCF-SUPPLY-001).

    Or metal with less burden than any primary metal can have (AL-PRIMARY-FLOOR).
    """
    found = _block(document, "supply").get("violations") or ()
    low = [item for item in found if _code(item) == _BELOW_FLOOR]
    shares = [item for item in found if _code(item) == _SHARE_DIFFERS]
    others = [item for item in found if item not in low and item not in shares]
    if low:
        yield Reason(SUPPLIER_BELOW_FLOOR, tuple(_told(item) for item in low))
    if others:
        yield Reason(SUPPLIER_WITHOUT_EVIDENCE, tuple(_told(item) for item in others))
    if shares:
        yield Reason(SUPPLIER_SHARES, tuple(_told(item) for item in shares))


def _own_stock(document: Document) -> Iterator[Reason]:
    """Own metal of an earlier period that may have taken far more to make (rule AL-STOCK-003)."""
    found = _block(_block(document, "closure"), "own_drawn").get("reasons") or ()
    if found:
        yield Reason(OWN_STOCK, tuple(_told(item) for item in found))


_RULES: tuple[Callable[[Document], Iterator[Reason]], ...] = (
    _incomplete,
    _unused,
    _tolled,
    _impossible,
    _not_closed,
    _supply,
    _own_stock,
    _estimate,
)
_NOT_AS_METERED = "CLOSURE_NOT_AS_METERED"
_SHARE_DIFFERS, _BELOW_FLOOR = "SUPPLY_SHARE", "SUPPLY_BELOW_FLOOR"
_RETURNED_SCRAP = "POSSIBLE_RETURNED_SCRAP"


def _code(item: Any) -> str:
    return str(item.get("code", "")) if isinstance(item, Mapping) else str(item)


def _told(item: Any) -> str:
    """Return a coded reason by its parameters: names, amounts, cells, alike in any language."""
    params = item.get("params", {}) if isinstance(item, Mapping) else {}
    shown = [f"{name} {value}" for name, value in params.items()] if params else [_code(item)]
    return "; ".join(shown)


def _block(document: Document, name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _coverage(document: Document) -> Mapping[str, Any]:
    return _block(document, "coverage")


def _names(items: Any) -> tuple[str, ...]:
    """Return what is listed by name; a hostile document may hold anything in place of a list."""
    if not isinstance(items, list | tuple):
        return (str(items),)
    return tuple(
        str(item.get("slot", "?") if isinstance(item, Mapping) else item) for item in items
    )
