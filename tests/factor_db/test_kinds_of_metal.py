"""Several kinds of metal into several outputs: each output has its own metal, or nothing is derived.

System under test: packing makes 50 t of A from 50 t of aged profile and 50 t of B from 50 t of
anodised profile. By hand, coded: A takes 50 / 50 = 1 t/t of aged and 0 of anodised profile, B the
other way round. Without codes on the metal each would be given 50 / 100 = 0.5 of both, whatever it
is made of: a plain profile would carry half of the anodising, an anodised one only half.
Rule: DER-CODES-001.
"""

from __future__ import annotations

import pytest
from derivation_cases import row, values

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.store.tables import LedgerEntry

PACKING = "profile_packing"


def packed(*codes: str) -> list[LedgerEntry]:
    return [
        row(number, "extrusion", "product", 50, process=PACKING, product=code)
        for number, code in enumerate(codes, start=2)
    ]


def metal(
    first: str = "",
    second: str = "",
    *,
    kinds: tuple[str, str] = ("aged_profile", "anodised_profile"),
) -> list[LedgerEntry]:
    return [
        row(number, flow, "input", 50, process=PACKING, product=code)
        for number, (flow, code) in enumerate(zip(kinds, (first, second), strict=True), start=10)
    ]


def refused(rows: list[LedgerEntry], flows: str, cells: str) -> None:
    with pytest.raises(BadInput, match="DERIVE_CODES_KINDS") as caught:
        values(rows, "mass")
    assert caught.value.params["flows"] == flows
    assert caught.value.params["cells"] == cells
    assert all(error_text(caught.value, lang) for lang in LANGUAGES)


def test_two_kinds_without_codes_are_refused_with_their_cells() -> None:
    refused(
        [*packed("A", "B"), *metal()], "aged_profile, anodised_profile", "ledger!F10, ledger!F11"
    )


def test_with_codes_each_has_its_own_metal() -> None:
    found = values([*packed("A", "B"), *metal("A", "B")])
    assert found[PACKING, "aged_profile", "A"] == found[PACKING, "anodised_profile", "B"] == 1
    assert found[PACKING, "aged_profile", "B"] == found[PACKING, "anodised_profile", "A"] == 0


def test_one_kind_needs_no_code() -> None:
    found = values([*packed("A", "B"), *metal(kinds=("aged_profile", "aged_profile"))])
    assert found[PACKING, "aged_profile", "A"] == found[PACKING, "aged_profile", "B"] == 1
    unused = row(12, "coated_profile", "input", 0, process=PACKING)
    rows = [*packed("A", "B"), *metal(kinds=("aged_profile", "aged_profile")), unused]
    assert values(rows)[PACKING, "coated_profile", "A"] == 0


def test_one_output_may_take_several_kinds() -> None:
    assert values([*packed("", ""), *metal()])[PACKING, "anodised_profile", ""] == 0.5


def test_a_co_product_of_aluminium_is_an_output_of_its_own_and_treated_dross_is_none() -> None:
    beside = row(20, "cut_profile", "co-product", 50, process=PACKING, product="L")
    refused(
        [*packed("A"), beside, *metal()],
        "aged_profile, anodised_profile",
        "ledger!F10, ledger!F11",
    )
    coded = values([*packed("A"), beside, *metal("L", "A")], "mass")
    assert coded[PACKING, "aged_profile", ""] == 0
    assert coded[PACKING, "anodised_profile", ""] == 1
    dross = row(20, "dross_treated", "co-product", 50, process=PACKING, product="D")
    assert values([*packed("A"), dross, *metal()], "mass")[PACKING, "aged_profile", ""] == 1


def test_a_charge_of_ingot_and_scrap_is_of_two_kinds() -> None:
    rows = [
        row(2, "charge_metal", "product", 50, process="charging", product="A"),
        row(3, "charge_metal", "product", 50, process="charging", product="B"),
        row(4, "primary_ingot", "input", 50, process="charging"),
        row(5, "scrap_turnings", "input", 50, process="charging"),
    ]
    refused(rows, "primary_ingot, scrap_turnings", "ledger!F4, ledger!F5")
