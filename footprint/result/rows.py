"""The two tables of a result, row by row: emissions, and flows of the inventory."""

from __future__ import annotations

from dataclasses import dataclass

from footprint.result.record import STRICT_ROW, Exact


@dataclass(frozen=True, slots=True)
class Emitted:
    """One emission before it is weighed: kg of a gas per declared unit, and all it rests on."""

    __pydantic_config__ = STRICT_ROW

    process: str
    site: str
    stage: str
    flow: str
    gas: str
    origin: str
    scope: str
    link: str
    part: str
    activity_data: str
    factor_data: str
    factor: str
    kg_gas: Exact


@dataclass(frozen=True, slots=True)
class Contribution(Emitted):
    """One emission: where, of what, under which scope, by which factor; per declared unit."""

    kg_co2e: Exact


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow of the inventory per declared unit; `quality` is the level its amount came from."""

    __pydantic_config__ = STRICT_ROW

    process: str
    flow: str
    amount: Exact
    unit: str
    role: str
    origin: str
    precursor: str
    quality: str
