"""The allocation axis of the lab: a site's own factors, derived anew in memory for each method.

Allocation acts where factors are derived, not in the models. So each method gets own factors of
its own, from the ledger the published ones stand on; nothing of it is stored. The method the
published factors were derived with keeps them, so that the study's own row is what `calculate`
says. Rule: DER-ALLOC-002.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from factor_db.factors.derive.derivation import derive_factors
from factor_db.factors.derive.outputs import process_rows
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES
from factor_db.factors.record.factor import Factor, product_key
from factor_db.foundation.errors import FootprintError
from factor_db.ledger.frozen.corrections import effective_rows
from factor_db.store.tables import LedgerFile
from footprint.solving.evaluate import Pinner
from footprint.solving.preparation import Prepared
from footprint.study.offered_choices import ALLOCATION, offered_values, value_taken
from lca_models.catalogue import product_system
from lca_models.system.resolve import Resolver

NO_CO_PRODUCT, CORRECTED_SINCE = "LAB_NO_CO_PRODUCT", "LAB_CORRECTED_SINCE"


@dataclass(frozen=True, slots=True)
class AllocationAxis:
    """The allocations to try: value → how slots are filled under it, or why they cannot be.

    `taken` is the study's value: the method its own factors were derived with, if there was one.
    `note` is the code of a message, empty when there is nothing to say.
    """

    taken: str
    pinners: Mapping[str, Pinner | FootprintError]
    note: str = ""


def allocation_axis(session: Session, prepared: Prepared) -> AllocationAxis:
    """Return the allocations of a prepared study; without co-products there is only its own."""
    own = [factor for factor in prepared.own if _of_period(factor, prepared)]
    files = {factor.source.file_sha256 for factor in own}
    ledgers = [found for sha in sorted(files) if (found := session.get(LedgerFile, sha))]
    taken = _method_of(own) or value_taken(prepared.study, ALLOCATION)
    if len(ledgers) != 1 or not _shares_out(session, ledgers[0], prepared):
        return AllocationAxis(taken, {taken: prepared.resolver.pin}, NO_CO_PRODUCT)
    offered = offered_values(prepared.study.product, ALLOCATION)
    values = dict.fromkeys((*offered, *ALLOCATION_NAMES))
    derived = {value: _derived(session, ledgers[0], value, own) for value in values}
    at_study = derived.get(taken)
    agrees = isinstance(at_study, list) and _values(at_study) == _values(own)
    pinners = {value: _pinner(prepared, found) for value, found in derived.items()}
    pinners[taken] = prepared.resolver.pin
    return AllocationAxis(taken, pinners, "" if agrees else CORRECTED_SINCE)


def _of_period(factor: Factor, prepared: Prepared) -> bool:
    period = (factor.period_start, factor.period_end)
    return period == (prepared.where.period_start, prepared.where.period_end)


def _method_of(own: list[Factor]) -> str:
    methods = {
        factor.derivation.allocation.method
        for factor in own
        if factor.derivation and factor.derivation.allocation
    }
    return min(methods, default="")


def _shares_out(session: Session, file: LedgerFile, prepared: Prepared) -> bool:
    """Tell whether a step of the product's own making has a co-product in the ledger."""
    system = product_system(prepared.study.product, prepared.study.choices)
    steps = {process.code for process in system.processes if process.own}
    return any(
        process.code in steps and process.products and process.co_products
        for process in process_rows(effective_rows(session, file).rows)
    )


def _derived(
    session: Session, file: LedgerFile, value: str, own: list[Factor]
) -> list[Factor] | FootprintError:
    """Return the factors under an allocation, of the published ones only: the rest stays equal."""
    published = {(factor.slot_key, product_key(factor.product)) for factor in own}
    try:
        found = derive_factors(session, file, value if value in ALLOCATION_NAMES else None)
    except FootprintError as error:
        return error
    return [item for item in found if (item.slot_key, product_key(item.product)) in published]


def _pinner(prepared: Prepared, derived: list[Factor] | FootprintError) -> Pinner | FootprintError:
    if isinstance(derived, FootprintError):
        return derived
    others = [factor for factor in prepared.own if not _of_period(factor, prepared)]
    factors = [*prepared.release.factors, *others, *derived]
    return Resolver(factors, prepared.where, prepared.study.overrides).pin


def _values(factors: list[Factor]) -> set[tuple[str, str, Decimal]]:
    return {(factor.slot_key, product_key(factor.product), factor.value) for factor in factors}
