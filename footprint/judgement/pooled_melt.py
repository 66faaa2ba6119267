"""The melt of unlike charges that a result shares with other outputs: what of it stands in words.

The value of each of them is the mean of the pool, and so it says. Beside other goods the ledger
has to say that all is cast of one and the same melt; where it does not, no certificate is issued.
With it stands by how much the product would be higher had it been made of the dearest of the
charge, as far as that reaches: whoever reads the value knows what the mean may hide. AL-POOL-001.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from sqlmodel import Session

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.products.pooled_melt import CHARGE, POOLED, RULE, PooledMelt, pooled_melts
from factor_db.store.tables import LedgerEntry
from footprint.account.gate import Account, worth_per_unit
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, cells_of, read_site_ledger, tonnes
from footprint.closure.service import SiteClosure, ledger_behind
from footprint.closure.systems import SiteProducts, compiled_of
from footprint.figures.recompute import nominal_of
from footprint.judgement.verdict import listed_cells
from footprint.result.checks import PooledMeltRecord, PooledOutput
from footprint.result.document import ResultDocument
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.solving.solve import solve_exactly

UNTOLD, UNSTATED = "CLOSURE_MELT_POOLED", "CERTIFICATE_MELT_POOLED"
_SHOWN_DIGITS = Decimal("0.01")


def pooled_record(site: SiteClosure, nominal: Nominal) -> PooledMeltRecord | None:
    """Return the pool behind a result with its worst case; None where it shares no such melt."""
    pool = pool_of(site.ledger, nominal)
    if pool is None:
        return None
    higher = _higher_at_most(pool, site.ledger, site.closure.account, site.products, nominal)
    explained = is_explained(site.ledger) or not pool.is_of_several_goods
    return PooledMeltRecord(
        rule=RULE,
        primary=pool.share("primary"),
        remelted=pool.share("remelted"),
        alloying=pool.share("alloying"),
        outputs=tuple(
            PooledOutput(flow=flow, product=code, amount=amount)
            for (flow, code), amount in sorted(pool.outputs.items())
        ),
        higher_at_most=higher,
        reasons=() if explained else (_reason(pool, higher),),
        cells=cells_of(pool.rows),
    )


def require_pool_told(session: Session, document: ResultDocument) -> None:
    """Refuse a stored result of before this was asked whose melt is such a pool.

    Raises BadInput; today's results say it themselves (`blocked`).
    """
    closure = document.closure
    if closure is None or closure.account is None or closure.pooled_melt is not None:
        return
    nominal = nominal_of(document)
    pool = pool_of(read_site_ledger(session, ledger_behind(session, nominal)), nominal)
    if pool is not None:
        raise BadInput(UNSTATED, outputs=", ".join(pool.named))


def pool_of(ledger: SiteLedger, nominal: Nominal) -> PooledMelt[LedgerEntry] | None:
    """Return the pool of unlike charges that a result's product is one output of, if any.

    A result of all its codes takes all codes of the melt shop, too: it is a mean only where other
    products share them.
    """
    flow = vocabulary().processes[nominal.system.final].product
    code = product_key(nominal.study.product_code)
    for pool in pooled_melts(ledger.rows, by_code=bool(code)):
        codes = {made for output, made in pool.outputs if output == flow}
        shared = code or {output for output, _ in pool.outputs} != {flow}
        if codes and shared and (not code or code in codes or codes == {""}):
            return pool
    return None


def is_explained(ledger: SiteLedger) -> bool:
    """Tell whether a ledger says that all is cast of one and the same melt."""
    return any(item.code == POOLED for item in ledger.exceptions)


def _reason(pool: PooledMelt[LedgerEntry], higher: Decimal) -> CodedText:
    percent = (higher * 100).quantize(_SHOWN_DIGITS)
    params = {"outputs": ", ".join(pool.named), "higher": decimal_text(percent)}
    return CodedText(UNTOLD, params | {"cells": listed_cells(cells_of(pool.rows))})


def _higher_at_most(
    pool: PooledMelt[LedgerEntry],
    ledger: SiteLedger,
    account: Account,
    products: SiteProducts,
    nominal: Nominal,
) -> Decimal:
    """Return by what share a result would be higher were its melt the dearest, as far as it goes.

    The product's part of the charge, by its own runs, is filled from the dearest metal downward.
    """
    process, code = nominal.system.final, product_key(nominal.study.product_code)
    rows = ledger.rows_of(process, role="product")
    made = tonnes(row for row in rows if product_key(row.product) == code) or tonnes(rows)
    with localcontext(EXACT):
        carried = made * nominal.total * conversion("t", "kg")
        whole = tonnes(pool.rows)
        lots = [
            (_worth(ledger, account, products, flow), _charged(pool, flow))
            for flow in sorted({row.flow for row in pool.rows})
        ]
        ours = min(ONE, _charged_per_tonne(nominal) * made / _pooled_charge(ledger, pool)) * whole
        mean = sum((worth * amount for worth, amount in lots), ZERO) / whole
        more = _dearest(lots, ours) - mean * ours
        return max(ZERO, more) / carried if carried > 0 else ZERO


def _charged(pool: PooledMelt[LedgerEntry], flow: str) -> Decimal:
    return tonnes(row for row in pool.rows if row.flow == flow)


def _dearest(lots: list[tuple[Decimal, Decimal]], amount: Decimal) -> Decimal:
    """Return what an amount carries at most: (worth, t) taken from the dearest downward."""
    left, kilograms = amount, ZERO
    for worth, there in sorted(lots, reverse=True):
        taken = min(left, there)
        kilograms += worth * taken
        left -= taken
    return kilograms


def _worth(ledger: SiteLedger, account: Account, products: SiteProducts, flow: str) -> Decimal:
    """Return kg CO2e per t of what was charged, bought or prepared here."""
    if flow in ledger.made_here:
        return products.kg_co2e_per_t(ledger.made_here[flow])
    return worth_per_unit(ledger, account, CHARGE, flow)


def _charged_per_tonne(nominal: Nominal) -> Decimal:
    """Return t of charge behind a tonne of a result, scrap that goes round included."""
    system = compiled_of(nominal)
    demand = [Decimal(process == nominal.system.final) for process in system.processes]
    runs = dict(zip(system.processes, solve_exactly(system, demand), strict=True))
    return runs.get(CHARGE, ZERO)


def _pooled_charge(ledger: SiteLedger, pool: PooledMelt[LedgerEntry]) -> Decimal:
    """Return t of charge metal that the pool gave; all of it where no code tells pools apart."""
    rows = ledger.rows_of(CHARGE, role="product")
    codes = {product_key(row.product) for row in pool.rows}
    return tonnes(row for row in rows if product_key(row.product) in codes) or tonnes(rows)
