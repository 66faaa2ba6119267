"""The one dictionary of names: of processes, flows, gases, products, stages, choices, roles ….

A name is kept once. `words/*.toml` holds one table a name, `[kind.code]`, with `zh`, `en`, a short
form where there is one, and its source or `usage`; `same_as` takes the name of another entry.
Processes and flows have theirs in `reference/processes.csv` and `flows.csv`, and units are symbols.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from factor_db.foundation.messages import Language
from factor_db.foundation.reference_files import reference_rows

Kind = Literal[
    "process",
    "flow",
    "product",
    "form",
    "stage",
    "material_group",
    "gas",
    "origin",
    "scope",
    "part",
    "choice",
    "value",
    "attribute",
    "quantity",
    "property",
    "factor_kind",
    "state",
    "data_type",
    "data_kind",
    "purpose",
    "redistribution",
    "confidence",
    "indicator",
    "representativeness",
    "level",
    "activity",
    "unstated",
    "role",
    "method",
    "boundary",
    "review",
    "check",
    "node",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Length = Literal["long", "short"]
_TABLES: dict[Kind, str] = {"process": "processes.csv", "flow": "flows.csv"}
_KEYS = {"zh", "en", "short_zh", "short_en", "source"}


@dataclass(frozen=True, slots=True)
class Name:
    """The name of one code in both languages, its short form, and where the words come from."""

    zh: str
    en: str
    short_zh: str
    short_en: str
    source: str

    def words(self, length: Length = "long") -> dict[str, str]:
        """Return the name as a `{zh, en}` pair."""
        if length == "short":
            return {"zh": self.short_zh, "en": self.short_en}
        return {"zh": self.zh, "en": self.en}


def name(kind: Kind, code: str, lang: Language, length: Length = "long") -> str:
    """Return the name of a code; KeyError for a code that the kind does not have."""
    return names(kind)[code].words(length)[lang]


def name_or_code(kind: Kind, code: str, lang: Language, length: Length = "long") -> str:
    """Return the name of a code, or the code: a file or an older store may hold any."""
    found = names(kind).get(code)
    return found.words(length)[lang] if found else code


def in_sentence(said: str) -> str:
    """Return a name as it stands within a sentence: an English one begins small, `GWP` does not."""
    return said if said[1:2].isupper() else said[:1].lower() + said[1:]


def names(kind: Kind) -> Mapping[str, Name]:
    """Return all names of a kind, code → name, in the order of its table."""
    return dictionary()[kind]


@cache
def dictionary() -> Mapping[Kind, Mapping[str, Name]]:
    """Return every name: kind → code → name. Raises ValueError for an entry out of shape."""
    found: dict[Kind, dict[str, Name]] = {kind: {} for kind in KINDS}
    for kind, table in _TABLES.items():
        found[kind] = {row["code"]: _reference_name(table, row) for row in reference_rows(table)}
    entries: dict[tuple[Kind, str], dict[str, str]] = {}
    for file in _files():
        more = _entries(file)
        if set(more) & set(entries) or any(kind in _TABLES for kind, _ in more):
            raise ValueError(f"a name stands twice: {sorted(set(more) & set(entries)) or more}")
        entries.update(more)
    for (kind, code), entry in entries.items():
        found[kind][code] = _name(entry, entries, found)
    return found


def _name(
    entry: dict[str, str],
    entries: Mapping[tuple[Kind, str], dict[str, str]],
    found: Mapping[Kind, Mapping[str, Name]],
) -> Name:
    """Return the name an entry states, or that of the entry it says to be the same as."""
    if set(entry) == {"same_as"}:
        kind, _, code = entry["same_as"].partition(".")
        if kind in _TABLES:
            return found[kind][code]
        entry = entries[kind, code]  # type: ignore[index]
    if not {"zh", "en", "source"} <= set(entry) <= _KEYS or not all(entry.values()):
        raise ValueError(f"a name is out of shape: {entry}")
    zh, en = entry["zh"], entry["en"]
    short = entry.get("short_zh", zh), entry.get("short_en", en)
    return Name(zh, en, *short, entry["source"])


def _entries(file: str) -> dict[tuple[Kind, str], dict[str, str]]:
    kinds: dict[Any, dict[str, dict[str, str]]] = tomllib.loads(file)
    return {(kind, code): entry for kind, table in kinds.items() for code, entry in table.items()}


def _files() -> list[str]:
    folder = files("factor_db.foundation") / "words"
    listed = sorted(folder.iterdir(), key=lambda item: item.name)
    return [item.read_text(encoding="utf-8") for item in listed if item.name.endswith(".toml")]


def _reference_name(table: str, row: dict[str, str]) -> Name:
    zh, en = row["name_zh"], row["name_en"]
    return Name(zh, en, zh, en, f"reference/{table}")
