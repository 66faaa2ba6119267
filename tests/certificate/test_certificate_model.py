"""A certificate carries its model: it is verified with that, and the answer says whose it is.

System: the plate of the demo store, certified with the illustrative key. By hand: under a planted
change that leaves the total as it is, today's model differs by its hash and by 0 %; under one that
takes the gas of the melting step twice, today's total is the issued one plus the rows of that gas
once more; a forged model that leaves that gas out gives the issued total less those rows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import footprint.solving.evaluate
import footprint.study.carried_model
from factor_db.foundation.canonical import canonical_json, decimal_text, plain
from factor_db.foundation.messages import catalogue
from factor_db.foundation.rules import rule
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.checks import recomputing
from footprint.certificate.checks.report import VerifyReport
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.keys import load_keys
from footprint.certificate.payload import Review, build_credential
from footprint.certificate.proof import sign
from footprint.certificate.service import issue_certificate
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.study.carried_model import model_from_record, model_of
from footprint.study.definition import Study, default_study
from lca_models import catalogue as models
from lca_models.system.formula import ZERO
from lca_models.system.unit_process import Choices, Input, UnitProcess
from tests.certificate.certificate_document import renamed

ISSUED_AT = datetime(2026, 11, 22, tzinfo=UTC)
STEP, FLOW = "melting", "natural_gas"


@pytest.fixture(scope="module")
def home(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("model") / "home"
    shutil.copytree(published_home, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTPRINT_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def issued(home: Path) -> Path:
    """The folder of a plate certificate."""
    store = Store.at(home)
    with store.work("exporter") as work:
        result = calculate_study(work.session, default_study("plate"))
        store_calculation(work, result)
        work.session.flush()
        issue_certificate(work, result.result, home / "out", issued_at=ISSUED_AT)
    store.close()
    return home / "out" / "certificate.json"


@pytest.fixture(autouse=True)
def _models_anew() -> Iterator[None]:
    """Models of today are kept for speed; a planted change must not meet the kept ones."""
    footprint.study.carried_model._model_of.cache_clear()
    yield
    footprint.study.carried_model._model_of.cache_clear()


def answer(path: Path) -> VerifyReport:
    return verify_file(path, [], date(2026, 11, 23))


def calculation_of(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())["credentialSubject"]["calculation"]
    return document


def gas_rows(document: dict[str, Any]) -> Decimal:
    rows = [r for r in document["contributions"] if (r["process"], r["flow"]) == (STEP, FLOW)]
    return sum((Decimal(row["kg_co2e"]) for row in rows), Decimal(0))


def plant(monkeypatch: pytest.MonkeyPatch, *, version: str, double: bool) -> None:
    """Change the code of plate's model: another version name, and the gas of melting twice."""
    shipped = models._MODELS["plate"]

    def step(process: UnitProcess) -> UnitProcess:
        more = [
            replace(item, amount=item.amount + item.amount)
            if isinstance(item, Input) and item.flow == FLOW
            else item
            for item in process.exchanges
        ]
        return replace(process, exchanges=tuple(more)) if process.code == STEP else process

    def processes(choices: Choices) -> tuple[UnitProcess, ...]:
        made = shipped.processes(choices)
        return tuple(map(step, made)) if double else made

    changed = replace(shipped, version=version, processes=processes)
    monkeypatch.setitem(models._MODELS, "plate", changed)


def test_the_model_as_shipped_is_named(issued: Path) -> None:
    report = answer(issued)
    found = report.check("model")
    assert report.valid
    assert found is not None
    assert "plate-3 as shipped" in found.detail("en")
    assert "与本版软件所附的模型一致" in found.detail("zh")


def test_recomputing_runs_no_code_of_a_model(issued: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> Any:
        raise AssertionError("model code ran")

    for module in (footprint.solving.evaluate, footprint.study.carried_model):
        monkeypatch.setattr(module, "product_system", none)
    monkeypatch.setattr(models, "product_system", none)
    monkeypatch.setitem(models._MODELS, "plate", None)
    credential = json.loads(issued.read_bytes())
    check = recomputing.check_recomputes(
        credential, recomputing.stated_in(credential), recomputing.product_recompute
    )
    assert check.ok, check.detail("en")


def test_a_certificate_of_before_a_change_of_code_recomputes_and_says_so(
    issued: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, version="plate-3", double=True)
    report, document = answer(issued), calculation_of(issued)
    recomputed, model = report.check("recomputes"), report.check("model")
    assert recomputed is not None
    assert recomputed.ok is True
    assert model is not None
    total = Decimal(document["total"]["value"])
    assert f"{total + gas_rows(document):.4f} kg CO2e" in model.detail("en")
    assert "differs from today's plate-3 (result" in model.detail("en")
    # Nothing is red: it is not confirmed, so it is not valid either.
    assert (model.ok, report.undecided, report.valid, report.exit_code) == (None, True, False, 5)
    assert report.verdict("en").startswith("Not decided")


def test_a_change_of_code_that_moves_nothing_leaves_it_valid_by_its_own_model(
    issued: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, version="plate-4", double=False)
    report = answer(issued)
    model = report.check("model")
    assert model is not None
    assert "differs from today's plate-4" in model.detail("en")
    assert (report.valid, report.exit_code) == (True, 0)
    assert "differs from today's" in report.verdict("en")


def test_a_product_that_is_no_more_leaves_an_unknown_model(
    issued: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(models._MODELS, "plate")
    report = answer(issued)
    model = report.check("model")
    assert model is not None
    assert model.detail("en").startswith("unknown model: ")
    assert [check.name for check in report.checks if not check.ok] == ["model"]
    assert report.exit_code == 5


def resigned(
    home: Path, path: Path, document: dict[str, Any], told: dict[str, Any] | None = None
) -> Path:
    """Issue a document as its issuer could who minds no rule of the product.

    `told` is put in the place of the calculation afterwards: what no reader takes for one.
    """
    keys = load_keys(home / "keys", True)
    review = Review("self_declared")
    credential = build_credential(
        read_result(renamed(document)), keys.public, issued_at=ISSUED_AT, review=review
    )
    if told is not None:
        credential["credentialSubject"]["calculation"] = renamed(told)
    method = keys.public["verificationMethod"]
    signed = sign(
        credential, keys.signing, verification_method=method, created=credential["validFrom"]
    )
    path.mkdir()
    shutil.copy(home / "out" / "issuer.json", path)
    (path / "certificate.json").write_bytes(canonical_json(signed))
    return path / "certificate.json"


def without_gas(process: UnitProcess) -> UnitProcess:
    kept = tuple(
        replace(item, amount=ZERO) if isinstance(item, Input) and item.flow == FLOW else item
        for item in process.exchanges
    )
    return replace(process, exchanges=kept) if process.code == STEP else process


def test_a_forged_model_recomputes_and_is_never_valid(
    home: Path, issued: Path, tmp_path: Path
) -> None:
    document = calculation_of(issued)
    total, gas = Decimal(document["total"]["value"]), gas_rows(document)
    carried = read_result(document).inputs.model
    assert carried is not None
    system = carried.system
    forged = replace(
        carried,
        system=replace(system, processes=tuple(map(without_gas, system.processes))),
        others=(),
    )
    document["inputs"]["model"] = plain(forged.record())
    document = {**document, **recompute(read_result(document)).record()}
    document["total"]["interval"] = None
    tonne = decimal_text((total - gas) * 1000)
    line = {
        "kind": "product",
        "process": system.final,
        "flow": "plate",
        "amount": "1",
        "kg_co2e": tonne,
    }
    document["closure"] |= {"account": tonne, "lines": [line], "residual": "0", "parted": "0"}
    report = answer(resigned(home, tmp_path / "forged", document))
    recomputed, model = report.check("recomputes"), report.check("model")
    assert recomputed is not None
    assert recomputed.ok, recomputed.detail("en")
    assert model is not None
    assert model.detail("en").startswith("unknown model: the certificate carries a model that ")
    assert f"{total:.4f} kg CO2e" in model.detail("en")
    assert (report.valid, report.exit_code) == (False, 5)


def test_a_carried_model_of_other_choices_than_the_study_fails(
    home: Path, issued: Path, tmp_path: Path
) -> None:
    document = calculation_of(issued)
    other = model_of(Study("plate", choices=Choices(scrap_rule="cbam-zero")))
    document["inputs"]["model"] = plain(other.record())
    document = {**document, **recompute(read_result(document)).record()}
    document["total"]["interval"] = None
    report = answer(resigned(home, tmp_path / "other", document))
    recomputed = report.check("recomputes")
    assert recomputed is not None
    assert recomputed.ok is False
    assert "inputs.model" in recomputed.detail("en")
    assert report.exit_code == 1


def test_choices_told_otherwise_than_the_model_has_them_are_not_confirmed(
    home: Path, issued: Path, tmp_path: Path
) -> None:
    """The study leaves the temper to the model; the record tells another and moves no number."""
    document = calculation_of(issued)
    told = document["inputs"]["model"]["choices"]["temper"]
    (other, *_) = (item for item in models.available_choices("plate")["temper"] if item != told)
    document["inputs"]["model"]["choices"]["temper"] = other
    document = {**document, **recompute(read_result(document)).record()}
    document["total"]["interval"] = None
    report = answer(resigned(home, tmp_path / "told", document))
    model = report.check("model")
    assert model is not None
    assert (model.ok, report.exit_code) == (None, 5)
    assert "(choices)" in model.detail("en")


@pytest.mark.parametrize("broken", [None, {}, {"systems": 1}, "plate-3"])
def test_a_malformed_model_is_named_and_no_traceback(
    home: Path, issued: Path, tmp_path: Path, broken: Any
) -> None:
    told = calculation_of(issued)
    told["inputs"]["model"] = broken
    report = answer(resigned(home, tmp_path / "broken", calculation_of(issued), told))
    recomputed = report.check("recomputes")
    assert recomputed is not None
    assert recomputed.ok is False
    assert "inputs.model" in recomputed.detail("en")


def test_the_record_of_a_model_comes_back_as_it_went() -> None:
    for product in models.PRODUCTS:
        made = model_of(default_study(product))
        assert model_from_record(json.loads(canonical_json(made.record()))).sha256 == made.sha256


def test_other_words_today_turn_no_certificate_red(
    issued: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("CERTIFICATE_TITLE", "CLOSURE_CLOSED"):
        monkeypatch.setitem(catalogue(), code, {"zh": "别的话", "en": "other words"})
    assert answer(issued).valid


def test_a_calculation_without_a_model_is_not_certified_and_still_read(home: Path) -> None:
    store = Store.at(home)
    with store.work("exporter") as work:
        result = calculate_study(work.session, default_study("plate"))
        document = json.loads(json.dumps(result.document))
        del document["inputs"]["model"]
        assert recompute(read_result(document)).result_hash == document["result_hash"]
        with pytest.raises(Exception, match="CERTIFICATE_WITHOUT_MODEL"):
            issue_certificate(work, read_result(document), home / "none", issued_at=ISSUED_AT)
        work.session.rollback()
    store.close()
    assert rule("CERT-MODEL-001").number("most_moved") == Decimal("0.001")


def test_a_certificate_is_read_once(issued: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    def counting(content: Any) -> Any:
        read.append(content)
        return read_result(content)

    monkeypatch.setattr(recomputing, "read_result", counting)
    assert answer(issued).valid
    assert len(read) == 1
