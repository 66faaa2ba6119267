"""The choices a result rests on, which the model read, and what the others would come to."""

from __future__ import annotations

from footprint.result.record import Exact, Record, Text, silent


class Alternative(Record):
    """The result under one choice taken otherwise, kg CO2e per declared unit.

    Without a total, `reason` is the code of what forbids it, or the slots that miss. `outside` is
    what a rule shows beside the total and never in it.
    """

    choice: Text
    value: Text
    total: Exact | None
    reason: Text
    outside: Exact | None = silent(None)


class Allocated(Record):
    """A process whose amounts were shared out, the method, and the product's share, 0 to 1."""

    process: Text
    method: Text
    share: Exact


class Instrument(Record):
    """A certificate of power behind a result; `kwh` as its row states it. Rule: PCF-ELEC-004."""

    serial: Text
    source: Text
    kwh: Text
    period: Text
    region: Text
    cancelled_on: Text


class UnevidencedChoice(Record):
    """A choice that speaks of a smelter without evidence of it. Rule: PCF-EVIDENCE-001."""

    choice: Text
    value: Text


class ResultChoices(Record):
    """Every choice with its value, and what follows from it.

    `read` names those the solved model depends on, in the order of documents; an earlier version
    did not state it (None), nor the choices that came later: unsaid, they claim nothing.
    """

    scrap_rule: Text
    electricity_rule: Text
    allocation: Text
    primary_source: Text
    smelter_power: Text = "grid"
    pfc_method: Text = "amount"
    smelter_technology: Text = ""
    surface: Text = ""
    temper: Text = ""
    alloying: Text = ""
    melt_loss: Text = ""
    dross_route: Text = ""
    anode_plant: Text = silent("")
    read: tuple[Text, ...] | None = None
    allocated: tuple[Allocated, ...] = silent(())
    alternatives: tuple[Alternative, ...]
    instruments: tuple[Instrument, ...] = silent(())
    unevidenced: tuple[UnevidencedChoice, ...] = silent(())
