"""What is written beside a background: its record, and the report of its import, as JSON."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class OriginRecord(TypedDict):
    """Where a background came from."""

    file: str
    file_sha256: str
    database: str
    version: str
    licence: str
    redistribution: str
    url: NotRequired[str]


class ProductRecord(TypedDict):
    """A product of a background."""

    key: str
    name: str
    location: str
    unit: str
    activity: NotRequired[str]
    treatment: NotRequired[bool]


class FlowRecord(TypedDict):
    """An elementary flow; kg of its gas per unit."""

    key: str
    name: str
    compartment: str
    unit: str
    gas: NotRequired[str]
    kg_per_unit: NotRequired[float]


class BackgroundRecord(TypedDict):
    """A background without its matrices; `shape` is how many products and flows it has."""

    name: str
    sha256: str
    origin: OriginRecord
    gases: list[str]
    shape: list[int]
    products: list[ProductRecord]
    flows: list[FlowRecord]


class LinkedByName(TypedDict):
    """An input linked by its name alone, and the process taken."""

    name: str
    process: str


class Ambiguous(TypedDict):
    """An input that several processes offer: the one taken, and the others."""

    name: str
    taken: str
    taken_id: str
    others: list[str]


class CutOff(TypedDict):
    """An input that no process provides."""

    process: str
    flow: str
    amount: float
    unit: str
    reason: str


class Allocated(TypedDict):
    """How one process was shared out over its products, shares 0 to 1."""

    process: str
    method: str
    shares: dict[str, float]
    free: list[str]


class Uncounted(TypedDict):
    """A flow that looks like a greenhouse gas and does not count."""

    flow: str
    compartment: str
    reason: str


class ImportReport(TypedDict, total=False):
    """What an import found that was not plain; each source says what applies to it."""

    source: str
    databases: list[str]
    processes: int
    activities: int
    exchanges: int
    flows: int
    waste_treatments: int
    inputs: dict[str, int]
    linked_by_name: list[LinkedByName]
    ambiguous: list[Ambiguous]
    cut_off: list[CutOff]
    co_products: list[Allocated]
    waste_outputs: int
    avoided_products: int
    mended_units: list[str]
    gases: dict[str, int]
    uncounted: list[Uncounted]
    restrictions: dict[str, str]
    largest_loop_radius: float
