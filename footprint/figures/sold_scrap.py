"""What a seller states of the scrap it sells, and its buyer must take up: kg CO2e per t of scrap.

Under `pre-consumer-mass` a tonne of scrap carries the footprint of a tonne of the metal entering
its step, under `co-product` that of a tonne of the step's product (rules PCF-SCRAP-PRECONSUMER,
PCF-SCRAP-COPRODUCT). Under every other rule scrap sold carries nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, localcontext

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.vocabulary import SOLD_SCRAP
from footprint.result.tables import SoldScrap
from footprint.solving.evaluate import ROW_QUANTUM, Nominal
from footprint.solving.solve import solve_for_one
from lca_models.system.compile import DECIMAL_ARITHMETIC, compile_system
from lca_models.system.unit_process import ProductSystem, UnitProcess

GasesBySlot = dict[str, dict[str, Decimal]]


def sold_scrap_of(nominal: Nominal) -> tuple[SoldScrap, ...]:
    """Return a line for each step that sells scrap: kg CO2e per t of scrap.

    Empty under a rule by which scrap sold carries nothing, and where no scrap is sold.
    """
    carried = {process.code: process for process in nominal.system.scrap}
    if not carried:
        return ()
    selling = {row.process for row in nominal.flows if row.flow == SOLD_SCRAP and row.amount}
    with localcontext(EXACT):
        cut_off: GasesBySlot = {item.slot: {} for item in nominal.cut_off}
        gases = {**cut_off, **nominal.gases()}
        amounts, gwp = nominal.amounts(), characterisation(nominal.study.gwp_set)
        lines = []
        for code in sorted(selling):
            scrap = replace(carried[code], code=SOLD_SCRAP)
            footprint = _footprint(_ending_in(nominal.system, scrap), amounts, gases, gwp)
            per_tonne = footprint.quantize(ROW_QUANTUM)
            lines.append(SoldScrap(process=code, kg_co2e_per_t=per_tonne))
        return tuple(lines)


def _ending_in(system: ProductSystem, scrap: UnitProcess) -> ProductSystem:
    """Return the system with scrap as its product, made of what a tonne of it carries."""
    return replace(system, processes=(*system.processes, scrap), final=scrap.code)


def _footprint(
    system: ProductSystem,
    amounts: Mapping[str, Decimal],
    gases: Mapping[str, Mapping[str, Decimal]],
    gwp: Mapping[str, Decimal],
) -> Decimal:
    """Return kg CO2e per tonne of a system's product, all that leads to it included."""
    compiled = compile_system(system, amounts, gases, DECIMAL_ARITHMETIC)
    run = solve_for_one(compiled)
    return sum(
        (
            run[burden.process_index] * kilograms * gwp[gas]
            for burden in compiled.burdens
            for gas, kilograms in burden.gases.items()
        ),
        Decimal(0),
    )
