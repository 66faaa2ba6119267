"""Off-cuts booked as a co-product of the step's own metal are doubted; sold scrap is not.

System under test: the example extruder, whose saw gives its off-cuts back to the charge; here ten
tonnes of a month are sold as `cut_profile`, to a remelter, to a customer, or to who buys scrap too.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from ledger_cases import Edit, Rows
from test_doubted_zeros import edited, found

from factor_db.foundation.messages import Language
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.form.warning_codes import WARNING_CODES
from factor_db.ledger.products.sold_as_metal import BY_PARTY, BY_WORD, check_sold_as_metal

SAW = "profile_stretching"


def sold(flow: str = "cut_profile", role: str = "co-product", **words: str) -> Edit:
    """Return an edit that adds what the saw sold in a month, ten tonnes, with some words."""

    def edit(rows: Rows) -> Rows:
        like = next(row for row in rows if (row.process, row.flow) == (SAW, "cut_profile"))
        ten = like.amount * 0 + 10
        plain = {"counterparty": "", "evidence": "", "note": ""} | words
        new = replace(like, flow=flow, role=role, amount=ten, amount_canonical=ten, **plain)
        return [*rows, new]

    return edit


def doubts(*edits: Edit) -> list[Finding]:
    return found(edited("extrusion_plant", *edits), check_sold_as_metal)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"note": "锯切切头,售予某公司"}, "切头"),
        ({"evidence": "过磅单:回炉料"}, "回炉"),
        ({"counterparty": "Remelter Ltd"}, "remelt"),
        ({"note": "Short lengths, B grade"}, "short length"),
        ({"counterparty": "重庆某再生资源有限公司"}, "再生"),
    ],
)
def test_a_co_product_that_says_scrap_is_doubted_and_its_note_explains_nothing(
    words: dict[str, str], said: str
) -> None:
    (item,) = doubts(sold(**words))
    assert (item.code, item.params["said"], item.params["tonnes"]) == (BY_WORD, said, "10")
    assert not item.explained


def test_a_co_product_of_a_customer_is_not() -> None:
    assert doubts(sold(counterparty="某门窗有限公司", note="未时效型材")) == []


def test_who_buys_scrap_too_is_asked_for_what_else_it_buys() -> None:
    scrap = sold("sold_scrap", counterparty="某贸易有限公司")
    (item,) = doubts(sold(counterparty="某贸易有限责任公司"), scrap)
    assert (item.code, item.params["said"]) == (BY_PARTY, "某贸易有限责任公司")
    assert doubts(scrap) == []
    assert doubts(sold(counterparty="别的公司"), scrap) == []


def test_who_delivers_remelted_metal_is_asked_too() -> None:
    ingot = sold("recycled_ingot", "input", counterparty="某贸易有限公司")
    (item,) = doubts(sold(counterparty="某贸易有限公司"), ingot)
    assert item.code == BY_PARTY


@pytest.mark.parametrize(
    ("note", "codes"), [("seconds, sold by weight", [BY_WORD]), ("made of 30 % scrap", [])]
)
def test_a_product_that_says_it_is_sold_as_scrap(note: str, codes: list[str]) -> None:
    assert [item.code for item in doubts(sold(role="product", note=note))] == codes


def test_metal_made_to_be_melted_is_not_asked() -> None:
    assert doubts(sold("liquid_alloy", counterparty="Remelter Ltd")) == []
    melted = rule("AL-SECONDS-001").items("sold_to_be_melted")
    assert {*melted, *rule("AL-SECONDS-001").items("remelted")} <= set(vocabulary().flows)


@pytest.mark.parametrize("plant", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_the_examples_sell_no_scrap_as_metal(plant: str) -> None:
    assert found(edited(plant), check_sold_as_metal) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("code", "words"), [(BY_WORD, {"note": "remelt"}), (BY_PARTY, {"counterparty": "甲"})]
)
def test_the_message_says_what_it_saw_and_the_flow_to_book(
    code: str, words: dict[str, str], language: Language
) -> None:
    (item,) = doubts(sold(**words), sold("sold_scrap", counterparty="甲"))
    assert item.code == code
    assert {*words.values()} == {item.params["said"]}
    assert str(item.params["said"]) in item.message(language)
    assert "sold_scrap" in item.remedy(language)


def test_an_exception_may_explain_it() -> None:
    assert {BY_WORD, BY_PARTY} <= WARNING_CODES
