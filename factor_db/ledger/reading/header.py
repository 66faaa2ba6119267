"""Check the site header: who, where, which months; the USCC with its GB 32100 check digit."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from factor_db.ledger.files.tables import (
    OBLIGATORY_SITE_KEYS,
    SITE_KEYS,
    SITE_TERMS,
    bilingual_code,
)
from factor_db.ledger.form.cells import RawLedger, SiteEntry, date_of, text_of
from factor_db.ledger.form.faults import Findings, Label, suggestion_label
from factor_db.ledger.form.rows import (
    SCHEMA_VERSION,
    UPGRADED_VERSIONS,
    SiteHeader,
    months_between,
)
from factor_db.ledger.form.vocabulary import REGIONS, edit_distance, normal_text

# GB 32100-2015: 31 characters (no I, O, S, V, Z); weight of place i is 3^(i-1) mod 31.
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18
_SITE_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
_YES = {"yes", "true", "1", "是"}
_NO = {"no", "false", "0", "否"}
# Longer than any reporting period of the standards; keeps hostile dates from making huge tables.
MAX_MONTHS = 36


def uscc_check_digit(first_17: str) -> str:
    """Return the 18th character of a Unified Social Credit Code.

    Source: GB 32100-2015, annex: C18 = (31 - sum(Ci x 3^(i-1)) mod 31) mod 31.
    Raises ValueError for a character outside the alphabet.
    """
    total = sum(
        _USCC_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(first_17)
    )
    return _USCC_ALPHABET[-total % 31]


@dataclass(frozen=True, slots=True)
class HeaderReading:
    """What the site sheet gives: the header when whole, and what later checks can still use."""

    header: SiteHeader | None
    months: tuple[str, ...]
    note: str
    upgraded_from: str = ""


def check_header(raw: RawLedger, findings: Findings, today: date) -> HeaderReading:
    """Return the header, or what can be used of it; months are empty without a valid period.

    `today` is the local date: months that have not ended yet cannot have been recorded.
    """
    entries = _known_entries(raw, findings)
    for key in OBLIGATORY_SITE_KEYS:
        if key not in entries or not text_of(entries[key].value.value):
            cell = entries[key].value.ref if key in entries else "A1"
            name = Label(SITE_KEYS[key][0], key)
            findings.error("LEDGER_SITE_KEY_MISSING", raw.site_sheet, cell, key, name=name)
    values: dict[str, Any] = {}
    for key, entry in entries.items():
        text = text_of(entry.value.value)
        if text:
            reading = _read(key, entry, text, findings)
            if reading is not None:
                values[key] = reading
    complete = all(key in values for key in OBLIGATORY_SITE_KEYS)
    ordered = _check_period(entries, values, findings)
    if "period_end" in values and values["period_end"] > today:
        place = entries["period_end"]
        params = {"today": str(today)}
        findings.error(
            "LEDGER_PERIOD_FUTURE", place.sheet, place.value.ref, values["period_end"], **params
        )
    months: tuple[str, ...] = ()
    if ordered and "period_start" in values and "period_end" in values:
        months = months_between(values["period_start"], values["period_end"])
    header = SiteHeader(**values) if complete and ordered else None
    version = values.get("schema_version", "")
    upgraded_from = version if version in UPGRADED_VERSIONS else ""
    return HeaderReading(header, months, values.get("note", ""), upgraded_from)


def _known_entries(raw: RawLedger, findings: Findings) -> dict[str, SiteEntry]:
    entries: dict[str, SiteEntry] = {}
    for entry in raw.site:
        text = text_of(entry.key.value)
        key = bilingual_code(SITE_TERMS, text)
        if key is None:
            hint = suggestion_label(SITE_TERMS.suggestion(text))
            findings.error("LEDGER_SITE_KEY_UNKNOWN", entry.sheet, entry.key.ref, text, hint=hint)
        elif key in entries:
            findings.error("LEDGER_SITE_KEY_DUPLICATE", entry.sheet, entry.key.ref, text)
        else:
            entries[key] = entry
    return entries


def _read(key: str, entry: SiteEntry, text: str, findings: Findings) -> str | date | bool | None:
    """Return one header value in its type, or None after recording why it cannot be used."""
    sheet, ref = entry.sheet, entry.value.ref
    if key in {"period_start", "period_end"}:
        day = date_of(entry.value.value)
        if day is None:
            findings.error("LEDGER_DATE_UNREADABLE", sheet, ref, text)
        return day
    if key == "illustrative":
        if normal_text(text) in _YES | _NO:
            return normal_text(text) in _YES
        findings.error("LEDGER_FLAG_UNREADABLE", sheet, ref, text)
        return None
    if key == "uscc":
        return _check_uscc(text, sheet, ref, findings)
    if key == "region" and text not in REGIONS:
        near = min(REGIONS, key=lambda region: edit_distance(region, text.upper()[:12]))
        findings.error("LEDGER_REGION_UNKNOWN", sheet, ref, text, hint=suggestion_label(near))
        return None
    if key == "schema_version" and text not in {SCHEMA_VERSION, *UPGRADED_VERSIONS}:
        findings.error("LEDGER_SCHEMA_VERSION", sheet, ref, text, known=SCHEMA_VERSION)
        return None
    if key == "site_code" and not _SITE_CODE.fullmatch(text):
        findings.error("LEDGER_SITE_CODE", sheet, ref, text)
        return None
    return text


def _check_uscc(text: str, sheet: str, ref: str, findings: Findings) -> str | None:
    if len(text) != _USCC_LENGTH or any(letter not in _USCC_ALPHABET for letter in text):
        findings.error("LEDGER_USCC_FORM", sheet, ref, text, length=len(text))
        return None
    if uscc_check_digit(text[:-1]) != text[-1]:
        findings.error("LEDGER_USCC_CHECK_DIGIT", sheet, ref, text)
        return None
    return text


def _check_period(
    entries: dict[str, SiteEntry], values: dict[str, Any], findings: Findings
) -> bool:
    """Check that the period is 1 to MAX_MONTHS whole months; True when it is."""
    start, end = values.get("period_start"), values.get("period_end")
    good = True
    if start and start.day != 1:
        good = False
        entry = entries["period_start"]
        findings.error("LEDGER_PERIOD_NOT_WHOLE_MONTHS", entry.sheet, entry.value.ref, start)
    if end and end.day != calendar.monthrange(end.year, end.month)[1]:
        good = False
        entry = entries["period_end"]
        findings.error("LEDGER_PERIOD_NOT_WHOLE_MONTHS", entry.sheet, entry.value.ref, end)
    if start and end:
        entry = entries["period_end"]
        if end < start:
            good = False
            findings.error(
                "LEDGER_PERIOD_ORDER", entry.sheet, entry.value.ref, end, start=str(start)
            )
        elif (end.year - start.year) * 12 + end.month - start.month >= MAX_MONTHS:
            good = False
            findings.error(
                "LEDGER_PERIOD_LENGTH", entry.sheet, entry.value.ref, end, limit=MAX_MONTHS
            )
    return good
