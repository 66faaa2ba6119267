"""What a unit of something that crosses the gate is worth in greenhouse gases: cited factors only.

The table `reference/gate.csv` says which published quantities a flow is valued by. It is written
apart from the models, so that a model that asks for the wrong one is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cache

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.reference_files import reference_rows
from factor_db.ledger.form.vocabulary import CALORIFIC, vocabulary
from footprint.account.sharing import scrap_takes_burdens
from footprint.account.site_ledger import ZERO, SiteLedger
from footprint.account.smelter import (
    ANODE,
    SmelterChoices,
    anodes_per_net,
    baked_here,
    co2_per_unit,
)
from lca_models.system.formula import Slot
from lca_models.system.resolve import Pin

_SCOPE_1 = frozenset({"combustion", "process"})
# A statement a supplier of packaging may or may not make (rule PCF-BIO-001).
_MAY_BE_UNSTATED = frozenset({"biogenic_uptake"})


@dataclass(frozen=True, slots=True)
class GateFlow:
    """How a flow crosses the gate: its kind, the flow whose factors value it, their quantities."""

    flow: str
    kind: str
    factor_flow: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worth:
    """One part of a flow's worth: kg of each gas per unit of the flow, scope, factor cited."""

    part: str
    scope: str
    gases: Mapping[str, Decimal]
    factor: str = ""
    rule: str = ""


def known(*worths: Worth | None) -> tuple[Worth, ...]:
    """Return the parts that somebody states."""
    return tuple(worth for worth in worths if worth is not None)


@cache
def gate_flows() -> Mapping[str, GateFlow]:
    """Return every flow that can cross a plant's gate, from `reference/gate.csv`."""
    return {
        row["flow"]: GateFlow(
            row["flow"],
            row["kind"],
            row["factor_flow"],
            _parts(row["parts"]),
        )
        for row in reference_rows("gate.csv")
    }


def _parts(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("+")))


@dataclass
class Valuation:
    """Values flows by the factors of a release, a study's suppliers and its modelled precursors.

    `pinner` finds the factor of a slot, `cut_offs` are slots that count 0 on both roads, `modelled`
    is flow → kg CO2e per t of a precursor whose chain the study models. Slots that nothing fills
    gather in `missing`: an account with a hole is no account. `smelter` is how a smelter's gases
    and power are counted.
    """

    pinner: Callable[[Slot], Pin | None]
    gwp_set: str
    scrap_rule: str
    cut_offs: frozenset[str] = frozenset()
    modelled: Mapping[str, Decimal] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    smelter: SmelterChoices = field(default_factory=SmelterChoices)

    def kg_co2e(self, worth: Worth) -> Decimal:
        """Return a part's worth in kg CO2e per unit of its flow, under the study's GWP set."""
        gwp = characterisation(self.gwp_set)
        with localcontext(EXACT):
            return sum((kg * gwp[gas] for gas, kg in worth.gases.items()), ZERO)

    def worths(self, flow: str, ledger: SiteLedger) -> tuple[Worth, ...]:
        """Return the parts of a flow's worth per unit of the flow; power is valued by its sources.

        A flow that crosses no gate (`gate_flows` has none) is worth nothing here.
        """
        gate = gate_flows().get(flow)
        if gate is None or gate.kind == "power":
            return ()
        if gate.kind == "gas":
            return (Worth("process", "1", {gate.factor_flow: Decimal(1)}),)
        if gate.kind == "scrap":
            return self._scrap(gate)
        if gate.kind == "carbon":
            return self._carbon(gate, ledger)
        if flow in self.modelled or gate.kind == "chain":
            return (self._of_chain(flow),)
        if gate.kind == "fuel":
            return tuple(self._burnt(part, gate, ledger) for part in gate.parts)
        unit = vocabulary().flows[flow].unit
        return known(*(self.worth_of(gate.factor_flow, part, unit) for part in gate.parts))

    def worth_of(self, flow: str, quantity: str, unit: str, scope: str = "") -> Worth | None:
        """Return kg of gases per unit of a quantity; None for one that may be unstated."""
        slot = Slot("", flow, quantity, f"kg/{unit}")
        pin = self.pinner(slot)
        part = quantity if quantity in _SCOPE_1 else "upstream"
        scope = scope or ("1" if quantity in _SCOPE_1 else "3")
        if pin is None:
            if quantity in _MAY_BE_UNSTATED:
                return None
            if slot.key not in self.cut_offs:
                self.missing[slot.key] = None
            return Worth(part, scope, {})
        return Worth(part, scope, pin.gases(), pin.factor.ref)

    def parameter(self, slot: Slot) -> Decimal:
        """Return the value of a parameter; one that nothing fills is a hole, unless optional."""
        pin = self.pinner(slot)
        if pin is not None:
            return pin.value()
        if not slot.optional:
            self.missing[slot.key] = None
        return ZERO

    def _of_chain(self, flow: str) -> Worth:
        """Return what the modelled chain gives a tonne; a chain nobody modelled is a hole."""
        if flow not in self.modelled:
            self.missing[f"{flow}/cradle_to_gate"] = None
        return Worth("upstream", "3", {"co2e": self.modelled.get(flow, ZERO)})

    def _carbon(self, gate: GateFlow, ledger: SiteLedger) -> tuple[Worth, ...]:
        """Return the CO2 of carbon that burns, and the anodes bought for it where none is baked."""
        burnt = co2_per_unit(gate.flow, ledger, self.parameter)
        found = (Worth("process", "1", {"co2": burnt}, rule="AL-ANODE-001"),)
        if gate.factor_flow != ANODE or baked_here(ledger):
            return found
        anode = self._of_chain(ANODE).gases["co2e"]
        with localcontext(EXACT):
            set_in = anode * anodes_per_net(ledger, self.parameter)
        return (*found, Worth("upstream", "3", {"co2e": set_in}, rule="AL-ANODE-CARBON"))

    def _burnt(self, quantity: str, gate: GateFlow, ledger: SiteLedger) -> Worth:
        """Return a fuel's worth per m3 or kg: what a MJ is worth times its calorific value."""
        per_mj = self.worth_of(gate.factor_flow, quantity, "MJ")
        assert per_mj is not None  # neither combustion nor supply may be unstated
        megajoules = self._calorific_value(gate.flow, ledger)
        with localcontext(EXACT):
            gases = {gas: kg * megajoules for gas, kg in per_mj.gases.items()}
        return Worth(per_mj.part, per_mj.scope, gases, per_mj.factor)

    def _calorific_value(self, fuel: str, ledger: SiteLedger) -> Decimal:
        stated = ledger.mean_property(fuel, CALORIFIC)
        if stated is not None:
            return stated
        unit = f"MJ/{vocabulary().flows[fuel].unit}"
        return self.parameter(Slot("", f"{fuel}.{CALORIFIC}", "property", unit))

    def _scrap(self, gate: GateFlow) -> tuple[Worth, ...]:
        """Return what bought scrap carries under the rule: nothing, or its seller's figure.

        Without that figure pre-consumer scrap carries primary ingot's (PCF-SCRAP-PRECONSUMER).
        """
        if not scrap_takes_burdens(self.scrap_rule) or not gate.factor_flow:
            return (Worth("upstream", "3", {}, rule=self.scrap_rule),)
        pin = self.pinner(Slot("", gate.factor_flow, "cradle_to_gate", "kg/t"))
        if pin is not None:
            return (Worth("upstream", "3", pin.gases(), pin.factor.ref),)
        if "primary_ingot" in self.modelled:
            return (Worth("upstream", "3", {"co2e": self.modelled["primary_ingot"]}),)
        return known(self.worth_of("primary_ingot", "cradle_to_gate", "t"))
