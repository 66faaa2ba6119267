"""What is known of published values beyond their number: `factor_db/reference/comparison`.

`classes.csv` holds product classes, `routes.csv` the class of a product by the steps it went
through, `parts.csv` how a contribution falls into a part of a boundary,
`boundaries.csv` which parts a stated boundary has, `values.csv` the rules a publication states, and
`stage_shares.csv` the parts whose share of a value is published. An empty cell: not stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from factor_db.foundation.errors import BadInput
from factor_db.foundation.reference_files import reference_rows
from footprint.result.rows import FlowRow

FOLDER = "comparison"
_LINKED = "calculated"
Row = Mapping[str, str]
_PLACES = ("stage", "process", "flow", "gas")


@dataclass(frozen=True, slots=True)
class ProductClass:
    """A class of products that may be compared; `scheme` names the parts its boundary is cut in.

    A class without scrap in its charge (`charges_scrap` false) knows no rule for scrap. `product`
    is the product of ours that belongs to it, empty when none does.
    """

    code: str
    family: str
    scheme: str
    charges_scrap: bool
    product: str
    name_zh: str
    name_en: str


@cache
def product_classes() -> Mapping[str, ProductClass]:
    """Return every product class: code → class."""
    return {
        row["class"]: ProductClass(
            code=row["class"],
            family=row["family"],
            scheme=row["scheme"],
            charges_scrap=row["charges_scrap"] == "yes",
            product=row["product"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
        )
        for row in reference_rows(f"{FOLDER}/classes.csv")
    }


def class_of_product(product: str) -> ProductClass:
    """Return the class of a product of ours; raises BadInput (PRODUCT_UNKNOWN)."""
    known = {item.product: item for item in product_classes().values() if item.product}
    try:
        return known[product]
    except KeyError:
        raise BadInput("PRODUCT_UNKNOWN", product=product, known=", ".join(known)) from None


@dataclass(frozen=True, slots=True)
class Route:
    """What ran in a result: processes with an output, and the metal each took: (process, flow)."""

    processes: frozenset[str]
    taken: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, flows: Iterable[FlowRow]) -> Route:
        """Return the route of a flow table: what has an amount of its own or was handed on."""
        rows = [row for row in flows if row.amount]
        ran = frozenset(row.process for row in rows if row.role == "product")
        linked = (row for row in rows if (row.role, row.quality) == ("input", _LINKED))
        return cls(ran, frozenset((row.process, row.flow) for row in linked))


def class_of_route(product: str, route: Route) -> ProductClass:
    """Return the class of a result by the steps its metal went through, not by what was chosen.

    The first line of `routes.csv` that fits decides; a product without lines has one class. A step
    that takes `several` metals mixes routes. Raises BadInput (PRODUCT_UNKNOWN).
    """
    for row in reference_rows(f"{FOLDER}/routes.csv"):
        if row["product"] != product or row["process"] not in route.processes:
            continue
        metals = [flow for process, flow in route.taken if process == row["process"]]
        if not row["takes"] or len(metals) > 1:
            return product_classes()[row["class"]]
    return class_of_product(product)


@cache
def part_names(scheme: str) -> Mapping[str, dict[str, str]]:
    """Return the parts of a scheme in the order of their steps: part → {zh, en}."""
    return {
        row["part"]: {"zh": row["name_zh"], "en": row["name_en"]}
        for row in reference_rows(f"{FOLDER}/parts.csv")
        if row["scheme"] == scheme
    }


@cache
def part_of(scheme: str, stage: str, process: str, flow: str, gas: str) -> str:
    """Return the part of a boundary that an emission belongs to: the first line that fits.

    Raises KeyError when none does, so that no emission is left out of a boundary in silence.
    """
    found = dict(zip(_PLACES, (stage, process, flow, gas), strict=True))
    for row in reference_rows(f"{FOLDER}/parts.csv"):
        fits = (fnmatchcase(found[name], row[name] or "*") for name in _PLACES)
        if row["scheme"] == scheme and all(fits):
            return row["part"]
    raise KeyError((scheme, stage, process, flow, gas))


@cache
def boundaries() -> Mapping[str, Row]:
    """Return every stated boundary: code → row, its `parts` separated by semicolons."""
    return {row["boundary"]: row for row in reference_rows(f"{FOLDER}/boundaries.csv")}


@cache
def stated_rules() -> Mapping[str, Row]:
    """Return what each published result states of its class, boundary and rules: id → row."""
    return {row["result"]: row for row in reference_rows(f"{FOLDER}/values.csv")}


def stage_shares(result: str) -> list[Row]:
    """Return the published shares of a result by part: rows of parts and the share's result."""
    rows = reference_rows(f"{FOLDER}/stage_shares.csv")
    return [row for row in rows if row["result"] == result]


def parts_in(text: str) -> frozenset[str]:
    """Return the parts of a text `a;b;c`; none of an empty text."""
    return frozenset(part for part in text.split(";") if part)
