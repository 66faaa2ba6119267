"""What a calculation must be before a certificate may say it: whole, summed up, soundly sampled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput, Incomplete
from footprint.certificate import fields
from footprint.certificate.fields import JsonObject

INTERVAL_FIELDS = {"low", "high", "level", "method", "samples", "seed"}
# Calculations of an earlier version have none of these.
INTERVAL_DETAILS = {
    *("low_error", "high_error", "mean", "mean_error", "median", "median_error"),
    *("drift", "non_productive", "sampling"),
}
DRIFTS: tuple[list[str], ...] = ([], ["mean"], ["median"], ["mean", "median"])
INTERVAL_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9 _,;.-]{0,99}")


def require_certifiable(document: JsonObject) -> None:
    """Refuse a calculation document that no certificate may carry.

    Raises Incomplete for missing slots or an estimate, BadInput for field data left out of the
    result, sums that do not agree, or an interval that is none.
    """
    _refuse_incomplete(document)
    _refuse_unused_field_data(document)
    _refuse_tolled_metal(document)
    _refuse_wrong_sums(document)
    _refuse_strange_interval(document)


def _refuse_incomplete(document: JsonObject) -> None:
    missing = fields.field(document, "coverage.missing")
    if missing:
        raise Incomplete("CERTIFICATE_INCOMPLETE", slots=_slots(missing))
    if fields.flag_field(document, "estimate"):
        fallback = document.get("estimated", document["coverage"].get("estimated", []))
        raise Incomplete("CERTIFICATE_ESTIMATE", slots=_slots(fallback) or "estimate")


def _refuse_unused_field_data(document: JsonObject) -> None:
    """Refuse a result that leaves out metered data of the site (`unused_field_data`)."""
    unused = fields.field(document, "unused_field_data")
    if not isinstance(unused, list) or not all(isinstance(item, str) for item in unused):
        raise BadInput("CERTIFICATE_FIELD", field="unused_field_data")
    if unused:
        raise BadInput("CERTIFICATE_UNUSED_FIELD_DATA", factors=", ".join(unused))


def _refuse_tolled_metal(document: JsonObject) -> None:
    """Refuse a result of a site whose metal went out or came in for toll conversion.

    Whose the metal is, and who carries what it cost, no ledger of one site can say. A document of
    an earlier edition has no such field. Rule: PCF-TOLLING-001.
    """
    tolled = document.get("tolled_metal", [])
    if not isinstance(tolled, list) or not all(isinstance(item, str) for item in tolled):
        raise BadInput("CERTIFICATE_FIELD", field="tolled_metal")
    if tolled:
        raise BadInput("CERTIFICATE_TOLLED_METAL", factors=", ".join(tolled))


def _refuse_strange_interval(document: JsonObject) -> None:
    """Refuse an interval that is not shaped as one, or does not hold the total.

    Skewed or few draws can lie beside the nominal total: that is no fault of form.
    """
    interval = fields.field(document, "total.interval")
    if interval is None:
        return
    known = (INTERVAL_FIELDS, INTERVAL_FIELDS | INTERVAL_DETAILS)
    if not isinstance(interval, Mapping) or set(interval) not in known:
        raise BadInput("CERTIFICATE_FIELD", field="total.interval")
    low, total, high, level = (
        fields.decimal_field(document, f"total.{name}")
        for name in ("interval.low", "value", "interval.high", "interval.level")
    )
    samples, seed = interval["samples"], interval["seed"]
    checks = {
        "low": low <= high,
        "level": 0 < level < 1,
        "method": INTERVAL_METHOD.fullmatch(fields.text_field(interval, "method")) is not None,
        "samples": type(samples) is int and samples > 0,
        "seed": type(seed) is int,
    }
    for name, ok in checks.items():
        if not ok:
            raise BadInput("CERTIFICATE_FIELD", field=f"total.interval.{name}")
    if not low <= total <= high:
        ends = {"low": decimal_text(low), "high": decimal_text(high)}
        raise BadInput("CERTIFICATE_NOMINAL_OUTSIDE", total=decimal_text(total), **ends)
    if len(interval) > len(INTERVAL_FIELDS):
        _refuse_strange_details(document, interval)


def require_enough_samples(document: JsonObject) -> None:
    """Refuse an interval whose ends have no error of their own; earlier versions gave such.

    Asked of what is issued, not of what is verified: a certificate that stands stays what it is.
    The document is one that `require_certifiable` lets pass. Raises BadInput.
    """
    from footprint.engine.intervals import least_samples  # numpy, which no verifier needs

    interval = fields.field(document, "total.interval")
    if interval is None:
        return
    usable = interval["samples"] - interval.get("non_productive", 0)
    if usable < least_samples():
        raise BadInput("CERTIFICATE_SAMPLES_TOO_FEW", samples=usable, least=least_samples())


def _refuse_strange_details(document: JsonObject, interval: JsonObject) -> None:
    """Refuse errors, middles and counts of an interval that are not what they are named."""
    for name in ("mean", "median"):
        fields.decimal_field(document, f"total.interval.{name}")
    for name in (f"{figure}_error" for figure in ("low", "high", "mean", "median")):
        path = f"total.interval.{name}"
        if interval[name] is not None and fields.decimal_field(document, path) < 0:
            raise BadInput("CERTIFICATE_FIELD", field=path)
    count, samples = interval["non_productive"], interval["samples"]
    checks = {
        "drift": interval["drift"] in DRIFTS,
        "non_productive": type(count) is int and 0 <= count < samples,
        "sampling": interval["sampling"] in ("random", "quasi"),
    }
    for name, ok in checks.items():
        if not ok:
            raise BadInput("CERTIFICATE_FIELD", field=f"total.interval.{name}")


def _slots(items: Any) -> str:
    if not isinstance(items, list):
        return str(items)
    names = [item.get("slot", "?") if isinstance(item, Mapping) else item for item in items]
    return ", ".join(str(name) for name in names)


def _refuse_wrong_sums(document: JsonObject) -> None:
    total = fields.decimal_field(document, "total.value")
    rows = fields.rows_field(document, "contributions")
    found = {"contributions": fields.exact_sum(fields.decimal_field(r, "kg_co2e") for r in rows)}
    for name, column in (("by_stage", "stage"), ("by_gas", "gas"), ("by_scope", "scope")):
        stated = fields.object_field(document, name)
        values = {code: fields.decimal_field(stated, code) for code in stated}
        found[name] = fields.exact_sum(values.values())
        for code, value in fields.sums_by(rows, column).items():
            if values.get(code) != value:
                raise BadInput(
                    "CERTIFICATE_SUMS",
                    field=f"{name}.{code}",
                    found=decimal_text(value),
                    total=str(stated.get(code)),
                )
    for name, value in found.items():
        if value != total:
            raise BadInput(
                "CERTIFICATE_SUMS",
                field=name,
                found=decimal_text(value),
                total=decimal_text(total),
            )
