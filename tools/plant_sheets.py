"""The meters, shared use and stock of the example plants; all of it is illustrative.

The plate mill's electricity comes from its meters alone. The extrusion plant types the electricity
of its press and its meter confirms it. The recycling plant's melting gas comes from a gas meter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from factor_db.ledger.form.cells import Table
from factor_db.ledger.form.rows import LedgerRow
from tools.example_book import D, numbered
from tools.example_sheets import (
    Change,
    Meter,
    amounts_of,
    reading_lines,
    shared_lines,
    stock_lines,
    table,
)

# What is typed on the sheet `ledger`, and the tables of the other sheets by code.
Written = tuple[list[LedgerRow], dict[str, Table]]

_MAIN = Meter("E-00", "site", "electricity", D("1204.4"), D(5000), 6, "0.5S")
_NEW_RATIO = Change(
    date(2025, 5, 15),
    D(250),
    "互感器 1000/5 换为 1250/5。 Current transformer 1000/5 replaced by 1250/5.",
)
_NEW_METER = Change(
    date(2025, 8, 12),
    D(2000),
    "旧表 1207 故障，换新表 2231。 Meter 1207 failed; new meter 2231.",
    start=D("0.25"),
    digits=6,
)
_PLATE_SUBMETERS = (
    Meter("E-01", "melting", "electricity", D("30512.4"), D(200), 6, "0.5S", change=_NEW_RATIO),
    Meter("E-02", "refining", "electricity", D("18840.6"), D(200), 6, "0.5S"),
    Meter("E-03", "slab_casting", "electricity", D("22015.8"), D(200), 6, "0.5S"),
    Meter("E-04", "scalping", "electricity", D("7733.15"), D(80), 6, "1"),
    Meter("E-05", "slab_homogenising", "electricity", D("5120.7"), D(80), 6, "1"),
    Meter(
        "E-06", "hot_rolling", "electricity", D("41886.5"), D(2000), 6, "0.5S", change=_NEW_METER
    ),
    # Five places and 1000 a month: it turns over in the middle of the year.
    Meter("E-07", "solution_treatment", "electricity", D("93415.2"), D(200), 5, "1"),
    Meter("E-08", "plate_sawing", "electricity", D("15002.9"), D(80), 6, "1"),
)
# Without a meter of their own: stretcher, ageing furnaces' fans and packing hang on the main board.
_UNMETERED = ("plate_stretching", "plate_ageing", "plate_packing")
# Rated power over mean power of those drives; the same for all, so the key divides as they use.
_RATED_PER_USED = D("1.25")
# Closing stock by month, t. The slab yard holds the same at every month end.
_STOCK_OPENING = {"primary_ingot": 2400, "scrap_pre_consumer": 320, "scrap_post_consumer": 210}
_STOCK_CLOSING = {
    "primary_ingot": (2350, 2610, 2480, 2395, 2440, 2510, 2465, 2380, 2425, 2490, 2455, 2460),
    "scrap_pre_consumer": (310, 355, 330, 315, 325, 340, 335, 300, 310, 330, 320, 315),
    "scrap_post_consumer": (205, 240, 225, 210, 215, 220, 230, 205, 200, 215, 220, 215),
}
_SLAB_YARD_T = 1150
_PRESS = Meter("E-05", "extruding", "electricity", D("60210.55"), D(80), 6, "0.5S")
_MELTING_GAS = Meter("G-01", "melting", "natural_gas", D(48210355), D(1), 8, "1")


def _plate_mill(rows: Sequence[LedgerRow]) -> Written:
    flow = _MAIN.flow
    meters = reading_lines(_MAIN, amounts_of(rows, flow))
    for meter in _PLATE_SUBMETERS:
        hung = replace(meter, parent=_MAIN.code)
        meters += reading_lines(hung, amounts_of(rows, flow, meter.process))
    parts = {process: amounts_of(rows, flow, process) for process in _UNMETERED}
    basis = "额定功率 × 运行小时 rated power × running hours"
    stock = [
        line
        for material, opening in _STOCK_OPENING.items()
        for line in stock_lines(
            material,
            amounts_of(rows, material, "charging"),
            _STOCK_CLOSING[material],
            opening,
        )
    ]
    slab = amounts_of(rows, "slab", "slab_casting")
    stock += stock_lines("slab", slab, (_SLAB_YARD_T,) * len(slab), _SLAB_YARD_T)
    return [row for row in rows if row.flow != flow], {
        "meters": table("meters", meters),
        "stock": table("stock", stock),
        "shared": table("shared", shared_lines(_MAIN.code, parts, basis, "kWh", _RATED_PER_USED)),
    }


def _extrusion_plant(rows: Sequence[LedgerRow]) -> Written:
    readings = reading_lines(_PRESS, amounts_of(rows, _PRESS.flow, _PRESS.process))
    return list(rows), {"meters": table("meters", readings)}


def _recycling_plant(rows: Sequence[LedgerRow]) -> Written:
    meter = _MELTING_GAS
    readings = reading_lines(meter, amounts_of(rows, meter.flow, meter.process))
    typed = [row for row in rows if (row.process, row.flow) != (meter.process, meter.flow)]
    return typed, {"meters": table("meters", readings)}


_WRITTEN: Mapping[str, Callable[[Sequence[LedgerRow]], Written]] = {
    "plate_mill": _plate_mill,
    "extrusion_plant": _extrusion_plant,
    "recycling_plant": _recycling_plant,
}


def written(name: str, rows: Sequence[LedgerRow]) -> Written:
    """Return what of an example's rows is typed, numbered, and the other sheets that give the rest.

    `rows` are all rows of the example; read together the sheets give the same amounts.
    """
    typed, optional = _WRITTEN[name](rows)
    return numbered(typed), optional
