"""The footprint put together: its fields in the schema's order, refused where they contradict.

A pure function of the calculation document and of what the user adds. Rule: PACT-FIELDS-001.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from factor_db.foundation.canonical import content_hash, decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.certificate.validity import years_later
from footprint.exchange.pact import PACT_RULE, contradictions
from footprint.figures.blocked import refuse_blocked
from footprint.result.document import ResultDocument
from footprint.views.contributions import GWP_RULE, unit_of, weighed
from footprint.views.figure import Cell, Figures, Table, View
from footprint.views.pact import figures as fields
from footprint.views.pact import texts
from footprint.views.pact.asked import Asked
from footprint.views.pact.figures import Weighed
from footprint.views.wording import opening_notes, plain, rounded
from footprint.words.book import words

STANDARD = "pact"
FIELDS_RULE, CHECK_RULE, SOURCES_RULE = "PACT-FIELDS-001", "PACT-CHECK-001", "PACT-SOURCES-001"
_NAMESPACE = uuid5(NAMESPACE_URL, "urn:aluminium-footprint:pact")
_COUNTRY = re.compile(r"[A-Z]{2}")


def view(
    document: ResultDocument,
    *,
    gwp_set: str = "",
    company_id: str = "",
    product_id: str = "",
    product_name: str = "",
    comment: str = "",
    created: str = "",
    fossil_carbon: str = "",
    preceding: str = "",
    allow_illustrative: str = "",
) -> View:
    """Return a calculation as a PACT footprint; `record` of the view is the JSON to exchange.

    Raises BadInput for an estimate, for illustrative data without leave, for facts that only the
    user knows and did not give, and for a footprint that would contradict itself.
    """
    _require_declarable(document, allow_illustrative)
    given = {
        "company_id": company_id,
        "product_id": product_id,
        "product_name": product_name,
        "comment": comment,
        "created": created,
        "fossil_carbon": fossil_carbon,
        "preceding": preceding,
    }
    asked = Asked.of(document, given)
    chosen = gwp_set or rule(GWP_RULE).parameters["footprint"]
    figures = Figures()
    parts = Weighed(document, weighed(figures, document, chosen), figures)
    parts.add_footprint()
    parts.add_carbon(asked)
    parts.add_packaging()
    parts.add_quality()
    record = _record(parts, asked, chosen)
    faults = contradictions(record)
    if faults:
        listed = ", ".join(f"{fault.field}: {fault.code}" for fault in faults)
        raise BadInput("PACT_CONTRADICTION", faults=listed)
    return View(
        standard=STANDARD,
        title=words("VIEW_TITLE_pact"),
        figures=tuple(figures),
        tables=(_table(record),),
        notes=(*opening_notes(document), words("PACT_NOTE_WBCSD")),
        illustrative=document.illustrative,
        data_until=document.period.end,
        headline=plain(f"{rounded(figures[fields.EXCLUDING])} {unit_of(document)}"),
        record=record,
    )


def _require_declarable(document: ResultDocument, allow_illustrative: str) -> None:
    """Refuse what may not be handed to a customer."""
    refuse_blocked(document, "PACT")
    if document.illustrative and not allow_illustrative:
        raise BadInput("PACT_ILLUSTRATIVE")


def _record(parts: Weighed, asked: Asked, chosen: str) -> dict[str, Any]:
    document = parts.document
    start, end = _period(document)
    site = document.site
    body = {
        "specVersion": rule(FIELDS_RULE).parameters["spec_version"],
        **({"precedingPfIds": list(asked.preceding)} if asked.preceding else {}),
        "created": asked.created or _midnight(end),
        "status": "Active",
        "validityPeriodStart": _midnight(end),
        "validityPeriodEnd": _midnight(
            years_later(end, int(rule(PACT_RULE).number("valid_years")))
        ),
        "companyName": site.organisation_en or site.organisation_zh,
        "companyIds": list(asked.company_ids),
        "productDescription": texts.description(document),
        "productIds": list(asked.product_ids),
        "productNameCompany": texts.product_name(document, asked),
        "comment": texts.comment(document, asked, chosen),
        "pcf": _pcf(parts, chosen, start, end),
    }
    # A footprint never changes: other content has another id, the same content the same one.
    name = f"{document.calculation}/{content_hash('pact', body)}"
    return {"id": str(uuid5(_NAMESPACE, name)), **body}


def _pcf(parts: Weighed, chosen: str, start: date, end: date) -> dict[str, Any]:
    document = parts.document
    declared = decimal_text(document.declared_unit.amount)
    found = {
        "declaredUnitOfMeasurement": rule(FIELDS_RULE).parameters["unit"],
        "declaredUnitAmount": declared,
        "productMassPerDeclaredUnit": declared,
        "referencePeriodStart": _midnight(start),
        "referencePeriodEnd": _midnight(end),
        **_geography(document.site.region),
        "boundaryProcessesDescription": texts.boundary(parts.rows),
        **_numbers(parts, fields.EXCLUDING, fields.INCLUDING, fields.FOSSIL_CARBON),
        **_numbers(parts, fields.BIOGENIC_CARBON, fields.FOSSIL),
        **_numbers(parts, fields.UPTAKE, fields.BIOGENIC_OTHER),
        "packagingEmissionsIncluded": parts.packaged,
        **_numbers(parts, fields.PACKAGING, fields.PACKAGING_CARBON),
        # No model of ours captures CO2.
        "ccsTechnologicalCO2CaptureIncluded": False,
        "ipccCharacterizationFactors": texts.gwp_sets(document, chosen),
        "crossSectoralStandards": list(rule(FIELDS_RULE).items("standards")),
        **_numbers(parts, fields.EXEMPTED),
        "exemptedEmissionsDescription": texts.exempted(document),
        "allocationRulesDescription": texts.allocation(document),
        "secondaryEmissionFactorSources": texts.sources(document),
        **_numbers(parts, fields.PRIMARY),
        "dqi": _numbers(parts, *(f"{name}DQR" for name in fields.RATINGS)),
    }
    return {name: value for name, value in found.items() if value not in ("", [], {})}


def _numbers(parts: Weighed, *names: str) -> dict[str, str]:
    """Return the figures there are, as decimal texts."""
    return {name: decimal_text(parts.figures[name]) for name in names if name in parts.figures}


def _period(document: ResultDocument) -> tuple[date, date]:
    """Return the first day, and the day after the last."""
    start, last = map(date.fromisoformat, (document.period.start, document.period.end))
    return start, last + timedelta(days=1)


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _geography(region: str) -> dict[str, str]:
    """Return the one geography: the subdivision where the region names one."""
    country = _COUNTRY.fullmatch(region)
    return {"geographyCountry" if country else "geographyCountrySubdivision": region}


def _table(record: Mapping[str, Any]) -> Table:
    """Return every field with its value, in the order of the file."""
    return Table(
        code="fields",
        title=words("PACT_SECTION_FIELDS"),
        rule=FIELDS_RULE,
        covers=(fields.PCF_RULE, CHECK_RULE, SOURCES_RULE, fields.EXEMPT_RULE, fields.PACK_RULE),
        columns=(words("VIEW_HEADING_ITEM"), words("VIEW_HEADING_STATED")),
        widths=(1, 2),
        rows=tuple(_lines(record)),
        notes=(words("PACT_NOTE_MODEL"),),
    )


def _lines(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[Cell, ...]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "; ".join(_shown(item) for item in value)
    return ", ".join(value.values()) if isinstance(value, Mapping) else str(value)
