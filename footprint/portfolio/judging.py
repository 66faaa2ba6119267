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
from footprint.account.possible_terms import BIOGENIC, Carbon, Heat, Metal, Terms, margins, terms_of
from footprint.judgement.possible import sign_reasons, term_reasons
from footprint.result.record import CodedText
from lca_models.system.compile import CompiledSystem
from lca_models.system.formula import arithmetic_of
from lca_models.system.unit_process import ProductSystem

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
    terms: Terms
    totals: Floats
    rows: tuple[Row, ...]

    def reasons(self, at: int) -> tuple[CodedText, ...]:
        """Return why no plant could have a variant, as `impossibilities` says it."""
        with localcontext(EXACT):
            terms = Terms(
                tuple(_metal(item, at) for item in self.terms.metals),
                self.terms.heat
                and Heat(*_decimals(at, self.terms.heat.available, self.terms.heat.needed)),
                self.terms.carbon
                and Carbon(
                    *_decimals(at, self.terms.carbon.carbon_in, self.terms.carbon.carbon_out)
                ),
            )
            negative = [
                (row.process, row.flow, row.gas, _shown(row.kg_co2e[at]))
                for row in self.rows
                if row.present[at] and row.kg_co2e[at] < 0
            ]
            total = _shown(self.totals[at])
            return (*term_reasons(terms), *sign_reasons(total, negative))


def judge(
    system: ProductSystem,
    compiled: CompiledSystem,
    amounts: Mapping[str, Any],
    *,
    scrap_rule: str,
    totals: Floats,
    rows: Sequence[Row],
    near: float,
) -> Judged:
    """Judge variants whose amounts are arrays or the same for all.

    `amounts` are those that the terms rest on (`is_read`), by slot; `near` is how far float64 is
    trusted, in t per t and in kg CO2e per declared unit.
    """
    terms = terms_of(system, compiled, amounts, scrap_rule, _ARRAYS)
    rooms = list(margins(terms, _ARRAYS))
    beyond, close = np.zeros(totals.shape, dtype=bool), np.zeros(totals.shape, dtype=bool)
    for room in (*rooms, totals):
        beyond |= room < 0
        close |= ~(abs(room) > near)
    signed = tuple(row for row in rows if row.gas != BIOGENIC)
    for row in signed:
        beyond |= row.present & (row.kg_co2e < 0)
    return Judged(beyond, close, terms, totals, signed)


def _metal(item: Metal, at: int) -> Metal:
    metal_in, metal_out = _decimals(at, item.metal_in, item.metal_out)
    return Metal(item.process, metal_in, metal_out, item.tolerance, item.adds_up)


def _decimals(at: int, *values: Any) -> tuple[Decimal, ...]:
    return tuple(_decimal(value, at) for value in values)


def _decimal(value: Any, at: int) -> Decimal:
    found = np.asarray(value)
    return Decimal(float(found if found.ndim == 0 else found[at])).quantize(_LEAST)


def _shown(value: np.float64) -> Decimal:
    return Decimal(f"{float(value):.{_DIGITS}g}")
