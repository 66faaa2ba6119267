"""The one catalogue of texts for people, in Chinese and English.

Texts stand in `messages/*.toml`, one table per code with `zh`, `en` and, for faults, `remedy_zh`
and `remedy_en`. Placeholders are named and the same in both languages (a test checks it). Codes are
written out where they are used; those that a value of a closed list chooses stand in
`families.toml`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from factor_db.foundation.errors import FootprintError

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every message: code → {zh, en, remedy_zh, remedy_en}; a code stands in one file."""
    entries: dict[str, dict[str, str]] = {}
    folder = files("factor_db.foundation") / "messages"
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".toml"):
            for code, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
                if code in entries:
                    raise ValueError(f"message {code} is defined twice, again in {path.name}")
                entries[code] = entry
    return entries


@cache
def families() -> dict[str, dict[str, str]]:
    """Return every family of codes: family → value of a closed list → message code."""
    path = files("factor_db.foundation") / "families.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def family(name: str) -> dict[str, str]:
    """Return one family: value → message code."""
    return families()[name]


def code_of(name: str, value: str) -> str:
    """Return the message code of a value in a family; KeyError for a value it does not have."""
    return families()[name][value]


def text(code: str, lang: Language, **params: object) -> str:
    """Return a message in one language with its parameters filled in; KeyError if unknown."""
    return catalogue()[code][lang].format_map(params)


def remedy(code: str, lang: Language, **params: object) -> str:
    """Return how to mend it, or an empty string when the message needs no remedy."""
    return catalogue()[code].get(f"remedy_{lang}", "").format_map(params)


def printable(value: object) -> str:
    """Return a value as text on one line: a hostile file may not forge lines or move the cursor."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in str(value)
    )


def error_text(error: FootprintError, lang: Language) -> str:
    """Return an error as one line for a person: what is wrong and, if there is one, the remedy."""
    params = {name: printable(value) for name, value in error.params.items()}
    what = text(error.code, lang, **params)
    mend = remedy(error.code, lang, **params)
    return f"{what} {mend}".strip()
