"""What lies in store between two ledgers of a site: one amount at the end of a month, or a fault.

A ledger opens with what the one before it closed with. Without that, metal could be charged that
was never made or bought, and metal left over could vanish. Rule: AL-STOCK-001.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Finding, Param, Scope, Severity, flow_label
from factor_db.ledger.form.rows import months_between
from factor_db.ledger.frozen.corrections import frozen_ledger
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.site_ledgers import answering_ledgers, period_name
from factor_db.ledger.power.instrument_use import Claimant
from factor_db.ledger.reading.exceptions import says_something
from factor_db.ledger.stock.movements import NO_STOCK
from factor_db.ledger.stock.rows import StockEntry
from factor_db.store.tables import LedgerFile

RULE = "AL-STOCK-001"
DIFFERS, DROPPED = "LEDGER_STOCK_NOT_CARRIED", "LEDGER_STOCK_DROPPED"
UNKNOWN_BEFORE = "LEDGER_STOCK_UNKNOWN_BEFORE"
_WITHIN, _LEAST = rule(RULE).number("carried_within"), rule(RULE).number("least")
_KG_PER_T = Decimal(1000)
_LEAST_NAME = 12
_SHEET, _NO_CELL = "stock", "A1"


@dataclass(frozen=True, slots=True)
class _Level:
    """What a ledger says lay in store at the end of a month: the row and its column."""

    entry: StockEntry
    column: str

    @property
    def amount(self) -> Decimal:
        return self.entry.amounts[self.column]

    @property
    def cell(self) -> str:
        return f"{self.entry.sheet}!{self.entry.cells[self.column]}"


_Levels = Mapping[str, Mapping[str, _Level]]
"""Material → month → what lay in store at its end."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two ledgers of a site at the ends of the months that both speak of."""

    ours: _Levels
    theirs: _Levels
    ends: Sequence[str]
    file: LedgerFile


def uncarried(
    session: Session,
    claimant: Claimant,
    read: Callable[[], FrozenLedger | None],
    *,
    later: bool = False,
) -> tuple[Finding, ...]:
    """Return where the stock of a ledger does not carry on from its site's other ledgers.

    `read` gives the ledger as corrected; it is called only where there is another ledger.
    One that only follows is asked with `later` alone: who mends two ledgers begins with the first.
    Explained faults are left out.
    """
    months = _months(claimant.period_start, claimant.period_end)
    ours: _Levels | None = None
    found: list[Finding] = []
    for file in _others(session, claimant):
        there = _months(file.period_start, file.period_end)
        known = {_before(there[0]), *there}
        ends = [end for end in (_before(months[0]), *months) if end in known]
        follows = ends == [months[-1]]
        if not ends or (follows and not later):
            continue
        ours = _levels(read()) if ours is None else ours
        theirs = _levels(frozen_ledger(session, file))
        found += _faults(_Meeting(ours, theirs, ends, file), follows=follows)
    return tuple(found)


def _months(start: str, end: str) -> tuple[str, ...]:
    return months_between(date.fromisoformat(start), date.fromisoformat(end))


def _before(month: str) -> str:
    index = int(month[:4]) * 12 + int(month[5:]) - 2
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def _others(session: Session, claimant: Claimant) -> Iterator[LedgerFile]:
    """Yield the other ledgers that answer for a period of the site."""
    without = (*claimant.replaces, claimant.ledger)
    for other in answering_ledgers(session, claimant.owner, without):
        if other.site == claimant.site:
            yield session.get_one(LedgerFile, other.sha256)


def _levels(frozen: FrozenLedger | None) -> _Levels:
    found: dict[str, dict[str, _Level]] = {}
    for material, entries in (frozen.stock if frozen else NO_STOCK).entries.items():
        opening = {_before(entries[0].period): _Level(entries[0], "opening")}
        found[material] = opening | {item.period: _Level(item, "closing") for item in entries}
    return found


def _faults(meeting: _Meeting, *, follows: bool) -> Iterator[Finding]:
    """Yield at most one fault of each material: at the first month that shows it."""
    for material in sorted({*meeting.ours, *meeting.theirs}):
        ours, theirs = meeting.ours.get(material, {}), meeting.theirs.get(material, {})
        for end in meeting.ends:
            here, there = ours.get(end), theirs.get(end)
            if here and there and _differ(here, there):
                yield _finding(DIFFERS, meeting.file, end, (here, there))
                break
            if follows:  # what the later ledger leaves out is its own fault
                continue
            if there and not ours and _lies(there):
                yield _finding(DROPPED, meeting.file, end, (None, there))
                break
            if here and not theirs and _lies(here):
                if not says_something(here.entry.note):
                    yield _finding(UNKNOWN_BEFORE, meeting.file, end, (here, None))
                break


def _least(level: _Level) -> Decimal:
    return EXACT.multiply(_LEAST, _KG_PER_T if level.entry.unit_canonical == "kg" else Decimal(1))


def _lies(level: _Level) -> bool:
    return level.amount > _least(level)


def _differ(here: _Level, there: _Level) -> bool:
    larger = max(here.amount, there.amount)
    return abs(here.amount - there.amount) > max(_least(here), EXACT.multiply(_WITHIN, larger))


def _finding(
    code: str, file: LedgerFile, end: str, levels: tuple[_Level | None, _Level | None]
) -> Finding:
    here, there = levels
    words: dict[str, Param] = {
        "month": end,
        "here": decimal_text(here.amount) if here else "-",
        "here_cell": here.cell if here else "-",
        "there": decimal_text(there.amount) if there else "-",
        "there_cell": there.cell if there else "-",
        "file": file.file_name,
        "period": period_name(file.period_start, file.period_end),
        "ledger": file.sha256[:_LEAST_NAME],
    }
    for level in (there, here):
        if level is not None:
            words["material"] = flow_label(level.entry.material)
            words["unit"] = level.entry.unit_canonical
    if here is None:
        return Finding(code, "error", _SHEET, _NO_CELL, "", words)
    entry = here.entry
    severity: Severity = "warning" if code == UNKNOWN_BEFORE else "error"
    scope = Scope(flow=entry.material, period=entry.period)
    value = decimal_text(here.amount)
    return Finding(code, severity, entry.sheet, entry.cells[here.column], value, words, scope=scope)
