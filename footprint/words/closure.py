"""A closure in one line for people: the account, what it went into, and what is left."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language, code_of
from footprint.result.checks import ClosureLineRecord, ClosureRecord, LeftOutFlow, MonthRecord
from footprint.words.book import name_words, words

_TONNE = Decimal(1000)
_TENTH = Decimal("0.1")
_LEAST_PERCENT = Decimal("0.01")


def closure_line(closure: ClosureRecord, lang: Language) -> str:
    """Return a closure of a result in words; empty where none was drawn."""
    if closure.account is None:
        return words(closure.not_drawn)[lang] if closure.not_drawn else ""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in closure.lines:
        sums[_name(line, lang)] += line.kg_co2e
    shown = " + ".join(f"{name} {_tonnes(kg)}" for name, kg in sums.items() if _tonnes(kg) != "0")
    said = words(
        "CLOSURE_CLOSED" if closure.closed else "CLOSURE_OPEN_LINE",
        account=_tonnes(closure.account),
        lines=shown or "0",
        residual=_tonnes(closure.residual or Decimal(0)),
    )[lang]
    further = (
        *(left_out_line, sold_metal_line, pooled_melt_line, _drawn_line),
        *(allowances_line, departures_line, _months_line),
    )
    return " ".join(filter(None, (said, *(line_of(closure, lang) for line_of in further))))


def left_out_line(closure: ClosureRecord, lang: Language) -> str:
    """Return what of the account no product carries, with its share; empty where all is carried.

    Closures drawn by an earlier version do not say it.
    """
    found = closure.left_out
    if found is None or not found.flows:
        return ""
    return words(
        "CLOSURE_LEFT_OUT",
        share=_percent(found.share),
        flows="; ".join(_left_out_name(item, lang) for item in found.flows),
    )[lang]


def sold_metal_line(closure: ClosureRecord, lang: Language) -> str:
    """Return what co-products of the same metal carry of the account; empty where none was sold.

    Closures drawn by an earlier version do not say it.
    """
    found = closure.sold_metal
    if found is None:
        return ""
    flows = [
        f"{name_words('flow', item.flow)[lang]}"
        f" ({name_words('process', item.process)[lang]})"
        f" {decimal_text(item.amount.quantize(_TENTH))} t"
        for item in found.flows
    ]
    share = _percent(found.share)
    return words("CLOSURE_CO_PRODUCTS", share=share, flows="; ".join(flows))[lang]


def pooled_melt_line(closure: ClosureRecord, lang: Language) -> str:
    """Return of which outputs the value is the mean, and what it may hide; empty where of none."""
    found = closure.pooled_melt
    if found is None:
        return ""
    outputs = [
        f"{name_words('flow', item.flow)[lang]} {item.product.upper()}".strip()
        + f" {decimal_text(item.amount.quantize(_TENTH))} t"
        for item in found.outputs
    ]
    shares = {
        name: _percent(share)
        for name, share in (
            ("primary", found.primary),
            ("remelted", found.remelted),
            ("alloying", found.alloying),
            ("higher", found.higher_at_most),
        )
    }
    return words("CLOSURE_POOLED", outputs="; ".join(outputs), **shares)[lang]


def _drawn_line(closure: ClosureRecord, lang: Language) -> str:
    """Return the own metal of an earlier period drawn from store; empty where none was."""
    found = closure.own_drawn
    if found is None or not found.flows:
        return ""
    flows = [
        f"{name_words('flow', item.flow)[lang]} {decimal_text(item.amount.quantize(_TENTH))} t"
        for item in found.flows
    ]
    return words("CLOSURE_DRAWN", flows="; ".join(flows), share=_percent(found.share))[lang]


def allowances_line(closure: ClosureRecord, lang: Language) -> str:
    """Return the allowances used in all, as a share of the account; empty where none was.

    Closures drawn by an earlier version do not say it.
    """
    share = closure.allowances.share if closure.allowances else None
    return words("CLOSURE_ALLOWANCES_USED", share=_percent(share))[lang] if share else ""


def departures_line(closure: ClosureRecord, lang: Language) -> str:
    """Return how many explained departures a result rests on, and what is known of their effect.

    Empty where there is none, and for closures drawn by an earlier version.
    """
    found = closure.departures
    if found is None or not (found.explained or found.effects):
        return ""
    codes = ", ".join(sorted({item.code for item in found.explained})) or "-"
    count = {"count": str(len(found.explained)), "computed": str(len(found.effects))}
    return words("CLOSURE_DEPARTURES_TOLD", codes=codes, share=_percent(found.share), **count)[lang]


def _months_line(closure: ClosureRecord, lang: Language) -> str:
    """Return the months in which metal made and taken part most, one for each flow."""
    furthest: dict[str, MonthRecord] = {}
    for gap in closure.months:
        known = furthest.setdefault(gap.flow, gap)
        if abs(gap.gap) > abs(known.gap):
            furthest[gap.flow] = gap
    if not furthest:
        return ""
    names = [
        f"{name_words('flow', flow)[lang]} {gap.month} {gap.gap.quantize(_TENTH)} t"
        for flow, gap in sorted(furthest.items())
    ]
    return words("CLOSURE_MONTHS", months="; ".join(names))[lang]


def _left_out_name(item: LeftOutFlow, lang: Language) -> str:
    """Return one flow that is left out: kind, flow, process where it has one, share."""
    kind = words(code_of("CLOSURE_KIND", item.kind))[lang]
    flow = name_words("flow", item.flow)[lang]
    where = name_words("process", item.process)[lang] if item.process else ""
    named = ", ".join(part for part in (flow, where) if part)
    return f"{kind} ({named}) {_percent(item.share)} %"


def _name(line: ClosureLineRecord, lang: Language) -> str:
    flow = name_words("flow", line.flow)[lang]
    return words(code_of("CLOSURE_KIND", line.kind), flow=flow)[lang]


def _tonnes(kilograms: Decimal) -> str:
    """Return kg as tonnes with one digit, without a sign or a digit that says nothing."""
    rounded = (kilograms / _TONNE).quantize(_TENTH)
    return f"{rounded:,f}".removesuffix(".0") if rounded else "0"


def _percent(share: Decimal) -> str:
    """Return a share in per cent to two digits; what is less is said to be less."""
    shown = (share * 100).quantize(_LEAST_PERCENT)
    return decimal_text(shown) if shown or not share else f"< {_LEAST_PERCENT}"
