"""Allocation to co-products, and factors of each product.

System under test: a step makes 80 t of alumina (code A) and, as a co-product, 20 t of anode (code
L; no aluminium, which is never shared by value) from 1000 kWh. By hand, with no row carrying a code:
- mass: 0.8 × 1000 / 80 = 10 kWh/t;
- economic at 15 and 20 CNY/t: 1200 of 1600 CNY, 0.75 × 1000 / 80 = 9.375 kWh/t.
With 600 kWh metered for A, 300 for L and 100 for neither:
- mass: (600 + 0.8 × 100) / 80 = 8.5 kWh/t;
- causal: (600 + 600/900 × 100) / 80 = 8.33… kWh/t.
Two codes of one product, 60 t of A and 20 t of B, with 300 kWh for A and 400 for neither:
A (300 + 0.75 × 400) / 60 = 10, B 0.25 × 400 / 20 = 5, together 700 / 80 = 8.75 kWh/t.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from derivation_cases import freeze, row, values
from hypothesis import given, settings
from hypothesis import strategies as st

from factor_db.factors.derive.allocation import allocate, parts, shares
from factor_db.factors.derive.allocation_table import allocation_table
from factor_db.factors.derive.derivation import derive_factors, derive_site
from factor_db.factors.derive.outputs import exact_total, process_rows
from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES, AllocationName
from factor_db.factors.trace.factors import trace_factor
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store

POWER = ("melting", "electricity", "")


def made(price_a: str | None = "15", price_l: str | None = "20") -> list[LedgerEntry]:
    return [
        row(2, "alumina", "product", 80, product="A", price=price_a),
        row(3, "anode", "co-product", 20, product="L", price=price_l),
    ]


WHOLE = [row(4, "electricity", "input", 1000, "kWh")]
METERED = [
    row(4, "electricity", "input", 600, "kWh", product="A"),
    row(5, "electricity", "input", 300, "kWh", product="L"),
    row(6, "electricity", "input", 100, "kWh"),
]


@pytest.mark.parametrize(
    ("power", "method", "expected"),
    [
        (WHOLE, "mass", "10"),
        (WHOLE, "economic", "9.375"),
        (METERED, "mass", "8.5"),
        (METERED, "economic", "8.4375"),
    ],
)
def test_the_hand_calculation(
    power: list[LedgerEntry], method: AllocationName, expected: str
) -> None:
    assert values([*made(), *power], method)[POWER] == Decimal(expected)


def test_causal_follows_the_metered_rows() -> None:
    value = values([*made(), *METERED], "causal")[POWER]
    assert abs(value - Decimal(25) / 3) < Decimal("1E-26")


def test_none_with_co_products_is_an_error_that_names_the_choices() -> None:
    with pytest.raises(BadInput, match="DERIVE_COPRODUCT") as caught:
        values([*made(), *WHOLE])
    for lang in LANGUAGES:
        shown = error_text(caught.value, lang)
        assert all(word in shown for word in ("melting", "anode", *ALLOCATION_NAMES))


def test_a_co_product_of_which_nothing_was_made_needs_no_allocation() -> None:
    rows = [row(2, "alumina", "product", 80), row(3, "anode", "co-product", 0), *WHOLE]
    assert values(rows)[POWER] == Decimal("12.5")


def test_a_missing_price_names_its_cells() -> None:
    with pytest.raises(BadInput, match="DERIVE_PRICE_MISSING") as caught:
        values([*made(price_l=None), *WHOLE], "economic")
    assert caught.value.params["cells"] == "ledger!F3"


@pytest.mark.parametrize(
    ("process", "product", "co_product"),
    [
        ("billet_homogenising", "homogenised_billet", "billet"),
        ("billet_casting", "billet", "extrusion"),
        ("slab_casting", "slab", "plate"),
        ("ingot_casting", "cast_ingot", "liquid_alloy"),
        ("melting", "molten_metal", "primary_ingot"),
    ],
)
def test_two_forms_of_aluminium_are_never_shared_by_value(
    process: str, product: str, co_product: str
) -> None:
    """5 000 t sold at 9 000 CNY/t beside 10 000 t at 26 000: by mass a third, by value 0.147."""
    rows = [
        row(2, product, "product", 10_000, process=process, price="26000"),
        row(3, co_product, "co-product", 5_000, process=process, price="9000"),
        row(4, "electricity", "input", 15_000, "kWh", process=process),
    ]
    by_mass = values(rows, "mass")[process, "electricity", ""]
    assert abs(by_mass - 1) < Decimal("1E-26")
    with pytest.raises(BadInput, match="DERIVE_SAME_METAL") as caught:
        values(rows, "economic")
    for lang in LANGUAGES:
        assert all(word in error_text(caught.value, lang) for word in (process, product, "mass"))


def test_value_asks_for_a_reason_and_records_it(store: Store) -> None:
    with store.work("admin") as work:
        file = freeze(work, [*made(), row(4, "electricity", "input", 1000, "kWh")])
        with pytest.raises(BadInput, match="DERIVE_ECONOMIC_REASON"):
            derive_site(work, "S", allocation="economic", reason=" ")
        (ref,) = derive_site(work, "S", allocation="economic", reason="one kiln, no common unit")
        stored = load_factor(find_version(work.session, ref))
        (by_mass,) = derive_factors(work.session, file, "mass", "nobody asks")
        (again,) = derive_factors(work.session, file, "economic", "one kiln, no common unit")
    assert again.record() == stored.record()
    assert stored.derivation is not None
    assert stored.derivation.allocation is not None
    assert stored.derivation.allocation.reason == "one kiln, no common unit"
    assert by_mass.record()["derivation"]["allocation"] == {"method": "mass", "share": "0.8"}


def test_prices_of_zero_share_nothing() -> None:
    with pytest.raises(BadInput, match="DERIVE_PRICE_ZERO"):
        values([*made("0", "0"), *WHOLE], "economic")


def test_a_price_is_for_the_unit_it_was_written_with() -> None:
    """0.02 CNY/kg is 20 CNY/t: the same share as above."""
    rows = [
        made()[0],
        row(3, "anode", "co-product", 20, product="L", price="0.02", priced_per="kg"),
    ]
    assert values([*rows, *WHOLE], "economic")[POWER] == Decimal("9.375")


@pytest.mark.parametrize(
    "power",
    [
        WHOLE,
        [METERED[0], METERED[2]],  # the co-product has no row: it is not taken to use nothing
        [METERED[1], METERED[2]],
        [METERED[0]],  # all on the product: the co-product has no meter, the product no key
        [METERED[1]],  # all on the co-product: the product would take nothing
        [row(4, "electricity", "input", 600, "kWh", product="unknown")],
    ],
)
def test_causal_without_a_key_is_an_error_at_its_cells(power: list[LedgerEntry]) -> None:
    with pytest.raises(BadInput, match="DERIVE_CAUSAL_KEY") as caught:
        values([*made(), *power], "causal")
    assert caught.value.params["cells"] == power[-1].cell


@pytest.mark.parametrize(("of_product", "expected"), [("600", "7.5"), ("0", "0")])
def test_a_stated_zero_is_a_key(of_product: str, expected: str) -> None:
    rows = [
        row(4, "electricity", "input", of_product, "kWh", product="A"),
        row(5, "electricity", "input", 0, "kWh", product="L"),
    ]
    assert values([*made(), *rows], "causal")[POWER] == Decimal(expected)


def test_a_code_of_both_outputs_says_nothing() -> None:
    """Product and co-product both carry X: the 600 kWh of X are shared like the rest."""
    rows = [
        row(2, "alumina", "product", 80, product="X"),
        row(3, "anode", "co-product", 20, product="X"),
        row(4, "electricity", "input", 600, "kWh", product="X"),
        row(5, "electricity", "input", 400, "kWh"),
    ]
    assert values(rows, "mass")[POWER] == Decimal(10)


def test_scrap_sold_takes_no_burden_and_does_not_return_to_the_charge() -> None:
    """10 t of scrap go back, 5 t are sold: 0.1 t/t return, 0.05 t/t is sold, the power stays."""
    rows = [
        row(2, "slab", "product", 100, process="slab_casting"),
        row(3, "internal_scrap", "internal", 10, process="slab_casting"),
        row(4, "internal_scrap", "co-product", 5, process="slab_casting"),
        row(5, "electricity", "input", 1000, "kWh", process="slab_casting"),
    ]
    assert values(rows) == {
        ("slab_casting", "internal_scrap", ""): Decimal("0.1"),
        ("slab_casting", "sold_scrap", ""): Decimal("0.05"),
        ("slab_casting", "electricity", ""): Decimal(10),
    }


@given(st.decimals("0.001", "1000", places=3))
def test_scaling_inputs_and_outputs_together_leaves_every_factor(scale: Decimal) -> None:
    """A plant twice the size with the same meters has the same factors, so the same footprint."""
    given_rows = [
        ("alumina", "product", 80, "t"),
        ("electricity", "input", 700, "kWh"),
        ("internal_scrap", "co-product", 5, "t"),
        ("natural_gas", "input", 123, "m3"),
    ]

    def made(by: Decimal) -> dict[tuple[str, str, str], Decimal]:
        rows = enumerate(given_rows, start=2)
        return values(
            [row(at, flow, role, amount * by, unit) for at, (flow, role, amount, unit) in rows]
        )

    assert made(scale) == made(Decimal(1))


def test_each_product_has_its_factor_beside_the_general_one() -> None:
    found = values(
        [
            row(2, "alumina", "product", 60, product="A"),
            row(3, "alumina", "product", 20, product="B"),
            row(4, "electricity", "input", 300, "kWh", product="a "),
            row(5, "electricity", "input", 400, "kWh"),
        ]
    )
    assert found == {
        POWER: Decimal("8.75"),
        ("melting", "electricity", "A"): Decimal(10),
        ("melting", "electricity", "B"): Decimal(5),
    }


def test_one_product_code_or_an_unnamed_rest_makes_no_factor_of_its_own() -> None:
    one = [row(2, "alumina", "product", 60, product="A"), *WHOLE]
    assert set(values(one)) == {POWER}
    rest = [
        row(2, "alumina", "product", 60, product="A"),
        row(3, "alumina", "product", 40),
        row(4, "electricity", "input", 600, "kWh", product="A"),
        row(5, "electricity", "input", 400, "kWh"),
    ]
    # The unnamed 40 t take 0.4 × 400 / 40 = 4 kWh/t, which nothing stores: 0.6 × 14 + 0.4 × 4 = 10.
    assert values(rest) == {POWER: Decimal(10), ("melting", "electricity", "A"): Decimal(14)}


def test_the_choice_is_recorded_and_the_keys_can_be_traced(store: Store) -> None:
    with store.work("admin") as work:
        file = freeze(work, [*made(), *WHOLE])
        (factor,) = derive_factors(work.session, file, "economic")
        add_factor(work, factor)
        cells = {cell["cell"] for cell in trace_factor(work.session, factor.id)["cells"]}
        with pytest.raises(BadInput, match="ALLOCATION_UNKNOWN"):
            derive_factors(work.session, file, "by feeling")
    record = factor.record()
    assert record["derivation"]["allocation"] == {"method": "economic", "share": "0.75"}
    assert record["derivation"]["formula"].startswith("(sum(own amount) + economic share")
    assert cells == {"ledger!F2", "ledger!F3", "ledger!F4"}
    assert factor.pedigree[0] == 3
    assert factor.pedigree_reasons[0] == "DQ_REASON_SHARED_ECONOMIC"


def test_a_products_id_is_plain_and_tells_codes_apart(store: Store) -> None:
    codes = ["6061-T651", "6061_T651", "6061 T651", "板6061"]
    rows = [row(n, "alumina", "product", n, product=code) for n, code in enumerate(codes, 2)]
    with store.work("admin") as work:
        factors = derive_factors(
            work.session, freeze(work, [*rows, row(9, "electricity", "input", 7, "kWh")])
        )
    ids = {factor.product: factor.id for factor in factors}
    start = "s.2025.melting.electricity"
    assert ids == {
        "": start,
        "6061-T651": f"{start}.6061-t651",
        "6061_T651": f"{start}.6061_5ft651",
        "6061 T651": f"{start}.6061_20t651",
        "板6061": f"{start}._e69dbf6061",
    }


def test_the_table_shows_every_method_and_each_sums_to_the_whole(store: Store) -> None:
    sold = row(9, "internal_scrap", "co-product", 7)
    with store.work("admin") as work:
        table = allocation_table(work.session, freeze(work, [*made(price_l=None), *METERED, sold]))
    for method in ("mass", "causal"):
        lines = [line for line in table if line.method == method]
        assert [line.role for line in lines] == ["scrap", "co-product", "product"]
        assert sum(line.share or 0 for line in lines) == 1
        assert exact_total(line.amount or Decimal(0) for line in lines) == 1000
        assert lines[0].amount == 0
    assert {line.problem for line in table if line.method == "economic"} == {"DERIVE_PRICE_MISSING"}
    by_mass = {line.role: line.amount for line in table if line.method == "mass"}
    assert by_mass == {"scrap": 0, "co-product": Decimal(320), "product": Decimal(680)}


def test_the_table_is_empty_without_co_products(store: Store) -> None:
    with store.work("admin") as work:
        assert allocation_table(work.session, freeze(work, [made()[0], *WHOLE])) == []


amounts = st.decimals(min_value=0, max_value=10**9, places=6)
positive = st.decimals(min_value="0.001", max_value=10**6, places=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(positive, min_size=1, max_size=9))
def test_shares_sum_to_exactly_one_and_none_is_negative(weights: list[Decimal]) -> None:
    found = shares(weights)
    assert exact_total(found) == 1
    assert min(found) >= 0


@settings(max_examples=200, deadline=None)
@given(amounts, st.lists(positive, min_size=1, max_size=9))
def test_parts_sum_to_exactly_the_amount(amount: Decimal, weights: list[Decimal]) -> None:
    found = parts(amount, shares(weights))
    assert exact_total(found) == amount
    assert min(found) >= 0


@settings(max_examples=100, deadline=None)
@given(positive, positive, positive, st.integers(2, 9))
def test_a_dearer_co_product_carries_more(
    power: Decimal, price_a: Decimal, price_l: Decimal, times: int
) -> None:
    """No switch is touched: only the price in the ledger changes."""
    used = row(4, "electricity", "input", power, "kWh")
    before = values([*made(str(price_a), str(price_l)), used], "economic")[POWER]
    after = values([*made(str(price_a), str(price_l * times)), used], "economic")[POWER]
    assert after < before


@st.composite
def plants(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two product codes, a co-product and several rows of power, some with codes."""
    codes = st.sampled_from(["", "A", "B", "L"])
    rows: list[dict[str, Any]] = [
        {
            "flow": "alumina",
            "role": "product",
            "amount": draw(positive),
            "product": code,
            "price": "3",
        }
        for code in ("A", "B")
    ]
    rows.append(
        {
            "flow": "anode",
            "role": "co-product",
            "amount": draw(positive),
            "product": "L",
            "price": "5",
        }
    )
    rows += [
        {
            "flow": "electricity",
            "role": "input",
            "unit": "kWh",
            "amount": draw(positive),
            "product": code,
        }
        for code in ("A", "L", *draw(st.lists(codes, max_size=5)))
    ]
    return rows


def numbered(plant: list[dict[str, Any]], scale: int = 1) -> list[LedgerEntry]:
    return [
        row(number, **{**item, "amount": item["amount"] * scale})
        for number, item in enumerate(plant, start=2)
    ]


@settings(max_examples=100, deadline=None)
@given(plants(), st.sampled_from(ALLOCATION_NAMES))
def test_what_the_outputs_carry_sums_to_what_was_used(
    plant: list[dict[str, Any]], method: AllocationName
) -> None:
    rows = numbered(plant)
    (process,) = process_rows(rows)
    found = allocate(process, "electricity", method)
    used = exact_total(item.amount for item in rows if item.role == "input")
    assert exact_total(found.amounts.values()) == used


@settings(max_examples=100, deadline=None)
@given(plants(), st.sampled_from(ALLOCATION_NAMES))
def test_factors_of_products_recombine_to_the_general_one(
    plant: list[dict[str, Any]], method: AllocationName
) -> None:
    found = values(numbered(plant), method)
    output = {item["product"]: item["amount"] for item in plant if item["role"] == "product"}
    mean = sum(found["melting", "electricity", code] * output[code] for code in output) / sum(
        output.values()
    )
    assert abs(mean / found[POWER] - 1) < Decimal("1E-18")


@settings(max_examples=100, deadline=None)
@given(
    plants(),
    st.sampled_from(ALLOCATION_NAMES),
    st.randoms(use_true_random=False),
    st.integers(2, 12),
)
def test_order_of_rows_and_scale_leave_the_factors(
    plant: list[dict[str, Any]], method: AllocationName, random: Any, scale: int
) -> None:
    found = values(numbered(plant), method)
    shuffled = list(plant)
    random.shuffle(shuffled)
    assert values(numbered(shuffled), method) == found
    for key, value in values(numbered(plant, scale), method).items():
        assert abs(value - found[key]) <= found[key] * Decimal("1E-18")
