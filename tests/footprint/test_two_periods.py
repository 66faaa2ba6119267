"""A seller's figures of two periods under one name of the goods: both in force, or one in place.

System: a published figure of ingot, 4 kg CO2e/kg, and then one of 2025, 5 kg/kg, of the same seller
and name. By hand: where the first is of days before 2025 only, both stand; where the two share a
day, the later takes the place of the earlier. Rule: PCF-SUPPLY-002.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from supplier_cases import product, publish, published, store_of_two

from factor_db.factors.keep.versions import add_factor, find_version
from factor_db.factors.record.factor import Factor
from factor_db.store.work import Store, state_of


@pytest.fixture
def store(published_home: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(store_of_two(published_home, tmp_path)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        ("2024-01-01", "2024-12-31", "published"),
        ("2024-07-01", "2025-06-30", "superseded"),
        ("2025-01-01", "2025-12-31", "superseded"),
        ("", "", "published"),
    ],
)
def test_figures_of_two_periods_stand_beside_one_another(
    store: Store, start: str, end: str, state: str
) -> None:
    """One name of the goods, two years: only a figure that shares a day takes the other's place.

    Without days the year counts, here 2024 against all of 2025.
    """
    year = 2024 if not start else int(start[:4])
    first = product({"co2e": "4"}, period_start=start, period_end=end, data_year=year)
    old = published(store, first)
    new = publish(store, _drafted(store, product({"co2e": "5"})))
    assert (old, new) == ("seller.ingot@1", "seller.ingot@2")
    with store.read("park") as session:
        entries = [state_of(session, find_version(session, ref).sha256) for ref in (old, new)]
        found = [entry.state for entry in entries if entry]
    assert found == [state, "published"]


def _drafted(store: Store, factor: Factor) -> str:
    with store.work("seller") as work:
        row = add_factor(work, factor)
        return f"{row.factor_id}@{row.version}"
