"""Open balances and how they are told: with the row to look at first, and each fault once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.form.faults import Findings, Label, Param, Scope, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.months.likely_slips import (
    LikelySlip,
    Relation,
    find_likely_slip,
    find_odd_month,
)

Kind = Literal["step", "loop", "cast house", "burnt", "link", "site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A balance of the ledger: what is compared, and how it is told if it is open.

    `row` is where it is told when no single row is likely; `scope` makes it a warning that a note
    or an exception explains.
    """

    code: str
    kind: Kind
    relation: Relation
    row: LedgerRow
    value: str
    params: Mapping[str, Param] = field(default_factory=dict)
    scope: Scope | None = None
    explained: bool = False

    @property
    def processes(self) -> frozenset[str]:
        """Return the processes whose rows stand in the balance."""
        return frozenset(term.key[0] for term in self.relation.terms if term.rows)


def rounded_t(mass: Decimal) -> str:
    """Return tonnes with three decimals for a message."""
    return decimal_text(mass.quantize(Decimal("0.001")))


def percent(share: Decimal) -> str:
    """Return a share as percent with two decimals for a message."""
    return f"{share * 100:.2f} %"


def report_open(
    balances: Sequence[Balance],
    findings: Findings,
    *,
    evidence: Sequence[Relation] = (),
    site_explained: bool = False,
) -> None:
    """Record the open balances in order, leaving out what an earlier one explains.

    A correction that closes one balance also closes the others its row stands in; a link between
    steps of which one does not balance itself says nothing new, nor does the site as a whole.
    `evidence` helps to tell which row is wrong and is never told itself.
    """
    relations = [*(balance.relation for balance in balances), *evidence]
    slips: list[LikelySlip] = []
    told: list[Balance] = []
    for balance in balances:
        if balance.relation.closed or _corrected(balance.relation, slips).closed:
            continue
        if _follows(balance, told) or (balance.kind == "site" and site_explained):
            continue
        slip = find_likely_slip(balance.relation, relations)
        _report(balance, slip, findings)
        told.append(balance)
        if slip is not None:
            slips.append(slip)
    if not told:
        _report_odd_months(balances, relations, findings)


def _report_odd_months(
    balances: Sequence[Balance], relations: Sequence[Relation], findings: Findings
) -> None:
    """Record single months that do not close though the year does, unless their cell is told."""
    told = {(finding.sheet, finding.cell) for finding in findings.collected()}
    slips: list[LikelySlip] = []
    for balance in balances:
        relation = _corrected(balance.relation, slips)
        if balance.kind == "site" or (slip := find_odd_month(relation, relations)) is None:
            continue
        slips.append(slip)
        row = slip.row
        place = (row.sheet, row.cells["amount"])
        if place not in told:
            findings.warning(
                "LEDGER_MONTH_BALANCE",
                *place,
                row.amount,
                explained=bool(row.note),
                month=row.period,
                process=process_label(row.process),
                flow=flow_label(row.flow),
                suspect=slip.label(),
            )


def _corrected(relation: Relation, slips: Sequence[LikelySlip]) -> Relation:
    for slip in slips:
        relation = relation.changed(slip.place, slip.row.period, slip.factor)
    return relation


def _follows(balance: Balance, told: Sequence[Balance]) -> bool:
    if balance.kind == "link":
        return any(
            earlier.kind == "step" and earlier.processes & balance.processes for earlier in told
        )
    if balance.kind == "burnt":
        return any(earlier.processes & balance.processes for earlier in told)
    return balance.kind == "site" and bool(told)


def _report(balance: Balance, slip: LikelySlip | None, findings: Findings) -> None:
    row = slip.row if slip else balance.row
    words: dict[str, Param] = {
        **balance.params,
        "suspect": slip.label() if slip else Label("", ""),
    }
    cell = row.cells["amount"]
    if balance.scope is None:
        findings.error(balance.code, row.sheet, cell, balance.value, **words)
        return
    findings.warning(
        balance.code,
        row.sheet,
        cell,
        balance.value,
        explained=balance.explained,
        scope=balance.scope,
        **words,
    )
