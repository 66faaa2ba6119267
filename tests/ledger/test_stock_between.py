"""Stock from one ledger of a site to the next, and own scrap charged from store.

System under test: check, import and derivation of the extrusion plant as CSV for 2024 and 2025.
By hand: the plant makes and charges 6000 t of own scrap in a year. In 2024 it leaves none. A ledger
of 2025 that opens with 4000 t and charges 9600 t, 3600 t of them for primary ingot, leaves 400 t:
4000 t came from nowhere. Opening with 2 t beside 4000 t is within 0.05 % of the larger only when
the other says 3998 t to 4002 t: 4002 x 0.0005 = 2.001. Charged are 25475 t, of which 0.5 % are 127.4 t.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import Plant

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.derive.ledger_guard import require_unequivocal
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.frozen.importing import ImportOutcome, import_ledger, ledger_of_site
from factor_db.store.work import Store, Work

SITE, SCRAP, INGOT = "CQ-CASE", "internal_scrap", "primary_ingot"
DRAWN, CARRIED = "LEDGER_STOCK_OWN_DRAWN", "LEDGER_STOCK_NOT_CARRIED"


def own_scrap(year: int, opening: str, drawn: str = "0", note: str = "") -> Plant:
    """Return the plant with own scrap in store: `drawn` t are charged in place of ingot."""
    plant = Plant("extrusion_plant", SITE)
    share = Decimal(drawn) / plant.total("charging", SCRAP)
    store = Decimal(opening)
    lines = []
    for scrap, ingot in zip(plant.of("charging", SCRAP), plant.of("charging", INGOT), strict=True):
        made = Decimal(scrap["amount"])
        more = made * share
        scrap["amount"], ingot["amount"] = str(made + more), str(Decimal(ingot["amount"]) - more)
        lines.append(line(SCRAP, scrap["period"], (store, made, made + more), note))
        store -= more
    plant.sheets["stock"] = lines
    return dated(plant, year)


def line(
    material: str, month: str, figures: tuple[Decimal, Decimal, Decimal], note: str = ""
) -> dict[str, str]:
    """Return a stock row of an opening, receipts and a consumption."""
    opening, receipts, used = figures
    return {
        "material": material, "period": month, "opening": str(opening), "receipts": str(receipts),
        "consumption": str(used), "closing": str(opening + receipts - used), "unit": "t",
        "note": note,
    }  # fmt: skip


def dated(plant: Plant, year: int) -> Plant:
    plant.site |= {"period_start": date(year, 1, 1), "period_end": date(year, 12, 31)}
    for row in [*plant.rows, *plant.sheets.get("stock", [])]:
        row["period"] = row["period"].replace("2025", str(year))
    return plant


def bare(year: int) -> Plant:
    return dated(Plant("extrusion_plant", SITE), year)


def imports(work: Work, folder: Path, plant: Plant, *replaces: str) -> ImportOutcome:
    name = f"{plant.site['period_start']}-{len(list(folder.iterdir()))}.csv"
    outcome = import_ledger(work, plant.write(folder / name), replaces=replaces)
    work.session.flush()
    return outcome


def blocking(outcome: ImportOutcome) -> list[Finding]:
    assert outcome.sha256 is None
    return [item for item in outcome.check.findings if not item.explained]


def test_own_scrap_from_nowhere_is_refused_with_both_cells(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, own_scrap(2024, "0")).sha256
        (found,) = blocking(imports(work, tmp_path, own_scrap(2025, "4000", "3600", "yard")))
    assert (found.code, found.severity, found.sheet) == (CARRIED, "error", "stock")
    assert found.params["month"] == "2024-12"
    assert (found.params["here"], found.params["there"]) == ("4000", "0")
    for lang in LANGUAGES:
        told = found.message(lang) + found.remedy(lang)
        cells = (str(found.params["here_cell"]), str(found.params["there_cell"]))
        assert all(word in told for word in (*cells, "4000 t", "2024-01-01", "--replaces"))


@pytest.mark.parametrize(("opening", "carries"), [("3998", True), ("4003", False)])
def test_rounding_carries_on(store: Store, tmp_path: Path, opening: str, carries: bool) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, own_scrap(2024, "4000")).sha256
        assert bool(imports(work, tmp_path, own_scrap(2025, opening)).sha256) is carries


def test_every_material_of_the_sheet_carries_on(store: Store, tmp_path: Path) -> None:
    def bought(year: int, opening: int) -> Plant:
        plant = bare(year)
        used = [Decimal(row["amount"]) for row in plant.of("charging", INGOT)]
        months = [row["period"] for row in plant.of("charging", INGOT)]
        plant.sheets["stock"] = [
            line(INGOT, month, (Decimal(opening), amount, amount))
            for month, amount in zip(months, used, strict=True)
        ]
        return plant

    with store.work("exporter") as work:
        assert imports(work, tmp_path, bought(2024, 2400)).sha256
        (found,) = blocking(imports(work, tmp_path, bought(2025, 5000)))
        assert (found.code, found.params["there"]) == (CARRIED, "2400")
        assert imports(work, tmp_path, bought(2025, 2400)).sha256


def test_stock_left_over_may_not_vanish(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, own_scrap(2024, "4000")).sha256
        (found,) = blocking(imports(work, tmp_path, bare(2025)))
        assert (found.code, found.severity) == ("LEDGER_STOCK_DROPPED", "error")
        assert found.params["there"] == "4000"


def test_stock_that_the_year_before_does_not_know_wants_a_note(
    store: Store, tmp_path: Path
) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, bare(2024)).sha256
        (found,) = blocking(imports(work, tmp_path, own_scrap(2025, "4000")))
        assert (found.code, found.severity) == ("LEDGER_STOCK_UNKNOWN_BEFORE", "warning")
        noted = own_scrap(2025, "4000", note="stock count 7 of 2024-12-31")
        assert imports(work, tmp_path, noted).sha256


def test_two_years_are_mended_first_the_one_then_the_other(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, own_scrap(2024, "4000")).sha256
        assert imports(work, tmp_path, own_scrap(2025, "4000")).sha256
        assert imports(work, tmp_path, own_scrap(2024, "900"), "2024").sha256
        assert imports(work, tmp_path, own_scrap(2025, "900"), "2025").sha256
        require_unequivocal(work.session, ledger_of_site(work.session, SITE, "2025"))


def test_what_was_frozen_in_the_other_order_gives_no_factors(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        assert imports(work, tmp_path, own_scrap(2025, "4000", "3600", "yard")).sha256
        assert derive_site(work, SITE, "2025")
        assert imports(work, tmp_path, own_scrap(2024, "0")).sha256
        for year in ("2025", "2024"):
            with pytest.raises(BadInput, match=CARRIED) as caught:
                derive_site(work, SITE, year)
    for lang in LANGUAGES:
        told = error_text(caught.value, lang)
        assert "internal_scrap" in told
        assert "4000 t" in told


@pytest.mark.parametrize(("drawn", "warns"), [("127", False), ("128", True)])
def test_own_scrap_drawn_from_store_wants_a_reason(tmp_path: Path, drawn: str, warns: bool) -> None:
    found = own_scrap(2025, "4000", drawn).check(tmp_path)
    assert [item.code for item in found.unexplained_warnings] == [DRAWN] * warns
    assert own_scrap(2025, "4000", drawn, "stock count 7").check(tmp_path).valid
    excused = own_scrap(2025, "4000", drawn)
    excused.excuse(DRAWN, flow=SCRAP)
    assert not warns or excused.check(tmp_path).valid


@pytest.mark.parametrize("note", ["", "x", "n/a", "........", "待补充"])
def test_a_note_that_says_nothing_explains_no_scrap_from_store(
    store: Store, tmp_path: Path, note: str
) -> None:
    with store.work("exporter") as work:
        found = blocking(imports(work, tmp_path, own_scrap(2025, "4000", "3600", note)))
    assert DRAWN in [item.code for item in found]
