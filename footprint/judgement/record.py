"""The closure of a result as its document carries it: plain JSON, decimals as text, kg CO2e.

Two blocks: `closure`, the account against the products, and `possible`, what no plant could have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sqlmodel import Session

from factor_db.foundation.canonical import exact_sum
from factor_db.foundation.errors import FootprintError
from factor_db.store.tables import LedgerFile
from footprint.account import CLOSURE_RULE
from footprint.account.gate import Account
from footprint.account.possible_terms import RULE as POSSIBLE_RULE
from footprint.account.site_ledger import read_site_ledger
from footprint.closure.allowances import allowances_share
from footprint.closure.departures import lowered_share
from footprint.closure.left_out import left_out_flows, left_out_share
from footprint.closure.lines import Closure
from footprint.closure.own_drawn import RULE as OWN_DRAWN_RULE
from footprint.closure.own_drawn import (
    OwnDrawn,
    cells_drawn,
    is_barred,
    own_drawn,
    share_at_most,
    with_origins,
)
from footprint.closure.service import SiteClosure, closed_site, ledger_behind
from footprint.closure.systems import compiled_of
from footprint.figures.blocked import impossible_reasons
from footprint.figures.recompute import nominal_of
from footprint.judgement.earlier import earlier_ledgers
from footprint.judgement.pooled_melt import pooled_record
from footprint.judgement.possible import impossibilities
from footprint.judgement.returned import returned_above_entering
from footprint.judgement.verdict import drawn_reasons, reasons_against, unlike_the_plant
from footprint.result.account import AccountRecord, GateLineRecord
from footprint.result.checks import (
    Allowances,
    ClosureLineRecord,
    ClosureRecord,
    DepartureEffect,
    Departures,
    DrawnFlow,
    Explained,
    LeftOut,
    LeftOutFlow,
    MonthRecord,
    OpenFlow,
    OwnDrawnRecord,
    Possible,
    SoldMetal,
    TypedLine,
)
from footprint.result.document import ResultDocument
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.solving.preparation import Prepared
from lca_models.system.resolve import OWN

ACCOUNT_FAILED = "CLOSURE_NO_ACCOUNT"
# An estimate rests on no ledger of the site: it is shown as one and never certified.
NO_LEDGER = "CLOSURE_NOT_DRAWN_NO_LEDGER"
# Below this share of the account a gap is digits, and no line for people.
_LEAST_SHARE = Decimal("1E-12")


def checks_of(
    session: Session, prepared: Prepared, nominal: Nominal
) -> tuple[ClosureRecord, Possible]:
    """Return a result's closure, and what of it no plant could have."""
    closure, site = _closure(session, prepared, nominal)
    returned: Iterable[CodedText] = ()
    if site and closure.closed:  # one that does not close is not what the plant's steps took
        returned = returned_above_entering(nominal, site.ledger, site.products)
    return closure, _possible(nominal, returned)


def require_possible(session: Session, document: ResultDocument) -> None:
    """Refuse a stored result that today's rules find possible for no plant (PCF-POSSIBLE-001).

    One calculated before a rule was made does not say so itself. Raises Incomplete.
    """
    nominal = nominal_of(document)
    returned: Iterable[CodedText] = ()
    closure = document.closure
    if closure and closure.closed and closure.account is not None:
        ledger = read_site_ledger(session, ledger_behind(session, nominal))
        returned = returned_above_entering(nominal, ledger)
    for reason in impossible_reasons(_possible(nominal, returned).violations):
        raise reason.error()


def _possible(nominal: Nominal, returned: Iterable[CodedText]) -> Possible:
    found = (*impossibilities(nominal, compiled_of(nominal)), *returned)
    return Possible(rule=POSSIBLE_RULE, violations=found)


def _closure(
    session: Session, prepared: Prepared, nominal: Nominal
) -> tuple[ClosureRecord, SiteClosure | None]:
    """Return the closure, and the site that it was drawn of, if any."""
    unlike = unlike_the_plant(prepared.study)
    if unlike:
        return _not_drawn(CodedText("CLOSURE_NOT_AS_METERED", {"choices": ", ".join(unlike)})), None
    if not any(pin.level == OWN for pin in nominal.pins):
        return ClosureRecord(rule=CLOSURE_RULE, closed=None, reasons=(), not_drawn=NO_LEDGER), None
    try:
        site = closed_site(session, prepared, nominal)
    except FootprintError as error:
        return _not_drawn(CodedText(ACCOUNT_FAILED, {"reason": str(error)})), None
    closure = site.closure
    record = closure_record(closure, reasons_against(prepared.study, closure))
    drawn = drawn_record(_drawn(session, prepared, site), closure.account.total)
    pooled = pooled_record(site, nominal)
    return record.model_copy(update={"own_drawn": drawn, "pooled_melt": pooled}), site


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


def drawn_record(drawn: tuple[OwnDrawn, ...], account_kg_co2e: Decimal) -> OwnDrawnRecord:
    """Return own metal drawn from store, and why no certificate may rest on it.

    Rule: AL-STOCK-003.
    """
    return OwnDrawnRecord(
        rule=OWN_DRAWN_RULE,
        share=share_at_most(drawn, account_kg_co2e),
        reasons=drawn_reasons(drawn, account_kg_co2e),
        flows=tuple(map(DrawnFlow.of, drawn)),
    )


def closure_record(closure: Closure, reasons: tuple[CodedText, ...]) -> ClosureRecord:
    """Return a closure as results carry it: account, lines, what is left, where the roads part."""
    return ClosureRecord(
        rule=CLOSURE_RULE,
        unit="kg CO2e",
        closed=not reasons,
        reasons=reasons,
        account=closure.account.total,
        lines=tuple(map(ClosureLineRecord.of, closure.lines)),
        residual=closure.residual,
        parted=closure.parted,
        open=tuple(
            OpenFlow(flow=item.flow, kg_co2e=item.kg_co2e, processes=item.processes)
            for item in closure.open
            if closure.share(abs(item.kg_co2e)) > _LEAST_SHARE
        ),
        left_out=_left_out(closure),
        allowances=_allowances(closure),
        departures=_departures(closure),
        months=tuple(MonthRecord.of(gap, within=not gap.held) for gap in closure.months),
        sisters_not_calculated=closure.failed,
        sold_metal=_sold_metal(closure),
    )


def account_record(account: Account) -> AccountRecord:
    """Return an account as it is written: every line with its cells, and the sums."""
    return AccountRecord(
        unit="kg CO2e",
        total=account.total,
        by_scope=account.sums_by("scope"),
        by_flow=account.sums_by("flow"),
        kg_by_gas=account.by_gas(),
        lines=tuple(GateLineRecord.of(line, kg_gas=dict(line.kg_gas)) for line in account.lines),
        missing=account.missing,
    )


def _sold_metal(closure: Closure) -> SoldMetal | None:
    """Return what co-products of the same metal carry; None where a site sold none."""
    if not closure.sold_metal:
        return None
    kg = exact_sum(line.kg_co2e for line in closure.sold_metal)
    return SoldMetal(
        share=closure.share(kg), flows=tuple(map(ClosureLineRecord.of, closure.sold_metal))
    )


def _allowances(closure: Closure) -> Allowances:
    """Return the allowances used in all, and what typed amounts part from their meters by.

    The other parts stand among the lines.
    """
    typed = tuple(TypedLine.of(line, metered=line.moved) for line in closure.typed)
    return Allowances(share=allowances_share(closure), typed=typed)


def _departures(closure: Closure) -> Departures:
    """Return what the result rests on that was doubted: effects where known, and the words."""
    return Departures(
        share=lowered_share(closure.departures),
        effects=tuple(map(DepartureEffect.of, closure.departures)),
        explained=tuple(
            Explained(
                code=item.code,
                cell=f"{item.sheet}!{item.cell.ref}",
                **item.scope._asdict(),
                explanation=item.explanation,
            )
            for item in closure.explained
        ),
    )


def _left_out(closure: Closure) -> LeftOut:
    """Return what no product carries: its share of the account, and each flow of it."""
    flows = tuple(
        LeftOutFlow.of(item, of_meter=item.of_meter or None) for item in left_out_flows(closure)
    )
    return LeftOut(share=left_out_share(closure), flows=flows)


def _not_drawn(reason: CodedText) -> ClosureRecord:
    return ClosureRecord(rule=CLOSURE_RULE, closed=False, reasons=(reason,))
