"""What each exchange of a product system amounts to, in one kind of number.

An amount is worked out once, when it is first asked for: whether an exchange is used, what it
brings and whether an estimate counts in it are questions to the same number.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from typing import Any

from factor_db.foundation.errors import BadInput
from lca_models.system.unit_process import Exchange, ProductSystem, UnitProcess


def with_unstated(
    system: ProductSystem, values: Mapping[str, Any], arithmetic: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values with 0 for every optional slot that nothing fills (rule PCF-MISSING-002).

    With the amount 0 an exchange is absent: it has no rows and asks for no emission factor.
    """
    return {**dict.fromkeys(system.optional_keys, arithmetic["literal"](0)), **values}


class Amounts:
    """The amounts of a system whose slots have these values, slot key → number.

    It works in the arithmetic context of whoever asks: exact numbers want `EXACT`.
    """

    def __init__(
        self, system: ProductSystem, values: Mapping[str, Any], arithmetic: Mapping[str, Any]
    ) -> None:
        self.system, self.arithmetic, self._stated = system, arithmetic, values
        self.values = with_unstated(system, values, arithmetic)
        self.missing = {
            slot.key: None for slot in system.amount_slots() if slot.key not in self.values
        }
        self._found: dict[int, Any] = {}

    def of(self, process: UnitProcess, exchange: Exchange) -> Any:
        """Return the amount of an exchange per unit of its process's product.

        Raises BadInput (CHARGE_EMPTY) where what it divides by adds up to zero.
        """
        formula = exchange.amount
        found = self._found.get(id(formula))  # the system keeps its formulas, and so their ids
        if found is None:
            try:
                found = formula.evaluate(self.values, self.arithmetic)
            except (ZeroDivisionError, decimal.InvalidOperation):
                raise BadInput("CHARGE_EMPTY", process=process.code) from None
            # Some numbers divide by zero without an exception; only a finite one less itself is 0.
            if found - found != 0:
                raise BadInput("CHARGE_EMPTY", process=process.code)
            self._found[id(formula)] = found
        return found

    def is_used(self, process: UnitProcess, exchange: Exchange) -> bool:
        """Tell whether an exchange is there; one whose amount is not known yet is."""
        if not self.missing.keys().isdisjoint(exchange.amount.keys):
            return True
        return bool(self.of(process, exchange) != 0)

    def is_absent(self, process: UnitProcess, exchange: Exchange) -> bool:
        """Tell whether an exchange is not there: its amount is 0 because a slot is unstated."""
        nothing = bool(self.of(process, exchange) == 0)
        return nothing and any(key not in self._stated for key in exchange.amount.keys)
