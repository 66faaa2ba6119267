"""One kWh is claimed once: as own generation used, or by its certificate. Rule: PCF-ELEC-008.

A certificate of the own kind of generation, in the site's region and month, can be of the own
installation. What was fed in, or given up as sold, may come back as a certificate; what counts as
own power in the footprint may not.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.form.faults import Findings, Scope
from factor_db.ledger.form.power_entries import Instrument, OwnPower
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.power.checks import SPLIT_TOLERANCE
from factor_db.ledger.power.rows import PowerReading
from factor_db.ledger.reading.exceptions import says_something

TWICE, LIKE_OWN = "LEDGER_INSTRUMENT_OWN_TWICE", "LEDGER_INSTRUMENT_LIKE_OWN"


def check_double_power(power: PowerReading, region: str, findings: Findings) -> None:
    """Record certificates that may be of own power which the ledger claims already.

    `region` is the site's. Whose note says that they are of another installation are doubted, the
    others refused.
    """
    if not power.whole or not region:
        return
    claimed: dict[tuple[str, str], list[OwnPower]] = defaultdict(list)
    for entry in power.own:
        if entry.claimed > 0:
            claimed[entry.source, entry.period].append(entry)
    alike: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
    for item in power.instruments:
        if item.region == region and (item.source, item.period) in claimed:
            alike[item.source, item.period].append(item)
    for key, items in alike.items():
        _judge(claimed[key], items, findings)


def _judge(own: list[OwnPower], items: list[Instrument], findings: Findings) -> None:
    entry = max(own, key=lambda found: found.claimed)
    free = sum((item.kwh["fed_in"] + item.kwh["certificates_sold"] for item in own), Decimal(0))
    generated = sum((item.kwh["generated"] for item in own), Decimal(0))
    total = sum((item.kwh for item in items), Decimal(0))
    excess = total - free
    if excess <= EXACT.multiply(SPLIT_TOLERANCE, generated):
        return
    silent = [item for item in items if not says_something(item.note)]
    item = max(silent or items, key=lambda found: found.kwh)
    place = (item.sheet, item.cells["serial"], item.written)
    params = {
        "month": entry.period,
        "source": entry.source,
        "total": decimal_text(total),
        "own": decimal_text(sum((item.claimed for item in own), Decimal(0))),
        "free": decimal_text(free),
        "at": f"{entry.sheet}!{entry.cells['used']}",
    }
    if silent:
        findings.error(TWICE, *place, **params)
    else:
        scope = Scope(flow=POWER_FLOW, period=entry.period)
        findings.warning(LIKE_OWN, *place, explained=False, scope=scope, **params)
