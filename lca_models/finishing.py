"""What semi-finished products share after casting: routes by temper, packing, site services.

A temper names the steps between two others; each step takes the metal of the one before it, so a
route is a chain of step codes and the flow that is handed on follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lca_models.formula import Slot
from lca_models.slots import Step
from lca_models.unit_process import Choices, Emission, Input, Part, UnitProcess

SERVICES = "site_services"
PACKAGING = ("wood_packaging", "plastic_film", "steel_strapping", "paper")
# Packaging of biogenic carbon: its uptake is shown apart, with the gas co2_biogenic.
_BIOGENIC = frozenset({"wood_packaging", "paper"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step: its product, whether it burns gas, what it uses, whether it scraps."""

    product: str
    stage: str = "heat_treatment"
    burns_gas: bool = True
    uses: tuple[str, ...] = ()
    scraps: bool = False


def route(
    choices: Choices, kinds: dict[str, Kind], codes: tuple[str, ...], start: tuple[str, str]
) -> tuple[tuple[UnitProcess, ...], tuple[str, str]]:
    """Return the steps of a route, and the flow and process that the next step takes from.

    `start` is the flow and the process that the first step takes from.
    """
    processes = []
    flow, provider = start
    for code in codes:
        kind, step = kinds[code], Step(code, choices)
        gas = (step.burns("natural_gas"),) if kind.burns_gas else ()
        processes.append(
            step.process(
                kind.stage,
                kind.product,
                step.takes(flow, provider),
                gas,
                step.electricity(),
                step.uses(*kind.uses),
                step.scraps() if kind.scraps else (),
            )
        )
        flow, provider = kind.product, code
    return tuple(processes), (flow, provider)


def packing(
    choices: Choices,
    code: str,
    product: str,
    takes: tuple[str, str],
    packaging: tuple[str, ...] = PACKAGING,
) -> tuple[UnitProcess, ...]:
    """Return packing of a product, and the site services that every tonne packed has used."""
    step = Step(code, choices)
    packed = step.process(
        "finishing",
        product,
        step.takes(*takes),
        step.electricity(),
        *(_packaging(step, flow) for flow in packaging),
        step.services(),
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
