"""The closure of a result as its document carries it: plain JSON, decimals as text, kg CO2e.

Two blocks: `closure`, the account against the products, and `possible`, what no plant could have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from factor_db.foundation.canonical import plain
from factor_db.foundation.errors import FootprintError
from factor_db.store.tables import LedgerFile
from footprint.account import CLOSURE_RULE
from footprint.account.allowances import allowances_share
from footprint.account.closure import Closure, ClosureLine
from footprint.account.departures import lowered_share
from footprint.account.earlier import earlier_ledgers
from footprint.account.gate import Account
from footprint.account.left_out import left_out_flows, left_out_share
from footprint.account.months import MonthGap
from footprint.account.own_drawn import RULE as OWN_DRAWN_RULE
from footprint.account.own_drawn import (
    OwnDrawn,
    cells_drawn,
    is_barred,
    own_drawn,
    share_at_most,
    with_origins,
)
from footprint.account.possible import impossibilities
from footprint.account.returned import returned_above_entering
from footprint.account.service import SiteClosure, closed_site, ledger_behind
from footprint.account.site_ledger import read_site_ledger
from footprint.account.systems import compiled_of
from footprint.account.verdict import (
    CodedReason,
    drawn_reasons,
    reasons_against,
    unlike_the_plant,
)
from footprint.blocked import refuse_blocked
from footprint.evaluate import Nominal
from footprint.possible import RULE as POSSIBLE_RULE
from footprint.preparation import Prepared
from footprint.recompute import nominal_of
from lca_models.resolve import OWN

ACCOUNT_FAILED = "CLOSURE_NO_ACCOUNT"
# An estimate rests on no ledger of the site: it is shown as one and never certified.
NO_LEDGER = "CLOSURE_NOT_DRAWN_NO_LEDGER"
# Below this share of the account a gap is digits, and no line for people.
_LEAST_SHARE = Decimal("1E-12")


def checks_of(session: Session, prepared: Prepared, nominal: Nominal) -> dict[str, Any]:
    """Return the blocks `closure` and `possible` of a result document."""
    closure, site = _closure_block(session, prepared, nominal)
    returned: Iterable[CodedReason] = ()
    if site and closure["closed"]:  # one that does not close is not what the plant's steps took
        returned = returned_above_entering(nominal, site.ledger, site.products)
    return {"closure": closure, "possible": _possible_block(nominal, returned)}


def require_possible(session: Session, document: Mapping[str, Any]) -> None:
    """Refuse a stored result that today's rules find possible for no plant (PCF-POSSIBLE-001).

    One calculated before a rule was made does not say so itself. Raises Incomplete.
    """
    nominal = nominal_of(document)
    returned: Iterable[CodedReason] = ()
    closure = document.get("closure") or {}
    if closure.get("closed") and "account" in closure:
        ledger = read_site_ledger(session, ledger_behind(session, nominal))
        returned = returned_above_entering(nominal, ledger)
    refuse_blocked({"possible": _possible_block(nominal, returned)})


def _possible_block(nominal: Nominal, returned: Iterable[CodedReason]) -> dict[str, Any]:
    found = (*impossibilities(nominal, compiled_of(nominal)), *returned)
    return {"rule": POSSIBLE_RULE, "violations": reason_records(found)}


def _closure_block(
    session: Session, prepared: Prepared, nominal: Nominal
) -> tuple[dict[str, Any], SiteClosure | None]:
    """Return the closure as JSON types, and the site that it was drawn of, if any."""
    unlike = unlike_the_plant(prepared.study)
    if unlike:
        return _not_drawn(
            CodedReason("CLOSURE_NOT_AS_METERED", {"choices": ", ".join(unlike)})
        ), None
    if not any(pin.level == OWN for pin in nominal.pins):
        return {"rule": CLOSURE_RULE, "closed": None, "reasons": [], "not_drawn": NO_LEDGER}, None
    try:
        site = closed_site(session, prepared, nominal)
    except FootprintError as error:
        return _not_drawn(CodedReason(ACCOUNT_FAILED, {"reason": str(error)})), None
    closure = site.closure
    record = closure_record(closure, reasons_against(prepared.study, closure))
    drawn = _drawn(session, prepared, site)
    return record | {"own_drawn": drawn_record(drawn, closure.account.total)}, site


def _drawn(session: Session, prepared: Prepared, site: SiteClosure) -> tuple[OwnDrawn, ...]:
    """Return the own metal drawn from store; its origin is looked up where it could matter."""
    closure, ledger = site.closure, site.ledger
    whole = closure.account.total
    found = [
        replace(item, cells=cells_drawn(item, ledger)) for item in own_drawn(closure.lines, whole)
    ]
    if not is_barred(share_at_most(found, whole)):
        return tuple(found)
    file = session.get_one(LedgerFile, ledger.sha256)
    earlier = tuple(earlier_ledgers(session, file, prepared.study))
    return tuple(with_origins(item, ledger, earlier) for item in found)


def drawn_record(drawn: tuple[OwnDrawn, ...], account_kg_co2e: Decimal) -> dict[str, Any]:
    """Return own metal drawn from store as JSON types, and why no certificate may rest on it.

    `share` is by how much of the account the products may be too light. Rule: AL-STOCK-003.
    """
    share = share_at_most(drawn, account_kg_co2e)
    record: dict[str, Any] = plain(
        {
            "rule": OWN_DRAWN_RULE,
            "share": share,
            "reasons": reason_records(drawn_reasons(drawn, account_kg_co2e)),
            "flows": [
                {**asdict(item), "earlier": list(item.earlier), "cells": list(item.cells)}
                for item in drawn
            ],
        }
    )
    return record


def closure_record(closure: Closure, reasons: tuple[CodedReason, ...]) -> dict[str, Any]:
    """Return a closure as JSON types: account, lines, what is left, and where the roads part."""
    record: dict[str, Any] = plain(
        {
            "rule": CLOSURE_RULE,
            "unit": "kg CO2e",
            "closed": not reasons,
            "reasons": reason_records(reasons),
            "account": closure.account.total,
            "lines": [_line(line) for line in closure.lines],
            "residual": closure.residual,
            "parted": closure.parted,
            "open": [
                {"flow": item.flow, "kg_co2e": item.kg_co2e, "processes": list(item.processes)}
                for item in closure.open
                if closure.share(abs(item.kg_co2e)) > _LEAST_SHARE
            ],
            "left_out": _left_out(closure),
            "allowances": _allowances(closure),
            "departures": _departures(closure),
            "months": [_month(gap) for gap in closure.months],
            "sisters_not_calculated": list(closure.failed),
        }
    )
    return record


def account_record(account: Account) -> dict[str, Any]:
    """Return an account as JSON types: every line with its cells, and the sums."""
    record: dict[str, Any] = plain(
        {
            "unit": "kg CO2e",
            "total": account.total,
            "by_scope": account.sums_by("scope"),
            "by_flow": account.sums_by("flow"),
            "kg_by_gas": account.by_gas(),
            "lines": [
                {**asdict(line), "kg_gas": dict(line.kg_gas), "cells": list(line.cells)}
                for line in account.lines
            ],
            "missing": list(account.missing),
        }
    )
    return record


def _line(line: ClosureLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "flow": line.flow,
        "process": line.process,
        **({"product": line.product} if line.product else {}),
        "amount": line.amount,
        "kg_co2e": line.kg_co2e,
    }


def _month(gap: MonthGap) -> dict[str, Any]:
    """Return a month in which own metal was made and taken in different amounts, t."""
    names = ("flow", "process", "month", "made", "taken", "kept", "gap", "running", "share")
    code = {"product": gap.product} if gap.product else {}
    return {name: getattr(gap, name) for name in names} | {"within": not gap.held} | code


def _allowances(closure: Closure) -> dict[str, Any]:
    """Return the allowances used in all, and what typed amounts part from their meters by.

    The other parts stand among the lines.
    """
    return {
        "share": allowances_share(closure),
        "typed": [_line(line) | {"metered": line.moved} for line in closure.typed],
    }


def _departures(closure: Closure) -> dict[str, Any]:
    """Return what the result rests on that was doubted: effects where known, and the words."""
    names = ("rule", "process", "flow", "kg_co2e", "share")
    return {
        "share": lowered_share(closure.departures),
        "effects": [{name: getattr(item, name) for name in names} for item in closure.departures],
        "explained": [
            {
                "code": item.code,
                "cell": f"{item.sheet}!{item.cell.ref}",
                **item.scope._asdict(),
                "explanation": item.explanation,
            }
            for item in closure.explained
        ],
    }


def _left_out(closure: Closure) -> dict[str, Any]:
    """Return what no product carries: its share of the account, and each flow of it."""
    found = left_out_flows(closure)
    return {
        "share": left_out_share(closure),
        "flows": [
            {
                "kind": item.kind,
                "flow": item.flow,
                "process": item.process,
                "kg_co2e": item.kg_co2e,
                "share": item.share,
                **({"of_meter": item.of_meter} if item.of_meter else {}),
            }
            for item in found
        ],
    }


def reason_records(reasons: tuple[CodedReason, ...]) -> list[dict[str, Any]]:
    """Return reasons as JSON types: message code and parameters."""
    return [{"code": item.code, "params": dict(item.params)} for item in reasons]


def _not_drawn(reason: CodedReason) -> dict[str, Any]:
    return {"rule": CLOSURE_RULE, "closed": False, "reasons": reason_records((reason,))}
