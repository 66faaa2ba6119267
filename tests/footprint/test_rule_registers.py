"""The registers of rules: scrap, electricity, allocation, and every place that speaks of them.

System under test: three registries of objects, the texts people choose by, and the site account,
which knows the rules a second time on purpose. By hand: five scrap rules, four for electricity and
three methods of allocation, in the order shown to people; a name that is none of them is refused
with these names, wherever it enters, and never taken for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import get_args

import pytest

from factor_db.factors.derive.allocation import chosen_method
from factor_db.factors.derive.allocation_methods import ALLOCATION_METHODS, allocation_method
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES
from factor_db.factors.record.factor import Allocation
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.ledger.form.power_sources import CLAIMS, SHARE_FLOWS
from footprint.account import power as account_power
from footprint.account import sharing as account_sharing
from footprint.account.site_ledger import SiteLedger
from footprint.account.valuation import Valuation
from footprint.cli.main import main
from footprint.words.told import value_words
from lca_models.catalogue import PRODUCTS, available_choices, product_system
from lca_models.system.electricity import electricity_inputs
from lca_models.system.electricity_rules import (
    ELECTRICITY_RULES,
    GRID_MIX,
    RESIDUAL_MIX,
    electricity_rule,
)
from lca_models.system.formula import ONE
from lca_models.system.scrap_rules import SCRAP_RULES, scrap_rule
from lca_models.system.unit_process import Choices

SCRAP = ("cut-off", "pre-consumer-mass", "co-product", "substitution", "cbam-zero")
POWER = ("location", "own", "market", "residual")
METHODS = ("mass", "economic", "causal")
EMPTY = SiteLedger("S", "0", ())
WORTHLESS = Valuation(lambda _: None, "AR6", "cut-off")
UNKNOWN = [
    (lambda: electricity_rule("green"), POWER),
    (lambda: electricity_inputs(ONE, Choices(electricity_rule="green")), POWER),
    (lambda: product_system("plate", Choices(electricity_rule="green")), POWER),
    (lambda: account_power.kwh_by_source(EMPTY, "green"), POWER),
    (lambda: account_power.power_worths(account_power.GRID, "green", WORTHLESS), POWER),
    (lambda: scrap_rule("green"), SCRAP),
    (lambda: account_sharing.scrap_takes_burdens("green"), SCRAP),
    (lambda: allocation_method("green"), METHODS),
    (lambda: chosen_method("green"), METHODS),
    (lambda: account_sharing.weighing("green"), METHODS),
]


def test_the_registers_hold_what_people_may_choose() -> None:
    assert (tuple(SCRAP_RULES), tuple(ELECTRICITY_RULES)) == (SCRAP, POWER)
    assert tuple(ALLOCATION_METHODS) == ALLOCATION_NAMES == METHODS
    assert get_args(Allocation.model_fields["method"].annotation) == METHODS
    for product in PRODUCTS:
        offered = available_choices(product)
        assert (offered["scrap_rule"], offered["electricity_rule"]) == (SCRAP, POWER)


@pytest.mark.parametrize(("asked", "offered"), UNKNOWN)
def test_an_unknown_name_is_refused_with_what_is_offered(
    asked: Callable[[], object], offered: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput) as caught:
        asked()
    assert caught.value.code in {"CHOICE_NOT_AVAILABLE", "ALLOCATION_UNKNOWN"}
    assert set(str(caught.value.params["known"]).split(", ")) == set(offered)


def test_the_second_road_knows_every_rule_and_no_other() -> None:
    assert set(account_power.COUNTED) == set(POWER)
    assert set(account_sharing.TAKEN_BY_SCRAP) == set(SCRAP)
    assert account_sharing.METHODS == METHODS
    for name, found in ELECTRICITY_RULES.items():
        assert account_power.COUNTED[name] == (found.claims, found.rest)
    for name, taken in account_sharing.TAKEN_BY_SCRAP.items():
        assert taken == (SCRAP_RULES[name].carried is not None)


@pytest.mark.parametrize("name", [*SCRAP, *POWER, *METHODS])
def test_every_rule_has_words_in_both_languages(name: str) -> None:
    assert {lang: said for lang, said in value_words(name).items() if said == name} == {}


@pytest.mark.parametrize(
    ("command", "offered"),
    [("calculate", SCRAP), ("calculate", POWER), ("factor derive", METHODS)],
)
def test_help_offers_the_register(
    command: str,
    offered: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    said = [word for word in re.findall(r"[\w-]+", capsys.readouterr().out) if word != "or"]
    assert offered in {tuple(said[at : at + len(offered)]) for at in range(len(said))}


def test_an_electricity_rule_is_whole() -> None:
    for found in ELECTRICITY_RULES.values():
        assert all(rule(name).id == name for name in found.rules)
        assert set(found.claims) <= set(CLAIMS)
        assert found.rest in {GRID_MIX, RESIDUAL_MIX}
        assert [SHARE_FLOWS[flow][0] in found.claims for flow in found.claimed_flows()] == [
            True
        ] * sum(claim in found.claims for claim, _ in SHARE_FLOWS.values())
    alone = {name for name, found in ELECTRICITY_RULES.items() if found.is_grid_average}
    assert alone == {"location"} == {Choices().electricity_rule}


def test_only_value_asks_for_a_reason() -> None:
    asking = {name for name, found in ALLOCATION_METHODS.items() if found.needs_reason}
    assert asking == {"economic"}
