"""Every pair of the vocabulary that a ledger can state: process, flow, role and sheet.

Co-products may be any metal, so each process has two such pairs, `(metal)` and `(scrap)`; what no
row names a process for (stock, power, instruments, properties) stands under the process `*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from factor_db.ledger.form.power_sources import (
    INSTRUMENT_SOURCES,
    OWN_SOURCES,
    POWER_FLOW,
    PURCHASED,
)
from factor_db.ledger.form.vocabulary import (
    CO_PRODUCT_CATEGORIES,
    PROPERTY,
    SCRAP_CATEGORIES,
    SOLD_SCRAP,
    vocabulary,
)

ANY = "*"
CO_PRODUCT = "co-product"
METAL_SOLD, SCRAP_SOLD = "(metal)", "(scrap)"
LEDGER, STOCK, POWER, INSTRUMENTS = "ledger", "stock", "power", "instruments"
ROW_SHEETS = ("meters", "shared", "gaps")
"""Sheets whose entries become, or divide, rows of the sheet `ledger`."""
MAIN_METER = "main_meter"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A thing that a ledger can say, as (process, flow, role, sheet)."""

    process: str
    flow: str
    role: str
    sheet: str

    @property
    def flows(self) -> tuple[str, ...]:
        """The flows of the vocabulary that are meant: one, but for what is sold beside."""
        if self.flow not in (METAL_SOLD, SCRAP_SOLD):
            return (self.flow,)
        product = vocabulary().processes[self.process].product
        scrap = self.flow == SCRAP_SOLD
        return tuple(
            item.code
            for item in vocabulary().flows.values()
            if item.category in CO_PRODUCT_CATEGORIES
            and (item.category in SCRAP_CATEGORIES) == scrap
            and item.code != product
        )

    @property
    def read_as(self) -> str:
        """The flow by whose name the models read it: scrap of any kind that is sold has one."""
        return SOLD_SCRAP if self.flow == SCRAP_SOLD else self.flow


@cache
def all_pairs() -> tuple[Pair, ...]:
    """Return every pair, by sheet, in the order of the vocabulary's files."""
    return (*_of_ledger(), *_properties(), *_of_other_sheets())


def _of_ledger() -> Iterator[Pair]:
    words = vocabulary()
    for process in words.processes.values():
        yield Pair(process.code, process.product, "product", LEDGER)
        for pair in words.process_flows.values():
            if pair.process == process.code:
                yield Pair(pair.process, pair.flow, pair.role, LEDGER)
        yield Pair(process.code, METAL_SOLD, CO_PRODUCT, LEDGER)
        yield Pair(process.code, SCRAP_SOLD, CO_PRODUCT, LEDGER)


def _properties() -> Iterator[Pair]:
    for flow in vocabulary().flows.values():
        if flow.category == PROPERTY:
            yield Pair(ANY, flow.code, PROPERTY, LEDGER)


def _of_other_sheets() -> Iterator[Pair]:
    for flow in vocabulary().flows.values():
        if flow.category != PROPERTY:
            yield Pair(ANY, flow.code, STOCK, STOCK)
    for sheet in ROW_SHEETS:
        yield Pair(ANY, ANY, LEDGER, sheet)
    yield Pair(ANY, ANY, MAIN_METER, "meters")
    for source in (*OWN_SOURCES, PURCHASED):
        yield Pair(ANY, POWER_FLOW, source, POWER)
    for source in INSTRUMENT_SOURCES:
        yield Pair(ANY, POWER_FLOW, source, INSTRUMENTS)
