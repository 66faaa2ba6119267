"""What a PACT footprint needs and no calculation knows: asked for, every gap named at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.exchange.pact_checks import URN
from footprint.result.document import ResultDocument

CARBON_RULE = "PACT-CARBON-001"


@dataclass(frozen=True, slots=True)
class Asked:
    """The user's part of a footprint; `created` is an ISO instant in UTC or empty.

    `fossil_carbon` is kg of carbon per declared unit. Several ids are separated by blanks.
    """

    company_ids: tuple[str, ...]
    product_ids: tuple[str, ...]
    product_name: str
    comment: str
    created: str
    fossil_carbon: Decimal
    preceding: tuple[str, ...]

    @classmethod
    def of(cls, document: ResultDocument, given: Mapping[str, str]) -> Asked:
        """Read the options; raises BadInput (PACT_MISSING) that lists all absent or unusable."""
        faults: list[str] = []
        companies, products = given["company_id"].split(), given["product_id"].split()
        for option, ids in (("--company-id URN", companies), ("--product-id URN", products)):
            if not ids or not all(URN.fullmatch(item) for item in ids):
                faults.append(option)
        created = _instant(given["created"], faults)
        carbon = _carbon(document, given["fossil_carbon"], faults)
        preceding = _uuids(given["preceding"], faults)
        if faults:
            raise BadInput("PACT_MISSING", options=", ".join(faults))
        return cls(
            tuple(dict.fromkeys(companies)),
            tuple(dict.fromkeys(products)),
            given["product_name"].strip(),
            given["comment"].strip(),
            created,
            carbon,
            tuple(dict.fromkeys(preceding)),
        )


def _uuids(text: str, faults: list[str]) -> list[str]:
    try:
        return [str(UUID(item)) for item in text.split()]
    except ValueError:
        faults.append("--preceding UUID")
        return []


def _instant(text: str, faults: list[str]) -> str:
    """Return an ISO date or instant as an instant in UTC; without an offset it is one already."""
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        faults.append("--created INSTANT")
        return ""
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _carbon(document: ResultDocument, text: str, faults: list[str]) -> Decimal:
    """Return the fossil carbon of the product: stated, or none in bare metal."""
    found = rule(CARBON_RULE)
    coated = {row.flow for row in document.flows} & set(found.items("coatings"))
    bare = found.number("of_bare_metal")
    if not text and not coated:
        return bare
    try:
        value = decimal_value(text)
    except BadInput:
        value = None
    if value is None or value < 0:
        faults.append("--fossil-carbon KG")
        return bare
    return value
