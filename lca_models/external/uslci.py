"""The US LCI database (openLCA JSON-LD) as a background, an activity per product with burdens.

Each activity makes the net amount of one product of a process and takes that product's share of
everything else the process uses and emits. The report says how every input was linked, what was
cut off with its amount, how co-products were treated and which flows were not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from factor_db.foundation.errors import BadInput
from lca_models.background.brightway import Imported
from lca_models.background.flows import elementary_flow
from lca_models.background.gases import listed
from lca_models.background.matrices import Flow, Product, assemble, entries
from lca_models.background.productive import largest_loop, require_productive
from lca_models.background.written import ImportReport
from lca_models.external.co_products import Share, Shares, record, shares_of
from lca_models.external.exchanges import ELEMENTARY, PRODUCT, WASTE, Exchange, Reader
from lca_models.external.jsonld import Documents, read_archive
from lca_models.external.providers import Linking, Offer


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person sets against the policy.

    `providers` is flow id or name → process id; `allocation` process id → mass or reference.
    """

    providers: Mapping[str, str] = field(default_factory=dict)
    allocation: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Process:
    id: str
    name: str
    location: str
    changed: str
    exchanges: tuple[Exchange, ...]
    shares: Shares


def read_uslci(path: Path, name: str, choices: Choices | None = None) -> Imported:
    """Return the background of a JSON-LD archive, with the report of the import.

    Raises BadInput as `read_archive`, `Reader` and `assemble`, LCI_FAULTS with every faulty process
    at once, and BACKGROUND_NOT_PRODUCTIVE naming the loop.
    """
    return import_documents(read_archive(path), name, choices or Choices())


def import_documents(documents: Documents, name: str, choices: Choices) -> Imported:
    """Return the background of documents that were read; raises as `read_uslci`."""
    reader = Reader(documents)
    processes = _processes(documents, reader, choices)
    activities = [(process, share) for process in processes for share in process.shares.bearing]
    linking = Linking(_offers(processes, activities), choices.providers)
    builder = _Builder(reader, linking)
    for place, (process, share) in enumerate(activities):
        builder.add(place, process, share)
    products = [_product(process, share) for process, share in activities]
    background = assemble(
        name,
        products,
        builder.flows,
        entries(*builder.links.parts()),
        entries(*builder.emitted.parts()),
    )
    require_productive(
        background.technosphere, [f"{item.activity} [{item.key}]" for item in background.products]
    )
    report = _report(processes, builder)
    report["restrictions"] = _restrictions(documents)
    report["largest_loop_radius"] = largest_loop(background.technosphere)
    return Imported(background, report)


def _processes(documents: Documents, reader: Reader, choices: Choices) -> list[_Process]:
    found, faults = [], []
    for key, document in sorted(documents["processes"].items()):
        try:
            exchanges = tuple(reader.exchanges(document))
            process = str(document.get("name", "")).strip()
            shares = shares_of(process, exchanges, choices.allocation.get(key, ""))
        except BadInput as error:
            faults.append(f"{error.code}: {', '.join(map(str, error.params.values()))}")
            continue
        location = document.get("location") or {}
        place = location if isinstance(location, str) else str(location.get("name", ""))
        changed = str(document.get("lastChange", ""))
        found.append(_Process(key, process, place, changed, exchanges, shares))
    if faults:
        raise BadInput("LCI_FAULTS", count=len(faults), faults=" | ".join(faults))
    return found


def _restrictions(documents: Documents) -> dict[str, str]:
    """Return process id → what a data set says about its own use, of those that say something."""
    found = {}
    for key, document in sorted(documents["processes"].items()):
        said = (document.get("processDocumentation") or {}).get("restrictionsDescription")
        if said and str(said).strip():
            found[key] = str(said).strip()
    return found


def _offers(processes: list[_Process], activities: list[tuple[_Process, Share]]) -> list[Offer]:
    offers = [
        _offer(place, process, share.product) for place, (process, share) in enumerate(activities)
    ]
    for process in processes:
        offers += [_offer(-1, process, product, free=True) for product in process.shares.free]
    return offers


def _offer(place: int, process: _Process, product: Exchange, *, free: bool = False) -> Offer:
    return Offer(
        place=place,
        process=process.id,
        process_name=process.name,
        flow=product.flow,
        name=product.name,
        unit=product.unit,
        changed=process.changed,
        free=free,
    )


def _product(process: _Process, share: Share) -> Product:
    product = share.product
    key = process.id if product.is_reference else f"{process.id}:{product.flow}"
    return Product(key, product.name, process.location, product.unit, process.name)


class _Triples:
    def __init__(self) -> None:
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []

    def add(self, row: int, column: int, value: float) -> None:
        self.rows.append(row)
        self.columns.append(column)
        self.values.append(value)

    def parts(self) -> tuple[list[int], list[int], list[float]]:
        return self.rows, self.columns, self.values


class _Builder:
    """Collects matrix entries; an elementary flow taken in is another row than the same let out."""

    def __init__(self, reader: Reader, linking: Linking) -> None:
        self.reader, self.linking = reader, linking
        self.links, self.emitted = _Triples(), _Triples()
        self.flows: list[Flow] = []
        self.uncounted: list[tuple[str, str, str]] = []
        self.wastes = 0
        self.avoided = 0
        self._flow_place: dict[tuple[str, bool], int] = {}
        self._providers: dict[str, list[int | None]] = {}

    def add(self, place: int, process: _Process, share: Share) -> None:
        """Add one activity: its product, and its share of everything else."""
        self.links.add(place, place, share.product.amount)
        used = [item for item in process.exchanges if item.is_input or item.is_avoided]
        used = [item for item in used if item.flow_type == PRODUCT]
        for item, provider in zip(used, self._provided(process, used), strict=True):
            amount = item.amount * share.share
            if provider is not None:
                self.links.add(provider, place, amount if item.is_avoided else -amount)
        for item in process.exchanges:
            if item.flow_type == ELEMENTARY:
                self.emitted.add(self._flow(item), place, item.amount * share.share)

    def _provided(self, process: _Process, used: list[Exchange]) -> list[int | None]:
        """Return the providers of a process's inputs; asked, and counted, once for all products."""
        if process.id not in self._providers:
            self._providers[process.id] = [
                self.linking.provider(process.name, item) for item in used
            ]
            self.avoided += sum(item.is_avoided for item in used)
            self.wastes += sum(item.flow_type == WASTE for item in process.exchanges)
        return self._providers[process.id]

    def _flow(self, item: Exchange) -> int:
        known = self._flow_place.get((item.flow, item.is_input))
        if known is not None:
            return known
        compartment = self.reader.compartment(item.flow)
        flow, reason = elementary_flow(
            f"{item.flow}:{'in' if item.is_input else 'out'}",
            item.name,
            str(self.reader.flows[item.flow].get("cas") or ""),
            compartment,
            item.unit,
            is_output=not item.is_input,
        )
        if reason:
            self.uncounted.append((item.name, compartment, reason))
        self._flow_place[item.flow, item.is_input] = len(self.flows)
        self.flows.append(flow)
        return len(self.flows) - 1


def _report(processes: list[_Process], builder: _Builder) -> ImportReport:
    linking = builder.linking
    gases: dict[str, int] = {}
    for flow in builder.flows:
        if flow.gas:
            gases[flow.gas] = gases.get(flow.gas, 0) + 1
    shared = [item for item in processes if item.shares.method != "single"]
    return {
        "source": "openLCA JSON-LD",
        "processes": len(processes),
        "activities": sum(len(item.shares.bearing) for item in processes),
        "flows": len(builder.flows),
        "inputs": dict(sorted(linking.counts.items())),
        "linked_by_name": sorted(linking.by_name.values(), key=lambda item: item["name"]),
        "ambiguous": sorted(linking.ambiguous.values(), key=lambda item: item["name"]),
        "cut_off": linking.cut_off,
        "co_products": [record(item.name, item.shares) for item in shared],
        "waste_outputs": builder.wastes,
        "avoided_products": builder.avoided,
        "mended_units": sorted(builder.reader.mended_units),
        "gases": dict(sorted(gases.items())),
        "uncounted": listed(builder.uncounted),
    }
