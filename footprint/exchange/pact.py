"""A supplier's footprint as PACT JSON (Technical Specifications 3.x): read, checked, per kg.

Beyond the schema the rules are checked that it states in words: signs, sums, periods, validity
here, fields against each other in `pact_checks`.
Derived from the PACT Technical Specifications, rights holder WBCSD. Rule: DQ-SUPPLIER-PACT.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from footprint.certificate.validity import years_later
from footprint.exchange.fields import FieldFault, Fields
from footprint.exchange.pact_checks import CHECK_RULE, check_contradictions
from footprint.study.definition import GWP_SETS
from footprint.supply.declared import Declared

PACT_RULE = "DQ-SUPPLIER-PACT"
_SPEC = re.compile(r"3\.\d+\.\d+(-\d{8})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_WORLD = "GLO"
_ZERO = Decimal(0)
# The parts of the footprint without biogenic uptake; fossil emissions alone are obligatory.
_EMISSIONS = (
    "landUseChangeGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "biogenicNonCO2Emissions",
)
_REMOVALS = (
    "landManagementBiogenicCO2Removals",
    "technologicalCO2Removals",
    "ccsTechnologicalCO2Capture",
)
_UPTAKE = "biogenicCO2Uptake"
_NOT_NEGATIVE = (
    "fossilCarbonContent",
    "biogenicCarbonContent",
    "recycledCarbonContent",
    "aircraftGhgEmissions",
    "packagingGhgEmissions",
    "packagingBiogenicCarbonContent",
    "outboundLogisticsGhgEmissions",
    "landManagementFossilGhgEmissions",
    "landCarbonLeakage",
    "landAreaOccupation",
    "ccuCarbonContent",
)
_RATINGS = {
    "technological": "technologicalDQR",
    "geographical": "geographicalDQR",
    "temporal": "temporalDQR",
}


def contradictions(footprint: object) -> tuple[FieldFault, ...]:
    """Return every fault of a footprint that does not depend on the day it is read."""
    return tuple(read_pact(footprint, None)[1].faults)


def read_pact(content: object, today: date | None) -> tuple[Declared | None, Fields]:
    """Return what a PACT footprint declares, and its fields with every fault found.

    `content` is a ProductFootprint, or an API answer that holds one under `data`. A faulty one
    declares nothing. Without a day none is too early or expired.
    """
    top = Fields(_footprint(content))
    if not top.content:
        top.fault("SUPPLIER_PACT_ONE", "data")
        return None, top
    pcf = top.inner("pcf")
    identity, source = _identity(top), _source(top)
    amounts, gwp_set = _amounts(pcf), _gwp_set(pcf)
    represented = {**_period(top, pcf, today), **_geography(pcf)}
    rated = _quality(pcf)
    check_contradictions(top)
    if top.faults:
        return None, top
    declared = Declared(
        **identity,
        **source,
        **represented,
        **rated,
        amounts=amounts,
        gwp_set=gwp_set,
        boundary=pcf.words("boundaryProcessesDescription", required=False) or "cradle-to-gate",
        allocation_rule=pcf.words("allocationRulesDescription", required=False),
        documented=True,
        notes=_notes(pcf),
    )
    return (None if top.faults else declared), top


def _footprint(content: object) -> Mapping[str, Any]:
    inside = content.get("data", content) if isinstance(content, Mapping) else content
    if isinstance(inside, list):
        inside = inside[0] if len(inside) == 1 else {}
    return inside if isinstance(inside, Mapping) else {}


def _identity(top: Fields) -> dict[str, Any]:
    key = top.words("id")
    try:
        key = str(UUID(key)) if key else key
    except ValueError:
        top.fault("SUPPLIER_PACT_UUID", "id", value=key)
    spec = top.words("specVersion")
    if spec and not _SPEC.fullmatch(spec):
        top.fault("SUPPLIER_PACT_VERSION", "specVersion", value=spec)
    if top.one_of("status", ("Active", "Deprecated")) == "Deprecated":
        top.fault("SUPPLIER_PACT_DEPRECATED", "status")
    top.day("created")
    top.several("productIds")
    top.words("productDescription")
    company, product = top.words("companyName"), top.words("productNameCompany")
    ids = tuple(top.several("companyIds"))
    return {
        "key": key,
        "company_zh": company,
        "company_en": company,
        "company_ids": ids,
        "product_zh": product,
        "product_en": product,
    }


def _source(top: Fields) -> dict[str, Any]:
    parts = [str(top.content.get(name, "")) for name in ("companyName", "productNameCompany", "id")]
    spec = top.content.get("specVersion", "")
    return {
        "citation": f"PACT footprint {parts[2]} of {parts[0]}, {parts[1]}",
        "locator": f"PACT {spec}, created {top.content.get('created', '')}",
    }


def _amounts(pcf: Fields) -> dict[str, Decimal]:
    """Return kg CO2e per kg of product, checked against its parts; empty when it cannot be."""
    excluding = pcf.number("pcfExcludingBiogenicUptake", low=_ZERO)
    including = pcf.number("pcfIncludingBiogenicUptake")
    parts = [pcf.number("fossilGhgEmissions", low=_ZERO)]
    parts += [pcf.number(name, required=False, low=_ZERO) for name in _EMISSIONS]
    parts += [pcf.number(name, required=False, high=_ZERO) for name in _REMOVALS]
    uptake = pcf.number(_UPTAKE, required=False, high=_ZERO)
    for name in _NOT_NEGATIVE:
        pcf.number(name, required=name == "fossilCarbonContent", low=_ZERO)
    mass = _mass_kg(pcf)
    if excluding is None or including is None or parts[0] is None:
        return {}
    with localcontext(EXACT):
        whole = sum((part for part in parts if part is not None), _ZERO)
        _require_sum(pcf, "pcfExcludingBiogenicUptake", excluding, whole)
        _require_sum(pcf, "pcfIncludingBiogenicUptake", including, excluding + (uptake or _ZERO))
        return {"co2e": excluding / mass} if mass else {}


def _require_sum(pcf: Fields, name: str, stated: Decimal, parts: Decimal) -> None:
    tolerance = rule(PACT_RULE).number("sum_tolerance") * max(abs(stated), abs(parts))
    if abs(stated - parts) > tolerance:
        pcf.fault("SUPPLIER_PACT_SUM", name, stated=stated, parts=parts)


def _mass_kg(pcf: Fields) -> Decimal | None:
    """Return the kg of product that the footprint is declared for, None when it is not by mass."""
    unit = pcf.words("declaredUnitOfMeasurement")
    amount = pcf.number("declaredUnitAmount", low=_ZERO)
    mass = pcf.number("productMassPerDeclaredUnit", low=_ZERO)
    known = rule(PACT_RULE).items("declared_units")
    if unit and unit not in known:
        pcf.fault("SUPPLIER_UNIT", "declaredUnitOfMeasurement", unit=unit, known=", ".join(known))
        return None
    if amount is not None and not amount:
        pcf.fault("SUPPLIER_NUMBER_BOUNDS", "declaredUnitAmount", value=amount, bounds="> 0")
    elif amount is not None and mass is not None and amount != mass:
        pcf.fault("SUPPLIER_PACT_MASS", "productMassPerDeclaredUnit", mass=mass, amount=amount)
    return amount


def _gwp_set(pcf: Fields) -> str:
    """Return the GWP set, or all that are stated, of this field or of its name in version 2."""
    older = "characterizationFactors"
    name = older if older in pcf.content else "ipccCharacterizationFactors"
    value = pcf.content.get(name)
    sets = [value] if isinstance(value, str) else pcf.several(name)
    for item in sets:
        if item not in GWP_SETS:
            pcf.fault("SUPPLIER_FIELD_CHOICE", name, value=item, known=", ".join(GWP_SETS))
    return " + ".join(sorted(set(sets)))


def _period(top: Fields, pcf: Fields, today: date | None) -> dict[str, Any]:
    start = pcf.day("referencePeriodStart")
    end = pcf.day("referencePeriodEnd", exclusive=True)
    first = top.day("validityPeriodStart", required=False)
    last = top.day("validityPeriodEnd", required=False, exclusive=True)
    if start is None or end is None:
        return {}
    if end < start:
        pcf.fault("SUPPLIER_PERIOD_ORDER", "referencePeriodEnd", start=start, end=end)
    if today and end > today:
        pcf.fault("SUPPLIER_PERIOD_OPEN", "referencePeriodEnd", end=end, today=today)
    longest = years_later(end, int(rule(PACT_RULE).number("valid_years")))
    until = last or longest
    # The period ends with the first instant of the next day, so a day more is still its end.
    if (until - longest).days > 1:
        top.fault("SUPPLIER_VALIDITY_LONG", "validityPeriodEnd", until=until, longest=longest)
    if first and first < end:
        top.fault("SUPPLIER_VALIDITY_START", "validityPeriodStart", start=first, end=end)
    if today and until < today:
        top.fault("SUPPLIER_EXPIRED", "validityPeriodEnd", until=until, today=today)
    return {"period_start": start, "period_end": end, "valid_until": until}


def _geography(pcf: Fields) -> dict[str, Any]:
    names = ("geographyRegionOrSubregion", "geographyCountry", "geographyCountrySubdivision")
    given = [name for name in names if pcf.content.get(name)]
    if len(given) > 1:
        pcf.fault("SUPPLIER_PACT_GEOGRAPHY", given[1], fields=", ".join(given))
    if not given:
        return {"geography": _WORLD}
    value = pcf.words(given[0])
    regions = rule(CHECK_RULE).items("regions")
    if given[0] == names[0] and value not in regions:
        pcf.fault("SUPPLIER_FIELD_CHOICE", given[0], value=value, known=", ".join(regions))
    patterns = {names[1]: _COUNTRY, names[2]: _SUBDIVISION}
    pattern = patterns.get(given[0])
    if pattern and not pattern.fullmatch(value):
        pcf.fault("SUPPLIER_FIELD_CHOICE", given[0], value=value, known="ISO 3166")
    return {"geography": value}


def _quality(pcf: Fields) -> dict[str, Any]:
    found = rule(PACT_RULE)
    percent = found.number("percent_at_most")
    low, high = found.number("rating_at_least"), found.number("rating_at_most")
    pcf.several("crossSectoralStandards")
    pcf.number("exemptedEmissionsPercent", low=_ZERO, high=percent)
    share = pcf.number("primaryDataShare", required=False, low=_ZERO, high=percent)
    ratings = {}
    if pcf.content.get("dqi") is not None:
        dqi = pcf.inner("dqi")
        for name, theirs in _RATINGS.items():
            ratings[name] = dqi.number(theirs, low=low, high=high)
    checked = pcf.inner("verification", required=False)
    covers = checked.words("coverage", required=False)
    body = checked.words("providerName", required=False)
    return {
        "primary_data_share": share,
        "ratings": {name: value for name, value in ratings.items() if value is not None},
        # Only this product's own verification speaks for its number.
        "verified_by": body if covers == "product level" else "",
        "basis": "calculated" if share else "literature",
    }


def _notes(pcf: Fields) -> str:
    """Keep what the number leaves out or in, in the supplier's own fields."""
    names = (
        "exemptedEmissionsPercent",
        "packagingEmissionsIncluded",
        "packagingGhgEmissions",
        "outboundLogisticsGhgEmissions",
        "pcfIncludingBiogenicUptake",
        "crossSectoralStandards",
        "verification",
    )
    kept = [f"{name}: {_shown(pcf.content[name])}" for name in names if name in pcf.content]
    return "; ".join(kept)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in sorted(value.items()))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
