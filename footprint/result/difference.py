"""Where two JSON values differ."""

from __future__ import annotations

import json
from collections.abc import Mapping

_text = json.JSONEncoder(sort_keys=True).encode


def first_difference(expected: object, found: object) -> str:
    """Return the dotted path of the first difference of two JSON values, or an empty text.

    Python's own `==` takes true for 1: here the kinds have to be the same too.
    """
    if _text(expected) == _text(found):  # by far the commonest, and the quickest to see
        return ""
    return _walked(expected, found, "")


def _walked(expected: object, found: object, path: str) -> str:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in sorted({*expected, *found}):
            if name not in expected or name not in found:
                return f"{path}{name}"
            inner = _walked(expected[name], found[name], f"{path}{name}.")
            if inner:
                return inner
        return ""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, pair in enumerate(zip(expected, found, strict=True)):
            inner = _walked(*pair, f"{path}{place}.")
            if inner:
                return inner
        return ""
    same = type(expected) is type(found) and expected == found
    return "" if same else path.removesuffix(".") or "document"
