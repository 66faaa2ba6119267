"""The stock sheet: what lay in store, came, went and was left, by material and month.

Books are sums of what stands on the sheet, so they close to rounding: 0.001 t, or 0.05 % of the
smallest figure of the month for books kept in four digits (EJ). A row that does not close, or does
not carry on from the month before, makes its material distrusted: no balance uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from factor_db.foundation import messages
from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.form.cells import Table
from factor_db.ledger.form.faults import Findings, Label, Scope, flow_label, list_label
from factor_db.ledger.months.likely_slips import slip_label, slip_of
from factor_db.ledger.months.month_index import ZERO
from factor_db.ledger.stock.rows import StockEntry, read_entries

# 0.001 t; 0.001 of the unit for what is not counted in tonnes or kilograms. EJ.
_LEAST = {"kg": Decimal(1)}
_LEAST_OTHER = Decimal("0.001")
_SHARE = Decimal("0.0005")
# Figure → the sign it has in opening + receipts + ... = closing.
FIGURES = {
    "opening": 1,
    "receipts": 1,
    "tolling_in": 1,
    "consumption": -1,
    "tolling_out": -1,
    "adjustment": 1,
    "closing": -1,
}


@dataclass(frozen=True, slots=True)
class Stock:
    """The stock entries of a ledger by material, in order of months.

    `distrusted` materials have a fault; `unknown` says that a row names no known material.
    """

    entries: Mapping[str, tuple[StockEntry, ...]] = field(default_factory=dict)
    distrusted: frozenset[str] = frozenset()
    unknown: bool = False

    def covers(self, flow: str) -> bool:
        """Tell whether the sheet has a material."""
        return flow in self.entries

    def trusts(self, flow: str) -> bool:
        """Tell whether what the sheet says (or does not say) about a material can be used."""
        return flow not in self.distrusted and (self.covers(flow) or not self.unknown)

    def kept_back(self, flow: str) -> dict[str, Decimal]:
        """Return month → stock change + metal sent out for processing - metal taken in.

        In the canonical unit of the flow; empty for a material that is not on the sheet. Over the
        period the stock change is the last closing less the first opening.
        """
        return {
            entry.period: entry.amounts["closing"]
            - entry.amounts["opening"]
            + entry.amounts["tolling_out"]
            - entry.amounts["tolling_in"]
            for entry in self.entries.get(flow, ())
        }

    def received(self, flow: str) -> dict[str, Decimal]:
        """Return month → receipts of a material in its canonical unit."""
        return {entry.period: entry.amounts["receipts"] for entry in self.entries.get(flow, ())}


NO_STOCK = Stock()


def read_stock(table: Table | None, months: tuple[str, ...], findings: Findings) -> Stock:
    """Return the stock sheet with every fault of its own recorded; `months` are the site's."""
    if table is None:
        return NO_STOCK
    reading = read_entries(table, months, findings)
    distrusted = set(reading.distrusted)
    by_material: dict[str, tuple[StockEntry, ...]] = {}
    for entry in sorted(reading.entries, key=lambda entry: (entry.material, entry.period)):
        by_material[entry.material] = (*by_material.get(entry.material, ()), entry)
    for material, entries in by_material.items():
        present = {entry.period for entry in entries} | reading.faulty_months(material)
        missing = [month for month in months if month not in present]
        # A row whose month cannot be read accounts for one missing month.
        if len(missing) > reading.unplaced(material):
            distrusted.add(material)
            _missing(entries[0], missing, findings)
        if _check_series(entries, findings):
            distrusted.add(material)
        for entry in entries:
            _adjusted(entry, findings)
    return Stock(by_material, frozenset(distrusted), bool(reading.unknown))


def tolerance(entry: StockEntry, value: Decimal = ZERO) -> Decimal:
    """Return by how much the figures of a month may miss each other, in the canonical unit."""
    figures = [abs(amount) for amount in (*entry.amounts.values(), value) if amount]
    return max(_LEAST.get(entry.unit_canonical, _LEAST_OTHER), _SHARE * min(figures, default=ZERO))


def open_amount(entry: StockEntry) -> Decimal:
    """Return what the month's figures leave open: computed closing less the written one."""
    return sum((sign * entry.amounts[name] for name, sign in FIGURES.items()), ZERO)


def _closes(entry: StockEntry) -> bool:
    return abs(open_amount(entry)) <= tolerance(entry)


def _with(entry: StockEntry, **amounts: Decimal) -> StockEntry:
    return replace(entry, amounts={**entry.amounts, **amounts})


def _check_series(entries: tuple[StockEntry, ...], findings: Findings) -> bool:
    """Record months that do not close and do not carry on; tell whether there were any.

    A wrong closing also breaks the step to the next month, and a wrong opening the step from the
    month before: both are one fault, told at the figure that is wrong.
    """
    told: set[int] = set()  # positions whose step to the next month is explained
    faulty = False
    for at, entry in enumerate(entries):
        before = entries[at - 1] if at and _follows(entries[at - 1], entry) else None
        after = next((e for e in entries[at + 1 : at + 2] if _follows(entry, e)), None)
        carried = before is None or _carries(before, entry)
        if not _closes(entry):
            faulty = True
            if (
                before is not None
                and not carried
                and at - 1 not in told
                and _closes(_with(entry, opening=before.amounts["closing"]))
            ):
                _not_carried(before, entry, findings)
                continue
            if (
                after is not None
                and not _carries(entry, after)
                and _closes(_with(entry, closing=after.amounts["opening"]))
            ):
                told.add(at)
            _not_closed(entry, findings)
        if not carried and at - 1 not in told and before is not None:
            faulty = True
            _not_carried(before, entry, findings)
    return faulty


def _follows(first: StockEntry, second: StockEntry) -> bool:
    """Tell whether a month comes right after another."""
    year, month = int(first.period[:4]), int(first.period[5:])
    return second.period == f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def _carries(before: StockEntry, entry: StockEntry) -> bool:
    gap = abs(before.amounts["closing"] - entry.amounts["opening"])
    return gap <= tolerance(entry, before.amounts["closing"])


def _written(entry: StockEntry, canonical: Decimal) -> str:
    return decimal_text(entry.in_written_unit(canonical))


def _not_closed(entry: StockEntry, findings: Findings) -> None:
    gap = open_amount(entry)
    computed = entry.amounts["closing"] + gap
    column, slip = _slipped(entry, gap)
    cell = entry.cells[column or "closing"]
    findings.error(
        "LEDGER_STOCK_IDENTITY",
        entry.sheet,
        cell,
        _written(entry, entry.amounts[column or "closing"]),
        month=entry.period,
        material=flow_label(entry.material),
        computed=_written(entry, computed),
        closing=_written(entry, entry.amounts["closing"]),
        open=_written(entry, abs(gap)),
        unit=entry.unit,
        closing_cell=entry.cells["closing"],
        slip=slip,
    )


def _slipped(entry: StockEntry, gap: Decimal) -> tuple[str | None, Label]:
    """Return the one figure that a usual slip explains, and the slip in words."""
    found = []
    for column, sign in FIGURES.items():
        typed = entry.in_written_unit(entry.amounts[column])
        expected = entry.in_written_unit(entry.amounts[column] - sign * gap)
        slip = slip_of(typed, expected)
        if slip is not None:
            found.append((column, typed, expected, slip_label(slip)))
    if len(found) != 1:
        return None, Label("", "")
    column, typed, expected, words = found[0]
    zh, en = (
        messages.text(
            "LEDGER_STOCK_SLIP",
            lang,
            cell=entry.cells[column],
            typed=decimal_text(typed),
            expected=decimal_text(expected),
            unit=entry.unit,
            slip=words.zh if lang == "zh" else words.en,
        )
        for lang in messages.LANGUAGES
    )
    return column, Label(zh, en)


def _not_carried(before: StockEntry, entry: StockEntry, findings: Findings) -> None:
    opening, closing = entry.amounts["opening"], before.amounts["closing"]
    slip = slip_of(entry.in_written_unit(opening), entry.in_written_unit(closing))
    findings.error(
        "LEDGER_STOCK_CARRY",
        entry.sheet,
        entry.cells["opening"],
        _written(entry, opening),
        month=entry.period,
        before=before.period,
        before_cell=before.cells["closing"],
        material=flow_label(entry.material),
        closing=_written(entry, closing),
        open=_written(entry, abs(opening - closing)),
        unit=entry.unit,
        slip=slip_label(slip),
    )


def _missing(entry: StockEntry, missing: list[str], findings: Findings) -> None:
    findings.error(
        "LEDGER_STOCK_MONTH_MISSING",
        entry.sheet,
        entry.cells["period"],
        " ".join(missing),
        months=list_label(missing),
        material=flow_label(entry.material),
    )


def _adjusted(entry: StockEntry, findings: Findings) -> None:
    if entry.amounts["adjustment"]:
        findings.warning(
            "LEDGER_STOCK_ADJUSTMENT",
            entry.sheet,
            entry.cells["adjustment"],
            _written(entry, entry.amounts["adjustment"]),
            explained=bool(entry.note),
            scope=Scope(flow=entry.material, period=entry.period),
            month=entry.period,
            material=flow_label(entry.material),
            unit=entry.unit,
        )
