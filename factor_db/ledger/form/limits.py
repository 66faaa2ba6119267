"""The limits of the plausibility checks and where they come from.

EJ = engineering judgement: good to find slips of the pen, never an emission or inventory factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule

# Al2O3 per Al: 101.961 / (2 x 26.982); IUPAC standard atomic weights.
ALUMINA_PER_ALUMINIUM = rule("AL-BAL-001").number("oxide_to_aluminium")
# Share of the metal that a balance may leave open. EJ: two calibrated weighbridges at 0.1-0.2 %
# each and an analysis of the aluminium content.
BALANCE_TOLERANCE = rule("AL-BAL-001").number("tolerance")
# Share of the charge that melting may lose as dross and oxide: 1.25 t gross per t from dirty
# scrap, as in the envelope. EJ.
MELTING_LOSS_TOLERANCE = Decimal("0.2")
# Skimmings, cropped ends and the heel left in a furnace are often not weighed. EJ.
CASTING_TOLERANCE = Decimal("0.05")
# Melt gains no mass: what melting, casting or the whole site gives beyond what it took.
GAIN_TOLERANCE = rule("AL-BAL-008").number("gain_tolerance")
# Surface treatment etches metal away and adds oxide or paint; de-coating drives off moisture. EJ.
SURFACE_TOLERANCE = Decimal("0.03")
# A month this many times above or below the site's own median wants a word of explanation: below
# 3.6, so that one month read in MJ for kWh stands out, and above what a short month does. EJ.
OUTLIER_FACTOR = Decimal(3)
# This far beyond an envelope a value is no unusual plant but a wrong unit or a lost digit. EJ.
BEYOND_FACTOR = Decimal(10)
# Heating solid aluminium from 20 °C and melting it takes about 1.1 GJ/t: less is impossible.
MELTING_LEAST_MJ_PER_T = rule("AL-MELT-001").number("floor_gj_per_t") * 1000
MJ_PER_KWH = Decimal("3.6")
# Used only to give a melting furnace the benefit of the doubt when the ledger has no calorific
# value: the upper end of what such fuels reach, MJ per canonical unit. EJ.
MOST_CALORIFIC = {
    "natural_gas": Decimal(42),
    "diesel": Decimal(44),
    "heavy_oil": Decimal(43),
    "coal": Decimal(33),
}
# No metal that is charged or cast holds less aluminium, and no dross: a share below is a percent
# written as a share twice over, or a lost digit. EJ.
LEAST_ALUMINIUM, LEAST_ALUMINIUM_IN_DROSS = Decimal("0.3"), Decimal("0.02")
# What a running process cannot do without: a year or a month of 0 beside an output wants a word.
# Of the rest 0 honestly says "not used" (a transport mode, an alloying element, a reagent). EJ.
ALWAYS_USED_CATEGORIES = frozenset({"energy", "waste"})
ALWAYS_USED_FLOWS = frozenset({"natural_gas"})

_CASTHOUSE = ("melting", "refining", "slab_casting", "billet_casting")
PLATE_STEPS = (
    "scalping",
    "slab_homogenising",
    "hot_rolling",
    "solution_treatment",
    "plate_stretching",
    "plate_ageing",
    "plate_sawing",
    "plate_packing",
)
# Verifier's ranges hold for whole plant parts: which processes each part sums, per t of which flow.
GROUPS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "group.slab_casthouse": (_CASTHOUSE[:3], "slab_casting", "slab"),
    "group.billet_casthouse": (
        (*_CASTHOUSE[:2], "billet_casting", "billet_homogenising"),
        "billet_casting",
        "billet",
    ),
    "group.plate_steps": (
        PLATE_STEPS,
        "plate_packing",
        "plate",
    ),
    "group.extrusion_plant": (
        (
            *_CASTHOUSE[:2],
            "billet_casting",
            "billet_homogenising",
            "billet_heating",
            "extruding",
            "profile_stretching",
            "profile_ageing",
            "profile_packing",
        ),
        "profile_packing",
        "extrusion",
    ),
    "group.recycling": (
        (
            "scrap_sorting",
            "scrap_shredding",
            "scrap_decoating",
            "melting",
            "refining",
            "dross_recovery",
        ),
        "refining",
        "refined_metal",
    ),
}
GROUP_NAMES = {
    "group.slab_casthouse": ("扁锭熔铸合计", "Slab cast house in all"),
    "group.billet_casthouse": ("圆锭熔铸与均质合计", "Billet cast house and homogenising in all"),
    "group.plate_steps": ("轧制与热处理合计", "Rolling and treatment in all"),
    "group.extrusion_plant": ("挤压工厂合计", "Extrusion plant in all"),
    "group.recycling": ("备料与熔炼合计", "Scrap preparation and melting in all"),
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The plausible range of a flow per unit of a process's product, ends included.

    `when` narrows it to a kind of plant (`magnitude.kinds`); empty for every plant.
    """

    process: str
    flow: str
    when: str
    unit: str
    low: Decimal
    high: Decimal
    source: str


@cache
def envelopes() -> dict[tuple[str, str], Envelope]:
    """Return (process or plant part, flow) → plausible range, from `reference/envelopes.csv`."""
    return {(item.process, item.flow): item for item in _read_envelopes() if not item.when}


@cache
def narrow_envelopes() -> dict[tuple[str, str], tuple[Envelope, ...]]:
    """Return (process, flow) → the narrower ranges of kinds of plants, from the same file."""
    narrow: dict[tuple[str, str], tuple[Envelope, ...]] = {}
    for item in _read_envelopes():
        if item.when:
            key = (item.process, item.flow)
            narrow[key] = (*narrow.get(key, ()), item)
    return narrow


@cache
def _read_envelopes() -> tuple[Envelope, ...]:
    return tuple(
        Envelope(
            row["process"],
            row["flow"],
            row["when"],
            row["unit"],
            Decimal(row["low"]),
            Decimal(row["high"]),
            row["source"],
        )
        for row in reference_rows("envelopes.csv")
    )
