"""Carbon of anodes: what leaves cells and baking as CO2 came in as coke and pitch.

System: the example plate with its primary metal modelled. By hand, from the chain's reference
values: net anode x (1 - sulphur - ash) kg of carbon (`net_carbon`) leave per t of liquid
metal, and as butts go round just as much comes in. With the CO2 of the cells booked twice it is
twice that; without coke and pitch all of it comes from nothing (PCF-POSSIBLE-001).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from factor_db.store.work import Store
from footprint.account.possible_terms import carbon_of
from footprint.closure.systems import compiled_of
from footprint.judgement.possible import impossibilities
from footprint.sampling.batch import evaluate_batch
from footprint.solving.evaluate import Nominal
from footprint.solving.preparation import evaluated
from footprint.study.definition import default_study
from lca_models.system.compile import DECIMAL_ARITHMETIC, CompiledSystem

COKE, PITCH = (f"anode_production/{flow}/inventory" for flow in ("calcined_coke", "pitch"))


@pytest.fixture(scope="module")
def modelled(demo_store: Store) -> Nominal:
    with demo_store.read("exporter") as session:
        study = default_study("plate").changed("primary_source", "modelled")
        return evaluated(session, study)[1]


def net_carbon(nominal: Nominal) -> Decimal:
    amounts = nominal.amounts()
    sulphur, ash = (amounts[f"anode_carbon.{n}_content/property"] for n in ("sulphur", "ash"))
    return amounts["electrolysis/anode_carbon/inventory"] * (1 - sulphur - ash)


def booked_twice(compiled: CompiledSystem) -> CompiledSystem:
    cells = compiled.processes.index("electrolysis")
    again = [
        item
        for item in compiled.burdens
        if item.process_index == cells and item.flow == "anode_carbon"
    ]
    assert len(again) == 1
    return replace(compiled, burdens=(*compiled.burdens, *again))


def test_what_came_in_left(modelled: Nominal) -> None:
    found = carbon_of(compiled_of(modelled), modelled.amounts(), DECIMAL_ARITHMETIC)
    assert found is not None
    assert found.carbon_in == pytest.approx(net_carbon(modelled), abs=Decimal("1E-20"))
    assert found.carbon_out == pytest.approx(net_carbon(modelled), abs=Decimal("1E-20"))
    assert impossibilities(modelled, compiled_of(modelled)) == ()


def test_carbon_from_nothing_is_named(modelled: Nominal) -> None:
    (reason,) = impossibilities(modelled, booked_twice(compiled_of(modelled)))
    assert reason.code == "POSSIBLE_CARBON"
    assert Decimal(reason.params["carbon_out"]) == (net_carbon(modelled) * 2).quantize(
        Decimal("0.0001")
    )


def test_anodes_of_no_coke_are_no_draw_that_could_be(modelled: Nominal) -> None:
    """At 0 of both; at half of both the model sets twice the anodes, and carbon closes again."""
    amounts = modelled.amounts()
    values = {key: np.array([1.0, 0.5, 0.0]) * float(amounts[key]) for key in (COKE, PITCH)}
    assert evaluate_batch(modelled, {**values}).possible.tolist() == [True, True, False]
