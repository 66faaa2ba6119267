"""Transfers between the sites of a park: what one site hands over and another takes in.

A row is one side of a transfer when its counterparty names another site of the set, by the site's
code or by its organisation's code, credit code or name. Both sides are compared over the whole
period, because what leaves on the last day of a month may be weighed in the next.
Rule: DQ-PARK-003.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Label
from factor_db.ledger.form.rows import Ledger, LedgerRow, SiteHeader
from factor_db.ledger.form.vocabulary import normal_text, vocabulary

SENDING_ROLES = frozenset({"product", "co-product", "waste"})
# One good, two names: what the maker calls by its process, the buyer's charge sheet calls by kind.
# Process scrap of a plant is pre-consumer scrap for whoever buys it (ISO 14021:2016, 7.8.1.1,
# clause to be checked).
BOUGHT_AS = {"liquid_aluminium": "primary_liquid", "internal_scrap": "scrap_pre_consumer"}


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A ledger row with the site that wrote it."""

    header: SiteHeader
    row: LedgerRow

    @property
    def site(self) -> str:
        """The code of the site that wrote the row."""
        return self.header.site_code

    @property
    def amount(self) -> Decimal:
        """The amount in the canonical unit of the flow."""
        return self.row.amount_canonical

    @property
    def place(self) -> str:
        """The cell of the amount, as `SITE ledger!F12`."""
        return f"{self.site} {self.row.sheet}!{self.row.cells['amount']}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one party handed over and another took in, as each of them wrote it."""

    sender: str
    receiver: str
    sent: Decimal
    received: Decimal
    unit: str
    sent_rows: tuple[PlacedRow, ...]
    received_rows: tuple[PlacedRow, ...]

    @property
    def flow(self) -> str:
        """The flow as the receiver calls it, or the sender when only the sender wrote it."""
        return (self.received_rows or self.sent_rows)[0].row.flow


@dataclass(frozen=True, slots=True)
class _Side:
    """A row that names another site, and the sites its counterparty can be."""

    placed: PlacedRow
    partners: frozenset[str]


def placed_rows(ledgers: Iterable[Ledger]) -> list[PlacedRow]:
    """Return all rows that state an amount, by site and row."""
    ordered = sorted(ledgers, key=lambda ledger: ledger.header.site_code)
    return [
        PlacedRow(ledger.header, row)
        for ledger in ordered
        for row in sorted(ledger.rows, key=lambda row: row.row_number)
        if not row.is_property
    ]


def agreed_transfers(rows: Sequence[PlacedRow], findings: Findings) -> tuple[Transfer, ...]:
    """Return the transfers that both sides report alike; all others become findings.

    Findings: LEDGER_TRANSFER_DIFFERS, LEDGER_TRANSFER_ONE_SIDED.
    """
    with localcontext(EXACT):
        found = [_judged(sides, findings) for sides in _pairings(rows)]
    return tuple(transfer for transfer in found if transfer is not None)


def _pairings(rows: Sequence[PlacedRow]) -> Iterator[list[_Side]]:
    """Yield the rows that belong together: one good from one party to another.

    Parties are sites where every row names a site or an organisation of one site, else the whole
    organisations: `we bought it from the works next door` does not say from which of its plants.
    """
    owners = {placed.site: placed.header.uscc for placed in rows}
    groups: dict[tuple[str, str, str], list[_Side]] = defaultdict(list)
    for side in _sides(rows):
        partner = owners[min(side.partners)]
        own = side.placed.header.uscc
        ends = (own, partner) if side.placed.row.role != "input" else (partner, own)
        groups[(*ends, _good(side.placed.row))].append(side)
    for _, sides in sorted(groups.items()):
        if all(len(side.partners) == 1 for side in sides):
            yield from _by_sites(sides)
        else:
            yield sides


def _by_sites(sides: Iterable[_Side]) -> Iterator[list[_Side]]:
    groups: dict[tuple[str, str], list[_Side]] = defaultdict(list)
    for side in sides:
        ends = (side.placed.site, min(side.partners))
        groups[ends if side.placed.row.role != "input" else ends[::-1]].append(side)
    for _, group in sorted(groups.items()):
        yield group


def _sides(rows: Sequence[PlacedRow]) -> Iterator[_Side]:
    names = _names({placed.site: placed.header for placed in rows})
    for placed in rows:
        named = names.get(normal_text(placed.row.counterparty), frozenset())
        partners = named - {placed.site}
        if partners and placed.row.role in {*SENDING_ROLES, "input"}:
            yield _Side(placed, partners)


def _names(headers: Mapping[str, SiteHeader]) -> dict[str, frozenset[str]]:
    """Return every name a counterparty may be written with → the sites it can mean."""
    names: dict[str, frozenset[str]] = defaultdict(frozenset)
    for code, header in sorted(headers.items()):
        for name in {
            normal_text(name)
            for name in (
                header.uscc,
                header.organisation_code,
                header.organisation_zh,
                header.organisation_en,
            )
        }:
            names[name] |= {code}
    names.pop("", None)
    return {**names, **{normal_text(code): frozenset({code}) for code in sorted(headers)}}


def _good(row: LedgerRow) -> str:
    return row.flow if row.role == "input" else BOUGHT_AS.get(row.flow, row.flow)


def _judged(sides: Sequence[_Side], findings: Findings) -> Transfer | None:
    sent = tuple(side.placed for side in sides if side.placed.row.role != "input")
    received = tuple(side.placed for side in sides if side.placed.row.role == "input")
    transfer = Transfer(
        sender=_party(sent) or _partner(sides),
        receiver=_party(received) or _partner(sides),
        sent=_sum(sent),
        received=_sum(received),
        unit=sides[0].placed.row.unit_canonical,
        sent_rows=sent,
        received_rows=received,
    )
    larger = max(transfer.sent, transfer.received)
    if not larger:
        return None
    if not sent or not received:
        _one_sided(transfer, findings)
        return None
    tolerance = rule("DQ-PARK-003").number("difference_at_most")
    if abs(transfer.sent - transfer.received) > tolerance * larger:
        _differs(transfer, findings)
        return None
    return transfer


def _sum(rows: Iterable[PlacedRow]) -> Decimal:
    return sum((placed.amount for placed in rows), Decimal(0))


def _party(rows: Iterable[PlacedRow]) -> str:
    return ", ".join(sorted({placed.site for placed in rows}))


def _partner(sides: Iterable[_Side]) -> str:
    return ", ".join(sorted({code for side in sides for code in side.partners}))


def _differs(transfer: Transfer, findings: Findings) -> None:
    at = transfer.received_rows[0]
    findings.error(
        "LEDGER_TRANSFER_DIFFERS",
        f"{at.site} {at.row.sheet}",
        at.row.cells["amount"],
        decimal_text(transfer.received),
        flow=_flow_label(transfer.flow),
        sender=transfer.sender,
        receiver=transfer.receiver,
        sent=decimal_text(transfer.sent),
        received=decimal_text(transfer.received),
        unit=transfer.unit,
        sent_cells=_cells(transfer.sent_rows),
        received_cells=_cells(transfer.received_rows),
        tolerance=decimal_text(rule("DQ-PARK-003").number("difference_at_most") * 100),
    )


def _one_sided(transfer: Transfer, findings: Findings) -> None:
    rows = transfer.sent_rows or transfer.received_rows
    ends = (transfer.sender, transfer.receiver)
    writer, silent = ends if transfer.sent_rows else ends[::-1]
    amount = decimal_text(transfer.sent + transfer.received)
    findings.error(
        "LEDGER_TRANSFER_ONE_SIDED",
        f"{rows[0].site} {rows[0].row.sheet}",
        rows[0].row.cells["amount"],
        amount,
        flow=_flow_label(transfer.flow),
        sender=transfer.sender,
        receiver=transfer.receiver,
        writer=writer,
        silent=silent,
        amount=amount,
        unit=transfer.unit,
        cells=_cells(rows),
    )


def _flow_label(code: str) -> Label:
    flow = vocabulary().flows[code]
    return Label(flow.name_zh, flow.name_en)


def _cells(rows: Iterable[PlacedRow]) -> str:
    return ", ".join(placed.place for placed in rows)
