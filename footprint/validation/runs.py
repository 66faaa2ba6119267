"""Running a published inventory through our models: `evaluate` with a pinner of layers.

What a layer states fills its slots; every other slot takes the factor of the shipped reference
data, amounts for the place of the publication and emissions for China, the only country whose
power and fuels the reference data holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache

from factor_db.factors.record.factor import Factor, Source
from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.canonical import EXACT, decimal_value, exact_sum
from footprint.solving.evaluate import Nominal, evaluate
from footprint.study.definition import Study
from footprint.validation.split import OUR_SET, Split, gwp_step, split_runs
from footprint.validation.tables import (
    Case,
    Keep,
    Row,
    gases_of,
    merged,
    published_results,
    published_value,
    smelter_power_rows,
)
from lca_models.system.formula import Slot
from lca_models.system.resolve import OVERRIDE, Pin, Resolver, Where
from lca_models.system.unit_process import Choices

PERIOD = ("2025-01-01", "2025-12-31")
EMISSIONS_OF = "CN"
# The slot of captive power carries no delivery, as the smelter power of a statistic does not.
_CAPTIVE = {"smelter_power": "coal"}
_CAPTIVE_SLOT = "electricity_coal/life_cycle"
_AMOUNTS = {"inventory", "property"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What one run takes from the publication: slots, choices, boundary."""

    pins: Mapping[str, Row]
    choices: Mapping[str, str]
    keep: Keep


def split_case(case: Case) -> Split:
    """Run a case as published, then with one thing more of ours at a time, and split it."""
    row = published_results()[case.result]
    gwp = gwp_step(gases_of(case.result), row["gwp_set"])
    first, after = walk(case)
    return split_runs(published_value(row), gwp, first, after)


def walk(case: Case) -> tuple[Decimal, dict[str, Decimal]]:
    """Return the total as published, and step → total once it and all before it are ours."""
    stated = stated_layers(case)
    first = _total(case, stated)
    after = {}
    for name in list(stated):
        del stated[name]
        after[name] = _total(case, stated)
    return first, after


def run(case: Case, layers: Mapping[str, Setting]) -> Nominal:
    """Evaluate our model with the layers a publication states, under AR6."""
    pins = merged(case.ours)
    choices = {"smelter_power": case.smelter_power}
    # Later layers lie below: what a publication says of power holds over its inventory.
    for name in ("data", "boundary", "power"):
        if name in layers:
            pins.update(layers[name].pins)
            choices.update(layers[name].choices)
    study = Study(case.product, gwp_set=OUR_SET, choices=Choices(**choices))
    amounts, emissions = _resolver(case.place), _resolver(EMISSIONS_OF)

    def pin(slot: Slot) -> Pin | None:
        if slot.key in pins:
            return Pin(slot, _factor(slot, pins[slot.key]), OVERRIDE)
        if slot.quantity not in _AMOUNTS:
            return emissions.pin(slot)
        found = amounts.pin(slot)
        if found is None and case.others_zero:
            return Pin(slot, _factor(slot, {"unit": slot.unit, "amounts": "value=0"}), OVERRIDE)
        return found

    return evaluate(study, Where("", case.place, *PERIOD), pin)


def ours(case: Case) -> Nominal:
    """Evaluate our model with nothing of the publication."""
    return run(case, {})


def _total(case: Case, layers: Mapping[str, Setting]) -> Decimal:
    keep = layers["boundary"].keep if "boundary" in layers else Keep()
    return exact_sum(
        row.kg_co2e
        for row in run(case, layers).contributions
        if (not keep.scopes or row.scope in keep.scopes)
        and (not keep.processes or row.process in keep.processes)
        and row.gas not in keep.without_gases
    )


def _power_layer(case: Case) -> Setting | None:
    if case.mix:
        row = {"unit": "kg/kWh", "amounts": f"co2e={mix_factor(case.mix)}"}
        return Setting({_CAPTIVE_SLOT: row}, _CAPTIVE, Keep())
    if case.power_from is None:
        return None
    pins = merged(case.power_from)
    return Setting(pins, _CAPTIVE if _CAPTIVE_SLOT in pins else {}, Keep())


def _boundary_layer(case: Case) -> Setting | None:
    if case.boundary_from is None and case.keep == Keep():
        return None
    return Setting(merged(case.boundary_from or ()), {}, case.keep)


def mix_factor(mix: str) -> Decimal:
    """Return kg CO2e per kWh of a smelter power mix: shares x the factors of our release."""
    with localcontext(EXACT):
        return exact_sum(
            Decimal(row["share"]) * power_factor(row["source"]) for row in smelter_power_rows(mix)
        )


def power_factor(flow: str) -> Decimal:
    """Return our kg CO2e per kWh of one kind of power; KeyError when the release has none."""
    pin = _resolver(EMISSIONS_OF).pin(Slot("", flow, "life_cycle", "kg/kWh"))
    if pin is None:
        raise KeyError(flow)
    return exact_sum(pin.gases().values())


def stated_layers(case: Case) -> dict[str, Setting]:
    """Return what a publication states, by step in the order of the walk."""
    layers = {
        "power": _power_layer(case),
        "boundary": _boundary_layer(case),
        "data": None if case.data is None else Setting(merged(case.data), {}, Keep()),
    }
    return {name: layer for name, layer in layers.items() if layer is not None}


@cache
def _resolver(place: str) -> Resolver:
    return Resolver(reference_factors(), Where("", place, *PERIOD))


def _factor(slot: Slot, row: Row) -> Factor:
    pairs = (pair.partition("=") for pair in row["amounts"].split(";"))
    amounts = {name: decimal_value(value) for name, _, value in pairs}
    kind = {"inventory": "inventory", "property": "parameter"}.get(slot.quantity, "emission")
    return Factor(
        id="publication." + slot.key.replace("/", "."),
        version=1,
        kind=kind,  # type: ignore[arg-type]
        name_zh=slot.key,
        name_en=slot.key,
        process=slot.process,
        flow=slot.flow,
        quantity=slot.quantity,
        unit=row["unit"],
        amounts=amounts,
        gwp_set="unstated" if "co2e" in amounts else "",
        geography="GLO",
        data_year=int(PERIOD[1][:4]),
        data_type="literature",
        source=Source(citation=row.get("citation", "") or "nothing stated"),
        licence=row.get("licence", "") or "none",
        redistribution="single_value",
        confidence="B",
        owner="publication",
    )
