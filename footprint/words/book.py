"""Catalogue texts as `{zh, en}` pairs, and the document fields that carry codes shown in words.

They come from the open book: today's catalogue and vocabulary, or, while a certificate is built or
read, those of its edition.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypedDict

from factor_db.foundation.messages import catalogue

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
    r"|CLOSURE_(CLOSED|OPEN_LINE|LEFT_OUT|CO_PRODUCTS|DRAWN|ALLOWANCES_USED|DEPARTURES_TOLD|MONTHS)"
    r"|CLOSURE_(NOT_DRAWN_.+|KIND_.+)"
    r"|TOLD_.+|(UI_QUANTITY|UI_PROPERTY|VIEW_QUANTITY)_.+"
)


class Digits(TypedDict):
    """How numbers are rounded on a certificate: significant digits, and steps as decimal text."""

    amount: int
    cutOff: str
    result: str
    share: str


class EditionSchema(TypedDict):
    """What an edition's schema lists: orders of codes, keys of objects, statements, rounding."""

    contributionsShown: int
    digits: Digits
    latestGwpSet: str
    objects: dict[str, list[str]]
    orders: dict[str, list[str]]
    standards: list[str]
    statements: list[str]
    statementsOtherGwp: list[str]


class SignedWords(TypedDict):
    """The words of an edition: texts by code, names by vocabulary table and code."""

    catalogue: Mapping[str, Words]
    vocabulary: Mapping[str, Mapping[str, Words]]


@dataclass(frozen=True, slots=True)
class Book:
    """Words by catalogue code, names by vocabulary table and code, and an edition's schema."""

    catalogue: Mapping[str, Words]
    vocabulary: Mapping[str, Mapping[str, Words]]
    schema: EditionSchema | None


_OPEN: ContextVar[Book | None] = ContextVar("_OPEN", default=None)


@contextmanager
def reading(book: Book) -> Iterator[None]:
    """Take all words from a book, that of a certificate's edition, for the time of the block."""
    token = _OPEN.set(book)
    try:
        yield
    finally:
        _OPEN.reset(token)


@cache
def _today() -> Book:
    return Book(catalogue(), {table: _vocabulary(table) for table in ("processes", "flows")}, None)


def _book() -> Book:
    return _OPEN.get() or _today()


def schema() -> EditionSchema:
    """Return the schema of the edition that is read; LookupError where none is."""
    found = _book().schema
    if found is None:
        raise LookupError("no edition is read")
    return found


def has_words(code: str) -> bool:
    """Whether the open book has a text of that code."""
    return code in _book().catalogue


def words(code: str, **params: object) -> Words:
    """Return one catalogue text in both languages; KeyError for an unknown code."""
    entry = _book().catalogue[code]
    return {"zh": entry["zh"].format_map(params), "en": entry["en"].format_map(params)}


def words_or_code(group: str, code: str) -> Words:
    """Return the words for a code of a group, or the code itself when the catalogue has none."""
    key = f"CERTIFICATE_{group}_{code}"
    return words(key) if has_words(key) else {"zh": code, "en": code}


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
    return dict(_names(table).get(code, {"zh": code, "en": code}))


def slot_name(slot: str) -> Words:
    """Return the name of the flow a slot text speaks of: `process/flow/quantity` or `flow/…`."""
    parts = slot.split("/")
    flow = parts[-2] if len(parts) > 1 else slot
    named = _names("flows").get(flow.split(".")[0])
    return dict(named) if named else {"zh": slot, "en": ""}


def signed_words() -> SignedWords:
    """Return all words of today that a certificate can carry, names of the vocabulary included."""
    signed = {
        code: {"zh": entry["zh"], "en": entry["en"]}
        for code, entry in catalogue().items()
        if SIGNED_WORDS.fullmatch(code) and code != "CERTIFICATE_REVIEW_LEVEL"
    }
    return {"catalogue": signed, "vocabulary": dict(_today().vocabulary)}


def is_slot(text: str) -> bool:
    """Whether a text is a slot: a process of the vocabulary or none, a flow, a quantity type."""
    *process, flow, quantity = ["", *text.split("/")][-3:]
    return (
        len(text.split("/")) in {2, 3}
        and quantity in QUANTITIES
        and flow.split(".")[0] in _names("flows")
        and (process == [""] or process[0] in _names("processes"))
    )


def _names(table: str) -> Mapping[str, Words]:
    return _book().vocabulary[table]


@cache
def _vocabulary(table: str) -> dict[str, Words]:
    path = files("factor_db") / "reference" / f"{table}.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["code"]: {"zh": row["name_zh"], "en": row["name_en"]} for row in rows}
