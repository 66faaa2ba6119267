"""What the ledger means by a pair: where its own balances count it, read off the balances drawn.

Made-up sites that report everything their steps may have, a tonne of each, are handed to the very
balances that check a ledger; nothing here repeats what a balance counts. What no balance counts
means what its role and category say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache

from factor_db.ledger.balances.steps import all_balances
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import (
    ALUMINA,
    ALUMINIUM,
    CHARGE_STAGE,
    INERT,
    PRIMARY_STAGE,
    PROPERTY,
    SCRAP_CATEGORIES,
    SOLD_SCRAP,
    vocabulary,
)
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.reading.row_checks import RowReading
from footprint.meanings import words
from footprint.meanings.pairs import (
    CO_PRODUCT,
    INSTRUMENTS,
    LEDGER,
    MAIN_METER,
    POWER,
    SCRAP_SOLD,
    STOCK,
    Pair,
    all_pairs,
)

MONTH = "2025-01"
_PREPARATION = "scrap_preparation"
_RESOLD = ("ingot_packing", "liquid_delivery")
"""Steps whose product is also what others buy to charge: a site without them buys it."""
_BY_CATEGORY = {
    "fuel": words.BURNT,
    "energy": words.POWER,
    "transport": words.TRANSPORT,
    "service": words.OWN,
    "alloying": words.BOUGHT,
    "auxiliary": words.BOUGHT,
    "packaging": words.BOUGHT,
}
Place = tuple[str, str]
"""Kind of a balance and the side on which it counts: `in` or `out`."""


def ledger_meaning(pair: Pair) -> str:
    """Return what the ledger means by a pair, in the words of `words`."""
    if pair.sheet != LEDGER:
        return _of_sheet(pair)
    if pair.role == PROPERTY:
        contents = (ALUMINIUM, ALUMINA, INERT)
        return words.CONTENT if pair.flow.endswith(contents) else words.PROPERTY_OF
    if pair.role == "product":
        return words.PRODUCT
    if pair.role == CO_PRODUCT:
        return words.SOLD_SCRAP if pair.flow in (SCRAP_SOLD, SOLD_SCRAP) else words.SOLD
    if pair.role in ("waste", "emission"):
        return {"waste": words.WASTE, "emission": words.EMISSION}[pair.role]
    places = frozenset().union(*(balance_places()[pair.process, flow] for flow in pair.flows))
    if pair.role == "internal":
        return words.GIVEN_BACK if ("loop", "in") in places else words.UNKNOWN
    return _of_input(pair, places)


def _of_input(pair: Pair, places: frozenset[Place]) -> str:
    flow = vocabulary().flows[pair.flow]
    if ("loop", "out") in places:
        return words.TAKEN_BACK
    if ("link", "out") in places:
        return words.OWN
    made = any(item.product == pair.flow for item in vocabulary().processes.values())
    if ("site", "in") in places:
        bought = words.SCRAP if flow.category in SCRAP_CATEGORIES else words.BOUGHT
        return words.OWN_OR_BOUGHT if made else bought
    if flow.category in _BY_CATEGORY:
        return _BY_CATEGORY[flow.category]
    left = any(item.flow == pair.flow and item.role == "waste" for item in _pairs())
    return words.OWN_OR_BOUGHT if made else words.OWN if left else words.UNKNOWN


def _pairs() -> Iterable[Pair]:
    return (item for item in all_pairs() if item.sheet == LEDGER)


def _of_sheet(pair: Pair) -> str:
    known = {STOCK: words.STOCK, POWER: words.CLAIM, INSTRUMENTS: words.CLAIM}
    if pair.role == MAIN_METER:
        return words.REST
    return known.get(pair.sheet, words.AS_ROW)


@cache
def balance_places() -> Mapping[tuple[str, str], frozenset[Place]]:
    """Return (process, flow) → the balances that count it, and on which side."""
    found: dict[tuple[str, str], set[Place]] = defaultdict(set)
    for processes, charged in _sites():
        for balance in all_balances(_month_index(processes, charged=charged), Findings()):
            for term in balance.relation.terms:
                if term.rows:
                    found[term.key].add((balance.kind, "in" if term.side > 0 else "out"))
    return defaultdict(frozenset, {key: frozenset(places) for key, places in found.items()})


def _sites() -> Iterable[tuple[tuple[str, ...], bool]]:
    """Yield sites by their steps, and whether they charge scrap as it came.

    One melts scrap as it came and buys ingot and liquid alloy, one prepares scrap and makes both,
    and one is a smelter.
    """
    stages = {item.code: item.stage for item in vocabulary().processes.values()}
    plants = tuple(code for code, stage in stages.items() if stage != PRIMARY_STAGE)
    buyers = (code for code in plants if stages[code] != _PREPARATION and code not in _RESOLD)
    yield tuple(buyers), True
    yield plants, False
    yield tuple(code for code, stage in stages.items() if stage == PRIMARY_STAGE), True


def _month_index(processes: tuple[str, ...], *, charged: bool) -> MonthIndex:
    rows = []
    for pair in _pairs():
        if pair.process not in processes or pair.role in (CO_PRODUCT, PROPERTY):
            continue
        scrap = vocabulary().flows[pair.flow].category == "scrap"
        first = vocabulary().processes[pair.process].stage == CHARGE_STAGE
        amount = Decimal(0) if scrap and first and not charged else Decimal(1)
        rows.append(_row(pair, pair.flow, amount))
        content = f"{pair.flow}.{ALUMINIUM}"
        if content in vocabulary().flows:
            rows.append(_row(pair, content, Decimal(1)))
    readings = (RowReading(at, r.process, r.flow, MONTH, r) for at, r in enumerate(rows))
    return MonthIndex(tuple(readings), (MONTH,))


def _row(pair: Pair, flow: str, amount: Decimal) -> LedgerRow:
    unit = vocabulary().flows[flow].unit
    blank = dict.fromkeys(
        ("product", "counterparty", "origin", "scrap_type", "instrument", "evidence", "note"), ""
    )
    cells = dict.fromkeys(("period", "process", "flow", "role", "amount", "unit"), "A1")
    return LedgerRow(
        sheet=LEDGER,
        row_number=1,
        period=MONTH,
        process=pair.process,
        flow=flow,
        role=pair.role,
        amount=amount,
        unit=unit,
        amount_canonical=amount,
        unit_canonical=unit,
        method="weighed",
        price=None,
        cells=cells,
        **blank,
    )
