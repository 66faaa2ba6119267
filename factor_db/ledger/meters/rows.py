"""From meters to ledger rows: own consumption, divided shared use, and the typed rows beside them.

Typed rows stand; meters of the same process and flow then only confirm them. Where nothing is
typed, each meter and month gives one row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text, exact_sum
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import RawLedger, text_of
from factor_db.ledger.form.faults import Findings, flow_label, list_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.form.word_lists import MAIN, SHARED_USE
from factor_db.ledger.meters.checks import (
    Months,
    Rest,
    changes_of,
    check_coverage,
    check_parents,
    check_rest,
    report_series,
    rest_of,
)
from factor_db.ledger.meters.consumption import (
    ZERO,
    MonthShare,
    Reading,
    Step,
    comparable_runs,
    monthly,
)
from factor_db.ledger.meters.shared_use import (
    DividingKey,
    divided_months,
    keys_by_meter,
    read_keys,
)
from factor_db.ledger.meters.sheet import (
    Meter,
    MeterSheet,
    read_meters,
)
from factor_db.ledger.months.month_index import Key, MonthIndex
from factor_db.ledger.reading.row_checks import RowReading

_TYPED_TOLERANCE = rule("DER-METER-003").number("typed_tolerance")


@dataclass(frozen=True, slots=True)
class Portion:
    """What one meter gives one process in one month, in the meter's unit."""

    meter: Meter
    process: str
    month: str
    amount: Decimal
    estimated: bool
    closing: Reading
    key: DividingKey | None = None

    @property
    def canonical(self) -> Decimal:
        """Return the amount in the canonical unit of the flow."""
        return EXACT.multiply(self.amount, self.meter.factor or Decimal(1))


def meter_readings(
    raw: RawLedger,
    typed: tuple[RowReading, ...],
    months: tuple[str, ...],
    findings: Findings,
) -> tuple[RowReading, ...]:
    """Return the rows that the sheets `meters` and `shared` add to the typed ones.

    Records every fault of the two sheets. A meter that cannot be trusted gives readings without a
    row, so that later checks stay silent about the hole. Rules: DER-METER-001 to DER-METER-003.
    """
    sheet = read_meters(raw.optional.get("meters"), months, findings)
    keys = read_keys(raw.optional.get("shared"), months, findings)
    if not (sheet.meters or sheet.nameless or keys):
        return ()
    last = max((reading.number for reading in typed), default=0)
    return _Metering(sheet, keys, MonthIndex(typed, months), findings).readings(last)


@dataclass(frozen=True, slots=True)
class LeftOutMonth:
    """What no process counts in a month, and the cell of the main meter's reading that ends it.

    `amount` is below 0 where the processes count more than the main meter.
    """

    period: str
    amount: Decimal
    sheet: str
    cell: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a flow's main meters no process counts, in its canonical unit, and as a share.

    `months` make up `amount`.
    """

    flow: str
    amount: Decimal
    unit: str
    share: Decimal
    months: tuple[LeftOutMonth, ...] = ()

    @property
    def whole(self) -> Decimal:
        """What the main meters of the flow counted in all."""
        return EXACT.divide(self.amount, self.share)

    @property
    def cells(self) -> tuple[str, ...]:
        """The readings of the main meters, `sheet!cell`."""
        return tuple(f"{month.sheet}!{month.cell}" for month in self.months)


@dataclass(frozen=True, slots=True)
class TypedUse:
    """What was typed of a process and flow, and what its own meters counted in those months.

    Both stand in the canonical unit of the flow; `cells` are those of the typed amounts.
    """

    process: str
    flow: str
    typed: Decimal
    metered: Decimal
    cells: tuple[str, ...]


def typed_uses(
    raw: RawLedger, typed: tuple[RowReading, ...], months: tuple[str, ...]
) -> tuple[TypedUse, ...]:
    """Return the typed amounts of a frozen ledger that meters of their own stand beside, by key.

    Only months in which both speak. Within the tolerance of DER-METER-003 the typed amount stands.
    """
    findings = Findings()
    sheet = read_meters(raw.optional.get("meters"), months, findings)
    keys = read_keys(raw.optional.get("shared"), months, findings)
    metering = _Metering(sheet, keys, MonthIndex(typed, months), findings)
    metering.readings(max((reading.number for reading in typed), default=0))
    return tuple(metering.typed_uses())


def left_out(
    raw: RawLedger, typed: tuple[RowReading, ...], months: tuple[str, ...]
) -> tuple[LeftOut, ...]:
    """Return what the main meters of a frozen ledger hold beyond all its processes, by flow.

    `typed` are the rows of its sheet `ledger`. Nothing for flows without a main meter, and where
    the processes count all of it. Rule: DER-METER-003.
    """
    findings = Findings()
    sheet = read_meters(raw.optional.get("meters"), months, findings)
    keys = read_keys(raw.optional.get("shared"), months, findings)
    metering = _Metering(sheet, keys, MonthIndex(typed, months), findings)
    rows = metering.readings(max((reading.number for reading in typed), default=0))
    return metering.left_out([reading.row for reading in rows if reading.row is not None])


@dataclass(frozen=True, slots=True)
class _Compared:
    """Months in which both typed rows and meters speak of a key, with what each says."""

    months: tuple[str, ...]
    by_hand: Decimal
    by_meter: Decimal


class _Metering:
    """All meters of a site in one pass: which can be trusted, and what each gives to whom."""

    def __init__(
        self,
        sheet: MeterSheet,
        keys: Sequence[DividingKey],
        typed: MonthIndex,
        findings: Findings,
    ) -> None:
        self.meters, self.nameless = sheet.meters, sheet.nameless
        self.typed, self.findings, self.months = typed, findings, typed.months
        self.partial: dict[str, frozenset[str]] = {}
        self.children: dict[str, list[Meter]] = defaultdict(list)
        self.users: dict[tuple[str | None, str | None], list[Meter]] = defaultdict(list)
        for meter in self.meters.values():
            self.children[meter.parent].append(meter)
            self.users[meter.process, meter.flow].append(meter)
        self.trusted = self._check_meters()
        self.shares: dict[str, Months] = {key: self._months(key) for key in self.trusted}
        self.keys, self.holes = keys_by_meter(keys, self.meters, self.nameless, findings)
        self.rests: dict[str, Rest] = {}
        self.unsure: set[str | None] = set()
        self.steps: dict[Key, list[Step]] = defaultdict(list)
        self.compared: dict[Key, list[_Compared]] = defaultdict(list)

    def _check_meters(self) -> set[str]:
        """Check every meter; return those whose consumption is known."""
        if self.nameless:
            return set()
        touched = check_parents(self.meters, self.findings)
        changes = changes_of(self.meters.values())
        trusted = set()
        for key, meter in self.meters.items():
            report_series(meter, self.findings)
            if not (self.months and meter.readings):
                continue
            coverage = check_coverage(meter, changes, self.months, self.findings)
            self.partial[key] = coverage.partial
            usable = meter.trusted and meter.factor is not None and meter.process is not None
            if usable and coverage.whole and key not in touched:
                trusted.add(key)
        return trusted

    def _months(self, key: str) -> Months:
        shares = monthly(self.meters[key].series.steps)
        return {month: share for month, share in shares.items() if month in self.months}

    def readings(self, last: int) -> tuple[RowReading, ...]:
        """Return rows numbered after `last`, and readings without rows for what is not known."""
        portions: dict[Key, list[Portion]] = defaultdict(list)
        for portion in self._portions():
            portions[portion.process, str(portion.meter.flow)].append(portion)
        holes = [reading for reading in self._unknown(last) if not self._is_typed(reading)]
        self.unsure = {item.process for key in self.holes for item in self.keys.get(key, ())}
        hidden = {(reading.process, reading.flow) for reading in holes}
        rows: list[LedgerRow] = []
        for key, items in portions.items():
            if self._typed_key(key):
                if self._all_known(key):
                    self._compare(key, items)
            elif key not in hidden:
                rows += self._rows(key, items, last + len(rows))
        self._check_rests(rows)
        found = [RowReading(r.row_number, r.process, r.flow, r.period, r) for r in rows]
        return (*found, *holes)

    def _portions(self) -> Iterator[Portion]:
        for key, meter in self.meters.items():
            if key not in self.trusted:
                continue
            if meter.process in {MAIN, SHARED_USE}:
                yield from self._divided(meter)
                continue
            self.steps[str(meter.process), str(meter.flow)] += meter.series.steps
            for month, share in self.shares[key].items():
                process = str(meter.process)
                yield Portion(meter, process, month, share.amount, share.estimated, share.closing)

    def _divided(self, meter: Meter) -> Iterator[Portion]:
        children = self.children[meter.key]
        if any(child.key not in self.trusted for child in children):
            self.holes.add(meter.key)
            return
        rest = rest_of(
            meter, children, self.shares, self.months, self.partial[meter.key], self.findings
        )
        if rest is None:
            self.holes.add(meter.key)
            return
        self.rests[meter.key] = rest
        keys = self.keys.get(meter.key, ())
        if meter.key in self.holes or (meter.process == MAIN and not keys):
            return
        divided = divided_months(meter, keys, rest.by_month, self.findings)
        if divided is None:
            self.holes.add(meter.key)
            return
        steps = [step for item in (meter, *children) for step in item.series.steps]
        for process in sorted({process for _, process, _, _ in divided}):
            self.steps[process, str(meter.flow)] += steps
        for month, process, amount, key in divided:
            share: MonthShare = self.shares[meter.key][month]
            estimated = month in rest.estimated
            yield Portion(meter, process, month, amount, estimated, share.closing, key)

    def _unknown(self, number: int) -> Iterator[RowReading]:
        """Yield readings without a row for everything a faulty meter or key might have given."""
        if self.nameless:
            yield RowReading(number, None, None, None, None)
        for key, meter in self.meters.items():
            own = meter.process not in {MAIN, SHARED_USE}
            if own and key not in self.trusted:
                yield from self._no_rows(number, meter.process, meter.flow)
            elif not own and (key not in self.trusted or key in self.holes):
                for process in sorted({item.process or "" for item in self.keys.get(key, ())}):
                    yield from self._no_rows(number, process or None, meter.flow)
        for key in sorted(self.holes - set(self.meters)):
            for process in sorted({item.process or "" for item in self.keys.get(key, ())}):
                yield from self._no_rows(number, process or None, None)

    def _no_rows(self, number: int, process: str | None, flow: str | None) -> Iterator[RowReading]:
        for month in self.months or (None,):
            yield RowReading(number, process, flow, month, None)

    def _is_typed(self, reading: RowReading) -> bool:
        if reading.process is None or reading.flow is None:
            return False
        return self._typed_key((reading.process, reading.flow))

    def _typed_key(self, key: Key) -> bool:
        typed = self.typed
        return key in typed.by_key or key in typed.distrusted or key in typed.unplaced

    def _all_known(self, key: Key) -> bool:
        """Tell whether both the typed rows and all meters of a key can be trusted."""
        if not self.typed.trusts(key):
            return False
        if key[0] in self.unsure or None in self.unsure:
            return False
        return all(meter.key in self.trusted for meter in self.users[key])

    def _compare(self, key: Key, portions: Sequence[Portion]) -> None:
        """Record where meters and typed rows of a process and flow differ (DER-METER-003)."""
        metered: dict[str, Decimal] = {}
        partial = {month for item in portions for month in self.partial[item.meter.key]}
        for item in portions:
            metered[item.month] = EXACT.add(metered.get(item.month, ZERO), item.canonical)
        typed = self.typed.sums[key]
        for run in comparable_runs(self.months, self.steps[key]):
            if partial & set(run) or not set(run) <= set(typed) or not set(run) <= set(metered):
                continue
            by_meter = exact_sum(metered[month] for month in run)
            by_hand = exact_sum(typed[month] for month in run)
            self.compared[key].append(_Compared(tuple(run), by_hand, by_meter))
            if abs(by_hand - by_meter) <= EXACT.multiply(by_meter, _TYPED_TOLERANCE):
                continue
            row = next(row for row in self.typed.by_key[key] if row.period == run[0])
            self.findings.error(
                "LEDGER_METER_TYPED_DIFFERS",
                row.sheet,
                row.cells["amount"],
                row.amount,
                process=process_label(key[0]),
                flow=flow_label(key[1]),
                months=list_label(run),
                typed=decimal_text(by_hand),
                metered=decimal_text(by_meter),
                unit=row.unit_canonical,
                meters=list_label(dict.fromkeys(item.meter.code for item in portions)),
                percent=decimal_text(_TYPED_TOLERANCE * 100),
            )

    def typed_uses(self) -> Iterator[TypedUse]:
        """Yield what was typed of each key beside its meters; `readings` compares them first."""
        for key, found in self.compared.items():
            months = {month for item in found for month in item.months}
            rows = [row for row in self.typed.by_key[key] if row.period in months]
            yield TypedUse(
                *key,
                exact_sum(item.by_hand for item in found),
                exact_sum(item.by_meter for item in found),
                tuple(f"{row.sheet}!{row.cells['amount']}" for row in rows),
            )

    def _rows(self, key: Key, portions: Sequence[Portion], last: int) -> list[LedgerRow]:
        role = vocabulary().expected_role(*key)
        if role is not None:
            return [
                _ledger_row(item, key[1], role, last + count)
                for count, item in enumerate(portions, start=1)
            ]
        first = portions[0]
        meter = first.meter
        cell = first.key.cell("process") if first.key else meter.stated("process")
        self.findings.error(
            "LEDGER_METER_NO_ROLE",
            first.key.sheet if first.key else meter.sheet,
            cell.ref,
            text_of(cell.value),
            process=process_label(key[0]),
            flow=flow_label(key[1]),
            places=list_label(vocabulary().reported_by(key[1]) or ("-",)),
        )
        return []

    def _check_rests(self, rows: Sequence[LedgerRow]) -> None:
        uncounted: dict[str, Mapping[str, Decimal] | None] = {}
        for key, rest in self.rests.items():
            meter, divided = self.meters[key], bool(self.keys.get(key))
            # Without sub-meters there is no rest to speak of once it is divided.
            whole = divided and not self.children[key]
            if meter.process != MAIN or key in self.holes or whole:
                continue
            flow = str(meter.flow)
            if flow not in uncounted:
                uncounted[flow] = self._uncounted(flow, rows)
            check_rest(
                meter, rest, divided=divided, uncounted=uncounted[flow], findings=self.findings
            )

    def left_out(self, rows: Sequence[LedgerRow]) -> tuple[LeftOut, ...]:
        """Return what no row counts of the main meters of each flow over the period."""
        found = []
        main = [m for m in self.meters.values() if m.process == MAIN and not m.parent]
        for flow in sorted({str(meter.flow) for meter in main}):
            uncounted = self._uncounted(flow, rows)
            if uncounted is None:
                continue
            whole = exact_sum(
                EXACT.multiply(share.amount, meter.factor or Decimal(1))
                for meter in main
                if meter.flow == flow
                for share in self.shares[meter.key].values()
            )
            of_flow = [meter for meter in main if meter.flow == flow]
            months = tuple(self._left_out_months(of_flow, uncounted))
            amount = exact_sum(month.amount for month in months)
            if whole and amount > 0:
                unit = vocabulary().flows[flow].unit
                found.append(LeftOut(flow, amount, unit, EXACT.divide(amount, whole), months))
        return tuple(found)

    def _left_out_months(
        self, meters: Sequence[Meter], uncounted: Mapping[str, Decimal]
    ) -> Iterator[LeftOutMonth]:
        """Yield the rest of each month that a main meter measures; others tell nothing."""
        for month, amount in uncounted.items():
            read = [meter for meter in meters if month in self.shares[meter.key]]
            if read:
                row = self.shares[read[0].key][month].closing.row
                cell = read[0].cell(row, "reading").ref
                yield LeftOutMonth(month, amount, read[0].sheet, cell)

    def _uncounted(self, flow: str, rows: Sequence[LedgerRow]) -> Mapping[str, Decimal] | None:
        """Return what of all main meters of a flow is in no row, by month; None if unknowable."""
        typed = self.typed
        of_flow = [meter for meter in self.meters.values() if meter.flow == flow]
        if (
            any(meter.key not in self.trusted or meter.key in self.holes for meter in of_flow)
            or any(key[1] == flow for key in (*typed.distrusted, *typed.unplaced))
            or typed.unknown_process
            or typed.unknown_flow
        ):
            return None
        left: dict[str, Decimal] = dict.fromkeys(self.months, ZERO)
        for meter in of_flow:
            if meter.process == MAIN and not meter.parent:
                for month, share in self.shares[meter.key].items():
                    amount = EXACT.multiply(share.amount, meter.factor or Decimal(1))
                    left[month] = EXACT.add(left[month], amount)
        for row in (*typed.rows, *rows):
            if row.flow == flow and row.period in left:
                left[row.period] = EXACT.subtract(left[row.period], row.amount_canonical)
        return left


def _ledger_row(item: Portion, flow: str, role: str, number: int) -> LedgerRow:
    meter, row = item.meter, item.closing.row
    cells = {
        "amount": meter.cell(row, "reading").ref,
        "period": meter.cell(row, "read_on").ref,
        "process": meter.stated("process").ref,
        "flow": meter.stated("flow").ref,
        "unit": meter.stated("unit").ref,
    }
    if item.key is not None:
        cells["value"] = f"{item.key.sheet}!{item.key.cell('value').ref}"
    return LedgerRow(
        sheet=meter.sheet,
        row_number=number,
        period=item.month,
        process=item.process,
        flow=flow,
        product="",
        role=role,
        amount=item.amount,
        unit=meter.unit,
        amount_canonical=item.canonical,
        unit_canonical=vocabulary().flows[flow].unit,
        method="estimated" if item.estimated else "metered",
        counterparty="",
        origin="",
        scrap_type="",
        instrument="",
        price=None,
        evidence=meter.text(row, "evidence"),
        note=meter.text(row, "note"),
        cells=cells,
    )
