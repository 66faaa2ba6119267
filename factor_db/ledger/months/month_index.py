"""One view of all rows for the checks that compare rows: sums by month, and what to distrust.

A faulty row must not set off further findings about the hole it leaves, so everything it
touches is distrusted: completeness, plausibility and balances stay silent about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from factor_db.ledger.form.rows import LedgerRow, holding_row
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.reading.row_checks import RowReading

Key = tuple[str, str]
ZERO = Decimal(0)
# Stands beside real months: some row with an unknown code exists, whatever its month.
ANY = "*"


class MonthIndex:
    """Sums per process, flow and month over readable rows, and the keys that cannot be trusted."""

    def __init__(self, readings: Iterable[RowReading], months: tuple[str, ...]) -> None:
        self.months = months
        self.rows: list[LedgerRow] = []
        self.by_key: dict[Key, list[LedgerRow]] = defaultdict(list)
        self.sums: dict[Key, dict[str, Decimal]] = defaultdict(dict)
        self.present: dict[Key, set[str]] = defaultdict(set)
        self.unplaced: dict[Key, int] = defaultdict(int)
        self.unclean: dict[Key, set[str]] = defaultdict(set)
        self.distrusted: set[Key] = set()
        self.faulty_properties: set[str] = set()
        self._property_rows: dict[str, list[LedgerRow]] = defaultdict(list)
        self._properties: dict[tuple[str, str, str, str, str], Decimal | None] = {}
        self.unknown_process: set[tuple[str | None, str | None]] = set()
        self.unknown_flow: set[tuple[str, str | None]] = set()
        self.processes: dict[str, LedgerRow | None] = {}
        # Alloys and forms of the products, as written.
        self.product_texts: set[str] = set()
        for reading in readings:
            if reading.row is not None:
                self._take_clean(reading.row)
            elif not reading.duplicate:
                self._take_faulty(reading)

    def _take_faulty(self, reading: RowReading) -> None:
        process, flow, month = reading.process, reading.flow, reading.month
        if flow is not None and "." in flow:
            self.faulty_properties.add(flow)
            return
        if process is None:
            self.unknown_process |= {(flow, month), (flow, ANY)}
        elif flow is None:
            self.unknown_flow |= {(process, month), (process, ANY)}
        else:
            self.distrusted.add((process, flow))
            if month is None:
                self.unplaced[process, flow] += 1
            else:
                self.present[process, flow].add(month)
                self.unclean[process, flow].add(month)
        if process is not None:
            self.processes.setdefault(process, None)

    def _take_clean(self, row: LedgerRow) -> None:
        self.rows.append(row)
        process, flow, month = row.process, row.flow, row.period
        if "." in flow:
            self._property_rows[flow].append(row)
            return
        key = (process, flow)
        self.by_key[key].append(row)
        if row.role == "product" and row.product:
            self.product_texts.add(row.product)
        month_sums = self.sums[key]
        if month in month_sums:
            month_sums[month] += row.amount_canonical
            return
        month_sums[month] = ZERO + row.amount_canonical
        self.present[key].add(month)
        if self.processes.get(process) is None:
            self.processes[process] = row

    def total(self, process: str, flow: str) -> Decimal:
        """Return the sum over the period in the flow's canonical unit, 0 without rows."""
        return sum(self.sums.get((process, flow), {}).values(), ZERO)

    def property_rows(self, flow: str) -> list[LedgerRow]:
        """Return the rows that state a property (`material.property`), in file order."""
        return self._property_rows.get(flow, [])

    def rows_with_property(self, flow: str, name: str) -> Iterator[tuple[LedgerRow, LedgerRow]]:
        """Yield each row of a material with the row of a property that holds for it."""
        wanted = f"{flow}.{name}"
        stated = self.property_rows(wanted)
        for key, rows in self.by_key.items():
            for row in rows if key[1] == flow else ():
                held = holding_row(
                    stated, wanted, row.period, process=row.process, product=row.product
                )
                if held is not None:
                    yield row, held

    def property_of(self, row: LedgerRow, name: str) -> Decimal | None:
        """Return a property of a row's material in its month, None when no row states it."""
        key = (row.flow, name, row.period, row.process, row.product)
        if key not in self._properties:
            self._properties[key] = self._stated(row, f"{row.flow}.{name}")
        return self._properties[key]

    def _stated(self, row: LedgerRow, wanted: str) -> Decimal | None:
        found = holding_row(
            self._property_rows.get(wanted, ()),
            wanted,
            row.period,
            process=row.process,
            product=row.product,
        )
        return None if found is None else found.amount_canonical

    def product_key(self, process: str) -> Key:
        """Return the key of a process's reference product."""
        return process, vocabulary().processes[process].product

    def reported_keys(self, process: str) -> list[Key]:
        """Return the keys of a process that are written or that it should report."""
        written = [key for key in self.by_key if key[0] == process]
        expected = [key for key in vocabulary().process_flows if key[0] == process]
        return list(dict.fromkeys([*written, *expected]))

    def runs(self, process: str) -> bool:
        """Tell whether the site reports a process."""
        return process in self.processes

    def hidden_by_unknown(self, key: Key, month: str | None = None) -> bool:
        """Tell whether a row with an unknown process or flow may be the one that is missing."""
        process, flow = key
        if month is None:
            return bool({(flow, ANY), (None, ANY)} & self.unknown_process) or (
                (process, ANY) in self.unknown_flow
            )
        places = {(name, when) for name in (flow, None) for when in (month, None)}
        return bool(places & self.unknown_process) or bool(
            {(process, month), (process, None)} & self.unknown_flow
        )

    def trusts(self, *keys: Key) -> bool:
        """Tell whether sums of these keys are whole: no faulty, hidden or missing row."""
        return not any(key in self.distrusted or self.hidden_by_unknown(key) for key in keys)

    def first_row(self, key: Key) -> LedgerRow | None:
        """Return the first row of a key in file order."""
        rows = self.by_key.get(key)
        return rows[0] if rows else None

    def noted(self, *keys: Key) -> bool:
        """Tell whether any row of these keys has a note."""
        return any(row.note for key in keys for row in self.by_key.get(key, ()))
