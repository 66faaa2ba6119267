"""The park as one plant: sums over the ledgers of its sites, transfers between them counted once.

What a site makes and uses itself (melt, slab, its own scrap) is netted inside the site first, from
the rows that name no counterparty: it is neither bought nor sold. What one site sells to another is
then taken out of the sender's outputs by the sender's amount and out of the receiver's purchases by
the receiver's amount. A transfer on which the sides disagree is not netted but found.
Rule: DQ-PARK-003.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from sqlmodel import select

from factor_db.foundation.canonical import EXACT, plain
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.form.rows import Ledger
from factor_db.ledger.frozen.site_ledgers import ledger_of_site, period_name, replaced_ledgers
from factor_db.ledger.frozen.stored import stored_ledger
from factor_db.ledger.park.transfers import PlacedRow, Transfer, agreed_transfers, placed_rows
from factor_db.store.tables import LedgerFile
from factor_db.store.work import Work

PURCHASED, OUTPUT, WASTE = "purchased", "output", "waste"
EMISSION, INTERNAL = "emission", "internal"
KINDS = (PURCHASED, OUTPUT, WASTE, EMISSION, INTERNAL)
_Key = tuple[str, str]
_KIND_OF_ROLE = {
    "input": PURCHASED,
    "product": OUTPUT,
    "co-product": OUTPUT,
    "internal": OUTPUT,
    "waste": WASTE,
    "emission": EMISSION,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One flow of the park in its canonical unit, with every row behind it.

    `purchased` is used and not made on the site: bought or drawn from stock. `output` is made and
    not used there: sold or put into stock. `internal` is made and used on the same site.
    """

    kind: str
    flow: str
    unit: str
    organisations: tuple[tuple[str, Decimal], ...]
    transferred: Decimal
    rows: tuple[PlacedRow, ...]

    @property
    def of_firms(self) -> Decimal:
        """The sum over the firms, transfers counted on each side."""
        with localcontext(EXACT):
            return sum((amount for _, amount in self.organisations), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What the park as a whole buys or gives off: the sum over the firms less transfers."""
        return EXACT.subtract(self.of_firms, self.transferred)


@dataclass(frozen=True, slots=True)
class _Passed:
    """What one site made as `kind` and used itself."""

    kind: str
    flow: str
    organisation: str
    amount: Decimal
    rows: tuple[PlacedRow, ...]


@dataclass(frozen=True, slots=True)
class RollUp:
    """The sums of a park for one period; `valid` when every transfer was agreed on."""

    period: str
    illustrative: bool
    ledgers: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    transfers: tuple[Transfer, ...]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Tell whether no transfer is in dispute."""
        return not self.findings

    def line(self, kind: str, flow: str) -> Line:
        """Return one line; raises KeyError when no ledger has such a row."""
        return {(line.kind, line.flow): line for line in self.lines}[kind, flow]

    def record(self) -> dict[str, Any]:
        """Return the roll-up as JSON types, decimals as strings."""
        record: dict[str, Any] = plain(
            {
                "period": self.period,
                "illustrative": self.illustrative,
                "valid": self.valid,
                "ledgers": [{"site": site, "sha256": sha256} for site, sha256 in self.ledgers],
                "lines": [_line_record(line) for line in self.lines],
                "transfers": [_transfer_record(transfer) for transfer in self.transfers],
                "findings": [finding.as_dict() for finding in self.findings],
            }
        )
        return record


def park_rollup(ledgers: Iterable[Ledger]) -> RollUp:
    """Sum the ledgers of several sites for one period; their order has no influence.

    Raises BadInput (PARK_SITE_TWICE, PARK_PERIODS_DIFFER, PARK_NO_LEDGERS).
    """
    ordered = sorted(ledgers, key=lambda ledger: (ledger.header.site_code, ledger.file_sha256))
    period = _one_period(ordered)
    findings = Findings()
    rows = placed_rows(ordered)
    transfers = agreed_transfers(rows, findings)
    return RollUp(
        period=period,
        illustrative=any(ledger.header.illustrative for ledger in ordered),
        ledgers=tuple((ledger.header.site_code, ledger.file_sha256) for ledger in ordered),
        lines=_lines(rows, transfers),
        transfers=transfers,
        findings=findings.collected(),
    )


def rollup_of_park(work: Work, period: str) -> RollUp:
    """Roll up the newest frozen ledger of every site that has one for a period.

    Raises NotAllowed unless park, auditor or standards acts, for no single enterprise; BadInput
    when there is no ledger for the period.
    """
    work.require_right("park.rollup")
    work.require_owner("park")
    columns = select(
        LedgerFile.site, LedgerFile.period_start, LedgerFile.period_end, LedgerFile.sha256
    )
    stored = list(work.session.exec(columns))
    gone = {
        sha for site in {row[0] for row in stored} for sha in replaced_ledgers(work.session, site)
    }
    found = [(site, start, end) for site, start, end, sha256 in stored if sha256 not in gone]
    sites = {item[0] for item in found if period in (period_name(*item[1:]), "/".join(item[1:]))}
    if not sites:
        known = ", ".join(sorted({period_name(*item[1:]) for item in found}))
        raise BadInput("PARK_NO_LEDGERS", period=period, known=known or "-")
    files = [ledger_of_site(work.session, site, period) for site in sorted(sites)]
    return park_rollup(stored_ledger(work.session, file) for file in files)


def _one_period(ledgers: Sequence[Ledger]) -> str:
    sites = [ledger.header.site_code for ledger in ledgers]
    twice = next((site for site in sites if sites.count(site) > 1), None)
    if twice is not None:
        raise BadInput("PARK_SITE_TWICE", site=twice)
    periods = {
        period_name(ledger.header.period_start.isoformat(), ledger.header.period_end.isoformat())
        for ledger in ledgers
    }
    if not periods:
        raise BadInput("PARK_NO_LEDGERS", period="-", known="-")
    if len(periods) > 1:
        raise BadInput("PARK_PERIODS_DIFFER", periods=", ".join(sorted(periods)))
    return periods.pop()


def _lines(rows: Sequence[PlacedRow], transfers: Sequence[Transfer]) -> tuple[Line, ...]:
    behind: dict[_Key, list[PlacedRow]] = defaultdict(list)
    sums: dict[_Key, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with localcontext(EXACT):
        for placed in rows:
            key = (_KIND_OF_ROLE[placed.row.role], placed.row.flow)
            behind[key].append(placed)
            sums[key][placed.header.uscc] += placed.amount
        for passed in _passed_inside(rows):
            for kind, sign in ((PURCHASED, -1), (passed.kind, -1), (INTERNAL, 1)):
                sums[kind, passed.flow][passed.organisation] += sign * passed.amount
            behind[INTERNAL, passed.flow].extend(passed.rows)
        moved = _moved(transfers)
    return tuple(
        Line(
            kind=kind,
            flow=flow,
            unit=behind[kind, flow][0].row.unit_canonical,
            organisations=tuple(sorted(sums[kind, flow].items())),
            transferred=moved[kind, flow],
            rows=tuple(behind[kind, flow]),
        )
        for kind, flow in sorted(behind, key=lambda key: (KINDS.index(key[0]), key[1]))
    )


def _passed_inside(rows: Sequence[PlacedRow]) -> Iterator[_Passed]:
    """Yield what each site makes and uses itself, from its rows without a counterparty."""
    groups: dict[tuple[str, str], dict[str, list[PlacedRow]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for placed in rows:
        if not placed.row.counterparty.strip():
            kind = _KIND_OF_ROLE[placed.row.role]
            groups[placed.site, placed.row.flow][kind].append(placed)
    for (_, flow), group in sorted(groups.items()):
        used = sum((placed.amount for placed in group[PURCHASED]), Decimal(0))
        for kind in (OUTPUT, WASTE):
            made = sum((placed.amount for placed in group[kind]), Decimal(0))
            amount = min(made, used)
            if amount:
                used -= amount
                both = (*group[kind], *group[PURCHASED])
                yield _Passed(kind, flow, both[0].header.uscc, amount, both)


def _moved(transfers: Iterable[Transfer]) -> dict[_Key, Decimal]:
    moved: dict[_Key, Decimal] = defaultdict(Decimal)
    for transfer in transfers:
        for placed in (*transfer.sent_rows, *transfer.received_rows):
            moved[_KIND_OF_ROLE[placed.row.role], placed.row.flow] += placed.amount
    return moved


def _line_record(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "flow": line.flow,
        "unit": line.unit,
        "organisations": dict(line.organisations),
        "of_firms": line.of_firms,
        "transferred": line.transferred,
        "total": line.total,
        "rows": [_row_record(placed) for placed in line.rows],
    }


def _transfer_record(transfer: Transfer) -> dict[str, Any]:
    return {
        "flow": transfer.flow,
        "sender": transfer.sender,
        "receiver": transfer.receiver,
        "unit": transfer.unit,
        "sent": transfer.sent,
        "received": transfer.received,
        "sent_rows": [_row_record(placed) for placed in transfer.sent_rows],
        "received_rows": [_row_record(placed) for placed in transfer.received_rows],
    }


def _row_record(placed: PlacedRow) -> dict[str, Any]:
    row = placed.row
    return {
        "place": placed.place,
        "period": row.period,
        "process": row.process,
        "role": row.role,
        "amount": placed.amount,
    }
