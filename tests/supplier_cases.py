"""What the supplier tests share: a store with a seller and a buyer, and the way to publication."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from factor_db.factors.keep.versions import add_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.review.lifecycle import take_step
from factor_db.store.tables import Organisation
from factor_db.store.users import add_user
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult, calculate_study, store_calculation
from footprint.study.definition import Study
from footprint.study.supplier_shares import Supplier

BUYER, SELLER = "91500000XXXXXXX10G", "91500000XXXXXXX20H"
INGOT = "primary_ingot"
COUNTERPARTY = "示例铝业"
"""Who sold every tonne of ingot by the example ledgers."""
PF_ID = "f4b1225a-bd44-4c8e-861d-079e4e1dfd69"


def store_of_two(published_home: Path, folder: Path) -> Store:
    """A copy of the demo store where the plate mill buys and the extrusion plant sells.

    Both firms go by the name that the ledgers give the seller of ingot: whatever one sells the
    other is then the ledger's (rule PCF-SUPPLY-001).
    """
    shutil.copytree(published_home, folder / "home")
    store = Store.at(folder / "home")
    with store.work("admin") as work:
        add_user(work, "buyer", "exporter", BUYER)
        add_user(work, "seller", "exporter", SELLER)
        for code in (BUYER, SELLER):
            work.session.get_one(Organisation, code).name_zh = COUNTERPARTY
    return store


def product(amounts: dict[str, str], **fields: Any) -> Factor:
    """A product factor of the seller that anyone may cite once it is published."""
    content = {
        "id": "seller.ingot",
        "version": 1,
        "kind": "product",
        "name_zh": "卖方铝锭",
        "name_en": "Seller's ingot",
        "flow": INGOT,
        "quantity": "cradle_to_gate",
        "unit": "kg/kg",
        "amounts": amounts,
        "gwp_set": "AR6",
        "geography": "CN-YN",
        "data_year": 2025,
        "period_start": "2025-01-01",
        "period_end": "2025-12-31",
        "boundary": "cradle-to-gate",
        "data_type": "calculated",
        "gsd": "1.05",
        "pedigree": (2, 2, 2, 1, 2),
        "pedigree_reasons": ("test",) * 5,
        "source": {"citation": "test"},
        "licence": "single value",
        "redistribution": "single_value",
        "confidence": "B",
        "owner": SELLER,
    }
    return Factor.model_validate({**content, **fields})


def publish(store: Store, ref: str) -> str:
    """Take a draft through review to publication, each step by the user whose duty it is."""
    for user, action in (("exporter", "submit"), ("auditor", "review"), ("park", "publish")):
        with store.work(user) as work:
            take_step(work, ref, action)
    return ref


def published(store: Store, factor: Factor) -> str:
    """Store a factor, published at once."""
    with store.work("exporter") as work:
        row = add_factor(work, factor, state="published")
        return f"{row.factor_id}@{row.version}"


def supplied_by(study: Study, *suppliers: tuple[str, str]) -> Study:
    """The study with suppliers of primary ingot, as (reference, share)."""
    from dataclasses import replace
    from decimal import Decimal

    named = tuple(Supplier(ref, Decimal(share)) for ref, share in suppliers)
    return replace(study, suppliers={INGOT: named})


def calculated(store: Store, study: Study, user: str) -> CalculationResult:
    """Calculate and store as a user."""
    with store.work(user) as work:
        result = calculate_study(work.session, study)
        store_calculation(work, result)
        return result


def footprint_of() -> dict[str, Any]:
    """A smelter's PACT footprint of a tonne of ingot, without a fault."""
    return {
        "id": PF_ID,
        "specVersion": "3.0.4",
        "created": "2026-02-01T00:00:00Z",
        "status": "Active",
        "companyName": "Example Smelter",
        "companyIds": ["urn:pact:example.com:uscc:91530000XXXXXXX40K"],
        "productDescription": "primary aluminium ingot",
        "productIds": ["urn:pact:example.com:product-id:al9970"],
        "productNameCompany": "Al99.70",
        "pcf": {
            "declaredUnitOfMeasurement": "kilogram",
            "declaredUnitAmount": "1000",
            "productMassPerDeclaredUnit": "1000",
            "referencePeriodStart": "2025-01-01T00:00:00Z",
            "referencePeriodEnd": "2026-01-01T00:00:00Z",
            "geographyCountrySubdivision": "CN-YN",
            "pcfExcludingBiogenicUptake": "12000",
            "pcfIncludingBiogenicUptake": "12000",
            "fossilGhgEmissions": "12000",
            "fossilCarbonContent": "0",
            "ipccCharacterizationFactors": ["AR6"],
            "crossSectoralStandards": ["ISO14067"],
            "exemptedEmissionsPercent": "0.5",
            "secondaryEmissionFactorSources": [{"name": "ecoinvent", "version": "3.10"}],
            "primaryDataShare": "63",
            "dqi": {"technologicalDQR": "1.2", "geographicalDQR": "1", "temporalDQR": "2"},
            "verification": {"coverage": "product level", "providerName": "Example Verifier"},
        },
    }
