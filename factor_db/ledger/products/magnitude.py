"""Plausibility of what each product code takes: a step's mean hides a code that carries too much.

A plant may book energy on a code it hardly sells; over all codes the step still looks as usual, and
so it does at the gate. What a code takes per tonne is its own rows and its share by mass of those
without a code: the ratio that becomes its factor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.faults import Findings, Label, Scope, process_label
from factor_db.ledger.form.limits import Envelope
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import alternatives, normal_text
from factor_db.ledger.months.magnitude import (
    always_used,
    direction,
    envelope_texts,
    metal_keys,
    suffices,
    usual_ranges,
)
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.reading.exceptions import says_something

_ONE = Decimal(1)


def check_product_magnitude(month_index: MonthIndex, findings: Findings) -> None:
    """Record what a product code takes per tonne where it is unusual (warning) or impossible."""
    for process in month_index.processes:
        product = month_index.product_key(process)
        made = _by_code(month_index.by_key.get(product, ()))
        if len(made) < 2 or not month_index.trusts(product):
            continue
        for key in [key for key in month_index.by_key if key[0] == process and key != product]:
            if month_index.trusts(key):
                _check(month_index, key, made, findings)


def _check(month_index: MonthIndex, key: Key, made: dict[str, Decimal], findings: Findings) -> None:
    other_metal = key[1] in alternatives(key[0])
    metal = dict(_ratios(_all_metal(month_index, key), made))
    for code, ratio in _ratios(month_index.by_key[key], made):
        if not ratio and not always_used(key[1]):
            continue
        ranges = usual_ranges(month_index, key)
        made_up = other_metal and suffices(key[0], metal[code], _ONE)
        beyond = next((item for item in ranges if _far(ratio, item, made_up=made_up)), None)
        unusual = next((item for item in ranges if not item.low <= ratio <= item.high), None)
        if unusual is None:
            continue
        rows = month_index.by_key[key]
        coded = [row for row in rows if normal_text(row.product) == code]
        about = coded or [row for row in rows if not normal_text(row.product)] or rows
        row, step = about[0], process_label(key[0])
        label = row.product.strip() if coded else code
        texts = envelope_texts(beyond or unusual, ratio)
        texts["process"] = Label(f"{step.zh}“{label}”", f"{step.en} '{label}'")
        sheet, cell, amount = row.sheet, row.cells["amount"], row.amount
        if beyond:
            month_index.distrusted.add(key)
            findings.error("LEDGER_MAGNITUDE_IMPOSSIBLE", sheet, cell, amount, **texts)
        else:
            scope, noted = Scope(*key), any(says_something(item.note) for item in about)
            findings.warning(
                "LEDGER_MAGNITUDE_UNUSUAL", sheet, cell, amount,
                explained=noted, scope=scope, **texts,
            )  # fmt: skip


def _far(ratio: Decimal, envelope: Envelope, *, made_up: bool) -> bool:
    """Tell whether a ratio is impossible; little is none where other metal makes up for it."""
    found = direction(ratio, envelope)
    return found > 0 or (found < 0 and not made_up)


def _all_metal(month_index: MonthIndex, key: Key) -> list[LedgerRow]:
    """Return the rows of all metal of a step: a code may be of bought metal, its sister of own."""
    return [row for other in metal_keys(month_index, key[0]) for row in month_index.by_key[other]]


def _ratios(rows: list[LedgerRow], made: dict[str, Decimal]) -> Iterator[tuple[str, Decimal]]:
    """Yield code → amount per tonne made; nothing where no row says for which code it was."""
    taken = _by_code(rows)
    pooled = taken.pop("", ZERO)
    if not taken:
        return
    shared = EXACT.divide(pooled, sum(made.values(), ZERO))
    for code, amount in made.items():
        if code and amount > 0:
            yield code, shared + EXACT.divide(taken.get(code, ZERO), amount)


def _by_code(rows: list[LedgerRow] | tuple[()]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        found[normal_text(row.product)] += row.amount_canonical
    return dict(found)
