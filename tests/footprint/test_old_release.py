"""An old release gives the same result hash after a hundred edits and a migration.

System: the demo store and its plate under release 2026.11. Then, by hand: one hundred changes (new
versions of the park's own grid factor, each reviewed and published, a comment here and there, a new
release at the end) and a migration from the newest schema one revision back and forth. The plate
under 2026.11 is bit for bit what it was; under the new release it takes the changed factor.
"""

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command

from factor_db.factors.keep.search_index import index_faults
from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import (
    REFERENCE_RELEASE,
    create_release,
    published_for_everyone,
)
from factor_db.factors.review.comments import add_comment, resolve_comment
from factor_db.factors.review.lifecycle import take_step
from factor_db.store.engine import writing
from factor_db.store.migrations.run import configuration
from factor_db.store.tables import Actor
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.session import open_store
from footprint.study.definition import default_study

EDITS = 100


@pytest.fixture
def edited(published_home: Path, tmp_path: Path) -> Store:
    shutil.copytree(published_home, tmp_path / "home")
    return Store.at(tmp_path / "home")


def result_hash(store: Store, release: str) -> str:
    with store.read() as session:
        study = replace(default_study("plate"), release=release)
        return calculate_study(session, study).nominal.result_hash()


def edit(store: Store) -> str:
    """Make a hundred versions of one factor, each through review, and release the last."""
    with store.work("park") as work:
        users = {
            name: work.session.get_one(Actor, name) for name in ("exporter", "auditor", "park")
        }
        shipped = load_factor(find_version(work.session, "elec.cn.footprint.national.2024"))
        for number in range(EDITS):
            work.actor = users["park"]
            amounts = {"co2e": shipped.amounts["co2e"] + Decimal(number + 1) / 1000}
            changed = {"id": "park.grid", "owner": "park", "data_year": 2025, "amounts": amounts}
            row = add_factor(work, Factor.model_validate({**shipped.record(), **changed}))
            ref = f"{row.factor_id}@{row.version}"
            for user, action in (("exporter", "submit"), ("auditor", "review")):
                work.actor = users[user]
                take_step(work, ref, action)
            if number % 10 == 0:
                asked = add_comment(work, row, "amounts", "why again?")
                work.session.flush()
                resolve_comment(work, asked, "the grid changed")
            work.actor = users["park"]
            take_step(work, ref, "publish")
        create_release(work, "2026.12", published_for_everyone(work.session))
    return "2026.12"


def migrate_back_and_forth(store: Store) -> Store:
    with writing(store.engine).begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    home = Path(str(store.engine.url.database)).parent
    store.close()
    return open_store(home)


def test_an_old_release_is_reproduced_for_ever(edited: Store) -> None:
    before = result_hash(edited, REFERENCE_RELEASE)
    new_release = edit(edited)
    assert result_hash(edited, REFERENCE_RELEASE) == before
    assert result_hash(edited, new_release) != before
    migrated = migrate_back_and_forth(edited)
    assert result_hash(migrated, REFERENCE_RELEASE) == before
    with migrated.read() as session:
        assert find_version(session, "park.grid").version == EDITS
        assert index_faults(session) == []
    migrated.close()
