"""The check `recomputes`: from the inputs inside a certificate to every figure it shows.

Three steps: the product's own recalculation must give the rows and the result hash of the embedded
calculation; the sums must follow from those rows; and the credential built again from that
calculation must equal the certificate in every figure and code (texts may be of an older edition).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from factor_db.foundation.canonical import plain
from factor_db.foundation.errors import FootprintError
from footprint.certificate.fields import JsonObject
from footprint.certificate.payload import (
    Review,
    build_credential,
    certificate_id,
    without_words,
)
from footprint.certificate.report import Check

Recompute = Callable[[dict[str, Any]], Mapping[str, Any]]

# What a strange document may set off in code that expects a well-formed one.
DOCUMENT_FAULTS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
UNCOMPARED = {"total", "calculation"}


def product_recompute(document: dict[str, Any]) -> Mapping[str, Any]:
    """Recompute with the product; imported here so that reading a certificate stays light."""
    from footprint.recompute import recompute

    result: Mapping[str, Any] = recompute(document)
    return result


def check_recomputes(credential: JsonObject, recompute: Recompute) -> Check:
    """Return the check for a structurally sound certificate."""
    document = credential["credentialSubject"]["calculation"]
    try:
        difference = _calculation_difference(document, recompute)
        difference = difference or _credential_difference(credential, document)
    except FootprintError as error:
        difference = str(error)
    except DOCUMENT_FAULTS as error:
        difference = f"{type(error).__name__}: {error}"
    except RecursionError:
        difference = "RecursionError"
    if difference:
        return Check("recomputes", False, "CERTIFICATE_RECOMPUTES_FAILED", {"reason": difference})
    rows = len(document["contributions"])
    return Check("recomputes", True, "CERTIFICATE_RECOMPUTES", {"rows": rows})


def _calculation_difference(document: dict[str, Any], recompute: Recompute) -> str:
    again = plain(recompute(document))
    if again["result_hash"] != document["result_hash"]:
        return "result_hash"
    if again["contributions"] != document["contributions"]:
        return "contributions"
    for name in sorted((set(again) & set(document)) - UNCOMPARED):
        if _without_prose(again[name]) != _without_prose(document[name]):
            return str(name)
    total = again.get("total", {})
    for name in ("value", "unit"):
        if name in total and total[name] != document["total"][name]:
            return f"total.{name}"
    return ""


def _without_prose(value: Any) -> Any:
    """Drop `reason` texts: a later edition may word them otherwise about the same figures."""
    if isinstance(value, Mapping):
        return {name: _without_prose(item) for name, item in value.items() if name != "reason"}
    return [_without_prose(item) for item in value] if isinstance(value, list) else value


def _credential_difference(credential: JsonObject, document: dict[str, Any]) -> str:
    if credential["id"] != certificate_id(credential):
        return "id"
    issuer, subject = credential["issuer"], credential["credentialSubject"]
    review = subject["review"]
    expected = build_credential(
        document,
        {
            "did": issuer["id"],
            "name": issuer["name"],
            "pdfCertificateSha256": issuer["pdfCertificateSha256"],
        },
        issued_at=datetime.fromisoformat(credential["validFrom"]),
        review=Review(review["level"], review["body"], review["number"]),
    )
    for name in ("validFrom", "validUntil"):
        if expected[name] != credential[name]:
            return name
    figures, shown = without_words(expected["credentialSubject"]), without_words(subject)
    differing = sorted(
        name for name in set(figures) | set(shown) if figures.get(name) != shown.get(name)
    )
    return ", ".join(differing)
