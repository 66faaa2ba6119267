"""Catalogue texts as `{zh, en}` pairs, and the document fields that carry codes shown in words.

They come from the open book: today's catalogue and dictionary, or, while a certificate is built or
read, those of its edition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from factor_db.foundation.messages import catalogue, family
from factor_db.foundation.names import KINDS, Kind, names

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

# What stands inside a signed certificate, and not only on its printed copy: texts, and names.
SIGNED_WORDS = re.compile(
    r"CERTIFICATE_(TITLE|SUBTITLE|ILLUSTRATIVE_NOTICE|PERIOD_.+|STATEMENT_.+)"
    r"|CLOSURE_(CLOSED|OPEN_LINE|LEFT_OUT|CO_PRODUCTS|DRAWN|ALLOWANCES_USED|DEPARTURES_TOLD|MONTHS)"
    r"|CLOSURE_(NOT_DRAWN_.+|KIND_.+)"
    r"|TOLD_.+"
)
SIGNED_NAMES: tuple[Kind, ...] = (
    *("process", "flow", "product", "stage", "material_group", "gas", "origin", "scope"),
    *("choice", "value", "quantity", "property", "state", "boundary", "review"),
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
    """The words of an edition: texts by code, names by kind and code."""

    catalogue: Mapping[str, Words]
    names: Mapping[str, Mapping[str, Words]]


@dataclass(frozen=True, slots=True)
class Book:
    """Texts by catalogue code, names by kind and code, and an edition's schema."""

    catalogue: Mapping[str, Words]
    names: Mapping[str, Mapping[str, Words]]
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
    named: dict[str, dict[str, Words]] = {
        kind: {code: item.words() for code, item in names(kind).items()} for kind in KINDS
    }
    return Book(catalogue(), named, None)


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


def has_name(kind: Kind, code: str) -> bool:
    """Whether the open book has a name for a code of a kind."""
    return code in _book().names.get(kind, {})


def name_words(kind: Kind, code: str) -> Words:
    """Return the name of a code, or the code itself when the open book has none."""
    return dict(_book().names.get(kind, {}).get(code, {"zh": code, "en": code}))


def labels() -> dict[str, Words]:
    """Return the labels of the printed copy: name without its prefix → words."""
    entries = {name: catalogue()[code] for name, code in family("CERTIFICATE_LABEL").items()}
    return {name: {"zh": entry["zh"], "en": entry["en"]} for name, entry in entries.items()}


def slot_name(slot: str) -> Words:
    """Return the name of the flow a slot text speaks of: `process/flow/quantity` or `flow/…`."""
    parts = slot.split("/")
    flow = parts[-2] if len(parts) > 1 else slot
    code = flow.split(".")[0]
    return name_words("flow", code) if has_name("flow", code) else {"zh": slot, "en": ""}


def signed_words() -> SignedWords:
    """Return all words of today that a certificate can carry: texts, and names by kind."""
    signed = {
        code: {"zh": entry["zh"], "en": entry["en"]}
        for code, entry in catalogue().items()
        if SIGNED_WORDS.fullmatch(code)
    }
    return {"catalogue": signed, "names": {kind: _today().names[kind] for kind in SIGNED_NAMES}}


def is_slot(text: str) -> bool:
    """Whether a text is a slot: a process of the vocabulary or none, a flow, a quantity type."""
    *process, flow, quantity = ["", *text.split("/")][-3:]
    return (
        len(text.split("/")) in {2, 3}
        and quantity in QUANTITIES
        and has_name("flow", flow.split(".")[0])
        and (process == [""] or has_name("process", process[0]))
    )
