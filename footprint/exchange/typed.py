"""A supplier's footprint typed in by hand: a TOML file with Chinese and English notes.

Unquoted numbers are read as they are written, never as binary floats.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from factor_db.factors.record.factor import GASES
from factor_db.foundation.canonical import EXACT, content_hash
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from footprint.certificate.validity import years_later
from footprint.exchange.fields import Fields
from footprint.exchange.pact import PACT_RULE
from footprint.study.definition import GWP_SETS
from footprint.supply.declared import RATINGS, RECYCLED, Declared
from lca_models.catalogue import available_choices

_UNITS = ("kg", "t")
_FROM_THE_CRADLE = ("cradle", "摇篮")
_BASES = ("calculated", "literature", "estimate")
_ANY_PRODUCT = "plate"
_ZERO = Decimal(0)
_PERCENT = Decimal("0.01")
_TOP = {
    *("supplier_zh", "supplier_en", "supplier_uscc", "product_zh", "product_en", "flow", "unit"),
    *("pcf_kg_co2e", "gwp_set", "geography", "period_start", "period_end", "valid_until"),
    *("boundary", "technology", "basis", "primary_data_share", "scrap_rule", "electricity_rule"),
    *("allocation_rule", "gases_kg", "ratings", "document", "verification", RECYCLED),
}

_CHOICES = available_choices(_ANY_PRODUCT)
_SCRAP, _POWER = (", ".join(_CHOICES[name]) for name in ("scrap_rule", "electricity_rule"))

TEMPLATE = f"""# 供应商产品碳足迹 / a supplier's product footprint
# 填好后 / then: footprint supplier import FILE.toml
# 必填项不可留空;不知道的选填项请删去 / fill the obligatory ones, delete what is not known

supplier_zh = ""         # 供应商中文名,必填 / Chinese name, obligatory
supplier_en = ""         # 供应商英文名,必填 / English name, obligatory
supplier_uscc = ""       # 统一社会信用代码,选填 / registration number, optional
product_zh = ""          # 产品中文名,必填 / product in Chinese, obligatory
product_en = ""          # 产品英文名,必填 / product in English, obligatory
flow = ""                # 填充的槽位,如 primary_ingot,必填 / the slot it fills, obligatory
unit = "kg"              # 声明单位 kg 或 t / declared unit, kg or t
pcf_kg_co2e = ""         # 每单位 kg CO2e,必填 / kg CO2e per unit, obligatory
gwp_set = ""             # AR4, AR5 或 AR6,必填 / obligatory
geography = ""           # 国家或地区代码,如 CN 或 CN-YN,必填 / ISO 3166, obligatory
period_start = ""        # 2025-01-01,必填 / obligatory
period_end = ""          # 2025-12-31,含当日,必填 / last day, obligatory
# valid_until = ""       # 有效期止,缺省为期间结束后三年 / default: three years after the period
boundary = "cradle-to-gate"
# technology = ""
basis = ""               # calculated, literature 或 estimate,必填 / obligatory
# primary_data_share = "" # 初级数据份额 % / percent
# {RECYCLED} = ""  # 再生料份额 %,须有文件 / recycled metal, percent by mass; needs a document
# scrap_rule = ""        # {_SCRAP}
# electricity_rule = ""  # {_POWER}
# allocation_rule = ""

# 分气体时(每单位 kg)/ by gas, kg per unit, if known:
# [gases_kg]
# co2 = ""

# 数据质量 1 至 5(1 最好)/ ratings 1 (best) to 5:
# [ratings]
# technological = ""
# geographical = ""
# temporal = ""

# 有文件时 / with a document:
# [document]
# citation = ""
# locator = ""

# 经核查时 / when verified:
# [verification]
# body = ""
"""


def toml_content(data: bytes, name: str) -> Mapping[str, Any]:
    """Return the content of a TOML file; raises BadInput when it cannot be read."""
    try:
        return tomllib.loads(data.decode("utf-8"), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise BadInput("FILE_UNREADABLE", path=name, reason=error) from None


def read_typed(content: Mapping[str, Any], today: date) -> tuple[Declared | None, Fields]:
    """Return what a typed file declares, and its fields with every fault found."""
    top = Fields(content)
    top.unknown(_TOP)
    named: dict[str, Any] = {
        name: top.words(f"{kind}_{lang}")
        for kind, lang, name in (
            ("supplier", "zh", "company_zh"),
            ("supplier", "en", "company_en"),
            ("product", "zh", "product_zh"),
            ("product", "en", "product_en"),
        )
    }
    uscc = top.words("supplier_uscc", required=False)
    amounts = _amounts(top)
    values: dict[str, Any] = {
        "amounts": amounts,
        "gwp_set": top.one_of("gwp_set", GWP_SETS),
        "geography": top.words("geography"),
        "boundary": _boundary(top),
        "technology": top.words("technology", required=False),
        "basis": top.one_of("basis", _BASES),
        "allocation_rule": top.words("allocation_rule", required=False),
        **_rules(top),
        **_period(top, today),
        **_quality(top),
        **_document(top),
        "recycled_share": _recycled(top),
    }
    if top.faults:
        return None, top
    key = content_hash("supplier", [named["company_en"], uscc, named["product_en"]])
    ids = (uscc,) if uscc else ()
    return Declared(key=key, company_ids=ids, **named, **values), top


def _boundary(top: Fields) -> str:
    """Return the boundary; a bought good enters with all that led to it, from the cradle on."""
    stated = top.words("boundary")
    if stated and not any(word in stated.casefold() for word in _FROM_THE_CRADLE):
        top.fault("SUPPLIER_BOUNDARY", "boundary", boundary=stated)
    return stated


def _amounts(top: Fields) -> dict[str, Decimal]:
    """Return kg of each gas per kg of product, or CO2e alone: both would be one thing twice."""
    unit = top.words("unit")
    if unit and unit not in _UNITS:
        top.fault("SUPPLIER_UNIT", "unit", unit=unit, known=", ".join(_UNITS))
    by_gas = top.inner("gases_kg", required=False)
    by_gas.unknown(GASES)
    total = top.number("pcf_kg_co2e", required=not by_gas.content, low=_ZERO)
    if by_gas.content and total is not None:
        top.fault("SUPPLIER_TYPED_TWICE", "pcf_kg_co2e")
    given = {name: by_gas.number(name, low=_ZERO) for name in GASES if name in by_gas.content}
    if not by_gas.content and total is not None:
        given = {"co2e": total}
    if unit not in _UNITS:
        return {}
    with localcontext(EXACT):
        per_kg = 1 / conversion(unit, "kg")
        return {gas: value * per_kg for gas, value in given.items() if value is not None}


def _rules(top: Fields) -> dict[str, str]:
    names = ("scrap_rule", "electricity_rule")
    return {name: top.one_of(name, _CHOICES[name], required=False) for name in names}


def _period(top: Fields, today: date) -> dict[str, Any]:
    start, end = top.day("period_start"), top.day("period_end")
    until = top.day("valid_until", required=False)
    if start is None or end is None:
        return {}
    if end < start:
        top.fault("SUPPLIER_PERIOD_ORDER", "period_end", start=start, end=end)
    if end > today:
        top.fault("SUPPLIER_PERIOD_OPEN", "period_end", end=end, today=today)
    longest = years_later(end, int(rule(PACT_RULE).number("valid_years")))
    until = until or longest
    if until > longest:
        top.fault("SUPPLIER_VALIDITY_LONG", "valid_until", until=until, longest=longest)
    if until < today:
        top.fault("SUPPLIER_EXPIRED", "valid_until", until=until, today=today)
    return {"period_start": start, "period_end": end, "valid_until": until}


def _quality(top: Fields) -> dict[str, Any]:
    found = rule(PACT_RULE)
    low, high = found.number("rating_at_least"), found.number("rating_at_most")
    percent = found.number("percent_at_most")
    share = top.number("primary_data_share", required=False, low=_ZERO, high=percent)
    rated = top.inner("ratings", required=False)
    rated.unknown(RATINGS)
    ratings = {name: rated.number(name, required=False, low=low, high=high) for name in RATINGS}
    return {
        "primary_data_share": share,
        "ratings": {name: value for name, value in ratings.items() if value is not None},
    }


def _recycled(top: Fields) -> Decimal:
    """Return the share of recycled metal, 0 to 1; what no document shows is a fault."""
    most = rule(PACT_RULE).number("percent_at_most")
    percent = top.number(RECYCLED, required=False, low=_ZERO, high=most)
    if percent and "document" not in top.content:
        top.fault("SUPPLIER_RECYCLED_UNSHOWN", RECYCLED)
    return (percent or _ZERO) * _PERCENT


def _document(top: Fields) -> dict[str, Any]:
    document = top.inner("document", required=False)
    document.unknown(("citation", "locator"))
    checked = top.inner("verification", required=False)
    checked.unknown(("body", "standard", "date"))
    citation = document.words("citation", required="document" in top.content)
    body = checked.words("body", required="verification" in top.content)
    if body and not citation:
        top.fault("SUPPLIER_TYPED_VERIFIED", "verification.body")
    supplier = top.content.get("supplier_en", "")
    return {
        "documented": bool(citation),
        "citation": citation or f"typed in for {supplier}, no document",
        "locator": document.words("locator", required=False),
        "verified_by": body,
        "notes": "; ".join(
            f"verification {name}: {value}" for name, value in checked.content.items()
        ),
    }
