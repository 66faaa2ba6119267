"""A value as the gate sees it: a number with the boundary and rules it was made under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from factor_db.foundation.canonical import EXACT, decimal_value
from factor_db.foundation.errors import BadInput
from footprint.comparison.data import (
    ProductClass,
    boundaries,
    class_of_product,
    part_of,
    parts_in,
    product_classes,
    stage_shares,
    stated_rules,
)
from footprint.evaluate import exact_sum
from footprint.study import Study
from footprint.unstated import (
    BOUNDARY,
    ELECTRICITY,
    GWP_SET,
    NOTHING_UNSAID,
    Unsaid,
    unsaid_by_factor,
)
from footprint.validation.tables import gases_of, published_results, published_value
from lca_models.catalogue import product_system
from lca_models.resolve import Pin
from lca_models.unit_process import Emission, Input, Link

CALCULATION, PUBLISHED, TYPED_IN, BAND = "calculation", "published", "typed_in", "band"
NO_SCRAP, ANY_SET, PLAIN = "no-scrap", "any", "plain"
UNIT = "kg CO2e/kg"
_ID_SHOWN, _ID_CITED = 8, 16
Parts = frozenset[str]
# What the gate calls the attributes that a factor may leave unsaid.
_GATE_NAMES = {GWP_SET: "gwp_set", BOUNDARY: "boundary", ELECTRICITY: "electricity_rule"}


class Emits(Protocol):
    """A row of a contribution table, as far as its part and amount go."""

    @property
    def stage(self) -> str: ...
    @property
    def process(self) -> str: ...
    @property
    def flow(self) -> str: ...
    @property
    def gas(self) -> str: ...
    @property
    def kg_co2e(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of a value, kg CO2e per kg; `level` is its probability (0.95)."""

    low: Decimal
    high: Decimal
    level: Decimal


@dataclass(frozen=True, slots=True)
class Value:
    """One footprint, kg CO2e per kg of product, and what it says of itself; empty: not stated.

    `parts` is its boundary, None when its parts are not listed. `known` are amounts of the boundary
    it states, each for one part or several together; `outside` those of parts it leaves out.
    `document` is the calculation behind it, empty for others; `gases` kg of each gas per kg.
    `unsaid` is what rests on factors that do not state an attribute (rule PCF-COMPARE-003).
    """

    ref: str
    kind: str
    product_class: str
    boundary: str
    parts: Parts | None
    scrap_rule: str
    electricity_rule: str
    gwp_set: str
    value: Decimal
    name_zh: str
    name_en: str
    label: str
    year: str
    geography: str
    source: str
    allocation: str = ""
    primary_source: str = ""
    interval: Interval | None = None
    known: Mapping[Parts, Decimal] = field(default_factory=dict)
    outside: Mapping[Parts, Decimal] = field(default_factory=dict)
    gases: Mapping[str, Decimal] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    illustrative: bool = False
    estimate: bool = False
    unsaid: Mapping[str, Unsaid] = field(default_factory=dict)

    def unsaid_of(self, attribute: str) -> Unsaid:
        """Return what of the value leaves an attribute unsaid."""
        return self.unsaid.get(attribute, NOTHING_UNSAID)

    @property
    def class_of(self) -> ProductClass:
        """The product class without its surface; KeyError for an unknown one."""
        return product_classes()[self.product_class.partition("/")[0]]


def value_of_document(document: Mapping[str, Any]) -> Value:
    """Return the value of a calculation document."""
    study = Study.from_record(document["inputs"]["study"])
    made = class_of_product(study.product)
    total, site = document["total"], document["site"]
    interval = total["interval"]
    parts = parts_of_model(study, document["coverage"]["not_stated"])
    rows = (_row(row) for row in document["contributions"])
    named = {
        lang: " ".join(
            filter(None, (site[f"organisation_{lang}"], getattr(made, f"name_{lang}"),
                          study.product_code, study.period))
        )
        for lang in ("zh", "en")
    }  # fmt: skip
    return Value(
        ref=str(document["calculation"]),
        kind=CALCULATION,
        product_class=_with_surface(made.code, study.choices.surface),
        boundary="model",
        parts=parts,
        scrap_rule=study.choices.scrap_rule if made.charges_scrap else NO_SCRAP,
        electricity_rule=study.choices.electricity_rule,
        gwp_set=study.gwp_set,
        value=decimal_value(total["value"]),
        name_zh=named["zh"],
        name_en=named["en"],
        label=f"{site['code']} {study.period} [{str(document['calculation'])[:_ID_SHOWN]}]",
        year=study.period,
        geography=site["region"],
        source=f"calculation {str(document['calculation'])[:_ID_CITED]}",
        allocation=study.choices.allocation,
        primary_source=study.choices.primary_source,
        interval=_interval(interval) if interval else None,
        known=amounts_by_part(made, parts, rows),
        document=document,
        illustrative=bool(document["illustrative"]),
        estimate=bool(document["estimate"]),
        unsaid=unsaid_of(
            ((row["factor"], row["gas"], decimal_value(row["kg_co2e"]))
             for row in document["contributions"]),
            (Pin.from_record(pin) for pin in document["inputs"]["pins"]),
        ),
    )  # fmt: skip


def unsaid_of(rows: Iterable[tuple[str, str, Decimal]], pins: Iterable[Pin]) -> dict[str, Unsaid]:
    """Return what is left unsaid by the gate's own names of the attributes."""
    return {_GATE_NAMES[name]: item for name, item in unsaid_by_factor(rows, pins).items()}


def parts_of_model(study: Study, not_stated: Iterable[str]) -> Parts:
    """Return the parts of the boundary a calculation has data for, whatever their amounts are.

    An optional slot that nobody stated (rule PCF-MISSING-002) brings no part into the boundary.
    """
    made, absent = class_of_product(study.product), set(not_stated)
    return frozenset(
        part_of(made.scheme, process.stage, process.code, exchange.flow, _gas_of(exchange))
        for process in product_system(study.product, study.choices).processes
        for exchange in process.exchanges
        if not isinstance(exchange, Link) and _is_stated(exchange, absent)
    )


def amounts_by_part(
    made: ProductClass, parts: Parts, rows: Iterable[Emits]
) -> dict[Parts, Decimal]:
    """Return kg CO2e per kg by part; the amounts add up to the total exactly.

    A part of the boundary without an emission is known to be 0.
    """
    found: dict[str, list[Decimal]] = {part: [] for part in sorted(parts)}
    for row in rows:
        part = part_of(made.scheme, row.stage, row.process, row.flow, row.gas)
        found.setdefault(part, []).append(row.kg_co2e)
    return {frozenset((part,)): exact_sum(amounts) for part, amounts in found.items()}


def published_values() -> dict[str, Value]:
    """Return every published result that is a footprint of a product: id → value."""
    return {result: published(result) for result in stated_rules()}


def published(result: str) -> Value:
    """Return one published result; raises BadInput for an id that is none."""
    row, stated = published_results().get(result), stated_rules().get(result)
    if row is None or stated is None:
        raise BadInput("COMPARE_UNKNOWN", ref=result)
    made = product_classes()[stated["product_class"]]
    value = published_value(row)
    boundary = boundaries().get(stated["boundary"])
    return Value(
        ref=result,
        kind=PUBLISHED,
        product_class=made.code,
        boundary=stated["boundary"] or row["boundary"],
        parts=parts_in(boundary["parts"]) if boundary else None,
        scrap_rule=stated["scrap_rule"] if made.charges_scrap else NO_SCRAP,
        electricity_rule=stated["electricity_rule"],
        gwp_set=stated["gwp_set"] or row["gwp_set"],
        value=value,
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        label=stated["label"],
        year=row["year"],
        geography=row["geography"],
        source=f"{row['citation']}, {row['locator']} ({row['confidence']})",
        known={
            parts_in(item["parts"]): EXACT.multiply(
                value, Decimal(published_results()[item["share"]]["value"])
            )
            for item in stage_shares(result)
        },
        gases=gases_of(result),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    stage: str
    process: str
    flow: str
    gas: str
    kg_co2e: Decimal


def _row(row: Mapping[str, str]) -> _Row:
    amount = decimal_value(row["kg_co2e"])
    return _Row(row["stage"], row["process"], row["flow"], row["gas"], amount)


def _is_stated(exchange: Input | Emission, absent: set[str]) -> bool:
    """Tell whether the amount of an exchange rests on what somebody stated.

    Its formula may hold slots of other flows, such as the charge it is a share of; where it has
    slots of its own flow, those decide.
    """
    slots = list(exchange.amount.slots())
    own = [slot.key for slot in slots if slot.flow == exchange.flow]
    return not slots or any(key not in absent for key in own or [slot.key for slot in slots])


def _gas_of(exchange: Any) -> str:
    return exchange.gas if isinstance(exchange, Emission) else "co2"


def _with_surface(code: str, surface: str) -> str:
    return code if surface in ("", PLAIN) else f"{code}/{surface}"


def _interval(record: Mapping[str, Any]) -> Interval:
    return Interval(*(decimal_value(record[name]) for name in ("low", "high", "level")))
