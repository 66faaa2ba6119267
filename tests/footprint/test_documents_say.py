"""Every sentence of every document against the result it stands beside, over all choices.

System: each product under each value of each choice, one at a time from its default (the cases of
`document_cases`), through result, ISO report, GB/T, IAI and CBAM view, PACT footprint, what a
certificate says, statement and gate, in both languages.
The reader below is small and its own: it looks at flows, rows and pins of the document alone and
knows nothing of the code that writes sentences. By hand, for a result:
smelter: a row of the stage primary_chain; allocation: the methods recorded in the pinned factors;
class: the heat-treating steps with an amount; boundary: the steps with an amount and an input;
period: whole months from its dates; shares: the cells of a column, to be 100.0 together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any

import pytest
from document_cases import (
    DEFAULT,
    OF_SMELTERS,
    SERVICE,
    SMELTER,
    Plants,
    cases,
    certified,
    declarable,
)

from factor_db.foundation.errors import FootprintError
from factor_db.foundation.messages import LANGUAGES, Language, text
from factor_db.foundation.names import name as name_in
from factor_db.store.work import Store
from footprint.comparison.gate import mismatches, notes
from footprint.comparison.statement import statement
from footprint.comparison.value import value_of_document
from footprint.result.document import ResultDocument
from footprint.views.explain import view_document
from footprint.views.figure import View
from footprint.views.markdown import markdown
from footprint.views.registry import view_of
from lca_models.catalogue import PRODUCTS

PACT = {
    "company_id": "urn:pact:example.com:a:1",
    "product_id": "urn:pact:example.com:b:2",
    "allow_illustrative": "yes",
}
PACT |= {"fossil_carbon": "0"}
SMELTER_NAMES = {
    "zh": ("电解用电", "全氟化碳核算方法", "电解槽型"),
    "en": ("Smelter power", "PFC method", "Cell technology"),
}
NOTHING_LEFT = {"zh": "无须分配", "en": "nothing left to allocate"}
METHODS = {
    "mass": {"zh": "按质量", "en": "By mass"},
    "economic": {"zh": "按经济价值", "en": "By economic value"},
    "causal": {"zh": "按因果关系", "en": "By physical cause"},
}
CLASS_NAMES = {
    "zh": {"treated": "热处理厚板", "annealed": "退火厚板", "cold": "冷轧厚板", "hot": "热轧厚板"},
    "en": {
        "treated": "heat-treated plate",
        "annealed": "annealed plate",
        "cold": "cold-rolled plate",
        "hot": "hot-rolled plate",
    },
}
STEPS = {
    "heat treatment": ("treatment", "ageing", "annealing"),
    "site services": ("site_services",),
    "surface treatment": ("anodising", "powder_coating"),
}
OWN_DATA = {"zh": "没有自有数据", "en": "own processes lack own data"}
BESIDE = {"zh": "结果之外的替代量", "en": "Substitution, beside the result"}
# Texts that carry codes of their own: references in brackets, hashes, what a source calls itself.
NO_WORDS = re.compile(
    r"\S*act_final\S*|adopted_v[0-9]+|\b[0-9]+(?:_[0-9]+)+\b|· [a-z_]+-[0-9]+|PFPB_\w+|\[[^\]]*\]|`[^`]*`|[0-9a-f]{16,}|\S+\.(csv|xlsx|json|toml)\S*|https?:\S+"
)
CODE = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b|\b[A-Z]{3,}(?:_[A-Z0-9]+)+\b|\w+/\w+/inventory")
MINUS_NOTHING = re.compile(r"[-−]0\.0+(?![0-9])|\+0\.0+ ?%")
SHARED = ("stages", "processes", "gases", "primary_processes", "primary_kinds")
MONTHS = 12


@dataclass(frozen=True)
class Facts:
    """What the reader finds in a result document, by its flows, rows and pins alone."""

    document: ResultDocument

    @cached_property
    def ran(self) -> set[str]:
        return {r.process for r in self.document.flows if r.role == "product" and r.amount}

    @cached_property
    def smelter(self) -> bool:
        rows = (row for row in self.document.contributions if row.kg_co2e)
        return "primary_chain" in {row.stage for row in rows}

    @cached_property
    def methods(self) -> set[str]:
        found = (pin.factor.derivation for pin in self.document.inputs.pins)
        return {item.allocation.method for item in found if item and item.allocation}

    @cached_property
    def plate_class(self) -> str:
        if self.ran & {"solution_treatment", "plate_ageing"}:
            return "treated"
        others = {"annealed": "plate_annealing", "cold": "plate_cold_rolling"}
        return next((name for name, step in others.items() if step in self.ran), "hot")

    @cached_property
    def lacks_own_data(self) -> bool:
        by_hand = set(self.document.inputs.study.overrides)
        return bool(set(self.document.coverage.estimated) - by_hand)

    def used_at(self, words: tuple[str, ...]) -> bool:
        """Whether a step whose name holds one of some words ran and took something in."""
        return any(
            row.amount and row.role != "product" and row.process in self.ran
            for row in self.document.flows
            if any(word in row.process for word in words)
        )

    def months(self) -> int:
        period = self.document.period
        start, end = date.fromisoformat(period.start), date.fromisoformat(period.end)
        return (end.year - start.year) * MONTHS + end.month - start.month + 1

    def total(self, digits: str) -> str:
        return str(self.document.total.value.quantize(Decimal(digits), ROUND_HALF_EVEN))


class Case:
    """A product under one choice: its document, and every text made of it, each made once."""

    def __init__(self, choice: str, value: str, document: ResultDocument) -> None:
        self.choice, self.value, self.document = choice, value, document
        self.facts = Facts(document)

    @cached_property
    def views(self) -> dict[str, View]:
        """The views that fit the product, of a calculation under another set than AR6 both ways."""
        document = self.document
        found = {"iso14067": view_of(document, "iso14067", gwp_set=document.gwp_set)}
        if document.gwp_set != "AR6":
            found["rebased"] = view_of(document, "iso14067")
        found["pact"] = view_of(declarable(document), "pact", **PACT)
        if document.product in OF_SMELTERS:
            found |= {name: view_of(document, name) for name in ("gbt44905", "iai")}
        with suppress(FootprintError):  # a service, or a precursor without a default
            found["cbam"] = view_of(document, "cbam", year="2026")
        return found

    @cached_property
    def certified(self) -> dict[str, Any]:
        """What a certificate would say, without the calculation it carries."""
        subject = certified(self.document)
        return {name: item for name, item in subject.items() if name != "calculation"}

    @cached_property
    def texts(self) -> dict[tuple[str, Language], str]:
        """Every document of the result as text, by its name and language."""
        value, found = value_of_document(self.document), {}
        for lang in LANGUAGES:
            for name, view in self.views.items():
                found[name, lang] = markdown(view, lang)
            found["statement", lang] = statement(value, lang)
            found["certificate", lang] = json.dumps(only(self.certified, lang), ensure_ascii=False)
        return found


@pytest.fixture(scope="module")
def plants(demo_store: Store) -> Plants:
    return Plants(demo_store)


def cases_of(plants: Plants, product: str) -> Iterator[Case]:
    for choice, value in cases(product):
        yield Case(choice, value, plants.document(product, choice, value))


def only(item: Any, lang: Language) -> Any:
    """Return the words of a JSON value in one language, and no codes beside them."""
    if isinstance(item, dict):
        if set(item) == {"zh", "en"}:
            return item[lang]
        return [only(part, lang) for part in item.values()]
    if isinstance(item, list):
        return [only(part, lang) for part in item]
    return ""


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_sentence_is_true_of_the_result(plants: Plants, product: str) -> None:
    for case in cases_of(plants, product):
        facts, document = case.facts, case.document
        assert facts.methods == set(), case  # no example plant has a co-product
        assert document.choices.allocation == "subdivision", case
        for (name, lang), said in case.texts.items():
            where = (case.choice, case.value, name, lang)
            _holds_choices(facts, name, said, lang, where)
            if name in ("iso14067", "rebased"):
                assert (OWN_DATA[lang] in said) == facts.lacks_own_data, where
            if name in ("iso14067", "certificate", "pact"):
                outside = document.outside_headline
                assert (BESIDE[lang] in said) == bool(outside and outside.substitution), where
            assert not MINUS_NOTHING.search(said), (*where, MINUS_NOTHING.search(said))
            if name != "pact":  # its fields are a table of the standard's own names
                plain = NO_WORDS.sub(" ", said)
                assert not CODE.findall(plain), (*where, CODE.findall(plain))
        _holds_statement(case)
        _holds_certificate(facts, case.certified, (case.choice, case.value))
        for name, view in case.views.items():
            _holds_shares(view, (case.choice, case.value, name))


def _holds_choices(
    facts: Facts, name: str, said: str, lang: Language, where: tuple[str, ...]
) -> None:
    if name in ("gbt44905", "iai", "cbam"):
        return  # these name no choices
    product, choices = facts.document.product, facts.document.choices
    power = name_in("value", choices.smelter_power, lang)
    names = [word for word in SMELTER_NAMES[lang] if re.search(f"{word}(?!的|率)", said)]
    if facts.smelter:
        assert SMELTER_NAMES[lang][0] in names, where
        assert power in said, where
    else:
        assert names == [], where
    assert (NOTHING_LEFT[lang] in said) == (not facts.methods), where
    scrap = name_in("value", choices.scrap_rule, lang)
    if product in (*OF_SMELTERS, SERVICE):
        assert name == "iso14067" or scrap not in said, where
    else:
        assert scrap in said, where


def _holds_statement(case: Case) -> None:
    facts, where = case.facts, (case.choice, case.value)
    for lang in LANGUAGES:
        said = case.texts["statement", lang]
        assert f"{facts.total('0.001')} kg CO2e" in said, where
        if case.document.product == "plate":
            named = {name for name, words in CLASS_NAMES[lang].items() if said_of(said, words)}
            assert named == {facts.plate_class}, (*where, said)
    boundary = case.texts["statement", "en"].partition("boundary ")[2].partition("; GWP")[0]
    for part, steps in STEPS.items():
        assert (part in boundary) == facts.used_at(steps), (*where, part, boundary)


def said_of(said: str, words: str) -> bool:
    return said.partition("kg CO2e")[0].find(words) >= 0


def _holds_certificate(facts: Facts, subject: dict[str, Any], case: tuple[str, str]) -> None:
    result = subject["result"]
    assert result["rounded"]["value"] == facts.total("0.001"), case
    for name in ("byStage", "byGas", "byScope", "byOrigin"):
        shares = [number(row["sharePercent"]) for row in result[name]]
        assert sum(shares) == 100, (*case, name, shares)
    assert subject["periodCovers"]["en"] == f"covers {facts.months()} months", case
    assert subject["declaredUnit"] == {"amount": "1", "unit": "kg"}
    made = {row["code"]: row["value"] for row in subject["choices"]["made"]}
    for code, value in made.items():
        assert getattr(facts.document.choices, code) == value, case
    assert bool(set(made) & set(SMELTER)) == facts.smelter, case
    varied = {row["choice"] for row in subject["choices"]["alternatives"]}
    assert varied <= {*made, "gwp_set"}, case


def _holds_shares(view: View, where: tuple[str, ...]) -> None:
    for table in view_document(view).get("tables", ()):
        if table["code"] in SHARED:
            cells = [row[-1] for row in table["rows"][: -1 if has_total(table) else None]]
            if "–" not in cells:
                assert sum(map(number, cells)) == 100, (*where, table["code"], cells)


def has_total(table: Mapping[str, Any]) -> bool:
    last = table["rows"][-1][0]
    return isinstance(last, dict) and last["en"] == text("VIEW_TOTAL", "en")


def number(cell: str) -> Decimal:
    """Return a share for adding up; what is below a step counts as nothing shown."""
    shown = cell.removesuffix(" %").replace("−", "-")
    return Decimal(0) if shown.startswith(("<", ">")) else Decimal(shown)


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_gate_knows_every_choice_that_moved_the_number(plants: Plants, product: str) -> None:
    base = {
        source: value_of_document(plants.document(product, *source))
        for source in ((DEFAULT, DEFAULT), ("primary_source", "modelled"))
        if source[0] != "primary_source" or product not in (*OF_SMELTERS, SERVICE)
    }
    for case in cases_of(plants, product):
        choice, value, document = case.choice, case.value, case.document
        modelled = choice in SMELTER and ("primary_source", "modelled") in base
        start = base[("primary_source", "modelled") if modelled else (DEFAULT, DEFAULT)]
        other = value_of_document(document)
        found = {item.attribute for item in mismatches(start, other)} | set(notes(start, other))
        named = found & {choice, "product_class"} if choice == "surface" else found & {choice}
        if choice and start.value != other.value:
            assert named, (choice, value, found)
        if choice in SMELTER and not Facts(document).smelter:
            assert not named, (choice, value, found)
    for value in base.values():
        assert mismatches(value, value) == ()
        assert notes(value, value) == ()
