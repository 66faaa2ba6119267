"""What a smelter's account needs beside its rows: carbon of anodes, PFC by method, captive power.

Written from the rules (AL-ANODE-001, AL-ANODE-CARBON, AL-PFC-001 to -003, AL-POWER-002) over ledger
rows, apart from the model that it is held against. Parameters that no site measures, such as slopes
of a technology, are cited factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.form.rows import holding_row
from factor_db.ledger.form.vocabulary import SMELTER_PROPERTIES, vocabulary
from footprint.account.sharing import BY_MASS, allocated
from footprint.account.site_ledger import ONE, ZERO, SiteLedger, total
from lca_models.system.formula import Slot

CELLS, ANODE_PLANT = "electrolysis", "anode_production"
NET_ANODE, ANODE, METAL = "anode_carbon", "anode", "liquid_aluminium"
NEVER_OWN = ("bauxite_mining", "alumina_refining")
"""Steps that are scope 3 in every model, whoever runs them."""
_BAKED_OF, _BURNT = ("calcined_coke", "pitch"), ("pitch_volatiles", "packing_coke")
Parameter = Callable[[Slot], Decimal]
"""What finds the value of a parameter by its slot, and notes the one that nothing fills."""


@dataclass(frozen=True, slots=True)
class SmelterChoices:
    """The choices of a study that say how a smelter's gases and power are counted."""

    pfc_method: str = "amount"
    technology: str = ""
    power: str = "grid"


def carbon_share(flow: str, ledger: SiteLedger, parameter: Parameter) -> Decimal:
    """Return kg of carbon per kg of a flow: all but its sulphur and ash (AL-ANODE-001).

    What is stated as carbon has neither.
    """
    with localcontext(EXACT):
        return ONE - sum(
            (
                _stated(flow, name, unit, ledger, parameter)
                for name, unit in SMELTER_PROPERTIES.get(flow, ())
            ),
            ZERO,
        )


def co2_per_unit(flow: str, ledger: SiteLedger, parameter: Parameter) -> Decimal:
    """Return kg CO2 per unit of a carbon-bearing flow that burns, kg or t as it is counted."""
    kilograms = Decimal(1000) if vocabulary().flows[flow].unit == "t" else ONE
    ratio = parameter(Slot("", f"{NET_ANODE}.co2_per_carbon", "property", "kg/kg"))
    with localcontext(EXACT):
        return kilograms * carbon_share(flow, ledger, parameter) * ratio


def anodes_per_net(ledger: SiteLedger, parameter: Parameter, method: str = BY_MASS) -> Decimal:
    """Return t of baked anode set per t of net anode burnt; butts come back (AL-ANODE-CARBON).

    Of the site's own rows where it bakes anodes, else of the chain that stands for its supplier.
    Where anodes are sold beside it, `method` parts what was baked (DER-ALLOC-002).
    """
    made = ledger.made(ANODE_PLANT)
    share = carbon_share(NET_ANODE, ledger, parameter)
    with localcontext(EXACT):
        if made:
            taken, burnt = (
                sum((_of_product(ledger, flow, method) for flow in flows), ZERO)
                for flows in (_BAKED_OF, _BURNT)
            )
        else:
            made = ONE
            taken = sum((parameter(_of_chain(flow)) for flow in _BAKED_OF), ZERO)
            burnt = sum((parameter(_of_chain(flow, optional=True)) for flow in _BURNT), ZERO)
        supplied = (taken - burnt / share) / 1000
        return made / supplied if supplied > 0 else ZERO


def _of_product(ledger: SiteLedger, flow: str, method: str) -> Decimal:
    """Return what the anode plant used of a flow for its own anodes, those sold left out."""
    return allocated(ledger, ANODE_PLANT, ledger.input_rows(ANODE_PLANT, flow), method)


def pfc_kg(
    ledger: SiteLedger, choices: SmelterChoices, parameter: Parameter
) -> Iterator[tuple[str, Decimal]]:
    """Yield (gas, kg) of anode effects where a method finds them; `amount` reads the rows.

    Rules: AL-PFC-001 to AL-PFC-003.
    """
    metal = ledger.made(CELLS)
    if choices.pfc_method == "amount" or not metal:
        return
    with localcontext(EXACT):
        if choices.pfc_method == "default":
            for gas in ("cf4", "c2f6"):
                yield gas, parameter(Slot("", f"{gas}.default", "property", "kg/t")) * metal
            return
        technology = choices.technology.lower()
        if choices.pfc_method == "slope":
            slope = parameter(_coefficient(f"cf4.slope_{technology}", "kg/t"))
            cf4 = slope * _by_metal(ledger, "anode_effect_minutes")
            ratio = parameter(_coefficient(f"c2f6.per_cf4_{technology}", "kg/kg"))
        else:
            per_mv = parameter(_coefficient(f"cf4.overvoltage_{technology}", "kg/t"))
            efficiency = ledger.mean_property(METAL, "current_efficiency")
            volts = _by_metal(ledger, "anode_effect_overvoltage")
            cf4 = per_mv * volts / efficiency if efficiency else ZERO
            ratio = parameter(_coefficient(f"c2f6.per_cf4_overvoltage_{technology}", "kg/kg"))
        yield "cf4", cf4
        yield "c2f6", cf4 * ratio


def captive_kwh(ledger: SiteLedger, choices: SmelterChoices) -> tuple[str, Decimal]:
    """Return the flow of the cells' own type of power and its kWh; 0 where they take the grid's.

    A mix has shares that no ledger states, so its study is not of the plant as metered.
    """
    if choices.power in ("grid", "mix"):
        return POWER_FLOW, ZERO
    return f"{POWER_FLOW}_{choices.power}", ledger.used(CELLS, POWER_FLOW)


def _by_metal(ledger: SiteLedger, name: str) -> Decimal:
    """Return the sum over the months of a figure of anode effects x the metal made in it."""
    wanted = f"cf4.{name}"
    stated = ledger.stated(wanted)
    found = ZERO
    for row in ledger.rows_of(CELLS, role="product"):
        held = holding_row(stated, wanted, row.period, process=CELLS, product=row.product)
        found += row.amount * (held.amount if held else ZERO)
    return found


def _stated(flow: str, name: str, unit: str, ledger: SiteLedger, parameter: Parameter) -> Decimal:
    stated = ledger.mean_property(flow, name)
    return parameter(Slot("", f"{flow}.{name}", "property", unit)) if stated is None else stated


def _of_chain(flow: str, *, optional: bool = False) -> Slot:
    return Slot(ANODE_PLANT, flow, "inventory", "kg/t", optional=optional)


def _coefficient(flow: str, unit: str) -> Slot:
    return Slot("", flow, "coefficient", unit)


def baked_here(ledger: SiteLedger) -> bool:
    """Tell whether the site makes its anodes itself."""
    return bool(total(ledger.rows_of(ANODE_PLANT, role="product")))
