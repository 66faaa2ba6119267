"""A product system as Brightway holds it: parameters, activities with formulas, gases, a method.

Pure data made from our own: nothing of Brightway is imported. Every form of export (project,
package, workbooks) is written from an `Inventory`, so they cannot differ. Amounts are per tonne of
each process's product, gases in kg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from factor_db.foundation.messages import text

WORLD = "GLO"

Names = tuple[str, str]
"""A name in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a slot's number: where it comes from, and ln of its geometric deviation."""

    comment: str
    sigma: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """Names of processes, flows and gases by code, and what to say of the whole export."""

    processes: Mapping[str, Names] = field(default_factory=dict)
    flows: Mapping[str, Names] = field(default_factory=dict)
    gases: Mapping[str, Names] = field(default_factory=dict)
    location: str = WORLD
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number with a name; `activity` is the one activity that uses it, empty when several do."""

    name: str
    amount: float
    unit: str
    comment: str
    activity: str = ""
    sigma: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange; `kind` is technosphere (input: a process) or biosphere (input: a gas)."""

    kind: str
    input: str
    name: str
    unit: str
    amount: float
    formula: str
    sigma: float = 0.0
    flow: str = ""
    part: str = ""
    scope: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One process, per tonne of its product."""

    code: str
    names: Names
    product: Names
    stage: str
    location: str
    comment: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Gas:
    """A gas and its weight in the method, kg CO2e per kg."""

    code: str
    names: Names
    weight: float


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of an export; `final` is the code of the activity whose tonne is the demand."""

    product: str
    version: str
    final: str
    method: Names
    comment: str
    parameters: tuple[Parameter, ...]
    activities: tuple[Activity, ...]
    gases: tuple[Gas, ...]

    def parameters_of(self, activity: str) -> tuple[Parameter, ...]:
        """Return the parameters of one activity, or (empty code) those of the database."""
        return tuple(item for item in self.parameters if item.activity == activity)


def joined(names: Names) -> str:
    """Return a name for readers of either language, as Brightway has one field for it."""
    chinese, english = names
    return english if chinese == english else f"{english} {chinese}"


def both(code: str, **params: object) -> str:
    """Return a message of the catalogue in both languages on one line."""
    return f"{text(code, 'zh', **params)} / {text(code, 'en', **params)}"
