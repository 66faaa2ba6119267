"""What semi-finished products share after casting: treatment, packing, site services.

As metered, each step takes what the ledger says it takes. A temper that is chosen names the steps
between two others; then each step takes the metal of the one before it and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lca_models.metal_inputs import metal_inputs
from lca_models.system.formula import Slot
from lca_models.system.slots import Step
from lca_models.system.unit_process import Choices, Emission, Input, Part, UnitProcess

SERVICES = "site_services"
METERED = "metered"
"""The value of a choice of steps that the ledger makes."""
PACKAGING = ("wood_packaging", "plastic_film", "steel_strapping", "paper")
# Packaging of biogenic carbon: its uptake is shown apart, with the gas co2_biogenic.
_BIOGENIC = frozenset({"wood_packaging", "paper"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step: its product, whether it burns gas, what it uses."""

    product: str
    stage: str = "heat_treatment"
    burns_gas: bool = True
    uses: tuple[str, ...] = ()


def treatment(
    choices: Choices, kinds: dict[str, Kind], tempers: Mapping[str, tuple[str, ...]], start: str
) -> tuple[tuple[UnitProcess, ...], str]:
    """Return the steps of the temper chosen, and the one flow that the next step takes.

    Metered: every step, each taking whatever the ledger says, and the flow is empty for any
    (rule PCF-ROUTE-001). Of a temper: its steps in a row, the first of them taking `start`.
    """
    if choices.temper == METERED:
        return tuple(_step(choices, code, kind, "") for code, kind in kinds.items()), ""
    processes, flow = [], start
    for code in tempers[choices.temper]:
        processes.append(_step(choices, code, kinds[code], flow))
        flow = kinds[code].product
    return tuple(processes), flow


def _step(choices: Choices, code: str, kind: Kind, takes: str) -> UnitProcess:
    step = Step(code, choices)
    return step.process(
        kind.stage,
        kind.product,
        metal_inputs(step, takes),
        (step.burns("natural_gas"),) if kind.burns_gas else (),
        step.electricity(),
        step.uses(*kind.uses),
        step.scraps(),
    )


def packing(
    choices: Choices,
    code: str,
    product: str,
    takes: str = "",
    *,
    packaging: tuple[str, ...] = PACKAGING,
    leave_out: tuple[str, ...] = (),
) -> tuple[UnitProcess, ...]:
    """Return packing of a product, and the site services that every tonne packed has used.

    `takes` and `leave_out` are those of `metal_inputs`.
    """
    step = Step(code, choices)
    packed = step.process(
        "finishing",
        product,
        metal_inputs(step, takes, leave_out=leave_out),
        step.electricity(),
        *(_packaging(step, flow) for flow in packaging),
        step.services(),
        *step.scraps(),
    )
    return (packed, site_services(choices))


def _packaging(step: Step, flow: str) -> Input:
    """Return a packaging material: its supply, and the biogenic carbon it has taken up.

    Rule: PCF-BIO-001. The uptake is optional: where nobody states it, the result says so.
    """
    (used,) = step.uses(flow)
    if flow not in _BIOGENIC:
        return used
    uptake = Slot("", flow, "biogenic_uptake", "kg/kg", optional=True)
    return Input(flow, used.unit, used.amount, (*used.parts, Part("upstream", uptake, "3")))


def site_services(choices: Choices) -> UnitProcess:
    """Return what belongs to no step: heating, lighting, internal transport, refrigerant losses."""
    step = Step(SERVICES, choices)
    refrigerant: Emission = step.emits("hfc_134a", gas="hfc-134a")
    return step.process(
        "site_services",
        "site_services",
        step.burns("natural_gas"),
        step.burns("diesel"),
        step.electricity(),
        *step.uses("water"),
        step.hands_over("wastewater"),
        refrigerant,
    )
