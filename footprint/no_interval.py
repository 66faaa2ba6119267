"""Why a result that was sampled has no interval, in words; rule PCF-POSSIBLE-001.

The document carries a code with parameters, so that whoever holds it can draw again and count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from footprint.certificate.words import Words, words

IMPOSSIBLE = "INTERVAL_IMPOSSIBLE"
_NAMED = ("impossible", "samples", "share", "most", "rule")


def no_interval_reason(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return why there is no interval: `code` and `params`; None where nothing is said of it."""
    possible = document.get("possible")
    reason = possible.get("no_interval") if isinstance(possible, Mapping) else None
    return reason if isinstance(reason, Mapping) else None


def no_interval_words(document: Mapping[str, Any]) -> Words | None:
    """Return the reason in both languages; None where there is none, or an interval."""
    reason = no_interval_reason(document)
    if reason is None or document["total"].get("interval") is not None:
        return None
    params = reason.get("params")
    stated = params if isinstance(params, Mapping) else {}
    return words(IMPOSSIBLE, **{name: stated.get(name, "?") for name in _NAMED})
