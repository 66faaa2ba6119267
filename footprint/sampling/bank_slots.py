"""Slots whose factor is a product of a sampled background: they take the bank's draws.

`background factor` writes background and activity into a factor's derivation; where a bank was
drawn from that background and holds that product, sample s of the study is sample s of the bank,
so what the study buys from one database stays correlated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from factor_db.factors.record.inputs import BackgroundActivity, BackgroundDatabase, of_kind
from factor_db.foundation.errors import BadInput
from footprint.engine.backgrounds.bank import Bank, bank_draws
from footprint.solving.evaluate import Nominal
from lca_models.system.resolve import Pin


@dataclass(frozen=True, slots=True)
class BankDraws:
    """Slot key → gas → kg per unit of the slot, (samples,), and which samples are an economy.

    `nominal` has the same as the factors state it, as one sample.
    """

    draws: Mapping[str, Mapping[str, Any]]
    nominal: Mapping[str, Mapping[str, Any]]
    productive: Any
    samples: int

    def part(self, here: slice) -> dict[str, dict[str, Any]]:
        """Return the draws of some samples, in the bank's order."""
        return {
            slot: {gas: array[here] for gas, array in gases.items()}
            for slot, gases in self.draws.items()
        }


def bank_slots(nominal: Nominal, bank: Bank) -> BankDraws:
    """Return the draws for the slots that a bank serves; BadInput BANK_UNUSED where it serves none.

    The bank's spread is put on the factor's own amounts, which are in the slot's unit and rounded
    as it states them.
    """
    background = bank.record["settings"]["background_sha256"]
    draws, stated = {}, {}
    for pin in nominal.pins:
        key = _activity(pin, background)
        if key in bank.keys:
            draws[pin.slot.key] = _spread(pin, bank, key)
            stated[pin.slot.key] = {gas: np.array([float(kg)]) for gas, kg in pin.gases().items()}
    if not draws:
        raise BadInput("BANK_UNUSED", folder=bank.folder.name, product=nominal.study.product)
    return BankDraws(draws, stated, bank.productive, bank.samples)


def _activity(pin: Pin, background: str) -> str:
    """Return the product of a background that a factor was made of, empty for any other factor."""
    derivation = pin.factor.derivation
    inputs = derivation.inputs if derivation else ()
    databases = {item.background for item in of_kind(inputs, BackgroundDatabase)}
    activities = [item.activity for item in of_kind(inputs, BackgroundActivity)]
    return activities[-1] if activities and background in databases else ""


def _spread(pin: Pin, bank: Bank, key: str) -> dict[str, Any]:
    nominal = dict(zip(bank.gases, bank.record["nominal"][bank.place(key)], strict=True))
    drawn = bank_draws(bank, key)
    found = {}
    for gas, kg in pin.gases().items():
        whole = float(nominal.get(gas, 0.0))
        # A gas the bank does not draw, or that is nothing there, stays as the factor states it.
        found[gas] = float(kg) * drawn[gas] / whole if whole else np.full(bank.samples, float(kg))
    return found
