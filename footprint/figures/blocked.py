"""Why a result may serve neither a certificate nor a figure handed to others: one list for all.

Certificates, views, comparisons, the lab and product factors ask here, so that what one of them
refuses no other lets pass: `refuse_blocked` where something is declared to others,
`require_showable` where a figure is shown marked as what it is. A new reason is one function in
`_SITE_RULES` and one message `BLOCKED_NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import code_of, family
from footprint.result.checks import SiteChecks
from footprint.result.document import ResultDocument
from footprint.result.record import CodedText

INCOMPLETE, UNUSED_FIELD_DATA, ESTIMATE = "INCOMPLETE", "UNUSED_FIELD_DATA", "ESTIMATE"
IMPOSSIBLE, NOT_CLOSED, NOT_METERED = "IMPOSSIBLE", "NOT_CLOSED", "NOT_METERED"
TOLLED_METAL, RETURNED_SCRAP = "TOLLED_METAL", "RETURNED_SCRAP"
SUPPLIER_WITHOUT_EVIDENCE, SUPPLIER_SHARES = "SUPPLIER_WITHOUT_EVIDENCE", "SUPPLIER_SHARES"
SUPPLIER_BELOW_FLOOR, OWN_STOCK = "SUPPLIER_BELOW_FLOOR", "OWN_STOCK"
SUPPLIER_OF_OTHER, POOLED_MELT = "SUPPLIER_OF_OTHER", "POOLED_MELT"
SMELTER, BOUGHT_STOCK = "SMELTER", "BOUGHT_STOCK"
_GENERAL = "BLOCKED"
_OWN_WORDS = {
    "CERTIFICATE": "CERTIFICATE_BLOCKED",
    "PACT": "PACT_BLOCKED",
    "PRODUCT_FACTOR": "PRODUCT_FACTOR_BLOCKED",
}
"""Where a reason is said in other words than in general → the family of those words."""
# A result that lacks data ends as incomplete (exit 3), one that leaves data out as bad input.
_LACKING = (
    *(INCOMPLETE, IMPOSSIBLE, RETURNED_SCRAP, NOT_CLOSED, ESTIMATE, NOT_METERED),
    *(SUPPLIER_BELOW_FLOOR, SUPPLIER_OF_OTHER),
    *(SUPPLIER_WITHOUT_EVIDENCE, SUPPLIER_SHARES, OWN_STOCK, POOLED_MELT, SMELTER),
    BOUGHT_STOCK,
)
# What is no plant's result may still be shown, marked as what it is.
_SHOWN_MARKED = frozenset(
    {
        *(ESTIMATE, NOT_METERED, OWN_STOCK, POOLED_MELT, BOUGHT_STOCK, SMELTER),
        *(SUPPLIER_OF_OTHER, SUPPLIER_WITHOUT_EVIDENCE, SUPPLIER_SHARES),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason by name, with what it is about: slots or factors."""

    name: str
    items: tuple[str, ...]

    def error(self, prefix: str = _GENERAL) -> FootprintError:
        """Return the reason as an error, in the words of `prefix` where it has words of its own."""
        own = family(_OWN_WORDS[prefix]).get(self.name) if prefix in _OWN_WORDS else None
        code = own or code_of(_GENERAL, self.name)
        kind = Incomplete if self.name in _LACKING else BadInput
        return kind(code, items=", ".join(self.items) or "-")


def blocking_reasons(document: ResultDocument) -> tuple[Reason, ...]:
    """Return every reason why nothing may be declared of a result, the gravest first.

    What a document of an earlier version does not say is no reason.
    """
    return (*_incomplete(document), *site_reasons(document.checks), *_estimate(document))


def site_reasons(checks: SiteChecks) -> tuple[Reason, ...]:
    """Return every such reason that follows from what a result says of its site."""
    return tuple(reason for rule in _SITE_RULES for reason in rule(checks))


def refuse_blocked(
    document: ResultDocument, prefix: str = _GENERAL, *, estimates: bool = False
) -> None:
    """Raise the gravest reason: Incomplete for lacking data or an estimate, BadInput otherwise.

    `estimates` lets an estimate, a study of another plant than the one metered, suppliers that the
    ledger does not show, much own metal of an earlier period, and the mean of a melt of unlike
    charges pass for whoever shows them marked as what they are.
    """
    _refuse(blocking_reasons(document), prefix, estimates=estimates)


def _refuse(reasons: Iterable[Reason], prefix: str, *, estimates: bool) -> None:
    for reason in reasons:
        if not (estimates and reason.name in _SHOWN_MARKED):
            raise reason.error(prefix)


def require_showable(document: ResultDocument, prefix: str = _GENERAL) -> None:
    """Refuse a result that no report, comparison, benchmark, lab or statement may show a figure of.

    An open closure, an impossible result, missing data and data left out are refused, as for a
    certificate; an estimate, another plant than the one metered, suppliers that the ledger does
    not show, much own metal of an earlier period and the mean of a melt of unlike charges pass, and
    `closure_line` and the notes of the view say what they are. Raises as `refuse_blocked`.
    """
    refuse_blocked(document, prefix, estimates=True)


def require_showable_site(checks: SiteChecks, prefix: str = _GENERAL) -> None:
    """Refuse in the same way where many results of one site are shown together."""
    _refuse(site_reasons(checks), prefix, estimates=True)


def _incomplete(document: ResultDocument) -> Iterator[Reason]:
    if document.coverage.missing:
        yield Reason(INCOMPLETE, document.coverage.missing)


def _estimate(document: ResultDocument) -> Iterator[Reason]:
    if document.estimate:
        yield Reason(ESTIMATE, document.coverage.estimated)


def _unused(checks: SiteChecks) -> Iterator[Reason]:
    if checks.unused_field_data:
        yield Reason(UNUSED_FIELD_DATA, checks.unused_field_data)


def _tolled(checks: SiteChecks) -> Iterator[Reason]:
    """Metal of the site went out, or came in, for toll conversion (rule PCF-TOLLING-001).

    Whose the metal is, and who carries what it cost, no ledger of one site can say.
    """
    if checks.tolled_metal:
        yield Reason(TOLLED_METAL, checks.tolled_metal)


def _impossible(checks: SiteChecks) -> Iterator[Reason]:
    """A result no plant could have (rule PCF-POSSIBLE-001)."""
    if checks.possible:
        yield from impossible_reasons(checks.possible.violations)


def impossible_reasons(violations: Iterable[CodedText]) -> Iterator[Reason]:
    """Yield what of some violations is impossible, and what is scrap credited above its metal."""
    returned, others = _split(violations, _RETURNED_SCRAP)
    if others:
        yield Reason(IMPOSSIBLE, tuple(map(_told, others)))
    if returned:  # a plant may be so, but its product's figure is none
        yield Reason(RETURNED_SCRAP, tuple(map(_told, returned)))


def _not_closed(checks: SiteChecks) -> Iterator[Reason]:
    """A result that does not add up to what crossed the gate (rule PCF-CLOSURE-001)."""
    reasons = checks.closure.reasons if checks.closure else ()
    unlike, parted = _split(reasons, _NOT_AS_METERED)
    if parted:
        yield Reason(NOT_CLOSED, tuple(map(_told, parted)))
    if unlike:
        yield Reason(NOT_METERED, tuple(map(_told, unlike)))


def _supply(checks: SiteChecks) -> Iterator[Reason]:
    """A supplier the ledger does not show, or at another share than it shows (PCF-SUPPLY-001).

    Or metal with less burden than any primary metal can have (AL-PRIMARY-FLOOR), or a footprint of
    other goods, another place, time or state (PCF-GOODS-001, PCF-SUPPLY-002).
    """
    low, found = _split(checks.supply.violations if checks.supply else (), _BELOW_FLOOR)
    of_other, found = _split(found, *_OF_OTHER)
    shares, found = _split(found, *_SHARES_DIFFER)
    drawn, others = _split(found, _BOUGHT_STOCK)
    if low:
        yield Reason(SUPPLIER_BELOW_FLOOR, tuple(map(_told, low)))
    if of_other:
        yield Reason(SUPPLIER_OF_OTHER, tuple(map(_told, of_other)))
    if others:
        yield Reason(SUPPLIER_WITHOUT_EVIDENCE, tuple(map(_told, others)))
    if shares:
        yield Reason(SUPPLIER_SHARES, tuple(map(_told, shares)))
    if drawn:  # what nobody is named of, whether or not the study names suppliers
        yield Reason(BOUGHT_STOCK, tuple(map(_told, drawn)))


def _own_stock(checks: SiteChecks) -> Iterator[Reason]:
    """Own metal of an earlier period that may have taken far more to make (rule AL-STOCK-003)."""
    drawn = checks.closure.own_drawn if checks.closure else None
    if drawn and drawn.reasons:
        yield Reason(OWN_STOCK, tuple(map(_told, drawn.reasons)))


def _pooled_melt(checks: SiteChecks) -> Iterator[Reason]:
    """Unlike charges in one melt of several outputs that nobody says is one (AL-POOL-001)."""
    pooled = checks.closure.pooled_melt if checks.closure else None
    if pooled and pooled.reasons:
        yield Reason(POOLED_MELT, tuple(map(_told, pooled.reasons)))


def _smelter(checks: SiteChecks) -> Iterator[Reason]:
    """The grid's power or a technology that a smelter's ledger does not show (PCF-EVIDENCE-002)."""
    if checks.smelter and checks.smelter.violations:
        yield Reason(SMELTER, tuple(map(_told, checks.smelter.violations)))


_SITE_RULES: tuple[Callable[[SiteChecks], Iterator[Reason]], ...] = (
    _unused,
    _tolled,
    _impossible,
    _not_closed,
    _supply,
    _own_stock,
    _pooled_melt,
    _smelter,
)
_NOT_AS_METERED = "CLOSURE_NOT_AS_METERED"
_BELOW_FLOOR = "SUPPLY_BELOW_FLOOR"
_SHARES_DIFFER, _BOUGHT_STOCK = ("SUPPLY_SHARE", "SUPPLY_SHARES_EFFECT"), "SUPPLY_STOCK_EFFECT"
_OF_OTHER = frozenset(
    {
        *("SUPPLY_OTHER_GOODS", "SUPPLY_NOT_STANDING", "SUPPLY_PART_OF_YEAR"),
        *("SUPPLY_OTHER_PLACE", "SUPPLY_OLDER", "SUPPLY_AVERAGE_LOWER"),
        *("SUPPLY_GOODS_UNSAID", "SUPPLY_ORIGIN_UNSAID"),
    }
)
_RETURNED_SCRAP = "POSSIBLE_RETURNED_SCRAP"


def _split(items: Iterable[CodedText], *codes: str) -> tuple[list[CodedText], list[CodedText]]:
    """Return those of some codes, and the others."""
    found: tuple[list[CodedText], list[CodedText]] = ([], [])
    for item in items:
        found[item.code not in codes].append(item)
    return found


def _told(item: CodedText) -> str:
    """Return a coded reason by its parameters: names, amounts, cells, alike in any language."""
    shown = [f"{name} {value}" for name, value in item.params.items()]
    return "; ".join(shown) or item.code
