"""Why a result that was sampled has no interval, in words; rule PCF-POSSIBLE-001.

The document carries a code with parameters, so that whoever holds it can draw again and count.
"""

from __future__ import annotations

from footprint.result.document import ResultDocument
from footprint.result.record import CodedText
from footprint.words.book import Words, words

IMPOSSIBLE = "INTERVAL_IMPOSSIBLE"
_NAMED = ("impossible", "samples", "share", "most", "rule")


def no_interval_reason(document: ResultDocument) -> CodedText | None:
    """Return why there is no interval; None where nothing is said of it."""
    return document.possible.no_interval if document.possible else None


def no_interval_words(document: ResultDocument) -> Words | None:
    """Return the reason in both languages; None where there is none, or an interval."""
    reason = no_interval_reason(document)
    if reason is None or document.total.interval is not None:
        return None
    return words(IMPOSSIBLE, **{name: reason.params.get(name, "?") for name in _NAMED})
