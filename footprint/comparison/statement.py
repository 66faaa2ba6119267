"""What may be said of a value in public: the number, its rules, and that it is no comparison.

Rule PCF-STATEMENT-001 lists what a statement must carry and the words it may not have: a single
footprint allows no claim that a product is better, low in carbon or good for the environment.
"""

from __future__ import annotations

import re
from decimal import Decimal

from factor_db.foundation.messages import Language, text
from factor_db.foundation.rules import rule
from footprint.choices.told import ORDER, UNTOLD
from footprint.comparison.gate import (
    attribute_words,
    boundary_parts_words,
    class_words,
    stated_of,
    stated_words,
    with_unsaid,
)
from footprint.comparison.value import PUBLISHED, Value
from footprint.figures.blocked import NOT_METERED, site_reasons
from footprint.words.closure import closure_line, left_out_line
from footprint.words.shown import rounded
from footprint.words.told import unevidenced_words

STATEMENT_RULE = "PCF-STATEMENT-001"
_SHOWN_DIGITS = Decimal("0.001")
_SAID_ALREADY = ("scrap_rule", "electricity_rule", "surface")


def statement(value: Value, lang: Language) -> str:
    """Return the sentences that may be said of a value, complete and without a judgement."""
    code = "STATEMENT_PUBLISHED" if value.kind == PUBLISHED else "STATEMENT_OWN"
    said = text(
        code,
        lang,
        product=class_words(value.product_class, lang),
        value=rounded(value.value, _SHOWN_DIGITS),
        interval=_interval(value, lang),
        parts=with_unsaid(value, "boundary", boundary_parts_words(value, lang), lang),
        gwp=stated_words(value, "gwp_set", lang),
        scrap=stated_words(value, "scrap_rule", lang),
        power=stated_words(value, "electricity_rule", lang),
        choices=_choices(value, lang),
        year=value.year or text("COMPARE_UNSTATED", lang),
        geography=value.geography or text("COMPARE_UNSTATED", lang),
        source=value.source,
    )
    first = text("STATEMENT_ILLUSTRATIVE", lang) if value.illustrative else ""
    estimate = text("STATEMENT_ESTIMATE", lang) if value.estimate else ""
    without = _without_evidence(value, lang)
    closure = _unlike_the_account(value, lang)
    return f"{first}{said}{estimate}{closure}{without}{text('STATEMENT_NO_COMPARISON', lang)}"


def refused_words(sentences: str) -> tuple[str, ...]:
    """Return the words of a text that no statement may have, each once, as the rule lists them.

    Latin words are found whole and in any case, Chinese ones anywhere. Words inside the sentence
    that every statement ends with do not count.
    """
    found = rule(STATEMENT_RULE)
    for lang in ("zh", "en"):
        sentences = sentences.replace(text("STATEMENT_NO_COMPARISON", lang), " ")
    plain = re.sub(r"[\s‐-―-]+", " ", sentences).casefold()
    latin = [word for word in found.items("refused_en") if _holds_word(plain, word)]
    return (*latin, *(word for word in found.items("refused_zh") if word in plain))


def _holds_word(plain: str, word: str) -> bool:
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", plain) is not None


def _choices(value: Value, lang: Language) -> str:
    """Return every other choice that moved the number, each with its value."""
    found = []
    for name in ORDER:
        if name not in _SAID_ALREADY and stated_of(value, name) not in UNTOLD:
            said = {"choice": attribute_words(name, lang)}
            said["value"] = stated_words(value, name, lang)
            found.append(text("STATEMENT_CHOICE", lang, **said))
    return "".join(found)


def _without_evidence(value: Value, lang: Language) -> str:
    document = value.document
    without = unevidenced_words(document.choices) if document and value.unevidenced else None
    return text("STATEMENT_EVIDENCE", lang, text=without[lang]) if without else ""


def closure_of_value(value: Value, lang: Language) -> str:
    """Return how a calculation adds up to its site's account, in one line; empty without one."""
    closure = value.document.closure if value.document else None
    return closure_line(closure, lang) if closure else ""


def _unlike_the_account(value: Value, lang: Language) -> str:
    """Return that the value is another plant's than the one metered, or leaves something out.

    A result that parts from its account has no statement at all (`require_showable`).
    """
    if value.document is None or value.document.closure is None:
        return ""
    closure = value.document.closure
    reasons = site_reasons(value.document.checks)
    unlike = [reason.error() for reason in reasons if reason.name == NOT_METERED]
    said = [text(error.code, lang, **error.params) for error in unlike]
    if closure.not_drawn:
        said.append(closure_line(closure, lang))
    said += filter(None, (left_out_line(closure, lang),))
    return "".join(text("STATEMENT_CLOSURE", lang, text=line) for line in said)


def _interval(value: Value, lang: Language) -> str:
    if value.interval is None:
        return text("STATEMENT_NO_INTERVAL", lang)
    low, high = (rounded(end, _SHOWN_DIGITS) for end in (value.interval.low, value.interval.high))
    return text("STATEMENT_INTERVAL", lang, low=low, high=high, level=f"{value.interval.level:.0%}")
