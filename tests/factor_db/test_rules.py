"""The rule register.

System: factor_db/rules/*.toml through factor_db.foundation.rules. Hand calculations used below:
- metal balance: cast 990 t + metal in dross 15.0 t + 11.0 t oxide / 1.8895 = 1010.82 t Al; taking
  the 26 t of gross dross as metal and the loss on top gives a false difference of 1.1 %;
- the oxide ratio is 101.961 / (2 x 26.982) = 1.88945;
- pedigree variances are (ln U / 2)^2 of the older squared-GSD table, for example ln 1.5: 0.0411.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from importlib.resources import files

import pytest
from every_one import failures

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import error_text
from factor_db.foundation.rules import CLAUSE_UNREAD, Rule, rule, rules

NEEDED = (
    "PCF-ELEC-001",
    "PCF-ELEC-002",
    "PCF-GWP-001",
    "PCF-SCRAP-CUTOFF",
    "PCF-SCRAP-PRECONSUMER",
    "PCF-CUTOFF-001",
    "AL-BAL-001",
    "AL-MELT-001",
    "AL-LOOP-001",
    "DER-RATIO-001",
    "DQ-PDS-001",
    "DQ-PEDIGREE-001",
    "CERT-VALID-001",
    "CERT-WORDS-STATEMENT",
    "CERT-WORDS-BOUNDARY",
    "CERT-WORDS-ILLUSTRATIVE",
    "FUEL-GAS-001",
)
# Squared GSD of the older ecoinvent table, scores 1 to 5.
OLDER_TABLE = {
    "reliability": ("1", "1.05", "1.10", "1.20", "1.50"),
    "completeness": ("1", "1.02", "1.05", "1.10", "1.20"),
    "temporal": ("1", "1.03", "1.10", "1.20", "1.50"),
    "geographical": ("1", "1.01", "1.02", "1.05", "1.10"),
    "technological": ("1", "1.05", "1.20", "1.50", "2.00"),
}


@pytest.mark.parametrize("rule_id", NEEDED)
def test_needed_rule_is_in_the_register(rule_id: str) -> None:
    assert rule(rule_id).id == rule_id


def test_unknown_rule_is_bad_input_with_a_message_in_both_languages() -> None:
    with pytest.raises(BadInput) as caught:
        rule("PCF-ELEC-999")
    assert caught.value.code == "RULE_UNKNOWN"
    assert "PCF-ELEC-999" in error_text(caught.value, "zh")
    assert "PCF-ELEC-999" in error_text(caught.value, "en")


def _is_complete(found: Rule) -> None:
    assert re.fullmatch(r"[A-Z]+(-[A-Z]+)*(-\d{3})?", found.id)
    assert found.edition
    assert found.clause
    assert re.search(r"[\u4e00-\u9fff]", found.text_zh)
    assert found.text_zh.endswith("。")
    assert re.fullmatch(r"[ -~±°]+", found.text_en)
    assert found.text_en.endswith((".", '."'))
    assert all(isinstance(value, str) and value for value in found.parameters.values())


def test_rules_are_complete() -> None:
    assert failures(_is_complete, rules().items()) == {}


def test_a_paraphrased_standard_does_not_claim_a_clause_nobody_read() -> None:
    read_by_us = {"PCF-GWP-003", "DQ-PEDIGREE-001", "DQ-TEMPORAL-001"}
    for found in rules().values():
        ours = found.edition.startswith(("house rule", "engineering"))
        read = found.id in read_by_us or "(read in" in found.edition
        if not ours and not read:
            assert CLAUSE_UNREAD in found.clause, found.id


def test_an_id_stands_in_one_file_only() -> None:
    folder = files("factor_db") / "rules"
    texts = [path.read_text("utf-8") for path in folder.iterdir() if path.name.endswith(".toml")]
    heads = re.findall(r"^\[([A-Z0-9-]+)\]$", "\n".join(texts), flags=re.MULTILINE)
    assert sorted(heads) == list(rules())


def test_parameters_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        rule("AL-BAL-001").parameters["tolerance"] = "1"  # type: ignore[index]


def test_cut_off_limits_are_one_and_five_per_cent() -> None:
    found = rule("PCF-CUTOFF-001")
    assert (found.number("single_share"), found.number("total_share")) == (
        Decimal("0.01"),
        Decimal("0.05"),
    )
    assert found.items("criteria") == ("mass", "energy", "ghg")
    assert "magnesium" in found.items("never_cut_off")


def test_metal_balance_closes_on_content_and_not_on_gross_dross() -> None:
    found = rule("AL-BAL-001")
    ratio, tolerance = found.number("oxide_to_aluminium"), found.number("tolerance")
    assert abs(ratio - Decimal("101.961") / (2 * Decimal("26.982"))) < Decimal("0.0001")
    charged = Decimal("1010.82")
    loss = Decimal("11") / ratio
    by_content = 990 + Decimal("15") + loss
    by_gross_dross = 990 + Decimal("26") + loss
    assert abs(charged - by_content) / charged < Decimal("0.0001")
    assert (by_gross_dross - charged) / charged > tolerance


def test_pedigree_variances_follow_from_the_older_table() -> None:
    found = rule("DQ-PEDIGREE-001")
    assert found.items("indicators") == tuple(OLDER_TABLE)
    for indicator, column in OLDER_TABLE.items():
        for score, squared_gsd in enumerate(column, start=1):
            exact = (math.log(float(squared_gsd)) / 2) ** 2
            rounded = {Decimal(f"{exact:.0e}"), Decimal(f"{exact:.1e}")}
            assert found.number(f"{indicator}_{score}") in rounded, (indicator, score)


def test_certificate_period_and_melting_floor() -> None:
    validity = rule("CERT-VALID-001")
    assert validity.number("years_after_issue") == 2
    assert validity.number("years_after_period_end") == 3
    assert validity.number("significant_change_share") == Decimal("0.1")
    assert rule("AL-MELT-001").number("floor_gj_per_t") == Decimal("1.1")


def test_fixed_words_are_exact() -> None:
    statement = rule("CERT-WORDS-STATEMENT").parameters
    assert statement["words_zh"] == (
        "发行方自有核算声明,非认证证书,与中国产品碳足迹标识及任何国家认证无关"
    )
    assert statement["words_en"] == (
        "Issuer's own statement; not a certification, EPD or national label."
    )
    illustrative = rule("CERT-WORDS-ILLUSTRATIVE").parameters["words_zh"]
    assert illustrative == "示例数据,不得用于交易、申报或宣传"


def test_plausible_ranges_are_ordered() -> None:
    for found in rules().values():
        for name in found.parameters:
            if name.endswith("_low"):
                high = found.number(name.removesuffix("_low") + "_high")
                assert found.number(name) < high, (found.id, name)
