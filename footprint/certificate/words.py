"""Catalogue texts as `{zh, en}` pairs, and the document fields that carry codes shown in words."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any

from factor_db.foundation.messages import catalogue, text

Words = dict[str, str]


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


@cache
def _vocabulary(table: str) -> dict[str, Words]:
    path = files("factor_db") / "reference" / f"{table}.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["code"]: {"zh": row["name_zh"], "en": row["name_en"]} for row in rows}
