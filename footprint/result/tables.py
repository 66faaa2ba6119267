"""The tables of a result that are no rows of the engine: origins, sold scrap, factors, release."""

from __future__ import annotations

from datetime import date

from factor_db.foundation.errors import BadInput
from footprint.result.record import Exact, Flag, Record, Text, Whole


class Period(Record):
    """First and last day, ISO 8601."""

    start: Text
    end: Text


def first_day_of(period: Period) -> date:
    """Return the first day; raises BadInput for a text that is no date."""
    return _day(period.start)


def last_day_of(period: Period) -> date:
    """Return the last day; raises BadInput for a text that is no date."""
    return _day(period.end)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("CERTIFICATE_FIELD", field="period") from None


class Amount(Record):
    """An amount in a unit."""

    amount: Exact
    unit: Text


class Plant(Record):
    """The site of a result and the firm behind it."""

    code: Text
    organisation_zh: Text
    organisation_en: Text
    uscc: Text
    region: Text


class ReleaseRef(Record):
    """A release of reference factors by its name and hash."""

    name: Text
    sha256: Text


class FactorRef(Record):
    """A factor that a result rests on."""

    id: Text
    version: Whole
    sha256: Text
    illustrative: Flag

    @property
    def ref(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"


class OriginLine(Record):
    """Where a part of an input came from by the ledger's word. Rule: DER-ORIGIN-001.

    `country` is empty where `origin` is no ISO 3166 code; `share` is by mass, 0 to 1.
    """

    process: Text
    flow: Text
    origin: Text
    country: Text
    share: Exact
    cells: tuple[Text, ...]
    factor: Text


class SoldScrap(Record):
    """What a tonne of scrap of a process carries to its buyer, kg CO2e."""

    process: Text
    kg_co2e_per_t: Exact


class OutsideHeadline(Record):
    """What a rule shows beside the total and never in it, kg CO2e per declared unit."""

    substitution: Exact
