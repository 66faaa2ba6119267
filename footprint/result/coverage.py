"""What of a result's inventory has a factor, what was cut off, and what cannot be re-based."""

from __future__ import annotations

from footprint.result.record import Exact, Record, Text, Whole, silent


class FootprintShare(Record):
    """One of several footprints that fill a slot, with its share of the metal, 0 to 1."""

    factor: Text
    share: Exact


class Resolved(Record):
    """A slot with the factor that fills it, the level it was found at, and why."""

    slot: Text
    factor: Text
    geography: Text
    level: Text
    reason: Text
    parts: tuple[FootprintShare, ...] = silent(())


class CutOffLine(Record):
    """An input left out with its amount per declared unit and its shares, 0 to 1.

    Rule: PCF-CUTOFF-001.
    """

    amount: Exact
    energy_share: Exact
    ghg_share: Exact
    mass_share: Exact
    reason: Text
    slot: Text
    source: Text
    unit: Text
    upper_bound: Exact
    upper_bound_unit: Text


class NotRebased(Record):
    """What is known only as CO2e: kg CO2e per declared unit, share of the total, number of rows."""

    value: Exact
    share: Exact
    rows: Whole


class ConservativeDefault(Record):
    """A slot where a conservative default stands in for a figure nobody states."""

    slot: Text
    factor: Text
    stands_in: Text
    rule: Text


class Coverage(Record):
    """Which slots were filled and how, what was cut off, and what could not be re-based."""

    resolved: tuple[Resolved, ...]
    missing: tuple[Text, ...]
    not_stated: tuple[Text, ...] = ()
    estimated: tuple[Text, ...]
    cut_off: tuple[CutOffLine, ...]
    not_rebased: NotRebased
    conservative_defaults: tuple[ConservativeDefault, ...] = silent(())
