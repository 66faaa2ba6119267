"""One openLCA exchange in our terms: what flows, which way, how much of the flow's own unit.

Amounts are turned into the reference unit of the flow's reference property, and labelled with it.
Rounded factors of the source's unit table are mended where `lci_units.csv` has the exact one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from factor_db.foundation.errors import BadInput
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule
from lca_models.external.jsonld import Documents

PRODUCT, WASTE, ELEMENTARY = "PRODUCT_FLOW", "WASTE_FLOW", "ELEMENTARY_FLOW"
_STATED_MASS = re.compile(r"\bmass \(([0-9.]+) kg/kg [a-z ]+\) used for allocation", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange of a process; `amount` is in `unit`, the flow's reference unit.

    `stated_mass` is the mass a description gives for allocation (None: none); `provider` the id of
    the stated default provider, or empty.
    """

    flow: str
    name: str
    flow_type: str
    amount: float
    unit: str
    is_input: bool
    is_reference: bool
    is_avoided: bool
    stated_mass: float | None
    is_pseudo: bool
    provider: str


class Reader:
    """Turns the exchanges of an archive's processes into ours; keeps its unit tables."""

    def __init__(self, documents: Documents) -> None:
        self.flows = documents["flows"]
        self._properties = documents["flow_properties"]
        self._categories = documents["categories"]
        self._groups = documents["unit_groups"]
        self.mended_units: set[str] = set()

    def exchanges(self, process: Mapping[str, Any]) -> list[Exchange]:
        """Return a process's exchanges; raises BadInput (LCI_FAULT) naming process and flow."""
        return [self._exchange(process, item) for item in process.get("exchanges", ())]

    def compartment(self, flow: str) -> str:
        """Return the category path of a flow, outermost first, joined by slashes."""
        parts: list[str] = []
        category = self.flows[flow].get("category")
        while category and len(parts) <= len(self._categories):
            if isinstance(category, str):
                return "/".join([category, *parts])
            parts.insert(0, str(category.get("name", "")))
            category = self._categories.get(category.get("@id", ""), {}).get("category")
        return "/".join(parts)

    def unit(self, flow: str) -> str:
        """Return the reference unit of a flow's reference property."""
        group = self._group(self._reference_property(flow)["flowProperty"]["@id"])
        return str(next(item["name"] for item in group["units"] if _is_reference(item)))

    def _exchange(self, process: Mapping[str, Any], item: Mapping[str, Any]) -> Exchange:
        try:
            flow = item["flow"]["@id"]
            description = str(item.get("description") or "")
            stated = _STATED_MASS.search(description)
            pseudo = rule("DQ-LCI-ALLOCATION").parameters["pseudo_product"]
            return Exchange(
                flow=flow,
                name=str(self.flows[flow]["name"]).strip(),
                flow_type=self.flows[flow]["flowType"],
                amount=float(item["amount"]) * self._factor(flow, item),
                unit=self.unit(flow),
                is_input=bool(item.get("isInput", item.get("input", False))),
                is_reference=_flag(item, "isQuantitativeReference", "quantitativeReference"),
                is_avoided=_flag(item, "isAvoidedProduct", "avoidedProduct"),
                stated_mass=float(stated[1]) if stated else None,
                is_pseudo=pseudo in description.casefold(),
                provider=str((item.get("defaultProvider") or {}).get("@id", "")),
            )
        except (KeyError, TypeError, ValueError, StopIteration, ZeroDivisionError) as error:
            name = str(item.get("flow", {}).get("name", "-")) if isinstance(item, Mapping) else "-"
            raise BadInput(
                "LCI_FAULT",
                process=str(process.get("name")),
                flow=name,
                reason=f"{type(error).__name__}: {error}",
            ) from None

    def _factor(self, flow: str, item: Mapping[str, Any]) -> float:
        """Return how many reference units one unit of the exchange is."""
        reference = self._reference_property(flow)
        used = (item.get("flowProperty") or reference["flowProperty"])["@id"]
        group = self._group(used)
        unit = self._unit(group, item.get("unit"))
        of_property = next(
            entry["conversionFactor"]
            for entry in self.flows[flow]["flowProperties"]
            if entry["flowProperty"]["@id"] == used
        )
        mended = _mended().get((str(group["name"]), str(unit["name"])))
        if mended is not None:
            self.mended_units.add(str(unit["name"]))
        factor = float(unit["conversionFactor"]) if mended is None else mended
        return factor * float(reference["conversionFactor"]) / float(of_property)

    def _reference_property(self, flow: str) -> Mapping[str, Any]:
        properties = self.flows[flow]["flowProperties"]
        found: Mapping[str, Any] = next(
            item
            for item in properties
            if _flag(item, "isRefFlowProperty", "referenceFlowProperty") or len(properties) == 1
        )
        return found

    def _group(self, flow_property: str) -> Mapping[str, Any]:
        return self._groups[self._properties[flow_property]["unitGroup"]["@id"]]

    def _unit(self, group: Mapping[str, Any], given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        found: Mapping[str, Any] = next(
            item
            for item in group["units"]
            if (item["@id"] == given["@id"] if given else _is_reference(item))
        )
        return found


def _flag(item: Mapping[str, Any], new: str, old: str) -> bool:
    return bool(item.get(new, item.get(old, False)))


def _is_reference(unit: Mapping[str, Any]) -> bool:
    return _flag(unit, "isRefUnit", "referenceUnit")


@cache
def _mended() -> dict[tuple[str, str], float]:
    rows = reference_rows("lci_units.csv")
    return {(row["unit_group"], row["unit"]): float(row["factor"]) for row in rows}
