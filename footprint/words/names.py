"""Words for codes and figures as people read them; no page and no Streamlit in here."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language, catalogue, text
from factor_db.foundation.reference_files import reference_rows

_FIXED_FROM = Decimal("0.0001")
_SIGNIFICANT = 4
_MARKUP = "\\`*_[]<>$:#|~!"
_NO_BREAK = "\N{NO-BREAK SPACE}"


def word(group: str, code: str, lang: Language) -> str:
    """Return the words for a code of a group (`STAGE`, `GAS`, …), or the code when it has none."""
    key = f"UI_{group}_{code}"
    return text(key, lang) if key in catalogue() else code


def process_name(code: str, lang: Language) -> str:
    """Return the name of a process of the vocabulary, or its code."""
    return _names("processes.csv").get(code, {}).get(lang, code)


def flow_name(code: str, lang: Language) -> str:
    """Return the name of a flow; `natural_gas.net_calorific_value` names its property too."""
    flow, _, quality = code.partition(".")
    name = _names("flows.csv").get(flow, {}).get(lang, flow)
    return f"{name} · {word('PROPERTY', quality, lang)}" if quality else name


def slot_words(slot: str, lang: Language) -> str:
    """Return a slot (`process/flow/quantity` or `flow/quantity`) in words."""
    parts = slot.split("/")
    if len(parts) not in (2, 3):
        return slot
    process = [process_name(parts[0], lang)] if len(parts) == 3 else []
    return " · ".join((*process, flow_name(parts[-2], lang), word("QUANTITY", parts[-1], lang)))


def level_words(level: str, lang: Language) -> str:
    """Return where a slot was filled from: the own site, a region's code, or the world."""
    return word("LEVEL", level, lang)


def figure(value: Decimal | str, digits: int = 3) -> str:
    """Return a figure with fixed decimals: for totals, shares and everything near one."""
    return f"{Decimal(value):,.{digits}f}"


def amount(value: Decimal | str) -> str:
    """Return an amount to four significant digits, without an exponent where that is readable."""
    number = Decimal(value)
    if number and abs(number) < _FIXED_FROM:
        return f"{number:.3e}"
    rounded = Decimal(f"{number:.{_SIGNIFICANT}g}")
    return f"{Decimal(decimal_text(rounded)):,f}"


def with_unit(value: Decimal | str, unit: str) -> str:
    """Return an amount with its unit; the unit of a ratio is left away."""
    return f"{amount(value)} {unit}" if unit not in ("", "1") else amount(value)


def plain_text(text: str) -> str:
    """Keep text from files, links and the store from being read as markup.

    A page shows texts as markup, and an image in one would make the browser ask another machine.
    """
    return "".join(f"\\{character}" if character in _MARKUP else character for character in text)


def percent(share: Decimal | str, digits: int = 1) -> str:
    """Return a share of one as percent."""
    return f"{Decimal(share):.{digits}%}".replace("%", f"{_NO_BREAK}%")


@cache
def _names(table: str) -> dict[str, dict[str, str]]:
    return {
        row["code"]: {"zh": row["name_zh"], "en": row["name_en"]} for row in reference_rows(table)
    }
