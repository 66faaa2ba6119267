"""Whether a closure holds, with every reason why it does not: what a certificate asks first.

A reason is a code with its parameters; the words stand in the catalogue. Rule: PCF-CLOSURE-001.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import first_cells
from factor_db.ledger.frozen.meter_rest import RULE as REST_RULE
from footprint.account import CLOSURE_RULE
from footprint.account.gate import DEPARTURE_RULE
from footprint.closure.allowances import allowances_share, allowances_used
from footprint.closure.codes import CodeGap
from footprint.closure.departures import Departure, lowered_share
from footprint.closure.left_out import left_out_flows, left_out_share
from footprint.closure.lines import Closure, PartedFlow
from footprint.closure.months import RULE as MONTH_RULE
from footprint.closure.months import YearGap
from footprint.closure.own_drawn import RULE as DRAWN_RULE
from footprint.closure.own_drawn import OwnDrawn, is_barred, share_at_most
from footprint.result.record import CodedText
from footprint.study.definition import Study

NOT_METERED, MISSING = "CLOSURE_NOT_AS_METERED", "CLOSURE_ACCOUNT_MISSING"
PARTED, CARRIED_BY_NONE, WEIGHING = "CLOSURE_OPEN", "CLOSURE_CARRIED_BY_NONE", "CLOSURE_WEIGHING"
OF_CODE, OF_MAIN_METER = "CLOSURE_CODE", "CLOSURE_MAIN_METER"
ALLOWANCES, DEPARTURES = "CLOSURE_ALLOWANCES", "CLOSURE_DEPARTURES"
OF_YEAR, OF_MONTH, OWN_DRAWN = "CLOSURE_YEAR", "CLOSURE_MONTH", "CLOSURE_OWN_DRAWN"
_CELLS_SHOWN = 6
_SHARE_DIGITS = Decimal("0.0001")
_AMOUNT_DIGITS = Decimal("0.001")
_Gap = TypeVar("_Gap", PartedFlow, CodeGap, YearGap)


def reasons_against(study: Study, closure: Closure) -> tuple[CodedText, ...]:
    """Return every reason why a study's result is not closed; none when it is."""
    unlike = unlike_the_plant(study)
    if unlike:
        return (CodedText(NOT_METERED, {"choices": ", ".join(unlike)}),)
    found = []
    if closure.account.missing:
        found.append(CodedText(MISSING, {"slots": ", ".join(closure.account.missing)}))
    found += _parted(closure)
    found += _codes(closure)
    found += _years(closure)
    found += _months(closure)
    found += _carried_by_none(closure)
    found += _weighing(closure)
    found += _allowances(closure)
    found += _departures(closure)
    found += [
        CodedText(bar.code, {**bar.params, "cells": listed_cells(bar.cells)})
        for bar in closure.barred
    ]
    return tuple(found)


def unlike_the_plant(study: Study) -> list[str]:
    """Return the study's amounts and choices that are not what the ledger metered."""
    set_by_hand = [slot for slot in sorted(study.overrides) if not _is_emission(slot)]
    chosen = [
        f"{name}={getattr(study.choices, name)}"
        for name in ("alloying", "melt_loss")
        if getattr(study.choices, name) != "measured"
    ]
    by_area = [study.choices.surface] if study.choices.surface.endswith("_by_area") else []
    return [*set_by_hand, *chosen, *(f"surface={item}" for item in by_area)]


def _is_emission(slot: str) -> bool:
    """A slot of a factor has no process: both roads take the value that the study set."""
    quantity = slot.rpartition("/")[2]
    return slot.count("/") == 1 and quantity not in {"property", "coefficient", "inventory"}


def _parted(closure: Closure) -> Iterable[CodedText]:
    """Yield the flows in which the roads part; many small ones name the largest of them."""
    limit = rule(CLOSURE_RULE).number("residual")
    if closure.share(closure.parted) <= limit:
        return
    shares = ((item, closure.share(abs(item.kg_co2e))) for item in closure.open)
    for item, share in _named(shares, limit):
        params = {"flow": item.flow, "processes": ", ".join(item.processes)}
        yield CodedText(PARTED, params | _of_gap(item, share))


def _codes(closure: Closure) -> Iterable[CodedText]:
    """Yield where a product code's result parts from its rows, judged by what the code carries."""
    limit = rule(CLOSURE_RULE).number("residual")
    for code in sorted({gap.product for gap in closure.codes}):
        shares = [(gap, abs(gap.share)) for gap in closure.codes if gap.product == code]
        if sum((share for _, share in shares), Decimal(0)) <= limit:
            continue
        for gap, share in _named(shares, limit):
            params = {"product": code, "flow": gap.flow, "process": gap.process}
            yield CodedText(OF_CODE, params | _of_gap(gap, share))


def _named(
    shares: Iterable[tuple[_Gap, Decimal]], limit: Decimal
) -> Iterable[tuple[_Gap, Decimal]]:
    """Yield the gaps that are named, with their shares: above half the limit, else the largest."""
    for place, (gap, share) in enumerate(sorted(shares, key=lambda found: -found[1])):
        if share > limit / 2 or not place:
            yield gap, share


def _of_gap(gap: PartedFlow | CodeGap, share: Decimal) -> dict[str, str]:
    return {
        "kg_co2e": decimal_text(gap.kg_co2e.quantize(Decimal(1))),
        "share": _percent(share),
        "cells": listed_cells(gap.cells),
    }


def _years(closure: Closure) -> Iterable[CodedText]:
    """Yield the steps whose year is not the sum of the ledger's months, the largest first."""
    limit = rule(CLOSURE_RULE).number("residual")
    shares = [(gap, closure.share(abs(gap.kg_co2e))) for gap in closure.years]
    if sum((share for _, share in shares), Decimal(0)) <= limit:
        return
    for gap, share in _named(shares, limit):
        params = {"process": gap.process, "flow": gap.flow, "months": ", ".join(gap.months)}
        params |= {"taken": _amount(gap.taken), "booked": _amount(gap.booked)}
        params |= {"share": _percent(share), "cells": listed_cells(gap.cells)}
        yield CodedText(OF_YEAR, params)


def _months(closure: Closure) -> Iterable[CodedText]:
    """Yield the first month of each own metal and code taken long before it was made, or lying."""
    limit = rule(MONTH_RULE).number("month_running_limit")
    told = set()
    for gap in closure.months:
        metal = " ".join(filter(None, (gap.flow, gap.product)))
        if gap.held and metal not in told:
            told.add(metal)
            params = {"flow": metal, "process": gap.process, "month": gap.month}
            params |= {"amount": _amount(gap.running), "share": _percent(gap.share)}
            params |= {"limit": _percent(limit), "cells": listed_cells(gap.cells)}
            yield CodedText(OF_MONTH, params)


def _carried_by_none(closure: Closure) -> Iterable[CodedText]:
    """Yield what no product carries above its limits; a main meter's rest has its own."""
    limits = rule(CLOSURE_RULE)
    each, in_all = limits.number("carried_by_none"), limits.number("carried_by_none_in_all")
    of_meter = rule(REST_RULE).number("certified_rest_share_at_most")
    found = left_out_flows(closure)
    for item in found:
        params = {"flow": item.flow, "cells": listed_cells(item.cells)}
        if item.of_meter > of_meter:
            shares = {"share": _percent(item.of_meter), "limit": _percent(of_meter)}
            yield CodedText(OF_MAIN_METER, params | shares)
        if item.share > each:
            shares = {"share": _percent(item.share), "limit": _percent(each)}
            yield CodedText(CARRIED_BY_NONE, {"process": item.process or "-"} | params | shares)
    share = left_out_share(closure)
    if share > in_all:
        params = {"process": "-", "flow": "-", "share": _percent(share), "cells": "-"}
        yield CodedText(CARRIED_BY_NONE, {**params, "limit": _percent(in_all)})


def _weighing(closure: Closure) -> Iterable[CodedText]:
    """Two scales may differ; more than that is metal that somebody has to find (AL-BAL-002)."""
    limit = rule("AL-BAL-002").number("link_tolerance")
    for line in closure.lines:
        if line.kind == "weighing" and line.moved:
            share = abs(line.amount) / line.moved
            if share > limit:
                params = {"flow": line.flow, "amount": decimal_text(line.amount)}
                params |= {"share": _percent(share), "limit": _percent(limit)}
                yield CodedText(WEIGHING, {**params, "cells": listed_cells(line.cells)})
    yield from _weighing_in_all(closure)


def _weighing_in_all(closure: Closure) -> Iterable[CodedText]:
    """Scales err both ways: differences that add up along the steps are metal, and no error."""
    limit = rule(CLOSURE_RULE).number("weighing_in_all")
    lines = [line for line in closure.lines if line.kind == "weighing"]
    share = closure.share(sum((abs(line.kg_co2e) for line in lines), Decimal(0)))
    if share > limit:
        params = {"flow": ", ".join(sorted({line.flow for line in lines})), "cells": "-"}
        params |= {"amount": decimal_text(sum((abs(line.amount) for line in lines), Decimal(0)))}
        yield CodedText(WEIGHING, {**params, "share": _percent(share), "limit": _percent(limit)})


def drawn_reasons(drawn: Sequence[OwnDrawn], account_kg_co2e: Decimal) -> tuple[CodedText, ...]:
    """Return why own metal drawn from store bars a certificate, metal by metal; none if it is not.

    It bars none of what is shown marked: the arithmetic closes. Rule: AL-STOCK-003.
    """
    if not is_barred(share_at_most(drawn, account_kg_co2e)):
        return ()
    return tuple(
        CodedText(OWN_DRAWN, _of_drawn(item, share_at_most((item,), account_kg_co2e)))
        for item in drawn
        if item.effect
    )


def _of_drawn(item: OwnDrawn, share: Decimal) -> dict[str, str]:
    return {
        "flow": item.flow,
        "process": item.process,
        "amount": _amount(item.amount),
        "counted": _amount(item.kg_co2e / item.amount),
        "at_most": _amount(item.most_kg_co2e / item.amount),
        "share": _percent(share),
        "limit": _percent(rule(DRAWN_RULE).number("effect_at_most")),
        "known": ", ".join(item.earlier) or "-",
        "cells": listed_cells(item.cells),
    }


def _allowances(closure: Closure) -> Iterable[CodedText]:
    """Allowances used together are one hole, however small each of them is (PCF-CLOSURE-001)."""
    limit, share = rule(CLOSURE_RULE).number("allowances_in_all"), allowances_share(closure)
    if share > limit:
        used = sorted((item for item in allowances_used(closure)), key=lambda item: -item.share)
        names = (
            f"{item.kind} {'/'.join(filter(None, (item.process, item.flow)))}"
            f" {_percent(item.share)} %"
            for item in used
        )
        params = {"share": _percent(share), "limit": _percent(limit), "parts": "; ".join(names)}
        # The first cells of each, so that none of them goes unnamed.
        cells = [cell for item in used for cell in item.cells[:1]]
        yield CodedText(ALLOWANCES, params | {"cells": listed_cells(cells)})


def _departures(closure: Closure) -> Iterable[CodedText]:
    """Words explain a doubt, they do not carry a burden: what they take off a result is bounded."""
    limit, share = rule(DEPARTURE_RULE).number("lowered_at_most"), lowered_share(closure.departures)
    if share > limit:
        lowering = sorted((item for item in closure.departures if item.share > 0), key=_largest)
        names = (f"{item.process}/{item.flow} {_percent(item.share)} %" for item in lowering)
        params = {"share": _percent(share), "limit": _percent(limit), "parts": "; ".join(names)}
        cells = [cell for item in lowering for cell in item.cells[:2]]
        yield CodedText(DEPARTURES, params | {"cells": listed_cells(cells)})


def _largest(item: Departure) -> Decimal:
    return -item.share


def _percent(share: Decimal) -> str:
    return decimal_text((share * 100).quantize(_SHARE_DIGITS))


def _amount(amount: Decimal) -> str:
    return decimal_text(amount.quantize(_AMOUNT_DIGITS))


def listed_cells(cells: Sequence[str]) -> str:
    """Return cells as a message shows them: the first few, a dash for none."""
    return first_cells(cells, _CELLS_SHOWN) or "-"
