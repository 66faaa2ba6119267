"""A row's product code has to be one that the step, or a step after it, makes.

What a step uses for a code that nobody makes would be shared out over all that it makes: a slip of
the pen moves power from one alloy to another, and every sum stays as it is. Where a step tells its
codes apart the row has to carry one of them; where it does not, a code of a later step will do, and
so will the alloy of a code (`6063` of `6063-T6`). Rule: AL-BAL-006.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Param, process_label
from factor_db.ledger.form.loops import RECOVERED_METAL
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import edit_distance, normal_text, vocabulary
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.products.metal import is_scrap

if TYPE_CHECKING:
    from factor_db.store.tables import LedgerEntry

RULE = "AL-BAL-006"
UNKNOWN, SHARED = "LEDGER_PRODUCT_CODE_UNKNOWN", "LEDGER_PRODUCT_CODE_SHARED"
_SHOWN_CODES = int(rule(RULE).number("codes_shown"))
_MADE = ("product", "co-product")
Row = TypeVar("Row", "LedgerRow", "LedgerEntry")
Output = tuple[str, str, str]
"""Role, flow and code of something that a step makes."""


@dataclass(frozen=True)
class CodeFault(Generic[Row]):
    """A row of a code that nobody makes, or that two outputs of its step share.

    `known` are the codes that it could carry as they are written, the nearest first.
    """

    message: str
    row: Row
    known: tuple[str, ...]

    @property
    def words(self) -> dict[str, Param]:
        """The parameters of its message."""
        more = " …" if len(self.known) > _SHOWN_CODES else ""
        shown = ", ".join(self.known[:_SHOWN_CODES]) + more
        return {
            "process": process_label(self.row.process),
            "product": self.row.product.strip(),
            "known": shown or "-",
        }


def check_product_codes(month_index: MonthIndex, findings: Findings) -> None:
    """Record rows whose code nobody makes; silent where a row that may make it cannot be read."""
    plant = PlantSteps(month_index.rows)
    for fault in _faults(plant, month_index.rows):
        steps = {fault.row.process, *plant.after(fault.row.process)}
        if all(month_index.trusts(month_index.product_key(step)) for step in steps):
            row, cells = fault.row, fault.row.cells
            cell = cells.get("product") or cells["amount"]
            findings.error(fault.message, row.sheet, cell, row.product.strip(), **fault.words)


def entry_code_faults(entries: Sequence[LedgerEntry]) -> list[CodeFault[LedgerEntry]]:
    """Return the faults of a stored ledger's rows: one frozen before may have them."""
    return _faults(PlantSteps(entries), entries)


class PlantSteps:
    """What each step makes by code, and which steps take it."""

    def __init__(self, rows: Sequence[LedgerRow | LedgerEntry]) -> None:
        self.outputs: dict[str, set[Output]] = defaultdict(set)
        self.labels: dict[str, str] = {}
        made: dict[str, set[str]] = defaultdict(set)
        users: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if "." in row.flow or not row.amount:
                continue
            if _is_made(row):
                code = normal_text(row.product)
                self.outputs[row.process].add((row.role, row.flow, code))
                self.labels.setdefault(code, row.product.strip())
                made[row.process].add(row.flow)
            elif row.role == "input":
                users[row.flow].add(row.process)
            elif row.flow == RECOVERED_METAL:
                # Charged again: all that is cast of it comes after.
                made[row.process].add(row.flow)
        processes = vocabulary().processes
        self._next: dict[str, set[str]] = {}
        for process in {row.process for row in rows} - {""}:
            flows = {processes[process].product, *made[process]}
            self._next[process] = set().union(*(users[flow] for flow in flows))

    def after(self, process: str) -> set[str]:
        """Return the steps that take what a step makes, directly or through others."""
        waiting, seen = [process], {process}
        while waiting:
            new = self._next.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        return seen - {process}

    def codes(self, process: str) -> set[str]:
        """Return the codes that a step makes, as they are compared."""
        return {code for _, _, code in self.outputs[process]} - {""}

    def fault_of(self, process: str, code: str) -> tuple[str, tuple[str, ...]] | None:
        """Return the message and the codes there are for a code that may not stand, else None."""
        own, outputs = self.codes(process), self.outputs[process]
        if own and len(outputs) > 1:
            holders = [output for output in outputs if output[2] == code]
            if len(holders) == 1 or all(_is_of(output[2], code) for output in outputs):
                return None
            return (SHARED if holders else UNKNOWN), self._nearest(own, code)
        known = own.union(*(self.codes(step) for step in self.after(process)))
        if any(_is_of(item, code) for item in known):
            return None
        return UNKNOWN, self._nearest(known, code)

    def _nearest(self, codes: set[str], code: str) -> tuple[str, ...]:
        ordered = sorted(codes, key=lambda item: (edit_distance(item, code), item))
        return tuple(self.labels[item] for item in ordered)


def _faults(plant: PlantSteps, rows: Iterable[Row]) -> list[CodeFault[Row]]:
    judged: dict[tuple[str, str], tuple[str, tuple[str, ...]] | None] = {}
    found = []
    for row in rows:
        key = (row.process, normal_text(row.product))
        if not key[1] or not row.amount or "." in row.flow or _is_made(row):
            continue
        if key not in judged:
            judged[key] = plant.fault_of(*key)
        fault = judged[key]
        if fault:
            found.append(CodeFault(fault[0], row, fault[1]))
    return found


def _is_made(row: LedgerRow | LedgerEntry) -> bool:
    """Tell whether a row is something made: scrap sold leaves, but nobody makes it."""
    return row.role in _MADE and not is_scrap(row.flow)


def _is_of(code: str, alloy: str) -> bool:
    """Tell whether a code is another one, or a form of that alloy: `6063-T6` is of `6063`."""
    return code == alloy or bool(re.match(rf"{re.escape(alloy)}[^0-9a-z]", code))
