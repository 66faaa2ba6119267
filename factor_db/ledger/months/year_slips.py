"""A flow wrong by one factor in every month: the step does not balance, but for that factor.

The charge of a furnace may hold any share of a metal, so no envelope catches it read in another
unit all year. The metal over its step does: where one flow divided by a usual factor closes the
balance, and no other does, that flow is named. It is a hint: no number is changed by it.
"""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.form.faults import Findings, Label, Scope, flow_label, process_label
from factor_db.ledger.form.limits import BALANCE_TOLERANCE, MJ_PER_KWH, envelopes
from factor_db.ledger.months.balance_terms import (
    CASTING_STEPS,
    LOOSE_STEPS,
    in_step_balance,
    step_terms,
)
from factor_db.ledger.months.likely_slips import Relation, Term, find_likely_slip
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex

# kg for t, a shifted decimal point, kWh for MJ.
FACTORS = (Decimal(1000), Decimal(10), MJ_PER_KWH)
# Steps that lose or gain more metal than a slip could be told from.
_OPEN_STEPS = frozenset({*LOOSE_STEPS, *CASTING_STEPS, "melting", "dross_recovery"})


def check_year_slips(month_index: MonthIndex, findings: Findings) -> None:
    """Record the one flow of an open step that a usual factor over the whole period would mend."""
    for process in month_index.processes:
        if process in _OPEN_STEPS:
            continue
        product = month_index.product_key(process)
        keys = [key for key in month_index.reported_keys(process) if in_step_balance(*key)]
        if not month_index.trusts(*keys):
            continue
        relation = Relation(
            tuple(step_terms(month_index, keys)), BALANCE_TOLERANCE, BALANCE_TOLERANCE
        )
        slips = [] if relation.closed else _slips(relation, month_index.total(*product))
        # The balance itself is reported at the product.
        if len(slips) == 1 and slips[0][0].key != product:
            _report(month_index, slips[0][0].key, *slips[0][1:], findings)


def _slips(relation: Relation, made: Decimal) -> list[tuple[Term, Decimal, bool]]:
    """Return the terms that a factor over all months closes the relation with, and which way.

    The corrected amount has to be plausible beside what was made: a thousandth of any small flow
    is next to nothing, so dropping it would close many a balance.
    """
    if find_likely_slip(relation, [relation]) is not None:
        return []  # one month explains it: the rest of the year is right
    into, out = relation.sides()
    found = []
    for term in relation.terms:
        total = sum(term.months.values(), ZERO)
        for factor in FACTORS:
            for too_high in (True, False):
                right = EXACT.divide(total, factor) if too_high else EXACT.multiply(total, factor)
                change = right - total
                sides = (into + change, out) if term.side > 0 else (into, out + change)
                if total and relation.closes(*sides) and _plausible(term.key, right, made):
                    found.append((term, factor, too_high))
    return found


def _plausible(key: Key, amount: Decimal, made: Decimal) -> bool:
    envelope = envelopes().get(key)
    if envelope is None or not made:
        return True
    return envelope.low <= EXACT.divide(amount, made) <= envelope.high


def _report(
    month_index: MonthIndex, key: Key, factor: Decimal, too_high: bool, findings: Findings
) -> None:
    row = month_index.by_key[key][0]
    times = decimal_text(factor)
    if too_high:
        slip = Label(f"大了 {times} 倍", f"{times} times too high")
    else:
        slip = Label(f"小了 {times} 倍", f"{times} times too low")
    findings.warning(
        "LEDGER_YEAR_SLIP",
        row.sheet,
        row.cells["amount"],
        row.amount,
        explained=month_index.noted(key),
        scope=Scope(*key),
        process=process_label(key[0]),
        flow=flow_label(key[1]),
        slip=slip,
    )
