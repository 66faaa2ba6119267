"""Numbers near 0 where something must have been, and one fuel with two calorific values.

Systems: the example plants with a few rows changed, by hand:

- coating: May's 524.38 t of pre-consumer scrap charged as turnings; 0.2 % of it is 1048.76 kg, so
  1048 kg burnt are doubted and 1049 kg are not.
- services: the recycling plant delivers 125 000 t of liquid and packs 45 000 t of ingot. Of 170 t
  services a month, ingot would take 45: below 22.5 (half) and above 90 (double) is doubted.
- gas: all gas of the extrusion plant has 35.6 MJ/m3, stated at melting; 2 % below is 34.888.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from ledger_cases import Edit, Rows, changed, example, find

from factor_db.ledger import LedgerRow
from factor_db.ledger.checks.calorific_values import check_calorific
from factor_db.ledger.checks.doubted_zeros import check_doubted_zeros
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.reading.row_checks import RowReading
from tools.example_book import MONTHS

D = Decimal
CHARGE, GAS = ("charging", "scrap_pre_consumer"), "natural_gas.net_calorific_value"
COLUMNS = ("process", "flow", "product", "amount")


def edited(plant: str, *edits: Edit) -> Rows:
    rows: Iterable[LedgerRow] = list(example(plant)[1])
    for edit in edits:
        rows = edit(list(rows))
    return [replace(row, row_number=number) for number, row in enumerate(rows, start=2)]


def found(
    rows: Iterable[LedgerRow], check: Callable[[MonthIndex, Findings], None] = check_doubted_zeros
) -> list[Finding]:
    readings = tuple(
        RowReading(
            row.row_number,
            row.process,
            row.flow,
            row.period,
            replace(row, cells={name: f"{name}{row.row_number}" for name in COLUMNS}),
        )
        for row in rows
    )
    findings = Findings()
    check(MonthIndex(readings, MONTHS), findings)
    return list(findings.collected())


def row_of(process: str, flow: str, amount: str, unit: str, role: str, **more: Any) -> Edit:
    value = {"amount": D(amount), "amount_canonical": D(amount)}
    units = {"unit": unit, "unit_canonical": unit}
    change = {"process": process, "flow": flow, "role": role, **value, **units, **more}

    def edit(rows: Rows) -> Rows:
        return [*rows, replace(rows[0], period=change.pop("period", "2025-05"), **change)]

    return edit


def coating(amount: str, **more: Any) -> Edit:
    return row_of("melting", "organic_coating", amount, "kg", "emission", **more)


@pytest.mark.parametrize("plant", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_the_examples_have_nothing_to_doubt(plant: str) -> None:
    rows = edited(plant)
    assert found(rows) == found(rows, check_calorific) == []


@pytest.mark.parametrize(
    ("burnt", "more", "doubted", "explained"),
    [
        ("0", {}, True, False),
        ("1048", {}, True, False),
        ("1049", {}, False, False),
        ("0", {"note": "无"}, True, False),
        ("0", {"note": "干切削,化验无油"}, True, True),
        ("0", {"evidence": "lab-2025-17"}, True, True),
    ],
)
def test_scrap_with_oil_that_burns_none_is_doubted(
    burnt: str, more: dict[str, Any], doubted: bool, explained: bool
) -> None:
    findings = found(
        edited("extrusion_plant", changed(*CHARGE, flow="scrap_turnings"), coating(burnt, **more))
    )
    assert [item.code for item in findings] == ["LEDGER_COATING_ZERO"] * doubted
    assert [item.explained for item in findings] == [explained] * doubted
    for item in findings:
        assert "524.38" in item.message("en")
        assert "AL-COAT-001" in item.message("zh")


def test_clean_scrap_may_burn_nothing() -> None:
    assert found(edited("extrusion_plant", coating("0"))) == []


def test_decoating_that_burns_no_paint_is_doubted() -> None:
    def none(rows: Rows) -> Rows:
        return [
            replace(row, amount=D(0), amount_canonical=D(0))
            if row.flow == "organic_coating"
            else row
            for row in rows
        ]

    (finding,) = found(edited("recycling_plant", none))
    assert finding.code == "LEDGER_COATING_ZERO"
    assert "scrap_decoating" in finding.message("en")


@pytest.mark.parametrize(
    ("product", "codes"),
    [
        ("6063-T5 粉末喷涂", ["LEDGER_SURFACE_NOT_MADE"]),
        ("6063-T5 Powder-coated", ["LEDGER_SURFACE_NOT_MADE"]),
        ("6063-T5 阳极氧化", ["LEDGER_SURFACE_NOT_MADE"]),
        ("6063-T5", []),
    ],
)
def test_a_surface_in_the_name_needs_what_makes_it(product: str, codes: list[str]) -> None:
    findings = found(
        edited("extrusion_plant", changed("profile_packing", "extrusion", product=product))
    )
    assert [item.code for item in findings] == codes
    assert all(product in item.message("en") for item in findings)
    powder = row_of("powder_coating", "coating_powder", "5000", "kg", "input")
    acid = row_of("anodising", "sulphuric_acid", "5000", "kg", "input")
    with_both = edited(
        "extrusion_plant", changed("profile_packing", "extrusion", product=product), powder, acid
    )
    assert found(with_both) == []


def services(of_ingot: str, **more: Any) -> Rows:
    rest = str(170 - D(of_ingot))
    edits = []
    for month in MONTHS:
        at = {"period": month}
        edits += [
            row_of("site_services", "site_services", "170", "t", "product", **at),
            row_of("liquid_delivery", "site_services", rest, "t", "input", **at),
            row_of("ingot_packing", "site_services", of_ingot, "t", "input", **at, **more),
        ]
    return edited("recycling_plant", *edits)


@pytest.mark.parametrize(
    ("of_ingot", "doubted"),
    [("0", True), ("22", True), ("23", False), ("45", False), ("90", False), ("91", True)],
)
def test_services_of_nothing_are_doubted(of_ingot: str, doubted: bool) -> None:
    findings = found(services(of_ingot))
    assert [item.code for item in findings] == ["LEDGER_SERVICES_ZERO"] * doubted
    for item in findings:
        assert not item.explained
        assert "ingot_packing" in item.message("en")
        assert "540 t" in item.message("en")  # 45 t a month
    assert all(item.explained for item in found(services(of_ingot, note="锭库在厂外,不用公用")))


def gas(process: str, value: str, **more: Any) -> Edit:
    return row_of(process, GAS, value, "MJ/m3", "input", period="2025-01", **more)


@pytest.mark.parametrize(("value", "doubted"), [("31.5", True), ("34.88", True), ("34.89", False)])
def test_one_gas_has_one_calorific_value(value: str, doubted: bool) -> None:
    rows = edited("extrusion_plant", gas("refining", value))
    findings = found(rows, check_calorific)
    assert [item.code for item in findings] == ["LEDGER_CALORIFIC_DIFFERS"] * doubted
    first = find(rows, "melting", GAS, "2025-01") + 2
    for item in findings:
        assert (item.cell, item.explained) == (f"amount{len(rows) + 1}", False)
        for word in (value, "35.6", "melting", "refining", f"ledger!amount{first}"):
            assert word in item.message("en")
            assert word in item.message("zh")


def test_two_gases_are_said_at_both_rows() -> None:
    noted = changed("melting", GAS, "2025-01", note="管道天然气")
    one = edited("extrusion_plant", gas("refining", "31.5", note="外购LNG气化"))
    both = edited("extrusion_plant", noted, gas("refining", "31.5", note="外购LNG气化"))
    assert [item.explained for item in found(one, check_calorific)] == [False]
    assert [item.explained for item in found(both, check_calorific)] == [True]


def test_a_value_at_a_step_without_gas_holds_for_the_steps_that_state_none() -> None:
    """Charging burns no gas; refining and heating state no value of their own and take it."""
    (finding,) = found(edited("extrusion_plant", gas("charging", "31.5")), check_calorific)
    assert "charging" in finding.message("en")


def test_winter_and_summer_may_differ() -> None:
    rows = [*example("extrusion_plant")[1]]
    place = find(rows, "melting", GAS, "2025-01")
    rows.append(replace(rows[place], period="2025-07", amount=D(34), amount_canonical=D(34)))
    numbered = [replace(row, row_number=number) for number, row in enumerate(rows, start=2)]
    assert found(numbered, check_calorific) == []
