"""What the sheets `power` and `instruments` say, once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from factor_db.foundation.canonical import EXACT

FIGURES = ("generated", "used", "fed_in", "certificates_sold")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPower:
    """Own generation of one installation in one month; `kwh` has the FIGURES, an empty sale is 0.

    `installation` is its number as compared, empty where none is stated; a sheet of the form before
    there was such a column names its installations by their kind alone (`asked_for` is False).
    `share` is the part of it that the figures are of.
    """

    sheet: str
    row_number: int
    source: str
    period: str
    kwh: Mapping[str, Decimal]
    method: str
    note: str
    cells: Mapping[str, str]
    installation: str = ""
    share: Decimal = Decimal(1)
    asked_for: bool = True

    @property
    def claimed(self) -> Decimal:
        """kWh used on site whose certificates were not sold. Rule: PCF-ELEC-005."""
        return EXACT.subtract(self.kwh["used"], self.kwh["certificates_sold"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A cancelled certificate or batch: its serial as compared, kind, month of generation, kWh."""

    sheet: str
    row_number: int
    serial: str
    written: str
    source: str
    period: str
    kwh: Decimal
    region: str
    cancelled_on: date
    note: str
    cells: Mapping[str, str]
