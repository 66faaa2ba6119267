"""A site's account as `footprint account --json` writes it."""

from __future__ import annotations

from footprint.result.checks import ClosureRecord
from footprint.result.record import Exact, Record, Text
from footprint.result.tables import Period


class GateLineRecord(Record):
    """What of one flow crossed the gate: amount in its unit, kg CO2e, kg of each gas, cells."""

    kind: Text
    flow: Text
    process: Text
    amount: Exact
    unit: Text
    part: Text
    scope: Text
    factor: Text
    kg_gas: dict[str, Exact]
    kg_co2e: Exact
    cells: tuple[Text, ...]


class AccountRecord(Record):
    """The lines of an account and their sums, kg CO2e; `missing` are slots no factor filled."""

    unit: Text
    total: Exact
    by_scope: dict[str, Exact]
    by_flow: dict[str, Exact]
    kg_by_gas: dict[str, Exact]
    lines: tuple[GateLineRecord, ...]
    missing: tuple[Text, ...]


class AccountRules(Record):
    """The rules an account was drawn under."""

    scrap_rule: Text
    electricity_rule: Text


class SiteAccountRecord(Record):
    """An account with the site, period and rules it is of; `closure` where products are known."""

    site: Text
    period: Period
    gwp_set: Text
    choices: AccountRules
    release: Text
    account: AccountRecord
    closure: ClosureRecord | None
