"""How many months a certificate covers: a year in full, or said plainly that it is none.

Asked of what is issued, not of what is verified: a certificate that stands stays what it is, and
its months follow from its dates. Rule: PCF-PERIOD-001.
"""

from __future__ import annotations

from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.result.tables import Period, first_day_of, last_day_of
from footprint.words.book import Words, words


def months_covered(period: Period) -> int:
    """Return how many months a period reaches into."""
    start, end = first_day_of(period), last_day_of(period)
    return (end.year - start.year) * _year() + end.month - start.month + 1


def is_year(period: Period) -> bool:
    """Tell whether a period is exactly twelve months."""
    return months_covered(period) == _year()


def period_words(period: Period) -> Words | None:
    """Return the words that a period is no year, or None for one that is."""
    if is_year(period):
        return None
    return words("CERTIFICATE_PERIOD_NOT_A_YEAR", months=months_covered(period))


def require_whole_year(period: Period, *, short_period: bool) -> None:
    """Refuse a calculation of less than a year unless it was asked for outright.

    Raises BadInput (CERTIFICATE_PERIOD_SHORT).
    """
    months = months_covered(period)
    if months < _year() and not short_period:
        raise BadInput("CERTIFICATE_PERIOD_SHORT", months=months, year=_year())


def _year() -> int:
    return int(rule("PCF-PERIOD-001").number("months_of_a_year"))
