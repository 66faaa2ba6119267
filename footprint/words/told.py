"""What a result says of itself in words: choices, evidence, estimates, what could not be tried.

One list for certificate, reports, statement, exchange, command line and pages.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from footprint.choices.told import ALLOCATION, JOINT, told_choices
from footprint.result.choices import ResultChoices
from footprint.result.document import ResultDocument
from footprint.words.book import (
    Words,
    has_words,
    is_slot,
    name_words,
    words,
)
from footprint.words.shown import percent_of_one, signed
from footprint.words.slots import listed_words, slot_words

OUTSIDE_RULE = "PCF-SCRAP-SUBSTITUTION"
OUTSIDE_DIGITS = Decimal("0.0001")
_MONTHS = 12
_COLON = {"zh": "：", "en": ": "}
_BREAK = {"zh": "；", "en": "; "}
_NO_RESULT = {
    "CUT_OFF_TOO_LARGE": "TOLD_NO_RESULT_CUT_OFF_TOO_LARGE",
    "ELECTRICITY_SHARES": "TOLD_NO_RESULT_ELECTRICITY_SHARES",
    "SLOT_TIE": "TOLD_NO_RESULT_SLOT_TIE",
    "SMELTER_TECHNOLOGY": "TOLD_NO_RESULT_SMELTER_TECHNOLOGY",
    "SUPPLIER_ANCESTRY": "TOLD_NO_RESULT_SUPPLIER_ANCESTRY",
    "SUPPLIER_FLOW": "TOLD_NO_RESULT_SUPPLIER_FLOW",
    "SUPPLIER_OTHER_FLOW": "TOLD_NO_RESULT_SUPPLIER_OTHER_FLOW",
    "SUPPLIER_RULES_MIXED": "TOLD_NO_RESULT_SUPPLIER_RULES_MIXED",
}
"""Fault that kept a choice from being calculated → what is said of it."""


def choice_words(choice: str) -> Words:
    """Return the name of a choice."""
    return name_words("choice", choice)


def value_words(value: str) -> Words:
    """Return the name of a value of a choice, of several joined by a plus sign in turn."""
    return listed_words([name_words("value", item) for item in value.split(JOINT)])


def told_words(choices: ResultChoices) -> list[tuple[str, str, Words, Words]]:
    """Return the choices that documents name: code, value, name, and the value in words.

    Where own factors were shared out over co-products, the words say the product's share of each
    process (rule DER-ALLOC-002).
    """
    return [
        (code, value, choice_words(code), _value(choices, code, value))
        for code, value in told_choices(choices).items()
    ]


def allocation_words(choices: ResultChoices) -> Words:
    """Return the allocation as one sentence: its name and value."""
    name, said = choice_words(ALLOCATION), _value(choices, ALLOCATION, choices.allocation)
    return {lang: f"{name[lang]}{_COLON[lang]}{said[lang]}" for lang in name}


def unevidenced_words(choices: ResultChoices) -> Words | None:
    """Return the choices made without evidence, in words; None where there are none."""
    found = {item.choice: item.value for item in choices.unevidenced}
    if not found:
        return None
    pairs = []
    for code, value in found.items():
        name = choice_words(code)
        said = value_words(value) if value else None
        pairs.append(
            {lang: f"{name[lang]}{_COLON[lang]}{said[lang]}" for lang in name} if said else name
        )
    listed = listed_words(pairs)
    return {lang: words("TOLD_UNEVIDENCED", choices=listed[lang])[lang] for lang in listed}


def estimate_words(document: ResultDocument) -> Words | None:
    """Return why a result is an estimate and no more; None for one that is none.

    A value set by hand is told apart from a default that stood in for own data (PCF-OWN-001).
    """
    if not document.estimate:
        return None
    by_hand = set(document.inputs.study.overrides)
    estimated = set(document.coverage.estimated)
    reasons = [words("TOLD_ESTIMATE_OWN")] if estimated - by_hand or not by_hand else []
    if by_hand:
        listed = listed_words(map(slot_words, sorted(by_hand)))
        reasons.append(
            {lang: words("TOLD_ESTIMATE_SET", slots=listed[lang])[lang] for lang in listed}
        )
    said = {lang: _BREAK[lang].join(item[lang] for item in reasons) for lang in _BREAK}
    return {lang: words("TOLD_ESTIMATE", reasons=said[lang])[lang] for lang in said}


def outside_words(document: ResultDocument) -> Words | None:
    """Return what the scrap rule shows beside the result, kg CO2e per kg; None where nothing.

    Rule: PCF-SCRAP-SUBSTITUTION.
    """
    outside = document.outside_headline
    if outside is None or not outside.substitution:
        return None
    shown = signed(outside.substitution, OUTSIDE_DIGITS)
    name, said = words("TOLD_OUTSIDE"), words("TOLD_OUTSIDE_TEXT", rule=OUTSIDE_RULE)
    return {
        lang: words("TOLD_OUTSIDE_LINE", name=name[lang], value=shown, text=said[lang])[lang]
        for lang in ("zh", "en")
    }


def period_words(start: date, end: date) -> Words:
    """Return how long a period is: whole months where it is made of them, else its days."""
    after = end + timedelta(days=1)
    if start.day == after.day == 1:
        months = (after.year - start.year) * _MONTHS + after.month - start.month
        return words("TOLD_PERIOD_MONTHS" if months > 1 else "TOLD_PERIOD_MONTH", count=months)
    return words("TOLD_PERIOD_DAYS", count=(after - start).days)


def reason_words(reason: str) -> Words:
    """Return why a choice has no result: the factors that are missing, or the fault, in words."""
    slots = reason.split(", ")
    if all(is_slot(slot) or _is_property(slot) for slot in slots):
        listed = listed_words(map(slot_words, slots))
        return {lang: words("TOLD_NO_FACTOR", slots=listed[lang])[lang] for lang in listed}
    code = _NO_RESULT.get(reason, "")
    return words(code if has_words(code) else "TOLD_NO_RESULT")


def _is_property(slot: str) -> bool:
    """Tell whether a text is a slot of a property, which the vocabulary need not know."""
    return slot.endswith("/property") and "." in slot


def _value(choices: ResultChoices, code: str, value: str) -> Words:
    said = value_words(value)
    shared = choices.allocated if code == ALLOCATION else ()
    if not shared:
        return said
    parts = []
    for line in shared:
        process = name_words("process", line.process)
        share = percent_of_one(line.share)
        parts.append({lang: f"{process[lang]} {share}" for lang in process})
    listed = listed_words(parts)
    return {lang: f"{said[lang]}{_COLON[lang]}{listed[lang]}" for lang in said}
