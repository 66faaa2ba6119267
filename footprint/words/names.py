"""Words for codes and figures as people read them; no page and no Streamlit in here."""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language
from factor_db.foundation.names import Kind, name_or_code, names

_FIXED_FROM = Decimal("0.0001")
_SIGNIFICANT = 4
_MARKUP = "\\`*_[]<>$:#|~!"
_NO_BREAK = "\N{NO-BREAK SPACE}"


def process_name(code: str, lang: Language) -> str:
    """Return the name of a process, or its code."""
    return name_or_code("process", code, lang)


def flow_name(code: str, lang: Language) -> str:
    """Return the name of a flow; `natural_gas.net_calorific_value` names its property too.

    A property may also be of a group of metal or of a process.
    """
    flow, _, quality = code.partition(".")
    kinds: tuple[Kind, ...] = ("flow", "material_group", "process")
    kind = next((kind for kind in kinds if flow in names(kind)), kinds[0])
    said = name_or_code(kind, flow, lang)
    return f"{said} · {name_or_code('property', quality, lang)}" if quality else said


def slot_words(slot: str, lang: Language) -> str:
    """Return a slot (`process/flow/quantity` or `flow/quantity`) in words."""
    parts = slot.split("/")
    if len(parts) not in (2, 3):
        return slot
    process = [process_name(parts[0], lang)] if len(parts) == 3 else []
    return " · ".join(
        (*process, flow_name(parts[-2], lang), name_or_code("quantity", parts[-1], lang))
    )


def level_words(level: str, lang: Language) -> str:
    """Return where a slot was filled from: the own site, a region's code, or the world."""
    return name_or_code("level", level, lang)


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
