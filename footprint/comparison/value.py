"""A value as the gate sees it: a number with the boundary and rules it was made under."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.errors import BadInput
from footprint.choices.told import ALLOCATION, read_choices, unevidenced
from footprint.comparison.data import (
    ProductClass,
    Route,
    boundaries,
    class_of_product,
    class_of_route,
    part_of,
    parts_in,
    product_classes,
    stage_shares,
    stated_rules,
)
from footprint.figures.blocked import require_showable
from footprint.figures.unstated import (
    BOUNDARY,
    ELECTRICITY,
    GWP_SET,
    NOTHING_UNSAID,
    Unsaid,
    unsaid_by_factor,
)
from footprint.result.document import ResultDocument
from footprint.result.total import IntervalRecord
from footprint.study.definition import Study
from footprint.validation.tables import gases_of, published_results, published_value
from lca_models.catalogue import product_system
from lca_models.finishing import METERED
from lca_models.system.resolve import Pin
from lca_models.system.unit_process import Emission, Input, Link

CALCULATION, PUBLISHED, TYPED_IN, BAND = "calculation", "published", "typed_in", "band"
_TREATED = {"anodising": "anodised", "powder_coating": "powder_coated"}
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
    `document` is the calculation behind it, None for others; `gases` kg of each gas per kg.
    `choices` are those its model read, empty for a value that is no calculation of ours, and
    `unevidenced` the ones made without evidence. `unsaid` is what rests on factors that do not
    state an attribute (rule PCF-COMPARE-004).
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
    choices: Mapping[str, str] = field(default_factory=dict)
    unevidenced: tuple[str, ...] = ()
    interval: Interval | None = None
    known: Mapping[Parts, Decimal] = field(default_factory=dict)
    outside: Mapping[Parts, Decimal] = field(default_factory=dict)
    gases: Mapping[str, Decimal] = field(default_factory=dict)
    document: ResultDocument | None = None
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


def value_of_document(document: ResultDocument) -> Value:
    """Return the value of a calculation; an estimate is one and says so.

    Raises what `require_showable` does for a result that leaves something out.
    """
    require_showable(document, "COMPARE")
    study, route = document.inputs.study, Route.of(document.flows)
    made = class_of_route(study.product, route)
    choices = read_choices(document.choices)
    total, site = document.total, document.site
    parts = parts_of_model(study, document.coverage.not_stated, route)
    named = {
        lang: " ".join(
            filter(None, (getattr(site, f"organisation_{lang}"), getattr(made, f"name_{lang}"),
                          study.product_code, study.period))
        )
        for lang in ("zh", "en")
    }  # fmt: skip
    return Value(
        ref=document.calculation,
        kind=CALCULATION,
        product_class=_with_surface(made.code, study.choices.surface, route.processes),
        boundary="model",
        parts=parts,
        scrap_rule=study.choices.scrap_rule if made.charges_scrap else NO_SCRAP,
        electricity_rule=study.choices.electricity_rule,
        gwp_set=study.gwp_set,
        value=total.value,
        name_zh=named["zh"],
        name_en=named["en"],
        label=f"{site.code} {study.period} [{document.calculation[:_ID_SHOWN]}]",
        year=study.period,
        geography=site.region,
        source=f"calculation {document.calculation[:_ID_CITED]}",
        allocation=choices.get(ALLOCATION, ""),
        primary_source=choices.get("primary_source", ""),
        choices=choices,
        unevidenced=unevidenced(document.choices),
        interval=_interval(total.interval) if total.interval else None,
        known=amounts_by_part(made, parts, document.contributions),
        document=document,
        illustrative=document.illustrative,
        estimate=document.estimate,
        unsaid=unsaid_of(
            ((row.factor, row.gas, row.kg_co2e) for row in document.contributions),
            document.inputs.pins,
        ),
    )  # fmt: skip


def unsaid_of(rows: Iterable[tuple[str, str, Decimal]], pins: Iterable[Pin]) -> dict[str, Unsaid]:
    """Return what is left unsaid by the gate's own names of the attributes."""
    return {_GATE_NAMES[name]: item for name, item in unsaid_by_factor(rows, pins).items()}


def parts_of_model(study: Study, not_stated: Iterable[str], route: Route | None = None) -> Parts:
    """Return the parts of the boundary a calculation has data for, whatever their amounts are.

    An optional slot that nobody stated (rule PCF-MISSING-002) brings no part into the boundary, and
    a process that did not run brings none either; without a route every process counts.
    """
    made, absent = class_of_product(study.product), set(not_stated)
    return frozenset(
        part_of(made.scheme, process.stage, process.code, exchange.flow, _gas_of(exchange))
        for process in product_system(study.product, study.choices).processes
        for exchange in process.exchanges
        if route is None or process.code in route.processes
        if not isinstance(exchange, Link) and _is_stated(exchange, process.code, absent)
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


def _is_stated(exchange: Input | Emission, process: str, absent: set[str]) -> bool:
    """Tell whether the amount of an exchange rests on what somebody stated of it.

    Its formula may hold the charge it is a share of, a calorific value, or the share of a source of
    power that is known for the whole site: what decides is the process's own slot of the flow, else
    its other slots, else all.
    """
    slots = list(exchange.amount.slots())
    here = [slot for slot in slots if slot.process == process]
    own = [slot for slot in here if slot.flow == exchange.flow] or here or slots
    return not own or any(slot.key not in absent for slot in own)


def _gas_of(exchange: Any) -> str:
    return exchange.gas if isinstance(exchange, Emission) else "co2"


def _with_surface(code: str, surface: str, used: Container[str]) -> str:
    """Return the class with the surface chosen, or with those the ledger shows to be made."""
    if surface in ("", METERED):
        surface = "+".join(made for step, made in _TREATED.items() if step in used)
    return code if surface in ("", PLAIN) else f"{code}/{surface}"


def _interval(record: IntervalRecord) -> Interval:
    return Interval(record.low, record.high, record.level)
