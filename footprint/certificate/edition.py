"""Editions of the certificate: each one's words and schema, as data that never changes.

A certificate names its edition and is read with that edition's words, so that other words today
turn no issued certificate red. `python -m footprint.certificate.edition` writes the words of the
edition under work; one that was released is refused (its hash stands in `editions/released.json`):
other words then need the next number.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import canonical_json, content_hash
from footprint.words.book import SIGNED_NAMES, Book, EditionSchema, Words, signed_words

PREFIX = "footprint-certificate/"
CURRENT = 4
SCHEMA = f"{PREFIX}{CURRENT}"
EARLIER = {1: "0.1.0", 2: "0.1.0"}
"""Edition of before words were kept as data → the version of this product that recomputes it."""
WORDS, FIELDS = "words.json", "schema.json"
_NAMES_AMONG_TEXTS = {
    "CERTIFICATE_PRODUCT_": "product",
    "CERTIFICATE_BOUNDARY_": "boundary",
    "CERTIFICATE_STAGE_": "stage",
    "CERTIFICATE_GAS_": "gas",
    "CERTIFICATE_SCOPE_": "scope",
    "CERTIFICATE_ORIGIN_": "origin",
    "CERTIFICATE_CHOICE_": "choice",
    "CERTIFICATE_VALUE_": "value",
    "CERTIFICATE_REVIEW_": "review",
    "CERTIFICATE_STATUS_": "state",
    "TOLD_GROUP_": "material_group",
    "UI_QUANTITY_": "quantity",
    "VIEW_QUANTITY_": "property",
    "UI_PROPERTY_": "property",
    "TOLD_PROPERTY_": "property",
}
"""Beginning of a code in edition 3 → the kind of its names; of two names the first counts."""
_NAME = re.compile(rf"{PREFIX}([1-9][0-9]{{0,3}})")


def number_of(schema: object) -> int | None:
    """Return the number of an edition this version knows, kept or earlier; None for any other."""
    match = _NAME.fullmatch(schema) if isinstance(schema, str) else None
    number = int(match[1]) if match else 0
    return number if number in (*kept(), *EARLIER) else None


@cache
def kept() -> tuple[int, ...]:
    """Return the numbers of the editions whose words and schema are kept as data."""
    folders = (files("footprint.certificate") / "editions").iterdir()
    return tuple(sorted(int(item.name) for item in folders if item.name.isdigit()))


@cache
def book_of(number: int) -> Book:
    """Return the words and schema of a kept edition."""
    words = _read(number, WORDS)
    named = words.get("names") or _names_within(words)
    return Book(words["catalogue"], named, schema_of(number))


def _names_within(words: Any) -> dict[str, dict[str, Words]]:
    """Return the names of an edition that kept them among its texts, by kind and code."""
    found: dict[str, dict[str, Words]] = {kind: {} for kind in SIGNED_NAMES}
    found["process"], found["flow"] = words["vocabulary"]["processes"], words["vocabulary"]["flows"]
    for prefix, kind in _NAMES_AMONG_TEXTS.items():
        for code, text in words["catalogue"].items():
            if code.startswith(prefix):
                found[kind].setdefault(code.removeprefix(prefix), text)
    return found


def current_schema() -> EditionSchema:
    """Return the schema of the edition that is issued."""
    return schema_of(CURRENT)


@cache
def schema_of(number: int) -> EditionSchema:
    """Return the schema of a kept edition."""
    found: EditionSchema = _read(number, FIELDS)
    return found


def edition_hash(number: int) -> str:
    """Return the hash of an edition's files, by content."""
    return content_hash("certificate edition", [_read(number, name) for name in (WORDS, FIELDS)])


def released() -> dict[str, str]:
    """Return number → hash of every edition that certificates were issued under."""
    found: dict[str, str] = json.loads(
        (files("footprint.certificate") / "editions" / "released.json").read_text(encoding="utf-8")
    )
    return found


def _read(number: int, name: str) -> Any:
    path = files("footprint.certificate") / "editions" / str(number) / name
    return json.loads(path.read_text(encoding="utf-8"))


def write_words(folder: Path) -> Path:
    """Write the words of today as those of an edition's folder, and return the file.

    Raises ValueError for an edition that was released.
    """
    if folder.name in released():
        raise ValueError(f"edition {folder.name} was released: add edition {int(folder.name) + 1}")
    path = folder / WORDS
    content = json.loads(canonical_json(signed_words()))
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write_words(Path(__file__).with_name("editions") / str(CURRENT)))
