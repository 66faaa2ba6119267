"""Direct emissions of the installation: fuels, carbonates, anodes and PFC, by process.

Each stream becomes one figure in t CO2e per t of good; what the boundary leaves out keeps its own
figure beside the total, so that nothing disappears.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from factor_db.foundation.rules import rule
from footprint.evaluate import exact_sum
from footprint.views.cbam.inventory import Emitted, Inventory
from footprint.views.cbam.reference import UNWROUGHT, fuel_factors
from footprint.views.cbam.words import joined, vocabulary_name, words
from footprint.views.figure import Figures
from lca_models.resolve import OWN

UNIT = "t CO2e/t"
ANODE = "anode_carbon"
OUTSIDE = "outside"
_PFC = ("cf4", "c2f6")
_CO2E = "co2e"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: the figure that holds it, its process and flow, and where it is counted."""

    figure: str
    process: str
    flow: str
    gas: str
    method: str
    place: str


@dataclass(slots=True)
class Direct:
    """The streams of an installation and what has to be said of them."""

    streams: list[Stream] = field(default_factory=list)
    uncounted: dict[str, Decimal] = field(default_factory=dict)
    known_as_co2e: bool = False

    def figures_of(self, place: str) -> dict[str, Decimal | str]:
        """Return input name → figure of the streams counted at a place."""
        names = (item.figure for item in self.streams if item.place == place)
        return {f"x{number}": name for number, name in enumerate(names, start=1)}


def direct_emissions(inventory: Inventory, figures: Figures, surface: str) -> Direct:
    """Add the figures of direct emissions; `surface` counts surface treatment inside or outside.

    Adds `direct.unwrought`, `direct.products`, `direct.outside` and `direct`, t CO2e/t.
    Rules: CBAM-SCOPE-001, CBAM-BOUND-001 to -004.
    """
    found = Direct()
    for (process, fuel), energy in inventory.fuels().items():
        _fuel(inventory, figures, found, process, fuel, energy, surface)
    for row in inventory.emitted():
        if row.part == "combustion" and row.flow in fuel_factors():
            _uncounted_gas(found, row)
        else:
            _emission(inventory, figures, found, row, surface)
    smelting = "CBAM-BOUND-001" if inventory.smelter else "CBAM-BOUND-002"
    for place, rule_id in (
        (UNWROUGHT, smelting),
        ("products", "CBAM-BOUND-003"),
        (OUTSIDE, "CBAM-BOUND-003"),
    ):
        label = words(f"CBAM_DIRECT_{place.upper()}")
        parts = found.figures_of(place)
        figures.total(f"direct.{place}", parts, unit=UNIT, rule=rule_id, label=label)
    figures.add(
        "direct",
        "unwrought + products",
        {"unwrought": "direct.unwrought", "products": "direct.products"},
        unit=UNIT,
        rule="CBAM-SCOPE-001",
        label=words("CBAM_DIRECT"),
    )
    return found


def _place(inventory: Inventory, process: str, surface: str) -> str:
    boundary = inventory.place(process)
    assert boundary is not None  # only own processes come here
    outside = boundary.counting == "excluded" or (
        boundary.counting == "choice" and surface == "outside"
    )
    if outside:
        return OUTSIDE
    # Site services of a works that makes unwrought aluminium only belong to that.
    return UNWROUGHT if inventory.category == UNWROUGHT else boundary.category


def _fuel(
    inventory: Inventory,
    figures: Figures,
    found: Direct,
    process: str,
    fuel: str,
    energy: Decimal,
    surface: str,
) -> None:
    """Energy x standard factor x oxidation 1, or the site's own analysed factor."""
    name = f"direct.{process}.{fuel}"
    pin = inventory.pinned(fuel, "combustion")
    key = (process, fuel, "co2")
    rows = [r.amount for r in inventory.emitted() if (r.process, r.flow, r.gas) == key]
    # A factor of its own that is known as CO2e only is no analysis of carbon.
    analysed = bool(rows) and pin is not None and pin[1] == OWN
    formula, inputs = _by_standard_factor(fuel, energy)
    if analysed:
        formula, inputs = "co2", {"co2": exact_sum(rows)}
    label = joined(vocabulary_name("processes", process), vocabulary_name("flows", fuel))
    figures.add(name, formula, inputs, unit=UNIT, rule="CBAM-FUEL-001", label=label)
    place = _place(inventory, process, surface)
    method = "analysed" if analysed else "combustion"
    found.streams.append(Stream(name, process, fuel, "co2", method, place))


def _by_standard_factor(fuel: str, energy: Decimal) -> tuple[str, dict[str, Decimal | str]]:
    return "energy * factor * oxidation", {
        "energy": energy,
        "factor": fuel_factors()[fuel],
        "oxidation": rule("CBAM-FUEL-001").number("oxidation"),
    }


def _uncounted_gas(found: Direct, row: Emitted) -> None:
    if row.gas != "co2":
        found.uncounted[row.gas] = found.uncounted.get(row.gas, Decimal(0)) + row.amount


def _emission(
    inventory: Inventory, figures: Figures, found: Direct, row: Emitted, surface: str
) -> None:
    """Anode carbon by f, PFC by AR5, everything else as the inventory has it."""
    if row.gas not in (*rule("CBAM-SCOPE-001").items("gases"), _CO2E):
        _uncounted_gas(found, row)
        return
    name = f"direct.{row.process}.{row.flow}"
    while name in figures:
        name = f"{name}.{row.gas}"
    label = joined(vocabulary_name("processes", row.process), vocabulary_name("flows", row.flow))
    if row.flow == ANODE:
        formula, inputs, cited = _anode(inventory, row)
        method = "mass_balance"
    elif row.gas in _PFC:
        weight = rule("CBAM-GWP-001").number(row.gas)
        formula, inputs, cited = "gas * gwp", {"gas": row.amount, "gwp": weight}, "CBAM-GWP-001"
        method = "pfc"
    else:
        formula, inputs, cited = "co2", {"co2": row.amount}, "CBAM-PROCESS-001"
        method = "process"
    found.known_as_co2e |= row.gas == _CO2E
    figures.add(name, formula, inputs, unit=UNIT, rule=cited, label=label)
    place = _place(inventory, row.process, surface)
    found.streams.append(Stream(name, row.process, row.flow, row.gas, method, place))


def _anode(inventory: Inventory, row: Emitted) -> tuple[str, dict[str, Decimal | str], str]:
    """CO2 of the anode / CO2 per carbon of the inventory x 3.664."""
    pinned = inventory.pinned("anode_carbon.co2_per_carbon", "property")
    if pinned is None:
        return "co2", {"co2": row.amount}, "CBAM-PROCESS-001"
    inputs: dict[str, Decimal | str] = {
        "co2": row.amount,
        "inventory_ratio": pinned[0],
        "co2_per_carbon": rule("CBAM-CARBON-001").number("co2_per_carbon"),
    }
    return "co2 / inventory_ratio * co2_per_carbon", inputs, "CBAM-CARBON-001"
