"""What an average of several firms may say without saying anything of one of them.

Pure functions over who contributes and how much. The published figures are sums over known sets of
sites; whoever knows all weights can add and subtract them. So a set of averages is judged by linear
algebra: no combination of them, in whatever order, may be left with fewer organisations than the
register asks for. That covers the plain difference of two years and every longer detour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from typing import Literal

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule

Members = Mapping[str, str]
"""Who stands behind one average: site → organisation."""
Refusal = Literal["contributors", "weight", "amount", "difference"]
Column = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One site's part of an average: its value per unit of output, and its output as the weight."""

    organisation: str
    site: str
    value: Decimal
    weight: Decimal


def weighted_mean(shares: Iterable[Share]) -> Decimal:
    """Return Σ value x weight / Σ weight in 34 digits; the order of the shares has no influence."""
    ordered = sorted(shares, key=lambda share: (share.organisation, share.site))
    with localcontext(EXACT):
        amount = sum((share.value * share.weight for share in ordered), Decimal(0))
        return amount / sum((share.weight for share in ordered), Decimal(0))


def refusal(shares: Sequence[Share], earlier: Sequence[Members]) -> Refusal | None:
    """Return why an average may not be published, or None when it may.

    `earlier` are the members of all averages of the same slot that were ever published, withdrawn
    ones too: what was read once stays known. Rules: DQ-PARK-001, DQ-PARK-002.
    """
    enough, hiding = rule("DQ-PARK-001"), rule("DQ-PARK-002")
    if len({share.organisation for share in shares}) < enough.number("contributors_at_least"):
        return "contributors"
    with localcontext(EXACT):
        weights = [(share.organisation, share.weight) for share in shares]
        if _dominated(weights, enough.number("largest_weight_at_most")):
            return "weight"
        amounts = [(share.organisation, share.weight * share.value) for share in shares]
        if _dominated(amounts, hiding.number("largest_amount_at_most")):
            return "amount"
    members = {share.site: share.organisation for share in shares}
    hidden = int(hiding.number("hidden_contributors_at_least"))
    return "difference" if exposes([*earlier, members], hidden) else None


def exposes(averages: Sequence[Members], hidden_at_least: int) -> bool:
    """Tell whether some combination of averages is left with too few organisations.

    Worst case: the reader knows every weight, and values and weights are taken as unchanged from
    one average to the next. A combination is a vector in the row space of the matrix averages x
    sites; it is left with a group of organisations when it vanishes on all other sites, and such a
    vector exists exactly when the rank falls once the group's columns are taken away.
    """
    owners = {site: owner for members in averages for site, owner in members.items()}
    columns = {site: tuple(site in members for members in averages) for site in owners}
    whole = set(columns.values())
    for size in range(1, hidden_at_least):
        for group in combinations(sorted(set(owners.values())), size):
            rest = {column for site, column in columns.items() if owners[site] not in group}
            if rest != whole and _rank(rest) < _rank(whole):
                return True
    return False


def _dominated(parts: Iterable[tuple[str, Decimal]], at_most: Decimal) -> bool:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for organisation, part in parts:
        sums[organisation] += part
    total = sum(sums.values(), Decimal(0))
    # A total of zero says of every contributor that its own part is zero.
    return not total or max(sums.values()) > at_most * total


def _rank(columns: Iterable[Column]) -> int:
    basis: list[tuple[int, list[Fraction]]] = []
    for column in sorted(columns):
        vector = [Fraction(entry) for entry in column]
        for pivot, row in basis:
            factor = vector[pivot]
            vector = [entry - factor * other for entry, other in zip(vector, row, strict=True)]
        pivot = next((place for place, entry in enumerate(vector) if entry), -1)
        if pivot >= 0:
            basis.append((pivot, [entry / vector[pivot] for entry in vector]))
    return len(basis)
