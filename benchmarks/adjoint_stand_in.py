"""Unit costs of a background by one adjoint solve, refined twice (until the engine has it)."""

from __future__ import annotations

from typing import Any

import scipy.sparse.linalg as linalg


def unit_costs(technosphere: Any, loads: Any, solver: str = "superlu") -> Any:
    """Return kg CO2e of one unit of every product; `loads` is kg CO2e of each activity itself."""
    transposed = technosphere.T
    if solver == "pardiso":
        from pypardiso import PyPardisoSolver

        pardiso, rows = PyPardisoSolver(), transposed.tocsr()
        pardiso.factorize(rows)

        def solve(right: Any) -> Any:
            return pardiso.solve(rows, right)

    else:
        solve = linalg.splu(transposed.tocsc()).solve
    found = solve(loads)
    for _ in range(2):
        found = found + solve(loads - transposed @ found)
    return found
