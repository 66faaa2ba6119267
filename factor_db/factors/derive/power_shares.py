"""What share of a site's power came from its own plant and from instruments, weighted to the year.

share = Σ over months of min(power used, power claimed) / Σ power used. The months are matched one
by one, so a surplus of one month never covers another; in a month own generation counts first, and
sources of one kind that claim more than is left share it by their kWh. Own generation is what was
used on site less what was sold with its certificate. Rules: PCF-ELEC-004 to PCF-ELEC-006.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from factor_db.factors.derive.ratios import Ratio
from factor_db.factors.record.inputs import CertificateCell
from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.form.power_entries import Instrument, OwnPower
from factor_db.ledger.form.power_sources import (
    CLAIMS,
    POWER_FLOW,
    SHARE_FLOWS,
    instrument_share,
    own_share,
)
from factor_db.ledger.power.rows import KWH, PowerReading
from factor_db.store.tables import LedgerEntry

FORMULA = "sum over months of min(power used, power claimed) / sum(power used)"
# Digits of a share, far beyond any meter's: cut there, shares add up to 1 and no further.
_DIGITS = 24
Months = Mapping[str, Decimal]


def matched_shares(used: Months, claims: Mapping[str, Months]) -> dict[str, Decimal]:
    """Return the share of each claim in all power used, 0 to 1; nothing where none was used.

    Parameters
    ----------
    used : month → kWh used by the site's processes.
    claims : flow of a share (`SHARE_FLOWS`) → month → kWh claimed.

    Together they add up to 1 at most, and to 1 exactly where every kWh of every month is claimed.
    """
    total = sum(map(Fraction, used.values()), Fraction(0))
    if not total:
        return {}
    counted = _counted(used, claims)
    shares: dict[str, Decimal] = {}
    reached, before = Fraction(0), 0
    for flow in (flow for flow in SHARE_FLOWS if flow in claims):
        reached += counted[flow]
        # Cut off at the running sum: the cuts of single shares would not add up.
        after = int(reached / total * 10**_DIGITS)
        shares[flow] = Decimal(after - before).scaleb(-_DIGITS)
        before = after
    return shares


def _counted(used: Months, claims: Mapping[str, Months]) -> dict[str, Fraction]:
    counted: dict[str, Fraction] = defaultdict(Fraction)
    for month, kwh in used.items():
        left = Fraction(kwh)
        for kind in CLAIMS:
            claimed = {
                flow: Fraction(months.get(month, Decimal(0)))
                for flow, months in claims.items()
                if SHARE_FLOWS[flow][0] == kind
            }
            stated = sum(claimed.values(), Fraction(0))
            part = min(Fraction(1), left / stated) if stated else Fraction(0)
            for flow, amount in claimed.items():
                counted[flow] += amount * part
            left -= stated * part
    return counted


def power_ratios(power: PowerReading, entries: Sequence[LedgerEntry]) -> Iterable[Ratio]:
    """Yield a ratio for each source that the sheets `power` and `instruments` state.

    `entries` are the effective rows of the ledger.
    """
    rows = [entry for entry in entries if entry.flow == POWER_FLOW]
    if power.is_empty or not rows:
        return
    used: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        used[row.period] += row.amount
    for flow, value in matched_shares(used, claims_of(power)).items():
        stated = [entry for entry in power_entries(power, rows[0]) if entry.flow == flow]
        yield Ratio(
            process="",
            flow=flow,
            unit="1",
            value=value,
            rows=stated,
            made=(),
            formula=FORMULA,
            reported=(rows, ()),
            others=rows,
            instruments=tuple(
                _said(item) for item in power.instruments if instrument_share(item.source) == flow
            ),
        )


def claims_of(power: PowerReading) -> dict[str, dict[str, Decimal]]:
    """Return flow of a share → month → kWh claimed."""
    claims: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    # Without the power bought beside it nobody can tell whether own power is in what was entered.
    for entry in power.own if power.purchased else ():
        claims[own_share(entry.source)][entry.period] += entry.claimed
    for item in power.instruments:
        claims[instrument_share(item.source)][item.period] += item.kwh
    return claims


def power_entries(power: PowerReading, like: LedgerEntry) -> list[LedgerEntry]:
    """Return the cells of the two sheets in the form of stored rows, one for each figure.

    They are not stored: the sheets are read from the frozen file. `like` is a row of the ledger.
    """
    cells = [
        (own_share(entry.source), entry, column, entry.kwh[column], entry.method)
        for entry in power.own
        for column in ("used", "certificates_sold")
        if column in entry.cells
    ] + [
        (instrument_share(item.source), item, "amount", item.kwh, "invoiced")
        for item in power.instruments
    ]
    return [
        _entry(like, number, flow, source, column, kwh, method)
        for number, (flow, source, column, kwh, method) in enumerate(cells, start=1)
    ]


def _entry(
    like: LedgerEntry,
    number: int,
    flow: str,
    source: OwnPower | Instrument,
    column: str,
    kwh: Decimal,
    method: str,
) -> LedgerEntry:
    return LedgerEntry(
        ledger=like.ledger,
        row_number=number,
        owner=like.owner,
        period=source.period,
        process="",
        flow=flow,
        product="",
        role="input",
        amount=kwh,
        unit=KWH,
        method=method,
        cell=f"{source.sheet}!{source.cells[column]}",
        payload="{}",
    )


def _said(item: Instrument) -> CertificateCell:
    """Return an instrument as a derivation cites it; the result and the certificate print it."""
    return CertificateCell(
        instrument=item.written,
        source=item.source,
        kwh=decimal_text(item.kwh),
        period=item.period,
        region=item.region,
        cancelled_on=item.cancelled_on.isoformat(),
        cell=f"{item.sheet}!{item.cells['serial']}",
    )
