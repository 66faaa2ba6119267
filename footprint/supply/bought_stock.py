"""Bought metal drawn net out of opening stock: how much, whose by the ledgers before, at most what.

It was delivered before the period and carries what its seller of then took to make it. The metal
last laid in store leaves it first, as the line of own stock counts it (AL-STOCK-003): what an
adjoining earlier ledger laid there is of its sellers, at their shares, and carries at most
the highest footprint that sound calculations of it took for the flow. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.firm_names import bare_name
from footprint.account.site_ledger import ZERO, SiteLedger
from footprint.closure.own_drawn import layers_drawn
from footprint.study.supplied import slot_flow

_LEAST_NAME = 2
"""Signs of a firm's name without its legal form: one alone stands in any note."""


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier ledger of a flow: its period, t in store at its beginning, who delivered.

    `shares` is counterparty → part of what it received, `most` the highest kg CO2e per kg that
    sound calculations of it took for the flow; None where there is none.
    """

    period: str
    opening: Decimal
    shares: Mapping[str, Decimal]
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of the use that lay in store, and the ledger that laid it there; None is unknown."""

    share: Decimal
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was used of a bought flow beyond what came in, as a share of the use, by layers.

    `opening` and `amount` are in tonnes; `notes` are those of the stock sheet.
    """

    share: Decimal = ZERO
    opening: Decimal = ZERO
    amount: Decimal = ZERO
    cells: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()

    def of_firm(self, names: Iterable[str]) -> Decimal:
        """Return the share of the use that a firm may have delivered before the period."""
        firm = {bare_name(name) for name in names}
        named = {name for name in firm if len(name) >= _LEAST_NAME}
        noted = any(name in bare_name(note) for note in self.notes for name in named)
        found = ZERO
        for layer in self.layers:
            if layer.before is None:
                found += layer.share if noted else ZERO
            else:
                shares = layer.before.shares.items()
                found += sum((s for name, s in shares if bare_name(name) in firm), ZERO) * (
                    layer.share
                )
        return found

    def most(self, taken: Decimal, bound: Decimal) -> Decimal:
        """Return kg CO2e per kg of the use that this metal may carry beyond `taken` per kg."""
        beyond = ZERO
        for layer in self.layers:
            known = layer.before.most if layer.before else None
            beyond += layer.share * max((bound if known is None else known) - taken, ZERO)
        return beyond

    @property
    def periods(self) -> tuple[str, ...]:
        """The earlier periods whose footprints are known of a part of it."""
        found = (layer.before for layer in self.layers if layer.before is not None)
        return tuple(before.period for before in found if before.most is not None)


def drawn_from_stock(ledger: SiteLedger, flow: str) -> Drawn:
    """Return what was used of a bought flow beyond what came in, of an origin not known."""
    stored = [
        name
        for name in sorted(ledger.stock.entries)
        if slot_flow(name) == flow and name not in ledger.made_here
    ]
    used, received = (
        sum((ledger.stock_total(name, figure) for name in stored), ZERO)
        for figure in ("consumption", "receipts")
    )
    if used <= received:
        return Drawn()
    share = EXACT.divide(used - received, used)
    entries = [entry for name in stored for entry in ledger.stock.entries[name]]
    return Drawn(
        share,
        opening_of(ledger, flow),
        used - received,
        tuple(cell for name in stored for cell in ledger.stock_cells(name)),
        tuple(entry.note for entry in entries if entry.note),
        (Layer(share),),
    )


def opening_of(ledger: SiteLedger, flow: str) -> Decimal:
    """Return how many tonnes of a bought flow lay in store when a ledger begins."""
    firsts = (
        entries[0].amounts["opening"]
        for name, entries in ledger.stock.entries.items()
        if slot_flow(name) == flow and entries and name not in ledger.made_here
    )
    return sum(firsts, ZERO)


def with_origins(drawn: Drawn, earlier: Iterable[Before]) -> Drawn:
    """Return metal drawn by the ledgers, the newest first, that laid it in store."""
    if not drawn.amount:
        return drawn
    per_tonne = EXACT.divide(drawn.share, drawn.amount)
    openings = ((before, before.opening) for before in earlier)
    layers = layers_drawn(drawn.opening, drawn.opening - drawn.amount, openings)
    return replace(drawn, layers=tuple(Layer(t * per_tonne, before) for t, before in layers))
