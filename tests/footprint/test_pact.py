"""PACT: a result as the product footprint that is exchanged, and what its schema cannot see.

By hand, AR6, the rows of `view_cases.MIXED`: fossil 2 + 0.001 x 7380 + 1 = 10.38, biogenic methane
0.01 x 27 = 0.27, so 10.65 without uptake; packaging is the 0.27 of wood, which holds
0.5 x 12 / 44 = 0.136363… kg C. Metal takes nothing up: 10.65 with uptake too. AR5: 2 + 6.63 + 1.
The schema is PACT's OpenAPI 3.0.4 (tests/footprint/pact); each planted contradiction passes it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from result_cases import changed, factor_record, flow_row, pin_record, resolved
from supplier_cases import INGOT, footprint_of, store_of_two
from view_cases import MIXED, calculation

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import BadInput, FootprintError
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.cli.main import main
from footprint.exchange.importing import import_supplier, read_supplier_file
from footprint.exchange.pact import contradictions, read_pact
from footprint.result.document import ResultDocument
from footprint.study.definition import default_study
from footprint.views.explain import figures_document
from footprint.views.figure import View
from footprint.views.registry import view_of

TODAY = date(2026, 11, 27)
COMPANY, PRODUCT = "urn:pact:example.com:uscc:91500000XXXXXXX99Z", "urn:pact:example.com:product:7"
IDS = {"company_id": COMPANY, "product_id": PRODUCT}
ROOT = Path(__file__).parents[2]
API = json.loads((Path(__file__).parent / "pact" / "openapi_v3_0_4.json").read_text("utf-8"))
SCHEMA = Draft202012Validator(
    {"$ref": "#/components/schemas/ProductFootprint", "components": API["components"]},
    format_checker=FormatChecker(formats=("uuid",)),
)
PRODUCTS = ("plate", "extrusion", "recycled_ingot")
WOOD = flow_row("plate_packing", "wood_packaging", "1", "kg")
POWDER = flow_row("powder_coating", "coating_powder", "0.01", "kg")


def schema_faults(record: Any) -> list[str]:
    return [error.message for error in SCHEMA.iter_errors(record)]


def of(document: ResultDocument, **options: str) -> View:
    return view_of(document, "pact", **{**IDS, **options})


def record_of(document: ResultDocument, **options: str) -> dict[str, Any]:
    record = of(document, **options).record
    assert record is not None
    return dict(record)


@pytest.fixture
def packed() -> ResultDocument:
    return pinned(changed(calculation(MIXED), flows=[WOOD]), "hand.factor")


@pytest.fixture(scope="module")
def store(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = store_of_two(published_home, tmp_path_factory.mktemp("pact"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def results(store: Store) -> dict[str, ResultDocument]:
    found = {}
    for product in PRODUCTS:
        with store.work("exporter") as work:
            result = calculate_study(work.session, default_study(product))
            store_calculation(work, result)
        found[product] = result.result
    return found


# ---- the export ---------------------------------------------------------------------------------


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_export_meets_the_schema_and_our_own_checks(
    results: dict[str, ResultDocument], product: str
) -> None:
    document = results[product]
    record = record_of(document, allow_illustrative="yes")
    assert schema_faults(record) == []
    assert contradictions(record) == ()
    pcf = record["pcf"]
    assert pcf["pcfExcludingBiogenicUptake"] == decimal_text(document.total.value)
    assert Decimal(pcf["primaryDataShare"]) == document.quality.pds
    assert Decimal(pcf["dqi"]["temporalDQR"]) == document.quality.dqr["temporal"]
    assert record["comment"].startswith("Illustrative data: not for trade")
    assert "示例数据" in record["comment"]
    (cut,) = document.coverage.cut_off
    share = cut.ghg_share * 100
    assert abs(Decimal(pcf["exemptedEmissionsPercent"]) - share) < Decimal("1E-28")
    assert pcf["exemptedEmissionsDescription"].startswith("Ceramic filter: no published factor")
    cited = ", ".join(source["version"] for source in pcf["secondaryEmissionFactorSources"])
    assert "elec.cn.footprint.national.2024@1" in cited


def test_the_schema_itself_refuses_what_it_should() -> None:
    record = footprint_of()
    assert schema_faults(record) == []
    del record["pcf"]["fossilGhgEmissions"]
    assert len(schema_faults(record)) == 1


def test_the_numbers_of_a_hand_made_result(packed: ResultDocument) -> None:
    record = record_of(packed)
    pcf = record["pcf"]
    assert schema_faults(record) == []
    assert (pcf["fossilGhgEmissions"], pcf["biogenicNonCO2Emissions"]) == ("10.38", "0.27")
    assert pcf["pcfExcludingBiogenicUptake"] == pcf["pcfIncludingBiogenicUptake"] == "10.65"
    assert (pcf["packagingEmissionsIncluded"], pcf["packagingGhgEmissions"]) == (True, "0.27")
    assert pcf["packagingBiogenicCarbonContent"].startswith("0.1363636363636363")
    assert (pcf["fossilCarbonContent"], pcf["biogenicCO2Uptake"]) == ("0", "0")
    assert (pcf["referencePeriodStart"], pcf["referencePeriodEnd"]) == (
        "2025-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
    )
    assert record["validityPeriodEnd"] == "2029-01-01T00:00:00Z"
    assert pcf["geographyCountrySubdivision"] == "CN-CQ"
    assert pcf["ipccCharacterizationFactors"] == ["AR6"]
    assert pcf["exemptedEmissionsPercent"] == "0"


def test_what_no_data_speak_of_is_left_out(packed: ResultDocument) -> None:
    record = record_of(changed(packed, flows=[], site={"region": "CN"}))
    pcf = record["pcf"]
    assert schema_faults(record) == []
    assert (pcf["packagingEmissionsIncluded"], pcf["geographyCountry"]) == (False, "CN")
    absent = ("packagingGhgEmissions", "landUseChangeGhgEmissions", "aircraftGhgEmissions")
    others = ("outboundLogisticsGhgEmissions", "exemptedEmissionsDescription", "verification")
    assert not {*absent, *others, "dqi", "geographyCountrySubdivision"} & set(pcf)
    assert "not assessed" in record["comment"]


def test_gases_weigh_by_the_latest_set_and_older_ones_are_named() -> None:
    document = pinned(calculation(MIXED[:3], gwp_set="AR5"), "other")
    assert record_of(document)["pcf"]["fossilGhgEmissions"] == "10.38"
    older = record_of(document, gwp_set="AR5")["pcf"]
    assert (older["fossilGhgEmissions"], older["ipccCharacterizationFactors"]) == ("9.63", ["AR5"])
    assert "ratings by AR5" in record_of(document)["comment"]
    fourth = pinned(document, "hand.factor", gwp_set="AR4")
    assert record_of(fourth)["pcf"]["ipccCharacterizationFactors"] == ["AR4", "AR6"]


def pinned(
    document: ResultDocument,
    name: str,
    level: str = "CN",
    quantity: str = "upstream",
    **fields: Any,
) -> ResultDocument:
    """Pin a factor at a slot of its own, as a calculation does."""
    content = document.record()
    pins, filled = content["inputs"]["pins"], content["coverage"]["resolved"]
    flow = f"flow_{len(pins)}"
    book = {"gwp_set": "AR6", "source": {"citation": "Book of factors"}}
    pin = pin_record(
        factor_record(name, flow, quantity, "kg/kg", **{**book, **fields}), level=level
    )
    line = resolved(f"{flow}/{quantity}", level, f"{name}@1")
    return changed(document, inputs={"pins": [*pins, pin]}, coverage={"resolved": [*filled, line]})


def test_suppliers_are_counted_and_not_named(packed: ResultDocument) -> None:
    document = pinned(packed, "b")
    document = pinned(document, "mine", "own", owner="HAND")
    document = pinned(document, "amount", quantity="inventory")
    secret = {"owner": "HAND", "source": {"citation": "Secret Smelter"}, "kind": "product"}
    record = record_of(pinned(document, "supplier.secret", "supplier", **secret))
    assert record["pcf"]["secondaryEmissionFactorSources"] == [
        {"name": "Book of factors", "version": "2026.11: b@1, hand.factor@1"},
        {"name": "suppliers' product footprints / 供应商产品碳足迹", "version": "1"},
    ]
    assert "ecret" not in json.dumps(record)


def test_a_footprint_never_changes_under_its_id(packed: ResultDocument) -> None:
    first, again = of(packed), of(packed)
    assert json.dumps(first.record) == json.dumps(again.record)
    plain = record_of(packed)
    assert plain["created"] == "2026-01-01T00:00:00Z"
    later = record_of(packed, created="2026-03-01T08:00:00+08:00")
    assert later["created"] == "2026-03-01T00:00:00Z"
    said = record_of(packed, comment="alloy 6061", product_name="P-6061")
    assert said["comment"].endswith("\nalloy 6061")
    next_one = record_of(packed, preceding=f"{plain['id']} {later['id']}")
    assert next_one["precedingPfIds"] == [plain["id"], later["id"]]
    assert schema_faults(next_one) == []
    assert len({plain["id"], later["id"], said["id"], next_one["id"]}) == 4


def test_every_figure_is_replayed_without_our_code(packed: ResultDocument, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    file.write_text(json.dumps({"figures": figures_document(of(packed).figures)}), encoding="utf-8")
    command = [sys.executable, "-I", str(ROOT / "docs" / "replay.py"), str(file)]
    replayed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


REFUSED: dict[str, tuple[dict[str, Any], dict[str, str], str, str]] = {
    "nothing given": (
        {},
        {"company_id": "", "product_id": "", "created": "soon", "fossil_carbon": "much"}
        | {"preceding": "7"},
        "PACT_MISSING",
        "--company-id URN, --product-id URN, --created INSTANT, --fossil-carbon KG, --preceding UUID",
    ),
    "no URN": ({}, {"product_id": "7"}, "PACT_MISSING", "--product-id URN"),
    "coated": (
        {"flows": [WOOD, POWDER]},
        {},
        "PACT_MISSING",
        "--fossil-carbon KG",
    ),
    "illustrative": (
        {"illustrative": True},
        {},
        "PACT_ILLUSTRATIVE",
        "",
    ),
    "estimate": (
        {"estimate": True},
        {"allow_illustrative": "yes"},
        "PACT_ESTIMATE",
        "",
    ),
    "unused": (
        {"unused_field_data": ["x@1"]},
        {},
        "PACT_UNUSED_FIELD_DATA",
        "x@1",
    ),
    "one id": ({}, {"product_id": COMPANY}, "PACT_CONTRADICTION", "SAME_ID"),
    "early": (
        {},
        {"created": "2025-06-01"},
        "PACT_CONTRADICTION",
        "created: SUPPLIER_PACT_ORDER",
    ),
    "no place": (
        {"site": {"region": "somewhere"}},
        {},
        "PACT_CONTRADICTION",
        "geographyCountrySubdivision",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_be_handed_over_is_refused(name: str, packed: ResultDocument) -> None:
    parts, options, code, words = REFUSED[name]
    document = changed(packed, **parts)
    with pytest.raises(FootprintError, match=code) as refused:
        of(document, **options)
    assert words in str(refused.value)


def test_the_carbon_of_a_coating_is_the_users_to_state(packed: ResultDocument) -> None:
    coated = changed(packed, flows=[WOOD, POWDER])
    assert record_of(coated, fossil_carbon="0.021")["pcf"]["fossilCarbonContent"] == "0.021"


def test_a_negative_footprint_cannot_be_expressed() -> None:
    document = calculation(("charging|metal_input|primary_ingot|co2|fossil|upstream|-1",))
    with pytest.raises(BadInput, match="PACT_CONTRADICTION"):
        of(document)


KILOGRAMS = st.decimals("0.000001", "1000", places=6)


@settings(deadline=None, max_examples=25)
@given(co2=KILOGRAMS, known=KILOGRAMS, methane=KILOGRAMS, wood=KILOGRAMS)
def test_whatever_the_rows_the_parts_make_the_whole(
    co2: Decimal, known: Decimal, methane: Decimal, wood: Decimal
) -> None:
    rows = (
        f"charging|metal_input|primary_ingot|co2|fossil|upstream|{co2}",
        f"melting|casthouse|electricity|co2e|fossil|upstream|{known}",
        f"plate_packing|finishing|wood_packaging|ch4|biogenic|upstream|{methane}",
        f"plate_packing|finishing|wood_packaging|co2_biogenic|biogenic|upstream|-{wood}",
    )
    document = pinned(changed(calculation(rows), flows=[WOOD]), "hand.factor")
    record = record_of(document)
    assert schema_faults(record) == []
    fossil, biogenic = (
        Decimal(record["pcf"][name]) for name in ("fossilGhgEmissions", "biogenicNonCO2Emissions")
    )
    total = document.total.value
    assert (fossil, fossil + biogenic) == (co2 + known, total)
    declared, _ = read_pact(record, TODAY)
    assert declared is not None
    assert declared.amounts == {"co2e": total}


# ---- the round trip -----------------------------------------------------------------------------


def test_our_own_import_reads_back_the_same_footprint_and_shares(
    store: Store, results: dict[str, ResultDocument], tmp_path: Path
) -> None:
    document = results["plate"]
    path = tmp_path / "plate.json"
    path.write_text(json.dumps(record_of(document, allow_illustrative="yes")), encoding="utf-8")
    file = read_supplier_file(path, TODAY, INGOT)
    assert file.declared.ratings == document.quality.dqr
    with store.work("buyer") as work:
        ref = import_supplier(work, replace(file, flow="primary_ingot"))
    with store.read() as session:
        factor = load_factor(find_version(session, ref))
    assert factor.amounts == {"co2e": document.total.value}
    assert factor.primary_data_share == document.quality.pds
    assert (factor.period_start, factor.period_end) == ("2025-01-01", "2025-12-31")
    assert (factor.valid_until, factor.geography) == ("2028-12-31", "CN-CQ")
    assert factor.gwp_set == "AR5 + AR6"
    assert factor.boundary.startswith("Cradle to gate. Processes: Charging")


# ---- contradictions that the schema passes ------------------------------------------------------

Change = Callable[[dict[str, Any], dict[str, Any]], Any]
PLANTED: dict[str, tuple[Change, str, str]] = {
    "no number": (
        lambda pf, pcf: pcf.update(fossilGhgEmissions="abc"),
        "pcf.fossilGhgEmissions",
        "NUMBER",
    ),
    "negative fossil": (
        lambda pf, pcf: pcf.update(
            fossilGhgEmissions="-1", landUseChangeGhgEmissions="12001", packagingGhgEmissions="0"
        ),
        "pcf.fossilGhgEmissions",
        "NUMBER_BOUNDS",
    ),
    "sum without uptake": (
        lambda pf, pcf: pcf.update(
            pcfExcludingBiogenicUptake="999", pcfIncludingBiogenicUptake="999"
        ),
        "pcf.pcfExcludingBiogenicUptake",
        "PACT_SUM",
    ),
    "sum with uptake": (
        lambda pf, pcf: pcf.update(biogenicCO2Uptake="-2000", biogenicCarbonContent="545"),
        "pcf.pcfIncludingBiogenicUptake",
        "PACT_SUM",
    ),
    "uptake without carbon": (
        lambda pf, pcf: pcf.update(
            biogenicCO2Uptake="-2000",
            biogenicCarbonContent="0",
            pcfIncludingBiogenicUptake="10000",
        ),
        "pcf.biogenicCO2Uptake",
        "PACT_UPTAKE",
    ),
    "period": (
        lambda pf, pcf: pcf.update(referencePeriodStart="2026-01-01T00:00:00Z"),
        "pcf.referencePeriodEnd",
        "PERIOD_ORDER",
    ),
    "created early": (
        lambda pf, pcf: pf.update(created="2025-12-30T00:00:00Z"),
        "created",
        "PACT_ORDER",
    ),
    "expired at creation": (
        lambda pf, pcf: pf.update(
            created="2026-11-01T00:00:00Z", validityPeriodEnd="2026-10-01T00:00:00Z"
        ),
        "validityPeriodEnd",
        "PACT_ORDER",
    ),
    "ends before it begins": (
        lambda pf, pcf: pf.update(
            validityPeriodStart="2026-09-01T00:00:00Z", validityPeriodEnd="2026-08-01T00:00:00Z"
        ),
        "validityPeriodEnd",
        "PACT_ORDER",
    ),
    "valid too early": (
        lambda pf, pcf: pf.update(validityPeriodStart="2025-06-01T00:00:00Z"),
        "validityPeriodStart",
        "VALIDITY_START",
    ),
    "valid too long": (
        lambda pf, pcf: pf.update(validityPeriodEnd="2030-01-01T00:00:00Z"),
        "validityPeriodEnd",
        "VALIDITY_LONG",
    ),
    "verified before the data": (
        lambda pf, pcf: pcf["verification"].update(completedAt="2025-06-01T00:00:00Z"),
        "pcf.verification.completedAt",
        "PACT_ORDER",
    ),
    "exempted": (
        lambda pf, pcf: pcf.update(exemptedEmissionsPercent="5.3"),
        "pcf.exemptedEmissionsPercent",
        "PACT_UNEXPLAINED",
    ),
    "primary share": (
        lambda pf, pcf: pcf.update(primaryDataShare="101"),
        "pcf.primaryDataShare",
        "NUMBER_BOUNDS",
    ),
    "rating": (
        lambda pf, pcf: pcf["dqi"].update(technologicalDQR="0.9"),
        "pcf.dqi.technologicalDQR",
        "NUMBER_BOUNDS",
    ),
    "no sources": (
        lambda pf, pcf: pcf.pop("secondaryEmissionFactorSources"),
        "pcf.secondaryEmissionFactorSources",
        "PACT_SOURCES",
    ),
    "sources of nothing": (
        lambda pf, pcf: pcf.update(primaryDataShare="100"),
        "pcf.secondaryEmissionFactorSources",
        "PACT_SOURCES",
    ),
    "unknown set": (
        lambda pf, pcf: pcf.update(ipccCharacterizationFactors=["AR9"]),
        "pcf.ipccCharacterizationFactors",
        "FIELD_CHOICE",
    ),
    "older set than claimed": (
        lambda pf, pcf: pcf.update(
            ipccCharacterizationFactors=["AR5"], crossSectoralStandards=["PACT-3.0"]
        ),
        "pcf.ipccCharacterizationFactors",
        "PACT_STANDARD",
    ),
    "no amount": (
        lambda pf, pcf: pcf.update(declaredUnitAmount="0", productMassPerDeclaredUnit="0"),
        "pcf.declaredUnitAmount",
        "NUMBER_BOUNDS",
    ),
    "mass": (
        lambda pf, pcf: pcf.update(productMassPerDeclaredUnit="900"),
        "pcf.productMassPerDeclaredUnit",
        "PACT_MASS",
    ),
    "more carbon than product": (
        lambda pf, pcf: pcf.update(fossilCarbonContent="1100"),
        "pcf.fossilCarbonContent",
        "PACT_PART",
    ),
    "more wood than product": (
        lambda pf, pcf: pcf.update(biogenicCarbonContent="1100"),
        "pcf.biogenicCarbonContent",
        "PACT_PART",
    ),
    "negative carbon of packaging": (
        lambda pf, pcf: pcf.update(packagingBiogenicCarbonContent="-1"),
        "pcf.packagingBiogenicCarbonContent",
        "NUMBER_BOUNDS",
    ),
    "more recycled than carbon": (
        lambda pf, pcf: pcf.update(
            fossilCarbonContent="1", biogenicCarbonContent="1", recycledCarbonContent="3"
        ),
        "pcf.recycledCarbonContent",
        "PACT_PART",
    ),
    "more packaging than all": (
        lambda pf, pcf: pcf.update(packagingGhgEmissions="13000"),
        "pcf.packagingGhgEmissions",
        "PACT_PART",
    ),
    "more aircraft than all": (
        lambda pf, pcf: pcf.update(aircraftGhgEmissions="13000"),
        "pcf.aircraftGhgEmissions",
        "PACT_PART",
    ),
    "more of land than fossil": (
        lambda pf, pcf: pcf.update(landManagementFossilGhgEmissions="13000"),
        "pcf.landManagementFossilGhgEmissions",
        "PACT_PART",
    ),
    "packaging left out": (
        lambda pf, pcf: pcf.update(packagingEmissionsIncluded=False, packagingGhgEmissions="3"),
        "pcf.packagingGhgEmissions",
        "PACT_LEFT_OUT",
    ),
    "capture left out": (
        lambda pf, pcf: pcf.update(
            ccsTechnologicalCO2CaptureIncluded=False,
            ccsTechnologicalCO2Capture="-100",
            fossilGhgEmissions="12100",
        ),
        "pcf.ccsTechnologicalCO2Capture",
        "PACT_LEFT_OUT",
    ),
    "one id": (
        lambda pf, pcf: pf.update(productIds=pf["companyIds"]),
        "productIds",
        "PACT_SAME_ID",
    ),
    "null id": (
        lambda pf, pcf: pf.update(productIds=["urn:pact:null"]),
        "productIds",
        "PACT_URN",
    ),
    "half a URN": (lambda pf, pcf: pf.update(companyIds=["urn:"]), "companyIds", "PACT_URN"),
    "its own past": (
        lambda pf, pcf: pf.update(precedingPfIds=[pf["id"]]),
        "precedingPfIds",
        "PACT_OWN_PAST",
    ),
    "an operator without a name": (
        lambda pf, pcf: pcf.update(
            productOrSectorSpecificRules=[{"operator": "Other", "ruleNames": ["x"]}]
        ),
        "pcf.productOrSectorSpecificRules.0.otherOperatorName",
        "FIELD_MISSING",
    ),
    "deprecated": (lambda pf, pcf: pf.update(status="Deprecated"), "status", "PACT_DEPRECATED"),
}


def test_the_sound_footprint_has_no_fault() -> None:
    assert contradictions(footprint_of()) == ()


@pytest.mark.parametrize("name", PLANTED)
def test_a_contradiction_that_the_schema_passes_is_refused(name: str) -> None:
    record = footprint_of()
    change, field, code = PLANTED[name]
    change(record, record["pcf"])
    assert schema_faults(record) == []
    found = contradictions(record)
    assert [(fault.field, fault.code) for fault in found] == [(field, f"SUPPLIER_{code}")]
    assert field in found[0].message("zh")
    assert found[0].remedy("en") != found[0].remedy("zh")


@pytest.mark.parametrize(
    "harmless",
    [
        lambda pcf: pcf.update(packagingEmissionsIncluded=False, packagingGhgEmissions="0"),
        lambda pcf: pcf.update(exemptedEmissionsPercent="5"),
        lambda pcf: pcf.update(exemptedEmissionsPercent="30", exemptedEmissionsDescription="rule"),
        lambda pcf: pcf.update(packagingGhgEmissions="12000"),
        lambda pcf: (pcf.pop("secondaryEmissionFactorSources"), pcf.update(primaryDataShare="100")),
        lambda pcf: pcf.update(
            ipccCharacterizationFactors=["AR5", "AR6"], crossSectoralStandards=["PACT-3.0"]
        ),
        lambda pcf: (pcf.pop("geographyCountrySubdivision"), pcf.update(geographyCountry="CN")),
    ],
)
def test_what_is_no_contradiction_passes(harmless: Callable[[Any], Any]) -> None:
    record = footprint_of()
    harmless(record["pcf"])
    assert schema_faults(record) == []
    assert contradictions(record) == ()


# ---- the command line ---------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_check_says_what_is_wrong_and_stores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path / "home"))
    path = tmp_path / "supplier.json"
    path.write_text(json.dumps(footprint_of()), encoding="utf-8")
    code, out, err = run(capsys, "supplier", "check", str(path), "--lang", "en")
    assert (code, out) == (0, "")
    assert "no fault found" in err
    record = footprint_of()
    PLANTED["exempted"][0](record, record["pcf"])
    path.write_text(json.dumps(record), encoding="utf-8")
    code, out, _ = run(capsys, "supplier", "check", str(path), "--json")
    assert (code, json.loads(out)["valid"]) == (1, False)
    (finding,) = json.loads(out)["findings"]
    assert finding["code"] == "SUPPLIER_PACT_UNEXPLAINED"
    code, out, _ = run(capsys, "supplier", "check", str(path))
    assert code == 1
    assert "exemptedEmissionsPercent" in out
    assert not (tmp_path / "home").exists()


def test_the_command_writes_the_file_that_is_exchanged(
    store: Store,
    results: dict[str, ResultDocument],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(Path(str(store.engine.url.database)).parent))
    name, path = results["extrusion"].calculation[:12], tmp_path / "pcf.json"
    asked = ("view", name, "--standard", "pact")
    code, out, err = run(capsys, *asked, "--allow-illustrative", "--lang", "en")
    assert (code, out) == (2, "")
    assert "--company-id URN, --product-id URN" in err
    ids = ("--company-id", COMPANY, "--product-id", PRODUCT, "--product-id", f"{PRODUCT}b")
    assert run(capsys, *asked, *ids)[0] == 2
    given = (*asked, *ids, "--allow-illustrative")
    code, out, _ = run(capsys, *given, "--out", str(path))
    assert (code, out) == (0, "")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert schema_faults(record) == []
    assert record["productIds"] == [PRODUCT, f"{PRODUCT}b"]
    code, out, err = run(capsys, *given, "--json")
    assert (code, json.loads(out)) == (0, record)
    assert "示例数据" in err
    code, out, _ = run(capsys, *given, "--explain", "pcfExcludingBiogenicUptake", "--lang", "en")
    assert code == 0
    assert "PACT-PCF-001" in out
    assert run(capsys, "supplier", "check", str(path), "--lang", "en")[0] == 0
