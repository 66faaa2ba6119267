"""What a calculation must be before a certificate may say it: whole, summed up, soundly sampled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.rules import rule
from footprint.figures.blocked import refuse_blocked
from footprint.figures.unevidenced import RULE as EVIDENCE_RULE
from footprint.figures.unevidenced import told, unevidenced_choices
from footprint.result.document import ResultDocument
from footprint.result.sums import sums_by, unrounded_sum
from footprint.result.total import IntervalRecord

INTERVAL_FIELDS = {"low", "high", "level", "method", "samples", "seed"}
# Calculations of an earlier version have none of these.
INTERVAL_DETAILS = {
    *("low_error", "high_error", "mean", "mean_error", "median", "median_error"),
    *("drift", "non_productive", "sampling"),
}
# Calculations of before draws were judged (rule PCF-POSSIBLE-001) do not count these.
INTERVAL_JUDGED = {"impossible"}
DRIFTS: tuple[tuple[str, ...], ...] = ((), ("mean",), ("median",), ("mean", "median"))
INTERVAL_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9 _,;.-]{0,99}")


def require_certifiable(document: ResultDocument) -> None:
    """Refuse a result that no certificate may carry.

    Raises Incomplete for missing slots, an estimate or a choice without evidence, BadInput for
    field data left out of the result, too much of it filled in by gap rules, sums that do not
    agree, or an interval that is none.
    """
    if "unused_field_data" not in document.model_fields_set:
        raise BadInput("CERTIFICATE_FIELD", field="unused_field_data")
    refuse_blocked(document, "CERTIFICATE")
    _refuse_unevidenced(document)
    _refuse_filled(document)
    _refuse_wrong_sums(document)
    _refuse_strange_interval(document)


def _refuse_unevidenced(document: ResultDocument) -> None:
    """Refuse a smelter of somebody's choice where nothing shows it. Rule: PCF-EVIDENCE-001."""
    found = unevidenced_choices(document)
    if found:
        raise Incomplete("CERTIFICATE_UNEVIDENCED", choices=told(found), rule=EVIDENCE_RULE)


def _refuse_filled(document: ResultDocument) -> None:
    """Refuse a result of which gap rules filled in more than a small part. Rule: PCF-GAP-001."""
    share = document.quality.filled_share
    if share is None:
        return
    most = rule("PCF-GAP-001").number("most_filled_share")
    if not 0 <= share <= 1:
        raise BadInput("CERTIFICATE_FIELD", field="quality.filled_share")
    if share > most:
        percent = {"share": f"{share * 100:.1f}", "most": decimal_text(most * 100)}
        raise BadInput("CERTIFICATE_FILLED", **percent)


def _refuse_strange_interval(document: ResultDocument) -> None:
    """Refuse an interval that is not shaped as one, or does not hold the total.

    Skewed or few draws can lie beside the nominal total: that is no fault of form.
    """
    interval, total = document.total.interval, document.total.value
    if interval is None:
        return
    detailed = INTERVAL_FIELDS | INTERVAL_DETAILS
    stated = interval.model_fields_set
    if stated not in (INTERVAL_FIELDS, detailed, detailed | INTERVAL_JUDGED):
        raise BadInput("CERTIFICATE_FIELD", field="total.interval")
    _refuse_fields(
        low=interval.low <= interval.high,
        level=0 < interval.level < 1,
        method=INTERVAL_METHOD.fullmatch(interval.method) is not None,
        samples=interval.samples > 0,
    )
    if not interval.low <= total <= interval.high:
        ends = {"low": decimal_text(interval.low), "high": decimal_text(interval.high)}
        raise BadInput("CERTIFICATE_NOMINAL_OUTSIDE", total=decimal_text(total), **ends)
    if stated != INTERVAL_FIELDS:
        _refuse_strange_details(interval)


def _refuse_fields(**checks: bool) -> None:
    for name, ok in checks.items():
        if not ok:
            raise BadInput("CERTIFICATE_FIELD", field=f"total.interval.{name}")


def require_closed(document: ResultDocument) -> None:
    """Refuse a calculation that was never held against its site's account (PCF-CLOSURE-001).

    Asked of what is issued, not of what is verified: earlier versions drew no closure. What a
    closure says is judged with every other reason (`blocked`). Raises BadInput; Incomplete where a
    closure says that it was not drawn: no closure, no certificate.
    """
    closure = document.closure
    if closure is None:
        raise BadInput("CERTIFICATE_NO_CLOSURE")
    if closure.not_drawn:
        raise Incomplete("CERTIFICATE_CLOSURE_NOT_DRAWN", product=document.product)
    if closure.closed is not True:
        raise BadInput("CERTIFICATE_FIELD", field="closure")


def require_supply_judged(document: ResultDocument) -> None:
    """Refuse a result with suppliers that were never held against the ledger (PCF-SUPPLY-001).

    Asked of what is issued, as the closure is: earlier versions did not ask. Raises BadInput.
    """
    if document.inputs.study.suppliers and document.supply is None:
        raise BadInput("CERTIFICATE_NO_SUPPLY")


def require_not_negative(document: ResultDocument) -> None:
    """Refuse a total below zero: making metal takes up no gas, so somewhere burden was credited.

    Asked of what is issued, as the number of samples is. Raises BadInput.
    """
    total = document.total.value
    if total < 0:
        raise BadInput("CERTIFICATE_NEGATIVE", total=decimal_text(total))


def require_own_stock_kept(document: ResultDocument) -> None:
    """Refuse a result of an earlier version that draws much own metal out of the site's own store.

    It carries this period's footprint, whatever making it took, and nothing says how much: the
    bound is the highest that is published. Today's results say it themselves (`blocked`). Asked of
    what is issued, and of product factors. Raises BadInput. Rule: AL-STOCK-003.
    """
    # Loaded when asked for: no verifier needs the account.
    from footprint.closure.own_drawn import is_barred, own_drawn, share_at_most

    closure = document.closure
    if closure is None or closure.account is None or closure.own_drawn is not None:
        return
    drawn = own_drawn(closure.lines, closure.account)
    share = share_at_most(drawn, closure.account)
    if is_barred(share):
        most = rule("AL-STOCK-003").number("effect_at_most")
        told = [f"{item.flow} {decimal_text(item.amount)} t" for item in drawn]
        percent = {"share": f"{share * 100:.1f}", "most": decimal_text(most * 100)}
        raise BadInput("CERTIFICATE_DRAWN_UNTOLD", flows=", ".join(told), **percent)


def require_enough_samples(document: ResultDocument) -> None:
    """Refuse an interval whose ends have no error of their own; earlier versions gave such.

    Asked of what is issued, not of what is verified: a certificate that stands stays what it is.
    The document is one that `require_certifiable` lets pass. Raises BadInput.
    """
    from footprint.engine.statistics.intervals import (
        least_samples,  # numpy, which no verifier needs
    )

    interval = document.total.interval
    if interval is None:
        return
    usable = interval.samples - interval.non_productive - interval.impossible
    if usable < least_samples():
        raise BadInput("CERTIFICATE_SAMPLES_TOO_FEW", samples=usable, least=least_samples())


def _refuse_strange_details(interval: IntervalRecord) -> None:
    """Refuse errors, middles and counts of an interval that are not what they are named."""
    errors = {name: getattr(interval, name) for name in INTERVAL_DETAILS if name.endswith("_error")}
    middles = {name: getattr(interval, name) is not None for name in ("mean", "median")}
    _refuse_fields(**middles)
    _refuse_fields(**{name: error is None or error >= 0 for name, error in errors.items()})
    _refuse_fields(
        drift=interval.drift in DRIFTS,
        non_productive=0 <= interval.non_productive < interval.samples,
        sampling=interval.sampling in ("random", "quasi"),
        impossible=_are_few(interval.impossible, interval.samples - interval.non_productive),
    )


def _are_few(impossible: int, solved: int) -> bool:
    """Tell whether an interval may rest on the others. Rule: PCF-POSSIBLE-001."""
    return 0 <= impossible <= rule("PCF-POSSIBLE-001").number("most_impossible_share") * solved


def _refuse_wrong_sums(document: ResultDocument) -> None:
    rows, total = document.contributions, document.total.value
    _refuse_sum("contributions", unrounded_sum(row.kg_co2e for row in rows), total)
    stated: dict[str, tuple[Mapping[str, Decimal], str]] = {
        "by_stage": (document.by_stage, "stage"),
        "by_gas": (document.by_gas, "gas"),
        "by_scope": (document.by_scope, "scope"),
    }
    for name, (values, column) in stated.items():
        for code, value in sums_by(rows, column).items():
            _refuse_sum(f"{name}.{code}", value, values.get(code))
        _refuse_sum(name, unrounded_sum(values.values()), total)


def _refuse_sum(field: str, found: Decimal, stated: Decimal | None) -> None:
    if found != stated:
        said = "-" if stated is None else decimal_text(stated)
        raise BadInput("CERTIFICATE_SUMS", field=field, found=decimal_text(found), total=said)
