"""Many rows: the quick reading says what the slow one says, and an import is whole or nothing.

System: the plate mill's example, its monthly amounts split into many deliveries (benchmarks), and
ledgers of a few rows drawn from clean and faulty cells. Law: reading a table row by row from cells
and reading it quickly give equal rows and equal findings. 20 000 rows of a workbook in `make test`,
200 000 in `make soak`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import csv_text, example, site_lines
from sqlmodel import select

from benchmarks.ledger_import import write_large_ledger
from factor_db.factors.keep.audit import altered_contents
from factor_db.foundation.canonical import canonical_json
from factor_db.ledger import LedgerRow, check
from factor_db.ledger.files.csv_file import read_csv
from factor_db.ledger.files.lines import LineRows, ListedLines
from factor_db.ledger.files.tables import read_table
from factor_db.ledger.form.cells import Grid
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import LEDGER
from factor_db.ledger.frozen import row_storage
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.frozen.row_storage import row_payload
from factor_db.ledger.reading.known_rows import read_rows
from factor_db.ledger.reading.quick_rows import CellPlaces, RowWords, quick_row
from factor_db.ledger.reading.row_checks import RowContext, read_slowly, told_apart_by
from factor_db.store.content import held, stored_rows
from factor_db.store.tables import LedgerEntry, LedgerFile
from factor_db.store.work import Store

MONTHS = ("2025-01", "2025-02")
WORKBOOK_ROWS = 200_000 if os.environ.get("FOOTPRINT_SOAK") else 20_000
CHOICES: dict[str, tuple[Any, ...]] = {
    "period": ("2025-01", "2025-02", "2025.1", "2024-01", "", "五月"),
    "process": ("melting", "熔炼", "meltng", ""),
    "flow": ("natural_gas", "天然气", "electricity", "natural_gas.net_calorific_value", "diesel", "x"),
    "product": ("", "6061", " 6061"),
    "role": ("input", "投入", "waste", ""),
    "amount": ("1", "12.50", " 3", "1,000", "-1", "1e3", "12 t", "", "nan", "0"),
    "unit": ("m3", "kWh", "万m³", "ton", "MJ/m3", "kg"),
    "method": ("metered", "计量表", "guessed"),
    "counterparty": ("", "燃气公司", "长" * 2001),
    "origin": ("",),
    "scrap_type": ("",),
    "instrument": ("",),
    "price": ("", "2.5", "cheap", "-1", " "),
    "evidence": ("", "a", "b ", "c"),
    "note": ("", "抄表"),
}  # fmt: skip
# Cells as a workbook gives them: typed numbers, dates and truth values beside texts.
TYPED = {"period": (2025.02, 202501.0, 2025.1, True), "amount": (1.0, 0.1, True, 7, 1e-7, -2.5),
         "price": (0, 2.5, True), "evidence": (12345.0, True), "note": (3.5,)}  # fmt: skip


def lines_of(typed: bool) -> st.SearchStrategy[list[list[Any]]]:
    cells = {
        name: (*values, *(TYPED.get(name, ()) if typed else ())) for name, values in CHOICES.items()
    }
    # Mostly clean: the first choice three times out of four, so that rows do become known.
    mostly = [
        st.one_of(*[st.just(values[0])] * 3, st.sampled_from(values)) for values in cells.values()
    ]
    row = st.tuples(*mostly).map(list)
    short = st.tuples(row, st.integers(5, 14)).map(lambda pair: pair[0][: pair[1]])
    return st.lists(st.one_of(row, row, row, short), max_size=25)


def both_ways(table: Any, months: tuple[str, ...]) -> None:
    quick, slow = Findings(), Findings()
    rows = read_rows(table, months, quick)
    cells = replace(table, rows=tuple(table.rows))
    expected = tuple(read_slowly(RowContext(cells, months, slow)))
    assert isinstance(table.rows, LineRows)
    assert rows == expected
    assert quick.collected() == slow.collected()


@settings(max_examples=150, deadline=None)
@given(lines=lines_of(typed=False), months=st.sampled_from((MONTHS, ())))
def test_quick_and_slow_reading_of_csv_are_one(
    lines: list[list[str]], months: tuple[str, ...]
) -> None:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows([list(LEDGER.columns), *lines])
    raw = read_csv(text.getvalue().encode(), Findings())
    assert raw
    assert raw.ledger
    both_ways(raw.ledger, months)


@settings(max_examples=150, deadline=None)
@given(lines=lines_of(typed=True), months=st.sampled_from((MONTHS, ())))
def test_quick_and_slow_reading_of_typed_cells_are_one(
    lines: list[list[Any]], months: tuple[str, ...]
) -> None:
    numbered = list(enumerate([list(LEDGER.columns), *lines], start=1))
    grid = Grid("ledger", numbered, lambda at: ListedLines(numbered[at + 1 :]))
    table = read_table(grid, LEDGER, Findings())
    assert table
    both_ways(table, months)


@pytest.mark.parametrize("name", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_quick_and_slow_reading_of_the_examples_are_one(name: str, tmp_path: Path) -> None:
    path = csv_text(example(name)[1], tmp_path / "ledger.csv", site_lines(example(name)[0]))
    raw = read_csv(path.read_bytes(), Findings())
    assert raw
    both_ways(raw.ledger, tuple(f"2025-{month:02d}" for month in range(1, 13)))


def test_deliveries_are_told_apart_by_all_they_say() -> None:
    """Six texts, the last the document: alone it is enough, beside any other it is not."""
    document, product = ("", "", "", "", "", "D-1"), ("D-1", "", "", "", "", "")
    seller = ("", "燃气公司", "", "", "", "D-1")
    assert told_apart_by(document) == "D-1"
    assert len({told_apart_by(item) for item in (document, product, seller)}) == 3
    assert told_apart_by(("",) * 6) == ""


def test_a_quick_row_is_an_ordinary_row() -> None:
    row = example("plate_mill")[1][5]
    letters = {"amount": "F", "period": "A"}
    delivery = (
        row.product,
        row.counterparty,
        row.origin,
        row.scrap_type,
        row.instrument,
        row.evidence,
    )
    amounts = (row.amount, row.amount_canonical, row.price)
    quick = quick_row(RowWords(row, letters), row.row_number, *amounts, delivery, row.note)
    assert type(quick) is LedgerRow
    for field in fields(LedgerRow):
        if field.name != "cells":
            assert getattr(quick, field.name) == getattr(row, field.name), field.name
    assert dict(quick.cells) == {"amount": f"F{row.row_number}", "period": f"A{row.row_number}"}
    assert replace(quick, note="x").note == "x"
    with pytest.raises(AttributeError):
        quick.note = "x"  # type: ignore[misc]
    assert CellPlaces(letters, 7) == {"amount": "F7", "period": "A7"}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(
    texts=st.lists(TEXTS, min_size=7, max_size=7),
    amount=st.decimals(0, 10**15, places=6),
    price=st.none() | st.decimals(0, 1000, places=3),
)
def test_the_payload_is_canonical_json(
    texts: list[str], amount: Decimal, price: Decimal | None
) -> None:
    names = ("counterparty", "evidence", "instrument", "note", "origin", "scrap_type", "unit")
    said = dict(zip(names, texts, strict=True))
    row = replace(example("plate_mill")[1][0], amount=amount, price=price, **said)
    unit = said.pop("unit")
    content = {**said, "price": price, "reported_amount": amount, "reported_unit": unit}
    assert row_payload(row).encode() == canonical_json(content)


@pytest.mark.parametrize(("at_once", "sorted_at_once"), [(10_000, 20_000), (700, 1_000)])
def test_a_large_ledger_is_stored_held_and_audited_whole(
    tmp_path: Path,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
    sorted_at_once: int,
) -> None:
    """In one batch, and in five whose rows are merged from two files and what waits."""
    monkeypatch.setattr(row_storage, "_ROWS_PER_INSERT", at_once)
    monkeypatch.setattr(row_storage, "_ROWS_PER_RUN", sorted_at_once)
    path = tmp_path / "ledger.csv"
    count = write_large_ledger(path, 3_000)
    told: list[tuple[int, int | None]] = []
    with store.work("exporter") as work:
        outcome = import_ledger(work, path, progress=lambda done, total: told.append((done, total)))
    assert outcome.sha256, [finding.code for finding in outcome.check.findings]
    with store.read() as session:
        entries = session.exec(select(LedgerEntry)).all()
        assert len(entries) == count
        table = LedgerEntry.__table__  # type: ignore[attr-defined]
        expected = held(table, outcome.sha256, stored_rows(session, table, outcome.sha256))
        leaves = [json.loads(leaf) for leaf in _leaves(session)]
        (leaf,) = [item for item in leaves if item.get("rows", {}).get("table") == "ledgerentry"]
        assert leaf["rows"]["sha256"] == expected.content
        assert tuple(leaf["rows"]["columns"]) == expected.columns
        assert altered_contents(session) == []
    assert told == [(4096, count - 9)] * (count > 4096) or told == []


def _leaves(session: Any) -> list[str]:
    from factor_db.store.tables import AuditLeaf

    return list(session.exec(select(AuditLeaf.entry)))


def test_progress_is_told_and_what_it_raises_stores_nothing(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "ledger.csv"
    count = write_large_ledger(path, 10_000)
    told: list[int] = []
    check(path, progress=lambda done, total: told.append(done))
    assert told == list(range(4096, count, 4096))

    def stop(done: int, total: int | None) -> None:
        assert total is not None
        assert count - 10 <= total <= count
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.work("exporter") as work:
        import_ledger(work, path, progress=stop)
    with store.read() as session:
        assert session.exec(select(LedgerFile)).all() == []
        assert session.exec(select(LedgerEntry)).all() == []


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Stopped; nothing was stored."), ("zh", "已中断")]
)
def test_ctrl_c_ends_an_import_with_130_and_one_line(
    lang: str, words: str, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "ledger.csv"
    write_large_ledger(path, 1_000)
    # The signal comes while rows are read: the collector's first pause is inside the reading.
    program = (
        "import os, signal, sys\n"
        "from factor_db.ledger.reading import known_rows\n"
        "read = known_rows._KnownRows.read\n"
        "def interrupted(self, progress):\n"
        "    for at, row in enumerate(read(self, progress)):\n"
        "        if at == 500:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        yield row\n"
        "known_rows._KnownRows.read = interrupted\n"
        "from footprint.cli.main import main\n"
        f"main(['ledger', 'import', {str(path)!r}, '--lang', {lang!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr.strip().startswith(words)
    assert len(done.stderr.strip().splitlines()) == 1
    opened = Store.at(home)
    with opened.read() as session:
        assert session.exec(select(LedgerFile)).all() == []
    opened.close()


@pytest.mark.soak
def test_a_large_workbook_imports_with_progress_and_a_stop_stores_nothing(
    tmp_path: Path, store: Store
) -> None:
    csv_path, path = tmp_path / "ledger.csv", tmp_path / "ledger.xlsx"
    count = write_large_ledger(csv_path, WORKBOOK_ROWS)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        site = book.add_worksheet("site")
        for line, text in enumerate(site_lines(example("plate_mill")[0])):
            for column, value in enumerate(text[2:].split(": ", 1)):
                site.write_string(line, column, value)
        sheet = book.add_worksheet("ledger")
        lines = [line for line in csv_path.read_text("utf-8").splitlines() if line[0] != "#"]
        for at, line in enumerate(lines):
            for column, value in enumerate(line.split(",")):
                if at and column == 5:
                    sheet.write_number(at, column, float(value))
                elif value:
                    sheet.write_string(at, column, value)
    told: list[tuple[int, int | None]] = []

    def stop(done: int, total: int | None) -> None:
        if done > count / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.work("exporter") as work:
        import_ledger(work, path, progress=stop)
    with store.read() as session:
        assert session.exec(select(LedgerFile)).all() == []
        assert session.exec(select(LedgerEntry)).all() == []
    with store.work("exporter") as work:
        outcome = import_ledger(work, path, progress=lambda done, total: told.append((done, total)))
    assert outcome.check.ledger
    assert outcome.sha256
    assert len(outcome.check.ledger.rows) == count
    assert [done for done, _ in told] == list(range(4096, count + 1, 4096))
    assert {total for _, total in told} == {count}


def test_site_keys_of_a_file_of_their_own_are_an_option(tmp_path: Path, home: Path) -> None:
    from footprint.cli.main import main

    path = csv_text(example("plate_mill")[1], tmp_path / "ledger.csv", [])
    pairs = [line[2:].split(": ", 1) for line in site_lines(example("plate_mill")[0])]
    toml = tmp_path / "site.toml"
    toml.write_text("\n".join(f'{key} = "{value}"' for key, value in pairs), encoding="utf-8")
    with pytest.raises(SystemExit) as without:
        main(["ledger", "check", str(path), "--json"])
    with pytest.raises(SystemExit) as given:
        main(["ledger", "check", str(path), "--site", str(toml), "--json"])
    assert without.value.code == 2
    assert given.value.code in (0, 1)  # no error; a warning may want its note
