"""Stored results against today's models: what moved is listed with the reason, and revoked.

System: the demo store with a certified plate. By hand: nothing moved since, so nothing is listed.
With a change planted in the model that takes the gas of melting twice, the plate of today is the
stored one plus its gas rows again (far above 0.1 %), and the reason is the model; with the grid
factor of the pins exchanged for one of half its amounts in the stored document, today's grid gives
back what the stored document lost, and the reason is the factor.
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

import footprint.study.carried_model
from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.audit import log_faults
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.calculation.replacing import _exchanged
from footprint.calculation.stale import drifted
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.revoking import revoke_certificate, signed_list
from footprint.certificate.service import issue_certificate
from footprint.figures.document import figures_of
from footprint.figures.recompute import nominal_of
from footprint.result.document import identified, read_result
from footprint.study.definition import default_study
from lca_models import catalogue as models
from lca_models.system.unit_process import Choices, Input, UnitProcess

ISSUED_AT = datetime(2026, 11, 22, tzinfo=UTC)
GRID = "elec.cn.footprint.national.2024"


@pytest.fixture
def certified(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, str, Path]]:
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    store = Store.at(home)
    with store.work("exporter") as work:
        result = calculate_study(work.session, default_study("plate"))
        store_calculation(work, result)
        work.session.flush()
        name = issue_certificate(work, result.result, tmp_path / "out", issued_at=ISSUED_AT)
    footprint.study.carried_model._model_of.cache_clear()
    yield store, name, tmp_path / "out" / "certificate.json"
    footprint.study.carried_model._model_of.cache_clear()
    store.close()


def twice_the_gas(choices: Choices) -> tuple[UnitProcess, ...]:
    def step(process: UnitProcess) -> UnitProcess:
        more = tuple(
            replace(item, amount=item.amount + item.amount)
            if isinstance(item, Input) and item.flow == "natural_gas"
            else item
            for item in process.exchanges
        )
        return replace(process, exchanges=more) if process.code == "melting" else process

    return tuple(map(step, models.plate.processes(choices)))


def test_nothing_is_listed_while_nothing_moved(certified: tuple[Store, str, Path]) -> None:
    store, _, _ = certified
    with store.read("exporter") as session:
        assert drifted(session) == []


def test_a_change_of_the_model_is_listed_with_its_reason_and_certificate(
    certified: tuple[Store, str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, name, path = certified
    document = json.loads(path.read_bytes())["credentialSubject"]["calculation"]
    changed = replace(models._MODELS["plate"], version="plate-4", processes=twice_the_gas)
    monkeypatch.setitem(models._MODELS, "plate", changed)
    with store.read("exporter") as session:
        (found,) = drifted(session)
    gas = [
        Decimal(row["kg_co2e"])
        for row in document["contributions"]
        if (row["process"], row["flow"]) == ("melting", "natural_gas")
    ]
    assert found.today == Decimal(document["total"]["value"]) + sum(gas)
    assert found.certificates == (name,)
    kinds = dict(found.reasons)
    assert kinds["model"].startswith("plate-3 -> plate-4: +")
    assert "factor" not in kinds
    # The site account takes the gas once, the model twice: the two roads part.
    assert "closure" in kinds


def test_a_change_of_a_factor_is_told_from_one_of_the_model(
    certified: tuple[Store, str, Path],
) -> None:
    store, _, path = certified
    document = json.loads(path.read_bytes())["credentialSubject"]["calculation"]
    with store.work("exporter") as work:
        old = load_factor(find_version(work.session, GRID))
        half = {gas: amount / 2 for gas, amount in old.amounts.items()}
        earlier = Factor.model_validate({**old.record(), "amounts": half, "version": 9})
        exchanged = _exchanged(read_result(document), old, earlier)
        figures = figures_of(nominal_of(exchanged), [])
        stored = identified(exchanged.model_copy(update=dict(figures)))
        sha256 = content_hash("document", stored.record())
        owner = next(iter(_owners(work.session)))
        work.document("calculation", stored.calculation, stored.record(), sha256, owner)
    with store.read("exporter") as session:
        (found,) = drifted(session)
    assert found.calculation == stored.calculation
    assert found.today == Decimal(document["total"]["value"])
    ((kind, detail),) = found.reasons
    assert kind == "factor"
    assert f"{GRID}@9 -> {old.ref}" in detail
    assert found.certificates == ()


def _owners(session: Any) -> set[str]:
    from sqlmodel import select

    from factor_db.store.tables import Document

    query = select(Document.owner).where(Document.kind == "calculation")
    return set(session.exec(query))


def test_a_study_that_is_refused_today_is_listed(
    certified: tuple[Store, str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, name, _ = certified
    monkeypatch.delitem(models._MODELS, "plate")
    with store.read("exporter") as session:
        (found,) = drifted(session)
    assert found.today is None
    assert found.reasons[0][0] == "refused"
    assert found.record()["revoke"] == [name]


def test_a_revoked_certificate_fails_by_the_signed_list_and_the_log_stays_whole(
    certified: tuple[Store, str, Path],
) -> None:
    store, name, path = certified
    with store.work("exporter") as work:
        revoked = revoke_certificate(work, name[-12:], "model plate-3 left gas out")
        work.session.flush()
        listed = signed_list(work.session, illustrative=revoked.illustrative)
        with pytest.MonkeyPatch.context() as patch:
            patch.delitem(models._MODELS, "plate")
            assert [item.certificates for item in drifted(work.session)] == [()]
    report = verify_file(path, [], date(2026, 11, 23), status_list=strict_json(listed))
    status = report.check("status")
    assert status is not None
    assert status.code == "CERTIFICATE_STATUS_LIST_revoked"
    assert report.exit_code == 1
    with store.read() as session:
        assert log_faults(session) == []
    with store.work("exporter") as work:
        for asked, code in ((name, "CERTIFICATE_REVOKE_STATE"), ("x", "CERTIFICATE_REVOKE_UNKN")):
            with pytest.raises(BadInput, match=code):
                revoke_certificate(work, asked, "again")
        work.session.rollback()
    with store.work("auditor") as work, pytest.raises(NotAllowed):
        revoke_certificate(work, name, "not mine")
