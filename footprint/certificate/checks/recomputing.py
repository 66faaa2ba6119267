"""The check `recomputes`: from the inputs inside a certificate to every field it shows.

Three steps: the product's own recalculation must give the whole embedded calculation, with the
sampled interval drawn again; what no recalculation can give (site, release, id) must agree with
the inputs and be shaped; and the credential built again from that calculation must equal the
certificate in full, words included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from factor_db.foundation.canonical import canonical_json, content_hash
from factor_db.foundation.errors import DOCUMENT_FAULTS, FootprintError
from factor_db.foundation.messages import code_of
from footprint.certificate import fields
from footprint.certificate.checks.redrawing import interval_difference, interval_state
from footprint.certificate.checks.report import Check
from footprint.certificate.edition import CURRENT, EARLIER, book_of, kept, number_of
from footprint.certificate.fields import JsonObject
from footprint.certificate.payload import Review, build_credential, certificate_id
from footprint.judgement.recheck import closure_difference, smelter_difference
from footprint.result.difference import first_difference
from footprint.result.document import Figures, ResultDocument, read_result
from footprint.supply.read_back import supply_difference
from footprint.words.book import is_slot, reading, schema

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,59}")
Recompute = Callable[[ResultDocument], Figures]

MODEL = "model"
# What a calculation holds besides its figures; the edition's schema has the keys of the objects.
FURTHER_FIELDS = {
    *("calculation", "unused_field_data", "tolled_metal", "closure", "possible"),
    *("supply", "smelter", "inputs", "release", "site"),
}
SAME_AS_INPUTS = {
    "site.code": "inputs.where.site",
    "site.region": "inputs.where.region",
    "release.name": "inputs.study.release",
}


@dataclass(frozen=True)
class Stated:
    """A calculation as it is stated: its JSON, and the result that is read of it, once."""

    content: JsonObject

    @cached_property
    def result(self) -> ResultDocument:
        """The result; raises BadInput (RESULT_FAULTS) with every fault."""
        return read_result(self.content)


def product_recompute(document: ResultDocument) -> Figures:
    """Recompute with the product; imported here so that reading a certificate stays light."""
    from footprint.figures.recompute import recompute

    return recompute(document)


def stated_in(credential: JsonObject) -> Stated:
    """Return the calculation that a certificate embeds."""
    return Stated(credential["credentialSubject"]["calculation"])


def check_recomputes(credential: JsonObject, stated: Stated, recompute: Recompute) -> Check:
    """Return the check for a structurally sound certificate whose signature holds.

    Its words are those of its edition; one of an edition from before they were kept as data can
    not be recomputed here, and the answer names the version that can.
    """
    edition = number_of(credential["credentialSubject"]["certificateSchema"])
    if edition is None or edition not in kept():
        asked = {"edition": edition, "version": EARLIER.get(edition or 0, "")}
        return Check("recomputes", None, "CERTIFICATE_EDITION_EARLIER", asked)
    reason = _difference(stated, recompute, edition) or _named_fault(
        lambda: _credential_difference(credential, stated.result, edition)
    )
    if reason:
        return Check("recomputes", False, "CERTIFICATE_RECOMPUTES_FAILED", {"reason": reason})
    code = code_of("CERTIFICATE_RECOMPUTES", interval_state(stated.result))
    return Check("recomputes", True, code, {"rows": len(stated.content["contributions"])})


def not_recomputed() -> Check:
    """Return the check for a certificate whose signature does not hold."""
    return Check("recomputes", False, "CERTIFICATE_NOT_RECOMPUTED")


def calculation_difference(
    document: dict[str, Any], recompute: Recompute = product_recompute
) -> str:
    """Return the field of a calculation that its inputs do not give, or an empty string."""
    return _difference(Stated(document), recompute, CURRENT)


def _difference(stated: Stated, recompute: Recompute, edition: int) -> str:
    with reading(book_of(edition)):
        return _named_fault(lambda: _calculation_difference(stated, recompute))


def _calculation_difference(stated: Stated, recompute: Recompute) -> str:
    result = stated.result
    return (
        _figures_difference(stated, recompute)
        or _facts_difference(stated.content)
        or _model_difference(result)
        or closure_difference(result)
        or supply_difference(result)
        or smelter_difference(result)
        or interval_difference(result)
    )


def _named_fault(compare: Callable[[], str]) -> str:
    try:
        return compare()
    except FootprintError as error:
        return str(error.params["field"]) if error.code == "RESULT_FAULTS" else str(error)
    except DOCUMENT_FAULTS as error:
        return f"{type(error).__name__}: {error}"
    except RecursionError:
        return "RecursionError"


def _figures_difference(calculation: Stated, recompute: Recompute) -> str:
    document, again = calculation.content, recompute(calculation.result).record()
    again["total"]["interval"] = fields.field(document, "total.interval")
    _take_reasons(again, document)
    stated = {name: item for name, item in document.items() if name not in FURTHER_FIELDS}
    for name in ("result_hash", "contributions"):  # the most telling first
        if not _same(again.get(name), stated.get(name)):
            return name
    return first_difference(again, stated)


def _take_reasons(again: dict[str, Any], document: JsonObject) -> None:
    """Take over why an alternative has no result, if it names slots or a known fault.

    A certificate pins no factor for what it does not calculate, so more slots may be empty here.
    """
    rows = fields.rows_field(document, "choices.alternatives")
    for mine, theirs in zip(again["choices"]["alternatives"], rows, strict=False):
        reason = theirs.get("reason")
        if mine["total"] is None and isinstance(reason, str):
            named = _CODE.fullmatch(reason) or all(is_slot(item) for item in reason.split(", "))
            mine["reason"] = reason if named else mine["reason"]


def _facts_difference(document: JsonObject) -> str:
    body = {name: item for name, item in document.items() if name != "calculation"}
    if document["calculation"] != content_hash("calculation", body):
        return "calculation"
    objects: Mapping[str, list[str]] = schema()["objects"]
    for name, keys in objects.items():
        if set(fields.object_field(document, name)) != set(keys):
            return name
    for name, source in SAME_AS_INPUTS.items():
        if fields.text_field(document, name) != fields.text_field(document, source):
            return name
    return ""


def _model_difference(result: ResultDocument) -> str:
    """Return where the carried model speaks of another product or other choices than the study."""
    model = result.inputs.model
    if model is None:
        return f"inputs.{MODEL}"
    chosen = result.inputs.study.choices.record()
    same = all(not value or model.choices.get(name) == value for name, value in chosen.items())
    return "" if same and model.system.product == result.product else f"inputs.{MODEL}"


def _credential_difference(credential: JsonObject, result: ResultDocument, edition: int) -> str:
    if credential["id"] != certificate_id(credential):
        return "id"
    issuer, review = credential["issuer"], credential["credentialSubject"]["review"]
    expected = build_credential(
        result,
        {
            "did": issuer["id"],
            "name": issuer["name"],
            "pdfCertificateSha256": issuer["pdfCertificateSha256"],
        },
        issued_at=datetime.fromisoformat(credential["validFrom"]),
        review=Review(review["level"], review["body"], review["number"]),
        edition=edition,
    )
    shown = {name: item for name, item in credential.items() if name != "proof"}
    return first_difference(expected, shown)


def _same(expected: Any, found: Any) -> bool:
    """Whether two values are the same JSON; Python's own `==` takes true for 1."""
    return canonical_json(expected) == canonical_json(found)
