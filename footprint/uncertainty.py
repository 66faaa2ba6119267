"""The sampled interval: every factor drawn once per sample, from a stream of its own.

A stream depends on the seed and the factor alone, so results do not depend on which products or
factors are calculated beside it, nor on their order.
"""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal
from typing import Any

import numpy as np

from factor_db.factors.reference import characterisation
from factor_db.foundation.canonical import decimal_text
from factor_db.ledger.power_sources import SHARE_FLOWS
from footprint.evaluate import Nominal, demand_of
from footprint.floats import compiled_floats
from footprint.solve import solve_floats
from lca_models.formula import Slot, arithmetic_of
from lca_models.resolve import Pin

LEVEL = Decimal("0.95")
SHOWN_DIGITS = 12
_ARRAYS = arithmetic_of(float, np.minimum, np.maximum)


def sampled_interval(nominal: Nominal, *, samples: int, seed: int) -> dict[str, Any]:
    """Return the central 95 % interval of the total, kg CO2e per declared unit, as decimal text.

    Each factor is log-normal around its nominal value (the median) with its own geometric standard
    deviation; a zero stays zero. The interval is reproducible on one platform and is not hashed.
    """
    totals = sample_totals(nominal, samples=samples, seed=seed)
    tail = float(1 - LEVEL) / 2
    low, high = np.quantile(totals, [tail, 1 - tail])
    return {
        "high": _shown(high),
        "level": str(LEVEL),
        "low": _shown(low),
        "method": "Monte Carlo, log-normal per factor; metal balance fixed",
        "samples": samples,
        "seed": seed,
    }


def _shown(value: float) -> str:
    return decimal_text(Decimal(f"{value:.{SHOWN_DIGITS}g}"))


def sample_totals(nominal: Nominal, *, samples: int, seed: int) -> Any:
    """Return the total of each sample, shape (samples,), kg CO2e per declared unit."""
    tied = nominal.system.tied_slots()
    spreads = {pin.factor.sha256: _spread(pin, samples, seed, tied) for pin in nominal.pins}
    compiled = compiled_floats(nominal, lambda pin: spreads[pin.factor.sha256], _ARRAYS)
    activity = solve_floats(compiled, [float(amount) for amount in demand_of(compiled)])
    gwp = {gas: float(value) for gas, value in characterisation(nominal.study.gwp_set).items()}
    total = np.zeros(samples)
    for burden in compiled.burdens:
        for gas, per_tonne in sorted(burden.gases.items()):
            total += activity[..., burden.process_index] * per_tonne * gwp[gas]
    return total


def never_drawn(slot: Slot, tied: frozenset[str] = frozenset()) -> bool:
    """Tell whether a slot keeps its nominal value in every sample.

    Metal per metal (t/t) is not drawn: inputs, products, scrap and loss are tied by the metal
    balance, and drawing them one by one would break it. So are the sources of a site's power. The
    same holds for the slots of `tied`, keys that an equation of the model ties.
    """
    metal = slot.quantity == "inventory" and slot.unit == "t/t"
    return metal or slot.flow in SHARE_FLOWS or slot.key in tied


def sigma_of(pin: Pin, tied: frozenset[str] = frozenset()) -> float:
    """Return the standard deviation of the logarithm of a factor; 0 for what is not drawn."""
    return 0.0 if never_drawn(pin.slot, tied) else math.log(float(pin.factor.gsd))


def _spread(pin: Pin, samples: int, seed: int, tied: frozenset[str]) -> Any:
    """Return the multipliers of one factor's samples, shape (samples,)."""
    sigma = sigma_of(pin, tied)
    digest = hashlib.sha256(f"{seed}|{pin.factor.sha256}".encode()).digest()
    stream = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
    return np.exp(stream.normal(0.0, sigma, samples)) if sigma else np.ones(samples)
