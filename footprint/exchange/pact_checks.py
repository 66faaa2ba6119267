"""What a PACT footprint contradicts itself in, though its schema lets it pass.

Kinds of fields, bounds, sums and periods are the reader's (`pact`); here each field is held against
the others. Rule: PACT-CHECK-001. Derived from the PACT Technical Specifications, rights holder
WBCSD.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from footprint.exchange.fields import Fields

CHECK_RULE, EXEMPT_RULE, TOLERANCE_RULE = "PACT-CHECK-001", "PACT-EXEMPT-001", "DQ-SUPPLIER-PACT"
# RFC 8141: a namespace of 2 to 32 characters, then a name that is not empty.
URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:\S+", re.IGNORECASE)
_NOTHING = "urn:pact:null"
_ZERO = Decimal(0)
_GROSS = (
    "fossilGhgEmissions",
    "landUseChangeGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "biogenicNonCO2Emissions",
)
# A part and the fields whose sum holds it; where one that must be known is not, nothing is said.
_PARTS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("landManagementFossilGhgEmissions", ("fossilGhgEmissions",), True),
    ("packagingGhgEmissions", _GROSS, False),
    ("aircraftGhgEmissions", _GROSS, False),
    ("recycledCarbonContent", ("fossilCarbonContent", "biogenicCarbonContent"), True),
    ("fossilCarbonContent", ("productMassPerDeclaredUnit",), True),
    ("biogenicCarbonContent", ("productMassPerDeclaredUnit",), True),
)
_LEFT_OUT = {
    "packagingEmissionsIncluded": ("packagingGhgEmissions",),
    "ccsTechnologicalCO2CaptureIncluded": (
        "ccsTechnologicalCO2Capture",
        "technologicalCO2Removals",
        "technologicalCO2CaptureOrigin",
    ),
}


def check_contradictions(top: Fields) -> None:
    """Note every contradiction between fields; what cannot be read is left to the reader."""
    # A second reading whose own faults are dropped: the reader has noted them already.
    quiet = Fields(top.content)
    pcf = quiet.inner("pcf", required=False)
    checks: tuple[Callable[[Fields, Fields, Fields], None], ...] = (
        _ids,
        _parts,
        _left_out,
        _exempted,
        _sources,
        _standards,
        _uptake,
        _order,
        _operators,
    )
    for check in checks:
        check(top, quiet, pcf)


def _ids(top: Fields, quiet: Fields, pcf: Fields) -> None:
    companies = quiet.several("companyIds", required=False)
    products = quiet.several("productIds", required=False)
    classes = quiet.several("productClassifications", required=False)
    named = {"companyIds": companies, "productIds": products, "productClassifications": classes}
    for name, ids in named.items():
        for value in ids:
            if not URN.fullmatch(value) or value.casefold() == _NOTHING:
                top.fault("SUPPLIER_PACT_URN", name, value=value)
    for value in sorted({item.casefold() for item in companies} & {p.casefold() for p in products}):
        top.fault("SUPPLIER_PACT_SAME_ID", "productIds", value=value)
    own = quiet.words("id", required=False).casefold()
    earlier = quiet.several("precedingPfIds", required=False)
    if own and own in {item.casefold() for item in earlier}:
        top.fault("SUPPLIER_PACT_OWN_PAST", "precedingPfIds")


def _parts(top: Fields, quiet: Fields, pcf: Fields) -> None:
    tolerance = rule(TOLERANCE_RULE).number("sum_tolerance")
    for name, holding, all_known in _PARTS:
        part = pcf.number(name, required=False)
        wholes = [pcf.number(item, required=False) for item in holding]
        known = [value for value in wholes if value is not None]
        if part is None or not known or (all_known and len(known) < len(wholes)):
            continue
        with localcontext(EXACT):
            whole = sum(known, _ZERO)
            above = part > whole * (1 + tolerance)
        # A negative whole is a fault of its own.
        if above and whole >= 0:
            shown = {"part": decimal_text(part), "whole": decimal_text(whole)}
            top.fault("SUPPLIER_PACT_PART", f"pcf.{name}", of=" + ".join(holding), **shown)


def _left_out(top: Fields, quiet: Fields, pcf: Fields) -> None:
    for flag, names in _LEFT_OUT.items():
        if pcf.content.get(flag) is False:
            for name in names:
                if not _says_nothing(pcf, name):
                    top.fault("SUPPLIER_PACT_LEFT_OUT", f"pcf.{name}", flag=flag)


def _says_nothing(pcf: Fields, name: str) -> bool:
    """Whether a field is absent, empty or a plain zero."""
    value = pcf.content.get(name)
    return value is None or not str(value).strip() or pcf.number(name, required=False) == 0


def _exempted(top: Fields, quiet: Fields, pcf: Fields) -> None:
    share = pcf.number("exemptedEmissionsPercent", required=False)
    limit = rule(EXEMPT_RULE).number("unexplained_at_most")
    explained = pcf.words("exemptedEmissionsDescription", required=False)
    if share is not None and share > limit and not explained:
        shown = {"value": decimal_text(share), "limit": limit}
        top.fault("SUPPLIER_PACT_UNEXPLAINED", "pcf.exemptedEmissionsPercent", **shown)


def _sources(top: Fields, quiet: Fields, pcf: Fields) -> None:
    share = pcf.number("primaryDataShare", required=False)
    whole = rule(CHECK_RULE).number("all_primary_percent")
    if share is None or not 0 <= share <= whole:
        return
    stated = bool(pcf.content.get("secondaryEmissionFactorSources"))
    if stated == (share == whole):
        field = "pcf.secondaryEmissionFactorSources"
        top.fault("SUPPLIER_PACT_SOURCES", field, share=decimal_text(share))


def _standards(top: Fields, quiet: Fields, pcf: Fields) -> None:
    found = rule(CHECK_RULE)
    standard, latest = found.parameters["asks_latest_set"], found.parameters["latest_set"]
    sets = pcf.several("ipccCharacterizationFactors", required=False)
    if sets and latest not in sets and standard in pcf.several("crossSectoralStandards"):
        field = "pcf.ipccCharacterizationFactors"
        top.fault("SUPPLIER_PACT_STANDARD", field, latest=latest, standard=standard)


def _uptake(top: Fields, quiet: Fields, pcf: Fields) -> None:
    uptake = pcf.number("biogenicCO2Uptake", required=False, high=_ZERO)
    if uptake and pcf.number("biogenicCarbonContent", required=False) == 0:
        top.fault("SUPPLIER_PACT_UPTAKE", "pcf.biogenicCO2Uptake", uptake=decimal_text(uptake))


def _order(top: Fields, quiet: Fields, pcf: Fields) -> None:
    """Hold days against each other; what ends at a midnight ends with the day before."""
    ended = pcf.day("referencePeriodEnd", required=False, exclusive=True)
    created = quiet.day("created", required=False)
    begins = quiet.day("validityPeriodStart", required=False)
    last = quiet.day("validityPeriodEnd", required=False)
    checked = pcf.inner("verification", required=False).day("completedAt", required=False)
    pairs: tuple[tuple[str, date | None, str, date | None], ...] = (
        ("created", created, "pcf.referencePeriodEnd", ended),
        ("validityPeriodEnd", last, "created", created),
        ("validityPeriodEnd", last, "validityPeriodStart", begins),
        ("pcf.verification.completedAt", checked, "pcf.referencePeriodEnd", ended),
    )
    for name, value, other, earliest in pairs:
        if value is not None and earliest is not None and value < earliest:
            top.fault("SUPPLIER_PACT_ORDER", name, value=value, other=other, earliest=earliest)


def _operators(top: Fields, quiet: Fields, pcf: Fields) -> None:
    stated: Any = pcf.content.get("productOrSectorSpecificRules")
    for place, item in enumerate(stated if isinstance(stated, list) else ()):
        other = isinstance(item, dict) and item.get("operator") == "Other"
        if other and not str(item.get("otherOperatorName") or "").strip():
            name = f"pcf.productOrSectorSpecificRules.{place}.otherOperatorName"
            top.fault("SUPPLIER_FIELD_MISSING", name)
