"""What a calculation must be before a certificate may say it: whole, summed up, soundly sampled."""

from __future__ import annotations

import re
from collections.abc import Mapping

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.rules import rule
from footprint.blocked import refuse_blocked
from footprint.certificate import fields
from footprint.certificate.fields import JsonObject
from footprint.unevidenced import RULE as EVIDENCE_RULE
from footprint.unevidenced import told, unevidenced_choices

INTERVAL_FIELDS = {"low", "high", "level", "method", "samples", "seed"}
# Calculations of an earlier version have none of these.
INTERVAL_DETAILS = {
    *("low_error", "high_error", "mean", "mean_error", "median", "median_error"),
    *("drift", "non_productive", "sampling"),
}
# Calculations of before draws were judged (rule PCF-POSSIBLE-001) do not count these.
INTERVAL_JUDGED = {"impossible"}
DRIFTS: tuple[list[str], ...] = ([], ["mean"], ["median"], ["mean", "median"])
INTERVAL_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9 _,;.-]{0,99}")


def require_certifiable(document: JsonObject) -> None:
    """Refuse a calculation document that no certificate may carry.

    Raises Incomplete for missing slots, an estimate or a choice without evidence, BadInput for
    field data left out of the result, too much of it filled in by gap rules, sums that do not
    agree, or an interval that is none.
    """
    _refuse_unreadable(document)
    refuse_blocked(document, "CERTIFICATE")
    _refuse_unevidenced(document)
    _refuse_filled(document)
    _refuse_wrong_sums(document)
    _refuse_strange_interval(document)


def _refuse_unevidenced(document: JsonObject) -> None:
    """Refuse a smelter of somebody's choice where nothing shows it. Rule: PCF-EVIDENCE-001."""
    found = unevidenced_choices(document)
    if found:
        raise Incomplete("CERTIFICATE_UNEVIDENCED", choices=told(found), rule=EVIDENCE_RULE)


def _refuse_filled(document: JsonObject) -> None:
    """Refuse a result of which gap rules filled in more than a small part. Rule: PCF-GAP-001."""
    if "filled_share" not in fields.object_field(document, "quality"):
        return
    share = fields.decimal_field(document, "quality.filled_share")
    most = rule("PCF-GAP-001").number("most_filled_share")
    if not 0 <= share <= 1:
        raise BadInput("CERTIFICATE_FIELD", field="quality.filled_share")
    if share > most:
        percent = {"share": f"{share * 100:.1f}", "most": decimal_text(most * 100)}
        raise BadInput("CERTIFICATE_FILLED", **percent)


def _refuse_unreadable(document: JsonObject) -> None:
    """Refuse a document that does not say, in the shape it should, what may block it."""
    fields.field(document, "coverage.missing")
    fields.flag_field(document, "estimate")
    unused = fields.field(document, "unused_field_data")
    if not isinstance(unused, list) or not all(isinstance(item, str) for item in unused):
        raise BadInput("CERTIFICATE_FIELD", field="unused_field_data")


def _refuse_strange_interval(document: JsonObject) -> None:
    """Refuse an interval that is not shaped as one, or does not hold the total.

    Skewed or few draws can lie beside the nominal total: that is no fault of form.
    """
    interval = fields.field(document, "total.interval")
    if interval is None:
        return
    detailed = INTERVAL_FIELDS | INTERVAL_DETAILS
    known = (INTERVAL_FIELDS, detailed, detailed | INTERVAL_JUDGED)
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


def require_closed(document: JsonObject) -> None:
    """Refuse a calculation that was never held against its site's account (PCF-CLOSURE-001).

    Asked of what is issued, not of what is verified: earlier versions drew no closure. What a
    closure says is judged with every other reason (`blocked`). Raises BadInput; Incomplete where a
    closure says that it was not drawn: no closure, no certificate.
    """
    closure = document.get("closure")
    if not isinstance(closure, Mapping):
        raise BadInput("CERTIFICATE_NO_CLOSURE")
    if "not_drawn" in closure:
        raise Incomplete("CERTIFICATE_CLOSURE_NOT_DRAWN", product=str(document["product"]))
    if closure.get("closed") is not True:
        raise BadInput("CERTIFICATE_FIELD", field="closure")


def require_supply_judged(document: JsonObject) -> None:
    """Refuse a result with suppliers that were never held against the ledger (PCF-SUPPLY-001).

    Asked of what is issued, as the closure is: earlier versions did not ask. Raises BadInput.
    """
    named = fields.object_field(document, "inputs.study").get("suppliers")
    if named and not isinstance(document.get("supply"), Mapping):
        raise BadInput("CERTIFICATE_NO_SUPPLY")


def require_not_negative(document: JsonObject) -> None:
    """Refuse a total below zero: making metal takes up no gas, so somewhere burden was credited.

    Asked of what is issued, as the number of samples is. Raises BadInput.
    """
    total = fields.decimal_field(document, "total.value")
    if total < 0:
        raise BadInput("CERTIFICATE_NEGATIVE", total=decimal_text(total))


def require_own_stock_kept(document: JsonObject) -> None:
    """Refuse a result of an earlier version that draws much own metal out of the site's own store.

    It carries this period's footprint, whatever making it took, and nothing says how much: the
    bound is the highest that is published. Today's results say it themselves (`blocked`). Asked of
    what is issued, and of product factors. Raises BadInput. Rule: AL-STOCK-003.
    """
    # Loaded when asked for: no verifier needs the account.
    from footprint.account.own_drawn import is_barred, own_drawn, share_at_most
    from footprint.account.recheck import lines_of

    closure = document.get("closure")
    if not isinstance(closure, Mapping) or "account" not in closure or "own_drawn" in closure:
        return
    account = fields.decimal_field(closure, "account")
    drawn = own_drawn(lines_of(closure), account)
    share = share_at_most(drawn, account)
    if is_barred(share):
        most = rule("AL-STOCK-003").number("effect_at_most")
        told = [f"{item.flow} {decimal_text(item.amount)} t" for item in drawn]
        percent = {"share": f"{share * 100:.1f}", "most": decimal_text(most * 100)}
        raise BadInput("CERTIFICATE_DRAWN_UNTOLD", flows=", ".join(told), **percent)


def require_enough_samples(document: JsonObject) -> None:
    """Refuse an interval whose ends have no error of their own; earlier versions gave such.

    Asked of what is issued, not of what is verified: a certificate that stands stays what it is.
    The document is one that `require_certifiable` lets pass. Raises BadInput.
    """
    from footprint.engine.intervals import least_samples  # numpy, which no verifier needs

    interval = fields.field(document, "total.interval")
    if interval is None:
        return
    left_out = interval.get("non_productive", 0) + interval.get("impossible", 0)
    usable = interval["samples"] - left_out
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
    impossible = interval.get("impossible", 0)
    checks = {
        "drift": interval["drift"] in DRIFTS,
        "non_productive": type(count) is int and 0 <= count < samples,
        "sampling": interval["sampling"] in ("random", "quasi"),
        "impossible": type(impossible) is int and _are_few(impossible, samples - count),
    }
    for name, ok in checks.items():
        if not ok:
            raise BadInput("CERTIFICATE_FIELD", field=f"total.interval.{name}")


def _are_few(impossible: int, solved: int) -> bool:
    """Tell whether an interval may rest on the others. Rule: PCF-POSSIBLE-001."""
    return 0 <= impossible <= rule("PCF-POSSIBLE-001").number("most_impossible_share") * solved


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
