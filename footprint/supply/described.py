"""What a supplier's file says of its product, held against the slot it is meant to fill.

A figure of remelted scrap, or of another form, is a true figure of other goods. Asked where a file
is read, and again of every file behind a study's suppliers. Rule: PCF-GOODS-002.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from factor_db.foundation.rules import rule
from footprint.supply.declared import RECYCLED

WORDS_RULE = "PCF-GOODS-002"
_FIELDS = (
    *("productDescription", "productNameCompany", "productClassifications"),
    *("product_zh", "product_en", "technology"),
)
_FORMS = ("ingot", "slab", "billet", "coil", "liquid")


class Foreign(NamedTuple):
    """A word of a file that speaks of other goods, its field, and the slots it would be of."""

    field: str
    word: str
    slots: tuple[str, ...]


def foreign_word(content: Mapping[str, Any], flow: str) -> Foreign | None:
    """Return what in a file's words speaks of other goods than a flow's, or None.

    Recycled metal in a slot of primary metal, unless the file states its share with a document
    (AL-PRIMARY-FLOOR counts that); and a form that is not the flow's while its own is not named.
    """
    found = rule(WORDS_RULE)
    said = [(name, text) for name in _FIELDS for text in _texts(content.get(name))]
    shown = content.get(RECYCLED) and "document" in content
    if flow in found.items("primary_goods") and not shown:
        for name, word in _hits(said, found.items("recycled_words")):
            return Foreign(name, word, found.items("recycled_goods"))
    own = next((form for form in _FORMS if flow in found.items(f"{form}_goods")), "")
    if not own or any(_hits(said, found.items(f"{own}_words"))):
        return None
    for form in _FORMS:
        for name, word in _hits(said, found.items(f"{form}_words")):
            return Foreign(name, word, found.items(f"{form}_goods"))
    return None


def names_goods(content: Mapping[str, Any], flow: str) -> bool:
    """Tell whether a file's words say that its product is a flow's goods.

    For primary metal that it is primary, or the recycled share stated with a document; for another
    form that form. What has no form of its own need not be said.
    """
    found = rule(WORDS_RULE)
    said = [(name, text) for name in _FIELDS for text in _texts(content.get(name))]
    if flow in found.items("primary_goods"):
        shown = bool(content.get(RECYCLED)) and "document" in content
        return shown or any(_hits(said, found.items("primary_words")))
    own = next((form for form in _FORMS if flow in found.items(f"{form}_goods")), "")
    return not own or any(_hits(said, found.items(f"{own}_words")))


def _texts(value: Any) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [value]
    return tuple(item.casefold() for item in given if isinstance(item, str))


def _hits(said: list[tuple[str, str]], words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((name, word) for name, text in said for word in words if word in text)
