"""How long a certificate holds.

Earliest of two years from issue and three years after the end of the reference period; the third
end, a significant change, has no date and stands in words. Worked example: period to 2023-12-31,
issued 2026-11-22 → three years after the period is 2026-12-31, two years from issue 2028-11-22:
valid to 2026-12-31. Source: CNCA rules (2 years), PACT 3.0 validity period (3 years).
"""

from __future__ import annotations

from datetime import date

from factor_db.foundation.errors import BadInput

YEARS_FROM_ISSUE = 2
YEARS_AFTER_PERIOD = 3


def years_later(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def valid_until(issued: date, period_end: date) -> date:
    """Return the last day of validity (UTC days).

    Raises BadInput when it lies before the issue date, or the period is not over at issue.
    """
    if issued < period_end:
        raise BadInput(
            "CERTIFICATE_BEFORE_PERIOD_END",
            issued=issued.isoformat(),
            period_end=period_end.isoformat(),
        )
    last = min(years_later(issued, YEARS_FROM_ISSUE), years_later(period_end, YEARS_AFTER_PERIOD))
    if last < issued:
        raise BadInput(
            "CERTIFICATE_EXPIRED_AT_ISSUE",
            until=last.isoformat(),
            issued=issued.isoformat(),
            period_end=period_end.isoformat(),
        )
    return last
