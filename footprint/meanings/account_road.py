"""What the account means by a pair: the line it draws, asked of the account's own functions.

A ledger of one row is handed to the account and to its closure's readings of loops, co-products and
scrap; the same again with every step's product beside, as a site has that makes it itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from factor_db.ledger.form.power_entries import FIGURES, Instrument, OwnPower
from factor_db.ledger.form.power_sources import POWER_FLOW, PURCHASED
from factor_db.ledger.form.vocabulary import PROPERTY, vocabulary
from factor_db.ledger.power.rows import PowerReading
from factor_db.store.tables import LedgerEntry
from footprint.account.dross import TREATED_HERE
from footprint.account.gate import crosses_gate, is_made_here
from footprint.account.loops import LOOPS, made
from footprint.account.power import kwh_by_source
from footprint.account.site_ledger import ONE, SiteLedger
from footprint.account.smelter import CELLS, METAL, SmelterChoices, pfc_kg
from footprint.account.valuation import GateFlow, Valuation, gate_flows
from footprint.meanings import words
from footprint.meanings.pairs import (
    ANY,
    CO_PRODUCT,
    INSTRUMENTS,
    MAIN_METER,
    POWER,
    STOCK,
    Pair,
)
from lca_models.smelter import PFC_METHODS

MONTH = "2025-01"


@dataclass(frozen=True)
class _Asking(SiteLedger):
    """A ledger that notes which properties the account asks it for."""

    asked: set[str] = field(default_factory=set)

    def stated(self, wanted: str) -> tuple[LedgerEntry, ...]:
        """Note the property and say that nobody states it."""
        self.asked.add(wanted)
        return ()


def account_meaning(pair: Pair) -> str:
    """Return what the account means by a pair, in the words of `words`; `none` for no line."""
    if pair.role == PROPERTY:
        return words.PROPERTY_OF if pair.flow in _properties_asked() else words.NONE
    if pair.role == STOCK:
        return words.STOCK if _has_stock_line(pair.flow) else words.NONE
    if pair.sheet in (POWER, INSTRUMENTS):
        return words.CLAIM if _claims(pair) else words.NONE
    if pair.role == MAIN_METER:
        return words.REST
    if pair.flow == ANY:
        return words.AS_ROW
    found = {_of_row(pair, flow) for flow in pair.flows}
    return "+".join(sorted(found))


def gate_line(pair: Pair) -> GateFlow | None:
    """Return the row of `gate.csv` by which a pair is valued, None where it has none."""
    found = gate_flows().get(pair.flow)
    return found if found and pair.role not in ("product", CO_PRODUCT, PROPERTY) else None


def parts_of(pair: Pair) -> tuple[str, ...]:
    """Return what values a pair in the account: factors as `flow/quantity`, or a gas."""
    gate = gate_line(pair)
    if gate is None:
        return ()
    if gate.kind in ("gas", "carbon"):
        return (gate.factor_flow if gate.kind == "gas" else "co2",)
    if gate.kind == "scrap":
        return (f"{gate.factor_flow}/cradle_to_gate",) if gate.factor_flow else ()
    return tuple(sorted(f"{gate.factor_flow}/{part}" for part in gate.parts))


def _of_row(pair: Pair, flow: str) -> str:
    ledger = _ledger(_entry(pair.process, flow, pair.role))
    if pair.role == "product":
        return words.PRODUCT if flow in ledger.made_here else words.NONE
    if ledger.sold_scrap(pair.process):
        return words.SOLD_SCRAP
    if ledger.co_products(pair.process):
        return words.SOLD
    if flow in LOOPS:
        return words.GIVEN_BACK if made(ledger, flow) else words.TAKEN_BACK
    if flow == POWER_FLOW:
        return words.POWER if any(kwh_by_source(ledger, "location").values()) else words.NONE
    key = (pair.process, flow)
    own = key == TREATED_HERE or _made_elsewhere(pair.process, flow)
    if not crosses_gate(ledger, key):
        return words.OWN if own else words.NONE
    gate = gate_flows()[flow]
    if gate.kind == "carbon":
        return _of_carbon(pair.process, gate)
    return words.OWN_OR_BOUGHT if own else _at_gate(gate)


def _of_carbon(process: str, gate: GateFlow) -> str:
    """Return what carbon that burns is: an emission, and the goods it was made into, by maker."""
    values = Valuation(lambda _: None, "AR6", "cut-off")
    found = {words.EMISSION}
    if any(item.part == "upstream" for item in values.worths(gate.flow, _ledger())):
        found.add(words.BOUGHT)
    if gate.factor_flow and _made_elsewhere(process, gate.factor_flow):
        found.add(words.OWN)
    return "+".join(sorted(found))


def _made_elsewhere(process: str, flow: str) -> bool:
    makers = (
        _entry(item.code, item.product, "product")
        for item in vocabulary().processes.values()
        if item.code != process
    )
    return is_made_here(_ledger(*makers), flow)


def _at_gate(gate: GateFlow) -> str:
    known = {"fuel": words.BURNT, "scrap": words.SCRAP, "gas": words.EMISSION}
    if gate.kind in known:
        return known[gate.kind]
    of_parts = {
        "treatment": words.WASTE,
        "life_cycle": words.TRANSPORT,
        "combustion": words.EMISSION,
    }
    return next((of_parts[part] for part in gate.parts if part in of_parts), words.BOUGHT)


def _has_stock_line(flow: str) -> bool:
    gate = gate_flows().get(flow)
    makers = {item.product for item in vocabulary().processes.values()}
    return flow in LOOPS or flow in makers or (gate is not None and gate.kind != "power")


def _claims(pair: Pair) -> bool:
    """Tell whether what a sheet says of a source turns kWh into kWh of that source."""
    if pair.sheet == INSTRUMENTS:
        reading = PowerReading(instruments=(_instrument(pair.role),))
    else:
        reading = PowerReading(own=(_own_power(pair.role),), purchased=(_own_power(PURCHASED),))
    row = _entry("melting", POWER_FLOW, "input")
    ledger = SiteLedger("S", "0", (row,), power=reading)
    return any(name == pair.role for _, name in kwh_by_source(ledger, "market"))


def _own_power(source: str) -> OwnPower:
    kwh = {**dict.fromkeys(FIGURES, Decimal(0)), "used": ONE}
    return OwnPower(
        sheet=POWER,
        row_number=1,
        source=source,
        period=MONTH,
        kwh=kwh,
        method="metered",
        note="",
        cells=dict.fromkeys(FIGURES, "A1"),
    )


def _instrument(source: str) -> Instrument:
    return Instrument(
        sheet=INSTRUMENTS,
        row_number=1,
        serial="1",
        written="1",
        source=source,
        period=MONTH,
        kwh=ONE,
        region="CN-CQ",
        cancelled_on=date(2025, 1, 31),
        note="",
        cells={"amount": "A1"},
    )


@cache
def _properties_asked() -> frozenset[str]:
    ledger = _Asking("S", "0", (_entry(CELLS, METAL, "product"),))
    values = Valuation(lambda _: None, "AR6", "cut-off")
    for flow in gate_flows():
        values.worths(flow, ledger)
    for method in PFC_METHODS:
        for _ in pfc_kg(ledger, SmelterChoices(method), lambda _: ONE):
            pass
    return frozenset(ledger.asked)


def _ledger(*rows: LedgerEntry) -> SiteLedger:
    return SiteLedger("S", "0", rows)


def _entry(process: str, flow: str, role: str) -> LedgerEntry:
    return LedgerEntry(
        ledger="0",
        row_number=1,
        owner="O",
        period=MONTH,
        process=process,
        flow=flow,
        role=role,
        amount=ONE,
        unit=vocabulary().flows[flow].unit,
        method="weighed",
        cell="A1",
        payload="{}",
    )
