"""The same calculation by bw2calc."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from footprint.calculation.calculate import CalculationResult
from footprint.result.document import ResultDocument
from footprint.result.total import Engine
from footprint.solving.evaluate import ROW_QUANTUM
from footprint.solving.floats import compiled_floats
from lca_models.brightway.oracle import burden_gases, solve_with_bw2calc

# Agreement of float64 with the exact result, relative; bw2calc solves the same matrix.
TOLERANCE = Decimal("1E-9")


def brightway_document(result: CalculationResult) -> ResultDocument:
    """Return a result's document with its emissions as bw2calc finds them.

    `result_hash` is that of the rows in the document; `engine` states the difference and the hash
    of the exact result. Raises BadInput when the two differ by more than 1e-9.
    """
    nominal = result.nominal
    compiled = compiled_floats(nominal)
    gwp = characterisation(nominal.study.gwp_set)
    solved = solve_with_bw2calc(compiled, _floats(gwp))
    per_kg = conversion("kg", "t")
    rows = []
    for key, row in zip(burden_gases(compiled), nominal.contributions, strict=True):
        kg_gas = (Decimal(repr(solved.gas_kg[key])) * per_kg).quantize(ROW_QUANTUM)
        kg_co2e = (kg_gas * gwp[row.gas]).quantize(ROW_QUANTUM)
        rows.append(replace(row, kg_gas=kg_gas, kg_co2e=kg_co2e))
    theirs = replace(nominal, contributions=tuple(rows))
    total = theirs.total
    difference = abs(total - nominal.total) / nominal.total if nominal.total else abs(total)
    if difference > TOLERANCE:
        raise BadInput("ENGINES_DISAGREE", own=nominal.total, other=total)
    document = result.result
    return document.model_copy(
        update={
            "contributions": theirs.contributions,
            "total": document.total.model_copy(update={"value": total}),
            **{f"by_{column}": theirs.sums_by(column) for column in ("stage", "gas", "scope")},
            "result_hash": theirs.result_hash(),
            "engine": Engine(
                name=f"bw2calc {version('bw2calc')}",
                relative_difference=difference.quantize(Decimal("1E-18")),
                exact_result_hash=nominal.result_hash(),
            ),
        }
    )


def _floats(gwp: Mapping[str, Decimal]) -> dict[str, float]:
    return {gas: float(value) for gas, value in gwp.items()}
