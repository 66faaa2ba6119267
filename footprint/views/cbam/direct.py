"""Direct emissions of the installation: fuels, carbonates, anodes and PFC, by process.

Each stream becomes one figure in t CO2e per t of good; what the boundary leaves out keeps its own
figure beside the total, so that nothing disappears.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from factor_db.foundation.canonical import exact_sum
from factor_db.foundation.messages import code_of
from factor_db.foundation.rules import rule
from footprint.views.cbam.inventory import Emitted, Inventory
from footprint.views.cbam.reference import UNWROUGHT, fuel_factors
from footprint.views.figure import Figures
from footprint.views.wording import DOT, GAS_CO2E, joined
from footprint.words.book import name_words, words
from lca_models.system.resolve import OWN

UNIT = "t CO2e/t"
ANODE = "anode_carbon"
OUTSIDE = "outside"
ANALYSED, COMBUSTION = "analysed", "combustion"
_PFC = ("cf4", "c2f6")
_BY_CARBON = "co2 / inventory_ratio * co2_per_carbon"
Inputs = dict[str, Decimal | str]


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: the figure that holds it, its process and flow, and where it is counted."""

    figure: str
    process: str
    flow: str
    gas: str
    method: str
    place: str

    @property
    def is_analysed(self) -> bool:
        """Tell whether a fuel counts by the site's own factor, not by its energy."""
        return self.method == ANALYSED


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


@dataclass(frozen=True, slots=True)
class _Work:
    """What every stream is made with: the document, the figures so far, the streams, the choice."""

    inventory: Inventory
    figures: Figures
    found: Direct
    surface: str

    def place(self, process: str) -> str:
        """Return where a stream of an own process counts: a category of goods, or outside."""
        boundary = self.inventory.place(process)
        assert boundary is not None  # only own processes come here
        chosen = boundary.counting == "choice" and self.surface == "outside"
        if boundary.counting == "excluded" or chosen:
            return OUTSIDE
        # Site services of a works that makes unwrought aluminium only belong to that.
        unwrought = self.inventory.category == UNWROUGHT
        return UNWROUGHT if unwrought else boundary.category

    def keep(self, stream: Stream, formula: str, inputs: Inputs, cited: str) -> None:
        """Add the figure of a stream and remember where it counts."""
        label = joined(DOT, name_words("process", stream.process), name_words("flow", stream.flow))
        self.figures.add(stream.figure, formula, inputs, unit=UNIT, rule=cited, label=label)
        self.found.streams.append(stream)

    def leave_out(self, row: Emitted) -> None:
        """Sum up a gas that CBAM does not count."""
        self.found.uncounted[row.gas] = self.found.uncounted.get(row.gas, Decimal(0)) + row.amount


def direct_emissions(inventory: Inventory, figures: Figures, surface: str) -> Direct:
    """Add the figures of direct emissions; `surface` counts surface treatment inside or outside.

    Adds `direct.unwrought`, `direct.products`, `direct.outside` and `direct`, t CO2e/t.
    Rules: CBAM-SCOPE-001, CBAM-BOUND-001 to -004.
    """
    work = _Work(inventory, figures, Direct(), surface)
    for process, fuel in inventory.fuels():
        _fuel(work, process, fuel)
    by_energy = {(item.process, item.flow) for item in work.found.streams if not item.is_analysed}
    for row in inventory.emitted():
        if row.part == "combustion" and row.flow in fuel_factors():
            # The CO2 in a row known as CO2e only is that of the energy: counted, not left out.
            counted = ("co2", GAS_CO2E) if (row.process, row.flow) in by_energy else ("co2",)
            if row.gas not in counted:
                work.leave_out(row)
        else:
            _emission(work, row)
    smelting = "CBAM-BOUND-001" if inventory.smelter else "CBAM-BOUND-002"
    for place, rule_id in (
        (UNWROUGHT, smelting),
        ("products", "CBAM-BOUND-003"),
        (OUTSIDE, "CBAM-BOUND-003"),
    ):
        label = words(code_of("CBAM_DIRECT", place))
        parts = work.found.figures_of(place)
        figures.total(f"direct.{place}", parts, unit=UNIT, rule=rule_id, label=label)
    figures.add(
        "direct",
        "unwrought + products",
        {"unwrought": "direct.unwrought", "products": "direct.products"},
        unit=UNIT,
        rule="CBAM-SCOPE-001",
        label=words("CBAM_DIRECT"),
    )
    return work.found


def _fuel(work: _Work, process: str, fuel: str) -> None:
    """Energy x standard factor x oxidation 1, or the site's own analysed factor."""
    pin = work.inventory.pinned(fuel, "combustion")
    key = (process, fuel, "co2")
    rows = [r.amount for r in work.inventory.emitted() if (r.process, r.flow, r.gas) == key]
    # A factor of its own that is known as CO2e only is no analysis of carbon.
    analysed = bool(rows) and pin is not None and pin[1] == OWN
    formula = "co2" if analysed else "energy * factor * oxidation"
    inputs: Inputs = {"co2": exact_sum(rows)}
    if not analysed:
        inputs = {
            "energy": work.inventory.fuels()[process, fuel],
            "factor": fuel_factors()[fuel],
            "oxidation": rule("CBAM-FUEL-001").number("oxidation"),
        }
    method = ANALYSED if analysed else COMBUSTION
    name = f"direct.{process}.{fuel}"
    stream = Stream(name, process, fuel, "co2", method, work.place(process))
    work.keep(stream, formula, inputs, "CBAM-FUEL-001")


def _emission(work: _Work, row: Emitted) -> None:
    """Anode carbon by f, PFC by AR5, everything else as the inventory has it."""
    if row.gas not in (*rule("CBAM-SCOPE-001").items("gases"), GAS_CO2E):
        work.leave_out(row)
        return
    name = f"direct.{row.process}.{row.flow}"
    while name in work.figures:
        name = f"{name}.{row.gas}"
    formula, method, cited = "co2", "process", "CBAM-PROCESS-001"
    inputs: Inputs = {"co2": row.amount}
    ratio = work.inventory.pinned("anode_carbon.co2_per_carbon", "property")
    if row.flow == ANODE and ratio is not None:
        # CO2 of the inventory / its CO2 per carbon x that of the regulation.
        formula, method, cited = (_BY_CARBON, "mass_balance", "CBAM-CARBON-001")
        co2_per_carbon = rule(cited).number("co2_per_carbon")
        inputs |= {"inventory_ratio": ratio[0], "co2_per_carbon": co2_per_carbon}
    elif row.gas in _PFC:
        formula, method, cited = "gas * gwp", "pfc", "CBAM-GWP-001"
        inputs = {"gas": row.amount, "gwp": rule(cited).number(row.gas)}
    work.found.known_as_co2e |= row.gas == GAS_CO2E
    stream = Stream(name, row.process, row.flow, row.gas, method, work.place(row.process))
    work.keep(stream, formula, inputs, cited)
