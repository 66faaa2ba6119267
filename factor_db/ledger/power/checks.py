"""Own generation and instruments against the power the site's processes used, month by month.

What is claimed has to be there: own use and feed-in add up to what was generated, certificates sold
are not claimed again, a month's use is not exceeded, every month is stated. Comparisons with rows
that have a fault stay silent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import serial_key
from factor_db.ledger.form.faults import Findings, Label, Scope, list_label
from factor_db.ledger.form.limits import BALANCE_TOLERANCE
from factor_db.ledger.form.power_entries import Instrument, OwnPower
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.months.month_index import ZERO, MonthIndex
from factor_db.ledger.power.rows import PowerReading

# Two meters and their reading at midnight; the balance of metal allows as much. EJ.
SPLIT_TOLERANCE = BALANCE_TOLERANCE
# The processes' power against what came in: two meters, as a main meter and its sub-meters.
SOURCE_TOLERANCE = rule("DER-METER-003").number("sub_meter_tolerance")
_LEAST_NUMBER = int(rule("PCF-ELEC-009").number("least_signs"))
NO_INSTALLATION, FUEL_TWICE = "LEDGER_POWER_INSTALLATION", "LEDGER_POWER_FUEL_TWICE"
_SERIALS = re.compile(r"[;；、\n]")


def check_power(
    power: PowerReading, listed: bool, month_index: MonthIndex, findings: Findings
) -> None:
    """Record every finding of the sheets `power` and `instruments` beside those of single rows.

    `listed` says that the ledger has a sheet `instruments`. Rules: PCF-ELEC-004, PCF-ELEC-005,
    PCF-ELEC-007, PCF-ELEC-009.
    """
    for entry in (*power.own, *power.of_fuel):
        _check_split(entry, findings)
    check_named(power, findings)
    _check_months(power, month_index.months, findings)
    if listed:
        _check_listed(power, month_index, findings)
    used = used_by_month(month_index)
    if used is None or not power.whole:
        return
    if not _check_own_use(power.own, used, findings):
        _check_sources(power, month_index, used, findings)
    _check_instruments(power, used, findings)


def check_named(power: PowerReading, findings: Findings) -> None:
    """Record own power that is claimed and does not say of which installation (PCF-ELEC-009).

    A sheet of the form before that was asked has no column to say it in.
    """
    for entry in power.own:
        if entry.asked_for and entry.claimed > 0 and len(entry.installation) < _LEAST_NUMBER:
            words = {"month": entry.period, "least": str(_LEAST_NUMBER)}
            _error(NO_INSTALLATION, entry, "installation", findings, **words)


def used_by_month(month_index: MonthIndex) -> dict[str, Decimal] | None:
    """Return month → kWh of all processes, or None where a row of power cannot be trusted."""
    keys = [key for key in {*month_index.sums, *month_index.distrusted} if key[1] == POWER_FLOW]
    if not month_index.trusts(*keys) or month_index.hidden_by_unknown(("", POWER_FLOW)):
        return None
    months: dict[str, Decimal] = dict.fromkeys(month_index.months, ZERO)
    for key in keys:
        for month, amount in month_index.sums[key].items():
            months[month] = months.get(month, ZERO) + amount
    return months


def _check_split(entry: OwnPower, findings: Findings) -> None:
    kwh = entry.kwh
    total = kwh["used"] + kwh["fed_in"]
    if abs(kwh["generated"] - total) > SPLIT_TOLERANCE * max(kwh["generated"], total):
        _error(
            "LEDGER_POWER_SPLIT",
            entry,
            "generated",
            findings,
            generated=decimal_text(kwh["generated"]),
            total=decimal_text(total),
        )
    if kwh["certificates_sold"] > kwh["used"]:
        _error(
            "LEDGER_POWER_SOLD",
            entry,
            "certificates_sold",
            findings,
            sold=decimal_text(kwh["certificates_sold"]),
            used=decimal_text(kwh["used"]),
        )


def _check_months(power: PowerReading, months: tuple[str, ...], findings: Findings) -> None:
    by_source: dict[str, list[OwnPower]] = defaultdict(list)
    for entry in power.own:
        by_source[entry.source].append(entry)
    for source, entries in by_source.items():
        missing = [month for month in months if month not in {item.period for item in entries}]
        if missing and power.whole:
            first = entries[0]
            months_label = list_label(missing)
            code = "LEDGER_POWER_MONTH_MISSING"
            _error(code, first, "source", findings, source=source, months=months_label)


def _check_listed(power: PowerReading, month_index: MonthIndex, findings: Findings) -> None:
    """Every serial that a ledger row of power names has to be on the sheet."""
    known = {item.serial for item in power.instruments}
    for row in month_index.rows:
        if row.flow != POWER_FLOW or not row.instrument or not power.whole:
            continue
        names = [name.strip() for name in _SERIALS.split(row.instrument)]
        unlisted = [name for name in names if name and serial_key(name) not in known]
        if unlisted:
            cell = row.cells.get("instrument", row.cells["amount"])
            code = "LEDGER_INSTRUMENT_UNLISTED"
            serials = list_label(unlisted)
            findings.error(code, row.sheet, cell, row.instrument, serials=serials)


def _check_sources(
    power: PowerReading, month_index: MonthIndex, used: dict[str, Decimal], findings: Findings
) -> None:
    """Hold the power of all processes against what was bought and what of one's own was used.

    Power is entered whatever its source: entered as bought only, own power would be taken off
    twice. Where nothing is said of the power bought, own power is claimed by no rule, so that there
    is nothing to hold. Rules: PCF-ELEC-007, DER-METER-003.
    """
    own, fuel = (_used(entries) for entries in (power.own, power.of_fuel))
    if not (own or fuel) or not power.purchased:
        return
    largest = max((*power.own, *power.of_fuel), key=lambda entry: entry.kwh["used"])
    stated = {entry.period for entry in power.purchased}
    missing = [month for month in month_index.months if month not in stated]
    if missing:
        months = list_label(missing)
        _error("LEDGER_POWER_PURCHASED_MISSING", largest, "source", findings, months=months)
        return
    bought, processes = _used(power.purchased), sum(used.values(), ZERO)
    # The power of fuel may be in the processes' meters or out of them: the nearer says which.
    came = min((bought + own, bought + own + fuel), key=lambda kwh: abs(kwh - processes))
    if abs(came - processes) > SOURCE_TOLERANCE * came:
        _error(
            "LEDGER_POWER_SOURCES_DIFFER",
            largest,
            "used",
            findings,
            processes=decimal_text(processes),
            bought=decimal_text(bought),
            own=decimal_text(own + fuel),
            limit=decimal_text(SOURCE_TOLERANCE * 100),
        )
    elif fuel and came > bought + own:
        _counted_twice(power.of_fuel[0], fuel, processes, findings)


def _used(entries: Iterable[OwnPower]) -> Decimal:
    return sum((entry.kwh["used"] for entry in entries), ZERO)


def _counted_twice(entry: OwnPower, fuel: Decimal, processes: Decimal, findings: Findings) -> None:
    """Record power of fuel that the processes count as bought: too much, and never too little."""
    findings.warning(
        FUEL_TWICE,
        entry.sheet,
        entry.cells["used"],
        decimal_text(entry.kwh["used"]),
        scope=Scope(flow=POWER_FLOW),
        fuel=decimal_text(fuel),
        share=f"{fuel / processes * 100:.2f}",
    )


def _check_own_use(own: Iterable[OwnPower], used: dict[str, Decimal], findings: Findings) -> bool:
    """Record months whose own use is above all use; tell whether there were any."""
    above = False
    by_month: dict[str, list[OwnPower]] = defaultdict(list)
    for entry in own:
        by_month[entry.period].append(entry)
    for month, entries in by_month.items():
        total = sum((entry.kwh["used"] for entry in entries), ZERO)
        if total > used.get(month, ZERO):
            largest = max(entries, key=lambda entry: entry.kwh["used"])
            params = _compared(month, total, used.get(month, ZERO))
            _error("LEDGER_POWER_OVER_USE", largest, "used", findings, **params)
            above = True
    return above


def _check_instruments(power: PowerReading, used: dict[str, Decimal], findings: Findings) -> None:
    claimed: dict[str, Decimal] = defaultdict(Decimal)
    for entry in power.own:
        claimed[entry.period] += entry.claimed
    by_month: dict[str, list[Instrument]] = defaultdict(list)
    for item in power.instruments:
        by_month[item.period].append(item)
        claimed[item.period] += item.kwh
    total, whole = sum(claimed.values(), ZERO), sum(used.values(), ZERO)
    if power.instruments and total > whole:
        largest = max(power.instruments, key=lambda item: item.kwh)
        params = _compared("", total, whole)
        del params["month"]
        _error("LEDGER_INSTRUMENT_OVER_USE", largest, "amount", findings, **params)
        return
    for month, items in by_month.items():
        surplus = claimed[month] - used.get(month, ZERO)
        if surplus > 0:
            _surplus(max(items, key=lambda item: item.kwh), surplus, findings)


def _surplus(item: Instrument, surplus: Decimal, findings: Findings) -> None:
    findings.warning(
        "LEDGER_INSTRUMENT_MONTH_SURPLUS",
        item.sheet,
        item.cells["amount"],
        decimal_text(item.kwh),
        explained=bool(item.note),
        scope=Scope(flow=POWER_FLOW, period=item.period),
        month=item.period,
        surplus=decimal_text(surplus),
    )


def _compared(month: str, total: Decimal, used: Decimal) -> dict[str, str]:
    return {"month": month, "total": decimal_text(total), "used": decimal_text(used)}


def _error(
    code: str,
    entry: OwnPower | Instrument,
    column: str,
    findings: Findings,
    **params: str | Label,
) -> None:
    cell = entry.cells.get(column, f"A{entry.row_number}")
    findings.error(code, entry.sheet, cell, "", **params)
