"""Which ledger of a site counts, and a CSV whose site keys came in a file of their own.

System: the recycling example written as CSV. Facts: of two ledgers for one period the one imported
last is the site's; a ledger frozen with `--site` reads back whole from the store, without that file,
and derives the same factors as the one that carried its keys itself.
"""

from dataclasses import replace
from pathlib import Path

from ledger_cases import csv_text, example, site_lines

from factor_db.factors.derive.derivation import derive_factors
from factor_db.ledger.checks.whole import check_cells
from factor_db.ledger.frozen.corrections import corrected_cells
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.store.work import Store, Work

NAME, SITE = "recycling_plant", "CQ-RECYCLED"


def imported(work: Work, path: Path, site_file: Path | None = None) -> str:
    outcome = import_ledger(work, path, site_file=site_file)
    assert outcome.sha256, [finding.code for finding in outcome.check.findings]
    work.session.flush()
    return outcome.sha256


def test_of_two_ledgers_for_one_period_the_last_one_counts(store: Store, tmp_path: Path) -> None:
    header, rows = example(NAME)
    paths = []
    for number in range(4):
        noted = replace(header, note=f"edition {number}")
        paths.append(csv_text(rows, tmp_path / f"{number}.csv", site_lines(noted)))
    with store.work("exporter") as work:
        for path in paths:
            assert imported(work, path) == ledger_of_site(work.session, SITE).sha256
        again = imported(work, paths[0])  # known already: it stays where it was in the order
        assert again != ledger_of_site(work.session, SITE, "2025").sha256


def test_site_keys_of_their_own_file_are_frozen_with_the_ledger(
    store: Store, tmp_path: Path
) -> None:
    header, rows = example(NAME)
    lines = site_lines(header)
    with_keys = csv_text(rows, tmp_path / "with.csv", lines)
    bare = tmp_path / "bare.csv"
    bare.write_bytes(csv_text(rows, tmp_path / "text.csv", ["#"]).read_bytes().removeprefix(b"#\n"))
    toml = tmp_path / "site.toml"
    pairs = [line[2:].split(": ", 1) for line in lines]
    toml.write_text("\n".join(f"{key} = '{value}'" for key, value in pairs), encoding="utf-8")
    with store.work("exporter") as work:
        imported(work, bare, toml)
        file = ledger_of_site(work.session, SITE)
        assert file.file_name == "bare.csv"
        result = check_cells(corrected_cells(work.session, file), file.sha256, file.file_name)
        assert result.valid
        alone = derive_factors(work.session, file)
        imported(work, with_keys)
        other = derive_factors(work.session, ledger_of_site(work.session, SITE))
    assert [(f.id, f.value) for f in alone] == [(f.id, f.value) for f in other]
