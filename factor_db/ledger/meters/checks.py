"""Checks over meters: their series, what of the period they cover, and how they hang together.

A meter with an error is not trusted: nothing further is said about it, its parent or its rows.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from factor_db.foundation import units
from factor_db.foundation.canonical import EXACT, decimal_text, exact_sum
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import text_of
from factor_db.ledger.form.faults import (
    Findings,
    Param,
    Scope,
    flow_label,
    list_label,
    process_label,
)
from factor_db.ledger.form.word_lists import MAIN, SHARED_USE
from factor_db.ledger.meters.consumption import (
    HARMLESS,
    ZERO,
    Fault,
    MonthShare,
    Reading,
    Step,
    comparable_runs,
    divide,
    relative_uncertainty,
)
from factor_db.ledger.meters.sheet import Meter

_TOLERANCE = rule("DER-METER-003").number("sub_meter_tolerance")
_REST_SHARE = rule("DER-METER-003").number("rest_share_at_most")
# What no process counts of a main meter: named below, refused above.
_UNBOOKED_SHARE = rule("DER-METER-003").number("unbooked_share_at_most")
_DAYS_BETWEEN = int(rule("DER-METER-001").number("days_between_at_most"))
# Fault of a series → code of the message and column of the cell that it names.
_SERIES_CODES = {
    "negative": ("LEDGER_METER_NEGATIVE", "reading"),
    "rollover": ("LEDGER_METER_ROLLOVER", "reading"),
    "beyond_digits": ("LEDGER_METER_BEYOND_DIGITS", "reading"),
    "duplicate": ("LEDGER_METER_DUPLICATE", "read_on"),
    "duplicate_differs": ("LEDGER_METER_DUPLICATE_DIFFERS", "reading"),
    "reset_open": ("LEDGER_METER_RESET_OPEN", "event"),
    "not_removed": ("LEDGER_METER_NOT_REMOVED", "event"),
    "not_installed": ("LEDGER_METER_NOT_INSTALLED", "reading"),
    "unmeasured": ("LEDGER_METER_UNMEASURED", "read_on"),
    "multiplier_changed": ("LEDGER_METER_MULTIPLIER_CHANGED", "multiplier"),
    "multiplier_missing": ("LEDGER_METER_MULTIPLIER_MISSING", "multiplier"),
    "digits_changed": ("LEDGER_METER_DIGITS_CHANGED", "digits"),
}
Months = Mapping[str, MonthShare]
# Process, flow and parent: meters of one use may take over from each other.
Use = tuple[str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """Uses and days on which a meter's readings begin as installed or end as removed."""

    installed: frozenset[tuple[Use, date]]
    removed: frozenset[tuple[Use, date]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether the readings reach both ends of the period; months that are measured in part."""

    whole: bool
    partial: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rest:
    """What a meter with sub-meters leaves over: by month, in its unit, with the runs compared.

    `by_month` plus the sub-meters is the main meter exactly in every run of months; it is 0 where
    the sub-meters are above within the tolerance. `estimated` are months with an estimate in them.
    """

    by_month: Mapping[str, Decimal]
    main: Mapping[str, Decimal]
    runs: tuple[tuple[str, ...], ...]
    estimated: frozenset[str]


def report_series(meter: Meter, findings: Findings) -> None:
    """Record the faults of a meter's series, each at its cell."""
    for fault in meter.series.faults:
        code, column = _SERIES_CODES[fault.kind]
        cell = meter.cell(fault.reading.row, column)
        value = meter.text(fault.reading.row, column)
        params = _fault_params(meter, fault)
        if fault.kind in HARMLESS:
            noted = _noted(meter, fault.before, fault.reading)
            findings.warning(
                code, meter.sheet, cell.ref, value, explained=noted, scope=_scope(meter), **params
            )
        else:
            findings.error(code, meter.sheet, cell.ref, value, **params)


def _fault_params(meter: Meter, fault: Fault) -> dict[str, Param]:
    before = fault.before
    return {
        "meter": meter.code,
        "on": fault.reading.on.isoformat(),
        "before": decimal_text(before.register or ZERO),
        "before_on": before.on.isoformat(),
        "before_row": before.row,
        "digits": _digits_at(meter, fault.reading),
    }


def _digits_at(meter: Meter, reading: Reading) -> str:
    """Return the register's places as last written up to a reading: a blank means as before."""
    known = [item.digits for item in meter.readings if item.on <= reading.on and item.digits]
    return str(known[-1]) if known else ""


def _scope(meter: Meter) -> Scope:
    """Return what a finding about a meter is about, so that an exception may name it."""
    own = meter.process not in {None, MAIN, SHARED_USE}
    return Scope(meter.process or "" if own else "", meter.flow or "")


def _noted(meter: Meter, *readings: Reading) -> bool:
    return any(meter.text(reading.row, "note") for reading in readings)


def check_coverage(
    meter: Meter, changes: Changes, months: tuple[str, ...], findings: Findings
) -> Coverage:
    """Record months without readings at either end, and readings far apart (DER-METER-001).

    A meter that was `installed` after the start or `removed` before the end is not read outside
    its life: that wants a note, unless another meter of the same use takes over on that day.
    """
    start = date.fromisoformat(f"{months[0]}-01") - timedelta(days=1)
    year, month = (int(part) for part in months[-1].split("-"))
    end = date(year, month, monthrange(year, month)[1])
    first, last = meter.readings[0], meter.readings[-1]
    partial: set[str] = set()
    whole = True
    if first.on > start:
        without = [name for name in months if name <= f"{first.on:%Y-%m}"]
        born = first.event == "installed"
        if not (born and (_use(meter), first.on) in changes.removed):
            partial |= set(without)
            whole = _report_uncovered(
                meter, first, without, "LEDGER_METER_START_UNCOVERED", born, findings
            )
    if last.on < end:
        following = last.on + timedelta(days=1)
        without = [name for name in months if name >= f"{following:%Y-%m}"]
        gone = last.event == "removed"
        if not (gone and (_use(meter), last.on) in changes.installed):
            partial |= set(without)
            whole = (
                _report_uncovered(
                    meter, last, without, "LEDGER_METER_END_UNCOVERED", gone, findings
                )
                and whole
            )
    _report_gaps(meter, start, end, findings)
    return Coverage(whole, frozenset(partial))


def _use(meter: Meter) -> Use:
    return meter.process, meter.flow, meter.parent


def changes_of(meters: Iterable[Meter]) -> Changes:
    """Return on which days meters of which use begin with an installation or end with a removal."""
    read = [meter for meter in meters if meter.readings]
    first = [(meter, meter.readings[0]) for meter in read]
    last = [(meter, meter.readings[-1]) for meter in read]
    return Changes(
        frozenset((_use(meter), at.on) for meter, at in first if at.event == "installed"),
        frozenset((_use(meter), at.on) for meter, at in last if at.event == "removed"),
    )


def _report_uncovered(
    meter: Meter,
    at: Reading,
    months: Sequence[str],
    uncovered: str,
    by_event: bool,
    findings: Findings,
) -> bool:
    """Record an uncovered end; True when the meter's own life explains it."""
    cell = meter.cell(at.row, "read_on").ref
    params: dict[str, Param] = {"meter": meter.code, "months": list_label(months)}
    if by_event:
        noted = _noted(meter, at)
        code = "LEDGER_METER_PART_OF_PERIOD"
        findings.warning(
            code, meter.sheet, cell, at.on, explained=noted, scope=_scope(meter), **params
        )
    else:
        findings.error(uncovered, meter.sheet, cell, at.on, **params)
    return by_event


def _report_gaps(meter: Meter, start: date, end: date, findings: Findings) -> None:
    for one, other in pairwise(meter.readings):
        days = (other.on - one.on).days
        unmeasured = one.event == "removed"
        if days <= _DAYS_BETWEEN or unmeasured or other.on <= start or one.on >= end:
            continue
        findings.warning(
            "LEDGER_METER_GAP",
            meter.sheet,
            meter.cell(other.row, "read_on").ref,
            other.on,
            explained=_noted(meter, one, other),
            scope=_scope(meter),
            meter=meter.code,
            days=days,
            before_on=one.on.isoformat(),
            most=_DAYS_BETWEEN,
        )


def check_parents(meters: Mapping[str, Meter], findings: Findings) -> set[str]:
    """Record unknown parents, cycles and parents that can't be one; return the meters touched.

    A sub-meter whose parent is not known may belong to any main meter of its flow.
    """
    touched: set[str] = set()
    for cycle in _cycles(meters):
        touched |= set(cycle)
        chain = " → ".join(meters[key].code for key in (*cycle, cycle[0]))
        _report_parent(meters[cycle[0]], "LEDGER_METER_PARENT_CYCLE", findings, chain=chain)
    flows: set[str | None] = {meters[key].flow for key in touched}
    for meter in meters.values():
        parent = meters.get(meter.parent)
        if not meter.parent or meter.key in touched:
            continue
        if parent is None:
            _report_parent(meter, "LEDGER_METER_PARENT_UNKNOWN", findings)
        elif None not in (parent.flow, meter.flow) and parent.flow != meter.flow:
            names = {"flow": flow_label(str(meter.flow)), "other": flow_label(str(parent.flow))}
            _report_parent(meter, "LEDGER_METER_PARENT_FLOW", findings, **names)
            touched.add(parent.key)
        elif parent.process not in {None, MAIN, SHARED_USE}:
            process = process_label(str(parent.process))
            _report_parent(meter, "LEDGER_METER_PARENT_PROCESS", findings, process=process)
            touched.add(parent.key)
        else:
            continue
        touched.add(meter.key)
        flows.add(meter.flow)
    return touched | {
        meter.key
        for meter in meters.values()
        if meter.flow in flows and meter.process in {MAIN, SHARED_USE}
    }


def _report_parent(meter: Meter, code: str, findings: Findings, **params: Param) -> None:
    cell = meter.stated("parent")
    value = text_of(cell.value)
    findings.error(code, meter.sheet, cell.ref, value, meter=meter.code, **params)


def _cycles(meters: Mapping[str, Meter]) -> list[tuple[str, ...]]:
    """Return every chain of parents that leads back to its own start."""
    done: set[str] = set()
    cycles: list[tuple[str, ...]] = []
    for key in meters:
        path: dict[str, None] = {}
        while key in meters and key not in done and key not in path:
            path[key] = None
            key = meters[key].parent
        if key in path:
            chain = tuple(path)
            cycles.append(chain[chain.index(key) :])
        done |= path.keys()
    return cycles


def rest_of(
    meter: Meter,
    children: Sequence[Meter],
    shares: Mapping[str, Months],
    months: tuple[str, ...],
    partial: frozenset[str],
    findings: Findings,
) -> Rest | None:
    """Return what sub-meters leave of their main meter; None, with an error, if they exceed it.

    Compared are whole runs of months that no step crosses: between two readings nobody knows the
    monthly split. `partial` are months the main meter does not measure whole. Rule: DER-METER-003.
    """
    main = {name: share.amount for name, share in shares[meter.key].items() if name in months}
    sums = dict.fromkeys(main, ZERO)
    estimated = {name for name, share in shares[meter.key].items() if share.estimated}
    for child in children:
        factor = units.conversion(child.unit, meter.unit)
        for name, share in shares[child.key].items():
            if name in sums:
                sums[name] = EXACT.add(sums[name], EXACT.multiply(share.amount, factor))
                estimated |= {name} if share.estimated else set()
    steps: list[Step] = [step for item in (meter, *children) for step in item.series.steps]
    runs = comparable_runs(tuple(main), steps)
    limit = 1 + _tolerance(meter, children)
    rest: dict[str, Decimal] = {}
    good = True
    for run in runs:
        whole = exact_sum(main[name] for name in run)
        parts = exact_sum(sums[name] for name in run)
        if parts > EXACT.multiply(whole, limit) and not partial & set(run):
            good = False
            _report_children(meter, shares[meter.key], run, (whole, parts), findings)
        rest |= _spread_rest(run, main, max(ZERO, EXACT.subtract(whole, parts)))
    return Rest(rest, main, runs, frozenset(estimated)) if good else None


def _spread_rest(
    run: Sequence[str], main: Mapping[str, Decimal], rest: Decimal
) -> dict[str, Decimal]:
    """Spread the rest of a run over its months as the main meter's consumption is spread."""
    if not rest:
        return dict.fromkeys(run, ZERO)
    return dict(zip(run, divide(rest, [main[name] for name in run]), strict=True))


def _tolerance(meter: Meter, children: Sequence[Meter]) -> Decimal:
    widths = [relative_uncertainty(item.accuracy_class) or ZERO for item in (meter, *children)]
    return max(_TOLERANCE, widths[0] + max(widths[1:], default=ZERO))


def _report_children(
    meter: Meter,
    shares: Months,
    run: Sequence[str],
    sums: tuple[Decimal, Decimal],
    findings: Findings,
) -> None:
    cell = meter.cell(shares[run[-1]].closing.row, "reading")
    findings.error(
        "LEDGER_METER_CHILDREN_ABOVE",
        meter.sheet,
        cell.ref,
        text_of(cell.value),
        meter=meter.code,
        months=list_label(run),
        main=decimal_text(sums[0]),
        children=decimal_text(sums[1]),
        unit=meter.unit,
    )


def check_rest(
    meter: Meter,
    rest: Rest,
    *,
    divided: bool,
    uncounted: Mapping[str, Decimal] | None,
    findings: Findings,
) -> None:
    """Record an unmetered rest that is large, or that is in no row of the ledger.

    `uncounted` is what of all main meters of the flow is in no row, by month in its canonical
    unit; None when that can't be told. Over the period it is an error above its limit: no note
    explains away power that was used. Rule: DER-METER-003.
    """
    if not divided and uncounted is None:
        return
    limit = _REST_SHARE if divided else _TOLERANCE
    shares: dict[tuple[str, ...], Decimal] = {}
    all_left = all_main = ZERO
    for run in rest.runs:
        whole = exact_sum(rest.main[name] for name in run)
        left = exact_sum(rest.by_month[name] for name in run)
        if uncounted is not None and not divided:
            lost = exact_sum(uncounted.get(name, ZERO) for name in run)
            left = min(left, EXACT.divide(lost, meter.factor or Decimal(1)))
        all_left, all_main = EXACT.add(all_left, left), EXACT.add(all_main, whole)
        if whole and left > EXACT.multiply(whole, limit):
            shares[run] = EXACT.divide(left, whole)
    if not divided and all_left > EXACT.multiply(all_main, _UNBOOKED_SHARE):
        _report_unbooked(meter, all_left, all_main, findings)
        return
    if not shares:
        return
    cell = meter.stated("meter")
    percent = (max(shares.values()) * 100).quantize(Decimal("0.1"))
    findings.warning(
        "LEDGER_METER_REST_LARGE" if divided else "LEDGER_METER_REST_NOWHERE",
        meter.sheet,
        cell.ref,
        meter.code,
        explained=meter.noted,
        scope=_scope(meter),
        meter=meter.code,
        months=list_label(name for run in shares for name in run),
        percent=decimal_text(percent),
        limit=decimal_text(limit * 100),
    )


def _report_unbooked(meter: Meter, left: Decimal, main: Decimal, findings: Findings) -> None:
    cell = meter.stated("meter")
    percent = (EXACT.divide(left, main) * 100).quantize(Decimal("0.1"))
    findings.error(
        "LEDGER_METER_REST_LOST",
        meter.sheet,
        cell.ref,
        meter.code,
        meter=meter.code,
        left=decimal_text(left.quantize(Decimal(1))),
        unit=meter.unit,
        percent=decimal_text(percent),
        limit=decimal_text(_UNBOOKED_SHARE * 100),
    )
