"""Which variants no plant could have, as arrays: rule PCF-POSSIBLE-001 asked of every row.

What float64 can't tell from a limit is left to the exact way; what lies clearly beyond is named
here in the same words, so that a portfolio of impossible rows is no slower than one of sound ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factor_db.foundation.canonical import EXACT
from footprint.account.possible import heat_reasons, metal_reasons, sign_reasons
from footprint.account.verdict import Reason
from footprint.possible import BIOGENIC, Heat, Metal, heat_of, margins, metal_of
from lca_models.compile import CompiledSystem
from lca_models.formula import arithmetic_of
from lca_models.unit_process import ProductSystem

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
# EJ: a millionth of a gram per tonne is rounding, and nothing that a plant gained.
_LEAST = Decimal("1E-12")
_DIGITS = 12
_ARRAYS = arithmetic_of(np.float64, np.minimum, np.maximum)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the contributions over the variants: where it is there, and kg CO2e."""

    process: str
    flow: str
    gas: str
    present: Flags
    kg_co2e: Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """Variants beyond a limit, and those too near to one for float64; shape (variants,)."""

    beyond: Flags
    near: Flags
    metals: tuple[Metal, ...]
    heat: Heat | None
    totals: Floats
    rows: tuple[Row, ...]

    def reasons(self, at: int) -> tuple[Reason, ...]:
        """Return why no plant could have a variant, as `impossibilities` says it."""
        with localcontext(EXACT):
            metals = [
                Metal(
                    item.process,
                    _decimal(item.metal_in, at),
                    _decimal(item.metal_out, at),
                    item.tolerance,
                    item.adds_up,
                )
                for item in self.metals
            ]
            heat = self.heat and Heat(
                _decimal(self.heat.available, at), _decimal(self.heat.needed, at)
            )
            negative = [
                (row.process, row.flow, row.gas, _shown(row.kg_co2e[at]))
                for row in self.rows
                if row.present[at] and row.kg_co2e[at] < 0
            ]
            total = _shown(self.totals[at])
            return (*metal_reasons(metals), *heat_reasons(heat), *sign_reasons(total, negative))


def judge(
    system: ProductSystem,
    compiled: CompiledSystem,
    charged: Mapping[str, Any],
    *,
    scrap_rule: str,
    totals: Floats,
    rows: Sequence[Row],
    near: float,
) -> Judged:
    """Judge variants whose amounts are arrays or the same for all.

    `charged` is what the charge pool takes, by slot; `near` is how far float64 is trusted, in t per
    t and in kg CO2e per declared unit.
    """
    metals = metal_of(system, compiled, scrap_rule, _ARRAYS)
    heat = heat_of(compiled, charged, _ARRAYS)
    rooms = [room for _, room in margins(metals, heat, _ARRAYS)]
    beyond, close = np.zeros(totals.shape, dtype=bool), np.zeros(totals.shape, dtype=bool)
    for room in (*rooms, totals):
        beyond |= room < 0
        close |= ~(abs(room) > near)
    signed = tuple(row for row in rows if row.gas != BIOGENIC)
    for row in signed:
        beyond |= row.present & (row.kg_co2e < 0)
    return Judged(beyond, close, metals, heat, totals, signed)


def _decimal(value: Any, at: int) -> Decimal:
    found = np.asarray(value)
    return Decimal(float(found if found.ndim == 0 else found[at])).quantize(_LEAST)


def _shown(value: np.float64) -> Decimal:
    return Decimal(f"{float(value):.{_DIGITS}g}")
