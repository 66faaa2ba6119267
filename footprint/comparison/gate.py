"""The gate: which values may be compared, and every reason why two may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from factor_db.foundation.messages import Language, family, text
from factor_db.foundation.names import in_sentence, name, name_or_code, names
from factor_db.foundation.rules import rule
from footprint.choices.told import ORDER, SMELTER
from footprint.comparison.data import boundaries, part_names, product_classes
from footprint.comparison.value import ANY_SET, Parts, Value
from footprint.words.book import name_words
from footprint.words.told import value_words

GATE_RULE = "PCF-COMPARE-001"
BOUNDARY, PRODUCT_CLASS, GWP_SET = "boundary", "product_class", "gwp_set"
DIFFERS: Final = "differs"
NOT_STATED: Final = "not_stated"
_OF_SMELTERS = "primary"
_AS_WRITTEN = (GWP_SET, "year", "geography")
# What may differ and is said beside a comparison; of two calculations, the other choices too.
NOTED = ("allocation", "primary_source", "year", "geography")
# Matched as rules and by the product class.
_MATCHED_OTHERWISE = ("scrap_rule", "electricity_rule", "surface")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One reason why two values may not be compared; `a` and `b` are what each states.

    A boundary that differs names the parts that only one of both has.
    """

    attribute: str
    kind: Literal["differs", "not_stated"]
    a: str
    b: str
    only_a: Parts = frozenset()
    only_b: Parts = frozenset()


def mismatches(a: Value, b: Value) -> tuple[Mismatch, ...]:
    """Return every mismatch of two values, in the order of the rule; none: they may be compared.

    What is not stated matches nothing, not even another value that does not state it. A result of
    ours is judged alike: what too much of it leaves unsaid is not stated, unless both rest on the
    very same factors there (rule PCF-COMPARE-004).
    """
    found = (_mismatch(name, a, b) for name in rule(GATE_RULE).items("must_match"))
    of_choices = (
        Mismatch(name, DIFFERS, stated_of(a, name), stated_of(b, name))
        for name in _differing(a, b)
        if _bars(name, a, b)
    )
    return (*(item for item in found if item is not None), *of_choices)


def notes(a: Value, b: Value) -> tuple[str, ...]:
    """Return what differs between two values without barring their comparison.

    Of two calculations that is every choice one of their models read that is not the same.
    """
    if not (a.choices and b.choices):
        return tuple(name for name in NOTED if getattr(a, name) != getattr(b, name))
    choices = [name for name in _differing(a, b) if not _bars(name, a, b)]
    others = [name for name in NOTED if name not in ORDER and getattr(a, name) != getattr(b, name)]
    return (*choices, *others)


def stated_of(value: Value, attribute: str) -> str:
    """Return what a value states of a rule or of a choice; empty where it says nothing of it."""
    own = attribute in value.choices
    return str(value.choices[attribute] if own else getattr(value, attribute, ""))


def _differing(a: Value, b: Value) -> list[str]:
    """Return the choices of two calculations that are not the same, read by one model or both."""
    if not (a.choices and b.choices):
        return []
    names = [name for name in ORDER if name not in _MATCHED_OTHERWISE]
    return [name for name in names if a.choices.get(name, "") != b.choices.get(name, "")]


def _bars(choice: str, a: Value, b: Value) -> bool:
    """Tell whether a choice that differs bars a comparison: a method, or what has no evidence.

    A smelter's own power and cells describe it, and differ between smelters as they do in life.
    """
    if choice in a.unevidenced or choice in b.unevidenced:
        return True
    own = choice in SMELTER and a.class_of.scheme == b.class_of.scheme == _OF_SMELTERS
    return not own and choice in rule(GATE_RULE).items("choices_must_match")


def _mismatch(name: str, a: Value, b: Value) -> Mismatch | None:
    first_unsaid, second_unsaid = a.unsaid_of(name), b.unsaid_of(name)
    if (
        first_unsaid.apart_from(second_unsaid).beyond_limit
        or second_unsaid.apart_from(first_unsaid).beyond_limit
    ):
        return Mismatch(name, NOT_STATED, str(getattr(a, name)), str(getattr(b, name)))
    if name == BOUNDARY:
        return _boundary(a, b)
    first, second = getattr(a, name), getattr(b, name)
    if not first or not second:
        return Mismatch(name, NOT_STATED, first, second)
    if first == second or (name == GWP_SET and ANY_SET in (first, second)):
        return None
    return Mismatch(name, DIFFERS, first, second)


def _boundary(a: Value, b: Value) -> Mismatch | None:
    if a.parts is None or b.parts is None:
        return Mismatch(BOUNDARY, NOT_STATED, a.boundary, b.boundary)
    if a.parts == b.parts and a.class_of.scheme == b.class_of.scheme:
        return None
    return Mismatch(BOUNDARY, DIFFERS, a.boundary, b.boundary, a.parts - b.parts, b.parts - a.parts)


def sentence(mismatch: Mismatch, a: Value, b: Value, lang: Language) -> str:
    """Return a mismatch with what to do about it, in one line."""
    shown = {
        "what": attribute_words(mismatch.attribute, lang),
        "a": _said(mismatch, a, mismatch.only_a, lang),
        "b": _said(mismatch, b, mismatch.only_b, lang),
    }
    code = "COMPARE_DIFFERS" if mismatch.kind == DIFFERS else "COMPARE_NOT_STATED"
    remedies = family("COMPARE_REMEDY")
    remedy = text(remedies.get(mismatch.attribute, "COMPARE_REMEDY_choice"), lang)
    if mismatch.kind == NOT_STATED:
        ours = any(value.unsaid_of(mismatch.attribute).beyond_limit for value in (a, b))
        remedy = text("COMPARE_REMEDY_UNSAID" if ours else "COMPARE_REMEDY_NOT_STATED", lang)
    return text("COMPARE_WITH_REMEDY", lang, what=text(code, lang, **shown), remedy=remedy)


def stated_words(value: Value, attribute: str, lang: Language) -> str:
    """Return what a value states of an attribute in words, or that it does not state it.

    Where too much of it leaves that unsaid, the share that does stands behind.
    """
    return with_unsaid(value, attribute, _stated_words(value, attribute, lang), lang)


def with_unsaid(value: Value, attribute: str, said: str, lang: Language) -> str:
    """Return words on an attribute with the share of the value that leaves it unsaid."""
    unsaid = value.unsaid_of(attribute)
    if not unsaid.beyond_limit:
        return said
    return text("COMPARE_PARTLY_UNSAID", lang, said=said, percent=f"{unsaid.share:.0%}")


def _stated_words(value: Value, attribute: str, lang: Language) -> str:
    stated = stated_of(value, attribute)
    if attribute == BOUNDARY:
        return _boundary_words(value, lang)
    if not stated:
        read = value.choices and attribute in ORDER
        return text("COMPARE_NOT_READ" if read else "COMPARE_UNSTATED", lang)
    if attribute == PRODUCT_CLASS:
        return class_words(stated, lang)
    return rule_words(attribute, stated, lang)


def attribute_words(attribute: str, lang: Language) -> str:
    """Return the name of what values state: a rule, the boundary, a choice."""
    if attribute in names("attribute"):
        return in_sentence(name("attribute", attribute, lang))
    return name_or_code("choice", attribute, lang)


def note_words(attribute: str, a: Value, b: Value, lang: Language) -> str:
    """Return what differs without barring a comparison, with what each value states."""
    said = (stated_words(value, attribute, lang) for value in (a, b))
    what = attribute_words(attribute, lang)
    return text("COMPARE_NOTE", lang, what=what, **dict(zip("ab", said, strict=True)))


def class_words(code: str, lang: Language) -> str:
    """Return the name of a product class, with its surface."""
    made, _, surface = code.partition("/")
    name = getattr(product_classes()[made], f"name_{lang}")
    named = (name_words("value", item)[lang] for item in surface.split("+") if item)
    return ", ".join((str(name), *named))


def parts_words(scheme: str, parts: Parts, lang: Language) -> str:
    """Return the names of parts in the order of their steps."""
    names = part_names(scheme)
    glue = text("COMPARE_GLUE", lang)
    return glue.join(names[part][lang] for part in names if part in parts)


def boundary_parts_words(value: Value, lang: Language) -> str:
    """Return the parts of a value's boundary, or that they are not listed."""
    if value.parts is None:
        return text("COMPARE_PARTS_UNLISTED", lang, boundary=value.boundary or "-")
    return parts_words(value.class_of.scheme, value.parts, lang)


def _said(mismatch: Mismatch, value: Value, only: Parts, lang: Language) -> str:
    said = stated_words(value, mismatch.attribute, lang)
    if mismatch.attribute == BOUNDARY and mismatch.kind == DIFFERS:
        scheme = value.class_of.scheme
        said = text("COMPARE_NOTHING_MORE", lang)
        if only:
            said = text("COMPARE_ONLY_HERE", lang, parts=parts_words(scheme, only, lang))
    return text("COMPARE_SAID", lang, label=value.label, said=said)


def _boundary_words(value: Value, lang: Language) -> str:
    if value.parts is None:
        return text("COMPARE_PARTS_UNLISTED", lang, boundary=value.boundary or "-")
    known = boundaries().get(value.boundary)
    if known:
        return known[f"name_{lang}"]
    return parts_words(value.class_of.scheme, value.parts, lang)


def rule_words(attribute: str, stated: str, lang: Language) -> str:
    """Return a rule's value in words, or its code when it has none."""
    if code := family("COMPARE_VALUE").get(stated):
        return text(code, lang)
    return stated if attribute in _AS_WRITTEN else value_words(stated)[lang]
