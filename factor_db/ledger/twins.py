"""One plant under two site codes: two ledgers of an owner that weigh the same or share a meter.

A month of a plant has one answer. Under a second code the same plant could be stated twice, each
time otherwise, and the better one shown. Rule: PCF-SITE-001.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.cells import RawLedger
from factor_db.ledger.corrections import corrected_cells, effective_rows
from factor_db.ledger.faults import Finding, Param, first_cells, flow_label, process_label
from factor_db.ledger.instrument_use import Claimant
from factor_db.ledger.meter_sheet import MAIN, SHARED_USE, Meter, meters_of
from factor_db.ledger.rows import LedgerRow, months_between
from factor_db.ledger.site_ledgers import answering_ledgers, period_name
from factor_db.ledger.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.store.tables import LedgerEntry, LedgerFile

RULE = "PCF-SITE-001"
METAL, METER = "LEDGER_TWIN_METAL", "LEDGER_TWIN_METER"
_MOST_ALIKE, _WITHIN = rule(RULE).number("most_alike"), rule(RULE).number("alike_within")
_LEAST_ALIKE = int(rule(RULE).number("least_alike"))
_LEAST_READINGS = int(rule(RULE).number("least_readings"))
_SHOWN_CELLS = int(rule(RULE).number("cells_shown"))
_LEAST_NAME = 12
Rows = Iterable[LedgerRow] | Iterable[LedgerEntry]
Read = Callable[[], RawLedger | None]


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


def twins(session: Session, claimant: Claimant, rows: Rows, read: Read) -> tuple[Finding, ...]:
    """Return a finding for each ledger of another site of the owner that is of the same plant.

    `rows` are the ledger's as corrected; `read` gives its cells, and is called only where another
    site of the owner has a ledger of the same months.
    """
    ours: Mapping[_Place, _Amount] | None = None
    meters: tuple[Meter, ...] = ()
    found: list[Finding] = []
    for other in answering_ledgers(session, claimant.owner, (*claimant.replaces, claimant.ledger)):
        start = max(claimant.period_start, other.period_start)
        end = min(claimant.period_end, other.period_end)
        if other.site == claimant.site or start > end:
            continue
        if ours is None:
            ours, meters = _metal(rows), _of_steps(read())
        file = session.get_one(LedgerFile, other.sha256)
        months = set(months_between(date.fromisoformat(start), date.fromisoformat(end)))
        theirs = _metal(effective_rows(session, file).rows)
        finding = _same_metal(ours, theirs, months, file)
        finding = finding or _same_meter(meters, _of_steps(corrected_cells(session, file)), file)
        found += [finding] if finding else []
    return tuple(found)


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


def _of_steps(cells: RawLedger | None) -> tuple[Meter, ...]:
    """Return the meters that belong to a step: main and shared ones may serve several sites."""
    meters = meters_of(cells.optional) if cells else ()
    return tuple(item for item in meters if item.process not in (None, MAIN, SHARED_USE))


def _same_meter(ours: Iterable[Meter], theirs: Iterable[Meter], file: LedgerFile) -> Finding | None:
    there = {(item.key, item.flow): item for item in theirs}
    for meter in ours:
        other = there.get((meter.key, meter.flow))
        if other is None or meter.process is None or meter.flow is None:
            continue
        told = {(item.day, item.register): item for item in _readings(other)}
        common = [
            (item, told[item.day, item.register])
            for item in _readings(meter)
            if (item.day, item.register) in told
        ]
        if len(common) < _LEAST_READINGS:
            continue
        first = common[0][0]
        words: dict[str, Param] = {
            **_of_file(file),
            "meter": meter.code,
            "process": process_label(meter.process),
            "flow": flow_label(meter.flow),
            "day": first.day.isoformat(),
            "reading": decimal_text(first.register),
            "alike": len(common),
            "cells": _listed(here.cell for here, _ in common),
            "other_cells": _listed(away.cell for _, away in common),
        }
        return _finding(METER, first.cell, words)
    return None


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
