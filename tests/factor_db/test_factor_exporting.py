"""The open export: only factors whose licence lets anyone republish them as a table.

System under test: `factor_db.factors.record.exporting` and `footprint factor export`. Which factors are
restricted is counted here from the shipped files; a formula is what a spreadsheet would run.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from factor_db.factors.record.exporting import as_csv, as_json_lines, open_factors
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import reference_factors
from footprint.cli.main import main

FREE = {item.ref for item in reference_factors() if item.redistribution == "table"}
RESTRICTED = {item.ref for item in reference_factors()} - FREE


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def named(name: str) -> Factor:
    return reference_factors()[0].model_copy(update={"name_zh": name})


def test_no_restricted_factor_is_in_an_open_export() -> None:
    chosen = open_factors(reversed(reference_factors()))
    assert RESTRICTED
    assert FREE
    assert [item.ref for item in chosen.factors] == sorted(FREE)
    assert chosen.held_back == len(RESTRICTED)
    for written in (as_csv(chosen.factors), as_json_lines(chosen.factors)):
        assert not [ref for ref in RESTRICTED if ref.encode() in written]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-a", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_texts_like_formulas_are_defused(name: str) -> None:
    (row,) = rows_of(as_csv([named(name)]))
    assert row["name_zh"] == f"'{name}"


@pytest.mark.parametrize("name", ['铝, "quoted"\nline', "a;b", "-1.5"])
def test_other_texts_come_back_as_they_are(name: str) -> None:
    (row,) = rows_of(as_csv([named(name)]))
    assert row["name_zh"] == name


def test_a_line_of_json_is_the_record_with_its_hash() -> None:
    factor = reference_factors()[0]
    (line,) = as_json_lines([factor]).splitlines()
    record = json.loads(line)
    assert record.pop("sha256") == factor.sha256
    assert Factor.model_validate(record) == factor


def test_the_same_factors_give_the_same_bytes() -> None:
    forwards, backwards = open_factors(reference_factors()), open_factors(reference_factors()[::-1])
    assert as_csv(forwards.factors) == as_csv(backwards.factors)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["--lang", "en", "factor", *arguments])
    return int(stopped.value.code or 0)


def test_the_command_says_how_many_it_held_back(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "open.csv"
    assert run("export", str(target)) == 0
    assert {row["ref"] for row in rows_of(target.read_bytes())} == FREE
    said = "".join(capsys.readouterr())
    assert f"{len(FREE)} factors" in said
    assert f"{len(RESTRICTED)} held back" in said


def test_the_command_exports_json_lines_within_facets(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "open.jsonl"
    assert run("export", str(target), "--geography", "CN", "--kind", "emission") == 0
    wanted = {
        item.ref
        for item in reference_factors()
        if item.ref in FREE and item.geography == "CN" and item.kind == "emission"
    }
    records = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert wanted
    assert {f"{record['id']}@{record['version']}" for record in records} == wanted


def test_another_kind_of_file_is_refused(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "open.xlsx"
    assert run("export", str(target)) == 2
    assert not target.exists()


def test_search_takes_a_limit_and_facets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("search", "铝", "--limit", "3", "--year", "2020", "--licence", "table", "--json") == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert 0 < len(found) <= 3
    assert {(item["data_year"], item["redistribution"]) for item in found} == {(2020, "table")}
