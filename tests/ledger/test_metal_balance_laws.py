"""Metal balances see a leak of 2 % anywhere in the chain and let 0.1 % pass.

A leak of share s inside a step takes s off its product and off everything after it; a leak between
two steps takes it off the later one only. Tolerances: 0.5 % of the step and of the aluminium of the
cast house, 1 % between steps and over the site, 3 % where scrap is shredded (there the site
balance sees it). By hand, plate mill, 2 % in melting: of 68 782.5 t charged 67 500 t should be
cast; 66 150 t are, so 1350 t x 0.98 Al are missing, 2.0 % of the aluminium charged.

Worked example on aluminium content: charged 1010.82 t; cast 990 t; dross 26 t = 15.0 t metal and
11.0 t Al2O3 holding 11.0 / 1.8895 = 5.82 t Al: closed. With 4 t more left in the furnaces 986 t are
cast.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import Rows, example, run_checks, scaled

from factor_db.foundation.rules import rule
from factor_db.ledger.balances.metal import metal_balance
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.form.limits import GAIN_TOLERANCE, PLATE_STEPS
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.months.balance_terms import (
    DECOATED_CHARGE_MJ_PER_T,
    LINK_TOLERANCE,
    SITE_TOLERANCE,
)
from factor_db.ledger.stock.movements import Stock
from factor_db.ledger.stock.rows import StockEntry
from tools.example_book import MONTHS

CAST_HOUSE = (("charging",), ("melting", "dross_recovery"), ("refining",))
CHAINS: dict[str, tuple[tuple[str, ...], ...]] = {
    "plate_mill": (*CAST_HOUSE, ("slab_casting",), *((step,) for step in PLATE_STEPS)),
    "extrusion_plant": (
        *CAST_HOUSE,
        ("billet_casting",),
        ("billet_homogenising",),
        ("billet_heating",),
        ("extruding",),
        ("profile_stretching",),
        ("profile_ageing",),
        ("profile_packing",),
    ),
    "recycling_plant": (
        ("scrap_collection",),
        ("scrap_sorting",),
        ("scrap_shredding",),
        ("scrap_decoating",),
        *CAST_HOUSE,
        ("ingot_casting", "liquid_delivery"),
        ("ingot_packing",),
    ),
}
PLACES = [(name, at) for name, chain in CHAINS.items() for at in range(len(chain))]
LEAKS = st.sampled_from((True, False))


def less(rows: Rows, keys: Iterable[tuple[str, str]], share: Decimal) -> Rows:
    for key in sorted(set(keys)):
        rows = list(scaled(*key, 1 - share)(rows))
    return rows


def leaking(name: str, at: int, share: Decimal, *, inside: bool) -> Rows:
    """Return an example with a share of its metal lost inside, or just after, a stage."""
    rows = list(example(name)[1])
    chain = CHAINS[name]
    later = {process for stage in chain[at + 1 :] for process in stage}
    keys = {(r.process, r.flow) for r in rows if r.process in later and not r.is_property}
    if inside:
        # Dross treated is no metal made.
        made = [process for process in chain[at] if process != "dross_recovery"]
        keys |= {(process, vocabulary().processes[process].product) for process in made}
    return less(rows, keys, share)


def codes(findings: Sequence[Finding]) -> set[str]:
    return {finding.code for finding in findings if finding.code.endswith("_BALANCE")}


@pytest.mark.parametrize(("name", "at"), PLACES)
def test_two_percent_are_seen_and_a_thousandth_is_not(name: str, at: int) -> None:
    for inside in (True, False):
        if not inside and at == len(CHAINS[name]) - 1:
            continue  # nothing comes after the last stage
        assert codes(run_checks(leaking(name, at, Decimal("0.02"), inside=inside))), inside
        assert not codes(run_checks(leaking(name, at, Decimal("0.001"), inside=inside))), inside


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("process", ["melting", "refining"])
def test_the_aluminium_balance_sees_what_the_wide_steps_of_the_cast_house_let_pass(
    name: str, process: str
) -> None:
    at = next(at for at, stage in enumerate(CHAINS[name]) if process in stage)
    found = run_checks(leaking(name, at, Decimal("0.02"), inside=True))
    assert "LEDGER_METAL_BALANCE" in codes(found)
    assert "LEDGER_MASS_BALANCE" not in codes(found)


@pytest.mark.parametrize("name", CHAINS)
def test_small_leaks_that_every_step_lets_pass_are_seen_by_the_site(name: str) -> None:
    # 0.4 % lost in each of four steps of the chain after the cast house, or before it.
    rows = list(example(name)[1])
    chain = CHAINS[name]
    first = 1 if name == "recycling_plant" else 4
    for at in range(first, first + 4):
        if name == "recycling_plant" and at == 4:
            continue
        later = {process for stage in chain[at + 1 :] for process in stage}
        keys = {
            (r.process, r.flow)
            for r in rows
            if r.process in later and not r.is_property and r.flow != "internal_scrap"
        }
        share = Decimal("0.004") * (3 if name == "recycling_plant" and at == 2 else 1)
        rows = less(rows, {*keys, *((p, vocabulary().processes[p].product) for p in chain[at])},
                    share)  # fmt: skip
    assert codes(run_checks(rows)) == {"LEDGER_SITE_BALANCE"}


@settings(max_examples=12, deadline=None)
@given(place=st.sampled_from(PLACES), seed=st.integers(0, 99), inside=LEAKS)
def test_the_order_of_the_rows_changes_no_balance(
    place: tuple[str, int], seed: int, inside: bool
) -> None:
    rows = leaking(*place, Decimal("0.02"), inside=inside)
    mixed = random.Random(seed).sample(rows, len(rows))
    told = [sorted((f.code, str(f.params)) for f in run_checks(some)) for some in (rows, mixed)]
    assert told[0] == told[1]


@settings(max_examples=12, deadline=None)
@given(
    place=st.sampled_from(PLACES),
    size=st.decimals("0.01", "100", places=3),
    leak=st.sampled_from((Decimal("0.02"), Decimal("0.001"))),
)
def test_the_size_of_the_plant_changes_no_balance(
    place: tuple[str, int], size: Decimal, leak: Decimal
) -> None:
    rows = leaking(*place, leak, inside=True)
    keys = {(row.process, row.flow) for row in rows if not row.is_property}
    larger = less(rows, keys, 1 - size)
    assert codes(run_checks(larger)) == codes(run_checks(rows))


def stock_of(material: str, change: Decimal) -> Stock:
    """Return a stock that grows by a change over the year, in equal steps."""
    step = change / len(MONTHS)
    entries = tuple(
        StockEntry(
            sheet="stock",
            row_number=at + 2,
            material=material,
            period=month,
            amounts={
                "opening": 5000 + step * at,
                "receipts": max(step, Decimal(0)),
                "consumption": max(-step, Decimal(0)),
                "tolling_in": Decimal(0),
                "tolling_out": Decimal(0),
                "adjustment": Decimal(0),
                "closing": 5000 + step * (at + 1),
            },
            unit="t",
            unit_canonical="t",
            factor=Decimal(1),
            note="",
            cells={},
        )
        for at, month in enumerate(MONTHS)
    )
    return Stock({material: entries})


def test_metal_left_in_the_furnaces_closes_the_cast_house() -> None:
    # 2 % less refined than melted: 1350 t stay behind as molten metal.
    rows = leaking("plate_mill", 1, Decimal("0.02"), inside=False)
    rows = less(rows, [("charging", "internal_scrap")], Decimal("0"))
    assert "LEDGER_LINK_BALANCE" in codes(run_checks(rows))
    assert "LEDGER_METAL_BALANCE" in codes(run_checks(rows))
    kept = codes(run_checks(rows, stock=stock_of("molten_metal", Decimal(1350))))
    # The loop stays open: 2 % less plate makes 2 % less scrap than was charged.
    assert kept == {"LEDGER_LOOP_BALANCE"}
    wrong = codes(run_checks(rows, stock=stock_of("molten_metal", Decimal(-1350))))
    assert "LEDGER_METAL_BALANCE" in wrong


def test_the_cast_house_tells_the_figures_of_its_balance() -> None:
    """1350 t drawn of a stock inside that nobody filled: what is told adds up to what is open.

    The stock is told in aluminium, 1350 t times the content of the slab cast; open is what is
    charged less cast, metal in dross, oxidised and kept inside, as a share of what is charged.
    """
    rows = list(example("plate_mill")[1])
    found = run_checks(rows, stock=stock_of("molten_metal", Decimal(-1350)))
    (finding,) = [item for item in found if item.code == "LEDGER_METAL_BALANCE"]
    names = ("charged", "cast", "metal", "oxidised", "stock")
    told = {name: Decimal(str(finding.params[name])) for name in names}
    contents = {row.amount for row in rows if row.flow == "slab.aluminium_content"}
    assert told["stock"] == pytest.approx(-1350 * min(contents), abs=Decimal("0.1"))
    assert min(told["charged"], told["cast"], told["metal"], told["oxidised"]) > 0
    rest = 2 * told["charged"] - sum(told.values())
    share = Decimal(finding.value.removesuffix(" %"))
    assert share == pytest.approx(100 * rest / told["charged"], abs=Decimal("0.01"))


def test_a_stock_of_bought_metal_enters_by_its_receipts() -> None:
    # The example charges all it buys. A sheet that says that nothing was bought leaves the site
    # open by all of its primary ingot but what came out of the store: 5000 t.
    rows = list(example("plate_mill")[1])
    findings = run_checks(rows, stock=stock_of("primary_ingot", Decimal(-5000)))
    assert [finding.code for finding in findings] == ["LEDGER_SITE_GAIN"]
    bought = sum(row.amount for row in rows if row.flow == "primary_ingot")
    missing = (bought - 5000) * Decimal("0.997")
    told = Decimal(str(findings[0].params["open"]))
    assert abs(told - missing) < 1
    # What came out of store came in: the share is of all that left, 5000 t of it covered.
    params = findings[0].params
    left = Decimal(str(params["out"]))
    share = Decimal(findings[0].value.removesuffix(" %"))
    assert abs(share + 100 * missing / left) < Decimal("0.01")
    assert Decimal(str(params["stock"])) == pytest.approx(Decimal("-4985"), abs=Decimal("0.1"))


def gaining(process: str, share: Decimal) -> Rows:
    """Return the recycling plant with more metal out of a step than in, of the same aluminium."""
    rows = list(example("recycling_plant")[1])
    at = next(at for at, stage in enumerate(RECYCLING) if process in stage)
    later = {step for stage in RECYCLING[at + 1 :] for step in stage}
    keys = {(row.process, row.flow) for row in rows if row.process in later and not row.is_property}
    keys |= {(process, vocabulary().processes[process].product)}
    rows = less(rows, keys, -share)
    contents = {key for key in {(r.process, r.flow) for r in rows} if key[0] in later}
    contents = {key for key in contents if key[1].endswith(".aluminium_content")}
    return less(rows, contents, 1 - 1 / (1 + share))


RECYCLING = CHAINS["recycling_plant"]


def explained(rows: Rows) -> Rows:
    """Return rows with a note on every one."""
    return [replace(row, note="alloying elements are stirred in at the ladle") for row in rows]


def test_silicon_stirred_in_after_the_charge_is_metal_from_nothing() -> None:
    """4.5 % of silicon at refining that no row books: its gain is 4.3 % of what leaves the step.

    The balance of aluminium closes, as the contents fall with it; a note explains nothing.
    """
    findings = run_checks(explained(gaining("refining", Decimal("0.045"))))
    (found,) = (finding for finding in findings if finding.severity == "error")
    assert (found.code, found.value) == ("LEDGER_MASS_BALANCE", "-4.31 %")
    assert "charging" in found.remedy("en")
    assert "charging" in found.remedy("zh")


def test_small_gains_that_every_step_lets_pass_are_an_error_of_the_site() -> None:
    """0.95 % at refining and at casting: each within 1 %, the site above it."""
    rows = list(example("recycling_plant")[1])
    for process in ("refining", "ingot_casting"):
        at = next(at for at, stage in enumerate(RECYCLING) if process in stage)
        later = {step for stage in RECYCLING[at + 1 :] for step in stage}
        keys = {(r.process, r.flow) for r in rows if r.process in later and not r.is_property}
        keys |= {(process, vocabulary().processes[process].product)}
        rows = less(rows, keys, Decimal("-0.0095"))
    # The contents fall with it: silicon; liquid alloy is not cast and holds that of refining only.
    rows = less(rows, [("ingot_casting", "cast_ingot.aluminium_content")], Decimal("0.0187"))
    rows = less(rows, [("liquid_delivery", "liquid_alloy.aluminium_content")], Decimal("0.0094"))
    errors = [item for item in run_checks(explained(rows)) if item.severity == "error"]
    assert [item.code for item in errors] == ["LEDGER_SITE_GAIN"]
    assert "AL-BAL-008" in errors[0].message("en")
    assert "AL-BAL-008" in errors[0].message("zh")


def test_the_worked_example_closes_with_and_without_stock() -> None:
    plain = metal_balance(Decimal("1010.82"), Decimal(990), Decimal("15.0"), Decimal("11.0"))
    assert plain.oxidised.quantize(Decimal("0.01")) == Decimal("5.82")
    left = metal_balance(
        Decimal("1010.82"), Decimal(986), Decimal("15.0"), Decimal("11.0"), Decimal(4)
    )
    assert abs(plain.open_share) < Decimal("1e-5")
    assert left.open_share == plain.open_share


def test_hot_charge_is_no_false_melting_floor() -> None:
    # Recycling: gas 4100 and 62 x 3.6 = 223 MJ per t cast, about 4150 MJ per t of cold charge.
    # At a fifth of the gas: (820 + 223 + 480 x 1.0) MJ pass only with the heat of the kiln.
    rows = list(example("recycling_plant")[1])
    warm = list(scaled("melting", "natural_gas", Decimal("0.2"))(rows))
    assert "LEDGER_MELTING_ENERGY" not in {f.code for f in run_checks(warm)}
    cold = list(scaled("melting", "natural_gas", Decimal("0.08"))(rows))
    assert "LEDGER_MELTING_ENERGY" in {f.code for f in run_checks(cold)}


def test_the_limits_are_those_of_the_rule_register() -> None:
    assert rule("AL-BAL-002").number("link_tolerance") == LINK_TOLERANCE == Decimal("0.01")
    assert rule("AL-BAL-008").number("gain_tolerance") == GAIN_TOLERANCE == Decimal("0.01")
    assert rule("AL-BAL-003").number("site_tolerance") == SITE_TOLERANCE == Decimal("0.01")
    assert rule("AL-MELT-002").number("decoated_charge_mj_per_t") == DECOATED_CHARGE_MJ_PER_T
