"""The credential: what a certificate says, as a function of the calculation and nothing else.

Every text for people is a `{zh, en}` object from the message catalogue, every other field follows
from the embedded calculation, the issuer, the issue time and the review, so a verifier can build it
again and compare it in full. One edition has one set of words and one schema, kept as data.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

from factor_db.foundation.canonical import EXACT, content_hash, decimal_text, decimal_value, plain
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES
from footprint.account.told import closure_line
from footprint.certificate import fields
from footprint.certificate.certifiable import require_certifiable
from footprint.certificate.edition import CURRENT, PREFIX, book_of
from footprint.certificate.fields import JsonObject
from footprint.certificate.keys import utc_text
from footprint.certificate.told_words import (
    OUTSIDE_RULE,
    choice_words,
    period_words,
    reason_words,
    told_words,
    unevidenced_words,
    value_words,
)
from footprint.certificate.validity import valid_until
from footprint.certificate.words import (
    reading,
    schema,
    slot_name,
    vocabulary_name,
    words,
    words_or_code,
)
from footprint.shown import rounded, share_by_code, signed

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
    document: JsonObject,
    issuer: JsonObject,
    *,
    issued_at: datetime,
    review: Review,
    edition: int = CURRENT,
) -> dict[str, Any]:
    """Return the unsigned credential over a calculation document, in the words of an edition.

    `issuer` is an issuer document. Raises Incomplete for missing slots or an estimate, BadInput
    for fields that are absent, field data left out of the result, sums that do not agree, an
    interval that is none, or a period too old to certify or not over yet.
    """
    document = plain(document)
    require_certifiable(document)
    period_end = fields.date_field(document, "period.end")
    last_day = valid_until(issued_at.astimezone(UTC).date(), period_end)
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
            "calculation": document,
        },
    }
    return {"id": certificate_id(credential), **credential}


def certificate_id(credential: JsonObject) -> str:
    """Return the `urn:uuid:` that follows from a credential's content without id and proof."""
    content = {name: item for name, item in credential.items() if name not in {"id", "proof"}}
    digest = content_hash("certificate", content)
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'footprint:certificate:{digest}')}"


def is_illustrative(document: JsonObject) -> bool:
    """Whether a calculation rests on example data, by its own mark or that of any factor."""
    marked = fields.flag_field(document, "illustrative")
    return marked or any(
        row.get("illustrative") is True for row in fields.rows_field(document, "factors")
    )


def _subject(document: JsonObject, issued_at: datetime, review: Review) -> dict[str, Any]:
    illustrative = is_illustrative(document)
    gwp_set = fields.text_field(document, "gwp_set")
    product = fields.text_field(document, "product")
    subject = {
        "title": words("CERTIFICATE_TITLE"),
        "subtitle": words("CERTIFICATE_SUBTITLE"),
        "illustrative": illustrative,
        "fileName": _file_name(document, illustrative),
        "markType": "own",
        "holder": {
            "nameZh": fields.text_field(document, "site.organisation_zh"),
            "nameEn": fields.text_field(document, "site.organisation_en"),
            "uscc": fields.text_field(document, "site.uscc"),
        },
        "facility": {
            "code": fields.text_field(document, "site.code"),
            "region": fields.text_field(document, "site.region"),
        },
        "product": {"code": product, "name": words_or_code("PRODUCT", product)},
        "declaredUnit": dict(fields.object_field(document, "declared_unit")),
        "boundary": {
            "code": "cradle_to_gate",
            "name": words("CERTIFICATE_BOUNDARY_cradle_to_gate"),
        },
        "referencePeriod": dict(fields.object_field(document, "period")),
        "periodCovers": period_words(
            fields.date_field(document, "period.start"), fields.date_field(document, "period.end")
        ),
        "gwpSet": gwp_set,
        "standards": list(schema("standards")),
        "result": _result(document),
        "quality": _quality(document),
        **_closure(document),
        "choices": _choices(document),
        "cutOffs": _cut_offs(document),
        "notStated": list(document["coverage"].get("not_stated", [])),
        "release": dict(fields.object_field(document, "release")),
        "modelVersion": fields.text_field(document, "model_version"),
        "resultHash": fields.text_field(document, "result_hash"),
        "calculationId": fields.text_field(document, "calculation"),
        "review": {
            "level": review.level,
            "body": review.body,
            "number": review.number,
            "name": words(f"CERTIFICATE_REVIEW_{review.level}"),
        },
        "status": {
            "code": "active",
            "asOf": utc_text(issued_at),
            "name": words("CERTIFICATE_STATUS_active"),
        },
        "offsetsIncluded": False,
        "statements": _statements(gwp_set),
    }
    if illustrative:
        subject["illustrativeNotice"] = words("CERTIFICATE_ILLUSTRATIVE_NOTICE")
    return subject


def _file_name(document: JsonObject, illustrative: bool) -> str:
    parts = [
        fields.text_field(document, "product"),
        fields.text_field(document, "site.code"),
        fields.text_field(document, "period.start"),
        fields.text_field(document, "period.end"),
    ]
    if illustrative:
        parts.insert(0, "示例-illustrative")
    return "_".join(parts)


def _result(document: JsonObject) -> dict[str, Any]:
    total = fields.decimal_field(document, "total.value")
    rows = fields.rows_field(document, "contributions")
    return {
        "total": dict(fields.object_field(document, "total")),
        "rounded": _rounded_total(document),
        "byStage": _breakdown(document["by_stage"], total, "STAGE"),
        "byGas": _breakdown(document["by_gas"], total, "GAS"),
        "byScope": _breakdown(document["by_scope"], total, "SCOPE"),
        "byOrigin": _breakdown(
            {code: decimal_text(value) for code, value in fields.sums_by(rows, "origin").items()},
            total,
            "ORIGIN",
        ),
        "largest": _largest(rows, total),
        **_outside(document),
    }


def _closure(document: JsonObject) -> dict[str, Any]:
    """Return how the result adds up to its site's account, in one line; PCF-CLOSURE-001."""
    closure = document.get("closure")
    if not isinstance(closure, Mapping):
        return {}
    said = {lang: closure_line(closure, lang) for lang in LANGUAGES}
    return {"closure": {"closed": closure.get("closed"), "text": said}}


def _outside(document: JsonObject) -> dict[str, Any]:
    """Return what the scrap rule shows beside the value and never in it, where there is any.

    Rule: PCF-SCRAP-SUBSTITUTION.
    """
    beside = document.get("outside_headline") or {}
    value = decimal_value(beside.get("substitution", "0"))
    if not value:
        return {}
    shown = {"value": decimal_text(value), "rounded": signed(value, _digits("result"))}
    text = words("TOLD_OUTSIDE_TEXT", rule=OUTSIDE_RULE)
    return {"outside": {**shown, "name": words("TOLD_OUTSIDE"), "text": text}}


def _rounded_total(document: JsonObject) -> dict[str, Any]:
    interval = fields.field(document, "total.interval")
    shown = {"value": rounded(fields.decimal_field(document, "total.value"), _digits("result"))}
    if interval is not None:
        for bound in ("low", "high"):
            value = fields.decimal_field(document, f"total.interval.{bound}")
            shown[bound] = rounded(value, _digits("result"))
        level = fields.decimal_field(document, "total.interval.level")
        shown["levelPercent"] = decimal_text(level * 100)
    return shown


def _digits(name: str) -> Decimal:
    return Decimal(schema("digits")[name])


def _few_digits(value: Decimal) -> str:
    return decimal_text(Context(prec=schema("digits")["amount"]).plus(value))


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


def _breakdown(values: JsonObject, total: Decimal, group: str) -> list[dict[str, Any]]:
    entries = {code: fields.decimal_field(values, code) for code in values}
    shares = _shares(entries, total)
    return [
        {
            "code": code,
            "name": words_or_code(group, code),
            "value": decimal_text(entries[code]),
            "rounded": rounded(entries[code], _digits("result")),
            "sharePercent": shares[code],
        }
        for code in sorted(entries, key=lambda code: _place(group, code))
    ]


def _place(group: str, code: str) -> tuple[int, str]:
    order = schema("orders")[group]
    return (order.index(code) if code in order else len(order), code)


def _largest(rows: list[JsonObject], total: Decimal) -> list[dict[str, Any]]:
    """Sum the rows by process and flow and return the largest, by size without sign."""
    groups: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows:
        key = (fields.text_field(row, "process"), fields.text_field(row, "flow"))
        groups.setdefault(key, []).append(fields.decimal_field(row, "kg_co2e"))
    sums = {key: fields.exact_sum(values) for key, values in groups.items()}
    ranked = sorted(sums, key=lambda key: (-abs(sums[key]), key))[: schema("contributionsShown")]
    shares = _shares({"/".join(key): sums[key] for key in ranked}, total)
    return [
        {
            "process": process,
            "processName": vocabulary_name("processes", process),
            "flow": flow,
            "flowName": vocabulary_name("flows", flow),
            "value": decimal_text(sums[process, flow]),
            "rounded": rounded(sums[process, flow], _digits("result")),
            "sharePercent": shares[f"{process}/{flow}"],
        }
        for process, flow in ranked
    ]


def _quality(document: JsonObject) -> dict[str, Any]:
    total = fields.decimal_field(document, "total.value")
    co2e_only = fields.decimal_field(document, "coverage.not_rebased.value")
    quality = dict(fields.object_field(document, "quality"))
    rating = fields.object_field(quality, "dqr")
    unstated = fields.object_field(quality, "unstated") if "unstated" in quality else {}
    return {
        **quality,
        "unstatedPercent": {
            name: rounded(fields.decimal_field(unstated, name) * 100, _digits("share"))
            for name in unstated
        },
        "activityPrimaryPercent": rounded(
            fields.decimal_field(quality, "activity_primary_share"), _digits("share")
        ),
        "dqrRounded": {
            name: rounded(fields.decimal_field(rating, name), _digits("share"))
            for name in rating
            if rating[name] is not None
        },
        "pdsRounded": rounded(fields.decimal_field(quality, "pds"), _digits("share")),
        "co2eOnly": {
            "value": decimal_text(co2e_only),
            "sharePercent": _shares({"co2e": co2e_only}, total)["co2e"],
            "rows": fields.field(document, "coverage.not_rebased.rows"),
        },
    }


def _choices(document: JsonObject) -> dict[str, Any]:
    """Return the choices that moved the number, and the others one at a time.

    What the model did not read has no line, and no alternatives either.
    """
    choices = fields.object_field(document, "choices")
    total = fields.decimal_field(document, "total.value")
    made = [
        {"code": code, "name": name, "value": value, "valueName": said}
        for code, value, name, said in told_words(choices)
    ]
    varied = {GWP_SET, *(item["code"] for item in made)}
    alternatives = [
        _alternative(row, total)
        for row in fields.rows_field(choices, "alternatives")
        if row.get("choice") in varied
    ]
    found = {
        "made": made,
        "alternatives": alternatives,
        "instruments": choices.get("instruments", []),
    }
    without = unevidenced_words(choices)
    return {**found, "withoutEvidence": without} if without else found


def _alternative(row: JsonObject, total: Decimal) -> dict[str, Any]:
    code, value = fields.text_field(row, "choice"), fields.text_field(row, "value")
    reason = str(row.get("reason") or "")
    entry = {
        "choice": code,
        "name": choice_words(code),
        "value": value,
        "valueName": value_words(value),
        "total": None,
        "reason": reason,
    }
    if fields.field(row, "total") is None:
        entry["reasonName"] = reason_words(reason)
    else:
        other = fields.decimal_field(row, "total")
        entry["total"] = decimal_text(other)
        entry["rounded"] = rounded(other, _digits("result"))
        entry["differencePercent"] = _difference_percent(other - total, total)
        if beside := decimal_value(row.get("outside") or "0"):
            entry["outside"] = decimal_text(beside)
            entry["outsideRounded"] = rounded(beside, _digits("result"))
    return entry


def _cut_offs(document: JsonObject) -> list[dict[str, Any]]:
    entries = []
    for row in fields.rows_field(document, "coverage.cut_off"):
        entry = {
            **row,
            "name": slot_name(fields.text_field(row, "slot")),
            "amountRounded": _few_digits(fields.decimal_field(row, "amount")),
            "upperBoundRounded": _few_digits(fields.decimal_field(row, "upper_bound")),
        }
        for share in ("mass_share", "energy_share", "ghg_share"):
            if row.get(share) is not None:
                percent = fields.decimal_field(row, share) * 100
                entry[f"{share}_percent"] = _significant(percent)
        entries.append(entry)
    return entries


def _statements(gwp_set: str) -> list[dict[str, Any]]:
    """Return what a certificate says of itself.

    Rules: CERT-WORDS-STATEMENT, CERT-WORDS-BOUNDARY, CERT-WORDS-OFFSETS, CERT-WORDS-COMPARISON,
    CERT-WORDS-CBAM; the level of review follows CERT-WORDS-REVIEW, the mark of example data
    CERT-WORDS-ILLUSTRATIVE.
    """
    codes = list(schema("statements"))
    if gwp_set != schema("latestGwpSet"):
        codes += schema("statementsOtherGwp")
    return [{"code": code, "text": words(f"CERTIFICATE_STATEMENT_{code}")} for code in codes]
