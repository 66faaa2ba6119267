"""Mass that de-coating and melting lose, held to the rows that say what burnt. Rule: AL-BAL-007.

The organics of paint and oil are one row, from which their CO2 follows; what the step lost is what
its scales say. Whoever books little of the one and loses much of the other burnt more than he says,
or drove off what holds no carbon: that is a figure of its own, with the analysis that shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.balances.metal import DROSS
from factor_db.ledger.form.faults import process_label
from factor_db.ledger.form.limits import ALUMINA_PER_ALUMINIUM, BALANCE_TOLERANCE, CASTING_TOLERANCE
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import ALUMINA, ALUMINIUM, INERT
from factor_db.ledger.months.balance_reports import Balance, percent, rounded_t
from factor_db.ledger.months.balance_terms import in_step_balance, step_terms
from factor_db.ledger.months.likely_slips import Relation, Term
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.months.obligations import COATING, charged_rows, is_dirty
from factor_db.ledger.months.properties import Value, alumina_share, weighted_by_month

DECOATING = "scrap_decoating"
_TAKEN: Key = (DECOATING, "shredded_scrap")
_MELTED: Key = ("melting", "charge_metal")
_ONE = Decimal(1)


def decoating_balance(month_index: MonthIndex) -> Balance | None:
    """Return scrap in against clean scrap, organics burnt, and moisture and dirt; an error."""
    keys = [key for key in month_index.reported_keys(DECOATING) if in_step_balance(*key)]
    row = month_index.first_row(month_index.product_key(DECOATING))
    if row is None or not _trusted(
        month_index, [*keys, month_index.product_key(DECOATING)], [_TAKEN[1]]
    ):
        return None
    inert = _inert_term(month_index, month_index.by_key.get(_TAKEN, ()))
    relation = Relation(
        (*step_terms(month_index, keys), *inert), BALANCE_TOLERANCE, BALANCE_TOLERANCE
    )
    return _balance("LEDGER_BURNT_BALANCE", DECOATING, row, relation)


def melting_balance(month_index: MonthIndex) -> Balance | None:
    """Return charge in against melt, dross, organics, and moisture and dirt.

    Asked where scrap with oil or paint is charged: mass lost that no row states may have burnt and
    is an error. What gains mass the balance of the step refuses. The oxide of dross weighs more
    than the metal it was: dross that does not say what it holds counts whole, and flux that leaves
    with it too, which is to the plant's good.
    """
    dirty = [row for row in charged_rows(month_index) if is_dirty(month_index, row)]
    keys = [key for key in month_index.reported_keys("melting") if in_step_balance(*key)]
    flows = [row.flow for row in dirty]
    row = month_index.first_row(COATING)
    if (
        row is None
        or not dirty
        or not _trusted(month_index, [*keys, DROSS, COATING, _MELTED], flows)
    ):
        return None
    dross = weighted_by_month(month_index.by_key.get(DROSS, ()), _metal_of_dross(month_index)) or {}
    terms = (
        *step_terms(month_index, keys),
        Term(DROSS, -1, dross, tuple(month_index.by_key.get(DROSS, ()))),
        *_inert_term(month_index, dirty),
    )
    relation = Relation(terms, BALANCE_TOLERANCE, CASTING_TOLERANCE)
    return _balance("LEDGER_BURNT_SHORT", "melting", row, relation)


def _balance(code: str, process: str, row: LedgerRow, relation: Relation) -> Balance:
    """Return a balance that is told as an error."""
    into, out = relation.sides()
    burnt = sum((_sum(term) for term in relation.terms if term.key[1] == COATING[1]), ZERO)
    inert = sum((_sum(term) for term in relation.terms if term.key[0] == INERT), ZERO)
    lost = into - out + burnt + inert
    larger = max(into, out)
    return Balance(
        code=code,
        kind="step" if process == DECOATING else "burnt",
        relation=relation,
        row=row,
        value=percent(EXACT.divide(into - out, larger) if larger else ZERO),
        params={
            "process": process_label(process),
            "lost": rounded_t(lost),
            "burnt": rounded_t(burnt),
            "inert": rounded_t(inert),
            "open": rounded_t(abs(into - out)),
            "tolerance": percent(BALANCE_TOLERANCE),
        },
    )


def _sum(term: Term) -> Decimal:
    return sum(term.months.values(), ZERO)


def _inert_term(month_index: MonthIndex, rows: Iterable[LedgerRow]) -> tuple[Term, ...]:
    """Return moisture and dirt of scrap as it came, t; nothing where no row states any."""

    def share(row: LedgerRow) -> Decimal:
        return month_index.property_of(row, INERT) or ZERO

    months = weighted_by_month(rows, share) or {}
    return (Term((INERT, ""), -1, months),) if any(months.values()) else ()


def _metal_of_dross(month_index: MonthIndex) -> Value:
    """Return how much of what was charged a tonne of dross is: all but the oxygen it took up."""

    def charged(row: LedgerRow) -> Decimal:
        alumina = alumina_share(month_index, row) or ZERO
        oxygen = _ONE - EXACT.divide(_ONE, ALUMINA_PER_ALUMINIUM)
        return _ONE - EXACT.multiply(alumina, oxygen)

    return charged


def _trusted(month_index: MonthIndex, keys: Iterable[Key], scraps: Iterable[str]) -> bool:
    properties = {f"{flow}.{INERT}" for flow in scraps}
    properties |= {f"{DROSS[1]}.{name}" for name in (ALUMINIUM, ALUMINA)}
    return month_index.trusts(*keys) and not properties & month_index.faulty_properties
