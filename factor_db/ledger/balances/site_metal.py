"""The metal balance of the site as a whole: all that came through the gate against all that left.

It stands on aluminium content where every content is stated (products take that of the cast metal)
and on the mass of metal where bought scrap is sorted and de-coated first; scrap charged as it came
without a known content has too much moisture and paint in it to be balanced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation import messages
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.balances.metal import DROSS, cast_content
from factor_db.ledger.form.faults import Label, Scope
from factor_db.ledger.form.limits import GAIN_TOLERANCE
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import (
    ALUMINA,
    ALUMINIUM,
    holds_no_aluminium,
    is_metal,
    vocabulary,
)
from factor_db.ledger.months.balance_reports import Balance, percent, rounded_t
from factor_db.ledger.months.balance_terms import SITE_TOLERANCE, mass_t, stock_terms
from factor_db.ledger.months.likely_slips import Relation, Term
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.months.properties import (
    Value,
    aluminium_share,
    dross_share,
    weighted_by_month,
)
from factor_db.ledger.stock.movements import Stock

_PREPARATION = ("scrap_collection", "scrap_sorting", "scrap_decoating")
_SCRAP = ("scrap_pre_consumer", "scrap_post_consumer")
_RECOVERED: Key = ("dross_recovery", "recovered_metal")
# What comes out of the dross is no product of the site.
_NO_PRODUCT = "dross_treated"


@dataclass(frozen=True, slots=True)
class _Gate:
    """What crosses the fence of a site: keys bought, keys that leave, flows kept in between."""

    bought: tuple[Key, ...]
    made: tuple[Key, ...]
    between: tuple[str, ...]


def site_balance(month_index: MonthIndex, stock: Stock) -> Balance | None:
    """Return metal bought against products, metal sold, dross and stock.

    Rules: AL-BAL-003, and AL-BAL-008 for metal from nothing.
    """
    gate = _gate(month_index)
    row = next((found for key in gate.made if (found := month_index.first_row(key))), None)
    primary = any(vocabulary().processes[p].stage == "primary_chain" for p in month_index.processes)
    # A step's metal that is not written hides whether its input is a product of the site.
    metal_keys = [
        key
        for process in month_index.processes
        for key in month_index.reported_keys(process)
        if mass_t(key[1], ZERO) is not None
    ]
    keys = list(dict.fromkeys([*gate.bought, *gate.made, DROSS, _RECOVERED, *metal_keys]))
    properties = {f"{key[1]}.{name}" for key in keys for name in (ALUMINIUM, ALUMINA)}
    if row is None or primary or not gate.bought or not month_index.trusts(*keys):
        return None
    if properties & month_index.faulty_properties or _dross_bought(month_index):
        return None
    if not all(stock.trusts(flow) for flow in (*gate.between, *(flow for _, flow in gate.bought))):
        return None
    on_mass = any(month_index.runs(process) for process in _PREPARATION)
    if on_mass and any(month_index.total("charging", flow) for flow in _SCRAP):
        return None
    terms = _terms(month_index, stock, gate, on_mass=on_mass)
    if terms is None:
        return None
    return _report(month_index, row, Relation(terms, SITE_TOLERANCE, GAIN_TOLERANCE), on_mass)


def _gate(month_index: MonthIndex) -> _Gate:
    products = {vocabulary().processes[process].product for process in month_index.processes}
    inputs = {
        key[1] for key, rows in month_index.by_key.items() if any(r.role == "input" for r in rows)
    }
    own = products | {"internal_scrap", "recovered_metal"}
    bought = [
        key
        for key, rows in month_index.by_key.items()
        if is_metal(key[1])
        and key[1] not in own
        and any(row.role == "input" and row.amount_canonical for row in rows)
    ]
    made = [
        month_index.product_key(process)
        for process in month_index.processes
        if vocabulary().processes[process].product not in inputs | {_NO_PRODUCT}
        and is_metal(vocabulary().processes[process].product)
    ]
    between = sorted(flow for flow in own & inputs if is_metal(flow))
    return _Gate(tuple(bought), tuple(made), tuple(between))


def _dross_bought(month_index: MonthIndex) -> bool:
    """Tell whether dross of others is treated: its metal comes from outside, in no known amount."""
    treated, own = month_index.total("dross_recovery", "dross"), month_index.total(*DROSS)
    return treated > own * (1 + SITE_TOLERANCE)


def _terms(
    month_index: MonthIndex, stock: Stock, gate: _Gate, *, on_mass: bool
) -> tuple[Term, ...] | None:
    """Return all terms, or None when one of them cannot be known."""
    content = cast_content(month_index)
    own: Value = (lambda row: Decimal(1)) if on_mass else aluminium_share(month_index)
    inherited: Value = own if on_mass else aluminium_share(month_index, content)
    per_t = Decimal(1) if on_mass else content
    terms: list[Term | None] = []
    for key in gate.bought:
        rows = _rows(month_index, key, "input")
        if stock.covers(key[1]) and sum(k[1] == key[1] for k in gate.bought) == 1:
            terms += _received(stock, key[1], _mean(rows, own))
        else:
            terms.append(_term(key, 1, rows, own))
    for key in gate.made:
        terms.append(_term(key, -1, _rows(month_index, key, "product"), inherited))
    for key in month_index.by_key:
        if is_metal(key[1]) and not holds_no_aluminium(key[1]):
            terms.append(_term(key, -1, _rows(month_index, key, "co-product"), inherited))
        if key[1] == "internal_scrap" and not month_index.runs("charging"):
            terms.append(_term(key, -1, _rows(month_index, key, "internal"), inherited))
    for flow in gate.between:
        terms += _stock(stock, flow, per_t)
    terms.append(_term(DROSS, -1, month_index.by_key.get(DROSS, ()), dross_share(month_index)))
    terms.append(_term(_RECOVERED, 1, _rows(month_index, _RECOVERED, "internal"), inherited))
    if on_mass:
        terms += _preparation_terms(month_index)
    known = tuple(term for term in terms if term is not None)
    return known if len(known) == len(terms) else None


def _rows(month_index: MonthIndex, key: Key, role: str) -> tuple[LedgerRow, ...]:
    return tuple(row for row in month_index.by_key.get(key, ()) if row.role == role)


def _term(key: Key, side: int, rows: Sequence[LedgerRow], share: Value) -> Term | None:
    months = weighted_by_month(rows, share)
    return None if months is None else Term(key, side, months, tuple(rows))


def _mean(rows: Sequence[LedgerRow], share: Value) -> Decimal | None:
    """Return the mean content of some rows, weighted by their amounts."""
    months = weighted_by_month(rows, share)
    whole = sum((row.amount_canonical for row in rows), ZERO)
    if months is None or not whole:
        return None
    return EXACT.divide(sum(months.values(), ZERO), whole)


def _received(stock: Stock, flow: str, content: Decimal | None) -> list[Term | None]:
    """Return what came through the gate of a bought material, and what its stock kept of it."""
    received = stock.received(flow)
    if not any(received.values()) and not any(stock.kept_back(flow).values()):
        return []
    if content is None:
        return [None]
    months = {month: mass * content for month, mass in received.items()}
    return [Term(("receipts", flow), 1, months), *_stock(stock, flow, content)]


def _stock(stock: Stock, flow: str, content: Decimal | None) -> list[Term | None]:
    """Return what the stock of a material took as leaving, and what came out of it as coming in."""
    if not any((kept := stock.kept_back(flow)).values()):
        return []
    if content is None:
        return [None]
    return [*stock_terms(flow, {month: mass * content for month, mass in kept.items()})]


def _preparation_terms(month_index: MonthIndex) -> list[Term]:
    """Return sorting residue and burnt coating, which leave, and paint, which is put on."""
    terms = []
    for key, rows in month_index.by_key.items():
        side = 1 if key[1] == "coating_powder" else -1
        if key[1] in {"sorting_residue", "organic_coating", "coating_powder"}:
            months: dict[str, Decimal] = {}
            for row in rows:
                mass = mass_t(row.flow, row.amount_canonical) or ZERO
                months[row.period] = months.get(row.period, ZERO) + mass
            terms.append(Term(key, side, months, tuple(rows)))
    return terms


def _report(month_index: MonthIndex, row: LedgerRow, relation: Relation, on_mass: bool) -> Balance:
    into, out = relation.sides()
    larger = max(into, out)
    share = EXACT.divide(into - out, larger) if larger > 0 else ZERO
    drawn, put = (
        sum(
            (
                sum(term.months.values(), ZERO)
                for term in relation.terms
                if term.key[0] == "stock" and term.side == side
            ),
            ZERO,
        )
        for side in (1, -1)
    )
    # Metal can be lost in ways that only words tell; it does not come from nothing.
    gained = out > into
    return Balance(
        code="LEDGER_SITE_GAIN" if gained else "LEDGER_SITE_BALANCE",
        kind="site",
        relation=relation,
        row=row,
        value=percent(share),
        scope=None if gained else Scope(),
        explained=month_index.noted((row.process, row.flow)),
        params={
            "basis": _basis("LEDGER_BASIS_MASS" if on_mass else "LEDGER_BASIS_ALUMINIUM"),
            "into": rounded_t(into - drawn),
            "out": rounded_t(out - put),
            "stock": rounded_t(put - drawn),
            "open": rounded_t(abs(into - out)),
            "tolerance": percent(relation.gain if gained else relation.loss),
        },
    )


def _basis(code: str) -> Label:
    zh, en = (messages.text(code, lang) for lang in messages.LANGUAGES)
    return Label(zh, en)
