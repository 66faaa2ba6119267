"""A melt shop that charges unlike metal and serves several products, none told apart in its rows.

Primary billet for the press and a second furnace on scrap are one pool once charge, melt and
refined metal carry no codes: each product then shows the mean of both, which may be of neither.
Subdivision comes first: who knows which furnace took what codes the rows of the melt shop. Where
all is cast from one and the same melt, an exception says so, and the result says that it is a mean.
Rule: AL-POOL-001.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope, list_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import is_aluminium, normal_text, vocabulary
from factor_db.ledger.months.balance_reports import percent
from factor_db.ledger.months.month_index import ZERO, MonthIndex
from factor_db.ledger.products.codes import PlantSteps
from factor_db.ledger.products.metal import is_scrap

if TYPE_CHECKING:
    from factor_db.store.tables import LedgerEntry

RULE, POOLED = "AL-POOL-001", "LEDGER_MELT_POOLED"
CHARGE = "charging"
_KINDS = ("primary", "remelted", "alloying")
# Where metal is mixed: told apart only where each of them makes its product by code.
_MIXING = (CHARGE, "melting", "refining")
Row = TypeVar("Row", "LedgerRow", "LedgerEntry")
_OUTPUTS_SHOWN = int(rule(RULE).number("outputs_shown"))


@dataclass(frozen=True, slots=True)
class PooledMelt(Generic[Row]):
    """One pool of a melt shop: kind of charge → t, what is made of it → t, and the charged rows.

    An output is named by its flow and its code as written.
    """

    charged: Mapping[str, Decimal]
    outputs: Mapping[tuple[str, str], Decimal]
    rows: tuple[Row, ...]

    def share(self, kind: str) -> Decimal:
        """Return the part of the metal charged from outside that is of a kind, 0 to 1."""
        return EXACT.divide(self.charged[kind], sum(self.charged.values(), ZERO))

    @property
    def is_of_several_goods(self) -> bool:
        """Whether it becomes goods of several kinds, and no codes of one product alone."""
        return len({flow for flow, _ in self.outputs}) > 1

    @property
    def named(self) -> tuple[str, ...]:
        """The outputs by flow and code, the largest first."""
        ordered = sorted(self.outputs, key=lambda item: (-self.outputs[item], item))
        return tuple(" ".join(filter(None, item)) for item in ordered)


def check_pooled_melt(month_index: MonthIndex, findings: Findings) -> None:
    """Record every pool of unlike charges that serves several goods; an exception explains it.

    Of codes of one product the product's own result is the mean that it should be, and that of a
    code says that it is one. Silent where what is charged or made cannot be read.
    """
    for pool in pooled_melts(month_index.rows):
        keys = {(row.process, row.flow) for row in pool.rows}
        if not pool.is_of_several_goods or not month_index.trusts(*keys):
            continue
        first = max(pool.rows, key=_amount)
        findings.warning(
            POOLED,
            first.sheet,
            first.cells["amount"],
            decimal_text(first.amount_canonical),
            scope=Scope(CHARGE),
            primary=percent(pool.share("primary")),
            remelted=percent(pool.share("remelted")),
            alloying=percent(pool.share("alloying")),
            outputs=list_label(pool.named[:_OUTPUTS_SHOWN]),
        )


def pooled_melts(rows: Sequence[Row], *, by_code: bool = True) -> tuple[PooledMelt[Row], ...]:
    """Return the pools of a melt shop in which unlike charges serve unlike products.

    Without `by_code` all charges are one pool, as for a result of all product codes together.
    """
    charged = [row for row in rows if _is_charged(row)]
    if len({charge_kind(row.flow) for row in charged}) < 2:
        return ()
    made = _outputs(rows)
    apart = by_code and _told_apart(rows)
    codes = {normal_text(row.product) for row in charged} if apart else {""}
    found: list[PooledMelt[Row]] = []
    for code in sorted(codes):
        own = [row for row in charged if len(codes) == 1 or normal_text(row.product) == code]
        outputs = {item: t for item, t in made.items() if len(codes) == 1 or _is(item, code)}
        pool = PooledMelt(_by_kind(own), outputs, tuple(own))
        if _is_unlike(pool):
            found.append(pool)
    return tuple(found)


@cache
def charge_kind(flow: str) -> str:
    """Return the kind of metal that a flow charged from outside is; empty for any other flow."""
    limits = rule(RULE)
    if vocabulary().flows[flow].category == "alloying":
        return "alloying"
    return next((kind for kind in ("primary", "remelted") if flow in limits.items(kind)), "")


def _is_charged(row: LedgerRow | LedgerEntry) -> bool:
    input_row = row.process == CHARGE and row.role == "input" and "." not in row.flow
    return bool(input_row and row.amount and charge_kind(row.flow))


def _told_apart(rows: Iterable[LedgerRow | LedgerEntry]) -> bool:
    """Tell whether each step in which metal is mixed makes its product by several codes."""
    codes: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.role == "product" and row.process in _MIXING and row.amount and "." not in row.flow:
            codes[row.process].add(normal_text(row.product))
    return all(len(codes[step]) > 1 or step not in codes for step in _MIXING)


def _outputs(rows: Sequence[LedgerRow | LedgerEntry]) -> dict[tuple[str, str], Decimal]:
    """Return (flow, code) → t of what leaves the plant and came of its melt; scrap is no output."""
    steps = {CHARGE, *PlantSteps(rows).after(CHARGE)}
    taken = {row.flow for row in rows if row.role == "input" and row.amount}
    found: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        if row.process not in steps or "." in row.flow or not row.amount:
            continue
        sold = row.role == "co-product" and not is_scrap(row.flow)
        last = row.role == "product" and row.flow not in taken
        if (sold or last) and is_aluminium(row.flow):
            found[row.flow, normal_text(row.product)] += _amount(row)
    return dict(found)


def _by_kind(rows: Iterable[LedgerRow | LedgerEntry]) -> dict[str, Decimal]:
    found = dict.fromkeys(_KINDS, ZERO)
    for row in rows:
        found[charge_kind(row.flow)] += _amount(row)
    return found


def _is_unlike(pool: PooledMelt[Row]) -> bool:
    """Tell whether two kinds are charged and two things made; elements matter between alloys."""
    forms = {(flow, _alloy(code)) for flow, code in pool.outputs}
    alloys = {alloy for _, alloy in forms}
    if len(forms) < 2 or not sum(pool.charged.values(), ZERO):
        return False
    asked = _KINDS if len(alloys) > 1 else _KINDS[:2]
    least = rule(RULE).number("least_share")
    return sum(pool.share(kind) >= least for kind in asked) > 1


def _alloy(code: str) -> str:
    """Return the alloy of a code: `6063` of `6063-t5`. Two tempers are cast of one metal."""
    return re.split(r"[^0-9a-z.]", code, maxsplit=1)[0]


def _is(output: tuple[str, str], code: str) -> bool:
    return output[1] == code or _alloy(output[1]) == code


def _amount(row: LedgerRow | LedgerEntry) -> Decimal:
    return row.amount_canonical if isinstance(row, LedgerRow) else row.amount
