"""A seller's footprint in a buyer's slot.

System: the demo store; the extrusion plant sells, the plate mill buys. By hand, plate takes
0.7 x 1.02565 = 0.717955 kg of primary ingot per kg (see test_calculation). Its national factor is
15.947, the seller's 12.0: the total falls by 0.717955 x 3.947 = 2.833768385 kg CO2e per kg. With
60 % from the seller and 40 % national metal the slot takes 0.6 x 12 + 0.4 x 15.947 = 13.5788.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from supplier_cases import (
    BUYER,
    INGOT,
    SELLER,
    calculated,
    product,
    publish,
    published,
    store_of_two,
    supplied_by,
)

from factor_db.factors.keep.entry import entry_doubts
from factor_db.factors.keep.search import search_factors
from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.review.gates import gate_faults
from factor_db.factors.review.lifecycle import take_step
from factor_db.factors.trace.lineage import lineage_graph
from factor_db.foundation.errors import BadInput, Incomplete, NotAllowed
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult, calculate_study, load_calculation
from footprint.calculation.replacing import what_moves
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.service import issue_certificate
from footprint.cli.main import main
from footprint.exchange.product_factor import publishable_factor
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.study.definition import Study, default_study, read_study
from lca_models.system.resolve import SUPPLIER

NATIONAL = "result.primary.china.peng2022@2"
PER_KG = Decimal("0.717955")
AT = datetime(2026, 11, 22, tzinfo=UTC)
PLATE = replace(default_study("plate"), site="CQ-PLATE")
EXTRUSION = replace(default_study("extrusion"), site="CQ-EXTRUSION")


@pytest.fixture(scope="module")
def store(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = store_of_two(published_home, tmp_path_factory.mktemp("suppliers"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def seller(store: Store) -> str:
    return published(store, product({"co2e": "12.0"}))


@pytest.fixture(scope="module")
def bought(store: Store, seller: str) -> CalculationResult:
    return calculated(store, supplied_by(PLATE, (seller, "1")), "buyer")


@pytest.fixture(scope="module")
def mixed(store: Store, seller: str) -> CalculationResult:
    study = supplied_by(PLATE, (seller, "0.6"), (NATIONAL, "0.4"))
    return calculated(store, study, "buyer")


@pytest.fixture(scope="module")
def alone(store: Store) -> CalculationResult:
    return calculated(store, PLATE, "buyer")


def refused(store: Store, study: Study, code: str, user: str = "buyer") -> str:
    with store.read(user) as session, pytest.raises(BadInput, match=code) as caught:
        calculate_study(session, study)
    return str(caught.value)


def test_the_sellers_twelve_takes_the_slot(
    alone: CalculationResult, bought: CalculationResult
) -> None:
    fallen = alone.nominal.total - bought.nominal.total
    assert fallen == PER_KG * (Decimal("15.947") - 12)
    pin = next(
        pin for pin in bought.nominal.pins if pin.slot.flow == INGOT and not pin.slot.process
    )
    assert (pin.level, pin.gases()) == (SUPPLIER, {"co2e": Decimal(12_000)})


def test_two_suppliers_are_blended_exactly_and_both_kept(
    alone: CalculationResult, mixed: CalculationResult
) -> None:
    fallen = alone.nominal.total - mixed.nominal.total
    assert fallen == PER_KG * (Decimal("15.947") - Decimal("13.5788"))
    row = next(r for r in mixed.document["coverage"]["resolved"] if r["level"] == SUPPLIER)
    assert [part["share"] for part in row["parts"]] == ["0.6", "0.4"]
    kept = {item["id"] for item in mixed.document["factors"]}
    assert {"seller.ingot", "result.primary.china.peng2022"} <= kept


def test_shares_count_the_national_part_as_database(mixed: CalculationResult) -> None:
    """Of the metal's 13.5788, 0.6 x 12 = 7.2 are the seller's and 0.4 x 15.947 = 6.3788 are not."""
    shares = {k: Decimal(v) for k, v in mixed.document["quality"]["data_shares"].items()}
    assert sum(shares.values()) == 100
    ratio = shares["supplier"] / shares["database"]
    assert abs(ratio - Decimal("7.2") / Decimal("6.3788")) < Decimal("0.000001")


def test_nothing_is_said_of_suppliers_where_there_are_none(alone: CalculationResult) -> None:
    assert "suppliers" not in alone.document["inputs"]["study"]
    assert alone.document["quality"]["data_shares"]["supplier"] == "0"
    assert all("parts" not in pin for pin in alone.document["inputs"]["pins"])


@pytest.mark.parametrize("name", ["bought", "mixed"])
def test_a_stranger_recomputes_it(name: str, request: pytest.FixtureRequest) -> None:
    document = json.loads(json.dumps(request.getfixturevalue(name).document))
    again = recompute(read_result(document)).record()
    assert {key for key in again if key != "total" and again[key] != document[key]} == set()
    assert again["total"]["value"] == document["total"]["value"]


def _pin(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(p for p in document["inputs"]["pins"] if p["level"] == SUPPLIER)
    return found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["inputs"]["study"].pop("suppliers"), SUPPLIER),
        (lambda d: d["inputs"]["study"]["suppliers"][INGOT][0].update(share="0.7"), "SHARES"),
        (lambda d: _pin(d)["parts"][0].update(share="0.5"), "SHARES"),
        (lambda d: _pin(d)["factor"]["amounts"].update(co2e="1"), "parts"),
        (lambda d: _pin(d)["parts"][0]["factor"]["amounts"].update(co2e="1"), "parts"),
        (lambda d: _pin(d)["parts"].reverse(), "parts"),
        (lambda d: _pin(d).update(level="own"), "site or period"),
        (lambda d: _pin(d)["factor"].update(kind="emission"), "kind"),
        (lambda d: _pin(d)["factor"].update(flow="billet"), "slot"),
    ],
)
def test_a_pin_in_a_document_obeys_the_rules(
    mixed: CalculationResult, change: Any, reason: str
) -> None:
    document = json.loads(json.dumps(mixed.document))
    change(document)
    with pytest.raises(BadInput, match=reason):
        recompute(read_result(document))


def test_a_certificate_with_a_supplier_verifies_without_a_store(
    store: Store,
    bought: CalculationResult,
    mixed: CalculationResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All ingot is the seller's by the ledger: 60 % of it with 40 % national is another plant."""
    monkeypatch.setenv("FOOTPRINT_HOME", str(tmp_path / "keys"))
    with store.work("buyer") as work:
        with pytest.raises(Incomplete, match=r"study_share 0\.6; ledger_share 1"):
            issue_certificate(work, mixed.result, tmp_path / "none", issued_at=AT)
        unjudged = {name: item for name, item in bought.document.items() if name != "supply"}
        with pytest.raises(BadInput):
            issue_certificate(work, read_result(unjudged), tmp_path / "none", issued_at=AT)
        issue_certificate(work, bought.result, tmp_path / "out", issued_at=AT)
    report = verify_file(tmp_path / "out" / "certificate.json", [], AT.date())
    assert {check.name: check.ok for check in report.checks}["recomputes"]
    assert report.valid


def test_what_moves_reaches_into_a_blend(
    store: Store, mixed: CalculationResult, seller: str
) -> None:
    """The seller at 11 in place of 12: 0.6 x 0.717955 = 0.430773 less."""
    with store.read() as session:
        other = product({"co2e": "11"}, id="seller.other")
        rows = {row.calculation: row.change for row in what_moves(session, seller, other)}
    assert rows[mixed.document["calculation"]] == -PER_KG * Decimal("0.6")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"scrap_rule": "pre-consumer-mass"}, "scrap_rule.*cut-off.*pre-consumer-mass"),
        ({"electricity_rule": "market"}, "electricity_rule.*location.*market"),
        ({"valid_until": "2024-12-31"}, "SUPPLIER_MISFIT.*valid_until"),
        ({"data_year": 2026}, "SUPPLIER_MISFIT.*data_year"),
        ({"unit": "kg/m2"}, "SUPPLIER_MISFIT.*slot"),
        ({"flow": "billet"}, "SUPPLIER_MISFIT.*slot"),
    ],
)
def test_a_footprint_that_does_not_fit_is_refused(
    store: Store, fields: dict[str, Any], code: str
) -> None:
    kind = "_".join(str(value) for value in fields.values()).replace("/", "-").lower()
    ref = published(store, product({"co2e": "9"}, id=f"seller.{kind}", **fields))
    refused(store, supplied_by(PLATE, (ref, "1")), code)


def test_the_same_rules_are_no_mixture(store: Store) -> None:
    stated = product({"co2e": "12"}, id="seller.stated", scrap_rule="cut-off")
    ref = published(store, stated)
    study = supplied_by(PLATE, (ref, "1"))
    with store.read("buyer") as session:
        document = calculate_study(session, study).document
    other = next(a for a in document["choices"]["alternatives"] if a["value"] == "cbam-zero")
    assert (other["total"], other["reason"]) == (None, "SUPPLIER_RULES_MIXED")


def test_scrap_does_not_carry_the_smelters_footprint(store: Store, seller: str) -> None:
    """Ingot at the seller's 12 is no origin of the scrap: 0.17565692 kg stay at 15.947.

    Where the scrap's own seller states 4, of turnings as of offcuts, they come to 0.70262768.
    """
    study = supplied_by(PLATE, (seller, "1"))
    by_mass = study.changed("scrap_rule", "pre-consumer-mass")
    with store.read("buyer") as session:
        free, burdened = (calculate_study(session, item).nominal for item in (study, by_mass))
        assert abs(burdened.total - free.total - Decimal("2.80120090")) < Decimal("1E-8")
    stated = product({"co2e": "4"}, id="seller.scrap", flow="scrap_pre_consumer")
    named = supplied_by(PLATE, (published(store, stated), "1")).suppliers[INGOT]
    bought = replace(by_mass, suppliers={**study.suppliers, "scrap_pre_consumer": named})
    with store.read("buyer") as session:
        document = calculate_study(session, bought).document
    added = Decimal(document["total"]["value"]) - free.total
    assert abs(added - Decimal("0.70262768")) < Decimal("1E-8")
    assert "conservative_defaults" not in document["coverage"]
    other = published(store, product({"co2e": "4"}, id="seller.cut", flow="scrap_pre_consumer",
                                     scrap_rule="cut-off"))  # fmt: skip
    mixed = supplied_by(PLATE, (other, "1")).suppliers[INGOT]
    refused(store, replace(by_mass, suppliers={"scrap_pre_consumer": mixed}), "RULES_MIXED")


@pytest.mark.parametrize(
    ("flow", "ref", "code"),
    [
        (INGOT, "elec.cn.footprint.national.2024", "SUPPLIER_NO_PRODUCT"),
        (INGOT, "nothing@1", "FACTOR_UNKNOWN"),
        ("cheese", NATIONAL, "SUPPLIER_FLOW"),
    ],
)
def test_what_cannot_supply_is_named(store: Store, flow: str, ref: str, code: str) -> None:
    named = supplied_by(PLATE, (ref, "1")).suppliers[INGOT]
    refused(store, replace(PLATE, suppliers={flow: named}), code)


def test_bought_slab_is_named_by_its_use(store: Store) -> None:
    """The mill's slot of bought slab is that of `slab`; it may be named either way, not both."""
    cast = product({"co2e": "9"}, id="seller.slab", flow="homogenised_slab")
    supplier = supplied_by(PLATE, (published(store, cast), "1")).suppliers[INGOT]
    with store.read("buyer") as session:
        bought = replace(PLATE, suppliers={"purchased_slab": supplier})
        result = calculate_study(session, bought)
    assert set(result.nominal.study.suppliers) == {"slab"}
    refused(store, replace(PLATE, suppliers={"slab": supplier, **bought.suppliers}), "TWICE")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('primary_ingot = [{ref="a@1", share="0.6"}, {ref="b@1", share="0.39"}]', "percent=99"),
        ('primary_ingot = [{ref="a@1", share="1.5"}, {ref="b@1", share="-0.5"}]', "SHARES"),
        ('primary_ingot = [{ref="a@1", share="0.5"}, {ref="a@1", share="0.5"}]', "TWICE"),
        ('primary_ingot = ["a@1", "b@1"]', "SHAPE"),
        ('primary_ingot = [{ref="a@1"}, {ref="b@1"}]', "SHAPE"),
        ("primary_ingot = 3", "SHAPE"),
    ],
)
def test_a_study_file_says_who_supplies(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(f'product = "plate"\n[suppliers]\n{text}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=code):
        read_study(path)


def test_suppliers_stand_in_the_record_and_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('product = "plate"\n[suppliers]\nprimary_ingot = "a@1"\n', encoding="utf-8")
    study = read_study(path)
    assert study.record()["suppliers"] == {INGOT: [{"ref": "a@1", "share": "1"}]}
    record = json.loads(json.dumps(study.record(), default=str))
    assert Study.from_record(record).suppliers == study.suppliers


def sold_as_ingot(store: Store, result: CalculationResult, user: str, flow: str = INGOT) -> str:
    """A draft of a product as a metal that it is not: the examples sell nothing to each other.

    What may be sold as what is asked elsewhere (test_supply_fit); here it is who sold to whom.
    """
    with store.work(user) as work, pytest.MonkeyPatch.context() as patch:
        for name in ("require_sold_as", "refuse_blocked"):
            patch.setattr(f"footprint.exchange.product_factor.{name}", lambda *_: None)
        return publishable_factor(work, result.document["calculation"], flow=flow)


def handed_over(store: Store, result: CalculationResult, user: str, flow: str = INGOT) -> str:
    return publish(store, sold_as_ingot(store, result, user, flow))


def test_a_calculated_product_is_handed_over_with_its_gases_and_nothing_else(store: Store) -> None:
    """The buyer's total moves by amount x (seller's total - 15.947), to the last digit but the cut."""
    sold = calculated(store, EXTRUSION, "seller")
    ref = sold_as_ingot(store, sold, "seller")
    with store.work("seller") as work:
        factor = load_factor(find_version(work.session, ref))
        assert gate_faults(work.session, factor) == []
        bent = factor.model_copy(update={"amounts": {"co2e": Decimal(1)}})
        assert [fault.gate for fault in gate_faults(work.session, bent)] == ["lineage"]
    with store.read("buyer") as session:
        for ask in (find_version, lambda s, r: search_factors(s, r)[0]):
            with pytest.raises((BadInput, IndexError)):
                ask(session, ref)
    publish(store, ref)
    with store.read("buyer") as session:
        seen = load_factor(find_version(session, ref))
        assert [item.factor.ref for item in search_factors(session, ref)] == [ref]
        graph = lineage_graph(session, seen.sha256)
        assert {node.kind for node in graph.nodes} == {"factor", "unknown"}
        with pytest.raises(BadInput, match="CALCULATION_UNKNOWN"):
            load_calculation(session, sold.document["calculation"])
    assert set(seen.amounts) == {"ch4", "co2", "co2e", "n2o"}
    assert (seen.scrap_rule, seen.electricity_rule, seen.site) == ("cut-off", "location", "")
    bought = calculated(store, supplied_by(PLATE, (ref, "1")), "buyer")
    with store.read() as session:
        alone = calculate_study(session, PLATE)
    moved = bought.nominal.total - alone.nominal.total
    expected = PER_KG * (sold.nominal.total - Decimal("15.947"))
    assert abs(moved - expected) < Decimal("1E-20")


def test_a_draft_serves_nobody(store: Store) -> None:
    with store.work("buyer") as work:
        row = add_factor(work, product({"co2e": "3"}, id="draft", owner=BUYER))
    study = supplied_by(PLATE, (f"draft@{row.version}", "1"))
    refused(store, study, "SUPPLIER_NOT_PUBLISHED")


def test_a_private_footprint_stays_with_its_buyer_even_published(store: Store) -> None:
    kept = product({"co2e": "8"}, id="private", owner=BUYER, redistribution="owner")
    ref = published(store, kept)
    study = supplied_by(EXTRUSION, (ref, "1"))
    with store.read("seller") as session:
        with pytest.raises(BadInput, match="FACTOR_UNKNOWN"):
            calculate_study(session, study)
        assert search_factors(session, "private") == []
        guess = product({"co2e": "8"}, id="guess")
        assert "private@1" not in {doubt.ref for doubt in entry_doubts(session, guess)}
    with store.read("buyer") as session:
        assert find_version(session, ref).owner == BUYER
    with store.work("admin") as work:
        add_factor(work, product({"co2e": "8"}, id="shared", owner=SELLER))
        take_step(work, "shared@1", "submit")
        with pytest.raises(NotAllowed, match="SELF_REVIEW"):
            take_step(work, "shared@1", "review", self_reviewed=True)


def test_a_product_never_comes_back_into_its_own_making(store: Store) -> None:
    """A sells to B, B sells to A: A's plate may not take it, for the same year."""
    first = calculated(store, PLATE, "buyer")
    a = handed_over(store, first, "buyer", flow=INGOT)
    b = handed_over(
        store,
        calculated(store, supplied_by(EXTRUSION, (a, "1")), "seller"),
        "seller",
        flow="primary_liquid",
    )
    returned = replace(
        PLATE,
        suppliers={"primary_liquid": supplied_by(PLATE, (b, "1")).suppliers[INGOT]},
    )
    said = refused(store, returned, "SUPPLIER_ANCESTRY")
    made = "CQ-PLATE plate 2025-01-01/2025-12-31"
    assert f"{made} <- {b} <- {a} <- {made}" in said
    refused(store, supplied_by(PLATE, (a, "1")), "SUPPLIER_ANCESTRY")


def test_an_earlier_version_is_no_ancestor(store: Store) -> None:
    """The seller's first footprint held the buyer's plate, the second does not: it may be bought."""
    plate, extrusion = (item.changed("scrap_rule", "cbam-zero") for item in (PLATE, EXTRUSION))
    mine = handed_over(store, calculated(store, plate, "buyer"), "buyer", flow=INGOT)
    first = calculated(store, supplied_by(extrusion, (mine, "1")), "seller")
    old = handed_over(store, first, "seller", flow=INGOT)
    refused(store, supplied_by(plate, (old, "1")), "SUPPLIER_ANCESTRY")
    new = handed_over(store, calculated(store, extrusion, "seller"), "seller", flow=INGOT)
    assert [ref.partition("@")[2] for ref in (old, new)] == ["1", "2"]
    with store.read("buyer") as session:
        assert calculate_study(session, supplied_by(plate, (new, "1")))
    refused(store, supplied_by(plate, (old, "1")), "NOT_PUBLISHED.*superseded")


def typed(store: Store, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("FOOTPRINT_HOME", str(Path(str(store.engine.url.database)).parent))
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


def test_suppliers_on_the_command_line(
    store: Store, seller: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("--lang", "en", "calculate", "plate", "--supplier")
    two = (f"{INGOT}={seller}:0.6", "--supplier", f"{INGOT}={NATIONAL}:0.4")
    assert typed(store, monkeypatch, *ask, *two) == 0
    out = capsys.readouterr().out
    assert "kinds of data" in out
    assert "supplier 47." in out
    # The ledger names one seller of all ingot: 0.6 of it is no figure to hand over.
    assert typed(store, monkeypatch, "factor", "from-calculation", out.split()[-1]) == 3
    assert "SUPPLY-001" in capsys.readouterr().err
    assert typed(store, monkeypatch, *ask, f"{INGOT}={seller}") == 0
    calculation = capsys.readouterr().out.split()[-1]
    assert typed(store, monkeypatch, "factor", "from-calculation", calculation) == 0
    assert capsys.readouterr().out.startswith("product.cq-plate.2025.plate.cut-off.location@")
    for wrong in ("nonsense", f"{INGOT}=", f"{INGOT}={seller}:", f"={seller}"):
        assert typed(store, monkeypatch, *ask, wrong) == 2
        assert "SHARE" in capsys.readouterr().err
    assert typed(store, monkeypatch, *ask, f"{INGOT}={seller}:0.9") == 2
    assert "90 %" in capsys.readouterr().err


def test_an_estimate_is_not_handed_over(store: Store) -> None:
    guess = replace(PLATE, overrides={"electricity/life_cycle": Decimal("0.1")})
    made = calculated(store, guess, "buyer").document["calculation"]
    with store.work("buyer") as work, pytest.raises(Incomplete, match="PRODUCT_FACTOR_ESTIMATE"):
        publishable_factor(work, made)
    with store.work("auditor") as work, pytest.raises(NotAllowed):
        publishable_factor(work, made)
    sound = calculated(store, PLATE, "buyer").document["calculation"]
    for scrap in ("scrap_pre_consumer", "scrap_turnings", "sold_scrap"):
        with store.work("buyer") as work, pytest.raises(BadInput, match="PRODUCT_FACTOR_SCRAP"):
            publishable_factor(work, sound, flow=scrap)
    with store.work("buyer") as work, pytest.raises(BadInput, match="PRODUCT_FACTOR_FLOW"):
        publishable_factor(work, sound, flow="cheese")


def test_last_years_product_is_a_time_series_and_said_so(store: Store) -> None:
    """The same product of 2024 may be in that of 2025; a document that claims 2025 is refused."""
    inputs = [{"calculation": "0" * 64, "site": "CQ-PLATE", "product": "plate"}]
    year = {"period_start": "2024-01-01", "period_end": "2024-12-31", "data_year": 2024}
    old = product(
        {"co2e": "11"}, id="older", derivation={"formula": "test", "inputs": inputs}, **year
    )
    study = supplied_by(PLATE, (published(store, old), "1"))
    with store.read("buyer") as session:
        document = calculate_study(session, study).document
    row = next(r for r in document["coverage"]["resolved"] if r["level"] == SUPPLIER)
    assert "the same product of another period: older@1" in row["reason"]
    _pin(document)["factor"].update(period_start="2025-01-01", period_end="2025-12-31")
    with pytest.raises(BadInput, match="SUPPLIER_ANCESTRY"):
        recompute(read_result(document))


def test_the_new_fields_leave_known_hashes_alone(store: Store) -> None:
    later = {"scrap_rule", "electricity_rule", "allocation_rule", "primary_data_share"}
    plain = product({"co2e": "12"})
    assert not later & set(plain.record())
    stated = product({"co2e": "12"}, primary_data_share="0")
    assert stated.record()["primary_data_share"] == "0"
    assert Factor.model_validate(plain.record()).sha256 == plain.sha256 != stated.sha256
    assert SELLER in {plain.owner, stated.owner}
