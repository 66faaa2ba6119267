"""Build the rows of an example ledger: yearly totals split over months, met exactly.

Used by `write_examples`; the amounts themselves stand there, chosen within what is plausible for
such plants (rules AL-RANGE-PLATE, AL-RANGE-EXTRUSION, AL-RANGE-RECYCLED).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.limits import ALUMINA_PER_ALUMINIUM
from factor_db.ledger.form.rows import LedgerRow, months_between
from factor_db.ledger.form.vocabulary import vocabulary

SEED = 20250101
START, END = date(2025, 1, 1), date(2025, 12, 31)
MONTHS = months_between(START, END)
# Pipeline gas in Chongqing, MJ per m3 at 0 °C.
GAS_MJ_PER_M3 = Decimal("35.6")
# Decimals kept by unit: in a month, and in the year's total (the last month closes the year).
_MONTH_PLACES = {"t": 2, "kWh": 0, "m3": 0, "kg": 0, "tkm": 0}
_YEAR_PLACES = {"t": 4, "kWh": 0, "m3": 3, "kg": 2, "tkm": 0}
_METHODS = {
    "energy": "metered",
    "fuel": "metered",
    "waste": "weighed",
    "transport": "invoiced",
    "auxiliary": "invoiced",
    "packaging": "invoiced",
    "emission": "estimated",
}
Series = dict[str, Decimal]


def D(text: str | int) -> Decimal:
    """Return an exact decimal."""
    return Decimal(text)


def cut(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


class Book:
    """Collects the rows of one example; every yearly total is met exactly by its last month."""

    def __init__(self, name: str) -> None:
        self.random = random.Random(f"{SEED}/{name}")
        # Spring Festival makes February short.
        self.shape = [D(self.random.randint(92, 106)) for _ in MONTHS]
        self.shape[1] = D(68)
        self.rows: list[LedgerRow] = []

    def split(self, total: Decimal, unit: str, *, noise: int = 0) -> Series:
        """Split a yearly total over the months; `noise` in percent around the common shape."""
        total = cut(total, _YEAR_PLACES[unit])
        weights = [
            share * (100 + (self.random.randint(-noise, noise) if noise else 0))
            for share in self.shape
        ]
        series: Series = {}
        for month, weight in zip(MONTHS[:-1], weights, strict=False):
            exact = EXACT.divide(total * weight, sum(weights))
            series[month] = cut(exact, _MONTH_PLACES[unit])
        series[MONTHS[-1]] = total - sum(series.values())
        return series

    def series(self, process: str, flow: str, series: Mapping[str, Decimal], **texts: str) -> None:
        """Write one row for every month."""
        for month, amount in series.items():
            self._row(month, process, flow, amount, **texts)

    def total(self, process: str, flow: str, total: Decimal, **texts: str) -> None:
        """Write a yearly total as twelve months with a little noise."""
        self.series(process, flow, self.split(total, _unit(flow), noise=3), **texts)

    def gas(self, process: str, megajoules: Decimal) -> None:
        """Write a yearly gas demand given in MJ as metered m3 at 0 °C."""
        self.total(process, "natural_gas", EXACT.divide(megajoules, GAS_MJ_PER_M3))

    def unused(self, process: str, *flows: str) -> None:
        """Write one explicit zero for each flow that the site does not use."""
        for flow in flows:
            self._row(MONTHS[0], process, flow, D(0))

    def property(self, process: str, flow: str, name: str, value: Decimal) -> None:
        """Write a property of a material, valid for the whole period."""
        self._row(MONTHS[0], process, f"{flow}.{name}", value, method="analysed")

    def _row(self, month: str, process: str, flow: str, amount: Decimal, **texts: str) -> None:
        material = vocabulary().flows[flow.split(".")[0]]
        unit = vocabulary().flows[flow].unit
        default_method = _METHODS.get(material.category, "weighed")
        self.rows.append(
            LedgerRow(
                sheet="ledger",
                row_number=0,
                period=month,
                process=process,
                flow=flow,
                product=texts.get("product", ""),
                role=vocabulary().expected_role(process, flow) or "input",
                amount=amount,
                unit=unit,
                amount_canonical=amount,
                unit_canonical=unit,
                method=texts.get("method", default_method),
                counterparty=texts.get("counterparty", ""),
                origin=texts.get("origin", ""),
                scrap_type=texts.get("scrap_type", ""),
                instrument="",
                price=None,
                evidence=texts.get("evidence", ""),
                note="",
                cells={},
            )
        )


def _unit(flow: str) -> str:
    return vocabulary().flows[flow].unit


def numbered(rows: list[LedgerRow]) -> list[LedgerRow]:
    """Return the rows with the numbers they get in the sheet (row 1 holds the headings)."""
    return [replace(row, row_number=number) for number, row in enumerate(rows, start=2)]


def plus(*parts: Series) -> Series:
    return {month: sum((part[month] for part in parts), D(0)) for month in MONTHS}


def minus(whole: Series, part: Series) -> Series:
    return {month: whole[month] - part[month] for month in MONTHS}


def dross_closing(loss: Decimal, metal_share: Decimal) -> Decimal:
    """Return the dross, t, whose metal and oxidised aluminium make up a loss of aluminium, t."""
    lost_per_t = metal_share + EXACT.divide(1 - metal_share, ALUMINA_PER_ALUMINIUM)
    return EXACT.divide(loss, lost_per_t)


def whole(series: Mapping[str, Decimal]) -> Decimal:
    """Return the year's total of a series."""
    return total_of(series.values())


def total_of(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts."""
    return sum(amounts, Decimal(0))
