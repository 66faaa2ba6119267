"""Own scrap and recovered metal that were charged from store: metal without a record of its making.

Within a period what is charged was made in it. What lay in store before rests on the opening alone,
so beyond a small share of the charge somebody has to say where it came from. Rule: AL-STOCK-002.
"""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope, flow_label
from factor_db.ledger.form.loops import LOOPS
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.ledger.months.balance_reports import percent, rounded_t
from factor_db.ledger.months.balance_terms import mass_t
from factor_db.ledger.months.month_index import ZERO, MonthIndex
from factor_db.ledger.reading.exceptions import says_something
from factor_db.ledger.stock.movements import Stock

RULE = "AL-STOCK-002"
OWN_DRAWN = "LEDGER_STOCK_OWN_DRAWN"
CHARGE = "charging"
DRAWN_AT_MOST = rule(RULE).number("drawn_at_most")


def drawn_from_store(stock: Stock, flow: str) -> Decimal:
    """Return what the period took from store of a material beyond what it put there.

    In the canonical unit, below 0 where the store grew; metal that a count found counts as drawn.
    """
    entries = stock.entries.get(flow, ())
    if not entries:
        return ZERO
    found = sum((entry.amounts["adjustment"] for entry in entries), ZERO)
    return entries[0].amounts["opening"] - entries[-1].amounts["closing"] + found


def check_drawn(stock: Stock, month_index: MonthIndex, findings: Findings) -> None:
    """Record own metal drawn net from store beyond a small share of the metal charged.

    Silent where the stock or the charge cannot be trusted.
    """
    flows = vocabulary().flows
    keys = [
        key
        for key in month_index.by_key
        if key[0] == CHARGE
        and flows[key[1]].category in METAL_CATEGORIES
        and any(row.role == "input" for row in month_index.by_key[key])
    ]
    if not month_index.trusts(*keys):
        return
    charged = sum((mass_t(key[1], month_index.total(*key)) or ZERO for key in keys), ZERO)
    for flow in LOOPS:
        drawn = drawn_from_store(stock, flow)
        if not stock.trusts(flow) or drawn <= EXACT.multiply(DRAWN_AT_MOST, charged):
            continue
        first = stock.entries[flow][0]
        findings.warning(
            "LEDGER_STOCK_OWN_DRAWN",
            first.sheet,
            first.cells["opening"],
            rounded_t(first.amounts["opening"]),
            explained=says_something(first.note),
            scope=Scope(CHARGE, flow),
            material=flow_label(flow),
            drawn=rounded_t(drawn),
            charged=rounded_t(charged),
            share=percent(EXACT.divide(drawn, charged)) if charged else "-",
            limit=percent(DRAWN_AT_MOST),
        )
