"""The stock sheet against the ledger: what the books say was used and made against the rows.

Two records of the same metal: the store's and the line's. Over the period they agree closely, in a
single month a delivery weighed on the last evening may stand in either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import code_of
from factor_db.ledger.form.faults import Findings, Label, Scope, flow_label
from factor_db.ledger.form.limits import BALANCE_TOLERANCE
from factor_db.ledger.months.likely_slips import slip_label, slip_of
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.stock.movements import Stock
from factor_db.ledger.stock.rows import StockEntry

# Over the period the two records may differ as a balance may; in a month by what is booked on the
# other side of midnight of its last day, about half a day of thirty. EJ.
PERIOD_TOLERANCE = BALANCE_TOLERANCE
MONTH_TOLERANCE = Decimal("0.02")
_MADE = frozenset({"product", "internal", "waste"})


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One figure of the sheet against rows of the ledger: month → amount, canonical unit."""

    column: str
    roles: frozenset[str]

    def differs(self, stated: Decimal, written: Decimal, share: Decimal) -> bool:
        return abs(stated - written) > share * max(stated, written)


_COMPARISONS = (
    _Comparison("consumption", frozenset({"input"})),
    _Comparison("receipts", _MADE),
)


def check_stock(stock: Stock, month_index: MonthIndex, findings: Findings) -> None:
    """Record where consumption differs from the rows that use a material, receipts from its making.

    Receipts of what is bought have no rows to be compared with.
    """
    for material in sorted(stock.entries):
        if stock.trusts(material):
            for comparison in _COMPARISONS:
                _compare(stock, month_index, material, comparison, findings)


def _compare(
    stock: Stock,
    month_index: MonthIndex,
    material: str,
    comparison: _Comparison,
    findings: Findings,
) -> None:
    entries = stock.entries[material]
    keys = _keys(month_index, material)
    if not month_index.trusts(*keys):
        return
    rows = _monthly(month_index, keys, lambda role: role in comparison.roles)
    if rows is None:
        return
    sold = _monthly(month_index, keys, lambda role: role == "co-product") or {}
    # Metal sold may pass through the store or leave from the line: both ways are right.
    through = {month: rows.get(month, ZERO) + sold.get(month, ZERO) for month in {*rows, *sold}}
    stated = {entry.period: entry.amounts[comparison.column] for entry in entries}
    total = sum(stated.values(), ZERO)
    written = min((rows, through), key=lambda months: abs(total - sum(months.values(), ZERO)))
    whole = sum(written.values(), ZERO)
    if comparison.differs(total, whole, PERIOD_TOLERANCE):
        _period(entries, comparison, written, findings)
        return
    for entry in entries:
        row_sum = written.get(entry.period, ZERO)
        if comparison.differs(stated[entry.period], row_sum, MONTH_TOLERANCE):
            _month(entry, comparison, row_sum, findings)


def _keys(month_index: MonthIndex, material: str) -> list[Key]:
    """Return every place where a running process writes or should write a material."""
    keys = [
        key
        for process in month_index.processes
        for key in (*month_index.reported_keys(process), month_index.product_key(process))
        if key[1] == material
    ]
    return list(dict.fromkeys(keys))


def _monthly(
    month_index: MonthIndex, keys: Iterable[Key], wanted: Callable[[str], bool]
) -> dict[str, Decimal] | None:
    """Return month → amount of the rows with a wanted role, None when there is no such row."""
    months: dict[str, Decimal] = {}
    for key in keys:
        for row in month_index.by_key.get(key, ()):
            if wanted(row.role):
                months[row.period] = months.get(row.period, ZERO) + row.amount_canonical
    return months or None


def _words(entry: StockEntry, comparison: _Comparison, rows: Decimal) -> dict[str, str | Label]:
    stated = entry.amounts[comparison.column]
    slip = slip_of(entry.in_written_unit(stated), entry.in_written_unit(rows))
    return {
        "month": entry.period,
        "material": flow_label(entry.material),
        "unit": entry.unit,
        "stated": _written(entry, stated),
        "rows": _written(entry, rows),
        "slip": slip_label(slip),
    }


def _written(entry: StockEntry, canonical: Decimal) -> str:
    return decimal_text(entry.in_written_unit(canonical))


def _period(
    entries: tuple[StockEntry, ...],
    comparison: _Comparison,
    rows: dict[str, Decimal],
    findings: Findings,
) -> None:
    """Record a difference over the period, at the month that differs most."""
    entry = max(
        entries,
        key=lambda e: (abs(e.amounts[comparison.column] - rows.get(e.period, ZERO)), e.period),
    )
    stated = sum((e.amounts[comparison.column] for e in entries), ZERO)
    whole = sum(rows.values(), ZERO)
    findings.error(
        code_of("LEDGER_STOCK", comparison.column),
        entry.sheet,
        entry.cells[comparison.column],
        _written(entry, entry.amounts[comparison.column]),
        total=_written(entry, stated),
        rows_total=_written(entry, whole),
        open=_written(entry, abs(stated - whole)),
        **_words(entry, comparison, rows.get(entry.period, ZERO)),
    )


def _month(entry: StockEntry, comparison: _Comparison, rows: Decimal, findings: Findings) -> None:
    findings.warning(
        code_of("LEDGER_STOCK_MONTH", comparison.column),
        entry.sheet,
        entry.cells[comparison.column],
        _written(entry, entry.amounts[comparison.column]),
        explained=bool(entry.note),
        scope=Scope(flow=entry.material, period=entry.period),
        open=_written(entry, abs(entry.amounts[comparison.column] - rows)),
        **_words(entry, comparison, rows),
    )
