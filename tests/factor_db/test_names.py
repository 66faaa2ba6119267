"""The one dictionary: every code a reader can meet has one name, kept once, in both languages.

System: `factor_db/foundation/words/*.toml`, `reference/processes.csv` and `flows.csv`, walked from
the vocabularies of the code: what the ledger, the models, the factors and the certificate know.
By hand: plate is 铝厚板 wherever it is named, NF3 is 三氟化氮, and the short form of a gas its symbol.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from factor_db.factors.record.factor import GASES, Allocation, Factor, Kind, Purpose
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.review.lifecycle import STEPS
from factor_db.foundation import names as module
from factor_db.foundation.names import KINDS, Name, dictionary, name, name_or_code, names
from factor_db.foundation.reference_files import reference_rows
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.certificate.edition import current_schema
from footprint.certificate.payload import REVIEW_LEVELS
from footprint.choices.told import ORDER
from footprint.words.book import QUANTITIES
from lca_models.catalogue import PRODUCTS, available_choices

ROOT = Path(__file__).parents[2]
BY_CODE = {"temper", "alloying"}
"""Choices whose values, tempers and alloys, go by their code in every language."""


def _values() -> set[str]:
    found = {
        value
        for product in PRODUCTS
        for choice, values in available_choices(product).items()
        if choice not in BY_CODE
        for value in values
        if value
    }
    return found | {"AR4", "AR5", "AR6", "subdivision", *get_args(_field("method"))}


def _field(field: str) -> object:
    return Allocation.model_fields[field].annotation


def _told(field: str) -> set[str]:
    return set(get_args(Factor.model_fields[field].annotation))


VOCABULARIES = {
    "process": {row["code"] for row in reference_rows("processes.csv")},
    "flow": {row["code"] for row in reference_rows("flows.csv")},
    "product": set(PRODUCTS),
    "form": {"primary_aluminium", "primary_liquid"},
    "stage": {row["stage"] for row in reference_rows("processes.csv")},
    "gas": set(GASES),
    "origin": set(current_schema()["orders"]["ORIGIN"]),
    "scope": {"1", "2", "3"},
    "choice": {"gwp_set", "samples", *ORDER},
    "value": _values(),
    "quantity": set(QUANTITIES) | {factor.quantity for factor in reference_factors()},
    "property": {flow.split(".")[1] for flow in vocabulary().flows if "." in flow}
    | {factor.flow.split(".")[1] for factor in reference_factors() if "." in factor.flow},
    "factor_kind": set(get_args(Kind)),
    "purpose": set(get_args(Purpose)),
    "data_type": _told("data_type"),
    "redistribution": _told("redistribution"),
    "confidence": _told("confidence"),
    "state": {"draft", "superseded", *(step.target for step in STEPS.values())},
    "indicator": {"0", "1", "2", "3", "4"},
    "role": {row["role"] for row in reference_rows("process_flows.csv")} | {"co-product"},
    "method": {"metered", "weighed", "invoiced", "analysed", "estimated"},
    "review": set(REVIEW_LEVELS),
    "check": set(
        re.findall(
            r'Check\(\s*"([a-z_]+)"',
            "".join(
                path.read_text(encoding="utf-8")
                for path in sorted((ROOT / "footprint" / "certificate").rglob("*.py"))
            ),
        )
    ),
}


@pytest.mark.parametrize("kind", VOCABULARIES)
def test_every_code_of_a_vocabulary_has_a_name(kind: str) -> None:
    codes = VOCABULARIES[kind]
    assert codes
    assert codes - set(names(kind)) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_two_codes_of_a_kind_never_share_a_name(kind: str) -> None:
    """Processes, flows, values and states are told apart by their names; a gas by its long one."""
    shared = {"product": {"原铝锭", "Primary aluminium ingot"}}.get(kind, set())
    for lang in ("zh", "en"):
        counted = Counter(item.words()[lang] for item in names(kind).values())
        assert names(kind)
        assert {text for text, count in counted.items() if count > 1} <= shared


def test_every_name_says_where_its_words_come_from() -> None:
    for kind, entries in dictionary().items():
        for code, item in entries.items():
            assert item.source, (kind, code)
            assert all((*item.words().values(), *item.words("short").values())), (kind, code)


def test_names_by_hand() -> None:
    assert [name("product", "plate", lang) for lang in ("zh", "en")] == [
        "铝厚板",
        "Aluminium plate",
    ]
    assert names("product")["plate"] is names("flow")["plate"]
    assert name("gas", "nf3", "zh") == "三氟化氮"
    assert name("gas", "hfc-134a", "en") == "1,1,1,2-Tetrafluoroethane (HFC-134a)"
    assert name("gas", "ch4_fossil", "zh", "short") == "CH4"
    assert name("value", "cut-off", "zh", "short") == "截断法"
    assert name_or_code("stage", "moon_mining", "zh") == "moon_mining"
    with pytest.raises(KeyError):
        name("stage", "moon_mining", "zh")


@pytest.mark.parametrize(
    "second",
    [
        '[gas.co2]\nzh = "碳"\nen = "carbon"\nsource = "usage"',
        '[flow.plate]\nzh = "板"\nen = "plate"\nsource = "usage"',
        '[gas.xe]\nzh = "氙"\nen = "Xenon"',
    ],
    ids=["twice", "in_a_table_of_its_own", "without_a_source"],
)
def test_a_doubled_or_half_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, second: str) -> None:
    shipped = module._files()
    monkeypatch.setattr(module, "_files", lambda: [*shipped, second])
    with pytest.raises(ValueError, match="a name"):
        dictionary.__wrapped__()


def test_a_name_is_both_languages() -> None:
    item = Name("锭", "ingot", "锭", "ingot", "usage")
    assert item.words() == {"zh": "锭", "en": "ingot"}


def test_ledgers_may_write_every_name_of_a_property() -> None:
    """The form's properties are those of the dictionary: one word on the sheet and on the page."""
    for code, flow in vocabulary().flows.items():
        if "." in code:
            said = names("property")[code.split(".")[1]]
            assert flow.name_zh.split(".")[1] == said.short_zh
            assert flow.name_en.split(".")[1].casefold() == said.short_en.casefold()
