"""One plant under two site codes: two ledgers that weigh the same or share a meter.

A month of a plant has one answer. Under a second code, or another enterprise's number, the same
plant could be stated twice, each time otherwise, and the better one shown. Of another enterprise's
ledger nobody learns more than that it is there. Rule: PCF-SITE-001.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session, select

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import serial_key
from factor_db.ledger.form.faults import Finding, Param, first_cells, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow, months_between
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.ledger.form.word_lists import MAIN, SHARED_USE
from factor_db.ledger.frozen.corrections import effective_rows, frozen_ledger
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.site_ledgers import Answering, answering_ledgers, period_name
from factor_db.ledger.meters.sheet import Meter
from factor_db.ledger.power.instrument_use import Claimant
from factor_db.store.sight import house_at_work, require_sight, sees
from factor_db.store.tables import LedgerEntry, LedgerFile, Site

RULE = "PCF-SITE-001"
METAL, METER = "LEDGER_TWIN_METAL", "LEDGER_TWIN_METER"
STRANGER, KNOWN = "LEDGER_TWIN_STRANGER", "LEDGER_TWIN_KNOWN"
_MOST_ALIKE, _WITHIN = rule(RULE).number("most_alike"), rule(RULE).number("alike_within")
_LEAST_ALIKE = int(rule(RULE).number("least_alike"))
_LEAST_READINGS = int(rule(RULE).number("least_readings"))
_SHOWN_CELLS = int(rule(RULE).number("cells_shown"))
_LEAST_NAME = 12
Rows = Iterable[LedgerRow] | Iterable[LedgerEntry]
_Use = tuple[str, str, Decimal]
Read = Callable[[], FrozenLedger | None]


class _Place(NamedTuple):
    """What a metal amount is of; product codes are names, so another name is no other metal."""

    month: str
    process: str
    flow: str
    role: str


@dataclass
class _Amount:
    """The sum of a place, t, and the cells it stands in."""

    tonnes: Decimal = Decimal(0)
    cells: list[str] = field(default_factory=list)


class _Told(NamedTuple):
    """A reading, with its day, and the cell it stands in."""

    day: date
    register: Decimal
    cell: str


class _Pair(NamedTuple):
    """A reading of a meter, and the same one in the other ledger."""

    meter: Meter
    here: _Told
    away: _Told


def twins(session: Session, claimant: Claimant, rows: Rows, read: Read) -> tuple[Finding, ...]:
    """Return a finding for each ledger of another site of the owner that is of the same plant.

    `rows` are the ledger's as corrected; `read` gives its cells, and is called only where another
    site of the owner has a ledger of the same months.
    """
    others = answering_ledgers(session, claimant.owner, (*claimant.replaces, claimant.ledger))
    return tuple(_alike_among(session, claimant, others, rows, read))


def strangers(session: Session, claimant: Claimant, rows: Rows, read: Read) -> tuple[Finding, ...]:
    """Return a finding where another enterprise's ledger in the store is of the same plant.

    Who may see that ledger is told its site and file, anyone else only that there is one: neither
    cells nor amounts, which would tell what the other says.
    """
    require_sight(session, claimant.owner)
    with house_at_work(session):
        query = select(LedgerFile.owner).where(LedgerFile.owner != claimant.owner).distinct()
        others = [
            item for owner in session.exec(query) for item in answering_ledgers(session, owner)
        ]
        found = next(_alike_among(session, claimant, others, rows, read, sparing=True), None)
    if found is None:
        return ()
    site = session.get_one(Site, str(found.params["site"]))
    words: dict[str, Param] = {}
    if sees(session, site.owner):
        words = {name: found.params[name] for name in ("site", "period", "file")}
    return (Finding(KNOWN if words else STRANGER, "error", found.sheet, "", "", words),)


def _alike_among(
    session: Session,
    claimant: Claimant,
    others: Iterable[Answering],
    rows: Rows,
    read: Read,
    *,
    sparing: bool = False,
) -> Iterator[Finding]:
    """Yield a finding for each ledger of other sites and the same months that is of one plant.

    `sparing` opens only the files of those that used the same amounts of something: of all
    enterprises of a store there may be many.
    """
    ours: Mapping[_Place, _Amount] | None = None
    meters: tuple[Meter, ...] = ()
    used: set[_Use] = set()
    for other in others:
        start = max(claimant.period_start, other.period_start)
        end = min(claimant.period_end, other.period_end)
        if other.site == claimant.site or start > end:
            continue
        if ours is None:
            ours, used, meters = _metal(rows), _used(rows), _of_steps(read())
        file = session.get_one(LedgerFile, other.sha256)
        months = set(months_between(date.fromisoformat(start), date.fromisoformat(end)))
        entries = effective_rows(session, file).rows
        finding = _same_metal(ours, _metal(entries), months, file)
        if not finding and meters and (not sparing or _same_use(used, _used(entries))):
            finding = _same_meter(meters, _of_steps(frozen_ledger(session, file)), file)
        if finding:
            yield finding


def _metal(rows: Rows) -> dict[_Place, _Amount]:
    """Return the metal amounts of a ledger that are not 0."""
    flows = vocabulary().flows
    found: dict[_Place, _Amount] = {}
    for row in rows:
        if "." in row.flow:
            continue
        entry = flows[row.flow]
        if entry.category not in METAL_CATEGORIES or entry.unit != "t":
            continue
        if isinstance(row, LedgerEntry):
            amount, cell = row.amount, row.cell
        else:
            amount, cell = row.amount_canonical, f"{row.sheet}!{row.cells['amount']}"
        place = found.setdefault(_Place(row.period, row.process, row.flow, row.role), _Amount())
        place.tonnes = EXACT.add(place.tonnes, amount)
        place.cells.append(cell)
    return {place: amount for place, amount in found.items() if amount.tonnes}


def _used(rows: Rows) -> set[_Use]:
    """Return what was used of anything but metal, month by month: readings of a meter among it."""
    flows = vocabulary().flows
    return {
        (row.period, row.flow, amount)
        for row in rows
        if "." not in row.flow and flows[row.flow].category not in METAL_CATEGORIES
        if (amount := row.amount if isinstance(row, LedgerEntry) else row.amount_canonical)
    }


def _same_use(ours: set[_Use], theirs: set[_Use]) -> bool:
    return len(ours & theirs) >= _LEAST_READINGS


def _same_metal(
    ours: Mapping[_Place, _Amount],
    theirs: Mapping[_Place, _Amount],
    months: Collection[str],
    file: LedgerFile,
) -> Finding | None:
    here = {place: item for place, item in ours.items() if place.month in months}
    there = {place: item for place, item in theirs.items() if place.month in months}
    compared = min(len(here), len(there))
    ratio = _usual_ratio(here, there)
    alike = [
        place
        for place in sorted(here)
        if place in there and _alike(here[place].tonnes, ratio * there[place].tonnes)
    ]
    if not _alike(ratio, Decimal(1)):
        alike = _varying(alike, here)
    different = {(place.month, here[place].tonnes) for place in alike}
    if len(different) < _LEAST_ALIKE or len(alike) < _MOST_ALIKE * compared:
        return None
    first = alike[0]
    words: dict[str, Param] = {
        **_of_file(file),
        "process": process_label(first.process),
        "flow": flow_label(first.flow),
        "month": first.month,
        "here": decimal_text(here[first].tonnes),
        "there": decimal_text(there[first].tonnes),
        "ratio": decimal_text(ratio.quantize(_WITHIN)),
        "alike": len(alike),
        "compared": compared,
        "cells": _listed(cell for place in alike for cell in here[place].cells),
        "other_cells": _listed(cell for place in alike for cell in there[place].cells),
    }
    return _finding(METAL, here[first].cells[0], words)


def _usual_ratio(here: Mapping[_Place, _Amount], there: Mapping[_Place, _Amount]) -> Decimal:
    """Return the median of ours over theirs: a copy may have been scaled as a whole."""
    ratios = sorted(
        EXACT.divide(here[place].tonnes, there[place].tonnes) for place in here if place in there
    )
    return ratios[len(ratios) // 2] if ratios else Decimal(1)


def _varying(places: Iterable[_Place], here: Mapping[_Place, _Amount]) -> list[_Place]:
    """Return the places of flows that are another amount from month to month.

    Books of twelve equal months are in one ratio to any other such books, whosever they are.
    """
    amounts: dict[tuple[str, ...], set[Decimal]] = {}
    for place in here:
        amounts.setdefault(place[1:], set()).add(here[place].tonnes)
    return [place for place in places if len(amounts[place[1:]]) >= _LEAST_ALIKE]


def _alike(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= EXACT.multiply(_WITHIN, max(abs(one), abs(other)))


def _of_steps(frozen: FrozenLedger | None) -> tuple[Meter, ...]:
    """Return the meters that belong to a step: main and shared ones may serve several sites."""
    meters = frozen.meters if frozen else ()
    return tuple(
        item for item in meters if item.flow and item.process not in (None, MAIN, SHARED_USE)
    )


def _same_meter(ours: Iterable[Meter], theirs: Iterable[Meter], file: LedgerFile) -> Finding | None:
    """Return a finding where a meter's number has readings in common, or most of all readings are.

    A number may be written otherwise; of whole registers of the same days, most are not alike by
    chance, whatever the meters are called.
    """
    here, there = list(ours), list(theirs)
    named = {(serial_key(item.code), item.flow): item for item in there}
    for meter in here:
        other = named.get((serial_key(meter.code), meter.flow))
        common = _common([meter], [other]) if other else []
        if len(common) >= _LEAST_READINGS:
            return _meter_finding(common, file)
    common = _common(here, there)
    fewer = min(sum(len(list(_readings(item))) for item in side) for side in (here, there))
    different = {(pair.here.day, pair.here.register) for pair in common}
    if len(different) >= _LEAST_ALIKE and len(common) >= _MOST_ALIKE * fewer:
        return _meter_finding(common, file)
    return None


def _common(ours: Iterable[Meter], theirs: Iterable[Meter]) -> list[_Pair]:
    """Return the readings of one flow, day and register that both sides have."""
    told = {
        (item.flow, away.day, away.register): away for item in theirs for away in _readings(item)
    }
    return [
        _Pair(item, here, away)
        for item in ours
        for here in _readings(item)
        if (away := told.get((item.flow, here.day, here.register)))
    ]


def _meter_finding(common: list[_Pair], file: LedgerFile) -> Finding:
    meter, first, _ = common[0]
    words: dict[str, Param] = {
        **_of_file(file),
        "meter": meter.code,
        "process": process_label(str(meter.process)),
        "flow": flow_label(str(meter.flow)),
        "day": first.day.isoformat(),
        "reading": decimal_text(first.register),
        "alike": len(common),
        "cells": _listed(pair.here.cell for pair in common),
        "other_cells": _listed(pair.away.cell for pair in common),
    }
    return _finding(METER, first.cell, words)


def _readings(meter: Meter) -> Iterator[_Told]:
    for item in meter.readings:
        if item.register:
            cell = f"{meter.sheet}!{meter.cell(item.row, 'reading').ref}"
            yield _Told(item.on, item.register, cell)


def _of_file(file: LedgerFile) -> dict[str, Param]:
    return {
        "site": file.site,
        "file": file.file_name,
        "period": period_name(file.period_start, file.period_end),
        "ledger": file.sha256[:_LEAST_NAME],
    }


def _finding(code: str, at: str, words: dict[str, Param]) -> Finding:
    sheet, _, cell = at.partition("!")
    return Finding(code, "error", sheet, cell, "", words)


def _listed(cells: Iterable[str]) -> str:
    return first_cells(list(cells), _SHOWN_CELLS)
