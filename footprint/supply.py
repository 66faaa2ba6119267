"""The suppliers of a study held against the ledger: who delivered, and what part of the metal.

A footprint is of the goods of one seller. A study that takes it for more than that seller delivered
by the ledger, or for goods that somebody else delivered, is of another plant: it may be looked at,
and is never certified. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from sqlmodel import Session, select

from factor_db.factors.factor import Factor
from factor_db.factors.product import calculation_of
from factor_db.factors.reference import REFERENCE_OWNER
from factor_db.foundation.canonical import EXACT, decimal_text, decimal_value, strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from factor_db.store.sight import sees
from factor_db.store.tables import Document, LedgerFile, Organisation
from footprint.account.earlier import bought_before
from footprint.account.service import ledger_behind
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, read_site_ledger
from footprint.account.verdict import listed_cells
from footprint.bought_stock import Drawn, drawn_from_stock, with_origins
from footprint.evaluate import Nominal
from footprint.exchange.declared import FILE_KIND
from footprint.exchange.typed import RECYCLED
from footprint.hand_values import few_digits
from footprint.metal_floor import FLOOR_RULE, floor_of, stated_of
from footprint.preparation import Prepared
from footprint.result.checks import Delivered, SuppliedFlow, Supply
from footprint.result.record import CodedText
from footprint.sellers import (
    Delivery,
    Seller,
    delivered_by,
    figures_of,
    is_named,
    traced,
    with_drawn,
)
from footprint.supply_check import RULE, effect_of
from footprint.supply_effect import (
    Way,
    drawn_of,
    figure_taken,
    highest_of,
    lighter_by,
    share_of_result,
)
from lca_models.resolve import SUPPLIER, Pin, Resolver

NO_LEDGER, NO_COUNTERPARTY = "SUPPLY_NO_LEDGER", "SUPPLY_NO_COUNTERPARTY"
NOT_A_SELLER, SHARE_DIFFERS = "SUPPLY_NOT_A_SELLER", "SUPPLY_SHARE"
PUBLISHED_OTHER, BELOW_FLOOR = "SUPPLY_PUBLISHED_OTHER", "SUPPLY_BELOW_FLOOR"
SHARES_EFFECT, STOCK_EFFECT = "SUPPLY_SHARES_EFFECT", "SUPPLY_STOCK_EFFECT"
_SHOWN = Decimal("0.0001")


def supply_of(session: Session, prepared: Prepared, nominal: Nominal) -> Supply | None:
    """Return the suppliers held against the ledger; None where the study names no supplier.

    `violations` are code and parameters: rule, flow, supplier, both shares and the ledger's cells.
    """
    pins = [pin for pin in nominal.pins if pin.level == SUPPLIER]
    if not pins:
        return None
    try:
        ledger = read_site_ledger(session, ledger_behind(session, nominal))
    except FootprintError as error:
        found = _violation(NO_LEDGER, pins[0].slot.flow, reason=error.code)
        return Supply(rule=RULE, flows=(), violations=(found,))
    with localcontext(EXACT):
        return _judged(session, prepared, nominal, pins, ledger)


def _judged(
    session: Session, prepared: Prepared, nominal: Nominal, pins: Sequence[Pin], ledger: SiteLedger
) -> Supply:
    flows: list[SuppliedFlow] = []
    violations: list[CodedText] = []
    for pin in pins:
        deliveries = [_delivery(session, prepared, pin, *part) for part in _parts(pin)]
        way = _way(session, prepared, nominal, ledger, pin, deliveries)
        flows.append(_supplied(pin.slot.flow, way, deliveries))
        violations += [*_below_floor(session, pin), *_published_others(prepared, pin), *way.found]
    if effect_of(flows) > rule(RULE).number("effect_at_most"):
        violations += [item for flow in flows for item in _effects(flow)]
    return Supply(rule=RULE, flows=tuple(flows), violations=tuple(violations))


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
    drawn = drawn_from_stock(ledger, flow)
    delivered = delivered_by(ledger, flow, prepared.where.product)
    file = session.get_one(LedgerFile, ledger.sha256)
    if drawn.share:
        drawn = with_origins(drawn, bought_before(session, file, nominal.study, flow))

    def read(sellers: tuple[Seller, ...], untold: Drawn | None) -> Way:
        found = tuple(differences(flow, sellers, deliveries))
        lighter = lighter_by(sellers, deliveries, lambda: _default(prepared, nominal, pin))
        return Way(
            sellers,
            found,
            ZERO if found else share_of_result(nominal, pin, lighter),
            drawn_of(nominal, pin, untold, prepared.resolver) if untold and not found else None,
        )

    told = traced(with_drawn(delivered, drawn), deliveries, drawn, prepared.where.period_start)
    ways = [read(told, None)]
    if ZERO < drawn.share <= rule(RULE).number("stock_tolerance"):
        ways.insert(0, read(delivered, drawn))
    return min(ways, key=lambda way: (bool(way.found), way.effect))


def _default(prepared: Prepared, nominal: Nominal, pin: Pin) -> Decimal:
    """Return kg CO2e per kg of goods whose seller has no footprint."""
    taken = _published_pin(prepared, pin)
    if taken is None:
        return highest_of(nominal, pin, prepared.resolver)
    return figure_taken(nominal, taken)


def _published_pin(prepared: Prepared, pin: Pin) -> Pin | None:
    """Return what the slot takes where nobody is named."""
    return Resolver([*prepared.release.factors, *prepared.own], prepared.where).pin(pin.slot)


def _effects(flow: SuppliedFlow) -> Iterator[CodedText]:
    """Yield by how much the shares of a flow, and metal out of stock, make a result another."""
    most = _share(rule(RULE).number("effect_at_most") * 100)
    shown = {"rule": RULE, "flow": flow.flow, "most": most}
    if flow.shares_effect:
        effect = _share(flow.shares_effect * 100)
        yield CodedText(code=SHARES_EFFECT, params={**shown, "effect": effect})
    if flow.drawn and flow.drawn.effect:
        figures = {
            "drawn": _share(flow.drawn.share * 100),
            "effect": _share(flow.drawn.effect * 100),
            "known": ", ".join(flow.drawn.earlier) or "-",
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
                yield _violation(
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
            yield _violation(NOT_A_SELLER, flow, item, ZERO, others)
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
            yield _violation(SHARE_DIFFERS, flow, one, seller.share, seller.cells, seller.name)
    others = [seller for seller in sellers if seller.name not in by_seller]
    left = sum((seller.share for seller in others), ZERO)
    if abs(left - published) > tolerance:
        names = ", ".join(seller.name or "-" for seller in others) or "-"
        one = Delivery("-", published, frozenset(), published=True)
        cells = [cell for seller in others for cell in seller.cells]
        yield _violation(SHARE_DIFFERS, flow, one, left, cells, names)


def _parts(pin: Pin) -> tuple[tuple[Factor, Decimal], ...]:
    return pin.parts or ((pin.factor, ONE),)


def _delivery(
    session: Session, prepared: Prepared, pin: Pin, factor: Factor, share: Decimal
) -> Delivery:
    published = factor.owner == REFERENCE_OWNER
    names = frozenset() if published else _names_of(session, prepared, factor)
    (kg_co2e,) = figures_of(Pin(pin.slot, factor, pin.level), prepared.study.gwp_set)
    return Delivery(factor.ref, share, names, published, kg_co2e, factor.period_end)


def _names_of(session: Session, prepared: Prepared, factor: Factor) -> frozenset[str]:
    """Return the names of the firm a footprint is of: its file's, or the firm's that made it.

    What a user calls a factor is no evidence of who delivered.
    """
    inputs = factor.derivation.inputs if factor.derivation else ()
    documents = [item["document"] for item in inputs if "document" in item]
    names = {name for document in documents for name in _of_file(session, document)}
    made = calculation_of(factor)
    if made or factor.owner != prepared.site.owner:
        organisation = session.get(Organisation, factor.owner)
        if organisation is not None:
            firm = (organisation.code, organisation.uscc, organisation.name_zh)
            names |= {*firm, organisation.name_en}
    if made:
        names.add(made.site)
    return frozenset(filter(None, names))


def _file_content(session: Session, document: str) -> Mapping[str, Any]:
    """Return what a stored supplier's file says; nothing for one that the user may not see."""
    query = select(Document).where(Document.kind == FILE_KIND, Document.name == document)
    stored = session.exec(query).first()
    if stored is None or not sees(session, stored.owner):
        return {}
    payload = strict_json(stored.payload.encode())
    text, is_toml = str(payload["content"]), str(payload["file_name"]).casefold().endswith(".toml")
    content = tomllib.loads(text, parse_float=Decimal) if is_toml else strict_json(text.encode())
    if not isinstance(content, dict):
        return {}
    return content if is_toml or "data" not in content else content["data"][0]


def _of_file(session: Session, document: str) -> Iterator[str]:
    """Yield the names and numbers that a stored supplier's file gives its firm."""
    content = _file_content(session, document)
    for key in ("supplier_zh", "supplier_en", "supplier_uscc", "companyName"):
        yield str(content.get(key, ""))
    for urn in content.get("companyIds", ()):
        yield str(urn).rpartition(":")[2]


def _below_floor(session: Session, pin: Pin) -> Iterator[CodedText]:
    """Yield figures less than primary metal can carry, however they came. Rule: AL-PRIMARY-FLOOR.

    One that a calculation made was judged with its own plant; a published one is cited.
    """
    for factor, _ in _parts(pin):
        if factor.owner == REFERENCE_OWNER or calculation_of(factor):
            continue
        recycled = _recycled_share(session, factor)
        stated, least = stated_of(factor.amounts), floor_of(pin.slot.flow, recycled)
        if stated < least:
            params = {"flow": pin.slot.flow, "footprint": factor.ref, "floor_rule": FLOOR_RULE}
            figures = {"value": stated, "least": least, "recycled": recycled * 100}
            shown = {name: few_digits(figure) for name, figure in figures.items()}
            yield CodedText(code=BELOW_FLOOR, params={**params, **shown})


def _recycled_share(session: Session, factor: Factor) -> Decimal:
    """Return the share of recycled metal that a supplier's file states and cites a document for."""
    inputs = factor.derivation.inputs if factor.derivation else ()
    for item in inputs:
        content = _file_content(session, item["document"]) if "document" in item else {}
        if content.get(RECYCLED) and "document" in content:
            return decimal_value(str(content[RECYCLED])) / 100
    return ZERO


def _published_others(prepared: Prepared, pin: Pin) -> Iterator[CodedText]:
    """Yield published footprints that are not the one the slot takes where nobody is named."""
    taken = [part for part in _parts(pin) if part[0].owner == REFERENCE_OWNER]
    if not taken:
        return
    default = _published_pin(prepared, pin)
    for factor, share in taken:
        if default is None or factor.ref != default.factor.ref:
            item = Delivery(factor.ref, share, frozenset(), published=True)
            yield _violation(PUBLISHED_OTHER, pin.slot.flow, item)


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


def _violation(
    code: str,
    flow: str,
    item: Delivery | None = None,
    ledger_share: Decimal | None = None,
    cells: Sequence[str] = (),
    seller: str = "",
    **params: str,
) -> CodedText:
    shown = {"rule": RULE, "flow": flow, **params}
    if item is not None:
        names = seller or ", ".join(sorted(item.names)) or "-"
        shown |= {"supplier": names, "footprint": item.ref, "study_share": _share(item.share)}
        shown["ledger_share"] = "-" if ledger_share is None else _share(ledger_share)
        shown["cells"] = listed_cells(cells)
    return CodedText(code=code, params=shown)


def _share(value: Decimal) -> str:
    return decimal_text(value.quantize(_SHOWN))
