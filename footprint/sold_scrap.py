"""What a seller states of scrap sold under the co-product rule, and its buyer must take up.

Product and scrap of one step are the same metal, so a tonne of either carries the footprint of that
step's product (rule PCF-SCRAP-COPRODUCT). Under every other rule both sides know the figure: none,
or that of primary ingot.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from factor_db.factors.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.vocabulary import SOLD_SCRAP
from footprint.evaluate import ROW_QUANTUM, Nominal
from footprint.solve import solve_exactly
from lca_models.compile import DECIMAL_ARITHMETIC, CompiledSystem, compile_system

GasesBySlot = dict[str, dict[str, Decimal]]


def sold_scrap_of(nominal: Nominal) -> list[dict[str, Any]]:
    """Return a line for each step that sells scrap: kg CO2e per t of scrap.

    Empty under any rule but `co-product`, and where no scrap is sold.
    """
    if nominal.study.choices.scrap_rule != "co-product":
        return []
    selling = {row.process for row in nominal.flows if row.flow == SOLD_SCRAP and row.amount}
    with localcontext(EXACT):
        cut_off: GasesBySlot = {item["slot"]: {} for item in nominal.cut_off}
        gases = {**cut_off, **nominal.gases()}
        compiled = compile_system(nominal.system, nominal.amounts(), gases, DECIMAL_ARITHMETIC)
        gwp = characterisation(nominal.study.gwp_set)
        return [
            {
                "process": process,
                "kg_co2e_per_t": _footprint(compiled, process, gwp).quantize(ROW_QUANTUM),
            }
            for process in sorted(selling)
        ]


def _footprint(compiled: CompiledSystem, process: str, gwp: Mapping[str, Decimal]) -> Decimal:
    """Return kg CO2e per tonne of a step's product, all that leads to it included."""
    demand = [Decimal(int(code == process)) for code in compiled.processes]
    run = solve_exactly(compiled, demand)
    return sum(
        (
            run[burden.process_index] * kilograms * gwp[gas]
            for burden in compiled.burdens
            for gas, kilograms in burden.gases.items()
        ),
        Decimal(0),
    )
