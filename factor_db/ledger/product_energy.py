"""Energy and services of product codes beside their peers: what one code takes far more of a tonne.

A plant may book the energy of a step on a code that it hardly makes: every figure over all codes
stays as usual, and the others shine. What a code takes is its own rows and its share by mass of
those without a code. Rule: AL-CODE-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.exceptions import says_something
from factor_db.ledger.faults import Findings, Scope, flow_label, process_label
from factor_db.ledger.picture import ZERO, Key, Picture
from factor_db.ledger.rows import LedgerRow
from factor_db.ledger.vocabulary import normal_text, vocabulary

CODE_RULE = "AL-CODE-001"
_CATEGORIES = frozenset({"energy", "fuel", "service"})
_SHOWN = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step made and took of one flow, by product code.

    `made` is code → t, `own` code → amount booked on it, `pooled` what was booked on no code.
    """

    made: Mapping[str, Decimal]
    own: Mapping[str, Decimal]
    pooled: Decimal

    @classmethod
    def of(cls, made: Mapping[str, Decimal], taken: Mapping[str, Decimal]) -> Taken:
        """Return the amounts of the codes made; what stands on any other is shared by all."""
        own = {code: taken.get(code, ZERO) if code else ZERO for code in made}
        return cls(made, own, sum(taken.values(), ZERO) - sum(own.values(), ZERO))

    @property
    def mean(self) -> Decimal:
        """The amount per tonne, all codes together."""
        whole = sum(self.own.values(), self.pooled)
        return EXACT.divide(whole, sum(self.made.values(), ZERO))

    def per_tonne(self, code: str) -> Decimal:
        """Return the amount per tonne of a code."""
        shared = EXACT.divide(self.pooled, sum(self.made.values(), ZERO))
        return shared + EXACT.divide(self.own[code], self.made[code])

    def of_peers(self, code: str) -> Decimal:
        """Return the amount per tonne of all other codes together; 0 where there are none."""
        others = [other for other in self.made if other != code]
        made = sum((self.made[other] for other in others), ZERO)
        taken = sum((self.per_tonne(other) * self.made[other] for other in others), ZERO)
        return EXACT.divide(taken, made) if made else ZERO


@cache
def energy_flows() -> frozenset[str]:
    """Return the flows that are judged: energy, fuels and the site's services."""
    flows = vocabulary().flows.values()
    return frozenset(flow.code for flow in flows if flow.category in _CATEGORIES)


def far_from_peers(taken: Taken) -> tuple[str, ...]:
    """Return the codes that take far more a tonne than their peers' mean; else those far below it.

    Several sisters that are each other's peers hide behind one another, not the code they spare.
    """
    most = rule(CODE_RULE).number("times_peers")
    pairs = [(code, taken.per_tonne(code), taken.of_peers(code)) for code in taken.made]
    above = tuple(code for code, own, peers in pairs if own > most * peers)
    return above or tuple(code for code, own, peers in pairs if peers > most * own)


def check_product_energy(picture: Picture, findings: Findings) -> None:
    """Record codes that take far more, or less, energy or services a tonne than their peers."""
    for key in picture.by_key:
        product = picture.product_key(key[0])
        if key == product or key[1] not in energy_flows() or not picture.trusts(key, product):
            continue
        made = {code: t for code, t in _by_code(picture.by_key.get(product, ())).items() if t > 0}
        taken = Taken.of(made, _by_code(picture.by_key[key]))
        for code in _booked_apart(taken):
            _report(picture, key, code, taken, findings)


def _booked_apart(taken: Taken) -> Iterator[str]:
    """Yield the codes far from their peers, of a flow that is booked by code."""
    if len(taken.made) > 1 and any(taken.own.values()):
        yield from far_from_peers(taken)


def _report(picture: Picture, key: Key, code: str, taken: Taken, findings: Findings) -> None:
    booked = [row for row in picture.by_key[key] if normal_text(row.product) == code]
    rows = booked or picture.by_key[key]
    flow = vocabulary().flows[key[1]]
    findings.warning(
        "LEDGER_PRODUCT_ENERGY",
        rows[0].sheet,
        rows[0].cells["amount"],
        rows[0].amount,
        explained=any(says_something(row.note) for row in rows),
        scope=Scope(*key),
        process=process_label(key[0]),
        product=booked[0].product.strip() if booked else code,
        flow=flow_label(key[1]),
        ratio=decimal_text(taken.per_tonne(code).quantize(_SHOWN)),
        peers=decimal_text(taken.of_peers(code).quantize(_SHOWN)),
        unit=flow.unit,
        times=decimal_text(rule(CODE_RULE).number("times_peers")),
    )


def _by_code(rows: Iterable[LedgerRow]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        found[normal_text(row.product)] += row.amount_canonical
    return dict(found)
