"""The corpus: every planted fault is found at its cell, and nothing else is.

System under test: the whole check on the three example ledgers, each with one fault of a class of
its own (`corpus_faults`); and on each example with all its compatible faults at once. The clean
ledgers give nothing. A tenth of the corpus in `make test`, all of it in `make soak`; the ledgers
with all faults together always. Today is 2026-06-01.
"""

import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from corpus_book import clean_book
from corpus_faults import EXTRUSION, PLATE, RECYCLING, Fault
from corpus_faults import FAULTS as LEDGER_FAULTS
from corpus_sheets import SHEET_FAULTS, metered, stocked

from factor_db.ledger import CheckResult, check
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.form.warning_codes import WARNING_CODES

FAULTS = [*LEDGER_FAULTS, *SHEET_FAULTS]
TODAY = date(2026, 6, 1)
EVERY = 1 if os.environ.get("FOOTPRINT_SOAK") else 10
KEYS = ["code", "severity", "sheet", "cell", "value", "message_zh", "message_en", "remedy_zh",
        "remedy_en", "explained", "exception"]  # fmt: skip
Found = tuple[str, str, str, str]


def checked(folder: Path, book: str, *faults: Fault) -> tuple[CheckResult, list[Found]]:
    """Plant faults and check; return the result and what must be found, in planting order."""
    ledger = clean_book(book)
    places = [fault.plant(ledger) for fault in faults]
    path = folder / "ledger.csv"
    cells = ledger.write(path, places)
    wanted = [
        (fault.code, fault.severity, sheet, cell)
        for fault, (sheet, cell) in zip(faults, cells, strict=True)
    ]
    return check(path, today=TODAY), wanted


def found(result: CheckResult) -> list[Found]:
    return [(item.code, item.severity, item.sheet, item.cell) for item in result.findings]


def assert_told(finding: Finding) -> None:
    """A finding says in both languages what is wrong and how to mend it."""
    entry = finding.as_dict()
    assert list(entry) == KEYS
    for key in ("message_zh", "message_en", "remedy_zh", "remedy_en"):
        assert str(entry[key]).strip()
        assert "{" not in str(entry[key])
    assert finding.severity == "error" or (
        finding.code in WARNING_CODES or finding.code.startswith("LEDGER_EXCEPTION_")
    )


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS[::EVERY], ids=lambda fault: fault.name.replace(" ", "-"))
def test_one_fault_gives_one_finding_at_its_cell(fault: Fault, tmp_path: Path) -> None:
    result, wanted = checked(tmp_path, fault.book, fault)
    assert found(result) == wanted
    assert_told(result.findings[0])
    assert not result.valid
    assert (result.ledger is None) == (fault.severity == "error")


@pytest.mark.parametrize("book", [PLATE, EXTRUSION, RECYCLING])
def test_the_clean_twin_gives_none(book: str, tmp_path: Path) -> None:
    result, _ = checked(tmp_path, book)
    assert result.findings == ()
    assert result.ledger


@pytest.mark.parametrize("book", [PLATE, EXTRUSION, RECYCLING])
def test_all_compatible_faults_at_once_are_all_found_and_no_other(
    book: str, tmp_path: Path
) -> None:
    faults = [fault for fault in FAULTS if fault.together and fault.book == book]
    result, wanted = checked(tmp_path, book, *faults)
    assert Counter(found(result)) == Counter(wanted)
    for finding in result.findings:
        assert_told(finding)


def test_the_corpus_is_large_and_of_different_classes() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 80
    assert len({fault.code for fault in FAULTS}) >= 45
    assert sum(fault.together for fault in FAULTS) >= 60


def test_clean_meters_and_stocks_give_none(tmp_path: Path) -> None:
    plant, mill = clean_book(EXTRUSION), clean_book(PLATE)
    metered(plant, "melting")
    stocked(mill, "silicon")
    for book in (plant, mill):
        book.write(tmp_path / "ledger.csv", [])
        assert check(tmp_path / "ledger.csv", today=TODAY).findings == ()
