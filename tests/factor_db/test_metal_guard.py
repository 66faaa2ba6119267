"""The derivation asks of a frozen ledger's metal what the check asks today.

Packing makes 80 t of A and 20 t of B from 100 t. Booked 50 : 50 the ratios would be 0.625 t/t for A
and 2.5 t/t for B; booked 80 : 20, or on no code, 1 t/t each. Product and co-product likewise.
10 t of scrap sold beside 90 t (72 of A, 18 of B): without a code 8 and 2 t, 0.1111 t/t each; all
from A, 10 / 72 and 0. With a co-product of 18 t the product's scrap is 8 t of the 10.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from derivation_cases import freeze, row, values

from factor_db.factors.derive.derivation import derive_factors
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store

PACKING, INPUT = "profile_packing", ("profile_packing", "aged_profile")
SOLD = "sold_scrap"


def packed(inputs: dict[str, object], second: str = "product") -> list[LedgerEntry]:
    """Return 80 t of A and 20 t of B (a product, or a co-product) from coded inputs."""
    flow = "extrusion" if second == "product" else "cut_profile"
    return [
        row(2, "extrusion", "product", 80, process=PACKING, product="A"),
        row(3, flow, second, 20, process=PACKING, product="B"),
        *(
            row(number, "aged_profile", "input", amount, process=PACKING, product=code)
            for number, (code, amount) in enumerate(inputs.items(), start=4)
        ),
    ]


@pytest.mark.parametrize(
    ("second", "method"), [("product", None), ("co-product", "mass"), ("co-product", "causal")]
)
def test_metal_booked_on_the_wrong_output_is_refused(
    store: Store, second: str, method: str | None
) -> None:
    with store.work("admin") as work:
        file = freeze(work, packed({"A": 50, "B": 50}, second))
        with pytest.raises(BadInput, match="LEDGER_PRODUCT_BALANCE") as caught:
            derive_factors(work.session, file, method)
        work.session.rollback()
    for lang in LANGUAGES:
        shown = error_text(caught.value, lang)
        assert all(word in shown for word in (PACKING, "'A'", "50", "80", "ledger!F4"))


@pytest.mark.parametrize("inputs", [{"A": 80, "B": 20}, {"": 100}])
def test_metal_booked_as_it_went_gives_one_tonne_for_one(
    store: Store, inputs: dict[str, object]
) -> None:
    with store.work("admin") as work:
        factors = derive_factors(work.session, freeze(work, packed(inputs)))
        work.session.rollback()
    found = {item.product: item.value for item in factors if item.flow == INPUT[1]}
    assert found == {"": 1, "A": 1, "B": 1}


def scrap(second: str = "product", code: str = "") -> list[LedgerEntry]:
    flow = "cut_profile" if second == "product" else "raw_profile"
    return [
        row(2, "cut_profile", "product", 72, process="profile_stretching", product="A"),
        row(3, flow, second, 18, process="profile_stretching", product="B"),
        row(4, "internal_scrap", "co-product", 10, process="profile_stretching", product=code),
    ]


def test_scrap_sold_is_shared_as_the_metal_it_came_from() -> None:
    key = "profile_stretching", SOLD
    ninth = Decimal(10) / 90
    for product, value in values(scrap()).items():
        assert abs(value - ninth) < Decimal("1E-20"), product
    of_a = values(scrap(code="A"))
    assert abs(of_a[*key, "A"] - Decimal(10) / 72) < Decimal("1E-20")
    assert of_a[*key, "B"] == 0
    assert abs(of_a[*key, ""] - ninth) < Decimal("1E-20")
    beside = values(scrap("co-product"), "mass")
    assert list(beside) == [(*key, "")]
    assert abs(beside[*key, ""] - Decimal(8) / 72) < Decimal("1E-20")


def test_metal_filled_by_a_gap_rule_before_is_refused(store: Store) -> None:
    filled = row(5, "aged_profile", "input", 50, process=PACKING, month="2025-02", sheet="gaps")
    rows = [
        row(2, "extrusion", "product", 100, process=PACKING),
        row(4, "aged_profile", "input", 50, process=PACKING),
        filled,
    ]
    with store.work("admin") as work:
        with pytest.raises(BadInput, match="LEDGER_GAP_METAL") as caught:
            derive_factors(work.session, freeze(work, rows))
        work.session.rollback()
    for lang in LANGUAGES:
        assert "aged_profile" in error_text(caught.value, lang)
