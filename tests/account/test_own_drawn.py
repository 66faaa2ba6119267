"""What own metal drawn out of store may carry at most: layers of store, by hand.

500 t of billet lie in store when the year begins, 300 when it ends; each counts as 1 t CO2e/t. The
bound of unknown metal is 21.8 t CO2e/t. Last in, first out: the 200 t drawn are of whatever was
laid there last.
- 2024 began with 380: the upper 120 t are its own, at 3; the 80 t below are unknown:
  120 x 3 + 80 x 21.8 = 2104 t CO2e.
- 2023 began with 350 and knows 5: 120 x 3 + 30 x 5 + 50 x 21.8 = 1600.
- 2024 began with 500: it laid nothing there, and its footprint says nothing of what lies there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from plants import Plant

from factor_db.factors.record.reference import upper_bounds
from footprint.closure.line import ClosureLine
from footprint.closure.own_drawn import (
    EarlierLedger,
    OwnDrawn,
    is_barred,
    own_drawn,
    share_at_most,
    with_origins,
)

BILLET, CASTING = "billet", "billet_casting"
ACCOUNT = Decimal(1_000_000)


def drawn(tonnes: str = "200") -> OwnDrawn:
    amount = -Decimal(tonnes)
    line = ClosureLine("own_stock", BILLET, CASTING, amount, amount * 1000)
    (found,) = own_drawn([line], ACCOUNT)
    return found


def earlier(period: str, opening: str, t_per_t: str = "") -> EarlierLedger:
    figures = {CASTING: Decimal(t_per_t) * 1000} if t_per_t else {}
    return EarlierLedger(period, {BILLET: Decimal(opening)}, figures)


def most_t_co2e(ledgers: Sequence[EarlierLedger], opening: str = "500") -> tuple[Decimal, str]:
    plant = Plant()
    plant.keep(BILLET, opening=opening, closing=Decimal(opening) - 200)
    found = with_origins(drawn(), plant.ledger, ledgers)
    return found.most_kg_co2e / 1000, " ".join(found.earlier)


@pytest.mark.parametrize(
    ("ledgers", "most", "known"),
    [
        ([], "4360", ""),
        ([earlier("2024", "380", "3")], "2104", "2024"),
        ([earlier("2024", "380", "3"), earlier("2023", "350", "5")], "1600", "2024 2023"),
        ([earlier("2024", "0", "3")], "600", "2024"),
        ([earlier("2024", "500", "3")], "4360", ""),
        ([earlier("2024", "500", "3"), earlier("2023", "0", "16")], "3200", "2023"),
        ([earlier("2024", "900", "3"), earlier("2023", "0", "16")], "3200", "2023"),
        ([earlier("2024", "0")], "4360", ""),
        ([earlier("2024", "0", "0.5")], "200", "2024"),
    ],
)
def test_each_layer_carries_what_its_year_took(
    ledgers: list[EarlierLedger], most: str, known: str
) -> None:
    assert most_t_co2e(ledgers) == (Decimal(most), known)


def test_a_ledger_that_does_not_know_the_metal_ends_the_chain() -> None:
    silent = EarlierLedger("2024", {}, {CASTING: Decimal(3000)})
    assert most_t_co2e([silent, earlier("2023", "0", "5")]) == (Decimal(4360), "")


def test_metal_beyond_what_lay_in_store_is_nobody_s() -> None:
    # 150 t lay there, 200 were drawn: the 50 t that a count found are of no ledger.
    plant = Plant()
    plant.keep(BILLET, opening=150, adjustment=50)
    found = with_origins(drawn(), plant.ledger, [earlier("2024", "0", "3")])
    assert found.most_kg_co2e / 1000 == 150 * 3 + 50 * Decimal("21.8")


def test_the_share_is_what_may_be_missing_of_the_account() -> None:
    # 0.48 t x (21.8 - 1) = 9.984 of 1000 t CO2e; 0.49 t are 10.192, above 1 %.
    assert share_at_most([drawn("0.48")], ACCOUNT) == Decimal("0.009984")
    assert not is_barred(share_at_most([drawn("0.48")], ACCOUNT))
    assert is_barred(share_at_most([drawn("0.49")], ACCOUNT))


def test_metal_that_counts_for_more_than_any_is_not_drawn_at_a_risk() -> None:
    line = ClosureLine("own_stock", BILLET, CASTING, Decimal(-9), Decimal(-9 * 22000))
    assert own_drawn([line], ACCOUNT) == ()


def test_an_anode_is_no_metal_and_has_a_bound_of_its_own() -> None:
    """10 t at 0.6 t CO2e/t may carry 6.4, above the IAI's 3.8 with all coke and pitch upstream."""
    line = ClosureLine("own_stock", "anode", "anode_production", Decimal(-10), Decimal(-6000))
    (found,) = own_drawn([line], ACCOUNT)
    assert found.most_kg_co2e == 64_000
    plant = Plant()
    plant.keep("anode", opening=10, closing=0)
    assert with_origins(found, plant.ledger, []).most_kg_co2e == 64_000
    bounds = {slot: Decimal(row["value"]) for slot, row in upper_bounds().items()}
    upstream = bounds["calcined_coke/upstream"] + bounds["pitch/upstream"] / 4
    assert Decimal("3.8") + upstream < Decimal("6.4")
