"""A plate mill that sells its process scrap and charges bought scrap: every rule by hand.

The demo plate mill with its 17 500 t of process scrap sold instead of remelted, no primary metal,
and post-consumer scrap in its place. Kept is the pre-consumer scrap: 0.17565692 t per t of plate.
kg CO2e per kg of plate, by process, when all metal is counted and none is shared (cut-off):
  charging 0.292812, melting 0.319368, refining 0.104580, slab casting 0.037762, scalping 0.010987,
  homogenising 0.064261, hot rolling 0.136939, solution treatment 0.064289, stretching 0.010987,
  ageing 0.022474, sawing 0.015870, packing 0.008497: 1.088827 in all.
Sold per t of a step's product, of what enters: scalping 0.053042 of 1.053042, hot rolling 0.091993
of 1.091993, stretching 0.038938 of 1.038938, sawing 0.13 of 1.13. The bought pre-consumer scrap
brings 0.17565692 x 15.947 = 2.801201 by the conservative default. Down the line, V being what the
metal has gathered per kg of plate and e what the step adds:
  pre-consumer-mass  V -> V x (in - sold) / in + e    0.842984 of the mill's own + 2.074964 = 2.917948
  co-product         V -> (V + e) / (1 + sold)        0.830536 + 2.074964 = 2.905500
Before: -1.691422 under pre-consumer-mass, as the seller was credited 0.35 x 15.947.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest

from factor_db.factors.record.reference import reference_factors
from factor_db.foundation.canonical import EXACT, exact_sum, plain
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.store.work import Store
from footprint.figures.document import figures_of
from footprint.figures.recompute import question_of
from footprint.figures.sold_scrap import sold_scrap_of
from footprint.result.document import read_result
from footprint.solving.evaluate import Nominal, evaluate
from footprint.solving.preparation import prepare
from footprint.study.definition import Study, default_study
from lca_models.system.formula import Slot
from lca_models.system.resolve import CONSERVATIVE, SUPPLIER, Pin, Resolver, Where, misfit
from lca_models.system.scrap_rules import SCRAP_RULES
from tests.certificate.certificate_document import calculation

# The steps in the order of the material; those that sell scrap with the flow they take.
LINE = {
    **dict.fromkeys(("charging", "melting", "refining", "slab_casting"), ""),
    "scalping": "slab",
    "slab_homogenising": "",
    "hot_rolling": "homogenised_slab",
    "solution_treatment": "",
    "plate_stretching": "quenched_plate",
    "plate_ageing": "",
    "plate_sawing": "aged_plate",
    "plate_packing": "",
    "site_services": "",
}
SELLING = tuple(code for code, flow in LINE.items() if flow)
POST = "charging/scrap_post_consumer/inventory"
SCRAP_FIGURE = "scrap_pre_consumer/cradle_to_gate"
INGOT = Decimal("15.947")
NEAR = Decimal("1E-18")
SCRAP_SLOT = Slot("", "scrap_pre_consumer", "cradle_to_gate", "kg/t")
HERE = Where("CQ-PLATE", "CN-CQ", "2025-01-01", "2025-12-31")


def nominal(store: Store, study: Study) -> Nominal:
    with store.read() as session:
        prepared = prepare(session, study)
        return evaluate(prepared.study, prepared.where, prepared.resolver.pin)


@pytest.fixture(scope="module")
def mill(demo_store: Store) -> dict[str, Decimal]:
    """What the demo plant is changed by: its scrap sold, its primary metal and returns replaced."""
    amounts = nominal(demo_store, default_study("plate")).amounts()
    changed: dict[str, Decimal] = {}
    for code in SELLING:
        kept = f"{code}/internal_scrap/inventory"
        changed[f"{code}/sold_scrap/inventory"] = amounts[kept]
        changed[kept] = Decimal(0)
    charged = {
        key: value
        for key, value in amounts.items()
        if key.startswith("charging/") and "transport" not in key
    }
    ingot = "charging/primary_ingot/inventory"
    missing = 1 - exact_sum(charged.values())  # the internal scrap, which the model does not ask
    return {**changed, ingot: Decimal(0), POST: charged[POST] + charged[ingot] + missing}


def under(store: Store, name: str, overrides: dict[str, Decimal]) -> Nominal:
    study = default_study("plate").changed("scrap_rule", name)
    return nominal(store, replace(study, overrides=overrides, accept_doubts=True))


def by_hand(cut_off: Nominal, name: str, brought: Decimal) -> Decimal:
    """Walk down the line; `brought` is what bought scrap adds to the charge, kg CO2e per kg."""
    added, amounts = cut_off.sums_by("process"), cut_off.amounts()
    value = brought
    with localcontext(EXACT):
        for code, flow in LINE.items():
            own = added.get(code, Decimal(0))
            sold = amounts[f"{code}/sold_scrap/inventory"] if flow else Decimal(0)
            if name == "co-product":
                value = (value + own) / (1 + sold)
            elif name == "pre-consumer-mass" and flow:
                entering = amounts[f"{code}/{flow}/inventory"]
                value = value * (entering - sold) / entering + own
            else:
                value += own
    return value


def test_every_rule_is_positive_and_as_by_hand(demo_store: Store, mill: dict[str, Decimal]) -> None:
    cut_off = under(demo_store, "cut-off", mill)
    (bought,) = [row.amount for row in cut_off.flows if row.flow == "scrap_pre_consumer"]
    assert abs(bought * 1000 - Decimal("0.17565692")) < Decimal("1E-12")
    printed = {"pre-consumer-mass": "2.917948", "co-product": "2.905500"}
    for name, found in SCRAP_RULES.items():
        result = under(demo_store, name, mill)
        brought = bought * 1000 * INGOT if found.burdened else Decimal(0)
        assert result.total > 0
        assert abs(result.total - by_hand(cut_off, name, brought)) < NEAR, name
        shown = result.total.quantize(Decimal("1.000000"))
        assert shown == Decimal(printed.get(name, "1.088827")), name
        assert all(row.kg_co2e >= 0 for row in result.contributions)
    outside = exact_sum(r.kg_co2e for r in under(demo_store, "substitution", mill).outside)
    (post,) = [row.amount for row in cut_off.flows if row.flow == "scrap_post_consumer"]
    sold = exact_sum(row.amount for row in cut_off.flows if row.flow == "sold_scrap")
    assert abs(sold * 1000 - Decimal("0.35")) < Decimal("1E-12")  # 17 500 t of 50 000 t plate
    with localcontext(EXACT):
        assert abs(outside - (bought + post - sold) * 1000 * INGOT) < NEAR


@pytest.mark.parametrize("steps", [SELLING[:1], SELLING])
@pytest.mark.parametrize("name", ["pre-consumer-mass", "co-product"])
def test_with_the_sellers_figure_both_firms_report_what_was_emitted(
    demo_store: Store, mill: dict[str, Decimal], name: str, steps: tuple[str, ...]
) -> None:
    """Sold at one step or at four; the seller's own scrap came in at 7 kg/kg, as its seller said."""
    unsold = {f"{code}/sold_scrap/inventory": Decimal(0) for code in SELLING if code not in steps}
    plant = {**mill, **unsold, SCRAP_FIGURE: Decimal(7000)}
    seller = under(demo_store, name, plant)
    lines = {line.process: line.kg_co2e_per_t for line in sold_scrap_of(seller)}
    assert set(lines) == set(steps)
    cut_off = under(demo_store, "cut-off", {key: plant[key] for key in plant if key in mill})
    rows = {(row.process, row.flow): row.amount for row in cut_off.flows}
    with localcontext(EXACT):
        taken_up = sum((rows[code, "sold_scrap"] * lines[code] for code in steps), Decimal(0))
        emitted = cut_off.total + rows["charging", "scrap_pre_consumer"] * 7000
        assert abs(seller.total + taken_up - emitted) < NEAR
    assert figures_of(seller, []).sold_scrap[0].process == min(steps)
    assert sold_scrap_of(cut_off) == ()


def test_a_buyer_without_the_sellers_figure_is_told_of_the_default(demo_store: Store) -> None:
    """The plate of the demo: 0.17565692 x 15.947 = 2.80120... under both rules that burden it."""
    cut_off = nominal(demo_store, default_study("plate"))
    before = figures_of(cut_off, []).quality.data_shares["proxy"]
    for name in ("pre-consumer-mass", "co-product"):
        found = under(demo_store, name, {})
        assert abs(found.total - cut_off.total - Decimal("2.80120090")) < Decimal("1E-8")
        figures = figures_of(found, []).record()
        assert figures["coverage"]["conservative_defaults"] == [
            {
                "slot": SCRAP_FIGURE,
                "factor": "result.primary.china.peng2022@2",
                "stands_in": "primary_ingot",
                "rule": "PCF-SCRAP-DEFAULT",
            }
        ]
        (line,) = [i for i in figures["coverage"]["resolved"] if i["slot"] == SCRAP_FIGURE]
        assert line["level"] == CONSERVATIVE
        assert "conservative default" in line["reason"]
        assert "PCF-SCRAP-DEFAULT" in found.rules
        # A stand-in is a proxy, and what the plant bought as ingot by the same factor is not.
        shares = figures["quality"]["data_shares"]
        by_hand = (before * cut_off.total + 100 * Decimal("2.8012009")) / found.total
        assert abs(Decimal(shares["proxy"]) - by_hand) < Decimal("0.000002")
    assert "conservative_defaults" not in figures_of(cut_off, []).record()["coverage"]
    assert "PCF-SCRAP-DEFAULT" not in cut_off.rules


@pytest.mark.parametrize("source", ["published", "modelled"])
def test_a_low_figure_for_own_ingot_does_not_lower_the_scrap(
    demo_store: Store, source: str
) -> None:
    """Neither a value by hand nor the modelled smelter made that scrap."""
    by_the_ingot = {"primary_ingot/cradle_to_gate": Decimal(1000)} if source == "published" else {}
    totals = []
    for name in ("pre-consumer-mass", "cut-off"):
        study = default_study("plate").changed("primary_source", source)
        study = study.changed("scrap_rule", name)
        totals.append(
            nominal(demo_store, replace(study, overrides=by_the_ingot, accept_doubts=True)).total
        )
    assert abs(totals[0] - totals[1] - Decimal("2.80120090")) < Decimal("1E-8")


def test_the_default_is_of_the_country_or_the_world_and_never_somebodys() -> None:
    pin = Resolver(reference_factors(), HERE).pin(SCRAP_SLOT)
    assert pin is not None
    assert (pin.level, pin.factor.flow) == (CONSERVATIVE, "primary_ingot")
    assert pin.gases() == {"co2e": Decimal(15947)}
    assert misfit(pin, HERE) is None
    assert misfit(pin, replace(HERE, region="EU")) == "geography"
    assert misfit(pin, replace(HERE, period_end="2015-12-31")) == "data_year"
    other = next(item for item in reference_factors() if item.flow == "magnesium")
    assert misfit(Pin(SCRAP_SLOT, other, CONSERVATIVE), HERE) == "slot"
    slab = Slot("", "slab", "cradle_to_gate", "kg/t")
    assert misfit(Pin(slab, pin.factor, CONSERVATIVE), HERE) == "slot"
    assert Resolver(reference_factors(), HERE).pin(slab) is None
    # The seller's figure goes first, at whatever it says, turnings included.
    stated = pin.factor.model_copy(
        update={"id": "seller.scrap", "flow": "scrap_pre_consumer", "amounts": {"co2e": Decimal(3)}}
    )
    named = Resolver(
        reference_factors(), HERE, suppliers={"scrap_pre_consumer": [(stated, Decimal(1))]}
    ).pin(SCRAP_SLOT)
    assert named is not None
    assert (named.level, named.gases()) == (SUPPLIER, {"co2e": Decimal(3000)})
    assert rule("PCF-SCRAP-DEFAULT").parameters == {"scrap_pre_consumer": "primary_ingot"}


def test_a_document_may_not_put_another_metal_in_the_scraps_place(demo_store: Store) -> None:
    found = under(demo_store, "pre-consumer-mass", {})
    pins = [pin.record() for pin in found.pins]
    (mine,) = [item for item in pins if item["level"] == CONSERVATIVE]
    (magnesium,) = [i["factor"] for i in pins if i["slot"]["flow"] == "magnesium"
                    and i["slot"]["quantity"] == "upstream"]  # fmt: skip
    where = {name: getattr(found.where, name) for name in found.where.__slots__}
    document = calculation(
        inputs={"study": plain(found.study.record()), "where": where, "pins": pins}
    )
    assert evaluate(*question_of(read_result(document))).result_hash() == found.result_hash()
    mine["factor"] = magnesium
    with pytest.raises(BadInput, match="PIN_MISFIT"):
        question_of(read_result(document))
