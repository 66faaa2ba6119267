"""The columns of a portfolio file: their names in both languages, and an empty file to begin with.

Required are `study` and `product`. Choices are the fields of `Choices`; `set:SLOT [UNIT]` sets a
value as `calculate --set` does, in the unit of its heading. An empty cell says nothing: 0 is a
value.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass, fields

from lca_models.catalogue import product_system
from lca_models.system.unit_process import Choices

STUDY, PRODUCT, GWP_SET = "study", "product", "gwp_set"
REQUIRED = (STUDY, PRODUCT)
QUESTION = (PRODUCT, "product_code", "site", "period", "release", GWP_SET)
CHOICES = tuple(item.name for item in fields(Choices))
SET = "set:"
_SET_NAMES = (SET, "设:", "设定:")
_NAMES = {
    STUDY: ("编号", "研究"),
    PRODUCT: ("产品",),
    "product_code": ("牌号",),
    "site": ("场地",),
    "period": ("期间",),
    "release": ("发布版",),
    GWP_SET: ("gwp",),
    "scrap_rule": ("废铝规则",),
    "electricity_rule": ("电力规则",),
    "allocation": ("分配",),
    "primary_source": ("原铝来源",),
    "smelter_power": ("电解用电",),
    "pfc_method": ("pfc方法",),
    "smelter_technology": ("电解槽型",),
    "surface": ("表面处理",),
    "temper": ("状态",),
    "alloying": ("合金化",),
    "melt_loss": ("烧损",),
    "dross_route": ("铝灰去向",),
    "anode_plant": ("阳极来源",),
}
_BY_NAME = {name.casefold(): code for code, names in _NAMES.items() for name in (code, *names)}
KNOWN = (STUDY, *QUESTION, *CHOICES, f"{SET}SLOT [UNIT]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its place, its heading as written, and what it means.

    `code` is a name of `KNOWN`, or empty for a value to set, whose slot `slot` is and whose cells
    are in `unit`, empty where the heading states none.
    """

    place: int
    heading: str
    code: str
    slot: str = ""
    unit: str = ""


def column_of(place: int, heading: str) -> Column | None:
    """Return what a heading means, None when it means nothing; full-width forms are the same."""
    name = unicodedata.normalize("NFKC", heading).strip()
    for prefix in _SET_NAMES:
        if name.casefold().startswith(prefix) and name[len(prefix) :].strip():
            slot, unit = _with_unit(name[len(prefix) :].strip())
            return Column(place, heading, "", slot, unit)
    code = _BY_NAME.get(name.casefold())
    return None if code is None else Column(place, heading, code)


def _with_unit(name: str) -> tuple[str, str]:
    """Return `SLOT [UNIT]` as slot and unit."""
    slot, found, unit = name.partition("[")
    return (slot.strip(), unit[:-1].strip()) if found and unit.endswith("]") else (name, "")


def template(product: str) -> bytes:
    """Return a CSV file (UTF-8 with a mark, for spreadsheets) with every slot of a product to set.

    Its one row names the product. Raises BadInput (PRODUCT_UNKNOWN).
    """
    system = product_system(product, Choices())
    slots = (*system.amount_slots(), *system.emission_slots())
    headings = [STUDY, *QUESTION, "scrap_rule", "electricity_rule"]
    headings += [f"{SET}{key} [{unit}]" for key, unit in {s.key: s.unit for s in slots}.items()]
    row = {STUDY: "1", PRODUCT: product}
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(headings)
    writer.writerow([row.get(name, "") for name in headings])
    return lines.getvalue().encode("utf-8-sig")
