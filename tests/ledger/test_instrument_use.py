"""A certificate is used once in the whole store: across sites, owners, periods and two writers.

System under test: the example recycling plant with two certificates, and another example plant under
several codes of sites. The store's key is the serial by its letters and digits, so of two imports at once
exactly one is stored, and another way of writing it is the same serial.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from power_cases import instrument_lines, write_ledger_file
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from factor_db.factors.keep.audit import altered_contents
from factor_db.ledger.frozen.corrections import correct_cell, withdraw_correction
from factor_db.ledger.frozen.importing import ImportOutcome, import_ledger, ledger_of_site
from factor_db.ledger.reading.header import uscc_check_digit
from factor_db.store.tables import Actor, InstrumentUse, LedgerFile
from factor_db.store.work import Store

NAME, SITE, OTHER = "recycling_plant", "CQ-RECYCLED", "extrusion_plant"
TWO = instrument_lines("05", "06")
RIVAL = "91500000YYYYYYY10" + uscc_check_digit("91500000YYYYYYY10")


def imported(store: Store, path: Path, user: str = "exporter") -> ImportOutcome:
    with store.work(user) as work:
        return import_ledger(work, path)


def uses(store: Store) -> dict[str, str]:
    """Return serial → hash of the ledger that holds it; the log must fit what is stored."""
    with store.read() as session:
        assert altered_contents(session) == []
        found = session.exec(select(InstrumentUse).order_by(col(InstrumentUse.serial)))
        return {use.serial: use.ledger for use in found}


def clashes(outcome: ImportOutcome) -> list[tuple[str, str, str]]:
    return [(item.code, item.sheet, item.value) for item in outcome.check.findings]


def test_another_site_or_period_cannot_use_a_certificate_again(
    store: Store, tmp_path: Path
) -> None:
    first = imported(store, write_ledger_file(tmp_path / "a.csv", NAME, TWO)).sha256
    held = {"GEC202505": first, "GEC202506": first}
    assert uses(store) == held
    other = write_ledger_file(tmp_path / "b.csv", OTHER, TWO[1:], site="CQ-OTHER")
    outcome = imported(store, other)
    assert outcome.sha256 is None
    assert clashes(outcome) == [("LEDGER_INSTRUMENT_USED", "instruments", "GEC-2025-06")]
    said = outcome.check.findings[0].message("en")
    assert f"{SITE} 2025-01-01/2025-12-31 instruments!A" in said
    year = write_ledger_file(tmp_path / "c.csv", NAME, TWO, year="2024")
    text = year.read_text(encoding="utf-8").replace("GEC-2024", "GEC-2025")
    year.write_text(text, encoding="utf-8")
    assert [item[0] for item in clashes(imported(store, year))] == ["LEDGER_INSTRUMENT_USED"] * 2
    assert uses(store) == held
    with store.read() as session:
        assert len(session.exec(select(LedgerFile)).all()) == 1


@pytest.mark.parametrize("spelt", ["GEC202506", "gec/2025.06", "ＧＥＣ－２０２５－０６"])
def test_another_spelling_is_the_same_certificate(store: Store, tmp_path: Path, spelt: str) -> None:
    assert imported(store, write_ledger_file(tmp_path / "a.csv", NAME, TWO)).sha256
    again = [TWO[1] | {"serial": spelt}]
    outcome = imported(store, write_ledger_file(tmp_path / "b.csv", OTHER, again, site="CQ-OTHER"))
    assert [item[0] for item in clashes(outcome)] == ["LEDGER_INSTRUMENT_USED"]


def test_a_serial_entered_before_is_compared_as_today(store: Store, tmp_path: Path) -> None:
    first = imported(store, write_ledger_file(tmp_path / "a.csv", NAME, ())).sha256
    with store.work("exporter") as work:
        file = work.session.get_one(LedgerFile, first)
        earlier = {"owner": file.owner, "site": file.site, "cell": "instruments!A2"}
        work.session.add(InstrumentUse(serial="GEC-2025-06", ledger=file.sha256, **earlier))
    again = write_ledger_file(tmp_path / "b.csv", OTHER, TWO[1:], site="CQ-OTHER")
    assert [item[0] for item in clashes(imported(store, again))] == ["LEDGER_INSTRUMENT_USED"]


def test_who_may_not_see_the_other_ledger_learns_only_that_it_is_used(
    store: Store, tmp_path: Path
) -> None:
    imported(store, write_ledger_file(tmp_path / "a.csv", NAME, TWO))
    with store.founding() as work:
        rival = Actor(name="rival", role="exporter", organisation=RIVAL)
        work.store(rival, "create", "user", "rival")
    theirs = write_ledger_file(tmp_path / "b.csv", NAME, TWO, site="CQ-RIVAL", uscc=RIVAL)
    outcome = imported(store, theirs, "rival")
    assert [item[0] for item in clashes(outcome)] == ["LEDGER_INSTRUMENT_USED"] * 2
    said = outcome.check.findings[0].message("en") + outcome.check.findings[0].message("zh")
    assert SITE not in said
    assert "a ledger you may not see" in said


def test_a_newer_ledger_of_the_same_site_and_period_takes_over_and_releases(
    store: Store, tmp_path: Path
) -> None:
    imported(store, write_ledger_file(tmp_path / "a.csv", NAME, TWO))
    newer = write_ledger_file(tmp_path / "b.csv", NAME, instrument_lines("06", "07"))
    second = imported(store, newer).sha256
    assert uses(store) == {"GEC202506": second, "GEC202507": second}
    other = write_ledger_file(tmp_path / "c.csv", OTHER, TWO[:1], site="CQ-OTHER")
    third = imported(store, other).sha256
    assert uses(store)["GEC202505"] == third


def test_a_correction_moves_a_serial_and_its_withdrawal_moves_it_back(
    store: Store, tmp_path: Path
) -> None:
    path = write_ledger_file(tmp_path / "a.csv", NAME, TWO)
    imported(store, path)
    other = write_ledger_file(tmp_path / "b.csv", OTHER, instrument_lines("08"), site="CQ-OTHER")
    imported(store, other)
    line = next(
        number
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if text.startswith("GEC-2025-06")
    )
    with store.work("exporter") as work:
        file = ledger_of_site(work.session, SITE)
        refused = correct_cell(work, file, "instruments", f"A{line}", "GEC-2025-08", "typo")
    assert [item.code for item in refused.check.errors] == ["LEDGER_INSTRUMENT_USED"]
    with store.work("exporter") as work:
        file = ledger_of_site(work.session, SITE)
        made = correct_cell(work, file, "instruments", f"A{line}", "GEC-2025-09", "typo")
    assert sorted(uses(store)) == ["GEC202505", "GEC202508", "GEC202509"]
    with store.work("exporter") as work:
        file = ledger_of_site(work.session, SITE)
        withdraw_correction(work, file, str(made.sha256), "it was right")
    assert sorted(uses(store)) == ["GEC202505", "GEC202506", "GEC202508"]


def test_of_two_writers_at_once_one_is_stored(store: Store, home: Path, tmp_path: Path) -> None:
    paths = [
        write_ledger_file(tmp_path / f"{site}.csv", name, TWO, site=site)
        for name, site in ((NAME, "CQ-ONE"), (OTHER, "CQ-TWO"))
    ]
    start = threading.Barrier(len(paths))
    outcomes: list[ImportOutcome] = []

    def write(path: Path) -> None:
        own = Store.at(home)
        start.wait()
        outcomes.append(imported(own, path))
        own.close()

    writers = [threading.Thread(target=write, args=(path,)) for path in paths]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stored = [outcome.sha256 for outcome in outcomes if outcome.sha256]
    assert len(stored) == 1
    assert set(uses(store).values()) == set(stored)


def test_the_database_itself_refuses_a_serial_twice(store: Store, tmp_path: Path) -> None:
    imported(store, write_ledger_file(tmp_path / "a.csv", NAME, TWO))

    def again() -> None:
        with store.work("exporter") as work:
            file = ledger_of_site(work.session, SITE)
            row = InstrumentUse(
                serial="GEC202505", ledger=file.sha256, owner=file.owner, site=SITE, cell="x!A1"
            )
            work.session.add(row)

    with pytest.raises(IntegrityError):
        again()
