"""A closure in one line for people: the account, what it went into, and what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language
from footprint.certificate.words import vocabulary_name, words

_TONNE = Decimal(1000)
_TENTH = Decimal("0.1")
_LEAST_PERCENT = Decimal("0.01")


def closure_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return a closure of a result document in words; empty where none was drawn."""
    if "account" not in closure:
        return words(closure["not_drawn"])[lang] if "not_drawn" in closure else ""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in closure["lines"]:
        sums[_name(line, lang)] += Decimal(line["kg_co2e"])
    shown = " + ".join(f"{name} {_tonnes(kg)}" for name, kg in sums.items() if _tonnes(kg) != "0")
    code = "CLOSURE_CLOSED" if closure["closed"] else "CLOSURE_OPEN_LINE"
    line = words(
        code,
        account=_tonnes(Decimal(closure["account"])),
        lines=shown or "0",
        residual=_tonnes(Decimal(closure["residual"])),
    )[lang]
    further = (left_out_line, _drawn_line, allowances_line, departures_line, _months_line)
    return " ".join(filter(None, (line, *(said(closure, lang) for said in further))))


def left_out_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return what of the account no product carries, with its share; empty where all is carried.

    Closures drawn by an earlier version do not say it.
    """
    found = closure.get("left_out") or {}
    flows = found.get("flows") or ()
    if not flows:
        return ""
    return words(
        "CLOSURE_LEFT_OUT",
        share=_percent(Decimal(found["share"])),
        flows="; ".join(_left_out_name(item, lang) for item in flows),
    )[lang]


def _drawn_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return the own metal of an earlier period drawn from store; empty where none was."""
    found = closure.get("own_drawn") or {}
    flows = [
        f"{vocabulary_name('flows', str(item['flow']))[lang]}"
        f" {decimal_text(Decimal(item['amount']).quantize(_TENTH))} t"
        for item in found.get("flows") or ()
    ]
    if not flows:
        return ""
    share = _percent(Decimal(found["share"]))
    return words("CLOSURE_DRAWN", flows="; ".join(flows), share=share)[lang]


def allowances_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return the allowances used in all, as a share of the account; empty where none was.

    Closures drawn by an earlier version do not say it.
    """
    share = Decimal((closure.get("allowances") or {}).get("share", 0))
    return words("CLOSURE_ALLOWANCES_USED", share=_percent(share))[lang] if share else ""


def departures_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return how many explained departures a result rests on, and what is known of their effect.

    Empty where there is none, and for closures drawn by an earlier version.
    """
    found = closure.get("departures") or {}
    explained, effects = found.get("explained") or (), found.get("effects") or ()
    if not explained and not effects:
        return ""
    codes = ", ".join(sorted({str(item["code"]) for item in explained})) or "-"
    share = _percent(Decimal(found["share"]))
    count = {"count": str(len(explained)), "computed": str(len(effects))}
    return words("CLOSURE_DEPARTURES_TOLD", codes=codes, share=share, **count)[lang]


def _months_line(closure: Mapping[str, Any], lang: Language) -> str:
    """Return the months in which metal made and taken part most, one for each flow."""
    furthest: dict[str, Mapping[str, Any]] = {}
    for gap in closure.get("months") or ():
        known = furthest.setdefault(gap["flow"], gap)
        if abs(Decimal(gap["gap"])) > abs(Decimal(known["gap"])):
            furthest[gap["flow"]] = gap
    if not furthest:
        return ""
    names = [
        f"{vocabulary_name('flows', flow)[lang]} {gap['month']}"
        f" {Decimal(gap['gap']).quantize(_TENTH)} t"
        for flow, gap in sorted(furthest.items())
    ]
    return words("CLOSURE_MONTHS", months="; ".join(names))[lang]


def _left_out_name(item: Mapping[str, Any], lang: Language) -> str:
    """Return one flow that is left out: kind, flow, process where it has one, share."""
    kind = words(f"CLOSURE_KIND_{item['kind']}")[lang]
    flow = vocabulary_name("flows", str(item["flow"]))[lang]
    where = vocabulary_name("processes", str(item["process"]))[lang] if item["process"] else ""
    named = ", ".join(part for part in (flow, where) if part)
    return f"{kind} ({named}) {_percent(Decimal(item['share']))} %"


def _name(line: Mapping[str, Any], lang: Language) -> str:
    flow = vocabulary_name("flows", str(line["flow"]))[lang]
    return words(f"CLOSURE_KIND_{line['kind']}", flow=flow)[lang]


def _tonnes(kilograms: Decimal) -> str:
    """Return kg as tonnes with one digit, without a sign or a digit that says nothing."""
    rounded = (kilograms / _TONNE).quantize(_TENTH)
    return f"{rounded:,f}".removesuffix(".0") if rounded else "0"


def _percent(share: Decimal) -> str:
    """Return a share in per cent to two digits; what is less is said to be less."""
    shown = (share * 100).quantize(_LEAST_PERCENT)
    return decimal_text(shown) if shown or not share else f"< {_LEAST_PERCENT}"
