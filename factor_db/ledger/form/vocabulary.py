"""The closed vocabulary of ledgers: processes, flows, properties, roles, methods and regions.

Codes stand in `factor_db/reference/*.csv`, names in the dictionary (`foundation/names.py`); a clerk
may write the code, the Chinese or the English name. Nothing outside the vocabulary gets a meaning
by guessing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from factor_db.foundation.names import names
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.units import UNITS, same_dimension


@dataclass(frozen=True, slots=True)
class Process:
    """A unit process: code, names, stage and the flow that is its reference product."""

    code: str
    name_zh: str
    name_en: str
    stage: str
    product: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow, or a property of one (`natural_gas.net_calorific_value`), and its canonical unit."""

    code: str
    name_zh: str
    name_en: str
    unit: str
    category: str


@dataclass(frozen=True, slots=True)
class ProcessFlow:
    """A flow that a process reports, its role, and when it is obligatory."""

    process: str
    flow: str
    role: str
    obligatory: str


PROPERTY = "property"
CHARGE_STAGE, PRIMARY_STAGE = "metal_input", "primary_chain"
BOUGHT_AS_CAST = {
    "purchased_slab": "slab",
    "purchased_billet": "billet",
    "purchased_coil": "hot_rolled_plate",
}
"""Bought metal that is not melted here → the flow of the site's making whose footprint it takes."""
SOLD_SCRAP = "sold_scrap"
"""Scrap that leaves a process and the site, t per t of its product: derived, never reported."""
MAY_BE_ABSENT = "no"
"""When a flow is obligatory: never, since a plant may not have it."""
CALORIFIC, ALUMINIUM, ALUMINA = "net_calorific_value", "aluminium_content", "alumina_content"
INERT = "inert_content"
"""What scrap loses in a kiln or furnace that is weighed nowhere and holds no carbon."""
_DECOATED = "shredded_scrap"
PRODUCT = "product"
SMELTER_PROPERTIES = {
    "cf4": (("anode_effect_minutes", "min/d"), ("anode_effect_overvoltage", "mV")),
    "liquid_aluminium": (("current_efficiency", "%"),),
    "anode_carbon": (("sulphur_content", "1"), ("ash_content", "1")),
}
"""Flow → property and unit of what a smelter states of it beside its amount."""
WEIGHED_BY_METAL = {"cf4": "liquid_aluminium"}
"""Flow whose properties describe the making of another: months weigh by that one."""
METAL_CATEGORIES = frozenset({"metal", "scrap", "internal", "alloying", "intermediate", "product"})
# Scrap sold takes no burden away and is no co-product.
SCRAP_CATEGORIES = frozenset({"scrap", "internal"})
# What a plant can sell beside its product: metal in some form, never energy, gas or waste.
CO_PRODUCT_CATEGORIES = METAL_CATEGORIES - {"alloying"}

# Ores, carbon and a service: counted in tonnes and made or used up by steps, but no aluminium.
_NO_ALUMINIUM = frozenset({"bauxite", "alumina", "anode", "anode_carbon", "dross_treated"})

ROLES = {code: item.zh for code, item in names("role").items()}
METHODS = {code: item.zh for code, item in names("method").items()}
# ISO 3166-2:CN, the 34 provincial divisions, two letters each.
_PROVINCES = "AHBJCQFJGDGSGXGZHAHBHEHIHKHLHNJLJSJXLNMONMNXQHSCSDSHSNSXTJTWXJXZYNZJ"
REGIONS = tuple(f"CN-{_PROVINCES[at : at + 2]}" for at in range(0, len(_PROVINCES), 2))


def normal_text(text: str) -> str:
    """Return a text as it is compared: full-width forms folded (NFKC), lower case, trimmed."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def edit_distance(first: str, second: str) -> int:
    """Return the Levenshtein distance of two texts."""
    previous = list(range(len(second) + 1))
    for row, one in enumerate(first, start=1):
        current = [row]
        for column, other in enumerate(second, start=1):
            change = previous[column - 1] + (one != other)
            current.append(min(previous[column] + 1, current[column - 1] + 1, change))
        previous = current
    return previous[-1]


def fuels() -> tuple[str, ...]:
    """Return the flows of which a calorific value is stated, in the order of the vocabulary."""
    known = vocabulary().flows
    return tuple(flow for flow in known if f"{flow}.{CALORIFIC}" in known)


def is_metal(flow: str) -> bool:
    """Tell whether a flow is metal in some form, counted in tonnes; what nobody knows is none."""
    entry = vocabulary().flows.get(flow)
    return entry is not None and entry.category in METAL_CATEGORIES and entry.unit == "t"


def is_aluminium(flow: str) -> bool:
    """Tell whether a flow is aluminium in some form: liquid, cast, rolled, scrap or a product."""
    category = vocabulary().flows[flow].category
    return category in CO_PRODUCT_CATEGORIES and flow not in _NO_ALUMINIUM


def holds_no_aluminium(flow: str) -> bool:
    """Tell whether a flow is made in tonnes like metal and is none: ore, carbon, treated dross."""
    return flow in _NO_ALUMINIUM


@cache
def alternatives(process: str) -> frozenset[str]:
    """Return the metals of which a process takes one or the other: own and bought, each form.

    What comes back from the site's own steps is no choice of metal and left out; a process that
    takes one metal alone has none.
    """
    found = frozenset(
        flow
        for (code, flow), item in vocabulary().process_flows.items()
        if code == process
        and item.role == "input"
        and flow in vocabulary().flows
        and vocabulary().flows[flow].category != "internal"
        and is_aluminium(flow)
    )
    return found if len(found) > 1 else frozenset()


def carries_metal(flow: str) -> bool:
    """Tell whether a flow is metal of a product: aluminium in some form, or what is alloyed in."""
    return vocabulary().flows[flow].category in METAL_CATEGORIES and flow not in _NO_ALUMINIUM


@dataclass(frozen=True)
class Terms:
    """One closed list of codes and every name under which a code may be written."""

    names: Mapping[str, str]
    codes: tuple[str, ...] = field(default=())

    def code(self, text: str) -> str | None:
        """Return the code a text stands for, or None."""
        return self.names.get(normal_text(text))

    def suggestion(self, text: str) -> str | None:
        """Return the code whose name is nearest to a text, None when none is near."""
        wanted = normal_text(text)[:64]
        # Up to a third of the letters may differ: `naturl gas` is meant, `coal` for `coke` is not.
        allowed = max(1, len(wanted) // 3) if len(wanted) > 2 else 0
        near = [name for name in self.names if abs(len(name) - len(wanted)) <= allowed]
        best = min(
            ((edit_distance(wanted, name), name) for name in near), default=(allowed + 1, "")
        )
        return self.names[best[1]] if best[0] <= allowed else None


def _terms(entries: Iterable[tuple[str, Iterable[str]]]) -> Terms:
    names: dict[str, str] = {}
    codes = []
    for code, others in entries:
        codes.append(code)
        for name in (code, *others):
            if names.setdefault(normal_text(name), code) != code:
                raise ValueError(
                    f"name {name!r} stands for both {names[normal_text(name)]} and {code}"
                )
    return Terms(names, tuple(codes))


@dataclass(frozen=True)
class Vocabulary:
    """All lists a ledger may draw on, with their names."""

    processes: Mapping[str, Process]
    flows: Mapping[str, Flow]
    process_flows: Mapping[tuple[str, str], ProcessFlow]
    process_terms: Terms
    flow_terms: Terms
    role_terms: Terms
    method_terms: Terms
    unit_terms: Terms

    def expected_role(self, process: str, flow: str) -> str | None:
        """Return the role a flow has in a process, None when the process does not report it."""
        if self.processes[process].product == flow:
            return "product"
        entry = self.process_flows.get((process, flow.split(".")[0]))
        if entry is None and self.processes[process].product == flow.split(".")[0]:
            return "product"
        return entry.role if entry else None

    def reported_by(self, flow: str) -> tuple[str, ...]:
        """Return the processes that report a flow."""
        return tuple(process for process, other in self.process_flows if other == flow)


def _properties(flow: Flow) -> Iterator[Flow]:
    """Yield the properties a flow may state as rows of their own."""
    if flow.category == "fuel":
        yield _property(flow, CALORIFIC, f"MJ/{flow.unit}")
    if flow.category in METAL_CATEGORIES or flow.code == "dross":
        yield _property(flow, ALUMINIUM, "1")
    if flow.category == "scrap" or flow.code == _DECOATED:
        yield _property(flow, INERT, "1")
    for name, unit in SMELTER_PROPERTIES.get(flow.code, ()):
        yield _property(flow, name, unit)
    if flow.code == "dross":
        yield _property(flow, ALUMINA, "1")


def _property(flow: Flow, code: str, unit: str) -> Flow:
    said = names("property")[code]
    return Flow(
        f"{flow.code}.{code}",
        f"{flow.name_zh}.{said.short_zh}",
        f"{flow.name_en}.{said.short_en[0].upper()}{said.short_en[1:]}",
        unit,
        PROPERTY,
    )


@cache
def former(code: str) -> tuple[str, ...]:
    """Return the names that ledgers of earlier versions write a flow with."""
    return tuple(row["name"] for row in reference_rows("former_names.csv") if row["code"] == code)


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary shipped with the product."""
    processes = {row["code"]: Process(**row) for row in reference_rows("processes.csv")}
    materials = [Flow(**row) for row in reference_rows("flows.csv")]
    flows = {flow.code: flow for flow in materials}
    flows.update((item.code, item) for flow in materials for item in _properties(flow))
    pairs = [ProcessFlow(**row) for row in reference_rows("process_flows.csv")]
    return Vocabulary(
        processes=processes,
        flows=flows,
        process_flows={(pair.process, pair.flow): pair for pair in pairs},
        process_terms=_terms((p.code, (p.name_zh, p.name_en)) for p in processes.values()),
        flow_terms=_terms(
            (flow.code, (flow.name_zh, flow.name_en, *former(flow.code))) for flow in flows.values()
        ),
        role_terms=_terms((code, (name,)) for code, name in ROLES.items()),
        method_terms=_terms((code, (name,)) for code, name in METHODS.items()),
        unit_terms=_terms((unit.code, unit.aliases) for unit in UNITS),
    )


@cache
def metal_flows(process: str) -> tuple[str, ...]:
    """Return the metal a step may take instead of being fed anew, in the order of the file.

    What other steps of the site make, and the same bought; charging and the primary chain, which
    take materials, have none.
    """
    words = vocabulary()
    if words.processes[process].stage in (CHARGE_STAGE, PRIMARY_STAGE):
        return ()
    made = {item.product for item in words.processes.values() if item.stage != PRIMARY_STAGE}
    return tuple(
        pair.flow
        for pair in words.process_flows.values()
        if pair.process == process
        and pair.role == "input"
        and (
            pair.flow in BOUGHT_AS_CAST
            or (pair.flow in made and words.flows[pair.flow].category == "intermediate")
        )
    )


def is_metal_input(process: str, flow: str) -> bool:
    """Tell whether a flow is metal that a step takes from another, or bought in its place."""
    return flow in metal_flows(process)


def units_for(wanted: str) -> tuple[str, ...]:
    """Return the simple unit codes that measure the same thing as `wanted`."""
    if "/" in wanted:
        return (wanted,)
    return tuple(unit.code for unit in UNITS if same_dimension(unit.code, wanted))
