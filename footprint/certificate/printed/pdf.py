"""The printed copy: PDF/A-3b by typst from the signed credential, with the JSON attached.

Same credential and same QR text give the same bytes, in every process and time zone. All text
reaches typst as data, never as markup, so no name on a certificate can change its layout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import typst

from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import code_of
from footprint.certificate.fields import JsonObject
from footprint.certificate.period import period_words
from footprint.certificate.printed.qr import qr_svg
from footprint.result.document import ResultDocument, read_result
from footprint.result.tables import Period
from footprint.words.book import Words, labels, words
from footprint.words.no_interval import no_interval_words

ATTACHMENT_NAME = "certificate.json"
QR_ATTACHMENT_NAME = "certificate-qr.txt"
_MISSING_GLYPH = re.compile(r'the text `?"(?P<text>.+?)"`? could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


def render_pdf(credential: JsonObject, certificate_bytes: bytes, qr: str) -> bytes:
    """Return the unsigned PDF of a signed credential.

    `certificate_bytes` are the exact bytes of certificate.json, `qr` the signed text of the QR.
    Raises BadInput naming the character when the fonts lack one.
    """
    return _compile(credential, certificate_bytes, qr, output="pdf")[0]


def render_pages(credential: JsonObject, certificate_bytes: bytes, qr: str) -> list[bytes]:
    """Return the same pages as PNG images at 110 dpi, for previews on screen."""
    return _compile(credential, certificate_bytes, qr, output="png")


def _compile(
    credential: JsonObject, certificate_bytes: bytes, qr: str, *, output: Any
) -> list[bytes]:
    inputs = {
        "certificate": certificate_bytes.decode("utf-8"),
        "hashes": json.dumps({"certificate": sha256_hex(certificate_bytes)}),
        "qr_text": qr,
    }
    return compiled("certificate.typ", credential, qr, output=output, ppi=110, inputs=inputs)


def compiled(
    template: str,
    credential: JsonObject,
    qr: str,
    *,
    output: Any,
    ppi: int,
    inputs: Mapping[str, str] = {},
) -> list[bytes]:
    """Return the pages of a template filled with a signed credential (one entry for a PDF).

    `output` is pdf, png or svg, `ppi` the dots per inch of a PNG, `inputs` more texts for the
    template. Raises BadInput naming the character when the fonts lack one.
    """
    issued_at = datetime.fromisoformat(credential["validFrom"]).astimezone(UTC)
    folder = files("footprint.certificate")
    try:
        result: Any = typst.compile(
            (folder / template).read_bytes(),
            font_paths=vendored_fonts(),
            ignore_system_fonts=True,
            format=output,
            ppi=ppi,
            sys_inputs={
                "view": json.dumps(_view(credential), ensure_ascii=False, sort_keys=True),
                "qr_svg": qr_svg(qr),
                **inputs,
            },
            pdf_standards=["a-3b"] if output == "pdf" else [],
            timestamp=issued_at,
        )
    except typst.TypstError as error:
        raise print_fault(str(error)) from None
    return list(result) if isinstance(result, list) else [result]


@cache
def vendored_fonts() -> typst.Fonts:
    """Return the fonts every print uses, and no other."""
    folder = str(files("footprint.certificate") / "fonts")
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )


def _view(credential: JsonObject) -> dict[str, Any]:
    subject = {
        name: item
        for name, item in credential["credentialSubject"].items()
        if name != "calculation"
    }
    return {
        "credential": {
            **{name: item for name, item in credential.items() if name != "proof"},
            "credentialSubject": subject,
        },
        "labels": _labels(read_result(credential["credentialSubject"]["calculation"])),
        "interval_method": _interval_method(subject),
        "period": period_words(Period.model_validate(subject["referencePeriod"])),
        "watermark": words("CERTIFICATE_ILLUSTRATIVE_WATERMARK"),
        "attachments": {
            "json": words("CERTIFICATE_ATTACHMENT_JSON"),
            "qr": words("CERTIFICATE_ATTACHMENT_QR"),
        },
    }


def _labels(document: ResultDocument) -> dict[str, Words]:
    """Return the labels of the print; in the place of the interval, why there is none."""
    reason = no_interval_words(document)
    return {**labels(), **({"no_interval": reason} if reason else {})}


def _interval_method(subject: JsonObject) -> Words | None:
    """Return how the interval was sampled, None without one.

    The words of this version are taken where they begin with the method that was signed.
    """
    interval = subject["result"]["total"]["interval"]
    if interval is None:
        return None
    counted = {name: interval[name] for name in ("samples", "seed")}
    sampling = interval.get("sampling", "")
    if sampling in ("random", "quasi"):
        known = words(code_of("INTERVAL_METHOD", sampling), **counted)
        if known["en"].startswith(f"{interval['method']}; "):
            return known
    return words("INTERVAL_METHOD_other", method=interval["method"], **counted)


def print_fault(message: str) -> BadInput:
    """Return typst's error as a fault that names a character the fonts lack, where that is it."""
    found = _MISSING_GLYPH.search(message)
    if found is None:
        return BadInput("CERTIFICATE_PRINT_FAILED", reason=message.splitlines()[0])
    text = _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), found["text"])
    character = text[0]
    return BadInput(
        "CERTIFICATE_GLYPH_MISSING", character=character, code_point=f"U+{ord(character):04X}"
    )
