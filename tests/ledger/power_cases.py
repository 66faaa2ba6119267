"""Helpers of the tests on power: example ledgers with own generation and certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from factor_db.ledger.checks.whole import read_cells, rows_of
from factor_db.ledger.form.cells import Cell, RawLedger, RawRow, Table, column_letters
from factor_db.ledger.form.sheets import OPTIONAL_SHEETS
from factor_db.ledger.workbooks.exporting import export_cells
from tools.example_book import MONTHS

PARK = "5000-1234 5678"
Line = dict[str, str]
SHIPPED = Path(__file__).parents[2] / "factor_db" / "reference" / "examples"


def example_cells(name: str) -> RawLedger:
    """Return the cells of a shipped example."""
    raw = read_cells((SHIPPED / f"{name}.xlsx").read_bytes())
    assert raw is not None
    return raw


def own_lines() -> list[Line]:
    """Return 100 MWh of own photovoltaics used in each month, 5 of them sold, and 20 fed in."""
    return [
        {"period": month, "source": "光伏", "generated": "120", "used": "100", "fed_in": "20",
         "certificates_sold": "5", "unit": "MWh", "method": "计量表", "installation": PARK}
        for month in MONTHS
    ]  # fmt: skip


def bought_lines(raw: RawLedger) -> list[Line]:
    """Return the power bought in each month: all that the processes used less 100 MWh."""
    used = dict.fromkeys(MONTHS, Decimal(0))
    for row in rows_of(raw):
        if row.flow == "electricity":
            used[row.period] += row.amount_canonical
    return [
        {"period": month, "source": "外购", "generated": "0", "used": str(kwh - 100_000),
         "fed_in": "0", "unit": "kWh", "method": "发票"}
        for month, kwh in used.items()
    ]  # fmt: skip


def instrument_lines(*months: str, amount: str = "400", source: str = "hydro") -> list[Line]:
    """Return a certificate of 400 MWh for each month (`05`)."""
    return [
        {"serial": f"GEC-2025-{month}", "source": source, "period": f"2025-{month}",
         "amount": amount, "unit": "MWh", "region": "CN-SC", "cancelled_on": "2026-01-15"}
        for month in months
    ]  # fmt: skip


def table(code: str, lines: Sequence[Line]) -> Table:
    """Return lines as a sheet from row 2 on."""
    letters = {name: column_letters(at) for at, name in enumerate(OPTIONAL_SHEETS[code].columns)}
    rows = [
        RawRow(
            number, {name: Cell(f"{letters[name]}{number}", text) for name, text in line.items()}
        )
        for number, line in enumerate(lines, start=2)
    ]
    return Table(code, letters, tuple(rows))


def with_power(
    raw: RawLedger,
    own: Sequence[Line],
    instruments: Sequence[Line],
    bought: Sequence[Line] | None = None,
) -> RawLedger:
    """Return a ledger with the two sheets; beside own power stands what was bought.

    Bought is what all processes used less 100 MWh a month, the own power of `own_lines`.
    """
    if bought is None:
        bought = bought_lines(raw) if own else []
    sheets = {
        "power": table("power", [*own, *bought]),
        "instruments": table("instruments", instruments),
    }
    return replace(raw, optional={**raw.optional, **sheets})


def write_ledger_file(
    path: Path, name: str, instruments: Sequence[Line], own: Sequence[Line] = (), **changes: str
) -> Path:
    """Write an example with the two sheets as CSV; `changes` replace texts, by position in pairs.

    `site`, `uscc` and `year` stand for the code of the site, of the enterprise and the year.
    """
    export_cells(with_power(example_cells(name), own, instruments), path)
    text = path.read_text(encoding="utf-8-sig")
    lines = text.splitlines(keepends=True)
    for key, words in (("site", "# site_code: "), ("uscc", "# uscc: ")):
        if key in changes:
            lines = [words + changes[key] + "\n" if words in line else line for line in lines]
    text = "".join(lines)
    if "year" in changes:
        text = text.replace("2024-12-31", "<eve>").replace("2025-", f"{changes['year']}-")
        text = text.replace("<eve>", f"{int(changes['year']) - 1}-12-31")
    path.write_text(text, encoding="utf-8")
    return path
