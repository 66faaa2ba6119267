"""Shared by the model tests: reading the vocabulary, synthetic numbers, two small solvers.

The `kit` fixture hands the functions over, because test folders are no packages to import from.
"""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, localcontext
from functools import cache
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest

from factor_db.foundation.canonical import EXACT
from lca_models.system.compile import CompiledSystem
from lca_models.system.formula import Slot
from lca_models.system.unit_process import Input, ProductSystem

SMALL = {
    "internal_scrap": "0.03",
    "sold_scrap": "0.02",
    "purchased_slab": "0.1",
    "purchased_billet": "0.1",
    "dross": "0.04",
    "recovered_metal": "0.02",
}
BY_UNIT = {"kWh/t": "60", "m3/t": "40", "MJ/t": "900", "kg/t": "3", "tkm/t": "350", "t/t": "1.01"}


def reference(name: str) -> list[dict[str, str]]:
    """Return the rows of a reference table."""
    path = files("factor_db") / "reference" / name
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def synthetic_number(slot: Slot) -> Decimal:
    """Return a number of plausible size for an amount slot, different for every slot."""
    if slot.quantity == "property":
        base = "36" if slot.unit.startswith("MJ") else "0.02"
    elif slot.process == "charging" and slot.unit == "t/t":
        base = "0.08"
    else:
        base = SMALL.get(slot.flow, BY_UNIT[slot.unit])
    variation = Decimal(zlib.crc32(slot.key.encode()) % 997) / Decimal(10000)
    return Decimal(base) * (1 + variation)


def synthetic(system: ProductSystem) -> tuple[dict[str, Decimal], dict[str, dict[str, Decimal]]]:
    """Return numbers for every amount slot and gases for every emission slot of a system."""
    values = {slot.key: synthetic_number(slot) for slot in system.amount_slots()}
    factors = {}
    for process in system.processes:
        for exchange in process.exchanges:
            for part in exchange.parts if isinstance(exchange, Input) else ():
                seed = Decimal(zlib.crc32(part.slot.key.encode()) % 997 + 1) / Decimal(10)
                factors[part.slot.key] = {
                    "co2": seed,
                    "ch4_fossil": seed / Decimal(700),
                    "co2e": seed / Decimal(9),
                }
    return values, factors


def exact_activity(compiled: CompiledSystem) -> dict[str, Decimal]:
    """Solve by Gauss-Jordan in decimals: t of each process per t of the final product."""
    size = len(compiled.processes)
    with localcontext(EXACT):
        rows = [[Decimal(int(i == j)) for j in range(size)] for i in range(size)]
        for consumer, provider, amount in compiled.links:
            rows[provider][consumer] -= amount
        for index, row in enumerate(rows):
            row.append(Decimal(int(index == compiled.final_index)))
        for pivot in range(size):
            head = rows[pivot][pivot]
            rows[pivot] = [value / head for value in rows[pivot]]
            for other in range(size):
                if other != pivot and rows[other][pivot]:
                    factor = rows[other][pivot]
                    rows[other] = [
                        value - factor * lead
                        for value, lead in zip(rows[other], rows[pivot], strict=True)
                    ]
        return {code: rows[i][size] for i, code in enumerate(compiled.processes)}


def float_activity(compiled: CompiledSystem) -> np.ndarray:
    """Solve by LAPACK in floats."""
    matrix = np.eye(len(compiled.processes))
    for consumer, provider, amount in compiled.links:
        matrix[provider, consumer] -= float(amount)
    demand = np.zeros(len(compiled.processes))
    demand[compiled.final_index] = 1
    return np.linalg.solve(matrix, demand)


def filled(system: ProductSystem, given: Mapping[str, str], links: str = "1") -> dict[str, Decimal]:
    """Return amounts for a hand calculation: metal passes 1:1, all else is 0 unless given."""
    asked = tuple(system.amount_slots())
    others = Counter(s.process for s in asked if s.balanced and s.flow in _intermediates())
    values = {}
    for slot in asked:
        # Of alternatives the usual one passes; the others are made elsewhere, or bought.
        only = others[slot.process] == 1
        usual = not slot.balanced or only or (slot.process, slot.flow) in _usual()
        passes = slot.unit == "t/t" and slot.flow in _intermediates() and usual
        values[slot.key] = Decimal(given.get(slot.key, links if passes else "0"))
    unknown = sorted(set(given) - set(values))
    assert not unknown, f"the model does not ask for {unknown}"
    return values


@cache
def _usual() -> frozenset[tuple[str, str]]:
    rows = reference("process_flows.csv")
    passing = (row for row in rows if row["obligatory"] in {"yes", "plain"})
    return frozenset((row["process"], row["flow"]) for row in passing)


@cache
def _intermediates() -> frozenset[str]:
    rows = reference("flows.csv")
    return frozenset(row["code"] for row in rows if row["category"] == "intermediate")


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """Return the functions above."""
    return SimpleNamespace(
        reference=reference,
        synthetic=synthetic,
        exact_activity=exact_activity,
        float_activity=float_activity,
        filled=filled,
    )
