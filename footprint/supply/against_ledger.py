"""The suppliers of a study held against the ledger: who delivered, and what part of the metal.

A footprint is of the goods of one seller. A study that takes it for more than that seller delivered
by the ledger, or for goods that somebody else delivered, is of another plant: it may be looked at,
and is never certified. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext

from sqlmodel import Session

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from factor_db.store.tables import LedgerFile
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, read_site_ledger
from footprint.closure.service import ledger_behind
from footprint.judgement.verdict import listed_cells
from footprint.result.checks import Delivered, SuppliedDrawn, SuppliedFlow, Supply
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.solving.preparation import Prepared
from footprint.supply.bought_before import bought_before
from footprint.supply.bought_stock import Drawn, drawn_from_stock, with_origins
from footprint.supply.delivery import Delivery, share_text, violation
from footprint.supply.effect import (
    Way,
    averaged,
    drawn_of,
    figure_taken,
    highest_of,
    highest_published,
    lighter_by,
    share_of_result,
)
from footprint.supply.fit import (
    Footprint,
    Published,
    averages_below,
    footprint_of,
    misfits,
    older_ones,
    other_places,
    takes_average,
)
from footprint.supply.names import names_of
from footprint.supply.read_back import RULE, effect_of
from footprint.supply.sellers import (
    Seller,
    delivered_by,
    figures_of,
    is_named,
    sellers_before,
    sellers_of,
    traced,
    unnamed_share,
    with_drawn,
)
from footprint.supply.unsaid import unsaid
from lca_models.system.resolve import SUPPLIER, Pin, Resolver, is_precursor

NO_LEDGER, NO_COUNTERPARTY = "SUPPLY_NO_LEDGER", "SUPPLY_NO_COUNTERPARTY"
NOT_A_SELLER, SHARE_DIFFERS = "SUPPLY_NOT_A_SELLER", "SUPPLY_SHARE"
PUBLISHED_OTHER = "SUPPLY_PUBLISHED_OTHER"
SHARES_EFFECT, STOCK_EFFECT = "SUPPLY_SHARES_EFFECT", "SUPPLY_STOCK_EFFECT"


def supply_of(session: Session, prepared: Prepared, nominal: Nominal) -> Supply | None:
    """Return the suppliers held against the ledger; None where nothing is to be said of any.

    A study that names none is asked whether a published average stands for a seller whose own
    published figure is higher (PCF-SUPPLY-002). `violations` are code and parameters: rule, flow,
    supplier, both shares and the ledger's cells.
    """
    pins = [pin for pin in nominal.pins if pin.level == SUPPLIER]
    published = Published(session, prepared)
    averages = [pin for pin in nominal.pins if is_precursor(pin.slot) and takes_average(pin)]
    if not pins and not averages:
        return None
    try:
        ledger = read_site_ledger(session, ledger_behind(session, nominal))
    except FootprintError as error:
        if not pins:  # nobody delivered by a ledger, and the study says of nobody that he did
            return None
        found = violation(NO_LEDGER, pins[0].slot.flow, reason=error.code)
        return Supply(rule=RULE, flows=(), violations=(found,))
    flows: list[SuppliedFlow] = []
    violations: list[CodedText] = []
    with localcontext(EXACT):
        for pin in pins:
            flow, found_of = _judged(session, prepared, nominal, pin, ledger, published)
            flows.append(flow)
            violations += found_of
        for pin in averages:
            if pin.level != SUPPLIER:
                drawn = _drawn(session, nominal, ledger, pin.slot.flow)
                flows += _average_drawn(prepared, nominal, pin, drawn)
                sellers = sellers_of(ledger, pin.slot.flow, prepared.where.product)
                violations += averages_below(published, pin, (*sellers, *sellers_before(drawn)), ())
        if effect_of(flows) > rule(RULE).number("effect_at_most"):
            highest = {pin.slot.flow: highest_published(pin) for pin in (*pins, *averages)}
            violations += [item for flow in flows for item in _effects(flow, highest)]
    if not flows and not violations:
        return None
    return Supply(rule=RULE, flows=tuple(flows), violations=tuple(violations))


def _judged(
    session: Session,
    prepared: Prepared,
    nominal: Nominal,
    pin: Pin,
    ledger: SiteLedger,
    published: Published,
) -> tuple[SuppliedFlow, list[CodedText]]:
    """Return a slot's suppliers by the ledger, and every way they are not what it shows."""
    flow, where = pin.slot.flow, prepared.where
    deliveries = [_delivery(session, prepared, pin, *part) for part in _parts(pin)]
    way = _way(session, prepared, nominal, ledger, pin, deliveries)
    sellers = way.sellers
    taken: list[Footprint] = [
        footprint_of(session, prepared, factor, share)
        for factor, share in _parts(pin)
        if factor.owner != REFERENCE_OWNER
    ]
    default = _default(prepared, nominal, pin)

    def lighter(item: Footprint, share: Decimal) -> Decimal:
        (figure,) = figures_of(Pin(pin.slot, item.factor, pin.level), nominal.study.gwp_set)
        return share_of_result(nominal, pin, share * max(default - figure, ZERO))

    delivered = delivered_by(ledger, flow, where.product)
    return _supplied(flow, way, deliveries), [
        *misfits(session, pin, taken, where),
        *other_places(flow, sellers, taken),
        *older_ones(published, pin, sellers, taken),
        *averages_below(published, pin, sellers, taken),
        *_published_others(prepared, pin),
        *unsaid(session, flow, delivered, taken, lighter),
        *way.found,
    ]


def _way(
    session: Session,
    prepared: Prepared,
    nominal: Nominal,
    ledger: SiteLedger,
    pin: Pin,
    deliveries: Sequence[Delivery],
) -> Way:
    """Return the way to read a flow by which its study fits the ledger, of two the nearer one.

    What lay in store before the period has footprints of its own, or, where it is little, those of
    the period's sellers.
    """
    flow = pin.slot.flow
    drawn = _drawn(session, nominal, ledger, flow)
    delivered = delivered_by(ledger, flow, prepared.where.product)
    published = [item for item in deliveries if item.published]

    def read(sellers: tuple[Seller, ...], untold: SuppliedDrawn | None) -> Way:
        found = tuple(differences(flow, sellers, deliveries))
        lighter = lighter_by(sellers, deliveries, lambda: _default(prepared, nominal, pin))
        return Way(
            sellers,
            found,
            ZERO if found else share_of_result(nominal, pin, lighter),
            None if found else untold,
        )

    whole = with_drawn(delivered, drawn)
    told = traced(whole, deliveries, drawn, prepared.where.period_start)
    left = drawn.part(drawn.share - unnamed_share(whole) + unnamed_share(told))
    unsaid = averaged(nominal, pin, left, published, prepared.resolver) if left.share else None
    ways = [read(told, unsaid if unsaid and unsaid.effect else None)]
    if ZERO < drawn.share <= rule(RULE).number("stock_tolerance"):
        ways.insert(0, read(delivered, drawn_of(nominal, pin, drawn, prepared.resolver)))
    return min(ways, key=lambda way: (bool(way.found), way.effect))


def _drawn(session: Session, nominal: Nominal, ledger: SiteLedger, flow: str) -> Drawn:
    """Return what of a flow came out of opening stock, by the ledgers that laid it there."""
    drawn = drawn_from_stock(ledger, flow)
    if not drawn.share:
        return drawn
    file = session.get_one(LedgerFile, ledger.sha256)
    return with_origins(drawn, bought_before(session, file, nominal.study, flow))


def _average_drawn(
    prepared: Prepared, nominal: Nominal, pin: Pin, drawn: Drawn
) -> Iterator[SuppliedFlow]:
    """Yield what metal out of stock may carry beyond the average that stands for all of a flow."""
    if drawn.share:
        average = Delivery(
            pin.factor.ref, ONE, frozenset(), published=True, kg_co2e=figure_taken(nominal, pin)
        )
        found = averaged(nominal, pin, drawn, [average], prepared.resolver)
        if found.effect:
            yield SuppliedFlow(flow=pin.slot.flow, suppliers=(), drawn=found)


def _default(prepared: Prepared, nominal: Nominal, pin: Pin) -> Decimal:
    """Return kg CO2e per kg of goods whose seller has no footprint."""
    taken = _published_pin(prepared, pin)
    if taken is None:
        return highest_of(nominal, pin, prepared.resolver)
    return figure_taken(nominal, taken)


def _published_pin(prepared: Prepared, pin: Pin) -> Pin | None:
    """Return what the slot takes where nobody is named."""
    return Resolver([*prepared.release.factors, *prepared.own], prepared.where).pin(pin.slot)


def _effects(flow: SuppliedFlow, highest: Mapping[str, str]) -> Iterator[CodedText]:
    """Yield by how much the shares of a flow, and metal out of stock, make a result another."""
    most = share_text(rule(RULE).number("effect_at_most") * 100)
    shown = {"rule": RULE, "flow": flow.flow, "most": most}
    if flow.shares_effect:
        effect = share_text(flow.shares_effect * 100)
        yield CodedText(code=SHARES_EFFECT, params={**shown, "effect": effect})
    if flow.drawn and flow.drawn.effect:
        figures = {
            "drawn": share_text(flow.drawn.share * 100),
            "effect": share_text(flow.drawn.effect * 100),
            "known": ", ".join(flow.drawn.earlier) or "-",
            "highest": highest.get(flow.flow) or "-",
            "cells": listed_cells(flow.drawn.cells),
        }
        yield CodedText(code=STOCK_EFFECT, params={**shown, **figures})


def differences(
    flow: str, sellers: Sequence[Seller], deliveries: Sequence[Delivery]
) -> Iterator[CodedText]:
    """Yield where the footprints of a flow are not of its sellers, or not at their shares.

    What sellers without a footprint delivered may take the published one, at their share.
    """
    if not any(seller.name for seller in sellers):
        for item in deliveries:
            if not item.published:
                yield violation(
                    NO_COUNTERPARTY, flow, item, None, [c for s in sellers for c in s.cells]
                )
        return
    by_seller: dict[str, list[Delivery]] = defaultdict(list)
    for item in deliveries:
        if item.published:
            continue
        named = next((s for s in sellers if is_named(s.name, item.names)), None)
        if named is None:
            others = [cell for seller in sellers for cell in seller.cells]
            yield violation(NOT_A_SELLER, flow, item, ZERO, others)
        else:
            by_seller[named.name].append(item)
    yield from _share_differences(flow, sellers, by_seller, _published_share(deliveries))


def _share_differences(
    flow: str,
    sellers: Sequence[Seller],
    by_seller: Mapping[str, Sequence[Delivery]],
    published: Decimal,
) -> Iterator[CodedText]:
    tolerance = rule(RULE).number("share_tolerance")
    for seller in sellers:
        items = by_seller.get(seller.name, ())
        share = sum((item.share for item in items), ZERO)
        if items and abs(share - seller.share) > tolerance:
            refs = ", ".join(item.ref for item in items)
            one = Delivery(refs, share, frozenset({seller.name}), published=False)
            yield violation(SHARE_DIFFERS, flow, one, seller.share, seller.cells, seller.name)
    others = [seller for seller in sellers if seller.name not in by_seller]
    left = sum((seller.share for seller in others), ZERO)
    if abs(left - published) > tolerance:
        names = ", ".join(seller.name or "-" for seller in others) or "-"
        one = Delivery("-", published, frozenset(), published=True)
        cells = [cell for seller in others for cell in seller.cells]
        yield violation(SHARE_DIFFERS, flow, one, left, cells, names)


def _parts(pin: Pin) -> tuple[tuple[Factor, Decimal], ...]:
    return pin.parts or ((pin.factor, ONE),)


def _delivery(
    session: Session, prepared: Prepared, pin: Pin, factor: Factor, share: Decimal
) -> Delivery:
    published = factor.owner == REFERENCE_OWNER
    names = frozenset() if published else names_of(session, prepared, factor)
    (kg_co2e,) = figures_of(Pin(pin.slot, factor, pin.level), prepared.study.gwp_set)
    return Delivery(factor.ref, share, names, published, kg_co2e, factor.period_end)


def _published_others(prepared: Prepared, pin: Pin) -> Iterator[CodedText]:
    """Yield published footprints below the one the slot takes where nobody is named.

    A higher one is a conservative figure of goods whose seller nobody knows.
    """
    taken = [part for part in _parts(pin) if part[0].owner == REFERENCE_OWNER]
    if not taken:
        return
    default = _published_pin(prepared, pin)
    gwp_set = prepared.study.gwp_set
    least = max(figures_of(default, gwp_set)) if default else None
    for factor, share in taken:
        figure = max(figures_of(Pin(pin.slot, factor, pin.level), gwp_set))
        same = default is not None and factor.ref == default.factor.ref
        if not same and (least is None or figure <= least):
            item = Delivery(factor.ref, share, frozenset(), published=True)
            yield violation(PUBLISHED_OTHER, pin.slot.flow, item)


def _published_share(deliveries: Iterable[Delivery]) -> Decimal:
    return sum((item.share for item in deliveries if item.published), ZERO)


def _supplied(flow: str, way: Way, deliveries: Sequence[Delivery]) -> SuppliedFlow:
    """Return shares by footprint; a seller is a number, what it is called stays with the site."""
    rows, sellers = [], way.sellers
    for item in deliveries:
        named = [seller for seller in sellers if is_named(seller.name, item.names)]
        rows.append(
            Delivered(
                ref=item.ref,
                study_share=item.share,
                published=item.published,
                ledger_share=named[0].share if named else None,
                seller=str(sellers.index(named[0]) + 1) if named else "",
            )
        )
    return SuppliedFlow(
        flow=flow, suppliers=tuple(rows), shares_effect=way.shares or None, drawn=way.drawn
    )
