"""Which steps have a metal balance, and the share of their metal they may seem to lose or gain."""

from __future__ import annotations

from decimal import Decimal

from factor_db.ledger.form.limits import (
    BALANCE_TOLERANCE,
    CASTING_TOLERANCE,
    GAIN_TOLERANCE,
    MELTING_LOSS_TOLERANCE,
    PLATE_STEPS,
    SURFACE_TOLERANCE,
)
from factor_db.ledger.months.balance_terms import CASTING_STEPS, LOOSE_STEPS

# Steps where metal goes in and comes out as product and scrap, nothing else.
CLOSED_STEPS = (
    "charging",
    *PLATE_STEPS,
    "plate_annealing",
    "plate_cold_rolling",
    "cold_rolling",
    "sheet_annealing",
    "sheet_solution_treatment",
    "sheet_ageing",
    "sheet_finishing",
    "sheet_packing",
    "billet_homogenising",
    "billet_heating",
    "extruding",
    "profile_stretching",
    "profile_solution_treatment",
    "profile_annealing",
    "profile_ageing",
    "profile_packing",
    "ring_forging",
    "ring_rolling",
    "ring_heat_treatment",
    "ring_machining",
    "ring_packing",
    "scrap_collection",
    "scrap_sorting",
    "ingot_packing",
    "liquid_delivery",
)
# Step → the share of the metal that it may lose and the share that it may seem to gain.
TOLERANCES: dict[str, tuple[Decimal, Decimal]] = {
    **dict.fromkeys(CLOSED_STEPS, (BALANCE_TOLERANCE, BALANCE_TOLERANCE)),
    **dict.fromkeys(LOOSE_STEPS, (SURFACE_TOLERANCE, SURFACE_TOLERANCE)),
    # Powder that misses the profile leaves; none comes on that was not used (AL-BAL-007).
    "powder_coating": (SURFACE_TOLERANCE, BALANCE_TOLERANCE),
    # What is stirred in after the charge is booked at the charge (AL-BAL-008).
    **dict.fromkeys(CASTING_STEPS, (CASTING_TOLERANCE, GAIN_TOLERANCE)),
    "primary_casting": (CASTING_TOLERANCE, GAIN_TOLERANCE),
    "melting": (MELTING_LOSS_TOLERANCE, GAIN_TOLERANCE),
    "dross_recovery": (BALANCE_TOLERANCE, BALANCE_TOLERANCE),
}
