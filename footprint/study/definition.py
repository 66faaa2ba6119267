"""A study: what is asked, for which site and period, under which choices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from factor_db.factors.record.reference import upper_bounds
from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput
from footprint.study.hand_values import read_values
from footprint.study.supplier_shares import Supplier, supplier_records, suppliers_of
from lca_models.catalogue import PRODUCTS
from lca_models.system.unit_process import Choices

GWP_SETS = ("AR4", "AR5", "AR6")
_KEYS = {
    *("product", "product_code", "site", "period", "release", "gwp_set"),
    *("choices", "set", "accept_doubts", "cut_offs", "suppliers", "distributions"),
}


@dataclass(frozen=True, slots=True)
class CutOff:
    """An input left out on purpose: its slot, a cited upper bound with its unit, the reason."""

    slot: str
    upper_bound: Decimal
    unit: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Study:
    """The question of one calculation; empty texts mean: the only one there is.

    `product_code` is the alloy, form or temper asked for (`6061-T651`); empty asks for all of the
    product together. `suppliers` is precursor flow → whose product footprints fill its slot.
    `overrides` is slot → value in the slot's unit; `accept_doubts` takes those that are far from
    all that is known of their slot (rule DQ-HAND-002).
    `distributions` is slot → the fields of a distribution that replaces its factor's spread; they
    move the interval and nothing else, so that they are no part of a result's hash.
    """

    product: str
    site: str = ""
    period: str = ""
    release: str = ""
    gwp_set: str = "AR6"
    choices: Choices = field(default_factory=Choices)
    overrides: Mapping[str, Decimal] = field(default_factory=dict)
    cut_offs: tuple[CutOff, ...] = ()
    product_code: str = ""
    suppliers: Mapping[str, tuple[Supplier, ...]] = field(default_factory=dict)
    distributions: Mapping[str, Mapping[str, str | bool]] = field(default_factory=dict)
    accept_doubts: bool = False

    def __post_init__(self) -> None:
        if self.gwp_set not in GWP_SETS:
            raise BadInput("GWP_SET_UNKNOWN", gwp=self.gwp_set, known=", ".join(GWP_SETS))
        if self.distributions:
            from footprint.engine.statistics.distributions import require_distributions

            require_distributions(self.distributions)

    def record(self) -> dict[str, Any]:
        """Return the study as JSON types: the part of a result's hash that states the question.

        `product_code`, `suppliers`, `distributions` and `accept_doubts` came later and stand in it
        only when they are stated, so that the hash of a question nobody changed stays what it was.
        """
        later = {
            "product_code": self.product_code,
            "suppliers": supplier_records(self.suppliers),
            "distributions": {slot: dict(item) for slot, item in self.distributions.items()},
            "accept_doubts": self.accept_doubts,
        }
        stated = {name: value for name, value in later.items() if value}
        return {
            **stated,
            "choices": self.choices.record(),
            "cut_offs": [asdict(item) for item in self.cut_offs],
            "gwp_set": self.gwp_set,
            "overrides": dict(sorted(self.overrides.items())),
            "period": self.period,
            "product": self.product,
            "release": self.release,
            "site": self.site,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Study:
        """Read a study back; raises KeyError or TypeError when it is malformed."""
        return cls(
            product=record["product"],
            product_code=record.get("product_code", ""),
            suppliers=suppliers_of(record.get("suppliers", {})),
            distributions=record.get("distributions", {}),
            accept_doubts=record.get("accept_doubts", False),
            site=record["site"],
            period=record["period"],
            release=record["release"],
            gwp_set=record["gwp_set"],
            choices=Choices(**record["choices"]),
            overrides={key: decimal_value(value) for key, value in record["overrides"].items()},
            cut_offs=tuple(
                CutOff(**{**item, "upper_bound": decimal_value(item["upper_bound"])})
                for item in record["cut_offs"]
            ),
        )

    def changed(self, choice: str, value: str) -> Study:
        """Return the study with its GWP set or one of its methodological choices changed."""
        if choice == "gwp_set":
            return replace(self, gwp_set=value)
        return replace(self, choices=replace(self.choices, **{choice: value}))


def default_study(product: str) -> Study:
    """Return the shipped study of a product; raises BadInput for an unknown product."""
    if product not in PRODUCTS:
        raise BadInput("PRODUCT_UNKNOWN", product=product, known=", ".join(sorted(PRODUCTS)))
    path = files("footprint") / "studies" / f"{product}.toml"
    return _study(tomllib.loads(path.read_text(encoding="utf-8")), str(product))


def study_named(name: str) -> Study:
    """Return the study of a file `….toml`, or the shipped one of a product."""
    return read_study(Path(name)) if name.endswith(".toml") else default_study(name)


def read_study(path: Path) -> Study:
    """Read a study file; raises BadInput when it is absent, unreadable or has unknown keys."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("FILE_ABSENT", path=path) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error) from None
    return _study(content, path.name)


def _study(content: Mapping[str, Any], name: str) -> Study:
    for key, kind in (
        ("choices", dict),
        ("set", dict),
        ("cut_offs", list),
        ("suppliers", dict),
        ("distributions", dict),
        ("accept_doubts", bool),
    ):
        if not isinstance(content.get(key, kind()), kind):
            raise BadInput("STUDY_KEYS", path=name, unknown=key, known=", ".join(sorted(_KEYS)))
    known_choices = {item.name for item in fields(Choices)}
    unknown = sorted((set(content) - _KEYS) | (set(content.get("choices", {})) - known_choices))
    if unknown or "product" not in content:
        raise BadInput(
            "STUDY_KEYS",
            path=name,
            unknown=", ".join(unknown) or "product",
            known=", ".join(sorted(_KEYS)),
        )
    choices = Choices(**content.get("choices", {}))
    return Study(
        product=content["product"],
        product_code=str(content.get("product_code", "")),
        site=content.get("site", ""),
        period=str(content.get("period", "")),
        release=str(content.get("release", "")),
        gwp_set=content.get("gwp_set", "AR6"),
        choices=choices,
        overrides=read_values(content["product"], choices, content.get("set", {})),
        accept_doubts=content.get("accept_doubts", False),
        cut_offs=tuple(_cut_off(item, name) for item in content.get("cut_offs", [])),
        suppliers=suppliers_of(content.get("suppliers", {})),
        distributions={
            slot: _as_written(item) for slot, item in content.get("distributions", {}).items()
        },
    )


def _as_written(stated: Any) -> Any:
    """Return a distribution's fields with its numbers as text, so that a record keeps them."""
    if not isinstance(stated, dict):
        return stated
    return {k: v if isinstance(v, (str, bool)) else str(v) for k, v in sorted(stated.items())}


def _cut_off(item: Any, name: str) -> CutOff:
    """Return a cut-off; without a bound of its own it takes the registered one of its slot."""
    given = item if isinstance(item, dict) else {}
    registered = upper_bounds().get(given.get("slot", ""))
    if registered and "upper_bound" not in given:
        source = f"{registered['citation']}, {registered['locator']}"
        given = {**given, "upper_bound": registered["value"], "unit": registered["unit"]}
        given["source"] = source
    needed = ("slot", "upper_bound", "unit", "source", "reason")
    missing = [key for key in needed if not given.get(key)]
    if missing:
        raise BadInput("STUDY_CUT_OFF", path=name, missing=", ".join(missing))
    bound = decimal_value(str(given["upper_bound"]))
    return CutOff(given["slot"], bound, given["unit"], given["source"], given["reason"])
