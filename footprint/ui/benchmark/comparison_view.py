"""A compared pair in words: its mismatches, what stands in the way, and every step."""

from __future__ import annotations

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language, code_of, text
from footprint.comparison.data import part_names, product_classes
from footprint.comparison.document import PairRecord, StepRecord
from footprint.comparison.gate import attribute_words


def mismatch_lines(pair: PairRecord, lang: Language) -> list[str]:
    """Return every mismatch of a pair and every obstacle to its conversion."""
    found = [item.said("message", lang) for item in pair.mismatches]
    moved = pair.conversion
    return found + [item.said("message", lang) for item in (moved.obstacles if moved else ())]


def step_rows(pair: PairRecord, lang: Language) -> list[list[str]]:
    """Return the steps of a complete conversion as texts: what, amount, sum after it."""
    moved = pair.conversion
    if not moved or not moved.complete:
        return []
    rows = []
    for label, way in ((pair.label_a, moved.a), (pair.label_b, moved.b)):
        rows.append([text("COMPARE_START", lang, label=label), "", decimal_text(way.start)])
        rows += [
            [_what(step, lang), decimal_text(step.amount), decimal_text(step.sum)]
            for step in way.steps
        ]
    return rows


def _what(step: StepRecord, lang: Language) -> str:
    names = {
        part: name[lang]
        for made in product_classes().values()
        for part, name in part_names(made.scheme).items()
    }
    return text(
        code_of("COMPARE_STEP", step.kind),
        lang,
        what=attribute_words(step.attribute, lang),
        before=step.before,
        after=step.after,
        parts=text("COMPARE_GLUE", lang).join(names[part] for part in step.parts),
    )
