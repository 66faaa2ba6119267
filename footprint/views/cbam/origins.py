"""The origin of precursors: what the declarant states, else what the ledger has, else unknown.

The country of production decides which default value a precursor takes. The ledger's typed origins
are the plant's word with its cells, weighted by mass; a row without one, or with one that is no
ISO 3166 code, is of unknown origin and named. Rules: CBAM-ORIGIN-001, DER-ORIGIN-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from footprint.result.document import ResultDocument
from footprint.result.tables import OriginLine
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.reference import UNKNOWN, precursor_kinds
from footprint.views.cbam.statement import Lot, Statement
from footprint.views.figure import Words
from footprint.views.wording import joined, told
from footprint.words.book import words

STATEMENT, LEDGER, NOBODY = "statement", "ledger", "nobody"


def lots_of(inventory: Inventory, statement: Statement, flow: str) -> tuple[Lot, ...]:
    """Return the lots of a precursor: the declarant's, the ledger's, or one of unknown origin.

    The shares make 1. Rule: CBAM-ORIGIN-001.
    """
    return statement.lots_of(flow) or _ledger_lots(inventory, flow) or (Lot(flow),)


def _ledger_lots(inventory: Inventory, flow: str) -> tuple[Lot, ...]:
    """Return a lot per country typed in the ledger, the largest first; none without any."""
    taken = inventory.consumed_by_process(flow)
    masses: dict[str, Decimal] = defaultdict(Decimal)
    cells: dict[str, list[str]] = defaultdict(list)
    with localcontext(EXACT):
        for process, amount in taken.items():
            rows = list(_typed(inventory.document, process, flow))
            for row in rows:
                country = row.country or UNKNOWN
                masses[country] += amount * row.share
                cells[country].append(_said(row))
            if not rows:
                masses[UNKNOWN] += amount
        if not cells:
            return ()
        total, left, lots = sum(masses.values(), Decimal(0)), Decimal(1), []
        ordered = sorted(masses, key=lambda name: (-masses[name], name))
        for country in ordered:
            share = left if country == ordered[-1] else masses[country] / total
            left -= share
            lots.append(Lot(flow, share, country, ledger=tuple(cells[country]) or ("-",)))
    return tuple(lots)


def _typed(document: ResultDocument, process: str, flow: str) -> Iterator[OriginLine]:
    for row in document.origins:
        if (row.process, row.flow) == (process, flow):
            yield row


def _said(row: OriginLine) -> str:
    """Return an origin as it was typed, with its cells from first to last and how many they are."""
    cells = row.cells
    span = f"{cells[0]} … {cells[-1]}, {len(cells)}" if len(cells) > 1 else "".join(cells)
    return f"{row.origin or '-'} ({span})"


def said_by(lot: Lot) -> Words:
    """Return who says where a lot comes from: declarant, ledger with its cells, or nobody."""
    if lot.ledger:
        return told("CBAM_ORIGIN_BY_LEDGER", cells="; ".join(lot.ledger))
    return words("CBAM_ORIGIN_BY_STATEMENT" if lot.country != UNKNOWN else "CBAM_ORIGIN_BY_NOBODY")


def origin_notes(inventory: Inventory, lots: tuple[Lot, ...]) -> list[Words]:
    """Return what has to be said of origins: the ledger's word, unreadable ones, contradictions."""
    notes: list[Words] = []
    if any(lot.ledger for lot in lots):
        notes.append(words("CBAM_NOTE_LEDGER_ORIGIN"))
    unread = sorted(
        {
            row.origin
            for row in inventory.document.origins
            if row.origin and not row.country and row.flow in precursor_kinds()
        }
    )
    if unread:
        notes.append(words("CBAM_NOTE_ORIGIN_UNREADABLE", origins=", ".join(unread)))
    notes += [_contradiction(*item) for item in _contradictions(inventory, lots)]
    return notes


def _contradictions(
    inventory: Inventory, lots: tuple[Lot, ...]
) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield precursors whose stated countries are not those that the ledger has."""
    for flow in sorted({lot.flow for lot in lots if not lot.ledger}):
        stated = {lot.country for lot in lots if lot.flow == flow} - {UNKNOWN}
        typed = {lot.country for lot in _ledger_lots(inventory, flow)} - {UNKNOWN}
        if stated and typed and stated != typed:
            yield flow, stated, typed


def _contradiction(flow: str, stated: set[str], typed: set[str]) -> Words:
    name = joined("", precursor_kinds()[flow].name)
    both = {"stated": ", ".join(sorted(stated)), "typed": ", ".join(sorted(typed))}
    return told("CBAM_NOTE_ORIGIN_DIFFERS", flow=name, **both)
