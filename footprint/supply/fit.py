"""What a supplier's footprint is of: goods, place, period and state, against what was delivered.

That a seller delivered is not enough: of its footprints only that of these goods, of the smelter
they came from and of the time they were made stands for them. Rules: PCF-GOODS-001,
AL-PRIMARY-FLOOR, PCF-SUPPLY-002.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import load_factor
from factor_db.factors.record.factor import Factor, product_key
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.foundation.canonical import few_digits
from factor_db.foundation.rules import rule
from factor_db.store.sight import kept_by_owner
from factor_db.store.tables import FactorVersion
from factor_db.store.work import last_entries
from footprint.account.site_ledger import ONE, ZERO
from footprint.judgement.standing import standing_fault
from footprint.result.record import CodedText
from footprint.solving.preparation import Prepared
from footprint.study.suppliers import has_same_rules
from footprint.supply.delivery import share_text
from footprint.supply.metal_floor import FLOOR_RULE, floor_of, stated_of
from footprint.supply.names import foreign_goods, names_of, recycled_share
from footprint.supply.sellers import Seller, is_named
from footprint.supply.sold_as import GOODS_RULE, other_goods
from lca_models.system.formula import Slot
from lca_models.system.resolve import CONSERVATIVE, SUPPLIER, Pin, Where, misfit, same_goods

FIT_RULE, SHARE_RULE = "PCF-SUPPLY-002", "PCF-SUPPLY-001"
BELOW_FLOOR, OTHER_GOODS = "SUPPLY_BELOW_FLOOR", "SUPPLY_OTHER_GOODS"
NOT_STANDING, PART_OF_YEAR = "SUPPLY_NOT_STANDING", "SUPPLY_PART_OF_YEAR"
OTHER_PLACE, OLDER, AVERAGE_LOWER = "SUPPLY_OTHER_PLACE", "SUPPLY_OLDER", "SUPPLY_AVERAGE_LOWER"


_ISO_3166 = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Footprint:
    """A supplier's footprint with the names of its firm, and its share in a study (0 outside)."""

    factor: Factor
    names: frozenset[str]
    share: Decimal = ZERO


def footprint_of(
    session: Session, prepared: Prepared, factor: Factor, share: Decimal = ZERO
) -> Footprint:
    """Return a supplier's footprint with its names."""
    return Footprint(factor, names_of(session, prepared, factor), share)


def takes_average(pin: Pin) -> bool:
    """Tell whether a published figure stands for some or all of a slot's sellers."""
    published = any(factor.owner == REFERENCE_OWNER for factor in pin.sources)
    return published and pin.level != CONSERVATIVE  # which is no average of these goods


def misfits(
    session: Session, pin: Pin, taken: Sequence[Footprint], where: Where
) -> Iterator[CodedText]:
    """Yield footprints of other goods, fallen, too low, or of part of a year."""
    flow = pin.slot.flow
    for item in taken:
        factor = item.factor
        if known := other_goods(factor, flow) or foreign_goods(session, factor, flow):
            yield _told(OTHER_GOODS, flow, factor, rule=GOODS_RULE, sold_as=known)
        if fault := standing_fault(session, factor):
            yield _told(NOT_STANDING, flow, factor, reason=fault)
        if not _is_whole(factor, where):
            yield _told(PART_OF_YEAR, flow, factor, **_periods(factor, where))
        yield from _below_floor(session, flow, factor)


def _below_floor(session: Session, flow: str, factor: Factor) -> Iterator[CodedText]:
    """Yield a figure less than primary metal can carry, however it came. Rule: AL-PRIMARY-FLOOR."""
    recycled = recycled_share(session, factor)
    stated, least = stated_of(factor.amounts), floor_of(flow, recycled)
    if stated < least:
        figures = {"value": stated, "least": least, "recycled": recycled * 100}
        shown = {name: few_digits(figure) for name, figure in figures.items()}
        params = {"flow": flow, "footprint": factor.ref, "floor_rule": FLOOR_RULE}
        yield CodedText(code=BELOW_FLOOR, params={**params, **shown})


def may_be_of(one: str, other: str) -> bool:
    """Tell whether two places may be one: alike, or one holds the other.

    A country says nothing against its provinces, nor the world against a country; two provinces are
    two places. What is no ISO 3166 code (a region of the world) contradicts nothing.
    """
    if not (_ISO_3166.fullmatch(one) and _ISO_3166.fullmatch(other)):
        return True
    return one == other or one == other.partition("-")[0] or other == one.partition("-")[0]


def other_places(
    flow: str, sellers: Sequence[Seller], taken: Sequence[Footprint]
) -> Iterator[CodedText]:
    """Yield where a seller's footprints are of another place than its rows state, by share.

    Both ways, as parts of what the seller delivered: no more of a place's footprint than came from
    there, and no less of the footprints that may be of a place than came from it. What is not
    stated contradicts nothing.
    """
    for seller in sellers:
        items = [item for item in taken if is_named(seller.name, item.names)]
        whole = sum((item.share for item in items), ZERO)
        if not items or not seller.origins:
            continue
        unsaid = ONE - sum(seller.origins.values(), ZERO)
        for item in items:
            place = item.factor.geography
            share = sum((i.share for i in items if i.factor.geography == place), ZERO) / whole
            made = sum((s for o, s in seller.origins.items() if may_be_of(place, o)), unsaid)
            if _differs(share, made):
                yield _placed(flow, seller, item, share, made)
        for region, part in seller.origins.items():
            fitting = [i.share for i in items if may_be_of(i.factor.geography, region)]
            share = sum(fitting, ZERO) / whole
            if fitting and _differs(part, share):
                yield _placed(flow, seller, items[0], share, part, region)


def _differs(least: Decimal, most: Decimal) -> bool:
    return least - most > rule(SHARE_RULE).number("share_tolerance")


def _placed(
    flow: str, seller: Seller, item: Footprint, share: Decimal, made: Decimal, region: str = ""
) -> CodedText:
    origins = ", ".join(f"{o} {share_text(s)}" for o, s in seller.origins.items())
    return _told(
        OTHER_PLACE,
        flow,
        item.factor,
        supplier=seller.name,
        place=region or item.factor.geography,
        study_share=share_text(share),
        ledger_share=share_text(made),
        origins=origins,
    )


class Published:
    """The suppliers' footprints in force that a buyer could take, by the sellers of its ledger.

    Its own, and those that anybody may cite: what the acting user sees beyond that is no matter,
    so that a result is the same whoever asks for it.
    """

    def __init__(self, session: Session, prepared: Prepared) -> None:
        self._session, self._prepared = session, prepared
        self.where = prepared.where
        query = select(FactorVersion).where(
            FactorVersion.kind == "product", FactorVersion.owner != REFERENCE_OWNER
        )
        buyer = prepared.site.owner
        self._by_flow: dict[str, list[Factor]] = defaultdict(list)
        rows = session.exec(query.order_by(col(FactorVersion.factor_id))).all()
        last = last_entries(session, [row.sha256 for row in rows])
        for row in rows:
            in_force = row.sha256 in last and last[row.sha256].state == "published"
            if in_force and (row.owner == buyer or not kept_by_owner(row)):
                self._by_flow[row.flow].append(load_factor(row))

    def __bool__(self) -> bool:
        return bool(self._by_flow)

    def of(self, slot: Slot, seller: Seller) -> list[Footprint]:
        """Return a seller's footprints that could stand for what it delivered, not for a part."""
        found: list[Footprint] = []
        for flow in (slot.flow, *same_goods(slot.flow)):
            for factor in self._by_flow[flow]:
                item = footprint_of(self._session, self._prepared, factor)
                if is_named(seller.name, item.names) and self._fits(slot, factor, seller):
                    found.append(item)
        return found

    def _fits(self, slot: Slot, factor: Factor, seller: Seller) -> bool:
        where = self.where
        own = product_key(factor.product), product_key(where.product)
        return (
            misfit(Pin(slot, factor, SUPPLIER), where) is None
            and has_same_rules(self._prepared.study, factor)
            and not other_goods(factor, slot.flow)
            and _is_whole(factor, where)
            and (not own[0] or not own[1] or own[0] == own[1])
            and _may_be_of_any(factor.geography, seller.origins)
        )


def older_ones(
    published: Published, pin: Pin, sellers: Sequence[Seller], taken: Sequence[Footprint]
) -> Iterator[CodedText]:
    """Yield footprints of a study that a nearer one of the same seller and goods is published of.

    Nearer covers more of the study's period; where neither covers any, it ends later. Beside the
    nearer one an older one is of metal out of store, whose share is judged (PCF-SUPPLY-001).
    """
    where = published.where
    for seller in sellers:
        items = [item for item in taken if is_named(seller.name, item.names)]
        known = published.of(pin.slot, seller) if items else []
        for item in items:
            rank = _nearness(item.factor, where)
            better = [
                other.factor
                for other in known
                if _nearness(other.factor, where) > rank
                and may_be_of(other.factor.geography, item.factor.geography)
            ]
            nearest = max(better, key=lambda it: (_nearness(it, where), it.ref), default=None)
            if nearest and nearest.ref not in {other.factor.ref for other in items}:
                shown = {"supplier": seller.name, "newer": nearest.ref}
                yield _told(
                    OLDER, pin.slot.flow, item.factor, **shown, **_periods(item.factor, where)
                )


def averages_below(
    published: Published, pin: Pin, sellers: Sequence[Seller], taken: Sequence[Footprint]
) -> Iterator[CodedText]:
    """Yield sellers with a published footprint above the average that a study takes for them."""
    if not takes_average(pin):
        return
    where = published.where
    averages = [f for f, _ in pin.parts or ((pin.factor, ONE),) if f.owner == REFERENCE_OWNER]
    average = max(_value(pin.slot, factor) for factor in averages)
    for seller in sellers:
        if any(is_named(seller.name, item.names) for item in taken):
            continue
        known = [item.factor for item in published.of(pin.slot, seller)]
        nearest = max((_nearness(factor, where) for factor in known), default=None)
        of_nearest = [factor for factor in known if _nearness(factor, where) == nearest]
        values = [(_value(pin.slot, factor), factor.ref, factor) for factor in of_nearest]
        if not values:
            continue
        value, _, own = min(values, key=lambda found: found[:2])
        if value > average:
            shown = {"value": few_digits(value), "average": few_digits(average)}
            yield _told(AVERAGE_LOWER, pin.slot.flow, own, supplier=seller.name, **shown)


def _value(slot: Slot, factor: Factor) -> Decimal:
    """Return kg CO2e per unit of the slot."""
    return stated_of(Pin(slot, factor, SUPPLIER).gases())


def _is_whole(factor: Factor, where: Where) -> bool:
    """Tell whether a factor is of a year or more, or of all of the study's period.

    One that states no period is of the year of its data.
    """
    if not factor.period_start or not factor.period_end:
        return True
    if factor.period_start <= where.period_start and where.period_end <= factor.period_end:
        return True
    start, end = date.fromisoformat(factor.period_start), date.fromisoformat(factor.period_end)
    return (end - start).days + 1 >= rule(FIT_RULE).number("days_of_a_year")


def _nearness(factor: Factor, where: Where) -> tuple[int, str]:
    """Return the days of the study's period that a factor covers, and its end where none."""
    start = max(_start(factor), where.period_start)
    end = min(_end(factor), where.period_end)
    if start > end:
        return 0, _end(factor)
    return (date.fromisoformat(end) - date.fromisoformat(start)).days + 1, ""


def _start(factor: Factor) -> str:
    return factor.period_start or f"{factor.data_year}-01-01"


def _end(factor: Factor) -> str:
    return factor.period_end or f"{factor.data_year}-12-31"


def _may_be_of_any(place: str, origins: Mapping[str, Decimal]) -> bool:
    return not origins or any(may_be_of(place, region) for region in origins)


def _periods(factor: Factor, where: Where) -> dict[str, str]:
    return {
        "theirs": f"{_start(factor)}/{_end(factor)}",
        "ours": f"{where.period_start}/{where.period_end}",
    }


def _told(code: str, flow: str, factor: Factor, **params: str) -> CodedText:
    shown = {"rule": FIT_RULE, "flow": flow, "footprint": factor.ref, **params}
    return CodedText(code=code, params=shown)
