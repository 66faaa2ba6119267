"""A closure in one line for people: the account, what it went into, and what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from factor_db.foundation.messages import Language
from factor_db.foundation.units import conversion
from footprint.certificate.words import vocabulary_name, words

_KG_PER_TONNE = conversion("t", "kg")


def closure_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return a closure of a result document in words; empty where none was drawn."""
    if "account" not in closure:
        return words(closure["not_drawn"])[lang] if "not_drawn" in closure else ""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in closure["lines"]:
        sums[_name(line, lang)] += Decimal(line["kg_co2e"])
    shown = " + ".join(f"{name} {_tonnes(kg)}" for name, kg in sums.items() if _tonnes(kg) != "0")
    code = "CLOSURE_CLOSED" if closure["closed"] else "CLOSURE_OPEN_LINE"
    return words(
        code,
        account=_tonnes(Decimal(closure["account"])),
        lines=shown or "0",
        residual=_tonnes(Decimal(closure["residual"])),
    )[lang]


def _name(line: Mapping[str, Any], lang: Language) -> str:
    flow = vocabulary_name("flows", str(line["flow"]))[lang]
    return words(f"CLOSURE_KIND_{line['kind']}", flow=flow)[lang]


def _tonnes(kilograms: Decimal) -> str:
    """Return kg as tonnes with one digit, without a sign or a digit that says nothing."""
    rounded = (kilograms / _KG_PER_TONNE).quantize(Decimal("0.1"))
    return f"{rounded:,f}".removesuffix(".0") if rounded else "0"
