"""A question compiled once for all its variants: amounts, factors and what no variant changes.

Amounts that a variant does not touch come from decimals, so that what is exactly zero is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from functools import cached_property

import numpy as np

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from footprint.account.possible_terms import is_read
from footprint.portfolio.questions import Question
from lca_models.catalogue import product_system
from lca_models.system.amounts import with_unstated
from lca_models.system.compile import (
    DECIMAL_ARITHMETIC,
    Burden,
    emission_burden,
    input_burdens,
)
from lca_models.system.constraints import Constraint, require_constraints
from lca_models.system.formula import Formula
from lca_models.system.reach import alternatives, pruned
from lca_models.system.resolve import OWN, Resolver
from lca_models.system.scrap_rules import SUBSTITUTION
from lca_models.system.unit_process import Emission, Exchange, Input, Link, ProductSystem

MISSING = np.float64("nan")


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange: its amount per tonne of its process without overrides, and its rows to be.

    `amount` is not-a-number where a slot is empty. `provider` is the place of a link's process,
    -1 for all else; `measured` says that all its amounts are the site's own readings.
    """

    place: int
    exchange: Exchange
    formula: Formula
    slots: frozenset[str]
    amount: np.float64
    measured: bool
    provider: int
    burdens: tuple[Burden, ...]

    @property
    def used(self) -> bool:
        """Tell whether the exchange is there without overrides."""
        return bool(self.amount != 0)


class Model:
    """The compiled question; `gwp` is kg CO2e per kg of each gas of its GWP set."""

    def __init__(self, question: Question) -> None:
        self.question = question
        pins = question.pins
        full = product_system(question.study.product, question.study.choices)
        stated = {
            slot.key: pins[slot.key].value() for slot in full.amount_slots() if slot.key in pins
        }
        # What another amount of a link would bring in is asked for by no slot left, so that a
        # variant with such an override goes the exact way.
        self.system: ProductSystem = pruned(full, stated, DECIMAL_ARITHMETIC)
        self.metal = tuple(
            frozenset(slot.key for slot in alternatives(full.process(process.code)))
            for process in self.system.processes
        )
        amount_slots = tuple(self.system.amount_slots())
        self.amount_keys = frozenset(slot.key for slot in amount_slots)
        emission_slots = tuple(self.system.emission_slots())
        self._set_refs: dict[str, str] = {}
        self._emission_slots = {slot.key: slot for slot in emission_slots}
        self.judged_by = tuple(slot.key for slot in amount_slots if is_read(slot.key))
        self.emission_keys = frozenset(slot.key for slot in emission_slots)
        self.optional = frozenset(slot.key for slot in emission_slots if slot.optional)
        exact = {key: pins[key].value() for key in self.amount_keys if key in pins}
        self._exact = with_unstated(self.system, exact, DECIMAL_ARITHMETIC)
        self.values = {
            key: np.float64(self._exact[key]) if key in self._exact else MISSING
            for key in self.amount_keys
        }
        self.gases: dict[str, dict[str, np.float64]] = {
            key: {gas: np.float64(amount) for gas, amount in pins[key].gases().items()}
            for key in self.emission_keys
            if key in pins
        }
        self.cut_offs = frozenset(item.slot for item in question.study.cut_offs)
        found = characterisation(question.study.gwp_set)
        self.gwp = {gas: np.float64(value) for gas, value in found.items()}
        self.lines = self._lines()
        self.final = self._place[self.system.final]

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {process.code: place for place, process in enumerate(self.system.processes)}

    @cached_property
    def kept(self) -> tuple[bool, ...]:
        """Tell of each constraint whether the amounts without overrides are known to keep it."""
        return tuple(self._keeps(constraint) for constraint in self.system.constraints)

    def _keeps(self, constraint: Constraint) -> bool:
        try:
            with localcontext(EXACT):
                require_constraints((constraint,), self._exact, DECIMAL_ARITHMETIC)
        except (BadInput, KeyError, ArithmeticError):
            return False
        return True

    def is_measured(self, key: str) -> bool:
        """Tell whether a slot took the site's own measured factor (rule DQ-PDS-001)."""
        pin = self.question.pins.get(key)
        return pin is not None and pin.level == OWN and pin.factor.data_type == "measured"

    def is_illustrative(self, key: str) -> bool:
        """Tell whether a slot took an illustrative factor."""
        pin = self.question.pins.get(key)
        return pin is not None and pin.factor.illustrative

    def ref(self, key: str) -> str:
        """Return the factor of a slot as people cite it, empty where it has none."""
        pin = self.question.pins.get(key)
        return pin.factor.ref if pin else ""

    def set_ref(self, key: str) -> str:
        """Return what the value that a study sets for a slot is cited as, as the resolver does."""
        if key not in self._set_refs:
            slot = self._emission_slots.get(key)
            pin = Resolver((), self.question.where, {key: Decimal(0)}).pin(slot) if slot else None
            self._set_refs[key] = pin.factor.ref if pin else ""
        return self._set_refs[key]

    def _lines(self) -> tuple[Line, ...]:
        lines = []
        for place, process in enumerate(self.system.processes):
            for number, exchange in enumerate(process.exchanges):
                slots = frozenset(slot.key for slot in exchange.amount.slots())
                known = [key for key in slots if key in self.question.pins]
                burdens: list[Burden] = []
                # The amounts of these are set per variant; 1 only makes that they have parts.
                if isinstance(exchange, Input):
                    burdens = input_burdens(process, exchange, (place, number), 1, {})
                elif isinstance(exchange, Emission):
                    burdens = [emission_burden(process, exchange, (place, number), 1)]
                provider = self._place[exchange.process] if isinstance(exchange, Link) else -1
                lines.append(
                    Line(
                        place=place,
                        exchange=exchange,
                        formula=exchange.amount,
                        slots=slots,
                        amount=self._amount(exchange.amount),
                        measured=bool(known) and all(self.is_measured(key) for key in known),
                        provider=provider,
                        burdens=tuple(burdens),
                    )
                )
        return tuple(lines)

    def _amount(self, formula: Formula) -> np.float64:
        try:
            with localcontext(EXACT):
                value: Decimal = formula.evaluate(self._exact, DECIMAL_ARITHMETIC)
        except (KeyError, ZeroDivisionError, InvalidOperation):
            return MISSING
        return np.float64(value)


def is_outside(burden: Burden) -> bool:
    """Tell whether a burden stands beside the result and never in it."""
    return burden.role == SUBSTITUTION
