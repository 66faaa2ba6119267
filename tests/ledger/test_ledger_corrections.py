"""Corrections are overlays: the frozen file stays, factors get new versions, both can be shown.

System under test: the example plate mill, frozen; row 2 + i of the workbook holds row i. The electricity of melting in May is corrected from a to a - 2500 kWh. By hand: the new
factor is (Σ electricity - 2500) / Σ molten metal, and every other factor keeps its value and version.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import example, find
from sqlmodel import select

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.review.lifecycle import take_step
from factor_db.factors.trace.factors import trace_factor, trace_lines
from factor_db.foundation.canonical import EXACT, sha256_hex
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger.checks.whole import read_cells, rows_of
from factor_db.ledger.form.cells import Cell, CellValue, RawLedger, RawRow, Table
from factor_db.ledger.frozen.corrections import (
    IN_FORCE,
    WITHDRAWN,
    CorrectionOutcome,
    correct_cell,
    corrections_of,
    effective_rows,
    withdraw_correction,
    withdrawal_of,
)
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.ledger.frozen.overlays import (
    ANY_FLOW,
    Overlay,
    overlaid,
    reads_alike,
    sheet_code,
    touched_keys,
)
from factor_db.ledger.workbooks.template import write_ledger
from factor_db.store.tables import Actor, Document, LedgerEntry, LedgerFile, LineageEdge
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.cli.main import main
from footprint.figures.recompute import recompute
from footprint.result.document import ResultDocument
from footprint.study.definition import default_study

SITE = "CQ-PLATE"
# All rows typed: in the shipped workbook the electricity comes from meters.
LEDGER = Path(mkdtemp()) / "plate_mill.xlsx"
write_ledger(LEDGER, *example("plate_mill"))
POWER = ("melting", "electricity")
REF = "cq-plate.2025.melting.electricity"
REASON = "抄表错误 / meter read wrong"


def row_of(process: str, flow: str, month: str = "2025-05") -> int:
    return find(example("plate_mill")[1], process, flow, month) + 2


def amount_of(process: str, flow: str, month: str = "2025-05") -> Decimal:
    rows = example("plate_mill")[1]
    return rows[find(rows, process, flow, month)].amount


CELL = f"F{row_of(*POWER)}"
LESS = str(amount_of(*POWER) - 2500)


def ledger_cells() -> RawLedger:
    raw = read_cells(LEDGER.read_bytes())
    assert raw is not None
    return raw


def values(raw: RawLedger) -> dict[tuple[int, str], CellValue]:
    rows = raw.ledger.rows if raw.ledger else ()
    return {(row.number, name): cell.value for row in rows for name, cell in row.cells.items()}


RAW = ledger_cells()
CELLS = values(RAW)
LETTERS = {letters: name for name, letters in RAW.ledger.columns.items()} if RAW.ledger else {}


@pytest.fixture(scope="module")
def frozen_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("frozen") / "home"
    shutil.copytree(founded_home, copied)
    store = Store.at(copied)
    with store.work("exporter") as work:
        import_ledger(work, LEDGER)
        derive_site(work, SITE)
    store.close()
    return copied


@pytest.fixture
def frozen(frozen_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of its own with the ledger frozen and its factors derived; FOOTPRINT_HOME names it."""
    copied = tmp_path / "home"
    shutil.copytree(frozen_home, copied)
    monkeypatch.setenv("FOOTPRINT_HOME", str(copied))
    store = Store.at(copied)
    yield store
    store.close()


@pytest.fixture(scope="module")
def untouched(frozen_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The same, for corrections that must not be stored."""
    copied = tmp_path_factory.mktemp("untouched") / "home"
    shutil.copytree(frozen_home, copied)
    store = Store.at(copied)
    yield store
    store.close()


def correct(
    store: Store, cell: str = CELL, text: str = LESS, reason: str = REASON, user: str = "exporter",
    sheet: str = "ledger",
) -> CorrectionOutcome:  # fmt: skip
    with store.work(user) as work:
        file = ledger_of_site(work.session, SITE)
        return correct_cell(work, file, sheet, cell, text, reason)


def withdraw(store: Store, prefix: str, reason: str = "磅单找到了") -> CorrectionOutcome:
    with store.work("exporter") as work:
        return withdraw_correction(work, ledger_of_site(work.session, SITE), prefix, reason)


def factor(store: Store, ref: str = REF) -> Factor:
    with store.read() as session:
        return load_factor(find_version(session, ref))


def derive(store: Store) -> list[str]:
    with store.work("exporter") as work:
        return derive_site(work, SITE)


def documents(store: Store) -> list[str]:
    with store.read() as session:
        query = select(Document.sha256).where(Document.kind == "ledger-correction")
        return sorted(session.exec(query).all())


def by_hand(more: Decimal) -> Decimal:
    rows = example("plate_mill")[1]
    used = sum((r.amount_canonical for r in rows if (r.process, r.flow) == POWER), more)
    key = ("melting", "molten_metal")
    made = sum((r.amount_canonical for r in rows if (r.process, r.flow) == key), Decimal(0))
    with localcontext(EXACT):
        return used / made


def test_a_correction_gives_the_next_version_and_the_old_one_stays(frozen: Store) -> None:
    made = correct(frozen)
    assert made.sha256 is not None
    refs = derive(frozen)
    assert [ref for ref in refs if ref.endswith("@2")] == [f"{REF}@2"]
    old, new = factor(frozen, f"{REF}@1"), factor(frozen, f"{REF}@2")
    assert (old.value, new.value) == (by_hand(Decimal(0)), by_hand(Decimal(-2500)))
    assert new.value < old.value
    assert old.derivation is not None
    assert new.derivation is not None
    named = [i.record() for i in new.derivation.inputs if "correction" in i.record()]
    assert named == [{"correction": made.sha256, "cell": f"ledger!{CELL}"}]
    assert not [i for i in old.derivation.inputs if "correction" in i.record()]


def test_file_rows_and_audit_stay_as_they_were(frozen: Store) -> None:
    def state() -> tuple[str, list[dict[str, object]]]:
        with frozen.read() as session:
            file = session.exec(select(LedgerFile)).one()
            assert sha256_hex(file.content) == file.sha256 == sha256_hex(LEDGER.read_bytes())
            return file.sha256, [row.model_dump() for row in session.exec(select(LedgerEntry))]

    before = state()
    made = correct(frozen)
    derive(frozen)
    withdraw(frozen, str(made.sha256))
    assert state() == before
    with frozen.read() as session:
        assert altered_contents(session) == []


def test_lineage_leads_from_the_factor_to_correction_and_file(frozen: Store) -> None:
    made = correct(frozen)
    derive(frozen)
    with frozen.read() as session:
        edges = {(edge.parent, edge.child) for edge in session.exec(select(LineageEdge))}
        file = session.exec(select(LedgerFile.sha256)).one()
    new, old = factor(frozen, f"{REF}@2"), factor(frozen, f"{REF}@1")
    parents = {parent for parent, child in edges if child == new.sha256}
    assert parents == {file, made.sha256, old.sha256}
    assert (file, made.sha256) in edges


def test_trace_shows_both_amounts_whatever_was_withdrawn_since(frozen: Store) -> None:
    made = correct(frozen)
    derive(frozen)
    withdraw(frozen, str(made.sha256))
    shown = {}
    for version in (1, 2):
        with frozen.read() as session:
            found = trace_factor(session, f"{REF}@{version}")
        cells = {item["cell"]: item["amount"] for item in found["cells"]}
        shown[version] = (Decimal(cells[f"ledger!{CELL}"]), [c["to"] for c in found["corrections"]])
        assert any(REASON in line for line in trace_lines(found)) == (version == 2)
    assert shown == {1: (amount_of(*POWER), []), 2: (Decimal(LESS), [LESS])}


def test_both_results_can_be_shown(published_home: Path, tmp_path: Path) -> None:
    """The power of melting scales with its factor; the old result recomputes from its own pins."""
    copied = tmp_path / "home"
    shutil.copytree(published_home, copied)
    store = Store.at(copied)

    def power_of_melting() -> tuple[Decimal, ResultDocument]:
        with store.read() as session:
            result = calculate_study(session, default_study("plate")).result
        rows = [row.kg_co2e for row in result.contributions if (row.process, row.flow) == POWER]
        assert rows
        return sum(rows, Decimal(0)), result

    before, old = power_of_melting()
    # The last reading of the year, 10 x 250 kWh lower: the year is 2500 kWh lower, as in `correct`.
    with store.work("exporter") as work:
        file = ledger_of_site(work.session, SITE)
        assert correct_cell(work, file, "meters", "E28", "48189.617", REASON).sha256
    refs = [ref for ref in derive(store) if ref.endswith("@2")]
    for user, step in (("exporter", "submit"), ("auditor", "review"), ("park", "publish")):
        with store.work(user) as work:
            for ref in refs:
                take_step(work, ref, step)
    after, new = power_of_melting()
    store.close()
    expected = before * by_hand(Decimal(-2500)) / by_hand(Decimal(0))
    assert abs(after / expected - 1) < Decimal("1e-20")
    assert after < before
    assert old.result_hash != new.result_hash
    assert recompute(old).result_hash == old.result_hash
    assert recompute(old).total.value == old.total.value


def test_a_withdrawn_correction_stays_on_record_and_counts_no_more(frozen: Store) -> None:
    made = correct(frozen)
    withdraw(frozen, str(made.sha256)[:12])
    with frozen.read() as session:
        file = ledger_of_site(session, SITE)
        (item,) = corrections_of(session, file)
        entry = withdrawal_of(session, item)
        assert entry is not None
        assert (entry.actor, entry.reason) == ("exporter", "磅单找到了")
        rows = effective_rows(session, file).rows
        amounts = [row.amount for row in rows if row.cell == f"ledger!{CELL}"]
    assert (item.state, item.reason, item.author) == (WITHDRAWN, REASON, "exporter")
    assert (item.file_text, item.text) == (str(amount_of(*POWER)), LESS)
    assert amounts == [amount_of(*POWER)]
    with pytest.raises(BadInput, match="CORRECTION_WITHDRAWN"):
        withdraw(frozen, item.sha256)


def test_the_last_of_two_corrections_counts_and_withdrawing_it_shows_the_first(
    frozen: Store,
) -> None:
    first = correct(frozen, text=str(amount_of(*POWER) - 1))
    second = correct(frozen, text=str(amount_of(*POWER) - 2))
    with frozen.read() as session:
        one, two = corrections_of(session, ledger_of_site(session, SITE))
        payload = json.loads(session.get_one(Document, two.sha256).payload)
    assert (one.sha256, two.sha256, one.state) == (first.sha256, second.sha256, IN_FORCE)
    assert payload["replaces"] == first.sha256
    assert payload["from"] == str(amount_of(*POWER))
    assert payload["scope"] == {"period": "2025", "site": SITE}
    withdraw(frozen, str(second.sha256))
    with frozen.read() as session:
        rows = effective_rows(session, ledger_of_site(session, SITE)).rows
    amount = next(row.amount for row in rows if row.cell == f"ledger!{CELL}")
    assert amount == amount_of(*POWER) - 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "  "}, "CORRECTION_REASON"),
        ({"reason": "x" * 2001}, "CORRECTION_REASON"),
        ({"cell": "F1"}, "CORRECTION_CELL"),
        ({"cell": "F9999"}, "CORRECTION_CELL"),
        ({"cell": "ZZ5"}, "CORRECTION_CELL"),
        ({"cell": "5"}, "CORRECTION_CELL"),
        ({"cell": ""}, "CORRECTION_CELL"),
        ({"sheet": "meters"}, "CORRECTION_SHEET"),
        ({"sheet": "site"}, "CORRECTION_SHEET"),
        ({"sheet": "nonsense"}, "CORRECTION_SHEET"),
        ({"text": str(amount_of(*POWER))}, "CORRECTION_SAME"),
        ({"text": f"{amount_of(*POWER):,}"}, "CORRECTION_SAME"),
        ({"cell": CELL.replace("F", "A"), "text": "2025年5月"}, "CORRECTION_SAME"),
        ({"cell": CELL.replace("F", "O"), "text": " "}, "CORRECTION_SAME"),
    ],
)
def test_a_correction_that_says_nothing_or_points_nowhere_is_refused(
    untouched: Store, changes: dict[str, str], code: str
) -> None:
    with pytest.raises(BadInput, match=code):
        correct(untouched, **changes)
    assert documents(untouched) == []


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("F", "-1", "LEDGER_AMOUNT_NEGATIVE"),
        ("F", "", "LEDGER_CELL_EMPTY"),
        ("F", str(amount_of(*POWER) * 10_000), "LEDGER_MAGNITUDE_IMPOSSIBLE"),
        ("G", "t", "LEDGER_UNIT_DIMENSION"),
        ("A", "2025-06", "LEDGER_DUPLICATE_ROW"),
    ],
)
def test_what_the_whole_check_refuses_is_not_stored(
    untouched: Store, column: str, text: str, code: str
) -> None:
    outcome = correct(untouched, cell=CELL.replace("F", column), text=text)
    assert outcome.sha256 is None
    assert code in {item.code for item in outcome.check.findings}
    assert documents(untouched) == []


def test_a_correction_with_an_open_warning_needs_its_note_first(frozen: Store) -> None:
    low = str((amount_of(*POWER) / 20).quantize(Decimal(1)))
    refused = correct(frozen, text=low)
    assert refused.sha256 is None
    assert {item.severity for item in refused.check.findings} == {"warning"}
    assert correct(frozen, cell=CELL.replace("F", "O"), text="停炉检修").sha256
    assert correct(frozen, text=low).sha256


def test_withdrawing_is_refused_when_the_others_do_not_stand_alone(frozen: Store) -> None:
    low = str((amount_of(*POWER) / 20).quantize(Decimal(1)))
    note = correct(frozen, cell=CELL.replace("F", "O"), text="停炉检修")
    amount = correct(frozen, text=low)
    assert withdraw(frozen, str(note.sha256)).sha256 is None
    assert withdraw(frozen, str(amount.sha256)).sha256
    assert withdraw(frozen, str(note.sha256)).sha256


def test_only_the_owner_and_the_park_correct(frozen: Store) -> None:
    with pytest.raises(NotAllowed, match="ACTION_NOT_ALLOWED"):
        correct(frozen, user="auditor")
    with frozen.founding() as work:
        work.store(
            Actor(name="rival", role="exporter", organisation="X"), "create", "user", "rival"
        )
    with pytest.raises(NotAllowed):
        correct(frozen, user="rival")
    assert correct(frozen, user="park").sha256


def test_an_unknown_or_short_hash_withdraws_nothing(frozen: Store) -> None:
    made = correct(frozen)
    for prefix in ("", str(made.sha256)[:7], "0" * 64):
        with pytest.raises(BadInput, match="CORRECTION_UNKNOWN"):
            withdraw(frozen, prefix)


def test_moving_a_row_names_the_correction_in_both_factors(frozen: Store) -> None:
    """A row moved to another flow changes the factor it leaves and the one it enters."""
    row = row_of("refining", "electricity")
    moved = overlaid(RAW, [Overlay("ledger", f"B{row}", "slab_casting")])
    keys = {(item.process, item.flow) for item in rows_of(moved) if item.row_number == row}
    assert keys == {("slab_casting", "electricity")}
    with frozen.work("exporter") as work:
        file = ledger_of_site(work.session, SITE)
        # Emptied first: the check would refuse the hole that the move leaves.
        work.document(
            "ledger-correction",
            f"{file.sha256}/1",
            {
                "author": "x", "cell": f"B{row}", "column": "process", "from": "refining",
                "made_at": "", "number": 1, "reason": "x", "sheet": "ledger", "to": "slab_casting",
            },
            "f" * 64,
            file.owner,
        )  # fmt: skip
        work.session.flush()
        found = effective_rows(work.session, file)
        touched = {
            (entry.process, entry.flow)
            for entry in found.rows
            if found.corrections_in([entry]) and entry.role != "product"
        }
        work.session.rollback()
    assert touched == {("refining", "electricity"), ("slab_casting", "electricity")}


def test_a_meter_or_key_has_a_part_in_all_that_hangs_on_it() -> None:
    def table(name: str, columns: tuple[str, ...], *lines: tuple[str, ...]) -> Table:
        rows = [
            RawRow(n, {c: Cell(f"A{n}", text) for c, text in zip(columns, line, strict=True)})
            for n, line in enumerate(lines, start=2)
        ]
        return Table(name, dict.fromkeys(columns, "A"), tuple(rows))

    meters = table(
        "meters",
        ("meter", "process", "flow", "parent"),
        ("M0", "全厂", "electricity", ""),
        ("M1", "melting", "外购电力", "M0"),
        ("M2", "公用", "compressed_air", ""),
    )
    shared = table(
        "shared", ("meter", "process"), ("M2", "melting"), ("M2", "refining"), ("M9", "charging")
    )
    raw = replace(RAW, optional={"meters": meters, "shared": shared})

    def touched(sheet: str, position: int) -> set[tuple[str, str]]:
        return set(touched_keys(raw, sheet, raw.optional[sheet].rows[position]))

    assert touched("meters", 1) == {("melting", "electricity"), ("", "electricity")}
    behind = {("melting", ANY_FLOW), ("refining", ANY_FLOW)}
    assert behind <= touched("meters", 2)
    assert touched("shared", 0) == behind
    assert touched("shared", 2) == {("charging", ANY_FLOW)}


def test_readings_alike() -> None:
    assert reads_alike("amount", 5130.0, "5,130")
    assert reads_alike("period", "2025-01", "2025年1月")
    assert reads_alike("note", " a ", "a")
    assert reads_alike("note", None, "")
    assert not reads_alike("note", "007", "7")
    assert not reads_alike("amount", "x", "y")
    assert (sheet_code("台账"), sheet_code("Ledger"), sheet_code("other")) == (
        "ledger",
        "ledger",
        None,
    )


@settings(max_examples=10, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.sampled_from("CDFHMNO"), st.integers(2, 800), st.text(max_size=12)), max_size=6
    )
)
def test_overlays_change_their_cells_and_nothing_else(edits: list[tuple[str, int, str]]) -> None:
    overlays = [Overlay("ledger", f"{column}{row}", text) for column, row, text in edits]
    changed = overlaid(RAW, overlays)
    wanted = dict(CELLS)
    wanted |= {(row, LETTERS[column]): text or None for column, row, text in edits}
    assert values(changed) == wanted
    assert values(RAW) == CELLS
    assert (changed.site, changed.optional) == (RAW.site, RAW.optional)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*arguments])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_the_commands_correct_list_and_withdraw(
    frozen: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"ledger!{CELL}"
    code, out, _ = run(capsys, "ledger", "correct", SITE, place, LESS, "--reason", REASON, "--json")
    sha256 = json.loads(out)["correction"]
    assert code == 0
    assert run(capsys, "ledger", "correct", SITE, place, LESS, "--reason", REASON)[0] == 2
    assert run(capsys, "ledger", "correct", SITE, CELL, "1", "--reason", "")[0] == 2
    assert run(capsys, "ledger", "correct", SITE)[0] == 2
    code, out, err = run(
        capsys, "ledger", "correct", SITE, CELL, "x", "--reason", "y", "--lang", "en"
    )
    assert code == 2
    assert "LEDGER_AMOUNT_UNREADABLE" in out
    assert "nothing was stored" in err
    code, out, _ = run(capsys, "ledger", "corrections", SITE, "--json")
    (item,) = json.loads(out)["corrections"]
    assert (item["sha256"], item["author"], item["state"]) == (sha256, "exporter", "in force")
    code, out, _ = run(capsys, "ledger", "corrections", SITE)
    assert place in out
    assert REASON in out
    assert run(capsys, "ledger", "correct", SITE, "--withdraw", sha256, "--reason", "z")[0] == 0
    code, out, _ = run(capsys, "ledger", "corrections", SITE, "--lang", "en")
    assert "withdrawn: z" in out
    assert run(capsys, "audit", "verify")[0] == 0
