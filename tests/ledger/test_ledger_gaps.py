"""Gap filling: only by a named rule, on measured months, shown as filled.

System under test: one process, melting, January to April 2025; electricity of February is missing.

  month     metal t   electricity kWh   kWh/t
  January     100         60 000          600
  February    200              -            -
  March        50         40 000          800
  April       100         50 000          500

GAP-NEIGHBOURS: (600 + 800) / 2 = 700 kWh/t x 200 t = 140 000 kWh.
GAP-YEAR: 150 000 kWh / 250 t = 600 kWh/t x 200 t = 120 000 kWh; filled share 120 / 270 = 4 / 9.
A February of 10 t is 10 / 65 = 15.4 % of the mean month: idle, and its power is not its output's.
At 50 t of 400 in four months it is half of the mean, and filled. Filled share: the larger of that by
amount and that by months, one of four here, one of twelve in a year.
Filling needs three of the four months: three measured ones pass, two do not. Metal is never filled.
"""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ledger_cases import gap_file

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.derive.field_quality import filled_share
from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.ledger import Finding, LedgerRow, check
from factor_db.ledger.form.cells import Cell, RawRow, Table
from factor_db.ledger.form.faults import Findings
from factor_db.ledger.form.sheets import GAPS, LEDGER
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.ledger.months.gaps import GAP_RULES, fill_gaps
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store

MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04")
METAL = dict(zip(MONTHS, ("100", "200", "50", "100"), strict=True))
POWER = {"2025-01": "60000", "2025-03": "40000", "2025-04": "50000"}
LETTERS = dict(zip(GAPS.columns, "ABCDE", strict=True))
GAP = ("melting", "electricity", "2025-02", "GAP-YEAR", "电表损坏")


def row(month: str, flow: str, role: str, amount: str, method: str = "metered") -> LedgerRow:
    unit = "t" if flow == "molten_metal" else "kWh"
    return LedgerRow(
        sheet="ledger", row_number=0, period=month, process="melting", flow=flow, product="",
        role=role, amount=Decimal(amount), unit=unit, amount_canonical=Decimal(amount),
        unit_canonical=unit, method=method, counterparty="", origin="", scrap_type="",
        instrument="", price=None, evidence="", note="", cells=dict.fromkeys(LEDGER.columns, "F2"),
    )  # fmt: skip


def measured(
    metal: dict[str, str] = METAL, power: dict[str, str] = POWER, method: str = "metered"
) -> list[LedgerRow]:
    made = [row(month, "molten_metal", "product", amount) for month, amount in metal.items()]
    used = [row(month, "electricity", "input", kwh, method) for month, kwh in power.items()]
    return made + used


def gap_table(*lines: tuple[str, ...]) -> Table:
    rows = [
        RawRow(
            number,
            {name: Cell(f"{LETTERS[name]}{number}", text) for name, text in zip(GAPS.columns, line, strict=True)},
        )
        for number, line in enumerate(lines, start=2)
    ]  # fmt: skip
    return Table("缺数补齐", LETTERS, tuple(rows))


def filled(
    rows: Iterable[LedgerRow], *lines: tuple[str, ...], months: tuple[str, ...] = MONTHS
) -> tuple[tuple[RowReading, ...], tuple[Finding, ...]]:
    findings = Findings()
    readings = tuple(
        RowReading(number, item.process, item.flow, item.period, item)
        for number, item in enumerate(rows, start=2)
    )
    return fill_gaps(gap_table(*lines), readings, months, findings), findings.collected()


@pytest.mark.parametrize(
    ("rule", "amount"), [("GAP-NEIGHBOURS", 140_000), ("GAP-YEAR", 120_000), ("gap-year", 120_000)]
)
def test_a_rule_fills_the_month_as_computed_by_hand(rule: str, amount: int) -> None:
    (reading,), findings = filled(measured(), (*GAP[:3], rule, GAP[4]))
    assert findings == ()
    made = reading.row
    assert made is not None
    assert (made.amount, made.amount_canonical, made.unit) == (amount, amount, "kWh")
    assert (made.sheet, made.row_number, made.method, made.role) == (
        "gaps",
        9,
        "estimated",
        "input",
    )
    assert made.note == f"{rule.upper()}: 电表损坏"
    cells = {name: made.cells[name] for name in ("process", "flow", "period", "amount", "note")}
    assert cells == {"process": "A2", "flow": "B2", "period": "C2", "amount": "D2", "note": "E2"}


def test_names_in_chinese_fill_the_same() -> None:
    (reading,), findings = filled(measured(), ("熔炼", "外购电力", "2025年2月", *GAP[3:]))
    assert (findings, reading.row and reading.row.amount) == ((), 120_000)


TO_MARCH = measured(power={"2025-01": "60000", "2025-02": "70000", "2025-03": "40000"})
FAULTS = {
    "unknown rule": (measured(), [(*GAP[:3], "GAP-MEAN", "x")], "LEDGER_GAP_RULE_UNKNOWN", "D2"),
    "no reason": (measured(), [(*GAP[:4], "")], "LEDGER_CELL_EMPTY", "E2"),
    "a row is there": (measured(), [("melting", "electricity", "2025-03", *GAP[3:])], "LEDGER_GAP_HAS_ROW", "C2"),
    "twice": (measured(), [GAP, GAP], "LEDGER_GAP_TWICE", "C3"),
    "product": (measured({k: v for k, v in METAL.items() if k != "2025-02"}), [("melting", "molten_metal", *GAP[2:])], "LEDGER_GAP_PRODUCT", "B2"),
    "property": (measured(), [("melting", "natural_gas.net_calorific_value", *GAP[2:])], "LEDGER_GAP_PROPERTY", "B2"),
    "one month measured": (measured(power={"2025-01": "60000"}), [GAP], "LEDGER_GAP_TOO_FEW", "C2"),
    "estimates are no measurement": (measured(method="estimated"), [GAP], "LEDGER_GAP_TOO_FEW", "C2"),
    "two of four measured": (measured(power={"2025-01": "60000", "2025-03": "40000"}), [GAP], "LEDGER_GAP_TOO_FEW", "C2"),
    "metal of the step": (measured(), [("melting", "charge_metal", *GAP[2:])], "LEDGER_GAP_METAL", "B2"),
    "metal bought": (measured(), [("charging", "primary_ingot", *GAP[2:])], "LEDGER_GAP_METAL", "B2"),
    "scrap bought": (measured(), [("charging", "scrap_turnings", *GAP[2:])], "LEDGER_GAP_METAL", "B2"),
    "own scrap": (measured(), [("scalping", "internal_scrap", *GAP[2:])], "LEDGER_GAP_METAL", "B2"),
    "alloying element": (measured(), [("charging", "magnesium", *GAP[2:])], "LEDGER_GAP_METAL", "B2"),
    "never measured": (measured(), [("melting", "natural_gas", *GAP[2:])], "LEDGER_GAP_TOO_FEW", "C2"),
    "idle month": (measured({**METAL, "2025-02": "0"}), [GAP], "LEDGER_GAP_NO_PRODUCT", "C2"),
    "hardly any output": (measured({**METAL, "2025-02": "10"}), [GAP], "LEDGER_GAP_IDLE", "C2"),
    "hardly any output, by neighbours": (measured({**METAL, "2025-02": "10"}), [(*GAP[:3], "GAP-NEIGHBOURS", "x")], "LEDGER_GAP_IDLE", "C2"),
    "idle neighbour": (measured({**METAL, "2025-03": "0"}), [(*GAP[:3], "GAP-NEIGHBOURS", "x")], "LEDGER_GAP_MONTHS", "D2"),
    "no neighbour after": (TO_MARCH, [("melting", "electricity", "2025-04", "GAP-NEIGHBOURS", "x")], "LEDGER_GAP_MONTHS", "D2"),
    "two roles": ([*measured(), row("2025-01", "electricity", "waste", "1")], [GAP], "LEDGER_GAP_ROLES", "B2"),
    "unknown flow": (measured(), [("melting", "electricty", *GAP[2:])], "LEDGER_FLOW_UNKNOWN", "B2"),
    "unknown process": (measured(), [("meltingg", *GAP[1:])], "LEDGER_PROCESS_UNKNOWN", "A2"),
    "no month": (measured(), [(*GAP[:2], "sometime", *GAP[3:])], "LEDGER_PERIOD_UNREADABLE", "C2"),
    "other year": (measured(), [(*GAP[:2], "2024-02", *GAP[3:])], "LEDGER_PERIOD_OUTSIDE", "C2"),
    "endless reason": (measured(), [(*GAP[:4], "x" * 2001)], "LEDGER_TEXT_TOO_LONG", "E2"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_gap_that_cannot_be_filled_is_one_fault_at_its_cell(name: str) -> None:
    rows, lines, code, cell = FAULTS[name]
    readings, findings = filled(rows, *lines)
    assert [(item.code, item.sheet, item.cell) for item in findings] == [(code, "缺数补齐", cell)]
    assert all(reading.row is None for reading in readings if reading.number > len(rows) + 2)
    for lang in ("zh", "en"):
        assert findings[0].message(lang)
        assert findings[0].remedy(lang)


def test_a_month_of_half_the_mean_output_is_filled() -> None:
    metal = dict(zip(MONTHS, ("100", "50", "125", "125"), strict=True))
    (reading,), findings = filled(measured(metal), GAP)
    assert findings == ()
    assert reading.row is not None
    assert abs(reading.row.amount - Decimal(150_000) / 350 * 50) < Decimal("1e-20")
    idle = metal | {"2025-02": "49.99"}
    assert [item.code for item in filled(measured(idle), GAP)[1]] == ["LEDGER_GAP_IDLE"]


def entry(month: str, kwh: int, sheet: str) -> LedgerEntry:
    number = int(month[-2:])
    return LedgerEntry(
        ledger="f" * 64, row_number=number, owner="O", period=month, process="melting",
        flow="electricity", role="input", product="", amount=Decimal(kwh), unit="kWh",
        method="metered", cell=f"{sheet}!F{number}", payload="{}",
    )  # fmt: skip


@pytest.mark.parametrize(("kwh", "share"), [(10, "0.25"), (100, "0.25"), (300, "0.5")])
def test_a_fill_counts_as_a_mean_month_at_least(kwh: int, share: str) -> None:
    """One of four months, the others 100 each: a quarter, or 300 of 600 where the fill is more."""
    rows = [entry(month, 100, "ledger") for month in MONTHS[1:]]
    assert filled_share([*rows, entry(MONTHS[0], kwh, "gaps")], rows) == Decimal(share)


def test_a_fault_elsewhere_is_not_told_again_at_the_gap() -> None:
    without_product = measured({k: v for k, v in METAL.items() if k != "2025-02"})
    (reading,), findings = filled(without_product, GAP)
    assert (reading.row, findings) == (None, ())
    faulty = RowReading(9, "melting", "electricity", "2025-04", None)
    found = Findings()
    readings = tuple(
        RowReading(n, item.process, item.flow, item.period, item)
        for n, item in enumerate(measured(), start=2)
    )
    (reading,) = fill_gaps(gap_table(GAP), (*readings, faulty), MONTHS, found)
    assert (reading.row, found.collected()) == (None, ())


@settings(max_examples=60, deadline=None)
@given(
    ratio=st.decimals("0.001", "9999", places=3),
    metal=st.lists(st.integers(1, 10**6), min_size=4, max_size=4),
    rule=st.sampled_from(sorted(GAP_RULES)),
)
def test_a_plant_with_one_ratio_is_filled_exactly(
    ratio: Decimal, metal: list[int], rule: str
) -> None:
    assume(8 * metal[1] >= sum(metal))  # else February is idle
    made = dict(zip(MONTHS, map(str, metal), strict=True))
    used = {month: str(ratio * int(tonnes)) for month, tonnes in made.items() if month != "2025-02"}
    (reading,), findings = filled(measured(made, used), (*GAP[:3], rule, "x"))
    assert findings == ()
    assert reading.row is not None
    assert abs(reading.row.amount / (ratio * metal[1]) - 1) < Decimal("1e-30")


def test_a_filled_ledger_is_imported_derived_and_audited(store: Store, tmp_path: Path) -> None:
    path = gap_file(tmp_path, ("melting", "natural_gas", "2025-05", "GAP-NEIGHBOURS", "流量计送检"))
    result = check(path)
    assert result.findings == ()
    assert result.ledger is not None
    amounts = result.ledger.amounts("melting", "natural_gas")
    assert len(amounts) == 12
    with store.work("exporter") as work:
        assert import_ledger(work, path).sha256
        derive_site(work, "CQ-PLATE")
    with store.read() as session:
        factor = load_factor(find_version(session, "cq-plate.2025.melting.natural_gas"))
        made = result.ledger.rows[-1]
        stored = session.get(LedgerEntry, (result.ledger.file_sha256, made.row_number))
        assert stored is not None
        cell = stored.cell
        assert altered_contents(session) == []
    share = max(amounts["2025-05"] / sum(amounts.values()), Decimal(1) / 12)
    assert abs(factor.filled_share - share) < Decimal("1e-6")
    assert cell.startswith("gaps!D")
    assert factor.derivation is not None
    assert cell in {item.record()["cell"] for item in factor.derivation.inputs}


def test_a_corrected_gap_line_gives_the_next_version(store: Store, tmp_path: Path) -> None:
    path = gap_file(tmp_path, ("melting", "natural_gas", "2025-05", "GAP-NEIGHBOURS", "流量计送检"))
    line = len(path.read_text(encoding="utf-8").splitlines())
    with store.work("exporter") as work:
        import_ledger(work, path)
        derive_site(work, "CQ-PLATE")
        file = ledger_of_site(work.session, "CQ-PLATE")
        made = correct_cell(work, file, "缺数补齐", f"D{line}", "GAP-YEAR", "相邻月不正常")
        refs = derive_site(work, "CQ-PLATE")
        new = load_factor(find_version(work.session, "cq-plate.2025.melting.natural_gas"))
    # The calorific value is weighted by the gas of each month, so it is made from the line too.
    weighted = "cq-plate.2025.natural_gas.net_calorific_value@2"
    assert {ref for ref in refs if ref.endswith("@2")} == {new.ref, weighted}
    assert new.derivation is not None
    named = [i.record() for i in new.derivation.inputs if "correction" in i.record()]
    assert named == [{"correction": made.sha256, "cell": f"gaps!D{line}"}]


def test_a_month_without_row_and_without_gap_line_stays_a_fault(tmp_path: Path) -> None:
    codes = {item.code for item in check(gap_file(tmp_path)).findings}
    assert "LEDGER_MONTH_MISSING" in codes


def test_a_gap_line_with_a_fault_causes_no_other_finding(tmp_path: Path) -> None:
    path = gap_file(tmp_path, ("melting", "natural_gas", "2025-05", "GAP-MEAN", "x"))
    assert [item.code for item in check(path).findings] == ["LEDGER_GAP_RULE_UNKNOWN"]
