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

from factor_db.factors.factor import Factor
from factor_db.factors.reference import REFERENCE_OWNER
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from footprint.account.service import ledger_behind
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, read_site_ledger
from footprint.deliveries import Delivery, violation
from footprint.evaluate import Nominal
from footprint.preparation import Prepared
from footprint.result.checks import Delivered, SuppliedFlow, Supply
from footprint.result.record import CodedText
from footprint.sellers import Seller, is_named, sellers_of
from footprint.supplier_names import names_of
from footprint.supply_check import RULE
from footprint.supply_fit import (
    Footprint,
    Published,
    averages_below,
    footprint_of,
    misfits,
    older_ones,
    other_places,
    takes_average,
)
from lca_models.resolve import SUPPLIER, Pin, Resolver, is_precursor

NO_LEDGER, NO_COUNTERPARTY = "SUPPLY_NO_LEDGER", "SUPPLY_NO_COUNTERPARTY"
NOT_A_SELLER, SHARE_DIFFERS = "SUPPLY_NOT_A_SELLER", "SUPPLY_SHARE"
PUBLISHED_OTHER = "SUPPLY_PUBLISHED_OTHER"


def supply_of(session: Session, prepared: Prepared, nominal: Nominal) -> Supply | None:
    """Return the suppliers held against the ledger; None where nothing is to be said of any.

    A study that names none is asked whether a published average stands for a seller whose own
    published figure is higher (PCF-SUPPLY-002). `violations` are code and parameters: rule, flow,
    supplier, both shares and the ledger's cells.
    """
    pins = [pin for pin in nominal.pins if pin.level == SUPPLIER]
    published = Published(session, prepared)
    averages = [pin for pin in nominal.pins if is_precursor(pin.slot) and takes_average(pin)]
    if not pins and not (averages and published):
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
            flow, found_of = _judged(session, prepared, pin, ledger, published)
            flows.append(flow)
            violations += found_of
        for pin in averages:
            if pin.level != SUPPLIER:
                sellers = sellers_of(ledger, pin.slot.flow, prepared.where.product)
                violations += averages_below(published, pin, sellers, ())
    if not flows and not violations:
        return None
    return Supply(rule=RULE, flows=tuple(flows), violations=tuple(violations))


def _judged(
    session: Session, prepared: Prepared, pin: Pin, ledger: SiteLedger, published: Published
) -> tuple[SuppliedFlow, list[CodedText]]:
    """Return a slot's suppliers by the ledger, and every way they are not what it shows."""
    flow, where = pin.slot.flow, prepared.where
    sellers = sellers_of(ledger, flow, where.product)
    deliveries = [_delivery(session, prepared, *part) for part in _parts(pin)]
    taken: list[Footprint] = [
        footprint_of(session, prepared, factor, share)
        for factor, share in _parts(pin)
        if factor.owner != REFERENCE_OWNER
    ]
    return _supplied(flow, sellers, deliveries), [
        *misfits(session, pin, taken, where),
        *other_places(flow, sellers, taken),
        *older_ones(published, pin, sellers, taken),
        *averages_below(published, pin, sellers, taken),
        *_published_others(prepared, pin),
        *differences(flow, sellers, deliveries),
    ]


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


def _delivery(session: Session, prepared: Prepared, factor: Factor, share: Decimal) -> Delivery:
    published = factor.owner == REFERENCE_OWNER
    names = frozenset() if published else names_of(session, prepared, factor)
    return Delivery(factor.ref, share, names, published)


def _published_others(prepared: Prepared, pin: Pin) -> Iterator[CodedText]:
    """Yield published footprints that are not the one the slot takes where nobody is named."""
    taken = [part for part in _parts(pin) if part[0].owner == REFERENCE_OWNER]
    if not taken:
        return
    alone = Resolver([*prepared.release.factors, *prepared.own], prepared.where)
    default = alone.pin(pin.slot)
    for factor, share in taken:
        if default is None or factor.ref != default.factor.ref:
            item = Delivery(factor.ref, share, frozenset(), published=True)
            yield violation(PUBLISHED_OTHER, pin.slot.flow, item)


def _published_share(deliveries: Iterable[Delivery]) -> Decimal:
    return sum((item.share for item in deliveries if item.published), ZERO)


def _supplied(flow: str, sellers: Sequence[Seller], deliveries: Sequence[Delivery]) -> SuppliedFlow:
    """Return shares by footprint; a seller is a number, what it is called stays with the site."""
    rows = []
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
    return SuppliedFlow(flow=flow, suppliers=tuple(rows))
