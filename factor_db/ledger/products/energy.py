"""Energy and services of a step's outputs beside each other: what one takes far more of a tonne.

A plant may book the energy of a step on a product code, or on a co-product, that it hardly makes:
every figure over all outputs stays as usual, and the others shine. What an output takes is its own
rows and its share by mass of those without a code. A co-product without aluminium is nobody's peer:
no tonne of it compares with one of metal. Rule: AL-CODE-001.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Param, Scope, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import is_aluminium, normal_text, vocabulary
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.products.metal import is_scrap
from factor_db.ledger.reading.exceptions import says_something

if TYPE_CHECKING:
    from factor_db.store.tables import LedgerEntry

CODE_RULE = "AL-CODE-001"
_CATEGORIES = frozenset({"energy", "fuel", "service"})
_SHOWN = Decimal("0.1")
_MADE = frozenset({"product", "co-product"})


class Made(NamedTuple):
    """One thing a step makes: its role, its flow and its product code as compared."""

    role: str
    flow: str
    code: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step made and took of one flow, by what it makes.

    `made` is output → t, `own` output → amount booked on it, `pooled` what was booked on none.
    """

    made: Mapping[Made, Decimal]
    own: Mapping[Made, Decimal]
    pooled: Decimal

    @classmethod
    def of(cls, made: Mapping[Made, Decimal], booked: Mapping[str, Decimal]) -> Taken:
        """Return the amounts of the outputs; what stands on any other code is shared by all.

        `booked` is code → amount. A code that two outputs carry says nothing (DER-ALLOC-002).
        """
        holders = Counter(item.code for item in made)
        own = {
            item: booked.get(item.code, ZERO) if item.code and holders[item.code] == 1 else ZERO
            for item in made
        }
        return cls(made, own, sum(booked.values(), ZERO) - sum(own.values(), ZERO))

    def by_cause(self) -> Taken:
        """Return the amounts where what nobody's code carries goes as the booked rows do.

        Between the product and each co-product; inside the product by mass. DER-ALLOC-002.
        """
        booked = sum(self.own.values(), ZERO)
        if not booked:
            return self
        products = {item: t for item, t in self.made.items() if item.role == "product"}
        of_product = EXACT.divide(sum((self.own[item] for item in products), ZERO), booked)
        whole = sum(products.values(), ZERO)
        shares = {
            item: of_product * EXACT.divide(products[item], whole)
            if item in products
            else EXACT.divide(own, booked)
            for item, own in self.own.items()
        }
        own = {item: own + self.pooled * shares[item] for item, own in self.own.items()}
        return replace(self, own=own, pooled=ZERO)

    @property
    def mean(self) -> Decimal:
        """The amount per tonne, all outputs together."""
        return self.per_tonne(*self.made)

    def per_tonne(self, *outputs: Made) -> Decimal:
        """Return the amount per tonne of some outputs together; 0 where there are none."""
        made = sum((self.made[item] for item in outputs), ZERO)
        if not made:
            return ZERO
        shared = EXACT.divide(self.pooled, sum(self.made.values(), ZERO))
        return shared + EXACT.divide(sum((self.own[item] for item in outputs), ZERO), made)

    def of_peers(self, output: Made) -> Decimal:
        """Return the amount per tonne of all other outputs together; 0 where there are none."""
        return self.per_tonne(*(item for item in self.made if item != output))


@cache
def energy_flows() -> frozenset[str]:
    """Return the flows that are judged: energy, fuels and the site's services."""
    flows = vocabulary().flows.values()
    return frozenset(flow.code for flow in flows if flow.category in _CATEGORIES)


def far_from_peers(taken: Taken) -> tuple[Made, ...]:
    """Return the outputs that take far more a tonne than their peers; else those far below them.

    Several sisters that are each other's peers hide behind one another, not the one they spare.
    """
    most = rule(CODE_RULE).number("times_peers")
    pairs = [(item, taken.per_tonne(item), taken.of_peers(item)) for item in taken.made]
    above = tuple(item for item, own, peers in pairs if own > most * peers)
    return above or tuple(item for item, own, peers in pairs if peers > most * own)


def compared(made: Iterable[Made]) -> tuple[Made, ...]:
    """Return the outputs of a step that are each other's peers: product codes and co-products.

    Scrap sold is made by nobody, and beside a product of aluminium only aluminium compares.
    """
    outputs = tuple(made)
    products = [item for item in outputs if item.role == "product"]
    if not products or not all(is_aluminium(item.flow) for item in products):
        return tuple(products)
    others = [item for item in outputs if item.role == "co-product"]
    return (*products, *(item for item in others if _is_peer(item.flow)))


def peers_and_foreign(
    rows: Iterable[LedgerRow | LedgerEntry],
) -> tuple[dict[Made, Decimal], frozenset[str]]:
    """Return output → t of what one step makes that compares, and the codes of its others alone.

    What is booked on such a code is of no peer, and no peer's share either.
    """
    made: dict[Made, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        if row.role in _MADE and "." not in row.flow and not is_scrap(row.flow):
            made[Made(row.role, row.flow, normal_text(row.product))] += _amount(row)
    made = {item: amount for item, amount in made.items() if amount > 0}
    peers = compared(made)
    foreign = {item.code for item in made} - {item.code for item in peers} - {""}
    return {item: made[item] for item in peers}, frozenset(foreign)


def _amount(row: LedgerRow | LedgerEntry) -> Decimal:
    return row.amount_canonical if isinstance(row, LedgerRow) else row.amount


def _is_peer(flow: str) -> bool:
    return is_aluminium(flow) and vocabulary().flows[flow].unit == "t"


def check_product_energy(month_index: MonthIndex, findings: Findings) -> None:
    """Record outputs that take far more, or less, energy or services a tonne than their peers."""
    by_process: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in month_index.rows:
        by_process[row.process].append(row)
    made = {process: peers_and_foreign(rows) for process, rows in by_process.items()}
    for key, rows in month_index.by_key.items():
        peers, foreign = made[key[0]]
        if len(peers) < 2 or key[1] not in energy_flows():
            continue
        if not month_index.trusts(key, *{(key[0], item.flow) for item in peers}):
            continue
        taken = Taken.of(peers, _by_code(rows, foreign))
        for output in _booked_apart(taken):
            _report(month_index, key, output, taken, findings)


def _booked_apart(taken: Taken) -> Iterator[Made]:
    """Yield the outputs far from their peers, of a flow that is booked by code."""
    if any(taken.own.values()):
        yield from far_from_peers(taken)


def _report(
    month_index: MonthIndex, key: Key, output: Made, taken: Taken, findings: Findings
) -> None:
    coded = [row for row in month_index.by_key[key] if row.role not in _MADE]
    booked = [row for row in coded if output.code and normal_text(row.product) == output.code]
    rows = booked or coded
    flow = vocabulary().flows[key[1]]
    findings.warning(
        "LEDGER_PRODUCT_ENERGY",
        rows[0].sheet,
        rows[0].cells["amount"],
        rows[0].amount,
        explained=any(says_something(row.note) for row in rows),
        scope=Scope(*key),
        process=process_label(key[0]),
        product=_named(output, booked),
        flow=flow_label(key[1]),
        ratio=decimal_text(taken.per_tonne(output).quantize(_SHOWN)),
        peers=decimal_text(taken.of_peers(output).quantize(_SHOWN)),
        unit=flow.unit,
        times=decimal_text(rule(CODE_RULE).number("times_peers")),
    )


def _named(output: Made, booked: Collection[LedgerRow]) -> Param:
    """Return an output's code as its rows write it; without one, what it is."""
    written = next((row.product.strip() for row in booked), output.code)
    return written or flow_label(output.flow)


def _by_code(rows: Iterable[LedgerRow], foreign: Collection[str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        code = normal_text(row.product)
        if row.role not in _MADE and code not in foreign:
            found[code] += row.amount_canonical
    return dict(found)
