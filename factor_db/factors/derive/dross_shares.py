"""Whose dross a site's furnace treats, by the rows: its own, and that of others.

own = min(dross made, dross fed), rows that name a counterparty left out of either: such dross was
handed over, or came from somebody. What else was fed is dross of others. Its metal is its owner's,
unless more metal is charged than own dross gave; then as much of it as gives the rest was taken in
by the site, and its treatment belongs to the melt. One furnace recovers alike from all dross.
Rule: AL-DROSS-001.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.derive.outputs import exact_total
from factor_db.factors.derive.ratios import Ratio
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.limits import BALANCE_TOLERANCE
from factor_db.ledger.form.loops import DROSS_HANDED_OVER, DROSS_TAKEN_IN, RECOVERED_METAL
from factor_db.ledger.frozen.row_storage import counterparty
from factor_db.store.tables import LedgerEntry

HANDED_OVER_FORMULA = "(sum(dross made) - own dross treated here) / sum(dross made)"
TAKEN_IN_FORMULA = "dross of others whose metal is charged / sum(dross made)"
_MADE = ("melting", "dross", "waste")
_FED = ("dross_recovery", "dross", "input")
_RECOVERED = ("dross_recovery", RECOVERED_METAL, "internal")
_CHARGED = ("charging", RECOVERED_METAL, "input")
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class DrossSplit:
    """Dross of a year, t: made, fed to the furnace, own of it, others' whose metal is charged."""

    made: Decimal
    fed: Decimal
    own: Decimal
    taken_in: Decimal

    @property
    def owned_share(self) -> Decimal:
        """Return the share, 0 to 1, of the furnace's metal that is the site's."""
        with localcontext(EXACT):
            return (self.own + self.taken_in) / self.fed if self.fed else ONE


def dross_split(entries: Sequence[LedgerEntry]) -> DrossSplit:
    """Return whose dross the rows of a ledger show, t. Rule: AL-DROSS-001."""
    made, fed = _rows(entries, *_MADE), _rows(entries, *_FED)
    own = min(_unnamed(made), _unnamed(fed))
    whole = _sum(fed)
    recovered, charged = _sum(_rows(entries, *_RECOVERED)), _sum(_rows(entries, *_CHARGED))
    returned = exact_total(
        row.amount
        for row in entries
        if (row.flow, row.role) == (RECOVERED_METAL, "internal") and row.process != _RECOVERED[0]
    )
    taken_in = ZERO
    with localcontext(EXACT):
        if recovered and whole > own:
            beyond = charged - returned - recovered * own / whole
            if beyond > BALANCE_TOLERANCE * recovered:
                taken_in = min(whole - own, beyond * whole / recovered)
    return DrossSplit(_sum(made), whole, own, taken_in)


def dross_ratios(entries: Sequence[LedgerEntry]) -> Iterator[Ratio]:
    """Yield the shares of own dross handed over and of dross taken in, where a furnace runs.

    Runs in the caller's decimal context.
    """
    split = dross_split(entries)
    if not split.made or not split.fed:
        return
    made, fed = _rows(entries, *_MADE), _rows(entries, *_FED)
    metal = [*_rows(entries, *_RECOVERED), *_rows(entries, *_CHARGED)]
    nothing: list[LedgerEntry] = []
    found = (
        (DROSS_HANDED_OVER, split.made - split.own, nothing, HANDED_OVER_FORMULA),
        (DROSS_TAKEN_IN, split.taken_in, metal, TAKEN_IN_FORMULA),
    )
    for flow, tonnes, others, formula in found:
        yield Ratio(
            process="",
            flow=flow,
            unit="1",
            value=tonnes / split.made,
            rows=[*made, *fed],
            made=(),
            formula=formula,
            reported=(made, ()),
            others=others,
        )


def _rows(entries: Iterable[LedgerEntry], process: str, flow: str, role: str) -> list[LedgerEntry]:
    return [e for e in entries if (e.process, e.flow, e.role) == (process, flow, role)]


def _sum(rows: Iterable[LedgerEntry]) -> Decimal:
    return exact_total(row.amount for row in rows)


def _unnamed(rows: Iterable[LedgerEntry]) -> Decimal:
    """Return the tonnes of rows that name nobody: what stayed on the site."""
    return _sum(row for row in rows if not counterparty(row))
