"""From a product system and its numbers to an inventory with parameters and formulas.

A slot that only one process uses becomes a parameter of that activity; shared slots and emission
factors (one per gas) become parameters of the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lca_models.brightway.formulas import formula_text, parameter_names
from lca_models.brightway.inventory import (
    WORLD,
    Activity,
    Gas,
    Inventory,
    Names,
    Note,
    Parameter,
    Row,
    Words,
    both,
    joined,
)
from lca_models.system.compile import FLOAT_ARITHMETIC
from lca_models.system.formula import Formula, Slot
from lca_models.system.scrap_rules import SUBSTITUTION
from lca_models.system.unit_process import Emission, Input, Link, ProductSystem, UnitProcess

REFERENCE_OUTPUT = "reference_output"


def inventory_of(
    system: ProductSystem,
    values: Mapping[str, float],
    factors: Mapping[str, Mapping[str, float]],
    *,
    gwp_set: str,
    gwp: Mapping[str, float],
    notes: Mapping[str, Note] | None = None,
    words: Words | None = None,
) -> Inventory:
    """Return a product system with its numbers as an inventory with formulas and parameters.

    Parameters
    ----------
    values : amount slot key → number in the slot's unit; a slot without one counts 0 and says so.
    factors : emission slot key → kg of each gas per unit; an input without one has no rows and
        is named in the comment of its activity.
    gwp : gas → kg CO2e per kg; `co2e` counts as it is. KeyError when a gas has none.
    notes : slot key → comment and uncertainty.
    """
    return _Builder(system, values, factors, notes or {}, words or Words()).inventory(gwp_set, gwp)


class _Builder:
    def __init__(
        self,
        system: ProductSystem,
        values: Mapping[str, float],
        factors: Mapping[str, Mapping[str, float]],
        notes: Mapping[str, Note],
        words: Words,
    ) -> None:
        self.system, self.factors, self.notes, self.words = system, factors, notes, words
        self.stated = values
        self.slots = {slot.key: slot for slot in system.amount_slots()}
        self.values = {key: float(values.get(key, 0)) for key in self.slots}
        supplies = {slot.key: slot for slot in system.emission_slots() if slot.key in factors}
        self.supplies = {
            f"{key}/{gas}": (slot, gas) for key, slot in supplies.items() for gas in factors[key]
        }
        self.names = parameter_names((*self.slots, *self.supplies))
        self.unsupplied: dict[str, None] = {}

    def inventory(self, gwp_set: str, gwp: Mapping[str, float]) -> Inventory:
        activities = tuple(self._activity(process) for process in self.system.processes)
        used = sorted({r.input for a in activities for r in a.rows if r.kind == "biosphere"})
        gases = tuple(
            Gas(gas, self._gas(gas), 1.0 if gas == "co2e" else float(gwp[gas])) for gas in used
        )
        return Inventory(
            product=self.system.product,
            version=self.system.version,
            final=self.system.final,
            method=("GWP100", gwp_set),
            comment=self.words.comment,
            parameters=tuple(self._parameters()),
            activities=activities,
            gases=gases,
        )

    def _parameters(self) -> Iterator[Parameter]:
        homes = self._homes()
        for process in self.system.processes:
            if process.code not in homes.values():
                yield self._reference_output(process)
        for key, slot in self.slots.items():
            yield self._parameter(key, slot, self.values[key], homes[key])
        for key, (slot, gas) in self.supplies.items():
            yield self._parameter(key, slot, float(self.factors[slot.key][gas]), "")

    def _homes(self) -> dict[str, str]:
        """Return slot key → the only process whose amounts use it, or empty for several."""
        users: dict[str, set[str]] = {key: set() for key in self.slots}
        for process in self.system.processes:
            for exchange in process.exchanges:
                for slot in exchange.amount.slots():
                    users[slot.key].add(process.code)
        return {key: next(iter(u)) if len(u) == 1 else "" for key, u in users.items()}

    def _reference_output(self, process: UnitProcess) -> Parameter:
        # Formulas are recalculated by groups of activity parameters: a group may not be empty.
        name = f"{process.code}__{REFERENCE_OUTPUT}"
        return Parameter(name, 1.0, "t", both("BRIGHTWAY_REFERENCE_OUTPUT"), process.code)

    def _parameter(self, key: str, slot: Slot, amount: float, activity: str) -> Parameter:
        note = self.notes.get(slot.key, Note(""))
        comment = [slot.key, note.comment]
        if key in self.slots and key not in self.stated:
            comment.append(both("BRIGHTWAY_NOT_STATED"))
        if key in self.unsupplied:
            comment.append(both("BRIGHTWAY_UNSUPPLIED"))
        remark = " | ".join(filter(None, comment))
        return Parameter(self.names[key], float(amount), slot.unit, remark, activity, note.sigma)

    def _activity(self, process: UnitProcess) -> Activity:
        rows: list[Row] = []
        remarks: list[str] = []
        for exchange in process.exchanges:
            amount = float(exchange.amount.evaluate(self.values, FLOAT_ARITHMETIC))
            formula = formula_text(exchange.amount, self.names)
            if isinstance(exchange, Link):
                rows.append(self._link(exchange, amount, formula))
            elif isinstance(exchange, Input) and exchange.role == SUBSTITUTION:
                continue  # stands outside the headline, and a score has no outside
            elif isinstance(exchange, Input):
                rows.extend(self._supplies(exchange, amount, formula))
                remarks.extend(self._remarks(exchange))
            else:
                rows.append(self._emission(process, exchange, amount, formula))
        return Activity(
            code=process.code,
            names=self.words.processes.get(process.code, (process.code, process.code)),
            product=self._flow(process.product),
            stage=process.stage,
            location=self.words.location if process.own else WORLD,
            comment=" | ".join(dict.fromkeys(remarks)),
            rows=tuple(rows),
        )

    def _link(self, link: Link, amount: float, formula: str) -> Row:
        product = self.system.process(link.process).product
        return Row(
            kind="technosphere",
            input=link.process,
            name=joined(self._flow(product)),
            unit="tonne",
            amount=amount,
            formula=formula,
            sigma=self._only_sigma(link.amount),
            flow=product,
            comment=both("BRIGHTWAY_RETURN") if amount < 0 else "",
        )

    def _supplies(self, item: Input, amount: float, formula: str) -> Iterator[Row]:
        for part in item.parts:
            for gas, kilograms in sorted(self.factors.get(part.slot.key, {}).items()):
                yield Row(
                    kind="biosphere",
                    input=gas,
                    name=joined(self._gas(gas)),
                    unit="kilogram",
                    amount=float(kilograms) * amount,
                    formula=f"({formula} * {self.names[f'{part.slot.key}/{gas}']})",
                    flow=item.flow,
                    part=part.name,
                    scope=part.scope,
                    comment=f"{joined(self._flow(item.flow))}: {part.slot.key}",
                )

    def _emission(self, process: UnitProcess, item: Emission, amount: float, formula: str) -> Row:
        return Row(
            kind="biosphere",
            input=item.gas,
            name=joined(self._gas(item.gas)),
            unit="kilogram",
            amount=amount,
            formula=formula,
            sigma=self._only_sigma(item.amount),
            flow=item.flow,
            part="process",
            scope="1" if process.own else "3",
            comment=joined(self._flow(item.flow)),
        )

    def _remarks(self, item: Input) -> Iterator[str]:
        if item.rule and not item.parts:
            yield both("BRIGHTWAY_BURDEN_FREE", flow=joined(self._flow(item.flow)), rule=item.rule)
        for part in item.parts:
            if part.slot.key not in self.factors or not self.factors[part.slot.key]:
                own = [slot.key for slot in item.amount.slots() if slot.flow == item.flow]
                self.unsupplied.update(dict.fromkeys(own))
                yield both("BRIGHTWAY_NO_FACTOR", slot=part.slot.key)

    def _only_sigma(self, amount: Formula) -> float:
        """Return the spread of an amount that is one slot's number and nothing else."""
        note = self.notes.get(amount.key) if isinstance(amount, Slot) else None
        return note.sigma if note else 0.0

    def _gas(self, gas: str) -> Names:
        return self.words.gases.get(gas, (gas, gas))

    def _flow(self, flow: str) -> Names:
        return self.words.flows.get(flow, (flow, flow))
