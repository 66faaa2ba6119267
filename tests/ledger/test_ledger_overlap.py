"""Two ledgers of a site that share months say the same of them, or one replaces the other knowingly.

System: the recycling example as CSV, the whole of 2025 and its second half. Facts: the half alone
agrees with the year; with a tenth more power in melting it contradicts all six months of that flow
and of no other; replaced, the year answers no more, for ledgers, factors and certificates alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from ledger_cases import Edit, csv_text, example, scaled, site_lines

from factor_db.factors.release.releases import published_of_site
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.foundation.rules import rule
from factor_db.ledger import LedgerRow
from factor_db.ledger.frozen.importing import ImportOutcome, import_ledger, ledger_of_site
from factor_db.ledger.frozen.site_ledgers import replaced_ledgers
from factor_db.store.work import Store, Work, state_of
from footprint.solving.preparation import preferred_period
from tools.example_book import MONTHS

NAME, SITE = "recycling_plant", "CQ-RECYCLED"
HALF = MONTHS[6:]
POWER = ("melting", "electricity")
HALF_NAME = "2025-07-01/2025-12-31"


def written(path: Path, rows: Iterable[LedgerRow], *edits: Edit, half: bool = False) -> Path:
    """Write the example, or its second half; what stands once for the year moves to July."""
    header, kept = example(NAME)[0], list(rows)
    if half:
        once = {r.flow for r in kept if r.is_property} | {
            (r.process, r.flow) for r in kept if not r.amount
        }
        kept = [
            replace(row, period=HALF[0]) if row.flow in once or (row.process, row.flow) in once
            else row
            for row in kept
            if row.period in HALF or row.flow in once or (row.process, row.flow) in once
        ]  # fmt: skip
    for edit in edits:
        kept = list(edit(kept))
    dates = {"period_start": "2025-07-01"} if half else {}
    return csv_text(kept, path, site_lines(header, **dates))


def rows() -> tuple[LedgerRow, ...]:
    return example(NAME)[1]


def imported(work: Work, path: Path, *replaces: str) -> str:
    outcome = import_ledger(work, path, replaces=replaces)
    assert outcome.sha256, [(f.code, f.message("en")) for f in outcome.check.findings]
    work.session.flush()
    return outcome.sha256


def refused(work: Work, path: Path) -> ImportOutcome:
    outcome = import_ledger(work, path)
    assert outcome.sha256 is None
    return outcome


def test_a_ledger_that_says_the_same_may_share_months(store: Store, tmp_path: Path) -> None:
    with store.work("exporter") as work:
        year = imported(work, written(tmp_path / "year.csv", rows()))
        half = imported(work, written(tmp_path / "half.csv", rows(), half=True))
        assert ledger_of_site(work.session, SITE, "2025").sha256 == year
        assert ledger_of_site(work.session, SITE, HALF_NAME).sha256 == half
        with pytest.raises(BadInput, match="LEDGER_PERIOD_UNCLEAR") as caught:
            ledger_of_site(work.session, SITE)
    for lang in LANGUAGES:
        assert f"2025, {HALF_NAME}" in error_text(caught.value, lang)


@pytest.mark.parametrize("half", [True, False])
def test_a_contradiction_is_refused_with_its_cells(
    store: Store, tmp_path: Path, *, half: bool
) -> None:
    more = scaled(*POWER, rule("PCF-PERIOD-001").number("agree_within") + 1)
    enough = scaled(*POWER, 1 + 1 / rule("PCF-PERIOD-001").number("months_of_a_year"))
    with store.work("exporter") as work:
        imported(work, written(tmp_path / "year.csv", rows()))
        outcome = refused(work, written(tmp_path / "other.csv", rows(), enough, half=half))
        (found,) = [item for item in outcome.check.findings if item.severity == "error"]
        assert found.code == "LEDGER_OVERLAP"
        months = HALF if half else MONTHS
        assert found.params["months"] == " ".join(months)
        assert found.cell.startswith("F")
        for lang in LANGUAGES:
            told = found.message(lang) + found.remedy(lang)
            assert all(word in told for word in ("melting", "year.csv", "ledger!F", "--replaces"))
        # Rounding in the last digits is no contradiction.
        imported(work, written(tmp_path / "rounded.csv", rows(), more, half=half))


def test_a_property_that_holds_otherwise_is_a_contradiction(store: Store, tmp_path: Path) -> None:
    def drier(given: list[LedgerRow]) -> list[LedgerRow]:
        return [
            replace(row, amount=row.amount + 1) if row.flow == "natural_gas.net_calorific_value"
            else row
            for row in given
        ]  # fmt: skip

    with store.work("exporter") as work:
        imported(work, written(tmp_path / "year.csv", rows()))
        outcome = refused(work, written(tmp_path / "half.csv", rows(), drier, half=True))
    assert {item.code for item in outcome.check.errors} == {"LEDGER_OVERLAP"}


@pytest.mark.parametrize("by_hash", [True, False])
def test_what_is_replaced_knowingly_answers_no_more(
    published_store: Store, tmp_path: Path, *, by_hash: bool
) -> None:
    store = published_store
    other = written(tmp_path / "half.csv", rows(), scaled(*POWER, 2), half=True)
    with store.work("exporter") as work:
        assert published_of_site(work.session, SITE)
        year = ledger_of_site(work.session, SITE).sha256
        half = imported(work, other, year[:10] if by_hash else "2025")
        assert replaced_ledgers(work.session, SITE) == {year}
        entry = state_of(work.session, year)
        assert entry is not None
        assert (entry.state, entry.reason) == ("replaced", half)
        assert ledger_of_site(work.session, SITE).sha256 == half
        with pytest.raises(BadInput, match="LEDGER_NONE"):
            ledger_of_site(work.session, SITE, "2025")
        assert published_of_site(work.session, SITE) == []
        with pytest.raises(BadInput, match="LEDGER_REPLACES_UNKNOWN"):
            import_ledger(work, other, replaces=["2025"])


def test_a_replaced_file_does_not_come_back_by_itself(store: Store, tmp_path: Path) -> None:
    year = written(tmp_path / "year.csv", rows())
    with store.work("exporter") as work:
        imported(work, year)
        imported(work, written(tmp_path / "half.csv", rows(), scaled(*POWER, 2), half=True), "2025")
        with pytest.raises(BadInput, match="LEDGER_WAS_REPLACED"):
            import_ledger(work, year)


def test_a_calendar_year_is_preferred_to_what_ends_later() -> None:
    halves = {
        HALF_NAME: ("2025-07-01", "2025-12-31"),
        "2025-01-01/2026-06-30": ("2025-01-01", "2026-06-30"),
    }
    years = {"2024": ("2024-01-01", "2024-12-31"), "2023": ("2023-01-01", "2023-12-31")}
    assert preferred_period({**halves, **years}) == "2024"
    assert preferred_period(halves) == "2025-01-01/2026-06-30"
