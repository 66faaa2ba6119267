"""Balances over the whole period: mass over each step, links between steps, internal scrap, heat.

Sums run over the period: work in progress shifts single months, not a year. An open balance names
the month and row that most likely keep it open, and what that row explains is not reported again.
The aluminium balances of cast house and site stand in `metal`.
"""

from __future__ import annotations

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.balances.burnt import DECOATING, decoating_balance, melting_balance
from factor_db.ledger.balances.metal import DROSS, cast_house_balance, check_recovery
from factor_db.ledger.balances.site_metal import site_balance
from factor_db.ledger.form.faults import Findings, Scope, flow_label, process_label
from factor_db.ledger.form.limits import (
    BALANCE_TOLERANCE,
    MELTING_LEAST_MJ_PER_T,
    MJ_PER_KWH,
    MOST_CALORIFIC,
)
from factor_db.ledger.form.loops import LOOPS
from factor_db.ledger.form.vocabulary import CALORIFIC, vocabulary
from factor_db.ledger.months.balance_reports import Balance, percent, report_open, rounded_t
from factor_db.ledger.months.balance_terms import (
    DECOATED_CHARGE_MJ_PER_T,
    LINK_TOLERANCE,
    in_step_balance,
    mass_t,
    role_terms,
    step_terms,
    stock_terms,
)
from factor_db.ledger.months.likely_slips import Relation
from factor_db.ledger.months.magnitude import rounded
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.months.properties import fuel_mj
from factor_db.ledger.months.step_tolerances import TOLERANCES
from factor_db.ledger.products.checks import check_products
from factor_db.ledger.stock.movements import NO_STOCK, Stock

# The product of this step is the dross it treats; what comes out of the dross is no product.
_DROSS_KEYS: list[Key] = [("dross_recovery", "dross"), ("dross_recovery", "dross_treated")]
BOUGHT_AS_WELL = ("bauxite", "alumina", "anode")


def check_balances(month_index: MonthIndex, findings: Findings, stock: Stock = NO_STOCK) -> None:
    """Record every balance that does not close within its tolerance, each fault once."""
    found = all_balances(month_index, findings, stock)
    recovery = check_recovery(month_index, findings)
    dross = _dross_link(month_index)
    evidence = [dross] if dross is not None else []
    report_open(found, findings, evidence=evidence, site_explained=recovery)
    check_products(month_index, findings, stock)
    _check_melting_heat(month_index, findings)


def all_balances(
    month_index: MonthIndex, findings: Findings, stock: Stock = NO_STOCK
) -> list[Balance]:
    """Return every metal balance that can be drawn of a ledger, closed or open.

    Records a warning when an aluminium content is missing.
    """
    steps = [
        decoating_balance(month_index)
        if process == DECOATING
        else _step_balance(month_index, process)
        for process in TOLERANCES
        if month_index.runs(process)
    ]
    loops = [
        _loop_balance(month_index, flow, stock) for flow in LOOPS if month_index.runs("charging")
    ]
    cast_house = cast_house_balance(month_index, findings, stock)
    burnt = melting_balance(month_index) if month_index.runs("melting") else None
    links = [_link_balance(month_index, flow, stock) for flow in linked_flows(month_index)]
    site = site_balance(month_index, stock)
    return [item for item in (*steps, *loops, cast_house, burnt, *links, site) if item is not None]


def _mass_keys(month_index: MonthIndex, process: str) -> list[Key]:
    if process == "dross_recovery":
        return _DROSS_KEYS
    return [key for key in month_index.reported_keys(process) if in_step_balance(*key)]


def _step_balance(month_index: MonthIndex, process: str) -> Balance | None:
    """Compare the metal into a step with what leaves it; nothing in is as wrong as nothing out."""
    keys = _mass_keys(month_index, process)
    product = month_index.product_key(process)
    row = month_index.first_row(product)
    if row is None or not month_index.trusts(product, *keys):
        return None
    loss, gain = TOLERANCES[process]
    relation = Relation(tuple(step_terms(month_index, keys)), loss, gain)
    into, out = relation.sides()
    tolerance, larger = (loss, into) if into > out else (gain, out)
    share = EXACT.divide(into - out, larger) if larger else ZERO
    return Balance(
        code="LEDGER_MASS_BALANCE",
        kind="step",
        relation=relation,
        row=row,
        value=percent(share),
        params={
            "process": process_label(process),
            "into": rounded_t(into),
            "out": rounded_t(out),
            "open": rounded_t(abs(into - out)),
            "tolerance": percent(tolerance),
        },
    )


def _loop_balance(month_index: MonthIndex, flow: str, stock: Stock) -> Balance | None:
    """What the steps give back equals what the charge takes and what the stock grew by."""
    made_keys = [
        key
        for process in month_index.processes
        for key in month_index.reported_keys(process)
        if key[1] == flow and process != "charging"
    ]
    keys = [("charging", flow), *made_keys]
    row = month_index.first_row(keys[0]) or next(
        (month_index.first_row(key) for key in made_keys), None
    )
    if row is None or not month_index.trusts(*keys) or not stock.trusts(flow):
        return None
    made_rows = {
        key: [row for row in month_index.by_key.get(key, ()) if row.role == "internal"]
        for key in made_keys
    }
    change = stock.kept_back(flow)
    relation = Relation(
        (
            *(term for key, rows in made_rows.items() for term in role_terms(key, 1, rows)),
            *role_terms(keys[0], -1, month_index.by_key.get(keys[0], ())),
            *stock_terms(flow, change),
        ),
        BALANCE_TOLERANCE,
        BALANCE_TOLERANCE,
    )
    made, out = relation.sides()
    kept = sum(change.values(), ZERO)
    return Balance(
        code="LEDGER_LOOP_BALANCE",
        kind="loop",
        relation=relation,
        row=row,
        value=rounded_t(out - made),
        params={
            "flow": flow_label(flow),
            "made": rounded_t(made + min(kept, ZERO)),
            "charged": rounded_t(out - max(kept, ZERO)),
            "stock": rounded_t(kept),
            "tolerance": percent(BALANCE_TOLERANCE),
        },
    )


def linked_flows(month_index: MonthIndex) -> list[str]:
    """Return the intermediates that one running step makes and another one uses, in file order.

    Bauxite, alumina and anodes of the primary chain are bought as well as made, so they are left
    out; liquid metal is not.
    """
    makers = {
        vocabulary().processes[process].product: process
        for process in month_index.processes
        if vocabulary().processes[process].product not in BOUGHT_AS_WELL
    }
    return [
        flow
        for flow, maker in makers.items()
        if vocabulary().flows[flow].category == "intermediate"
        and mass_t(flow, ZERO) is not None
        and any(process != maker for process, _ in _users(month_index, flow))
    ]


def _users(month_index: MonthIndex, flow: str) -> list[Key]:
    """Return where a flow goes in, or should: a missing row must not look like an unused flow."""
    return [
        (process, flow)
        for process in month_index.processes
        if vocabulary().expected_role(process, flow) == "input"
        or any(row.role == "input" for row in month_index.by_key.get((process, flow), ()))
    ]


def _dross_link(month_index: MonthIndex) -> Relation | None:
    """Compare dross made and treated: evidence on who is wrong; some may be sold, so no balance."""
    made, treated = month_index.by_key.get(DROSS, ()), month_index.by_key.get(_DROSS_KEYS[0], ())
    if not made or not treated:
        return None
    terms = (*role_terms(DROSS, 1, made), *role_terms(_DROSS_KEYS[0], -1, treated))
    return Relation(terms, LINK_TOLERANCE, LINK_TOLERANCE)


def _link_balance(month_index: MonthIndex, flow: str, stock: Stock) -> Balance | None:
    """What one step makes of an intermediate the others use, sell, or leave in stock."""
    makers = [p for p in month_index.processes if vocabulary().processes[p].product == flow]
    users = _users(month_index, flow)
    keys = list(dict.fromkeys([*((maker, flow) for maker in makers), *users]))
    row = next((found for key in keys if (found := month_index.first_row(key))), None)
    if row is None or not month_index.trusts(*keys) or not stock.trusts(flow):
        return None
    terms, sold = [], ZERO
    for key in keys:
        rows = month_index.by_key.get(key, ())
        made = [row for row in rows if row.role == "product"]
        used = [row for row in rows if row.role == "input"]
        # Metal sold is made beside the product, so it stands on both sides and cancels.
        sold += sum((row.amount_canonical for row in rows if row.role == "co-product"), ZERO)
        terms += [*role_terms(key, 1, made), *role_terms(key, -1, used)]
    change = stock.kept_back(flow)
    kept = sum(change.values(), ZERO)
    relation = Relation((*terms, *stock_terms(flow, change)), LINK_TOLERANCE, LINK_TOLERANCE)
    into, out = relation.sides()
    return Balance(
        code="LEDGER_LINK_BALANCE",
        kind="link",
        relation=relation,
        row=row,
        value=rounded_t(into - out),
        explained=month_index.noted(*keys),
        scope=Scope(flow=flow),
        params={
            "flow": flow_label(flow),
            "made": rounded_t(into + min(kept, ZERO) + sold),
            "used": rounded_t(out - max(kept, ZERO)),
            "sold": rounded_t(sold),
            "stock": rounded_t(kept),
            "open": rounded_t(abs(into - out)),
            "tolerance": percent(LINK_TOLERANCE),
        },
    )


def _check_melting_heat(month_index: MonthIndex, findings: Findings) -> None:
    """Cold metal cannot be melted with less heat than it takes up.

    Liquid metal is not counted, nor metal from the rotary furnace, which is charged liquid where
    it can be; scrap straight from de-coating brings the heat of its kiln. Rule: AL-MELT-001, -002.
    """
    fuels = [("melting", fuel) for fuel in MOST_CALORIFIC]
    electricity, charge = ("melting", "electricity"), ("melting", "charge_metal")
    liquid = [("charging", "primary_liquid"), ("charging", "recovered_metal")]
    warm = ("charging", "prepared_scrap")
    if not month_index.runs("melting"):
        return
    if not month_index.trusts(*fuels, electricity, charge, *liquid, warm):
        return
    if {f"{fuel}.{CALORIFIC}" for fuel in MOST_CALORIFIC} & month_index.faulty_properties:
        return
    cold = month_index.total(*charge) - sum((month_index.total(*key) for key in liquid), ZERO)
    row = next((r for key in (*fuels, electricity) if (r := month_index.first_row(key))), None)
    if cold <= 0 or row is None:
        return
    heat = month_index.total(*electricity) * MJ_PER_KWH
    for process, fuel in fuels:
        heat += fuel_mj(month_index, process, fuel, MOST_CALORIFIC[fuel]) or ZERO
    if month_index.runs("scrap_decoating"):
        heat += month_index.total(*warm) * DECOATED_CHARGE_MJ_PER_T
    ratio = EXACT.divide(heat, cold)
    if ratio < MELTING_LEAST_MJ_PER_T:
        findings.error(
            "LEDGER_MELTING_ENERGY",
            row.sheet,
            row.cells["amount"],
            row.amount,
            ratio=rounded(ratio),
            least=decimal_text(MELTING_LEAST_MJ_PER_T),
        )
