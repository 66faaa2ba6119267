"""Suppliers' footprints of which nothing says that they are of these goods, or of their origin.

A file that names no goods and a row that states no origin contradict nothing; so they show nothing
either. Where such a footprint takes more off a result than what stands for goods of which nothing
is known, it needs the words. Rules: PCF-GOODS-002, PCF-SUPPLY-002.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from sqlmodel import Session

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from footprint.account.site_ledger import ONE, ZERO
from footprint.result.record import CodedText
from footprint.supply.delivery import share_text
from footprint.supply.described import WORDS_RULE
from footprint.supply.fit import FIT_RULE, Footprint
from footprint.supply.metal_floor import FLOOR_RULE
from footprint.supply.names import says_its_goods
from footprint.supply.places import is_wider, is_within
from footprint.supply.sellers import Seller, is_named

GOODS_UNSAID, ORIGIN_UNSAID = "SUPPLY_GOODS_UNSAID", "SUPPLY_ORIGIN_UNSAID"
Lighter = Callable[[Footprint, Decimal], Decimal]
"""By how much of a result a footprint at a share of a flow is below what stands for the unknown."""


def unsaid(
    session: Session,
    flow: str,
    delivered: Sequence[Seller],
    taken: Sequence[Footprint],
    lighter: Lighter,
) -> Iterator[CodedText]:
    """Yield footprints of primary metal that need words nobody wrote, above a limit in all.

    `delivered` are the sellers by rows of the period; metal out of stock is judged by its store.
    """
    if flow not in rule(FLOOR_RULE).items("flows"):
        return
    nameless = [
        (item, item.share) for item in taken if not says_its_goods(session, item.factor, flow)
    ]
    yield from _told(GOODS_UNSAID, WORDS_RULE, flow, nameless, lighter)
    placeless = [
        (item, unshown_share(seller, item, taken))
        for seller in delivered
        for item in taken
        if is_named(seller.name, item.names)
    ]
    yield from _told(ORIGIN_UNSAID, FIT_RULE, flow, placeless, lighter)


def unshown_share(seller: Seller, item: Footprint, taken: Sequence[Footprint]) -> Decimal:
    """Return the share of a flow that takes a footprint of a place which no row says it came from.

    A row of a country says nothing of one of its provinces.
    """
    place = item.factor.geography
    own = [it for it in taken if is_named(seller.name, it.names)]
    whole = sum((it.share for it in own), ZERO)
    if not whole or is_within("", place):  # a region of the world holds every origin
        return ZERO
    shown = sum((s for o, s in seller.origins.items() if is_within(o, place)), ZERO)
    said = sum((s for o, s in seller.origins.items() if not is_wider(o, place)), ZERO)
    of_place = sum((it.share for it in own if it.factor.geography == place), ZERO)
    unshown = min(max(EXACT.divide(of_place, whole) - shown, ZERO), ONE - said)
    return EXACT.divide(unshown * whole * item.share, of_place) if of_place else ZERO


def _told(
    code: str,
    rule_id: str,
    flow: str,
    found: Sequence[tuple[Footprint, Decimal]],
    lighter: Lighter,
) -> Iterator[CodedText]:
    most = rule(FIT_RULE).number("unsaid_at_most")
    effects = [(item, lighter(item, share)) for item, share in found]
    if sum((effect for _, effect in effects), ZERO) <= most:
        return
    for item, effect in effects:
        if effect:
            params = {"rule": rule_id, "flow": flow, "footprint": item.factor.ref}
            params |= {"effect": share_text(effect * 100), "most": share_text(most * 100)}
            params |= {"place": item.factor.geography}
            yield CodedText(code=code, params=params)
