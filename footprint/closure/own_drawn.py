"""Own metal of an earlier period, drawn out of store: what it counts as, and at most could carry.

Model and account value it at this period's footprint of its step, whatever making it took. The
metal last laid in store leaves it first, as the line of own stock counts it: what earlier ledgers
show to have been laid there carries their footprint, the rest at most the highest that is published
of primary ingot. Rule: AL-STOCK-003.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import takewhile
from typing import TypeVar

from factor_db.factors.record.reference import upper_bounds
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion, convert
from footprint.account.site_ledger import ZERO, SiteLedger, cells_of
from footprint.account.smelter import ANODE
from footprint.closure.line import ClosureLine
from footprint.result.checks import ClosureLineRecord
from lca_models.system.slots import CHARGE_POOL

RULE = "AL-STOCK-003"
_BOUND = "primary_ingot/cradle_to_gate"
# Metal that a count found was made before, too; scrap charged beyond what was made, likewise.
Line = ClosureLine | ClosureLineRecord
"""A line of a closure, drawn now or read from a result."""
_Ledger = TypeVar("_Ledger")
_KINDS = frozenset({"own_stock", "adjustment", "own_scrap", "recovered_metal"})


# Below this share of the account a difference is digits, and no metal.
_LEAST_SHARE = Decimal("1E-12")


@dataclass(frozen=True, slots=True)
class EarlierLedger:
    """A ledger before this one: its period, what lay in store at its beginning, in tonnes by flow.

    `kg_co2e_per_t` is process → footprint of its product as sound calculations of it found.
    """

    period: str
    opening: Mapping[str, Decimal]
    kg_co2e_per_t: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class OwnDrawn:
    """Own metal of one step drawn out of store, in tonnes: kg CO2e as counted, and at most.

    `earlier` names the periods whose footprints are known of a part of it.
    """

    flow: str
    process: str
    amount: Decimal
    kg_co2e: Decimal
    most_kg_co2e: Decimal
    earlier: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    @property
    def effect(self) -> Decimal:
        """kg CO2e by which this metal may make the products of the site too light."""
        with localcontext(EXACT):
            return self.most_kg_co2e - self.kg_co2e


def own_drawn(lines: Iterable[Line], account_kg_co2e: Decimal) -> tuple[OwnDrawn, ...]:
    """Return the own metal that the lines of a closure show drawn, its origin taken as unknown.

    Metal that could move nothing of the account but digits is left out.
    """
    sums: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.kind in _KINDS and line.process:
            sums[line.flow, line.process].append(line)
    with localcontext(EXACT):
        found = [
            _drawn(flow, process, -amount, of_flow)
            for (flow, process), of_flow in sorted(sums.items())
            if (amount := sum((line.amount for line in of_flow), ZERO)) < 0
        ]
    return tuple(item for item in found if item.effect > account_kg_co2e * _LEAST_SHARE)


def with_origins(drawn: OwnDrawn, ledger: SiteLedger, earlier: Sequence[EarlierLedger]) -> OwnDrawn:
    """Return metal drawn with what earlier ledgers, the newest first, show of its origin."""
    entries = ledger.stock.entries.get(drawn.flow, ())
    level = entries[0].amounts["opening"] if entries else ZERO
    known, most = [], ZERO
    stated = takewhile(lambda before: drawn.flow in before.opening, earlier)
    with localcontext(EXACT):
        counted = drawn.kg_co2e / drawn.amount
        openings = ((before, before.opening[drawn.flow]) for before in stated)
        for amount, before in layers_drawn(level, level - drawn.amount, openings):
            found = before.kg_co2e_per_t.get(drawn.process) if before else None
            known += [before.period] if before and found is not None else []
            figure = bound_kg_co2e_per_t(drawn.flow) if found is None else found
            most += amount * max(figure, counted)
    return replace(drawn, most_kg_co2e=most, earlier=tuple(known))


def layers_drawn(
    level: Decimal, lowest: Decimal, openings: Iterable[tuple[_Ledger, Decimal]]
) -> Iterator[tuple[Decimal, _Ledger | None]]:
    """Yield the layers that a draw from one level to another took, the last laid first.

    Each is an amount and the ledger that laid it; None for what none of them shows. `openings` are
    earlier ledgers, the newest first, with what lay in store when each began.
    """
    for before, opening in openings:
        if level <= lowest:
            return
        left = max(lowest, min(level, opening))
        if left < level:
            yield level - left, before
            level = left
    if level > lowest:
        yield level - lowest, None


def cells_drawn(drawn: OwnDrawn, ledger: SiteLedger) -> tuple[str, ...]:
    """Return the cells that metal drawn is read from: its stock, else the rows that took it."""
    process = CHARGE_POOL if drawn.process == CHARGE_POOL else ""
    rows = [row for row in ledger.rows if row.flow == drawn.flow and process in ("", row.process)]
    return ledger.stock_cells(drawn.flow) or cells_of([row for row in rows if row.amount])


def share_at_most(drawn: Iterable[OwnDrawn], account_kg_co2e: Decimal) -> Decimal:
    """Return by how much of the account the products may be too light; 0 of an account of 0."""
    with localcontext(EXACT):
        whole = sum((item.effect for item in drawn), ZERO)
        return whole / account_kg_co2e if account_kg_co2e > 0 else ZERO


def is_barred(share: Decimal) -> bool:
    """Tell whether a share of the account is more than a certificate may rest on."""
    return share > rule(RULE).number("effect_at_most")


def bound_kg_co2e_per_t(flow: str) -> Decimal:
    """Return kg CO2e per tonne that goods of unknown origin are taken not to exceed, as cited.

    An anode is no metal; of metal it is the highest of primary ingot, scrap-fed plants included: a
    year that nobody shows may have been one on ingot.
    """
    if flow == ANODE:
        return rule(RULE).number("anode_bound_t_per_t") * conversion("t", "kg")
    row = upper_bounds()[_BOUND]
    return convert(Decimal(row["value"]), row["unit"], "kg/t")


def _drawn(flow: str, process: str, amount: Decimal, lines: Sequence[Line]) -> OwnDrawn:
    counted = -sum((line.kg_co2e for line in lines), ZERO)
    most = max(counted, amount * bound_kg_co2e_per_t(flow))
    return OwnDrawn(flow, process, amount, counted, most)
