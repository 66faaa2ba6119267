"""Drawing a certificate's sampled interval again: samples, seed and method are in the document.

Sampled figures come from binary floating point, so they are compared and never hashed (rule
CERT-INTEGRITY-001 speaks of the exact ones).
"""

from __future__ import annotations

from decimal import Decimal

from footprint.result.document import ResultDocument
from footprint.result.total import IntervalRecord
from footprint.words.no_interval import no_interval_reason

DRAWN_AGAIN, NOT_DRAWN_AGAIN, NONE_STATED = "INTERVAL", "NO_INTERVAL_AGAIN", ""
# Two platforms draw the same sample up to this, relative.
TOLERANCE = Decimal("1e-9")
# Errors are written with three digits: one unit of the last.
ERROR_TOLERANCE = Decimal("0.01")
# What no command draws more of; a certificate must not keep its reader busy.
MOST_SAMPLES = 1_000_000
_FIGURES = ("low", "high", "mean", "median")


def interval_state(document: ResultDocument) -> str:
    """Tell whether an interval is none, can be drawn again here, or is of an earlier method."""
    if document.total.interval is None:
        return NONE_STATED
    try:
        from footprint.sampling.uncertainty import METHODS
    except ImportError:  # numpy or scipy is not there: nothing else of a certificate needs them
        return NOT_DRAWN_AGAIN
    return DRAWN_AGAIN if document.total.interval.method in METHODS.values() else NOT_DRAWN_AGAIN


def interval_difference(document: ResultDocument) -> str:
    """Return the field of the interval that drawing again does not give, or an empty string.

    Raises as `footprint.figures.recompute.nominal_of` and
    `footprint.sampling.uncertainty.redrawn_interval`.
    """
    stated = document.total.interval
    if stated is None or interval_state(document) != DRAWN_AGAIN:
        return _refusal_difference(document)
    from footprint.figures.recompute import nominal_of
    from footprint.sampling.uncertainty import METHODS, redrawn_interval

    if not 0 < stated.samples <= MOST_SAMPLES:
        return "total.interval.samples"
    if stated.seed < 0:
        return "total.interval.seed"
    sampling = next(name for name, method in METHODS.items() if method == stated.method)
    judged = "impossible" in stated.model_fields_set
    again = redrawn_interval(
        nominal_of(document), stated.samples, stated.seed, sampling, judged=judged
    )
    return _first_difference(again, stated)


def _refusal_difference(document: ResultDocument) -> str:
    """Return the field that says of an interval not drawn what drawing again does not."""
    reason = no_interval_reason(document)
    if reason is None or interval_state(document) != NONE_STATED:
        return ""
    try:
        from footprint.figures.recompute import nominal_of
        from footprint.sampling.uncertainty import interval_or_reason
    except ImportError:  # as for an interval
        return ""
    said = reason.params
    samples, seed = int(said["samples"]), int(said["seed"])
    if not 0 < samples <= MOST_SAMPLES or seed < 0:
        return "possible.no_interval.samples"
    again = interval_or_reason(
        nominal_of(document), samples=samples, seed=seed, sampling=said["sampling"]
    )[1]
    return "" if again == reason else "possible.no_interval"


def _first_difference(again: IntervalRecord, stated: IntervalRecord) -> str:
    for name in (item for item in type(again).model_fields if item in stated.model_fields_set):
        tolerance = ERROR_TOLERANCE if name.endswith("_error") else TOLERANCE
        mine, theirs = getattr(again, name), getattr(stated, name)
        close = mine == theirs
        if name.removesuffix("_error") in _FIGURES and None not in (mine, theirs):
            close = _close(mine, theirs, tolerance)
        if not close:
            return f"total.interval.{name}"
    return ""


def _close(mine: Decimal, theirs: Decimal, tolerance: Decimal) -> bool:
    return abs(mine - theirs) <= tolerance * max(abs(mine), abs(theirs))
