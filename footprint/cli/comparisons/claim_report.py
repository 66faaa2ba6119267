"""The claims on the terminal: one table of verdicts, then each claim's arithmetic, 100 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.messages import Language, code_of, text
from footprint.cli.context import print_table, text_width

if TYPE_CHECKING:
    from footprint.claims import Derived, Source, Step

_DIGITS, _SHORT = 6, 4
_HEADINGS = (
    "CLAIM_HEADING_NAME",
    "CLAIM_HEADING_PUBLISHED",
    "CLAIM_HEADING_RECOMPUTED",
    "CLAIM_HEADING_DIFFERENCE",
    "CLAIM_HEADING_VERDICT",
)
_SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}
_LABEL = 32
_COLUMNS = 100
# A text breaks at spaces and between Chinese characters, but never before 、。，；：） or after an
# opening bracket.
_BREAK = re.compile(
    r"\s+|[(（“]?[\u4e00-\u9fff][、。，；：）”)]*|[^\s\u4e00-\u9fff、。，；：）]+[、。，；：）]*"
)


def print_overview(claims: Sequence[Derived], lang: Language) -> None:
    """Print one row per claim: what was published, what comes out, and the verdict."""
    rows = [
        [
            claim.texts[lang],
            _amount(claim.value, claim.unit),
            f"{shown(claim.verdict.low, _SHORT)} – {shown(claim.verdict.high, _SHORT)}",
            percent(claim.verdict.difference),
            text(claim.verdict.message, lang),
        ]
        for claim in claims
    ]
    print_table([text(code, lang) for code in _HEADINGS], rows)


def detail_lines(claims: Sequence[Derived], lang: Language, *, brief: bool) -> Iterator[str]:
    """Yield each claim's steps and the numbered list of factors; only the closing line if brief."""
    numbers: dict[str, int] = {}
    listed: list[Source] = []
    for claim in () if brief else claims:
        for source in claim.sources():
            if source.ref not in numbers:
                numbers[source.ref] = len(numbers) + 1
                listed.append(source)
        yield from _claim_lines(claim, lang, numbers)
    if listed:
        yield from ("", text("CLAIM_SOURCES", lang))
        for source in listed:
            yield from _source_lines(source, numbers[source.ref], lang)
        yield from wrapped(text("CLAIM_PUBLISHED_IN", lang, document=_document(lang)), indent="")
    yield ""
    yield from wrapped(text("CLAIM_NOT_FOOTPRINT", lang), indent="")


def _claim_lines(claim: Derived, lang: Language, numbers: dict[str, int]) -> Iterator[str]:
    yield ""
    yield f"{claim.texts[lang]}  [{claim.id}]  {text(claim.verdict.message, lang)}"
    yield from wrapped(claim.texts[f"text_{lang}"], indent="  ")
    for step in claim.steps:
        label = step.zh if lang == "zh" else step.en
        label = label + " " * max(_LABEL - text_width(label), 1)
        line = f"{label}{_arithmetic(step)} = {_amount(step.value, step.unit)}"
        marks = dict.fromkeys(numbers[item.source.ref] for item in step.operands if item.source)
        cited = dict.fromkeys(item.rule for item in step.operands if item.rule)
        tail = "".join((*(f" [{number}]" for number in marks), *(f" {rule}" for rule in cited)))
        basis = f" ({text(code_of('CLAIM_BASIS', step.basis), lang)})" if step.basis else ""
        yield from wrapped(f"{line}{tail}{basis}", indent="  ", hanging=" " * (_LABEL + 2))
    yield from wrapped(claim.texts[f"note_{lang}"], indent="  → ", hanging="    ")


def _arithmetic(step: Step) -> str:
    """Return the formula with every operand's value in the place of its name."""
    from factor_db.foundation.written_formula import tokens

    operands = iter(step.operands)
    parts: list[str] = []
    for token in tokens(step.formula):
        if "name" in token:
            operand = next(operands)
            parts.append(_amount(operand.value, operand.unit))
        else:
            sign = token.get("sign", "")
            parts.append(f" {_SIGNS[sign]} " if sign in _SIGNS else token.get("literal", sign))
    return "".join(parts)


def _amount(value: Decimal, unit: str) -> str:
    return shown(value) if unit in ("", "1") else f"{shown(value)} {unit}"


def _source_lines(source: Source, number: int, lang: Language) -> Iterable[str]:
    name = source.name_zh if lang == "zh" else source.name_en
    where = "; ".join(part for part in (source.citation, source.locator) if part)
    line = f"[{number}] {source.ref} = {_amount(source.value, source.unit)}, {name}. {where}"
    return wrapped(line, indent="  ", hanging="      ")


def _document(lang: Language) -> str:
    from footprint.claims.derive import claims_source

    return claims_source()[lang]


def shown(value: Decimal, digits: int = _DIGITS) -> str:
    """Return a number for people: so many significant digits, whole parts kept whole."""
    digits = max(digits, value.adjusted() + 1)
    rounded = EXACT.plus(value)
    exponent = value.adjusted() + 1 - digits
    rounded = rounded.quantize(Decimal(1).scaleb(exponent), context=EXACT)
    whole, _, fraction = decimal_text(rounded).partition(".")
    grouped = f"{int(whole):,}".replace(",", " ") if len(whole) > 4 else whole
    return f"{grouped}.{fraction}" if fraction else grouped


def percent(share: Decimal) -> str:
    """Return a signed difference in per cent with one decimal."""
    return f"{share:+.1%}".replace("%", " %")


def wrapped(words: str, *, indent: str, hanging: str | None = None) -> Iterator[str]:
    """Yield a text in lines of 100 columns; it breaks at spaces and between Chinese characters."""
    line, filled = indent, ""
    following = indent if hanging is None else hanging
    for part in _BREAK.findall(words):
        if filled and text_width(line + part.rstrip()) > _COLUMNS:
            yield line.rstrip()
            line, filled = following, ""
        if filled or not part.isspace():
            line, filled = line + part, part
    yield line.rstrip()
