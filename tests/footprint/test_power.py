"""From the sheets of power to a footprint under each electricity rule.

System under test: the example plate mill, which uses 509.5 kWh per t of plate, with own photovoltaics
and hydropower certificates on its sheets. Of its 25.5 GWh a year own power is 12 x 95 MWh (100 used,
5 of them sold with their certificate) and certificates are 12 x 400 MWh. Per kWh: grid 0.6104 with
delivery, photovoltaics 0.052 without, hydropower 0.0141 + 0.0327. The location result is untouched,
own saves its share x 0.5095 x (0.6104 - 0.052) kg per kg of plate, and market is incomplete as long
as a kWh is left for a residual mix that nobody publishes.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.review.lifecycle import take_step
from factor_db.factors.trace.factors import trace_factor
from factor_db.ledger.checks.whole import rows_of
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.evidence import attach_evidence
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.store.tables import LedgerEntry, LineageEdge
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult, calculate_study
from footprint.certificate.checks.recomputing import calculation_difference
from footprint.certificate.payload import Review, build_credential
from footprint.figures.recompute import recompute
from footprint.sampling.uncertainty import sample_totals, sampled_interval
from footprint.solving.floats import compiled_floats
from footprint.study.definition import default_study

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger"))

from power_cases import example_cells, instrument_lines, own_lines, write_ledger_file

ALL = tuple(f"{month:02d}" for month in range(1, 13))
PV, HYDRO = "electricity.own_pv_share", "electricity.instrument_hydro_share"


def publish(store: Store, path: Path, site: str) -> list[str]:
    with store.work("exporter") as work:
        assert import_ledger(work, path).sha256
        refs = derive_site(work, site)
    for user, action in (("exporter", "submit"), ("auditor", "review"), ("park", "publish")):
        with store.work(user) as work:
            for ref in refs:
                take_step(work, ref, action)
    return refs


@pytest.fixture(scope="module")
def mill(
    founded_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, list[str], Decimal]]:
    """A store with the mill's factors published, their references, and kWh used in the year."""
    folder = tmp_path_factory.mktemp("power")
    shutil.copytree(founded_home, folder / "home")
    store = Store.at(folder / "home")
    path = write_ledger_file(
        folder / "plate.csv", "plate_mill", instrument_lines(*ALL), own_lines()
    )
    refs = publish(store, path, "CQ-PLATE")
    with store.read() as session:
        rows = session.exec(select(LedgerEntry).where(LedgerEntry.flow == "electricity"))
        used = sum((row.amount for row in rows), Decimal(0))
    yield store, refs, used
    store.close()


def calculated(
    store: Store, rule: str, overrides: dict[str, str] | None = None
) -> CalculationResult:
    study = default_study("plate").changed("electricity_rule", rule)
    values = {key: Decimal(value) for key, value in (overrides or {}).items()}
    with store.read() as session:
        return calculate_study(session, replace(study, overrides=values))


def power_of(result: CalculationResult) -> dict[str, Decimal]:
    """Return kWh per kg of plate by flow."""
    sums: dict[str, Decimal] = {}
    for row in result.nominal.flows:
        if row.unit == "kWh":
            sums[row.flow] = sums.get(row.flow, Decimal(0)) + row.amount
    return sums


def alternative(result: CalculationResult, rule: str) -> dict[str, Any]:
    rows = result.document["choices"]["alternatives"]
    return next(row for row in rows if (row["choice"], row["value"]) == ("electricity_rule", rule))


def test_the_shares_are_published_with_every_cell_behind_them(
    mill: tuple[Store, list[str], Decimal],
) -> None:
    store, refs, used = mill
    # The scrap loop publishes a share of its own; these are all shares of power.
    shares = [ref for ref in refs if ".electricity." in ref and "share" in ref]
    assert shares == [f"cq-plate.2025.{HYDRO}@1", f"cq-plate.2025.{PV}@1"]
    with store.read() as session:
        own, bought = (trace_factor(session, ref) for ref in reversed(shares))
    assert float(own["amounts"]["value"]) == pytest.approx(12 * 95_000 / float(used), rel=1e-15)
    assert float(bought["amounts"]["value"]) == pytest.approx(12 * 400_000 / float(used), rel=1e-15)
    cells = [cell["cell"] for cell in own["cells"]]
    assert len([cell for cell in cells if cell.startswith("power!")]) == 24  # used and sold
    assert [cell for cell in cells if not cell.startswith("power!")]
    assert len([c for c in bought["cells"] if c["cell"].startswith("instruments!")]) == 12


def test_own_power_saves_its_share_and_location_does_not_move(
    mill: tuple[Store, list[str], Decimal], demo_store: Store
) -> None:
    store, _, used = mill
    location, own = calculated(store, "location"), calculated(store, "own")
    assert location.nominal.total == calculated(demo_store, "location").nominal.total
    assert power_of(location) == {"electricity": pytest.approx(Decimal("0.5095"))}
    share = 12 * 95_000 / float(used)
    saved = float(location.nominal.total - own.nominal.total)
    assert saved == pytest.approx(share * 0.5095 * (0.6104 - 0.052), rel=1e-9)
    kwh = power_of(own)
    assert float(kwh["electricity_pv"]) == pytest.approx(share * 0.5095, rel=1e-9)
    assert alternative(own, "location")["total"] == str(location.document["total"]["value"])
    assert own.document["estimate"] is False
    assert "PCF-ELEC-005" in own.document["rules"]
    assert "instruments" not in own.document["choices"]
    assert recompute(own.result).result_hash == own.result.result_hash


def test_market_is_incomplete_while_a_kwh_is_left_for_the_residual_mix(
    mill: tuple[Store, list[str], Decimal],
) -> None:
    row = alternative(calculated(mill[0], "location"), "market")
    assert (row["total"], row["reason"]) == (None, "electricity/residual_life_cycle")


def test_market_with_a_stated_residual_mix_lists_its_certificates(
    mill: tuple[Store, list[str], Decimal],
) -> None:
    result = calculated(mill[0], "market", {"electricity/residual_life_cycle": "0.7"})
    instruments = result.document["choices"]["instruments"]
    assert [item["serial"] for item in instruments] == [f"GEC-2025-{month}" for month in ALL]
    assert instruments[0] == {
        "serial": "GEC-2025-01", "source": "hydro", "kwh": "400000", "period": "2025-01",
        "region": "CN-SC", "cancelled_on": "2026-01-15",
    }  # fmt: skip
    assert alternative(result, "location")["total"] is not None
    assert json.dumps(recompute(result.result).record()["choices"]) == json.dumps(
        result.document["choices"]
    )
    interval = sampled_interval(result.nominal, samples=150, seed=1)
    assert interval.low < result.nominal.total < interval.high


def test_a_site_without_the_sheets_has_no_share_and_says_so(demo_store: Store) -> None:
    own, location = calculated(demo_store, "own"), calculated(demo_store, "location")
    assert own.nominal.total == location.nominal.total
    assert f"{PV}/property" in own.document["coverage"]["not_stated"]


def test_a_correction_of_the_sheet_stands_behind_the_new_share(
    store: Store, tmp_path: Path
) -> None:
    lines_of_power = own_lines()
    lines_of_power[0]["evidence"] = "pv.jpg"
    path = write_ledger_file(tmp_path / "p.csv", "plate_mill", (), lines_of_power)
    photo = tmp_path / "pv.jpg"
    photo.write_bytes(b"a photograph of the meter")
    with store.work("exporter") as work:
        import_ledger(work, path)
        derive_site(work, "CQ-PLATE")
        file = ledger_of_site(work.session, "CQ-PLATE")
        (attached,) = attach_evidence(work, file, [photo])
        lines = path.read_text(encoding="utf-8").splitlines()
        line = 1 + next(at for at, text in enumerate(lines) if text.startswith("2025-01,光伏"))
        made = correct_cell(work, file, "自发电", f"F{line}", "15", "ten more were sold")
        assert made.sha256
        again = [ref for ref in derive_site(work, "CQ-PLATE") if PV in ref]
        trace = trace_factor(work.session, again[0])
        edge = work.session.get(LineageEdge, (attached.sha256, trace["sha256"]))
    assert edge is not None
    assert again == [f"cq-plate.2025.{PV}@2"]
    assert [item["to"] for item in trace["corrections"]] == ["15"]
    assert [c["amount"] for c in trace["cells"] if c["cell"] == f"power!F{line}"] == ["15000"]


@pytest.fixture(scope="module")
def covered(
    founded_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, float]]:
    """The recycling plant with every kWh of every month covered, and the share of own power."""
    folder = tmp_path_factory.mktemp("covered")
    shutil.copytree(founded_home, folder / "home")
    used: dict[str, Decimal] = {}
    for row in rows_of(example_cells("recycling_plant")):
        if row.flow == "electricity":
            used[row.period] = used.get(row.period, Decimal(0)) + row.amount_canonical
    bought = [
        {**line, "amount": str(used[line["period"]] - 95_000), "unit": "kWh", "source": source}
        for line, source in zip(instrument_lines(*ALL), ["hydro", "wind"] * 6, strict=True)
    ]
    store = Store.at(folder / "home")
    path = write_ledger_file(folder / "r.csv", "recycling_plant", bought, own_lines())
    publish(store, path, "CQ-RECYCLED")
    yield store, 12 * 95_000 / float(sum(used.values()))
    store.close()


def test_with_every_kwh_covered_market_is_whole_and_can_be_certified(
    covered: tuple[Store, float],
) -> None:
    """Hydropower in odd months, wind (0.0324) in even ones; nothing is left for a residual mix."""
    store, own = covered
    study = default_study("recycled_ingot").changed("electricity_rule", "market")
    with store.read() as session:
        result = calculate_study(session, study)
        location = calculate_study(session, default_study("recycled_ingot"))
    kwh = {flow: float(amount) for flow, amount in power_of(result).items()}
    assert kwh.pop("electricity", 0) == 0
    whole = sum(kwh.values())
    assert whole == pytest.approx(float(power_of(location)["electricity"]), rel=1e-12)
    assert kwh["electricity_pv"] == pytest.approx(own * whole, rel=1e-12)
    per_kwh = {"pv": 0.052, "hydro": 0.0141 + 0.0327, "wind": 0.0324 + 0.0327}
    expected = whole * 0.6104 - sum(kwh[f"electricity_{k}"] * v for k, v in per_kwh.items())
    saved = location.nominal.total - result.nominal.total
    assert float(saved) == pytest.approx(expected, rel=1e-9)
    assert alternative(location, "market")["total"] == result.document["total"]["value"]
    assert float(sample_totals(result.nominal, samples=9, seed=1).min()) > 0
    burdens = compiled_floats(result.nominal).burdens
    assert not any(burden.gases for burden in burdens if burden.flow == "electricity")
    issuer = {"did": "did:web:x", "name": "X", "pdfCertificateSha256": "f" * 64}
    credential = build_credential(
        result.result, issuer, issued_at=datetime(2026, 3, 1, tzinfo=UTC), review=Review()
    )
    assert len(credential["credentialSubject"]["choices"]["instruments"]) == 12
    assert calculation_difference(result.document) == ""
    forged = json.loads(json.dumps(result.document))
    forged["choices"]["instruments"][0]["serial"] = "GEC-2025-99"
    assert calculation_difference(forged).startswith("choices.instruments")
