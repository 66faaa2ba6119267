"""The factor record: one version of one quantity, with everything an auditor asks of it.

Status is no part of a factor: it is the last entry of its state history and enters no hash.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from factor_db.factors.record.allocation_names import AllocationName
from factor_db.factors.record.inputs import StoredInput
from factor_db.foundation.canonical import EXACT, content_hash, decimal_value, plain
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion

_KINDS_OF_QUANTITY = {
    "inventory": ("inventory",),
    "property": ("parameter",),
    "coefficient": ("parameter",),
}
# Fields added after the first release, with the value that says nothing.
_LATER_FIELDS: dict[str, Any] = {
    "product": "",
    "filled_share": Decimal(0),
    "scrap_rule": "",
    "electricity_rule": "",
    "allocation_rule": "",
    "primary_data_share": None,
    "mixture": (),
}
FAR_BEYOND = Decimal(10)
"""How many times values of one slot may differ before somebody is asked.

Grids, fuels and metals differ by less between places and years; a lost thousand or kWh taken for
MWh does not. EJ, plausibility only.
"""
UNSTATED = "unstated"
"""What a factor says of a GWP set or boundary that its source, as far as read, leaves out."""
MIXTURE_RULE = "DQ-MIXTURE-001"
Kind = Literal["inventory", "emission", "product", "parameter"]
Purpose = Literal["default", "alternative", "upper_bound"]
GASES = (
    "co2",
    "co2_biogenic",
    "ch4_fossil",
    "ch4",
    "n2o",
    "cf4",
    "c2f6",
    "sf6",
    "nf3",
    "hfc-134a",
    "co2e",
)


def product_key(product: str) -> str:
    """Return a product code as it is compared: `6061-T651` and `6061-t651 ` are the same."""
    return unicodedata.normalize("NFKC", product).strip().casefold()


def _exact(value: Any) -> Any:
    """Refuse binary floats: their decimal reading is not the number that was meant."""
    if isinstance(value, float):
        raise ValueError("a factor takes decimals or text, not a binary float")
    return decimal_value(value) if isinstance(value, str) else value


Exact = Annotated[Decimal, BeforeValidator(_exact)]
IsoDate = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Score = Annotated[int, Field(ge=1, le=5)]


class Source(BaseModel):
    """Where a value was read: down to page, table or cell, with the file's hash when we hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    citation: str
    locator: str = ""
    url: str = ""
    file_sha256: str = ""


class Allocation(BaseModel):
    """How a process's amounts were shared out over its co-products (rule DER-ALLOC-002).

    `share` is what the product took of the amounts that no row gives to one output by itself;
    `reason` says why value had to share out what neither subdivision nor mass could.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: AllocationName
    share: Exact = Field(ge=0, le=1)
    reason: str = ""


class OriginShare(BaseModel):
    """Where a part of the amounts came from, as the ledger has it (rule DER-ORIGIN-001).

    `origin` is the text of the rows, empty for rows that state none; `share` is by mass.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str
    share: Exact = Field(ge=0, le=1)
    cells: tuple[str, ...]


class Derivation(BaseModel):
    """How a value was computed: formula, inputs by id and hash, software, sharing, origins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    formula: str
    inputs: tuple[StoredInput, ...] = ()
    software: str = ""
    allocation: Allocation | None = None
    origins: tuple[OriginShare, ...] = ()


class MixtureClass(BaseModel):
    """One class of producers that a bought good may come from (rule DQ-MIXTURE-001).

    `value` is the mean of the class in the factor's unit, `gsd` how far its members spread,
    `weight` the chance that an unknown producer is of it; `source` says where value and share were
    read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    weight: Exact = Field(gt=0, le=1)
    value: Exact = Field(gt=0)
    gsd: Exact = Field(gt=1)
    source: str


class Factor(BaseModel):
    """One immutable factor version; `amounts` is gas → kg per unit, or {"value": …}.

    `unit` is amount unit / reference unit (`kg/kWh`, `kWh/t`). `product` is the alloy, form or
    temper a site's factor is of, empty for all of the process's output together; `filled_share`
    is the share of the amounts that a gap rule filled in place of a reading. A product's footprint
    may state the rules it was made under, and its primary data share in percent (None: unstated);
    literature states at most how its power was counted. `mixture` are the classes of an unknown
    producer, whose mean is the amount. Raises
    ValidationError on unknown units or gases, on amounts that do not fit the kind, and on binary
    floats.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: int = Field(ge=1)
    kind: Kind
    name_zh: str
    name_en: str
    synonyms: tuple[str, ...] = ()
    process: str = ""
    flow: str
    product: str = ""
    quantity: str
    unit: str
    amounts: dict[str, Exact]
    gwp_set: str = ""
    geography: str
    data_year: int = Field(ge=1900, le=2200)
    period_start: IsoDate = ""
    period_end: IsoDate = ""
    valid_until: IsoDate = ""
    boundary: str = ""
    technology: str = ""
    data_type: Literal["measured", "calculated", "literature", "estimate", "proxy"]
    purpose: Purpose = "default"
    gsd: Exact = Field(default=Decimal(1), ge=1)
    pedigree: tuple[Score, ...] = Field(default=(), max_length=5)
    pedigree_reasons: tuple[str, ...] = ()
    filled_share: Exact = Field(default=Decimal(0), ge=0, le=1)
    scrap_rule: str = ""
    electricity_rule: str = ""
    allocation_rule: str = ""
    primary_data_share: Exact | None = Field(default=None, ge=0, le=100)
    mixture: tuple[MixtureClass, ...] = ()
    source: Source
    derivation: Derivation | None = None
    licence: str
    redistribution: Literal["table", "single_value", "owner"]
    confidence: Literal["A", "B", "D"]
    owner: str
    site: str = ""
    illustrative: bool = False
    notes: str = ""

    @model_validator(mode="after")
    def _amounts_fit_the_kind(self) -> Factor:
        conversion(self.unit, self.unit)
        if self.pedigree and len(self.pedigree) != 5:
            raise ValueError(f"factor {self.id} has {len(self.pedigree)} pedigree scores, not five")
        if self.kind not in _KINDS_OF_QUANTITY.get(self.quantity, ("emission", "product")):
            raise ValueError(f"factor {self.id}: quantity {self.quantity} is no {self.kind}")
        below_zero = {gas for gas, value in self.amounts.items() if value < 0}
        if below_zero - {"co2_biogenic"}:
            raise ValueError(f"factor {self.id} is negative; an avoided emission is no factor")
        if self.kind in ("inventory", "parameter"):
            if set(self.amounts) != {"value"}:
                raise ValueError(f"{self.kind} factor {self.id} holds exactly one value")
        elif not self.amounts or not set(self.amounts) <= set(GASES):
            raise ValueError(f"{self.kind} factor {self.id} holds gases out of {', '.join(GASES)}")
        if "co2e" in self.amounts and not self.gwp_set:
            raise ValueError(f"factor {self.id} is known only as CO2e and must state its GWP set")
        return self

    @model_validator(mode="after")
    def _mixture_has_the_amount_as_its_mean(self) -> Factor:
        if not self.mixture:
            return self
        if len(self.amounts) != 1:
            raise ValueError(f"factor {self.id} mixes classes and holds more than one amount")
        with localcontext(EXACT):
            weights = sum((item.weight for item in self.mixture), Decimal(0))
            mean = sum((item.weight * item.value for item in self.mixture), Decimal(0))
            (amount,) = self.amounts.values()
            allowed = rule(MIXTURE_RULE).number("mean_tolerance") * amount
        if weights != 1 or abs(mean - amount) > allowed:
            raise ValueError(f"factor {self.id}: weights {weights}, mean {mean}, amount {amount}")
        return self

    @property
    def ref(self) -> str:
        """The factor as people cite it: `id@version`."""
        return f"{self.id}@{self.version}"

    @property
    def slot_key(self) -> str:
        """The slot this factor can fill: `process/flow/quantity` or `flow/quantity`."""
        return "/".join(part for part in (self.process, self.flow, self.quantity) if part)

    @property
    def value(self) -> Decimal:
        """The one value of an inventory or parameter factor, in `unit`."""
        return self.amounts["value"]

    def record(self) -> dict[str, Any]:
        """Return the record as plain JSON types, decimals as canonical strings.

        Fields that came later stand in it only where they say something, so that what was stored
        and certified before keeps its hash.
        """
        content = self.model_dump(mode="python")
        for name, nothing in _LATER_FIELDS.items():
            if content[name] == nothing:
                del content[name]
        if self.derivation is not None:
            for name in ("allocation", "origins"):
                if not content["derivation"][name]:
                    del content["derivation"][name]
            if self.derivation.allocation is not None and not self.derivation.allocation.reason:
                del content["derivation"]["allocation"]["reason"]
        record: dict[str, Any] = plain(content)
        return record

    @cached_property
    def sha256(self) -> str:
        """The hash of the record: the factor's identity."""
        return content_hash("factor", self.record())
