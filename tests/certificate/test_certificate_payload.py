"""What a certificate says, how long it holds, and what is refused.

System: the calculation of certificate_document.py, total 9.187645 kg CO2e per kg.
By hand: shares 8.4 / 9.187645 = 91.4 %; PDS 4.488 → 4.5 %; co2e-only 0.3052 / 9.187645 = 3.3 %;
stages 91.427, 5.142, 3.322 and 0.109 % cut to 91.4, 5.1, 3.3 and 0.1, and the step that is left
goes to the largest remainder, the cast house; alternative 9.951: (9.951 − 9.187645) / 9.187645 = +8.3 %.
Validity: period to 2023-12-31, issued 2026-11-22 → 2026-12-31 (three years after the period).
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.messages import catalogue
from factor_db.foundation.names import dictionary, names
from footprint.certificate.payload import Review, build_credential, certificate_id
from footprint.certificate.validity import valid_until, years_later
from footprint.engine.statistics.intervals import summarise
from footprint.result.document import read_result
from footprint.sampling.uncertainty import interval_figures
from footprint.words.book import is_slot
from lca_models.catalogue import PRODUCTS
from tests.certificate.certificate_document import calculation, illustrative_calculation, renamed

ISSUED_AT = datetime(2026, 11, 22, tzinfo=UTC)
ISSUER = {"did": "did:key:z6Mk", "name": "发行方", "pdfCertificateSha256": "00" * 32}


def built(document=None, issued_at=ISSUED_AT, review=None):
    return build_credential(
        read_result(document or calculation()),
        ISSUER,
        issued_at=issued_at,
        review=review or Review("self_declared"),
    )


def test_validity_of_the_worked_example():
    assert valid_until(date(2026, 11, 22), date(2023, 12, 31)) == date(2026, 12, 31)


def test_validity_is_two_years_for_a_recent_period():
    assert valid_until(date(2026, 11, 22), date(2025, 12, 31)) == date(2028, 11, 22)


def test_leap_day_ends_on_28_february():
    assert years_later(date(2024, 2, 29), 3) == date(2027, 2, 28)


def test_last_day_may_be_the_issue_day_and_no_earlier():
    assert valid_until(date(2026, 12, 31), date(2023, 12, 31)) == date(2026, 12, 31)
    with pytest.raises(BadInput) as caught:
        valid_until(date(2027, 1, 1), date(2023, 12, 31))
    assert caught.value.code == "CERTIFICATE_EXPIRED_AT_ISSUE"


def test_nothing_is_issued_before_the_period_is_over():
    assert valid_until(date(2025, 12, 31), date(2025, 12, 31)) == date(2027, 12, 31)
    with pytest.raises(BadInput) as caught:
        valid_until(date(2025, 12, 30), date(2025, 12, 31))
    assert caught.value.code == "CERTIFICATE_BEFORE_PERIOD_END"


def test_credential_shows_the_figures_by_hand():
    subject = built()["credentialSubject"]
    result = subject["result"]
    assert result["rounded"] == {
        "value": "9.188",
        "low": "8.741",
        "high": "9.705",
        "levelPercent": "95",
    }
    assert [(row["code"], row["sharePercent"]) for row in result["byStage"]] == [
        ("metal_input", "91.4"),
        ("casthouse", "5.2"),
        ("rolling", "3.3"),
        ("finishing", "0.1"),
    ]
    assert result["largest"][0]["value"] == "8.4"
    assert {row["code"]: row["value"] for row in result["byOrigin"]} == {
        "fossil": "8.677645",
        "biogenic": "0.01",
        "process": "0.5",
    }
    assert subject["quality"]["pdsRounded"] == "4.5"
    assert subject["quality"]["activityPrimaryPercent"] == "99.9"
    assert subject["quality"]["dqrRounded"]["technological"] == "1.8"
    assert subject["cutOffs"][0]["amountRounded"] == "0.00002"
    assert subject["quality"]["co2eOnly"] == {"value": "0.3052", "sharePercent": "3.3", "rows": 1}
    first = subject["choices"]["alternatives"][0]
    assert (first["rounded"], first["differencePercent"]) == ("9.951", "+8.3")
    assert subject["cutOffs"][0]["mass_share_percent"] == "0.002"
    assert subject["offsetsIncluded"] is False


def test_whole_calculation_is_embedded_unchanged():
    assert built()["credentialSubject"]["calculation"] == calculation()


def test_validity_stands_in_the_credential():
    document = calculation(period={"start": "2023-01-01", "end": "2023-12-31"})
    credential = built(document)
    assert credential["validFrom"] == "2026-11-22T00:00:00Z"
    assert credential["validUntil"] == "2026-12-31T23:59:59Z"


def test_id_follows_from_content_only():
    assert built()["id"] == built()["id"] == certificate_id(built())
    assert built()["id"] != built(issued_at=datetime(2026, 11, 23, tzinfo=UTC))["id"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", built()["id"])


def test_missing_slots_are_named_and_refused():
    document = calculation()
    document["coverage"]["missing"] = ["melting/diesel/inventory"]
    with pytest.raises(Incomplete) as caught:
        built(document)
    assert caught.value.params["items"] == "melting/diesel/inventory"


def test_unused_field_data_are_named_and_refused():
    with pytest.raises(BadInput) as caught:
        built(calculation(unused_field_data=["cq01.2025.melting.diesel@1", "b@2"]))
    assert caught.value.code == "CERTIFICATE_UNUSED_FIELD_DATA"
    assert caught.value.params["items"] == "cq01.2025.melting.diesel@1, b@2"


@pytest.mark.parametrize(
    ("value", "place"), [(None, ""), ("", ""), ({}, ""), ([1], ".0"), (["a@1", None], ".1")]
)
def test_unused_field_data_must_be_a_list_of_texts(value, place):
    with pytest.raises(BadInput) as caught:
        built(calculation(unused_field_data=value))
    assert caught.value.params["field"] == f"unused_field_data{place}"
    document = calculation()
    del document["unused_field_data"]
    with pytest.raises(BadInput):
        built(document)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"low": "9.8"}, "low"),  # above the high end
        ({"level": "95"}, "level"),
        ({"method": "低碳"}, "method"),
        ({"samples": 0}, "samples"),
        ({"samples": True}, "samples"),
        ({"seed": "1"}, "seed"),
    ],
)
def test_strange_intervals_are_named(change, field):
    document = calculation()
    document["total"]["interval"].update(change)
    with pytest.raises(BadInput) as caught:
        built(document)
    assert caught.value.params["field"] == f"total.interval.{field}"


@pytest.mark.parametrize("change", [{"low": "9.1877"}, {"high": "9.1876"}])
def test_total_outside_its_interval_is_told_apart_from_a_fault_of_form(change):
    """The total is 9.187645."""
    document = calculation()
    document["total"]["interval"].update(change)
    with pytest.raises(BadInput) as caught:
        built(document)
    assert caught.value.code == "CERTIFICATE_NOMINAL_OUTSIDE"


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_interval_without_width_holds_the_total_it_was_drawn_from(away):
    """Nothing drawn: each sample is the double at the exact total, or the one beside it.

    The total lies 1e-17 below 9.187645, a number of few digits: a double can only lie beside it.
    """
    document = calculation()
    last, total = document["contributions"][-1], document["total"]
    for sums, name in (
        (last, "kg_co2e"),
        (document["by_stage"], "finishing"),
        (document["by_gas"], "co2_biogenic"),
        (document["by_scope"], "3"),
        (total, "value"),
    ):
        sums[name] = str(Decimal(sums[name]) - Decimal("1e-17"))
    document["result_hash"] = content_hash("result", document["contributions"])
    sampled = float(total["value"]) + away * math.ulp(float(total["value"]))
    found = interval_figures(summarise(np.full(100, sampled), np.full(100, True)), sampled).record()
    total["interval"].update({name: found[name] for name in ("low", "high")})
    built(renamed(document))


DETAILS = {
    "low_error": "0.01", "high_error": None, "mean": "9.2", "mean_error": "0.003",
    "median": "9.1", "median_error": "0.004", "drift": ["mean"], "non_productive": 2,
    "sampling": "quasi",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"low_error": "-1"}, "low_error"),
        ({"mean": None}, "mean"),
        ({"drift": ["none"]}, "drift"),
        ({"non_productive": 10000}, "non_productive"),
        ({"sampling": "sobol"}, "sampling"),
    ],
)
def test_strange_details_of_an_interval_are_named(change, field):
    document = calculation()
    document["total"]["interval"].update(DETAILS)
    built(document)
    document["total"]["interval"].update(change)
    with pytest.raises(BadInput) as caught:
        built(document)
    assert caught.value.params["field"] == f"total.interval.{field}"


def test_interval_has_its_six_fields_or_all_or_is_null():
    document = calculation()
    document["total"]["interval"]["certifiedBy"] = "x"
    with pytest.raises(BadInput):
        built(document)
    document["total"]["interval"] = None
    assert "low" not in built(document)["credentialSubject"]["result"]["rounded"]


def test_reason_without_a_total_says_what_is_missing():
    document = calculation()
    document["choices"]["alternatives"][3]["reason"] = "SLOT_TIE"
    rows = built(document)["credentialSubject"]["choices"]["alternatives"]
    assert rows[2]["reasonName"]["en"] == (
        "no factor for Electricity from every source · life cycle of the residual mix"
    )
    assert rows[2]["reason"] == "electricity/residual_life_cycle"
    assert rows[3]["reasonName"]["en"] == "two factors fit equally well"
    assert "reasonName" not in rows[0]


def test_slots_are_told_from_other_texts():
    for text in (
        "electricity/residual_life_cycle",
        "melting/natural_gas/inventory",
        "natural_gas.net_calorific_value/property",
    ):
        assert is_slot(text)
    for text in ("", "low-carbon", "electricity", "electricity/green", "a/b/c/d", "x/y/inventory"):
        assert not is_slot(text)


def test_every_product_has_a_name():
    for product in PRODUCTS:
        assert product in names("product")


def test_estimate_is_refused():
    with pytest.raises(Incomplete) as caught:
        built(calculation(estimate=True))
    assert caught.value.code == "CERTIFICATE_ESTIMATE"


@pytest.mark.parametrize("name", ["by_stage", "by_gas", "by_scope"])
def test_sums_that_do_not_agree_are_refused(name):
    document = calculation()
    code = next(iter(document[name]))
    document[name][code] = "1.5"
    with pytest.raises(BadInput) as caught:
        built(document)
    assert caught.value.code == "CERTIFICATE_SUMS"


def test_total_that_is_not_the_sum_of_rows_is_refused():
    document = calculation()
    document["total"]["value"] = "9.187646"
    with pytest.raises(BadInput) as caught:
        built(document)
    assert caught.value.code == "CERTIFICATE_SUMS"


@pytest.mark.parametrize("value", ["1e5", "NaN", "1.", "01", 1, None, "9" * 60])
def test_strange_numbers_are_named(value):
    document = calculation()
    document["total"]["value"] = value
    with pytest.raises(BadInput) as caught:
        built(document)
    assert caught.value.params["field"] == "total.value"


@pytest.mark.parametrize("review", [("verified", "", ""), ("internal", "", ""), ("", "", "")])
def test_review_level_must_be_whole(review):
    with pytest.raises(BadInput):
        Review(*review)


def test_own_statement_is_in_the_prescribed_words():
    statements = {row["code"]: row["text"] for row in built()["credentialSubject"]["statements"]}
    assert statements["OWN"] == {
        "zh": "发行方自有核算声明,非认证证书,与中国产品碳足迹标识及任何国家认证无关。",
        "en": "Issuer's own statement; not a certification, EPD or national label.",
    }
    assert "Not a CBAM declaration" in statements["CBAM"]["en"]
    assert (
        "No offsets, avoided emissions or use-phase savings included" in statements["OFFSETS"]["en"]
    )
    assert "integrity, not correctness" in statements["INTEGRITY"]["en"]


def test_illustrative_data_say_so():
    subject = built(illustrative_calculation())["credentialSubject"]
    assert subject["illustrative"] is True
    assert subject["illustrativeNotice"]["zh"] == "示例数据,不得用于交易、申报或宣传"
    assert subject["fileName"].startswith("示例-illustrative_")


def test_one_illustrative_factor_is_enough():
    document = calculation()
    document["factors"][3]["illustrative"] = True
    assert built(document)["credentialSubject"]["illustrative"] is True


def test_words_never_used():
    banned = re.compile(r"\blow-carbon\b|\bgreen\b|carbon.neutral|绿色|低碳|碳中和", re.IGNORECASE)
    texts = json.dumps(built(illustrative_calculation()), ensure_ascii=False)
    ours = "".join(
        "".join(entry.values()) for code, entry in catalogue().items() if code.startswith("CERTIF")
    )
    names_of = "".join(
        "".join(item.words().values()) for table in dictionary().values() for item in table.values()
    )
    assert not banned.search(texts + ours + names_of)
    assert texts.count("认证") == ours.count("认证") == 2  # both in the one fixed sentence
