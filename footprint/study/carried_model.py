"""The model a result carries: its product system and those of the other choices, as data.

Whoever holds a document evaluates what it carries, so that a later change of the models' code
turns no issued certificate red; the hash tells whether it is the model of today. Documents made
before models were carried have none and are evaluated under the models of today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput, FootprintError
from footprint.study.definition import Study
from footprint.study.offered_choices import METHODOLOGICAL, offered_values, value_taken
from lca_models.catalogue import available_choices, completed_choices, product_system
from lca_models.system.record import record_and_places, system_hash, systems_of
from lca_models.system.unit_process import Choices, ProductSystem

# Another allocation asks for other factors of the site, which no document can carry in its pins.
_COMPARED = tuple(choice for choice in METHODOLOGICAL if choice != "allocation")
_CODE = re.compile(r"[A-Za-z0-9_.+-]{0,60}")
_MOST_OTHERS = 50


@dataclass(frozen=True, slots=True)
class Other:
    """One choice taken otherwise: its system, or the code of the error that there is none."""

    choice: str
    value: str
    system: ProductSystem | None
    refused: str = ""

    def required(self) -> ProductSystem:
        """Return the system; raises BadInput with the code by which the model refused it."""
        if self.system is None:
            raise BadInput(self.refused)
        return self.system


@dataclass(frozen=True, slots=True)
class CarriedModel:
    """A product system with what a result says of the choices behind it.

    `choices` are the study's, completed by the product's own defaults; `depends` are those the
    system depends on; `others` the alternatives a result shows, one choice at a time, in order.
    """

    system: ProductSystem
    choices: Mapping[str, str]
    depends: tuple[str, ...]
    others: tuple[Other, ...]

    def record(self) -> dict[str, Any]:
        """Return the model as JSON types; systems stand in it once, the result's own first."""
        given = (item.system for item in self.others if item.system is not None)
        systems, places = record_and_places([self.system, *given])
        place = iter(places[1:])
        return {
            "systems": systems,
            "choices": dict(self.choices),
            "depends": list(self.depends),
            "others": [
                {
                    "choice": item.choice,
                    "value": item.value,
                    **(
                        {"refused": item.refused}
                        if item.system is None
                        else {"system": next(place)}
                    ),
                }
                for item in self.others
            ],
        }

    @property
    def sha256(self) -> str:
        """Hash of all the model says: systems, choices, alternatives."""
        return content_hash("model", self.record())


def model_of(study: Study) -> CarriedModel:
    """Return today's model of a study; raises BadInput as `product_system` does."""
    return _model_of(study.product, study.choices, study.gwp_set)


@lru_cache(maxsize=64)
def _model_of(product: str, choices: Choices, gwp_set: str) -> CarriedModel:
    study = Study(product, choices=choices, gwp_set=gwp_set)
    chosen = completed_choices(product, choices)
    return CarriedModel(
        system=product_system(product, choices),
        choices=chosen.record(),
        depends=tuple(sorted(_depends(product, chosen))),
        others=tuple(_other(study, *pair) for pair in alternative_choices(study)),
    )


def model_from_record(record: Any) -> CarriedModel:
    """Return the model of a record; raises BadInput (MODEL_RECORD) for a malformed one."""
    if not isinstance(record, Mapping) or set(record) != {
        *("systems", "choices", "depends", "others")
    }:
        raise BadInput("MODEL_RECORD", field="model")
    systems = systems_of(record["systems"])
    choices, depends, others = record["choices"], record["depends"], record["others"]
    if not isinstance(choices, Mapping) or not all(map(_is_code, (*choices, *choices.values()))):
        raise BadInput("MODEL_RECORD", field="choices")
    if not isinstance(depends, list) or not all(map(_is_code, depends)):
        raise BadInput("MODEL_RECORD", field="depends")
    if not isinstance(others, list) or len(others) > _MOST_OTHERS:
        raise BadInput("MODEL_RECORD", field="others")
    read = tuple(_read_other(item, systems) for item in others)
    return CarriedModel(systems[0], dict(choices), tuple(depends), read)


def alternative_choices(study: Study) -> Iterable[tuple[str, str]]:
    """Yield every (choice, value) the study did not take, in a fixed order."""
    for choice in _COMPARED:
        for value in offered_values(study.product, choice):
            if value != value_taken(study, choice):
                yield choice, value


def differing_systems(mine: CarriedModel, other: CarriedModel) -> list[str]:
    """Return what differs between two models: `choices`, `result`, `choice=value`, in order."""
    theirs = {(item.choice, item.value): item for item in other.others}
    found = [] if says_the_same(mine, other) else ["choices"]
    found += [] if system_hash(mine.system) == system_hash(other.system) else ["result"]
    for item in mine.others:
        match = theirs.pop((item.choice, item.value), None)
        if match is None or _identity(item) != _identity(match):
            found.append(f"{item.choice}={item.value}")
    return found + [f"{choice}={value}" for choice, value in theirs]


def says_the_same(mine: CarriedModel, other: CarriedModel) -> bool:
    """Whether a model says of its own choices what another does, which may know of more."""
    known = set(mine.choices)
    same = all(other.choices.get(name) == value for name, value in mine.choices.items())
    return same and set(mine.depends) & known == set(other.depends) & known


def _identity(item: Other) -> str:
    return item.refused if item.system is None else system_hash(item.system)


def _other(study: Study, choice: str, value: str) -> Other:
    changed = study.changed(choice, value)
    try:
        return Other(choice, value, product_system(changed.product, changed.choices))
    except FootprintError as error:
        return Other(choice, value, None, error.code)


def _read_other(item: Any, systems: tuple[ProductSystem, ...]) -> Other:
    if not isinstance(item, Mapping) or set(item) not in (
        {"choice", "value", "system"},
        {"choice", "value", "refused"},
    ):
        raise BadInput("MODEL_RECORD", field="others")
    stated = [item[name] for name in item if name != "system"]
    place = item.get("system", 0)
    if not all(map(_is_code, stated)) or type(place) is not int or place not in range(len(systems)):
        raise BadInput("MODEL_RECORD", field="others")
    if "refused" in item:
        return Other(item["choice"], item["value"], None, item["refused"])
    return Other(item["choice"], item["value"], systems[place])


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _depends(product: str, chosen: Choices) -> frozenset[str]:
    """Return the choices whose other values give another product system, or none at all."""
    taken = product_system(product, chosen)

    def differs(name: str, value: str) -> bool:
        try:
            return product_system(product, replace(chosen, **{name: value})) != taken
        except BadInput:
            return True

    return frozenset(
        name
        for name, values in available_choices(product).items()
        if any(differs(name, value) for value in values if value != getattr(chosen, name))
    )
