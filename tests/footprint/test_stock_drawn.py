"""Own scrap charged from store: valued at c by model and account alike, and never without a reason.

System under test: the extrusion plant as CSV → factors → result → certificate. By hand: 3600 t of
own scrap are charged in place of ingot and lay in store before. With c the burden of what was
bought and charged, per tonne of it, 19000 t of product carry what came through the gate + 3600 c:
the scrap comes neither free nor with a credit. Whatever a note says of them, they may have been
21.8 (AL-STOCK-003): 3600 x (21.8 - c) is far above 1 % of the account, 60 t are below it. A year
before that closes with none of it ends that, too.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from plant_cases import EXACTLY, Plant, account_t_co2e, calculated, study_of

from factor_db.factors.derive import ledger_guard
from factor_db.factors.derive.derivation import derive_site
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.ledger.checks import whole as checks
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, vocabulary
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store
from footprint.calculation.calculate import store_calculation
from footprint.certificate.service import issue_certificate

DRAWN, FEW, SHIPPED = 3600, 60, 19000
AT = datetime(2026, 11, 22, tzinfo=UTC)
SCRAP, INGOT = "internal_scrap", "primary_ingot"
OWN_DRAWN = "LEDGER_STOCK_OWN_DRAWN"


def drawing(note: str, drawn: int = DRAWN) -> Plant:
    """Return the plant that charges own scrap, in tonnes, from store in place of ingot."""
    plant = Plant("extrusion_plant")
    lines, store = [], Decimal(4000)
    share = drawn / plant.total("charging", SCRAP)
    for scrap, ingot in zip(plant.of("charging", SCRAP), plant.of("charging", INGOT), strict=True):
        made = Decimal(scrap["amount"])
        more = made * share
        scrap["amount"], ingot["amount"] = str(made + more), str(Decimal(ingot["amount"]) - more)
        lines.append(
            {"material": SCRAP, "period": scrap["period"], "opening": str(store), "unit": "t",
             "receipts": str(made), "consumption": str(made + more),
             "closing": str(store - more), "note": note}
        )  # fmt: skip
        store -= more
    plant.sheets["stock"] = lines
    return plant


def year_before() -> Plant:
    """Return 2024 of the plant, with nothing left in store."""
    plant = Plant("extrusion_plant")
    plant.site |= {"period_start": date(2024, 1, 1), "period_end": date(2024, 12, 31)}
    for row in plant.rows:
        row["period"] = row["period"].replace("2025", "2024")
    plant.sheets["stock"] = [
        {"material": SCRAP, "period": row["period"], "opening": "0", "unit": "t", "closing": "0",
         "receipts": row["amount"], "consumption": row["amount"]}
        for row in plant.of("charging", SCRAP)
    ]  # fmt: skip
    return plant


def test_scrap_from_store_carries_the_burden_of_what_was_bought(
    store: Store, tmp_path: Path
) -> None:
    plant = drawing("stock count 7 of 2024-12-31")
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    rows = plant.check(tmp_path).ledger.rows  # type: ignore[union-attr]
    flows = vocabulary().flows
    bought = [
        row
        for row in rows
        if (row.process, row.role) == ("charging", "input") and row.flow != SCRAP
    ]
    tonnes = sum(
        Fraction(row.amount_canonical)
        for row in bought
        if not row.is_property and flows[row.flow].category in METAL_CATEGORIES
    )
    per_tonne = account_t_co2e(store, [row for row in rows if row in bought or row.is_property])
    per_tonne /= tonnes
    by_hand = (account_t_co2e(store, rows) + DRAWN * per_tonne) / SHIPPED
    assert abs(Fraction(result.nominal.total) / by_hand - 1) < EXACTLY
    assert round(float(by_hand), 4) == 7.7336


def test_much_scrap_of_a_year_nobody_knows_is_not_certified(store: Store, tmp_path: Path) -> None:
    site = drawing("stock count 7 of 2024-12-31").publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    with store.work("park") as work, pytest.raises(Incomplete, match="OWN_STOCK") as caught:
        issue_certificate(work, result.result, tmp_path / "one", issued_at=AT)
    assert "internal_scrap; process charging; amount 3600" in str(caught.value.params["items"])


def test_a_year_before_that_left_nothing_ends_the_certificate(store: Store, tmp_path: Path) -> None:
    plant = drawing("stock count 7 of 2024-12-31", FEW)
    site = plant.publish(store, tmp_path)
    with store.work("exporter") as work:
        result = calculated(store, study_of("extrusion", site))
        store_calculation(work, result)
    with store.work("park") as work:
        assert issue_certificate(work, result.result, tmp_path / "one", issued_at=AT)
    with store.work("exporter") as work:
        assert import_ledger(work, year_before().write(tmp_path / "before.csv")).sha256
    with store.work("park") as work, pytest.raises(BadInput, match="LEDGER_STOCK_NOT_CARRIED"):
        issue_certificate(work, result.result, tmp_path / "two", issued_at=AT)


def test_a_ledger_frozen_before_the_rule_wants_the_reason_too(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.work("exporter") as work:
        with monkeypatch.context() as earlier:
            earlier.setattr(checks, "check_drawn", lambda *_: None)
            path = drawing("").write(tmp_path / "plant.csv")
            assert import_ledger(work, path).sha256
        with pytest.raises(BadInput, match=OWN_DRAWN):
            derive_site(work, "CQ-CASE")


def test_an_exception_that_explained_the_import_explains_it_later(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = drawing("")
    plant.excuse(OWN_DRAWN, flow=SCRAP)
    with store.work("exporter") as work:
        assert import_ledger(work, plant.write(tmp_path / "plant.csv")).sha256
        assert derive_site(work, "CQ-CASE")
        monkeypatch.setattr(ledger_guard, "_day_of_import", lambda *_: date(2028, 1, 1))
        with pytest.raises(BadInput, match=OWN_DRAWN):
            derive_site(work, "CQ-CASE")
