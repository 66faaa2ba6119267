"""Rows that others make obligatory: oil and paint of scrap charged directly, and site services.

System: the extrusion plant. 500 t of its pre-consumer scrap a year charged as turnings want a row
of organic coating in melting, 0 or not; so do types of scrap that say so. Site services of 19 000 t
(the year's output) with power want a row at packing, and all 19 000 t taken up there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import Edit, Rows, added, changed, example, run_checks, scaled

from factor_db.ledger import LedgerRow
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.months.obligations import check_obligations
from factor_db.ledger.reading.row_checks import RowReading
from tools.example_book import MONTHS

CHARGE, PACKING = ("charging", "scrap_pre_consumer"), ("profile_packing", "aged_profile")
MELTING = ("melting", "dross")
DIRTY = ("scrap_turnings", "scrap_beverage_cans", "scrap_painted", "scrap_shredded_mix")


def edited(*edits: Edit) -> Rows:
    rows: Iterable[LedgerRow] = list(example("extrusion_plant")[1])
    for edit in edits:
        rows = edit(list(rows))
    return [replace(row, row_number=number) for number, row in enumerate(rows, start=2)]


def found(rows: Iterable[LedgerRow]) -> tuple[Finding, ...]:
    findings = Findings()
    readings = tuple(
        RowReading(
            row.row_number,
            row.process,
            row.flow,
            row.period,
            replace(row, cells={name: f"{name}{row.row_number}" for name in ("process", "flow", "amount")}),
        )
        for row in rows
    )  # fmt: skip
    check_obligations(MonthIndex(readings, MONTHS), findings)
    return findings.collected()


def coating(amount: str) -> Edit:
    return added(
        {
            "flow": "organic_coating",
            "role": "emission",
            "amount": Decimal(amount),
            "amount_canonical": Decimal(amount),
            "unit": "kg",
            "unit_canonical": "kg",
        },
        MELTING,
    )


@pytest.mark.parametrize("flow", DIRTY)
def test_dirty_scrap_charged_directly_wants_its_oil_and_paint(flow: str) -> None:
    (finding,) = found(edited(changed(*CHARGE, flow=flow)))
    assert (finding.code, finding.severity, finding.value) == (
        "LEDGER_COATING_MISSING",
        "error",
        flow,
    )
    for lang in ("zh", "en"):
        told = finding.message(lang) + finding.remedy(lang)
        assert all(word in told for word in (flow, "melting", "organic_coating", "kg"))


@pytest.mark.parametrize("amount", ["0", "30000"])
def test_a_number_answers_and_0_is_one(amount: str) -> None:
    assert found(edited(changed(*CHARGE, flow="scrap_turnings"), coating(amount))) == ()


@pytest.mark.parametrize(
    ("kind", "codes"),
    [("带油铝屑", ["LEDGER_COATING_MISSING"]), ("Painted siding", ["LEDGER_COATING_MISSING"]), ("型材边角料", [])],
)  # fmt: skip
def test_the_type_of_scrap_may_say_so(kind: str, codes: list[str]) -> None:
    assert [f.code for f in found(edited(changed(*CHARGE, scrap_type=kind)))] == codes


def test_scrap_that_was_not_charged_wants_nothing() -> None:
    nothing = {"amount": Decimal(0), "amount_canonical": Decimal(0)}
    assert found(edited(changed(*CHARGE, flow="scrap_turnings", **nothing))) == ()


def services(taken: str | None, made: str = "19000", power: str = "900000") -> Rows:
    """Return the plant with site services, spread over the year, and what packing takes of them."""

    def rows(process: str, flow: str, role: str, year: str, unit: str = "t") -> list[Edit]:
        month = Decimal(year) / 12
        changes = {
            "process": process, "flow": flow, "role": role, "unit": unit, "unit_canonical": unit,
            "amount": month, "amount_canonical": month,
        }  # fmt: skip
        return [added({**changes, "period": name}, PACKING) for name in MONTHS]

    edits = rows("site_services", "site_services", "product", made)
    edits += rows("site_services", "electricity", "input", power, "kWh")
    if taken is not None:
        edits += rows("profile_packing", "site_services", "input", taken)
    return edited(*edits)


@pytest.mark.parametrize(
    ("taken", "codes"),
    [
        (None, ["LEDGER_SERVICES_MISSING"]),
        ("0", ["LEDGER_SERVICES_OPEN"]),
        ("18000", ["LEDGER_SERVICES_OPEN"]),
        ("18900", []),
        ("19000", []),
    ],
)
def test_services_are_taken_up_by_the_final_steps(taken: str | None, codes: list[str]) -> None:
    findings = found(services(taken))
    assert [f.code for f in findings] == codes
    for finding in findings:
        assert "profile_packing" in finding.message("en")
        assert finding.remedy("zh")


def test_services_that_used_nothing_want_no_row() -> None:
    assert found(services(None, power="0")) == ()


def test_a_service_counted_in_tonnes_is_no_metal() -> None:
    told = {f.code for f in run_checks(services(None))} & {
        "LEDGER_SITE_BALANCE",
        "LEDGER_LINK_BALANCE",
        "LEDGER_METAL_BALANCE",
    }
    assert told == set()
    # The balance still sees metal that is no service.
    lost = scaled("profile_packing", "extrusion", Decimal("0.5"))
    assert {f.code for f in run_checks(edited(lost))} & {
        "LEDGER_MASS_BALANCE",
        "LEDGER_SITE_BALANCE",
    }


@pytest.mark.parametrize("name", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_the_examples_owe_nothing(name: str) -> None:
    assert found(example(name)[1]) == ()
