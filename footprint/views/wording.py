"""Words and rounded numbers of a view: every text comes from the catalogue or the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from factor_db.foundation import canonical
from factor_db.foundation.messages import LANGUAGES, code_of, family
from factor_db.foundation.rules import rule
from footprint.figures.blocked import ESTIMATE, blocking_reasons
from footprint.result.document import ResultDocument
from footprint.views.figure import Cell, Words
from footprint.words import shown
from footprint.words.book import name_words, words
from footprint.words.closure import closure_line
from footprint.words.slots import flow_words, property_words, quantity_words
from footprint.words.told import estimate_words, unevidenced_words, value_words

GAS_CO2E = "co2e"
KG_DIGITS, PERCENT_DIGITS, SCORE_DIGITS = Decimal("0.0001"), Decimal("0.1"), Decimal("0.01")
TONNE_DIGITS = Decimal("0.000001")
DOT = " · "
UNDEFINED = "–"
MINUS = "−"
_PHRASES = (
    "VIEW_PHRASE_UNREAD",
    "VIEW_PHRASE_OPTIONAL",
    "VIEW_PHRASE_NONE",
    "VIEW_PHRASE_HOUSE_RULE",
    "VIEW_PHRASE_JUDGEMENT",
    "VIEW_PHRASE_SUMMARISED",
)


def rounded(value: Decimal, digits: Decimal = KG_DIGITS) -> str:
    """Return a number for reading; what is too small to show is said to be, never shown as zero."""
    return shown.rounded(value, digits, MINUS)


def trimmed(value: Decimal, digits: Decimal = TONNE_DIGITS) -> str:
    """Return a number for reading as `rounded` does, without trailing zeros."""
    text = rounded(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def minus(number: str) -> str:
    """Return a written number with a true minus sign."""
    return number.replace("-", MINUS)


def percent(value: Decimal | None) -> str:
    """Return a percentage for reading, a dash where it is undefined."""
    return UNDEFINED if value is None else f"{rounded(value, PERCENT_DIGITS)} %"


def share_cells(values: Mapping[str, Decimal], whole: Decimal) -> dict[str, str]:
    """Return name → share of the whole for reading; parts of one whole add up to 100 %.

    Dashes where the whole is nothing. Rule: PCF-SHOWN-001.
    """
    texts = shown.share_texts(list(values.values()), whole, MINUS)
    if not texts:
        return dict.fromkeys(values, UNDEFINED)
    return {name: f"{text} %" for name, text in zip(values, texts, strict=True)}


def signed_percent(value: Decimal) -> str:
    """Return a percentage with its sign; none at all has none."""
    return f"{shown.signed(value, PERCENT_DIGITS, MINUS)} %"


def few_digits(value: Decimal) -> str:
    """Return a number with four digits, without exponent."""
    return minus(canonical.few_digits(value))


def plain(text: str) -> Words:
    """Return a text that is the same in both languages."""
    return {"zh": text, "en": text}


def joined(separator: str, *parts: Cell) -> Words:
    """Return words one after the other."""
    both = [plain(part) if isinstance(part, str) else part for part in parts]
    return {lang: separator.join(part[lang] for part in both) for lang in ("zh", "en")}


def listed(parts: Sequence[Words]) -> Words:
    """Return words as a list within a sentence, a dash for none."""
    if not parts:
        return plain(UNDEFINED)
    return {
        "zh": "、".join(part["zh"] for part in parts),
        "en": ", ".join(part["en"] for part in parts),
    }


def rule_text(rule_id: str) -> Words:
    """Return a rule's paraphrase with its id."""
    found = rule(rule_id)
    return {"zh": f"{found.text_zh}（{found.id}）", "en": f"{found.text_en} ({found.id})"}


def standing_phrases(content: str) -> Words:
    """Return a rule's edition or clause with its standing phrases in both languages."""
    chinese = content
    for code in _PHRASES:
        phrase = words(code)
        chinese = chinese.replace(phrase["en"], phrase["zh"])
    return {"zh": chinese, "en": content}


def told(code: str, **params: Any) -> Words:
    """Return a text of the catalogue whose parameters may themselves be words."""
    zh = {name: _in(item, "zh") for name, item in params.items()}
    en = {name: _in(item, "en") for name, item in params.items()}
    return {"zh": words(code, **zh)["zh"], "en": words(code, **en)["en"]}


def _in(item: Any, lang: str) -> Any:
    return item[lang] if isinstance(item, Mapping) else item


def opening_notes(document: ResultDocument) -> tuple[Words, ...]:
    """Return what every view says first: whose statement it is, and where it is an estimate."""
    found = [words("CERTIFICATE_STATEMENT_OWN"), words("VIEW_CLAUSES_UNREAD")]
    unevidenced = unevidenced_words(document.choices)
    closure = closure_note(document)
    return (
        *found,
        *blocked_notes(document),
        *((closure,) if closure else ()),
        *((unevidenced,) if unevidenced else ()),
    )


def closure_note(document: ResultDocument) -> Words | None:
    """Return how the result adds up to its site's account; None where no closure is drawn."""
    closure = document.closure
    if closure is None:
        return None
    said: dict[str, str] = {lang: closure_line(closure, lang) for lang in LANGUAGES}
    return said if all(said.values()) else None


def blocked_notes(document: ResultDocument) -> tuple[Words, ...]:
    """Return every reason why nothing may be declared of a result, in words."""
    notes = []
    for reason in blocking_reasons(document):
        if reason.name == ESTIMATE and (estimate := estimate_words(document)):
            notes.append(estimate)
            continue
        own = family("VIEW_LIMIT").get(reason.name)
        code = own or code_of("BLOCKED", reason.name)
        notes.append(words(code, items=", ".join(reason.items) or UNDEFINED))
    return tuple(notes)


def not_stated(document: ResultDocument) -> tuple[Words, ...]:
    """Return the note on optional inputs that nobody stated, if there are any."""
    flows = slots_by_process(document.coverage.not_stated)
    return (told("VIEW_NOT_STATED", flows=flows),) if flows else ()


def gas_name(gas: str) -> Words:
    """Return the name of a gas."""
    return name_words("gas", gas)


def stage_name(stage: str) -> Words:
    """Return the name of a life-cycle stage."""
    return name_words("stage", stage)


def slots_by_process(slots: Iterable[str]) -> Words | None:
    """Return the flows of slots by process, those of no process last; None for no slots."""
    by_process: dict[str, list[Words]] = {}
    for slot in slots:
        *process, flow, quantity = slot.split("/")
        base, _, prop = flow.partition(".")
        named: Words = flow_words(base)
        if prop or not process:
            said = property_words(prop) if prop else quantity_words(quantity)
            named = told("VIEW_QUANTITY", flow=named, quantity=said)
        by_process.setdefault(process[0] if process else "", []).append(named)
    found = [
        told("VIEW_AT_PROCESS", process=name_words("process", code), flows=listed(flows))
        for code, flows in sorted(by_process.items())
        if code
    ]
    found += by_process.get("", [])
    return joined("; ", *found) if found else None


def value_name(value: str) -> Words:
    """Return the name of a value of a choice, a dash for none."""
    return value_words(value) if value else plain(UNDEFINED)
