"""Own billet of an earlier year drawn out of store: certified only where its making is known.

System under test: the extrusion plant as CSV, import to certificate, PACT and product factor. Of
25000 t of billet homogenised in 2025, 400 t come out of opening stock, cast in 2024; 400 t less
ingot are charged. By hand: the account is about 181 kt CO2e, and a tonne of billet counts as about
6.6 t; at 21.8 the 400 t may carry 400 x 15.2 = 6.1 kt more, 3.4 % of it, above 1 %. A year 2024 that
laid them in store and was calculated tells what they took: like the plant of 2025 about 6.7 t, which
is nothing; on ingot in place of scrap about 15 t, 1.9 %. Where the 400 t lay in store all through
2024, its footprint says nothing of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plant_cases import _STEPS, Plant, calculated, study_of

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store
from footprint.calculation.calculate import store_calculation
from footprint.certificate.service import issue_certificate
from footprint.exchange.product_factor import publishable_factor
from footprint.figures.blocked import blocking_reasons, refuse_blocked, require_showable
from footprint.judgement import earlier
from footprint.judgement.recheck import closure_difference
from footprint.result.document import read_result
from footprint.study.definition import default_study
from footprint.words.closure import closure_line

SITE, DRAWN = "CQ-CASE", Decimal(400)
AT = datetime(2026, 11, 22, tzinfo=UTC)
MADE, LOST = Decimal(25000), Decimal(25475) / Decimal(25000)
_CAST = (
    *(("charging", "primary_ingot"), ("charging", "charge_metal"), ("melting", "charge_metal")),
    *(("melting", "molten_metal"), ("refining", "molten_metal"), ("refining", "refined_metal")),
    *(("billet_casting", "refined_metal"), ("billet_casting", "billet")),
)
_BEFORE_MELTING = 3
# Their published footprints begin with 2025: 2024 packs without them.
_OF_2025 = ("paper", "plastic_film", "wood_packaging")


def billet(year: int, opening: Decimal, drawn: Decimal) -> Plant:
    """Return a year in which `drawn` t of billet come out of store, or go there where negative."""
    plant, store = Plant("extrusion_plant", SITE), opening
    for place, key in enumerate(_CAST):
        less = drawn * (LOST if place < _BEFORE_MELTING else 1)
        plant.scale(*key, str(1 - less / plant.total(*key)))
    lines = []
    taken = plant.of("billet_homogenising", "billet")
    for made, used in zip(plant.of("billet_casting", "billet"), taken, strict=True):
        receipts, consumption = Decimal(made["amount"]), Decimal(used["amount"])
        closing = store + receipts - consumption
        lines.append(
            {"material": "billet", "period": made["period"], "opening": str(store), "unit": "t",
             "receipts": str(receipts), "consumption": str(consumption), "closing": str(closing)}
        )  # fmt: skip
        store = closing
    plant.sheets["stock"] = lines
    plant.site |= {"period_start": date(year, 1, 1), "period_end": date(year, 12, 31)}
    for flow in _OF_2025 if year < 2025 else ():
        plant.scale("profile_packing", flow, "0")
    for row in (*plant.rows, *lines):
        row["period"] = row["period"].replace("2025", str(year))
    return plant


def on_ingot(plant: Plant) -> Plant:
    """Return a year of ingot in place of nearly all scrap; clean metal loses 240 t less."""
    for scrap in ("scrap_pre_consumer", "scrap_post_consumer"):
        plant.part("charging", scrap, "0.98", to=("charging", "primary_ingot"))
    for key in _CAST[:_BEFORE_MELTING]:
        plant.scale(*key, str(1 - 240 / plant.total(*key)))
    return plant


def publish(store: Store, folder: Path, plant: Plant) -> None:
    year = str(plant.site["period_start"])[:4]
    for item in plant.check(folder).unexplained_warnings:
        plant.excuse(item.code, *plant._place(item, folder)[1:])
    with store.work("exporter") as work:
        outcome = import_ledger(work, plant.write(folder / f"{year}.csv"))
        assert outcome.sha256, [i.message("en") for i in outcome.check.findings if not i.explained]
        refs = derive_site(work, SITE, year)
    for user, action in _STEPS:
        with store.work(user) as work:
            for ref in refs:
                take_step(work, ref, action)


def result(store: Store, year: int, **changes: object) -> dict[str, Any]:
    """Calculate a year's profile, keep the result, and return its document."""
    found = calculated(store, study_of("extrusion", SITE, period=str(year), **changes))
    with store.work("exporter") as work:
        store_calculation(work, found)
    assert found.document["closure"]["closed"] is True, found.document["closure"]["reasons"]
    assert closure_difference(found.result) == ""
    return found.document


def names(document: dict[str, Any]) -> list[str]:
    return [reason.name for reason in blocking_reasons(read_result(document))]


@pytest.fixture
def drawing(store: Store, tmp_path: Path) -> Store:
    publish(store, tmp_path, billet(2025, DRAWN, DRAWN))
    return store


def test_billet_of_unknown_making_bars_what_is_handed_to_others(
    drawing: Store, tmp_path: Path
) -> None:
    document = result(drawing, 2025)
    (flow,) = document["closure"]["own_drawn"]["flows"]
    assert (flow["flow"], flow["amount"], flow["earlier"]) == ("billet", "400", [])
    counted = Decimal(flow["kg_co2e"]) / 400
    share = 400 * (21800 - counted) / Decimal(document["closure"]["account"])
    assert 8000 < counted < 8800
    assert abs(share - Decimal(document["closure"]["own_drawn"]["share"])) < Decimal("1E-9")
    assert names(document) == ["OWN_STOCK"]
    with pytest.raises(Incomplete, match="OWN_STOCK") as caught:
        refuse_blocked(read_result(document), "PACT")
    told = str(caught.value.params["items"])
    assert all(word in told for word in ("billet", "amount 400", "21800", "stock!", "known -"))
    for lang in LANGUAGES:
        assert "AL-STOCK-003" in error_text(caught.value, lang)
    with drawing.work("park") as work, pytest.raises(Incomplete, match="OWN_STOCK"):
        issue_certificate(work, read_result(document), tmp_path / "no", issued_at=AT)
    with drawing.work("exporter") as work, pytest.raises(Incomplete, match="OWN_STOCK"):
        publishable_factor(work, document["calculation"])


def test_a_report_shows_it_and_says_so(drawing: Store) -> None:
    document = read_result(result(drawing, 2025))
    require_showable(document)
    assert document.closure is not None
    assert "Billet 400" in closure_line(document.closure, "en")
    assert "400" in closure_line(document.closure, "zh")


def test_billet_of_a_year_like_this_one_is_certified(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, billet(2024, Decimal(0), -DRAWN))
    publish(store, tmp_path, billet(2025, DRAWN, DRAWN))
    assert names(result(store, 2025)) == ["OWN_STOCK"]  # nobody calculated 2024 yet
    result(store, 2024)
    document = result(store, 2025)
    (flow,) = document["closure"]["own_drawn"]["flows"]
    assert flow["earlier"] == ["2024"]
    assert Decimal(document["closure"]["own_drawn"]["share"]) < Decimal("0.001")
    with store.work("park") as work:
        assert issue_certificate(work, read_result(document), tmp_path / "yes", issued_at=AT)


def test_billet_of_a_year_on_ingot_is_refused_by_its_own_figure(
    store: Store, tmp_path: Path
) -> None:
    publish(store, tmp_path, on_ingot(billet(2024, Decimal(0), -DRAWN)))
    publish(store, tmp_path, billet(2025, DRAWN, DRAWN))
    result(store, 2024)
    document = result(store, 2025)
    (flow,) = document["closure"]["own_drawn"]["flows"]
    assert flow["earlier"] == ["2024"]
    assert 13000 < Decimal(flow["most_kg_co2e"]) / 400 < 17000
    assert names(document) == ["OWN_STOCK"]


def test_billet_that_only_lay_in_store_a_year_stays_unknown(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, billet(2024, DRAWN, Decimal(0)))
    publish(store, tmp_path, billet(2025, DRAWN, DRAWN))
    result(store, 2024)
    document = result(store, 2025)
    assert document["closure"]["own_drawn"]["flows"][0]["earlier"] == []
    assert names(document) == ["OWN_STOCK"]


def test_a_year_corrected_since_tells_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, tmp_path, billet(2024, Decimal(0), -DRAWN))
    publish(store, tmp_path, billet(2025, DRAWN, DRAWN))
    result(store, 2024)

    def corrected(*_: object) -> None:
        raise BadInput("CERTIFICATE_LEDGER_CORRECTED", factor="any")

    monkeypatch.setattr(earlier, "refuse_corrected", corrected)
    assert names(result(store, 2025)) == ["OWN_STOCK"]


def test_a_year_under_other_rules_tells_nothing(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, billet(2024, Decimal(0), -DRAWN))
    publish(store, tmp_path, billet(2025, DRAWN, DRAWN))
    shipped = default_study("extrusion").choices
    result(store, 2024, choices=replace(shipped, scrap_rule="pre-consumer-mass"))
    document = result(store, 2025)
    assert document["closure"]["own_drawn"]["flows"][0]["earlier"] == []
    assert names(document) == ["OWN_STOCK"]


def test_a_document_that_hides_it_is_found_out(drawing: Store) -> None:
    document = result(drawing, 2025)
    closure = document["closure"]
    silent = closure["own_drawn"] | {"reasons": []}
    light = silent | {"share": "0", "flows": []}
    for forged in (silent, light):
        told = read_result(document | {"closure": closure | {"own_drawn": forged}})
        assert closure_difference(told) == "closure.own_drawn"


def test_a_result_of_before_the_rule_makes_no_product_factor(drawing: Store) -> None:
    document = result(drawing, 2025)
    from footprint.exchange import product_factor

    del document["closure"]["own_drawn"]
    with pytest.raises(BadInput, match="CERTIFICATE_DRAWN_UNTOLD"):
        product_factor._require_sound(read_result(document))
