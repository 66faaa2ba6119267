"""A row is coded to what its step, or a step after it, makes (AL-BAL-006).

System: the extrusion example, its last four steps split half and half in 6063-T5 and 6063-T6. By
hand: with T6's power rows spelt `6063-T6 (alt)` half of the power of a step has no code it knows
and is shared half and half, so T5 carries 1/2 + 1/4 = 3/4 of it and T6 one quarter: the step as a
whole is as before, and nothing but the code shows the slip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from ledger_cases import example
from test_ledger_magnitude import month_index_of

from factor_db.factors.derive.metal_guard import require_balanced_products, require_known_codes
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import error_text
from factor_db.ledger import LedgerRow
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.products.codes import check_product_codes
from factor_db.store.tables import LedgerEntry

MILL = ("extruding", "profile_stretching", "profile_ageing", "profile_packing")
POWER = "electricity"
T5, T6 = "6063-T5", "6063-T6"
Named = Callable[[LedgerRow, str], str]


def as_written(_: LedgerRow, code: str) -> str:
    return code


def plant(named: Named = as_written) -> list[LedgerRow]:
    """Split metal and power of the mill over two codes; `named` says how a row writes its code."""
    rows: list[LedgerRow] = []
    for row in example("extrusion_plant")[1]:
        split = row.process in MILL and (row.unit == "t" or row.flow == POWER)
        if not split or "." in row.flow:
            rows.append(replace(row, product=named(row, row.product)))
            continue
        half = {name: getattr(row, name) / 2 for name in ("amount", "amount_canonical")}
        rows += [replace(row, product=named(row, code), **half) for code in (T5, T6)]
    return rows


def power_of(process: str, code: str, written: str) -> Named:
    """Write the code of a step's power otherwise; an empty code is of the steps before the mill."""

    def named(row: LedgerRow, old: str) -> str:
        return written if (row.process, row.flow, old) == (process, POWER, code) else old

    return named


def found(rows: list[LedgerRow]) -> list[Finding]:
    findings = Findings()
    check_product_codes(month_index_of(rows), findings)
    return list(findings.collected())


def entries(rows: list[LedgerRow]) -> list[LedgerEntry]:
    return [
        LedgerEntry(
            ledger="f" * 64, row_number=number, owner="O", period=row.period, process=row.process,
            flow=row.flow, product=row.product, role=row.role, amount=row.amount_canonical,
            unit=row.unit, method=row.method, cell=f"ledger!F{number}", payload="{}",
        )
        for number, row in enumerate(rows, start=2)
    ]  # fmt: skip


def test_a_slip_in_a_code_is_an_error_at_its_cell_naming_the_codes_there_are() -> None:
    rows = plant(power_of("extruding", T6, "6063-T6 (alt)"))
    slips = [line for line, row in enumerate(rows, start=2) if row.product == "6063-T6 (alt)"]
    findings = found(rows)
    assert {(item.code, item.severity) for item in findings} == {
        ("LEDGER_PRODUCT_CODE_UNKNOWN", "error")
    }
    assert [item.cell for item in findings] == [f"D{line}" for line in slips]
    assert len(slips) == 12
    for lang in ("zh", "en"):
        text = findings[0].message(lang)
        assert "extruding" in text
        assert "6063-T6 (alt)" in text
        assert "6063-T6, 6063-T5" in text
        assert findings[0].remedy(lang)


@pytest.mark.parametrize(
    "named",
    [
        as_written,
        power_of("extruding", T6, ""),
        power_of("extruding", T6, " 6063-t6 "),
        power_of("extruding", T6, "６０６３-Ｔ６"),  # full-width letters
        power_of("extruding", T6, "6063"),  # the alloy of every code of the step
        power_of("melting", "", T6),  # told apart only later
        power_of("melting", "", "6063"),
    ],
)
def test_what_says_whose_a_row_is_passes(named: Named) -> None:
    assert found(plant(named)) == []


def test_charging_coded_to_the_alloy_passes() -> None:
    def named(row: LedgerRow, code: str) -> str:
        return "6063" if row.process == "charging" and "." not in row.flow else code

    assert found(plant(named)) == []


def test_a_code_that_only_an_earlier_step_makes_is_no_code_of_a_later_one() -> None:
    def named(row: LedgerRow, code: str) -> str:
        return "B203" if (row.process, row.role) == ("billet_casting", "product") else code

    assert found(plant(named)) == []
    rows = [
        replace(row, product="B203")
        if (row.process, row.flow, row.product) == ("extruding", POWER, T6) else row
        for row in plant(named)
    ]  # fmt: skip
    assert len(found(rows)) == 12


def test_a_step_that_tells_its_codes_apart_takes_no_code_of_a_later_step() -> None:
    """A thousandth packed as a third code makes that code no answer to whose power it was."""

    def named(row: LedgerRow, code: str) -> str:
        if row.process == "profile_packing" and row.period == "2025-01" and code == T6:
            return "6063-T66"
        return "6063-T66" if (row.process, row.flow, code) == ("extruding", POWER, T6) else code

    assert {item.params["known"] for item in found(plant(named))} == {"6063-T6, 6063-T5"}


def test_the_alloy_of_some_codes_only_says_not_which() -> None:
    def named(row: LedgerRow, code: str) -> str:
        if (row.process, row.flow, code) == ("extruding", POWER, T6):
            return "6063"
        return "6061-T6" if row.process in MILL and code == T5 else code

    assert {item.params["known"] for item in found(plant(named))} == {"6063-T6, 6061-T6"}


def test_a_code_of_product_and_co_product_says_not_whose() -> None:
    rows = plant()
    sold = next(row for row in rows if (row.process, row.product) == ("extruding", T6))
    part = replace(sold, flow="cut_profile", role="co-product")
    assert found([*rows, replace(part, product="SOLD")]) == []
    findings = found([*rows, part])
    assert {item.code for item in findings} == {"LEDGER_PRODUCT_CODE_SHARED"}
    assert all(
        item.message(lang) and item.remedy(lang) for item in findings for lang in ("zh", "en")
    )


def test_an_amount_of_nothing_is_nobodys() -> None:
    rows = plant()
    meter = next(row for row in rows if row.flow == POWER)
    nothing = {"amount": Decimal(0), "amount_canonical": Decimal(0)}
    assert found([*rows, replace(meter, product="7075", **nothing)]) == []


def test_silent_where_a_row_that_may_make_the_code_cannot_be_read() -> None:
    month_index = month_index_of(plant(power_of("extruding", T6, "6063-T6 (alt)")))
    month_index.distrusted.add(("profile_packing", "extrusion"))
    findings = Findings()
    check_product_codes(month_index, findings)
    assert not findings.collected()


@pytest.mark.parametrize("asked", [require_known_codes, require_balanced_products])
def test_a_ledger_frozen_before_is_refused_by_name(asked: Callable[..., None]) -> None:
    asked(entries(plant()))
    rows = entries(plant(power_of("extruding", T6, "6063-T6 (alt)")))
    with pytest.raises(BadInput) as caught:
        asked(rows)
    assert caught.value.code == "LEDGER_PRODUCT_CODE_UNKNOWN"
    slips = [row.cell for row in rows if row.product == "6063-T6 (alt)"]
    for lang in ("zh", "en"):
        text = error_text(caught.value, lang)
        assert slips[0] in text
        assert "6063-T6, 6063-T5" in text
