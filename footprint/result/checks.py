"""What a result says of its plant: closure, possibility, suppliers."""

from __future__ import annotations

from footprint.result.record import CodedText, Exact, Flag, Record, Text, silent


class ClosureLineRecord(Record):
    """A part of the account that the products do not carry, or one of theirs; kg CO2e."""

    kind: Text
    flow: Text
    process: Text
    product: Text = silent("")
    amount: Exact
    kg_co2e: Exact


class OpenFlow(Record):
    """A flow in which the two roads part, kg CO2e."""

    flow: Text
    kg_co2e: Exact
    processes: tuple[Text, ...]


class LeftOutFlow(Record):
    """A flow that no product carries: kg CO2e and its share of the account, 0 to 1."""

    kind: Text
    flow: Text
    process: Text
    kg_co2e: Exact
    share: Exact
    of_meter: Exact | None = silent(None)


class LeftOut(Record):
    """What no product carries: its share of the account, 0 to 1, and each flow of it."""

    share: Exact
    flows: tuple[LeftOutFlow, ...]


class DrawnFlow(Record):
    """Own metal of one step drawn out of store, t: kg CO2e as counted, and at most.

    `earlier` names the periods whose footprints are known of a part of it.
    """

    flow: Text
    process: Text
    amount: Exact
    kg_co2e: Exact
    most_kg_co2e: Exact
    earlier: tuple[Text, ...]
    cells: tuple[Text, ...]


class OwnDrawnRecord(Record):
    """Own metal drawn out of store, and why no certificate may rest on it. Rule: AL-STOCK-003.

    `share` is by how much of the account the products may be too light, 0 to 1.
    """

    rule: Text
    share: Exact
    reasons: tuple[CodedText, ...]
    flows: tuple[DrawnFlow, ...]


class TypedLine(ClosureLineRecord):
    """What typed amounts part from their own meter by; `metered` is the meter's amount."""

    metered: Exact


class Allowances(Record):
    """The allowances used in all, a share of the account, 0 to 1; the other parts are lines."""

    share: Exact
    typed: tuple[TypedLine, ...]


class DepartureEffect(Record):
    """What an amount apart from the mean takes off a result: kg CO2e, and its share, 0 to 1."""

    rule: Text
    process: Text
    flow: Text
    kg_co2e: Exact
    share: Exact


class Explained(Record):
    """A doubt with the words by which a ledger explains it."""

    code: Text
    cell: Text
    process: Text
    flow: Text
    period: Text
    explanation: Text


class Departures(Record):
    """What a result rests on that nothing but words or booking shows. Rule: PCF-DEPARTURE-001.

    `share` is by how much of it the known effects lower it, 0 to 1.
    """

    share: Exact
    effects: tuple[DepartureEffect, ...]
    explained: tuple[Explained, ...]


class MonthRecord(Record):
    """A month in which own metal was made and taken in different amounts, t; shares 0 to 1."""

    flow: Text
    process: Text
    month: Text
    made: Exact
    taken: Exact
    kept: Exact
    gap: Exact
    running: Exact
    share: Exact
    within: Flag
    product: Text = silent("")


class SoldMetal(Record):
    """What co-products of the same metal carry: their share of the account, 0 to 1, and each flow.

    Rules: DER-ALLOC-002, AL-SECONDS-001.
    """

    share: Exact
    flows: tuple[ClosureLineRecord, ...]


class PooledOutput(Record):
    """One of the things that a melt shop's one pool becomes, t."""

    flow: Text
    product: Text
    amount: Exact


class PooledMeltRecord(Record):
    """A melt of unlike charges that a product shares with other outputs. Rule: AL-POOL-001.

    Shares of the metal charged from outside and `higher_at_most`, of the result, are 0 to 1: by as
    much it would be higher were its own melt the dearest, as far as that reaches. There are no
    `reasons` where the ledger says that all is cast of one melt, or all are codes of one product.
    """

    rule: Text
    primary: Exact
    remelted: Exact
    alloying: Exact
    outputs: tuple[PooledOutput, ...]
    higher_at_most: Exact
    reasons: tuple[CodedText, ...]
    cells: tuple[Text, ...]


class ClosureRecord(Record):
    """A result held against its site's account. Rule: PCF-CLOSURE-001.

    `closed` is None where no account was asked for, and `not_drawn` says why; what has no
    `account` was refused before one was drawn.
    """

    rule: Text
    unit: Text = silent("")
    closed: Flag | None
    reasons: tuple[CodedText, ...]
    not_drawn: Text = silent("")
    account: Exact | None = silent(None)
    lines: tuple[ClosureLineRecord, ...] = ()
    residual: Exact | None = silent(None)
    parted: Exact | None = silent(None)
    open: tuple[OpenFlow, ...] = ()
    left_out: LeftOut | None = silent(None)
    allowances: Allowances | None = silent(None)
    departures: Departures | None = silent(None)
    months: tuple[MonthRecord, ...] = ()
    sisters_not_calculated: tuple[Text, ...] = ()
    own_drawn: OwnDrawnRecord | None = silent(None)
    sold_metal: SoldMetal | None = silent(None)
    pooled_melt: PooledMeltRecord | None = silent(None)


class Possible(Record):
    """What no plant could have, and why there is no interval. Rule: PCF-POSSIBLE-001."""

    rule: Text
    violations: tuple[CodedText, ...]
    no_interval: CodedText | None = silent(None)


class Delivered(Record):
    """A footprint of a study with its share of the metal, beside the ledger's; 0 to 1.

    `seller` is a number: what it is called stays with the site.
    """

    ref: Text
    study_share: Exact
    published: Flag
    ledger_share: Exact | None = silent(None)
    seller: Text = silent("")


class SuppliedDrawn(Record):
    """Bought metal of before the period, valued by sellers of the period; shares 0 to 1.

    `effect` is by how much of the result it may be too light; `earlier` names the periods whose
    footprints are known of a part of it.
    """

    share: Exact
    effect: Exact
    earlier: tuple[Text, ...]
    cells: tuple[Text, ...]


class SuppliedFlow(Record):
    """A bought flow with the footprints a study takes for it.

    `shares_effect` is by how much of the result shares within their tolerance make it lighter than
    those of the ledger would; below 0 heavier.
    """

    flow: Text
    suppliers: tuple[Delivered, ...]
    shares_effect: Exact | None = silent(None)
    drawn: SuppliedDrawn | None = silent(None)


class Supply(Record):
    """The suppliers of a study held against the ledger. Rule: PCF-SUPPLY-001."""

    rule: Text
    flows: tuple[SuppliedFlow, ...]
    violations: tuple[CodedText, ...]


class SiteChecks(Record):
    """What a result says of its site: what it left out, metal tolled, and how it adds up.

    `unused_field_data` are factors that a chosen method puts another figure in the place of,
    `tolled_metal` those that say metal moved for toll conversion (rule PCF-TOLLING-001).
    """

    unused_field_data: tuple[Text, ...] = ()
    tolled_metal: tuple[Text, ...] = silent(())
    supply: Supply | None = silent(None)
    closure: ClosureRecord | None = silent(None)
    possible: Possible | None = silent(None)
