"""Suppliers' files: PACT JSON and typed TOML, sound ones and ones with planted faults.

By hand: 12 000 kg CO2e for 1000 kg are 12 kg per kg; the reference period ends before 2026-01-01,
so its last day is 2025-12-31 and the footprint holds to 2028-12-31. The spread of scores
2 2 2 1 2 is exp(sqrt(0.0006 + 0.0006 + 0.0001 + 0.0002 + 0 + 0.0006)) = exp(0.0458258) = 1.046892.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from supplier_cases import (
    BUYER,
    INGOT,
    PF_ID,
    SELLER,
    footprint_of,
    product,
    published,
    store_of_two,
)

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.audit import log_faults
from factor_db.store.tables import Document
from factor_db.store.work import Store
from footprint.cli.main import main
from footprint.exchange.fields import FileFaults
from footprint.exchange.importing import import_supplier, read_supplier_file, write_template

TODAY = date(2026, 11, 22)


def written(folder: Path, content: Any, name: str = "supplier.json") -> Path:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path: Path, flow: str = INGOT) -> set[tuple[str, str]]:
    with pytest.raises(FileFaults) as caught:
        read_supplier_file(path, TODAY, flow)
    for fault in caught.value.faults:
        shown = fault.as_dict()
        assert fault.field in shown["message_zh"]
        assert re.search(r"[\u4e00-\u9fff]", shown["remedy_zh"])
        assert shown["remedy_en"]
    return {(fault.field, fault.code) for fault in caught.value.faults}


@pytest.fixture(scope="module")
def store(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = store_of_two(published_home, tmp_path_factory.mktemp("files"))
    yield opened
    opened.close()


def imported(store: Store, path: Path, user: str = "buyer", **options: Any) -> Factor:
    with store.work(user) as work:
        ref = import_supplier(work, read_supplier_file(path, TODAY, INGOT), **options)
    with store.read() as session:
        return load_factor(find_version(session, ref))


def test_a_pact_footprint_becomes_a_draft_of_its_buyer(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, {"data": footprint_of()})
    factor = imported(store, path)
    assert factor.amounts == {"co2e": Decimal(12)}
    assert (factor.slot_key, factor.unit) == ("primary_ingot/cradle_to_gate", "kg/kg")
    assert (factor.period_start, factor.period_end) == ("2025-01-01", "2025-12-31")
    assert (factor.valid_until, factor.data_year) == ("2028-12-31", 2025)
    assert (factor.gwp_set, factor.geography, factor.owner) == ("AR6", "CN-YN", BUYER)
    assert (factor.confidence, factor.data_type, factor.redistribution) == (
        "A",
        "calculated",
        "owner",
    )
    assert (factor.pedigree, factor.gsd) == ((2, 2, 2, 1, 2), Decimal("1.046892"))
    assert factor.primary_data_share == Decimal(63)
    assert factor.source.file_sha256 == sha256_hex(path.read_bytes())
    assert PF_ID in factor.source.citation
    assert "3.0.4" in factor.source.locator
    assert "Example Verifier" in factor.notes
    assert imported(store, path).version == 1
    with store.read() as session:
        assert factor.derivation is not None
        kept = session.get(Document, factor.derivation.inputs[0].record()["document"])
        assert kept is not None
        assert json.loads(kept.payload)["content"] == path.read_text(encoding="utf-8")
        # The two firms of this store got their names after they were founded.
        assert {fault.fault for fault in log_faults(session)} <= {"twice"}
    with store.read("seller") as session, pytest.raises(BadInput, match="FACTOR_UNKNOWN"):
        find_version(session, factor.ref)


@pytest.mark.parametrize(
    ("change", "confidence", "reliability", "kind"),
    [
        (lambda pcf: pcf.pop("verification"), "B", 3, "calculated"),
        (lambda pcf: pcf["verification"].update(coverage="PCF program"), "B", 3, "calculated"),
        (lambda pcf: pcf.pop("primaryDataShare"), "A", 4, "literature"),
    ],
)
def test_trust_follows_what_stands_behind_the_number(
    store: Store,
    tmp_path: Path,
    change: Callable[[Any], Any],
    confidence: str,
    reliability: int,
    kind: str,
) -> None:
    content = footprint_of()
    change(content["pcf"])
    factor = imported(store, written(tmp_path, content))
    assert (factor.confidence, factor.pedigree[0], factor.data_type) == (
        confidence,
        reliability,
        kind,
    )


PLANTED: dict[str, tuple[Callable[[Any, Any], Any], str, str]] = {
    "missing": (lambda pf, pcf: pf.pop("companyName"), "companyName", "FIELD_MISSING"),
    "blank": (lambda pf, pcf: pf.update(companyName=" "), "companyName", "FIELD_MISSING"),
    "missing inside": (
        lambda pf, pcf: pcf.pop("fossilGhgEmissions"),
        "pcf.fossilGhgEmissions",
        "FIELD_MISSING",
    ),
    "unit": (
        lambda pf, pcf: pcf.update(declaredUnitOfMeasurement="piece"),
        "pcf.declaredUnitOfMeasurement",
        "UNIT",
    ),
    "no amount": (
        lambda pf, pcf: pcf.update(declaredUnitAmount="0", productMassPerDeclaredUnit="0"),
        "pcf.declaredUnitAmount",
        "NUMBER_BOUNDS",
    ),
    "mass": (
        lambda pf, pcf: pcf.update(productMassPerDeclaredUnit="1"),
        "pcf.productMassPerDeclaredUnit",
        "PACT_MASS",
    ),
    "negative": (
        lambda pf, pcf: pcf.update(fossilGhgEmissions="-1"),
        "pcf.fossilGhgEmissions",
        "NUMBER_BOUNDS",
    ),
    "no number": (
        lambda pf, pcf: pcf.update(fossilGhgEmissions="12 000"),
        "pcf.fossilGhgEmissions",
        "NUMBER",
    ),
    "binary float": (
        lambda pf, pcf: pcf.update(exemptedEmissionsPercent=0.5),
        "pcf.exemptedEmissionsPercent",
        "FIELD_KIND",
    ),
    "parts": (
        lambda pf, pcf: pcf.update(fossilGhgEmissions="14.2"),
        "pcf.pcfExcludingBiogenicUptake",
        "PACT_SUM",
    ),
    "biogenic": (
        lambda pf, pcf: pcf.update(pcfIncludingBiogenicUptake="11000"),
        "pcf.pcfIncludingBiogenicUptake",
        "PACT_SUM",
    ),
    "uptake above zero": (
        lambda pf, pcf: pcf.update(biogenicCO2Uptake="5"),
        "pcf.biogenicCO2Uptake",
        "NUMBER_BOUNDS",
    ),
    "share": (
        lambda pf, pcf: pcf.update(primaryDataShare="630"),
        "pcf.primaryDataShare",
        "NUMBER_BOUNDS",
    ),
    "rating": (
        lambda pf, pcf: pcf["dqi"].update(temporalDQR="6"),
        "pcf.dqi.temporalDQR",
        "NUMBER_BOUNDS",
    ),
    "gwp": (
        lambda pf, pcf: pcf.update(ipccCharacterizationFactors=["AR9"]),
        "pcf.ipccCharacterizationFactors",
        "FIELD_CHOICE",
    ),
    "order": (
        lambda pf, pcf: pcf.update(referencePeriodStart="2026-02-01T00:00:00Z"),
        "pcf.referencePeriodEnd",
        "PERIOD_ORDER",
    ),
    "not over": (
        lambda pf, pcf: (
            pf.update(created="2027-01-01T00:00:00Z"),
            pcf.update(referencePeriodEnd="2027-01-01T00:00:00Z"),
        ),
        "pcf.referencePeriodEnd",
        "PERIOD_OPEN",
    ),
    "expired": (
        lambda pf, pcf: pf.update(validityPeriodEnd="2026-06-30T00:00:00Z"),
        "validityPeriodEnd",
        "EXPIRED",
    ),
    "too long": (
        lambda pf, pcf: pf.update(validityPeriodEnd="2029-06-30T00:00:00Z"),
        "validityPeriodEnd",
        "VALIDITY_LONG",
    ),
    "two places": (
        lambda pf, pcf: pcf.update(geographyCountry="CN"),
        "pcf.geographyCountrySubdivision",
        "PACT_GEOGRAPHY",
    ),
    "version": (lambda pf, pcf: pf.update(specVersion="2.3.0"), "specVersion", "PACT_VERSION"),
    "id": (lambda pf, pcf: pf.update(id="7"), "id", "PACT_UUID"),
    "deprecated": (lambda pf, pcf: pf.update(status="Deprecated"), "status", "PACT_DEPRECATED"),
    "date": (lambda pf, pcf: pf.update(created="yesterday"), "created", "DATE"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_the_one_that_is_found(name: str, tmp_path: Path) -> None:
    content = footprint_of()
    change, field, code = PLANTED[name]
    change(content, content["pcf"])
    assert faults_of(written(tmp_path, content)) == {(field, f"SUPPLIER_{code}")}


def test_all_faults_are_listed_at_once_and_nothing_is_stored(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = footprint_of()
    for name in ("missing", "unit", "share", "rating", "expired", "version"):
        PLANTED[name][0](content, content["pcf"])
    monkeypatch.setenv("FOOTPRINT_HOME", str(Path(str(store.engine.url.database)).parent))
    path = written(tmp_path, content)
    with pytest.raises(SystemExit) as left:
        main(["--as", "buyer", "supplier", "import", str(path), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (left.value.code, report["valid"]) == (2, False)
    assert len({item["field"] for item in report["findings"]}) == len(report["findings"]) == 7
    with store.read() as session, pytest.raises(BadInput, match="FACTOR_UNKNOWN"):
        find_version(session, f"supplier.{SELLER.lower()}.{INGOT}.{PF_ID}")


@pytest.mark.parametrize("content", [[], {}, {"data": []}, {"data": [{}, {}]}, 3])
def test_what_holds_no_footprint_is_one_fault(content: Any, tmp_path: Path) -> None:
    assert faults_of(written(tmp_path, content)) == {("data", "SUPPLIER_PACT_ONE")}


def test_the_slot_must_be_metal(tmp_path: Path) -> None:
    path = written(tmp_path, footprint_of())
    assert faults_of(path, "electricity") == {("flow", "SUPPLIER_GOODS")}
    assert faults_of(path, "") == {("flow", "SUPPLIER_GOODS")}


TYPED = """
supplier_zh = "示例铝厂"
supplier_en = "Example Smelter"
product_zh = "铝锭"
product_en = "Ingot"
flow = "primary_ingot"
unit = "t"
pcf_kg_co2e = 12000.0
gwp_set = "AR6"
geography = "CN-YN"
period_start = 2025-01-01
period_end = "2025-12-31"
boundary = "cradle-to-gate"
basis = "calculated"
scrap_rule = "cut-off"
"""


def test_a_typed_footprint_without_a_document_is_trusted_least(
    store: Store, tmp_path: Path
) -> None:
    factor = imported(store, written(tmp_path, TYPED, "typed.toml"))
    assert factor.amounts == {"co2e": Decimal(12)}
    assert (factor.confidence, factor.pedigree) == ("D", (5, 2, 1, 5, 5))
    assert (factor.scrap_rule, factor.electricity_rule) == ("cut-off", "")
    cited = TYPED + '[document]\ncitation = "statement 7"\n[verification]\nbody = "Body"\n'
    assert imported(store, written(tmp_path, cited, "cited.toml")).confidence == "A"


def test_gases_are_taken_gas_by_gas(store: Store, tmp_path: Path) -> None:
    by_gas = TYPED.replace("pcf_kg_co2e = 12000.0", "") + "[gases_kg]\nco2 = 11500\ncf4 = '0.05'\n"
    factor = imported(store, written(tmp_path, by_gas, "gases.toml"))
    assert factor.amounts == {"co2": Decimal("11.5"), "cf4": Decimal("0.00005")}
    both = written(tmp_path, TYPED + "[gases_kg]\nco2 = 11500\n", "both.toml")
    assert faults_of(both) == {("pcf_kg_co2e", "SUPPLIER_TYPED_TWICE")}


@pytest.mark.parametrize(
    ("line", "instead", "field", "code"),
    [
        ('unit = "t"', 'unit = "piece"', "unit", "UNIT"),
        ('gwp_set = "AR6"', "", "gwp_set", "FIELD_MISSING"),
        ('basis = "calculated"', 'basis = "guessed"', "basis", "FIELD_CHOICE"),
        ("12000.0", "-1", "pcf_kg_co2e", "NUMBER_BOUNDS"),
        ("12000.0", '"12t"', "pcf_kg_co2e", "NUMBER"),
        ('scrap_rule = "cut-off"', 'scrap_rule = "mine"', "scrap_rule", "FIELD_CHOICE"),
        ('scrap_rule = "cut-off"', 'scraprule = "cut-off"', "scraprule", "FIELD_UNKNOWN"),
        ('period_end = "2025-12-31"', 'period_end = "2026-12-31"', "period_end", "PERIOD_OPEN"),
        ('basis = "calculated"', "basis = 3", "basis", "FIELD_KIND"),
    ],
)
def test_a_typed_fault_is_the_one_that_is_found(
    line: str, instead: str, field: str, code: str, tmp_path: Path
) -> None:
    path = written(tmp_path, TYPED.replace(line, instead), "typed.toml")
    assert faults_of(path) == {(field, f"SUPPLIER_{code}")}


def test_the_template_asks_for_what_is_obligatory(tmp_path: Path) -> None:
    write_template(tmp_path / "empty.toml")
    found = faults_of(tmp_path / "empty.toml", "")
    assert {code for _, code in found} == {"SUPPLIER_FIELD_MISSING", "SUPPLIER_GOODS"}
    assert {"supplier_zh", "pcf_kg_co2e", "period_end", "flow"} <= {field for field, _ in found}
    with pytest.raises(BadInput, match="SUPPLIER_FILE_THERE"):
        write_template(tmp_path / "empty.toml")


def test_who_buys_must_be_clear_and_is_no_supplier_of_himself(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, footprint_of())
    with store.work("exporter") as work, pytest.raises(BadInput, match="SUPPLIER_OWNER"):
        import_supplier(work, read_supplier_file(path, TODAY, INGOT))
    with store.work("seller") as work, pytest.raises(NotAllowed, match="OWNER_ONLY"):
        import_supplier(work, read_supplier_file(path, TODAY, INGOT), owner=BUYER)
    with store.work("auditor") as work, pytest.raises(NotAllowed):
        import_supplier(work, read_supplier_file(path, TODAY, INGOT), owner=BUYER)
    content = footprint_of()
    content["companyIds"] = [f"urn:pact:example.com:uscc:{BUYER}"]
    own = read_supplier_file(written(tmp_path, content), TODAY, INGOT)
    with store.work("buyer") as work, pytest.raises(FileFaults, match="OWN_COMPANY"):
        import_supplier(work, own)


def test_a_lost_thousand_needs_a_word(store: Store, tmp_path: Path) -> None:
    published(store, product({"co2e": "12"}, id="known"))
    content = footprint_of()
    content["id"] = PF_ID.replace("f4b", "a4b")
    content["pcf"].update(declaredUnitAmount="1", productMassPerDeclaredUnit="1")
    path = written(tmp_path, content)
    with pytest.raises(BadInput, match="FACTOR_DOUBTS"):
        imported(store, path)
    assert imported(store, path, explanation="so it says").amounts == {"co2e": Decimal(12_000)}


@pytest.mark.parametrize("name", ["absent.json", "supplier.xlsx"])
def test_other_files_are_bad_input(name: str, tmp_path: Path) -> None:
    if name.endswith("xlsx"):
        written(tmp_path, "x", name)
    with pytest.raises(BadInput, match="FILE"):
        read_supplier_file(tmp_path / name, TODAY, INGOT)
