"""Ten planted faults give ten findings at ten cells; the clean twin gives none.

System under test: the whole check on the plate mill's workbook. None of the faults may set off
another finding: a row that cannot be read is no missing month, a wrong weight no open balance of
the cast house. Row i of the ledger (from 0) stands in line i + 2 of the sheet.
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from ledger_cases import Rows, example, find

from factor_db.ledger import check, write_ledger


def plant(rows: Rows) -> dict[str, str]:
    """Plant nine faults in the rows; return the expected code → cell."""

    def place(column: str, *at: str) -> str:
        return f"{column}{find(rows, *at) + 2}"

    expected = {
        "LEDGER_MONTH_MISSING": place("A", "refining", "argon", "2025-01"),
        "LEDGER_FLOW_MISSING": place("B", "slab_casting", "slab", "2025-01"),
    }
    changes = {
        ("LEDGER_PROCESS_UNKNOWN", "B", "hot_rolling", "rolling_oil"): {"process": "hot rollin"},
        ("LEDGER_UNIT_DIMENSION", "G", "melting", "electricity"): {"unit": "m3"},
        ("LEDGER_AMOUNT_UNREADABLE", "F", "charging", "magnesium"): {"amount": "28,5"},
        ("LEDGER_PERIOD_OUTSIDE", "A", "plate_packing", "paper"): {"period": "2024-05"},
        ("LEDGER_MAGNITUDE_IMPOSSIBLE", "F", "plate_ageing", "natural_gas"): {"amount": 1000},
        ("LEDGER_MASS_BALANCE", "F", "plate_stretching", "quenched_plate"): {"amount": 1.3},
    }
    for (code, column, *at), change in changes.items():
        index = find(rows, *at)
        value = change.get("amount")
        if isinstance(value, int | float):
            change = {"amount": rows[index].amount * Decimal(str(value))}
        rows[index] = replace(rows[index], **change)  # type: ignore[arg-type]
        expected[code] = f"{column}{index + 2}"
    # A balance is reported at the product of its step.
    expected["LEDGER_MASS_BALANCE"] = place("F", "plate_stretching", "stretched_plate", "2025-01")
    rows.append(rows[find(rows, "scalping", "electricity")])
    expected["LEDGER_DUPLICATE_ROW"] = f"F{len(rows) + 1}"
    return expected


def test_ten_planted_faults_give_exactly_ten_findings(tmp_path: Path) -> None:
    header, clean = example("plate_mill")
    dropped = {("refining", "argon", "2025-05")}
    rows = [
        row
        for row in clean
        if (row.process, row.flow, row.period) not in dropped
        and (row.process, row.flow) != ("slab_casting", "water")
    ]
    expected = plant(rows)
    wrong = header.uscc[:-1] + ("0" if header.uscc[-1] != "0" else "1")
    expected["LEDGER_USCC_CHECK_DIGIT"] = "B6"
    path = tmp_path / "faulty.xlsx"
    write_ledger(path, replace(header, uscc=wrong), rows)
    result = check(path)
    assert {finding.code: finding.cell for finding in result.findings} == expected
    assert len(result.findings) == len(expected) == 10
    assert result.ledger is None
    for finding in result.findings:
        entry = finding.as_dict()
        assert list(entry) == [
            "code",
            "severity",
            "sheet",
            "cell",
            "value",
            "message_zh",
            "message_en",
            "remedy_zh",
            "remedy_en",
        ]
        assert all(entry[key] for key in entry), entry
        assert finding.sheet == ("site" if finding.code == "LEDGER_USCC_CHECK_DIGIT" else "ledger")


def test_the_clean_twin_gives_none(tmp_path: Path) -> None:
    header, rows = example("plate_mill")
    write_ledger(tmp_path / "clean.xlsx", header, rows)
    assert check(tmp_path / "clean.xlsx").findings == ()
