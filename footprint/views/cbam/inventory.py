"""Reading a calculation document: own emission rows, metal consumed, scrap, electricity, pins.

Owns the refusals that keep a wrong document out: another product, or a scrap rule under which the
inventory is not that of the installation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from footprint.figures.blocked import refuse_blocked
from footprint.result.document import ResultDocument
from footprint.result.rows import FlowRow
from footprint.views.cbam.reference import (
    UNWROUGHT,
    Boundary,
    boundaries,
    fuel_factors,
    precursor_kinds,
)
from lca_models.charge import ALLOYING, SCRAP_ORIGIN
from lca_models.system.scrap_rules import SCRAP_RULES

ELECTRICITY = "electricity"
_SMELTING = "CBAM-BOUND-001"
_DIRECT = ("combustion", "process")
# Under these scrap rules a tonne of good holds what the installation consumed for it.
_SCRAP_RULES = tuple(sorted(name for name, rule in SCRAP_RULES.items() if rule.as_consumed))


@dataclass(frozen=True, slots=True)
class Emitted:
    """One direct emission of the installation, kg of a gas per kg of good (= t/t)."""

    process: str
    flow: str
    gas: str
    part: str
    amount: Decimal


class Inventory:
    """What the view needs of a calculation document; amounts are per tonne of good."""

    def __init__(self, document: ResultDocument) -> None:
        """Read a document; raises BadInput (CBAM_PRODUCT, CBAM_SCRAP_RULE), Incomplete.

        A result of which no certificate may be made has no CBAM figure either: what it leaves out
        would be missing here too (`refuse_blocked`, rule CBAM-BLOCKED-001).
        """
        self.document = document
        refuse_blocked(document, "CBAM")
        self.product = document.product
        scope = rule("CBAM-SCOPE-001")
        if self.product not in (*scope.items("unwrought"), *scope.items("products")):
            raise BadInput("CBAM_PRODUCT", product=self.product)
        scrap_rule = document.choices.scrap_rule
        if scrap_rule not in _SCRAP_RULES:
            raise BadInput("CBAM_SCRAP_RULE", value=scrap_rule, known=", ".join(_SCRAP_RULES))
        self._require_direct()
        self.smelter = self.product in rule("CBAM-BOUND-001").items("products")

    def _require_direct(self) -> None:
        """Refuse a result without some direct emission; fuels are counted from their energy."""
        cut = [item.slot for item in self.document.coverage.cut_off]
        parts = ((slot, *slot.split("/")[-2:]) for slot in cut)
        direct = [s for s, flow, part in parts if part in _DIRECT and flow not in fuel_factors()]
        if direct:
            raise Incomplete("CBAM_CUT_OFF", slots=", ".join(direct))

    @property
    def category(self) -> str:
        """Return unwrought or products, the aggregated goods category of the product."""
        unwrought = self.product in rule("CBAM-SCOPE-001").items("unwrought")
        return UNWROUGHT if unwrought else "products"

    @property
    def year(self) -> int:
        """Return the calendar year in which the period of the data ends."""
        return int(self.document.period.end[:4])

    @property
    def is_calendar_year(self) -> bool:
        """Tell whether the data cover one calendar year, the reporting period of the law."""
        period = self.document.period
        return (period.start, period.end) == (f"{self.year}-01-01", f"{self.year}-12-31")

    def place(self, process: str) -> Boundary | None:
        """Return where an own process stands at the boundary; None for another's process."""
        found = boundaries().get(process)
        if found is None or (found.rule == _SMELTING and not self.smelter):
            return None
        return found

    def emitted(self) -> Iterator[Emitted]:
        """Yield the direct emissions of the installation: its own fossil and process rows.

        Raises BadInput (CBAM_PROCESS_UNKNOWN) for an own process that no boundary names.
        """
        for row in self.document.contributions:
            if row.link == "own" and row.origin != "biogenic":
                if self.place(row.process) is None:
                    raise BadInput("CBAM_PROCESS_UNKNOWN", process=row.process)
                yield Emitted(row.process, row.flow, row.gas, row.part, row.kg_gas)

    def fuels(self) -> dict[tuple[str, str], Decimal]:
        """Return (own process, fuel) → net calorific energy burnt, MJ per kg of good."""
        found: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        for row in self.document.flows:
            burnt = row.flow in fuel_factors() and row.unit == "MJ"
            if burnt and row.role == "input" and self.place(row.process) is not None:
                found[row.process, row.flow].append(row.amount)
        return {key: total for key, values in found.items() if (total := exact_sum(values))}

    def consumed(self) -> dict[str, Decimal]:
        """Return precursor flow → tonnes consumed per kg of good, by the installation itself."""
        found: dict[str, list[Decimal]] = defaultdict(list)
        for row in self._precursors():
            found[row.flow].append(row.amount)
        sums = {flow: exact_sum(amounts) for flow, amounts in found.items()}
        return {flow: amount for flow, amount in sums.items() if amount}

    def consumed_by_process(self, flow: str) -> dict[str, Decimal]:
        """Return process → tonnes of one precursor that it consumes, per kg of good."""
        found: dict[str, list[Decimal]] = defaultdict(list)
        for row in self._precursors():
            if row.flow == flow:
                found[row.process].append(row.amount)
        return {process: exact_sum(amounts) for process, amounts in found.items()}

    def _precursors(self) -> Iterator[FlowRow]:
        for row in self.document.flows:
            place = self.place(row.process)
            if place is None or place.rule == _SMELTING:
                continue  # inside a modelled chain, or the installation's own smelter
            if row.role == "input" and row.flow in precursor_kinds():
                yield row

    def scrap(self) -> dict[str, Decimal]:
        """Return purchased scrap by type, tonnes per kg of good."""
        return self._inputs(tuple(SCRAP_ORIGIN))

    def alloying(self) -> dict[str, Decimal]:
        """Return alloying elements added, tonnes per kg of good."""
        return self._inputs(ALLOYING)

    def _inputs(self, flows: tuple[str, ...]) -> dict[str, Decimal]:
        found = {flow: self._sum(flow, "input") for flow in flows}
        return {flow: amount for flow, amount in found.items() if amount}

    def electricity_kwh(self) -> Decimal:
        """Return the electricity of the installation's processes, kWh per kg of good."""
        with_power = (
            row.amount
            for row in self.document.flows
            if self.place(row.process) is not None
            and row.flow.partition("_")[0] == ELECTRICITY
            and row.unit == "kWh"
            and row.role == "input"
        )
        return exact_sum(with_power)

    def made(self, flow: str) -> Decimal:
        """Return how much of an intermediate product is made, tonnes per kg of good."""
        return self._sum(flow, "product")

    def _sum(self, flow: str, role: str) -> Decimal:
        rows = (row for row in self.document.flows if (row.flow, row.role) == (flow, role))
        return exact_sum(row.amount for row in rows)

    def pinned(self, flow: str, quantity: str) -> tuple[Decimal, str] | None:
        """Return the value of a pinned parameter in its slot's unit and its level, or None."""
        for pin in self.document.inputs.pins:
            if (pin.slot.flow, pin.slot.quantity) == (flow, quantity):
                value = pin.factor.amounts.get("value", Decimal(0))
                with localcontext(EXACT):
                    return value * conversion(pin.factor.unit, pin.slot.unit), pin.level
        return None
