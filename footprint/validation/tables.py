"""What is known of each published result: read from `factor_db/reference/validation`.

`results.csv` holds every published result with its source, `cases.toml` how one is reached by our
models and what was found, `inventories.csv` the amounts and factors a publication states per slot,
`smelter_power.csv` the power mixes, `gases.csv` the masses of gas behind a result.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.units import conversion

FOLDER = "validation"
Row = Mapping[str, str]
Pins = Mapping[str, Row]
"""Slot key → the row of the inventory that fills it."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Which contributions a boundary keeps; an empty set keeps all."""

    scopes: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    without_gases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """How a published result is reached.

    `ours` names inventories that complete the release for our own figure. `power` is a mix,
    `power_from`, `boundary_from` and `data` name inventories; None says that the publication does
    not state it, an empty tuple that it states what we use too. `label` is for runs without a
    published result; `short` is the name under which the page's summary cites the rest.
    """

    result: str
    product: str
    place: str
    smelter_power: str = "grid"
    ours: tuple[str, ...] = ()
    others_zero: bool = False
    mix: str = ""
    power_from: tuple[str, ...] | None = None
    boundary_from: tuple[str, ...] | None = None
    keep: Keep = field(default_factory=Keep)
    data: tuple[str, ...] | None = None
    zh: str = ""
    en: str = ""
    label_zh: str = ""
    label_en: str = ""
    short: str = ""


@cache
def published_results() -> dict[str, Row]:
    """Return every published result: id → row."""
    return {row["id"]: row for row in reference_rows(f"{FOLDER}/results.csv")}


def published_value(row: Row) -> Decimal:
    """Return a published result in kg CO2e per kg; raises BadInput for another kind of unit."""
    return EXACT.multiply(Decimal(row["value"]), conversion(row["unit"], "kg/kg"))


@cache
def cases() -> tuple[Case, ...]:
    """Return every case in the order of the page."""
    path = files("factor_db") / "reference" / FOLDER / "cases.toml"
    return tuple(_case(item) for item in tomllib.loads(path.read_text(encoding="utf-8"))["case"])


@cache
def inventory(name: str) -> Pins:
    """Return one published inventory; KeyError when there is none of that name."""
    rows = reference_rows(f"{FOLDER}/inventories.csv")
    found = {row["slot"]: row for row in rows if row["inventory"] == name}
    if not found:
        raise KeyError(name)
    return found


def merged(names: tuple[str, ...]) -> dict[str, Row]:
    """Return several inventories as one; a later one wins."""
    return {slot: row for name in names for slot, row in inventory(name).items()}


def smelter_power_rows(mix: str) -> list[dict[str, str]]:
    """Return the rows of a smelter power mix; KeyError when there is none of that name."""
    rows = [row for row in reference_rows(f"{FOLDER}/smelter_power.csv") if row["mix"] == mix]
    if not rows:
        raise KeyError(mix)
    return rows


def gases_of(result: str) -> dict[str, Decimal]:
    """Return the gases behind a published result, kg per kg of product; empty when not stated."""
    rows = [row for row in reference_rows(f"{FOLDER}/gases.csv") if row["result"] == result]
    return {
        row["gas"]: EXACT.multiply(Decimal(row["amount"]), conversion(row["unit"], "kg/kg"))
        for row in rows
    }


def _case(item: Mapping[str, Any]) -> Case:
    known = dict(item)
    known["keep"] = Keep(**{key: frozenset(value) for key, value in item.get("keep", {}).items()})
    for name in ("ours", "power_from", "boundary_from", "data"):
        if name in item:
            known[name] = tuple(item[name])
    return Case(**known)
