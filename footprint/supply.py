"""The suppliers of a study held against the ledger: who delivered, and what part of the metal.

A footprint is of the goods of one seller. A study that takes it for more than that seller delivered
by the ledger, or for goods that somebody else delivered, is of another plant: it may be looked at,
and is never certified. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from sqlmodel import Session, select

from factor_db.factors.factor import Factor, product_key
from factor_db.factors.product import calculation_of
from factor_db.factors.reference import REFERENCE_OWNER
from factor_db.foundation.canonical import EXACT, decimal_text, decimal_value, strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from factor_db.ledger.firm_names import bare_name
from factor_db.ledger.row_storage import counterparty
from factor_db.store.sight import sees
from factor_db.store.tables import Document, LedgerEntry, Organisation
from footprint.account.service import ledger_behind
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, read_site_ledger, tonnes
from footprint.account.verdict import listed_cells
from footprint.evaluate import Nominal
from footprint.exchange.declared import FILE_KIND
from footprint.exchange.typed import RECYCLED
from footprint.hand_values import few_digits
from footprint.metal_floor import FLOOR_RULE, floor_of, stated_of
from footprint.preparation import Prepared
from footprint.result.checks import Delivered, SuppliedFlow, Supply
from footprint.result.record import CodedText
from footprint.supplied import slot_flow
from footprint.supply_check import RULE
from lca_models.resolve import SUPPLIER, Pin, Resolver

NO_LEDGER, NO_COUNTERPARTY = "SUPPLY_NO_LEDGER", "SUPPLY_NO_COUNTERPARTY"
NOT_A_SELLER, SHARE_DIFFERS = "SUPPLY_NOT_A_SELLER", "SUPPLY_SHARE"
PUBLISHED_OTHER, BELOW_FLOOR = "SUPPLY_PUBLISHED_OTHER", "SUPPLY_BELOW_FLOOR"
_UNNAMED = ""
_SHOWN = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Seller:
    """A counterparty of the ledger: its share of a flow by mass, and the cells of its rows."""

    name: str
    share: Decimal
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A footprint of a study with its share, and its seller's names; none of a published one."""

    ref: str
    share: Decimal
    names: frozenset[str]
    published: bool


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
    flows: list[SuppliedFlow] = []
    violations: list[CodedText] = []
    with localcontext(EXACT):
        for pin in pins:
            sellers = sellers_of(ledger, pin.slot.flow, prepared.where.product)
            deliveries = [_delivery(session, prepared, *part) for part in _parts(pin)]
            flows.append(_supplied(pin.slot.flow, sellers, deliveries))
            violations += [
                *_below_floor(session, pin),
                *_published_others(prepared, pin),
                *differences(pin.slot.flow, sellers, deliveries),
            ]
    return Supply(rule=RULE, flows=tuple(flows), violations=tuple(violations))


def sellers_of(ledger: SiteLedger, flow: str, code: str = "") -> tuple[Seller, ...]:
    """Return who delivered a bought flow by the ledger's rows, the largest first.

    Rows without a counterparty are of a seller without a name, and so is what was drawn from stock:
    who delivered it, and what it carried, the period's rows do not say. For a product code its own
    rows count, and of those without a code the part by mass that its output has.
    """
    masses: dict[str, Decimal] = defaultdict(Decimal)
    cells: dict[str, list[str]] = defaultdict(list)
    for row in _bought(ledger, flow):
        mass = tonnes([row]) * _part_of_code(ledger, row, code)
        if mass:
            name = counterparty(row)
            masses[name] += mass
            cells[name].append(row.cell)
    whole = sum(masses.values(), ZERO)
    drawn, stock_cells = drawn_from_stock(ledger, flow)
    if drawn:
        masses = defaultdict(Decimal, {name: mass * (1 - drawn) for name, mass in masses.items()})
        masses[_UNNAMED] += whole * drawn
        cells[_UNNAMED] += stock_cells
    ordered = sorted(masses, key=lambda name: (-masses[name], name))
    return tuple(Seller(name, masses[name] / whole, tuple(cells[name])) for name in ordered)


def drawn_from_stock(ledger: SiteLedger, flow: str) -> tuple[Decimal, tuple[str, ...]]:
    """Return the part of a bought flow used beyond what came in, and its cells; 0 for a small one.

    A store that turns over breathes: up to `stock_tolerance` of the use is of no other delivery.
    """
    stored = [
        name
        for name in sorted(ledger.stock.entries)
        if slot_flow(name) == flow and name not in ledger.made_here
    ]
    used, received = (
        sum((ledger.stock_total(name, figure) for name in stored), ZERO)
        for figure in ("consumption", "receipts")
    )
    drawn = EXACT.divide(used - received, used) if used else ZERO
    if drawn <= rule(RULE).number("stock_tolerance"):
        return ZERO, ()
    return drawn, tuple(cell for name in stored for cell in ledger.stock_cells(name))


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


def is_named(counterparty: str, names: Iterable[str]) -> bool:
    """Tell whether a counterparty is one of some names, the legal form of a firm left out."""
    return bool(counterparty) and bare_name(counterparty) in {bare_name(name) for name in names}


def _bought(ledger: SiteLedger, flow: str) -> Iterator[LedgerEntry]:
    """Yield the rows that bring a bought flow in, whatever its use calls it."""
    for process, name in ledger.by_key:
        if slot_flow(name) == flow and name not in ledger.made_here:
            yield from (row for row in ledger.input_rows(process, name) if row.role == "input")


def _part_of_code(ledger: SiteLedger, row: LedgerEntry, code: str) -> Decimal:
    """Return the part of a row that a product code takes: its own rows whole, others' none."""
    wanted, own = product_key(code), product_key(row.product)
    if not wanted or own == wanted:
        return ONE
    made = ledger.rows_of(row.process, role="product")
    of_code = [item for item in made if product_key(item.product) == wanted]
    if own and of_code:
        return ZERO
    return tonnes(of_code) / tonnes(made) if of_code else ONE


def _parts(pin: Pin) -> tuple[tuple[Factor, Decimal], ...]:
    return pin.parts or ((pin.factor, ONE),)


def _delivery(session: Session, prepared: Prepared, factor: Factor, share: Decimal) -> Delivery:
    published = factor.owner == REFERENCE_OWNER
    names = frozenset() if published else _names_of(session, prepared, factor)
    return Delivery(factor.ref, share, names, published)


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
    alone = Resolver([*prepared.release.factors, *prepared.own], prepared.where)
    default = alone.pin(pin.slot)
    for factor, share in taken:
        if default is None or factor.ref != default.factor.ref:
            item = Delivery(factor.ref, share, frozenset(), published=True)
            yield _violation(PUBLISHED_OTHER, pin.slot.flow, item)


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
