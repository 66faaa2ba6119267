"""Fill months that were not measured: only where the sheet `gaps` names a rule and a reason.

A filled amount is a ratio to the process's product, taken from measured months, times the product
of the missing month; a month that made little has no such ratio. The rules stand in
`rules/gaps.toml`. A filled row is estimated, carries the reason as its note and the cells of the
sheet `gaps`, so its share of a factor can be shown. Metal is never filled: what was charged in a
month depends on what was to be had, and the balance would take the guess for a weighing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import Table
from factor_db.ledger.form.faults import Findings, Param, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.sheets import GAPS, LEDGER
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, PROPERTY, vocabulary
from factor_db.ledger.form.word_lists import NEIGHBOURS, YEAR
from factor_db.ledger.months.month_index import Key, MonthIndex
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.ledger.reading.row_reader import RowReader, sheet_rows

SHEET = "gaps"
ESTIMATED = "estimated"
ZERO = Decimal(0)
_MADE = ("product", "co-product")
# Ratio to product by which a rule fills a month, or None when its months do not allow it.
_Ratio = Callable[["_Series", str], Decimal | None]


@dataclass(frozen=True, slots=True)
class _Series:
    """Measured amounts of one flow and the product of its process, by month, canonical units."""

    months: tuple[str, ...]
    amounts: Mapping[str, Decimal]
    products: Mapping[str, Decimal]

    def ratio(self, month: str) -> Decimal | None:
        """Return amount per product of a measured month that made something."""
        product = self.products.get(month)
        return self.amounts[month] / product if month in self.amounts and product else None


def _by_neighbours(series: _Series, month: str) -> Decimal | None:
    """Rule: GAP-NEIGHBOURS."""
    at = series.months.index(month)
    if not 0 < at < len(series.months) - 1:
        return None
    before, after = series.ratio(series.months[at - 1]), series.ratio(series.months[at + 1])
    return None if before is None or after is None else (before + after) / 2


def _by_year(series: _Series, month: str) -> Decimal | None:
    """Rule: GAP-YEAR."""
    made = sum((series.products.get(name, ZERO) for name in series.amounts), ZERO)
    return sum(series.amounts.values(), ZERO) / made if made else None


GAP_RULES: Mapping[str, _Ratio] = {NEIGHBOURS: _by_neighbours, YEAR: _by_year}


def fill_gaps(
    table: Table | None,
    readings: tuple[RowReading, ...],
    months: tuple[str, ...],
    findings: Findings,
) -> tuple[RowReading, ...]:
    """Return one reading per row of the sheet `gaps`, numbered after the last written row.

    A gap that cannot be filled is a finding at its cell and a reading without a row, so that
    later checks stay silent about the hole. `readings` are the written and metered rows.
    Rules: GAP-NEIGHBOURS, GAP-YEAR, GAP-COVER-001, GAP-IDLE-001, GAP-METAL-001.
    """
    if table is None or not table.rows:
        return ()
    first = max((reading.number for reading in readings), default=0) + 1
    month_index = MonthIndex(readings, months)
    sheet = _GapSheet(table, month_index, findings)
    with localcontext(EXACT):
        return tuple(sheet.readings(first))


class _GapSheet:
    """The sheet `gaps`, read against what was measured."""

    def __init__(self, table: Table, month_index: MonthIndex, findings: Findings) -> None:
        self.table, self.month_index, self.findings = table, month_index, findings
        self.seen: set[tuple[str, str, str]] = set()

    def readings(self, first: int) -> Iterator[RowReading]:
        rows = sheet_rows(self.table, GAPS, self.month_index.months, self.findings)
        for number, row in enumerate(rows, start=first):
            gap = _Gap(self, row)
            if not gap.is_no_hole:
                yield RowReading(number, gap.process, gap.flow, gap.month, gap.filled(number))


class _Gap:
    """One row of the sheet, with what it says."""

    def __init__(self, sheet: _GapSheet, row: RowReader) -> None:
        self.sheet, self.row, self.month_index = sheet, row, sheet.month_index
        row.complete()
        self.process, self.flow = row.word("process").code, row.word("flow").code
        self.month, self.rule = row.month(), row.word("rule").code or ""
        # A row of that month exists, or a gap before this one fills it: nothing is missing here.
        self.is_no_hole = not row.faulty and self._is_no_hole()

    @property
    def key(self) -> Key:
        return str(self.process), str(self.flow)

    def _is_no_hole(self) -> bool:
        place = (*self.key, str(self.month))
        names = self._names(month=str(self.month))
        if place in self.sheet.seen:
            self.row.error("LEDGER_GAP_TWICE", "period", **names)
        elif self.month in self.month_index.sums.get(self.key, {}):
            self.row.error("LEDGER_GAP_HAS_ROW", "period", **names)
        self.sheet.seen.add(place)
        return self.row.faulty

    def _names(self, **params: Param) -> dict[str, Param]:
        process, flow = self.key
        return {"process": process_label(process), "flow": flow_label(flow), **params}

    def filled(self, number: int) -> LedgerRow | None:
        """Return the filled row, or None after recording why the gap cannot be filled."""
        if self.row.faulty or not self.month_index.months:
            return None
        if fault := self._not_fillable():
            self.row.error(fault, "flow", **self._names())
            return None
        product = self.month_index.product_key(self.key[0])
        if not self.month_index.trusts(self.key, product):
            return None
        amount = self._amount(_sums(self.month_index.by_key.get(product, ())))
        return None if amount is None else self._row(number, amount)

    def _not_fillable(self) -> str:
        process, flow = self.key
        roles = {row.role for row in self.month_index.by_key.get(self.key, ())}
        if vocabulary().flows[flow].category == PROPERTY:
            return "LEDGER_GAP_PROPERTY"
        if roles & {*_MADE} or vocabulary().expected_role(process, flow) in _MADE:
            return "LEDGER_GAP_PRODUCT"
        if vocabulary().flows[flow].category in METAL_CATEGORIES:
            return "LEDGER_GAP_METAL"
        return "LEDGER_GAP_ROLES" if len(roles) > 1 else ""

    def _amount(self, products: Mapping[str, Decimal]) -> Decimal | None:
        months, month = self.month_index.months, str(self.month)
        amounts = _measured(self.month_index.by_key.get(self.key, ()))
        share = rule("GAP-COVER-001").number("least_measured_share")
        least = int((share * len(months)).to_integral_value(ROUND_CEILING))
        if len(amounts) < least:
            counts = self._names(count=len(amounts), least=least, months=len(months))
            self.row.error("LEDGER_GAP_TOO_FEW", "period", **counts)
            return None
        if any(name not in products for name in (*amounts, month)):
            return None  # completeness names the month whose product is missing
        if not products[month]:
            self.row.error("LEDGER_GAP_NO_PRODUCT", "period", **self._names(month=month))
            return None
        if self._is_idle(month, products):
            return None
        ratio = GAP_RULES[self.rule](_Series(months, amounts, products), month)
        if ratio is None:
            self.row.error("LEDGER_GAP_MONTHS", "rule", rule=self.rule, **self._names(month=month))
            return None
        return ratio * products[month]

    def _is_idle(self, month: str, products: Mapping[str, Decimal]) -> bool:
        """Tell of a month that made far less than the mean: what it used does not follow output.

        A furnace kept hot takes its gas whatever it melts. Rule: GAP-IDLE-001.
        """
        mean = sum(products.values(), ZERO) / len(self.month_index.months)
        least = rule("GAP-IDLE-001").number("least_of_mean_output")
        if products[month] >= least * mean:
            return False
        shown = decimal_text((products[month] / mean * 100).quantize(Decimal("0.1")))
        limit = decimal_text(least * 100)
        self.row.error(
            "LEDGER_GAP_IDLE", "period", **self._names(month=month, share=shown, limit=limit)
        )
        return True

    def _row(self, number: int, amount: Decimal) -> LedgerRow:
        process, flow = self.key
        unit = vocabulary().flows[flow].unit
        cells = dict.fromkeys(LEDGER.columns, self.row.cell("rule").ref)
        cells |= {name: self.row.cell(name).ref for name in ("period", "process", "flow")}
        return LedgerRow(
            sheet=SHEET,
            row_number=number,
            period=str(self.month),
            process=process,
            flow=flow,
            product="",
            role=self.month_index.by_key[self.key][0].role,
            amount=amount,
            unit=unit,
            amount_canonical=amount,
            unit_canonical=unit,
            method=ESTIMATED,
            counterparty="",
            origin="",
            scrap_type="",
            instrument="",
            price=None,
            evidence="",
            note=f"{self.rule}: {self.row.text('reason')}",
            cells=cells | {"note": self.row.cell("reason").ref},
        )


def _measured(rows: Sequence[LedgerRow]) -> dict[str, Decimal]:
    """Return month → amount of the months in which no row is an estimate."""
    estimated = {row.period for row in rows if row.method == ESTIMATED}
    return _sums([row for row in rows if row.period not in estimated])


def _sums(rows: Sequence[LedgerRow]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for row in rows:
        amounts[row.period] = EXACT.add(amounts.get(row.period, ZERO), row.amount_canonical)
    return amounts
