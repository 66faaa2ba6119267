"""A compared pair in words: its mismatches, what stands in the way, and every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factor_db.foundation.messages import Language, code_of, text
from footprint.comparison.data import part_names, product_classes
from footprint.comparison.gate import attribute_words


def mismatch_lines(pair: Mapping[str, Any], lang: Language) -> list[str]:
    """Return every mismatch of a pair and every obstacle to its conversion."""
    found = [item[f"message_{lang}"] for item in pair["mismatches"]]
    moved = pair["conversion"]
    return found + [item[f"message_{lang}"] for item in (moved["obstacles"] if moved else ())]


def step_rows(pair: Mapping[str, Any], lang: Language) -> list[list[str]]:
    """Return the steps of a complete conversion as texts: what, amount, sum after it."""
    moved = pair["conversion"]
    if not moved or not moved["complete"]:
        return []
    rows = []
    for side in ("a", "b"):
        way = moved[side]
        rows.append([text("COMPARE_START", lang, label=pair[f"label_{side}"]), "", way["start"]])
        rows += [[_what(step, lang), step["amount"], step["sum"]] for step in way["steps"]]
    return rows


def _what(step: Mapping[str, Any], lang: Language) -> str:
    names = {
        part: name[lang]
        for made in product_classes().values()
        for part, name in part_names(made.scheme).items()
    }
    return text(
        code_of("COMPARE_STEP", step["kind"]),
        lang,
        what=attribute_words(step["attribute"], lang),
        before=step["from"],
        after=step["to"],
        parts=text("COMPARE_GLUE", lang).join(names[part] for part in step["parts"]),
    )
