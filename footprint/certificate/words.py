"""Catalogue texts as `{zh, en}` pairs, and the document fields that carry codes shown in words."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import Any

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.messages import catalogue, text

Words = dict[str, str]
QUANTITIES = {
    "inventory",
    "combustion",
    "upstream",
    "life_cycle",
    "residual_life_cycle",
    "delivery",
    "cradle_to_gate",
    "treatment",
    "process",
    "biogenic_uptake",
    "property",
    "coefficient",
}

# The texts that stand inside a signed certificate, and not only on its printed copy.
SIGNED_WORDS = re.compile(
    r"CERTIFICATE_(TITLE|SUBTITLE|ILLUSTRATIVE_NOTICE|STATUS_active|PERIOD_.+"
    r"|(STATEMENT|REVIEW|PRODUCT|BOUNDARY|STAGE|GAS|SCOPE|ORIGIN|CHOICE|VALUE)_.+)"
    r"|TOLD_.+|(UI_QUANTITY|UI_PROPERTY|VIEW_QUANTITY)_.+"
)


def words(code: str, **params: Any) -> Words:
    """Return one catalogue text in both languages; KeyError for an unknown code."""
    return {"zh": text(code, "zh", **params), "en": text(code, "en", **params)}


def words_or_code(group: str, code: str) -> Words:
    """Return the words for a code of a group, or the code itself when the catalogue has none."""
    key = f"CERTIFICATE_{group}_{code}"
    return words(key) if key in catalogue() else {"zh": code, "en": code}


def labels() -> dict[str, Words]:
    """Return the labels of the printed copy: name without its prefix → words."""
    prefix = "CERTIFICATE_LABEL_"
    entries = {code: entry for code, entry in catalogue().items() if code.startswith(prefix)}
    return {
        code.removeprefix(prefix): {"zh": entry["zh"], "en": entry["en"]}
        for code, entry in entries.items()
    }


def vocabulary_name(table: str, code: str) -> Words:
    """Return the name of a process or flow of the vocabulary, or its code when it has none."""
    return dict(_vocabulary(table).get(code, {"zh": code, "en": code}))


def slot_name(slot: str) -> Words:
    """Return the name of the flow a slot text speaks of: `process/flow/quantity` or `flow/…`."""
    parts = slot.split("/")
    flow = parts[-2] if len(parts) > 1 else slot
    named = _vocabulary("flows").get(flow.split(".")[0])
    return dict(named) if named else {"zh": slot, "en": ""}


def words_sha256() -> str:
    """Return the hash of all words a certificate can carry, names of the vocabulary included.

    A verifier compares words in full, so other words need another schema version number.
    """
    signed = {
        code: {"zh": entry["zh"], "en": entry["en"]}
        for code, entry in catalogue().items()
        if SIGNED_WORDS.fullmatch(code) and code != "CERTIFICATE_REVIEW_LEVEL"
    }
    named = {table: _vocabulary(table) for table in ("processes", "flows")}
    return content_hash("certificate words", {"catalogue": signed, "vocabulary": named})


def is_slot(text: str) -> bool:
    """Whether a text is a slot: a process of the vocabulary or none, a flow, a quantity type."""
    *process, flow, quantity = ["", *text.split("/")][-3:]
    return (
        len(text.split("/")) in {2, 3}
        and quantity in QUANTITIES
        and flow.split(".")[0] in _vocabulary("flows")
        and (process == [""] or process[0] in _vocabulary("processes"))
    )


@cache
def _vocabulary(table: str) -> dict[str, Words]:
    path = files("factor_db") / "reference" / f"{table}.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["code"]: {"zh": row["name_zh"], "en": row["name_en"]} for row in rows}
