"""The site account: what crossed the gate of a plant, line by line, valued by cited factors.

Receipts of metal and materials, fuels, power, transport, wastes and gases come from the effective
rows of the frozen ledger, never from derived factors. A material that the site makes itself crosses
no gate. Where the stock sheet has a bought material, what came in is its receipts: what was taken
from store was bought before, and what lies there at the end is not yet in any product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cached_property

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.account.dross import (
    MADE_DROSS,
    TREATED_HERE,
    cells_of_others,
    others_treated_here,
    own_treated_here,
)
from footprint.account.power import GRID, kwh_by_source, power_worths
from footprint.account.sharing import METHODS
from footprint.account.site_ledger import Key, SiteLedger, cells_of, total
from footprint.account.smelter import CELLS, anodes_per_net, baked_here, captive_kwh, pfc_kg
from footprint.account.valuation import Valuation, Worth, gate_flows

TAKEN_IN, DROSS_RULE = "taken_in", "AL-DROSS-001"
MAIN_METER = "main_meter"
DEPARTURE_RULE = "PCF-DEPARTURE-001"
WEIGHING, TYPED = "weighing", "typed"
UNCARRIED = frozenset({"unread", "adjustment", MAIN_METER})
"""Kinds of lines that went out of the site, or lie in it, without any product carrying them."""

_AT_ITS_MAKER = {"primary_liquid": "liquid_aluminium"}


@dataclass(frozen=True, slots=True)
class GateLine:
    """One part of what crossed the gate: amount, gases, and the cells it was read from.

    `amount` stands in `unit`; `kg_co2e` is the whole line's. `kind` says what was counted: `used`
    (rows of the ledger), `stock` (what receipts were more, or less, than what was used),
    `main_meter` (what a main meter counted beyond all processes, at the grid's worth),
    `calculated` (gases by a smelter's method, and the captive power of its cells) or `taken_in`
    (dross of others: it arrives as waste, its treatment is the site's own rows).
    """

    kind: str
    flow: str
    process: str
    amount: Decimal
    unit: str
    part: str
    scope: str
    factor: str
    kg_gas: tuple[tuple[str, Decimal], ...]
    kg_co2e: Decimal
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    """The lines of a site's account, and the slots that no factor filled.

    `anodes_per_net` is t of baked anode per t of net anode burnt, where the site bakes its own, by
    the method that parts what it baked from anodes sold.
    """

    lines: tuple[GateLine, ...]
    missing: tuple[str, ...]
    anodes_per_net: Mapping[str, Decimal] = field(default_factory=dict)

    @cached_property
    def total(self) -> Decimal:
        """kg CO2e of everything that crossed the gate."""
        return exact_sum(line.kg_co2e for line in self.lines)

    def sums_by(self, column: str) -> dict[str, Decimal]:
        """Return kg CO2e by a column of the lines; the sums add up to the total."""
        groups: dict[str, list[Decimal]] = defaultdict(list)
        for line in self.lines:
            groups[getattr(line, column)].append(line.kg_co2e)
        return {key: exact_sum(values) for key, values in sorted(groups.items())}

    def by_gas(self) -> dict[str, Decimal]:
        """Return kg of each gas; what is known as CO2e only stands under `co2e`."""
        found: dict[str, list[Decimal]] = defaultdict(list)
        for line in self.lines:
            for gas, kg in line.kg_gas:
                found[gas].append(kg)
        return {gas: exact_sum(values) for gas, values in sorted(found.items())}


def account_of(ledger: SiteLedger, values: Valuation, electricity_rule: str) -> Account:
    """Return the account of a ledger under a study's rules; holes gather in `values.missing`."""
    lines = [
        line
        for key in sorted(ledger.by_key)
        if crosses_gate(ledger, key)
        for line in _used_lines(ledger, values, key)
    ]
    for flow in sorted(ledger.stock.entries):
        lines += _stock_lines(ledger, values, flow)
    lines += _dross_lines(ledger, values)
    lines += _power_lines(ledger, values, electricity_rule)
    lines += _smelter_lines(ledger, values)
    lines += _main_meter_lines(ledger, values, electricity_rule)
    own = baked_here(ledger)
    anodes = {
        method: anodes_per_net(ledger, values.parameter, method) if own else Decimal(1)
        for method in METHODS
    }
    return Account(tuple(lines), tuple(sorted(values.missing)), anodes)


def worth_per_unit(ledger: SiteLedger, account: Account, process: str, flow: str) -> Decimal:
    """Return kg CO2e per unit of what a process used of a bought flow; 0 where none came in.

    A kWh of the site's power is worth the same wherever it was used.
    """
    power = flow == POWER_FLOW
    where, name = ("", "") if power else (process, flow)
    lines = [
        line
        for line in account.lines
        if line.kind == "used" and line.process == where and name in ("", line.flow)
    ]
    keys = [key for key in ledger.by_key if key[1] == flow] if power else [(process, flow)]
    with localcontext(EXACT):
        amount = sum((ledger.used(*key) for key in keys), Decimal(0))
        kilograms = sum((line.kg_co2e for line in lines), Decimal(0))
        return kilograms / amount if amount else Decimal(0)


def crosses_gate(ledger: SiteLedger, key: Key) -> bool:
    """Tell whether a flow of a process comes through the fence, or leaves as waste or gas."""
    _, flow = key
    gate = gate_flows().get(flow)
    if gate is None or gate.kind == "power" or is_made_here(ledger, flow):
        return False
    return key != TREATED_HERE and bool(ledger.input_rows(*key))


def is_made_here(ledger: SiteLedger, flow: str) -> bool:
    """Tell whether the site makes a flow itself, under its own name or what its maker calls it.

    A site with cells that charges liquid metal charges its own: no market price is put on it.
    """
    return flow in ledger.made_here or _AT_ITS_MAKER.get(flow) in ledger.made_here


def handed_over(ledger: SiteLedger, key: Key) -> Decimal:
    """Return the amount of a flow that crosses the gate: dross treated here does not leave."""
    used = ledger.used(*key)
    return used - own_treated_here(ledger) if key == MADE_DROSS else used


def _dross_lines(ledger: SiteLedger, values: Valuation) -> Iterator[GateLine]:
    """Yield the dross that others gave to the site's furnace. Rule: AL-DROSS-001."""
    amount = others_treated_here(ledger)
    if amount:
        worth = Worth("upstream", "3", {}, rule=DROSS_RULE)
        yield _line(TAKEN_IN, TREATED_HERE, amount, worth, values, cells_of_others(ledger))


def _used_lines(ledger: SiteLedger, values: Valuation, key: Key) -> Iterator[GateLine]:
    process, flow = key
    amount = handed_over(ledger, key)
    if amount:
        cells = cells_of([row for row in ledger.input_rows(*key) if row.amount])
        for worth in values.worths(flow, ledger):
            yield _line("used", (process, flow), amount, worth, values, cells)


def _stock_lines(ledger: SiteLedger, values: Valuation, flow: str) -> Iterator[GateLine]:
    """Yield what the receipts of a bought material were more than what its rows used."""
    if is_made_here(ledger, flow) or flow not in gate_flows():
        return
    used = total(
        row
        for (process, other), rows in ledger.by_key.items()
        if other == flow
        for row in rows
        if row.role == "input"
    )
    amount = ledger.stock_total(flow, "receipts") - used
    if amount:
        cells = tuple(
            f"{entry.sheet}!{entry.cells['receipts']}" for entry in ledger.stock.entries[flow]
        )
        for worth in values.worths(flow, ledger):
            yield _line("stock", ("", flow), amount, worth, values, cells)


def _power_lines(
    ledger: SiteLedger, values: Valuation, electricity_rule: str
) -> Iterator[GateLine]:
    cells = cells_of([row for row in ledger.rows if row.flow == POWER_FLOW and row.amount])
    _, captive = captive_kwh(ledger, values.smelter)
    for source, counted in kwh_by_source(ledger, electricity_rule).items():
        kwh = counted - captive if source == GRID else counted
        if kwh:
            flow, worths = power_worths(source, electricity_rule, values)
            for worth in worths:
                yield _line("used", ("", flow), kwh, worth, values, cells)


def _smelter_lines(ledger: SiteLedger, values: Valuation) -> Iterator[GateLine]:
    """Yield the gases of a smelter by its method, and the power of its cells by their own type."""
    metal = ledger.rows_of(CELLS, role="product")
    effects = [row for row in ledger.rows if row.flow.startswith("cf4.")]
    for gas, kg in pfc_kg(ledger, values.smelter, values.parameter):
        worth = Worth("process", "1", {gas: Decimal(1)}, rule="AL-PFC-001")
        yield _line("calculated", (CELLS, gas), kg, worth, values, cells_of([*effects, *metal]))
    flow, kwh = captive_kwh(ledger, values.smelter)
    if kwh:
        worth_of_power = values.worth_of(flow, "life_cycle", "kWh", "2")
        cells = cells_of(ledger.input_rows(CELLS, POWER_FLOW))
        if worth_of_power is not None:
            yield _line("calculated", (CELLS, flow), kwh, worth_of_power, values, cells)


def _main_meter_lines(
    ledger: SiteLedger, values: Valuation, electricity_rule: str
) -> Iterator[GateLine]:
    for rest in ledger.left_out:
        worths = values.worths(rest.flow, ledger)
        if rest.flow == POWER_FLOW:
            _, worths = power_worths(GRID, electricity_rule, values)
        for worth in worths:
            yield _line(MAIN_METER, ("", rest.flow), rest.amount, worth, values, rest.cells)


def _line(
    kind: str,
    key: Key,
    amount: Decimal,
    worth: Worth,
    values: Valuation,
    cells: tuple[str, ...],
) -> GateLine:
    process, flow = key
    with localcontext(EXACT):
        gases = tuple((gas, kg * amount) for gas, kg in sorted(worth.gases.items()))
        kg_co2e = values.kg_co2e(worth) * amount
    return GateLine(
        kind=kind,
        flow=flow,
        process=process,
        amount=amount,
        unit=vocabulary().flows[flow].unit,
        part=worth.part,
        scope=worth.scope,
        factor=worth.factor or worth.rule,
        kg_gas=gases,
        kg_co2e=kg_co2e,
        cells=cells,
    )
