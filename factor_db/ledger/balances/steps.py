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
from factor_db.ledger.months.picture import ZERO, Key, Picture
from factor_db.ledger.months.properties import fuel_mj
from factor_db.ledger.months.step_tolerances import TOLERANCES
from factor_db.ledger.products.checks import check_products
from factor_db.ledger.stock.movements import NO_STOCK, Stock

# The product of this step is the dross it treats; what comes out of the dross is no product.
_DROSS_KEYS: list[Key] = [("dross_recovery", "dross"), ("dross_recovery", "dross_treated")]
BOUGHT_AS_WELL = ("bauxite", "alumina", "anode")


def check_balances(picture: Picture, findings: Findings, stock: Stock = NO_STOCK) -> None:
    """Record every balance that does not close within its tolerance, each fault once."""
    found = all_balances(picture, findings, stock)
    recovery = check_recovery(picture, findings)
    dross = _dross_link(picture)
    evidence = [dross] if dross is not None else []
    report_open(found, findings, evidence=evidence, site_explained=recovery)
    check_products(picture, findings, stock)
    _check_melting_heat(picture, findings)


def all_balances(picture: Picture, findings: Findings, stock: Stock = NO_STOCK) -> list[Balance]:
    """Return every metal balance that can be drawn of a ledger, closed or open.

    Records a warning when an aluminium content is missing.
    """
    steps = [
        decoating_balance(picture) if process == DECOATING else _step_balance(picture, process)
        for process in TOLERANCES
        if picture.runs(process)
    ]
    loops = [_loop_balance(picture, flow, stock) for flow in LOOPS if picture.runs("charging")]
    cast_house = cast_house_balance(picture, findings, stock)
    burnt = melting_balance(picture) if picture.runs("melting") else None
    links = [_link_balance(picture, flow, stock) for flow in linked_flows(picture)]
    site = site_balance(picture, stock)
    return [item for item in (*steps, *loops, cast_house, burnt, *links, site) if item is not None]


def _mass_keys(picture: Picture, process: str) -> list[Key]:
    if process == "dross_recovery":
        return _DROSS_KEYS
    return [key for key in picture.reported_keys(process) if in_step_balance(*key)]


def _step_balance(picture: Picture, process: str) -> Balance | None:
    """Compare the metal into a step with what leaves it; nothing in is as wrong as nothing out."""
    keys = _mass_keys(picture, process)
    product = picture.product_key(process)
    row = picture.first_row(product)
    if row is None or not picture.trusts(product, *keys):
        return None
    loss, gain = TOLERANCES[process]
    relation = Relation(tuple(step_terms(picture, keys)), loss, gain)
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


def _loop_balance(picture: Picture, flow: str, stock: Stock) -> Balance | None:
    """What the steps give back equals what the charge takes and what the stock grew by."""
    made_keys = [
        key
        for process in picture.processes
        for key in picture.reported_keys(process)
        if key[1] == flow and process != "charging"
    ]
    keys = [("charging", flow), *made_keys]
    row = picture.first_row(keys[0]) or next((picture.first_row(key) for key in made_keys), None)
    if row is None or not picture.trusts(*keys) or not stock.trusts(flow):
        return None
    made_rows = {
        key: [row for row in picture.by_key.get(key, ()) if row.role == "internal"]
        for key in made_keys
    }
    change = stock.kept_back(flow)
    relation = Relation(
        (
            *(term for key, rows in made_rows.items() for term in role_terms(key, 1, rows)),
            *role_terms(keys[0], -1, picture.by_key.get(keys[0], ())),
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


def linked_flows(picture: Picture) -> list[str]:
    """Return the intermediates that one running step makes and another one uses, in file order.

    Bauxite, alumina and anodes of the primary chain are bought as well as made, so they are left
    out; liquid metal is not.
    """
    makers = {
        vocabulary().processes[process].product: process
        for process in picture.processes
        if vocabulary().processes[process].product not in BOUGHT_AS_WELL
    }
    return [
        flow
        for flow, maker in makers.items()
        if vocabulary().flows[flow].category == "intermediate"
        and mass_t(flow, ZERO) is not None
        and any(process != maker for process, _ in _users(picture, flow))
    ]


def _users(picture: Picture, flow: str) -> list[Key]:
    """Return where a flow goes in, or should: a missing row must not look like an unused flow."""
    return [
        (process, flow)
        for process in picture.processes
        if vocabulary().expected_role(process, flow) == "input"
        or any(row.role == "input" for row in picture.by_key.get((process, flow), ()))
    ]


def _dross_link(picture: Picture) -> Relation | None:
    """Compare dross made and treated: evidence on who is wrong; some may be sold, so no balance."""
    made, treated = picture.by_key.get(DROSS, ()), picture.by_key.get(_DROSS_KEYS[0], ())
    if not made or not treated:
        return None
    terms = (*role_terms(DROSS, 1, made), *role_terms(_DROSS_KEYS[0], -1, treated))
    return Relation(terms, LINK_TOLERANCE, LINK_TOLERANCE)


def _link_balance(picture: Picture, flow: str, stock: Stock) -> Balance | None:
    """What one step makes of an intermediate the others use, sell, or leave in stock."""
    makers = [p for p in picture.processes if vocabulary().processes[p].product == flow]
    users = _users(picture, flow)
    keys = list(dict.fromkeys([*((maker, flow) for maker in makers), *users]))
    row = next((found for key in keys if (found := picture.first_row(key))), None)
    if row is None or not picture.trusts(*keys) or not stock.trusts(flow):
        return None
    terms, sold = [], ZERO
    for key in keys:
        rows = picture.by_key.get(key, ())
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
        explained=picture.noted(*keys),
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


def _check_melting_heat(picture: Picture, findings: Findings) -> None:
    """Cold metal cannot be melted with less heat than it takes up.

    Liquid metal is not counted, nor metal from the rotary furnace, which is charged liquid where
    it can be; scrap straight from de-coating brings the heat of its kiln. Rule: AL-MELT-001, -002.
    """
    fuels = [("melting", fuel) for fuel in MOST_CALORIFIC]
    electricity, charge = ("melting", "electricity"), ("melting", "charge_metal")
    liquid = [("charging", "primary_liquid"), ("charging", "recovered_metal")]
    warm = ("charging", "prepared_scrap")
    if not picture.runs("melting"):
        return
    if not picture.trusts(*fuels, electricity, charge, *liquid, warm):
        return
    if {f"{fuel}.{CALORIFIC}" for fuel in MOST_CALORIFIC} & picture.faulty_properties:
        return
    cold = picture.total(*charge) - sum((picture.total(*key) for key in liquid), ZERO)
    row = next((r for key in (*fuels, electricity) if (r := picture.first_row(key))), None)
    if cold <= 0 or row is None:
        return
    heat = picture.total(*electricity) * MJ_PER_KWH
    for process, fuel in fuels:
        heat += fuel_mj(picture, process, fuel, MOST_CALORIFIC[fuel]) or ZERO
    if picture.runs("scrap_decoating"):
        heat += picture.total(*warm) * DECOATED_CHARGE_MJ_PER_T
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
