"""The credential: what a certificate says, as a function of the calculation and nothing else.

Every text for people is a `{zh, en}` object from the message catalogue, every other field follows
from the embedded calculation, the issuer, the issue time and the review, so a verifier can build it
again and compare it in full. One edition has one set of words and one schema, kept as data.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from factor_db.foundation.canonical import EXACT, content_hash, decimal_text, few_digits
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, code_of
from factor_db.foundation.names import Kind
from footprint.certificate import fields
from footprint.certificate.certifiable import require_certifiable
from footprint.certificate.edition import CURRENT, PREFIX, book_of
from footprint.certificate.fields import JsonObject
from footprint.certificate.keys import utc_text
from footprint.certificate.validity import valid_until
from footprint.result.choices import Alternative
from footprint.result.document import ResultDocument
from footprint.result.rows import Contribution
from footprint.result.sums import sums_by, unrounded_sum
from footprint.result.tables import first_day_of, last_day_of
from footprint.result.total import Total
from footprint.words.book import (
    name_words,
    reading,
    schema,
    slot_name,
    words,
)
from footprint.words.closure import closure_line
from footprint.words.shown import rounded, share_by_code, signed
from footprint.words.told import (
    OUTSIDE_RULE,
    choice_words,
    period_words,
    reason_words,
    told_words,
    unevidenced_words,
    value_words,
)

CONTEXT = ["https://www.w3.org/ns/credentials/v2"]
TYPES = ["VerifiableCredential", "ProductCarbonFootprintCertificate"]
GWP_SET = "gwp_set"
REVIEW_LEVELS = ("self_declared", "self_reviewed", "internally_reviewed", "verified")


@dataclass(frozen=True, slots=True)
class Review:
    """Who reviewed the statement; `verified` names the body and its registration number."""

    level: str = "self_declared"
    body: str = ""
    number: str = ""

    def __post_init__(self) -> None:
        known = self.level in REVIEW_LEVELS
        named = bool(self.body.strip() and self.number.strip())
        if not known or named != (self.level == "verified"):
            raise BadInput(
                "CERTIFICATE_REVIEW_LEVEL", level=self.level, known=", ".join(REVIEW_LEVELS)
            )


def build_credential(
    document: ResultDocument,
    issuer: JsonObject,
    *,
    issued_at: datetime,
    review: Review,
    edition: int = CURRENT,
) -> dict[str, Any]:
    """Return the unsigned credential over a result, in the words of an edition.

    `issuer` is an issuer document. Raises Incomplete for missing slots or an estimate, BadInput
    for fields that are absent, field data left out of the result, sums that do not agree, an
    interval that is none, or a period too old to certify or not over yet.
    """
    require_certifiable(document)
    last_day = valid_until(issued_at.astimezone(UTC).date(), last_day_of(document.period))
    with reading(book_of(edition)):
        subject = _subject(document, issued_at, review)
    credential = {
        "@context": CONTEXT,
        "type": TYPES,
        "issuer": {
            "id": fields.text_field(issuer, "did"),
            "name": fields.text_field(issuer, "name"),
            "pdfCertificateSha256": fields.text_field(issuer, "pdfCertificateSha256"),
        },
        "validFrom": utc_text(issued_at),
        "validUntil": f"{last_day.isoformat()}T23:59:59Z",
        "credentialSubject": {
            "certificateSchema": f"{PREFIX}{edition}",
            **subject,
            "calculation": document.record(),
        },
    }
    return {"id": certificate_id(credential), **credential}


def certificate_id(credential: JsonObject) -> str:
    """Return the `urn:uuid:` that follows from a credential's content without id and proof."""
    content = {name: item for name, item in credential.items() if name not in {"id", "proof"}}
    digest = content_hash("certificate", content)
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'footprint:certificate:{digest}')}"


def is_illustrative(document: ResultDocument) -> bool:
    """Whether a result rests on example data, by its own mark or that of any factor."""
    return document.illustrative or any(row.illustrative for row in document.factors)


def _subject(document: ResultDocument, issued_at: datetime, review: Review) -> dict[str, Any]:
    illustrative = is_illustrative(document)
    gwp_set, product, site = document.gwp_set, document.product, document.site
    subject = {
        "title": words("CERTIFICATE_TITLE"),
        "subtitle": words("CERTIFICATE_SUBTITLE"),
        "illustrative": illustrative,
        "fileName": _file_name(document, illustrative),
        "markType": "own",
        "holder": {
            "nameZh": site.organisation_zh,
            "nameEn": site.organisation_en,
            "uscc": site.uscc,
        },
        "facility": {"code": site.code, "region": site.region},
        "product": {"code": product, "name": name_words("product", product)},
        "declaredUnit": document.declared_unit.record(),
        "boundary": {
            "code": "cradle_to_gate",
            "name": name_words("boundary", "cradle_to_gate"),
        },
        "referencePeriod": document.period.record(),
        "periodCovers": period_words(first_day_of(document.period), last_day_of(document.period)),
        "gwpSet": gwp_set,
        "standards": list(schema()["standards"]),
        "result": _result(document),
        "quality": _quality(document),
        **_closure(document),
        "choices": _choices(document),
        "cutOffs": _cut_offs(document),
        "notStated": list(document.coverage.not_stated),
        "release": document.release.record(),
        "modelVersion": document.model_version,
        "resultHash": document.result_hash,
        "calculationId": document.calculation,
        "review": {
            "level": review.level,
            "body": review.body,
            "number": review.number,
            "name": name_words("review", review.level),
        },
        "status": {
            "code": "active",
            "asOf": utc_text(issued_at),
            "name": name_words("state", "active"),
        },
        "offsetsIncluded": False,
        "statements": _statements(gwp_set),
    }
    if illustrative:
        subject["illustrativeNotice"] = words("CERTIFICATE_ILLUSTRATIVE_NOTICE")
    return subject


def _file_name(document: ResultDocument, illustrative: bool) -> str:
    period = document.period
    parts = [document.product, document.site.code, period.start, period.end]
    if illustrative:
        parts.insert(0, "示例-illustrative")
    return "_".join(parts)


def _result(document: ResultDocument) -> dict[str, Any]:
    total, rows = document.total.value, document.contributions
    return {
        "total": document.total.record(),
        "rounded": _rounded_total(document.total),
        "byStage": _breakdown(document.by_stage, total, "stage"),
        "byGas": _breakdown(document.by_gas, total, "gas"),
        "byScope": _breakdown(document.by_scope, total, "scope"),
        "byOrigin": _breakdown(sums_by(rows, "origin"), total, "origin"),
        "largest": _largest(rows, total),
        **_outside(document),
    }


def _closure(document: ResultDocument) -> dict[str, Any]:
    """Return how the result adds up to its site's account, in one line; PCF-CLOSURE-001."""
    closure = document.closure
    if closure is None:
        return {}
    said = {lang: closure_line(closure, lang) for lang in LANGUAGES}
    return {"closure": {"closed": closure.closed, "text": said}}


def _outside(document: ResultDocument) -> dict[str, Any]:
    """Return what the scrap rule shows beside the value and never in it, where there is any.

    Rule: PCF-SCRAP-SUBSTITUTION.
    """
    value = document.outside_headline.substitution if document.outside_headline else None
    if not value:
        return {}
    shown = {"value": decimal_text(value), "rounded": signed(value, _digits("result"))}
    text = words("TOLD_OUTSIDE_TEXT", rule=OUTSIDE_RULE)
    return {"outside": {**shown, "name": words("TOLD_OUTSIDE"), "text": text}}


def _rounded_total(total: Total) -> dict[str, Any]:
    shown = {"value": rounded(total.value, _digits("result"))}
    if total.interval is not None:
        shown["low"] = rounded(total.interval.low, _digits("result"))
        shown["high"] = rounded(total.interval.high, _digits("result"))
        shown["levelPercent"] = decimal_text(total.interval.level * 100)
    return shown


def _digits(name: Literal["cutOff", "result", "share"]) -> Decimal:
    return Decimal(schema()["digits"][name])


def _significant(percent: Decimal) -> str:
    least = _digits("cutOff")
    shown = percent.quantize(least, context=EXACT)
    return decimal_text(shown) if shown or not percent else f"< {least}"


def _shares(values: Mapping[str, Decimal], total: Decimal) -> dict[str, str]:
    """Return code → percent of the total for reading; nothing of nothing is 0.0 (PCF-SHOWN-001)."""
    return share_by_code(values, total) or dict.fromkeys(
        values, rounded(Decimal(0), _digits("share"))
    )


def _difference_percent(difference: Decimal, total: Decimal) -> str:
    """Return a difference in percent with its sign, a tiny one told from none."""
    if not total:
        return rounded(Decimal(0), _digits("share"))
    return signed(EXACT.divide(difference * 100, total), _digits("share"))


def _breakdown(entries: Mapping[str, Decimal], total: Decimal, kind: Kind) -> list[dict[str, Any]]:
    shares = _shares(entries, total)
    return [
        {
            "code": code,
            "name": name_words(kind, code),
            "value": decimal_text(entries[code]),
            "rounded": rounded(entries[code], _digits("result")),
            "sharePercent": shares[code],
        }
        for code in sorted(entries, key=lambda code: _place(kind, code))
    ]


def _place(kind: Kind, code: str) -> tuple[int, str]:
    order = schema()["orders"][kind.upper()]
    return (order.index(code) if code in order else len(order), code)


def _largest(rows: Iterable[Contribution], total: Decimal) -> list[dict[str, Any]]:
    """Sum the rows by process and flow and return the largest, by size without sign."""
    groups: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows:
        groups.setdefault((row.process, row.flow), []).append(row.kg_co2e)
    sums = {key: unrounded_sum(values) for key, values in groups.items()}
    ranked = sorted(sums, key=lambda key: (-abs(sums[key]), key))[: schema()["contributionsShown"]]
    shares = _shares({"/".join(key): sums[key] for key in ranked}, total)
    return [
        {
            "process": process,
            "processName": name_words("process", process),
            "flow": flow,
            "flowName": name_words("flow", flow),
            "value": decimal_text(sums[process, flow]),
            "rounded": rounded(sums[process, flow], _digits("result")),
            "sharePercent": shares[f"{process}/{flow}"],
        }
        for process, flow in ranked
    ]


def _quality(document: ResultDocument) -> dict[str, Any]:
    quality, not_rebased = document.quality, document.coverage.not_rebased
    share = _digits("share")
    return {
        **quality.record(),
        "unstatedPercent": {
            name: rounded(value * 100, share) for name, value in quality.unstated.items()
        },
        "activityPrimaryPercent": rounded(quality.activity_primary_share, share),
        "dqrRounded": {
            name: rounded(value, share) for name, value in quality.dqr.items() if value is not None
        },
        "pdsRounded": rounded(quality.pds, share),
        "co2eOnly": {
            "value": decimal_text(not_rebased.value),
            "sharePercent": _shares({"co2e": not_rebased.value}, document.total.value)["co2e"],
            "rows": not_rebased.rows,
        },
    }


def _choices(document: ResultDocument) -> dict[str, Any]:
    """Return the choices that moved the number, and the others one at a time.

    What the model did not read has no line, and no alternatives either.
    """
    choices, total = document.choices, document.total.value
    made = [
        {"code": code, "name": name, "value": value, "valueName": said}
        for code, value, name, said in told_words(choices)
    ]
    varied = {GWP_SET, *(item["code"] for item in made)}
    alternatives = [
        _alternative(row, total) for row in choices.alternatives if row.choice in varied
    ]
    found = {
        "made": made,
        "alternatives": alternatives,
        "instruments": [item.record() for item in choices.instruments],
    }
    without = unevidenced_words(choices)
    return {**found, "withoutEvidence": without} if without else found


def _alternative(row: Alternative, total: Decimal) -> dict[str, Any]:
    entry = {
        "choice": row.choice,
        "name": choice_words(row.choice),
        "value": row.value,
        "valueName": value_words(row.value),
        "total": None,
        "reason": row.reason,
    }
    if row.total is None:
        entry["reasonName"] = reason_words(row.reason)
    else:
        entry["total"] = decimal_text(row.total)
        entry["rounded"] = rounded(row.total, _digits("result"))
        entry["differencePercent"] = _difference_percent(row.total - total, total)
        if row.outside:
            entry["outside"] = decimal_text(row.outside)
            entry["outsideRounded"] = rounded(row.outside, _digits("result"))
    return entry


def _cut_offs(document: ResultDocument) -> list[dict[str, Any]]:
    return [
        {
            **row.record(),
            "name": slot_name(row.slot),
            "amountRounded": few_digits(row.amount, schema()["digits"]["amount"]),
            "upperBoundRounded": few_digits(row.upper_bound, schema()["digits"]["amount"]),
            "mass_share_percent": _significant(row.mass_share * 100),
            "energy_share_percent": _significant(row.energy_share * 100),
            "ghg_share_percent": _significant(row.ghg_share * 100),
        }
        for row in document.coverage.cut_off
    ]


def _statements(gwp_set: str) -> list[dict[str, Any]]:
    """Return what a certificate says of itself.

    Rules: CERT-WORDS-STATEMENT, CERT-WORDS-BOUNDARY, CERT-WORDS-OFFSETS, CERT-WORDS-COMPARISON,
    CERT-WORDS-CBAM; the level of review follows CERT-WORDS-REVIEW, the mark of example data
    CERT-WORDS-ILLUSTRATIVE.
    """
    codes = list(schema()["statements"])
    if gwp_set != schema()["latestGwpSet"]:
        codes += schema()["statementsOtherGwp"]
    return [{"code": code, "text": words(code_of("CERTIFICATE_STATEMENT", code))} for code in codes]
