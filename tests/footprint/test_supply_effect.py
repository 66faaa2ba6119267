"""What shares within their tolerance, and metal of last year's sellers, may do to a product.

System under test: the extrusion plant as CSV, import to certificate, its ingot bought of firms whose
footprints are imported. By hand: the profile takes `metal` kg of ingot per kg.

4.9 % of the ingot out of opening stock, valued at this year's 4.6: it may have been 21.8, so that
0.049 x (21.8 - 4.6) x metal kg CO2e/kg may be missing, about 11.5 % of 3.74. At 0.951 of the seller and
0.049 of the published average (15.9) it is 0.049 x 5.85 x metal, 3.5 %; with the highest published (21.8)
for the 0.049 nothing is left, and it is certified.

Three hydro sellers (4.6) of 0.16 each, written 0.165, and coal sellers (19) of 0.175, 0.175 and 0.17,
written 0.17, 0.17 and 0.165: none is more than half a point off, and 0.015 x (19 - 4.6) x metal are
missing. With one of each kind half a point off it is 0.005 x 14.4 x metal, half a per cent.

6 % of the ingot of the same seller, laid in store in 2024: its footprints of both years at 0.94 and
0.06 are certified where the ledger of 2024, or a note of the stock sheet, says whose metal it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import _STEPS, Plant, calculated, study_of

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.errors import Incomplete
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult, store_calculation
from footprint.certificate.service import issue_certificate
from footprint.exchange.importing import import_supplier, read_supplier_file
from footprint.figures.blocked import refuse_blocked
from footprint.result.checks import SuppliedDrawn
from footprint.study.supplier_shares import Supplier
from footprint.supply.bought_stock import Before, Drawn, Layer, with_origins
from footprint.supply.delivery import Delivery
from footprint.supply.effect import lighter_by
from footprint.supply.read_back import supply_difference
from footprint.supply.sellers import Seller, figures_of
from lca_models.system.resolve import Pin

D = Decimal
SITE, OWNER, INGOT = "CQ-BUY", "91500107MA5U1234XC", "primary_ingot"
HYDRO, COAL = "清江铝业", "黑山铝业"
AT = datetime(2026, 11, 22, tzinfo=UTC)
# Their published footprints begin with 2025: 2024 packs without them.
_OF_2025 = ("paper", "plastic_film", "wood_packaging")
AVERAGE = "result.primary.china.peng2022@2"
HIGHEST = "result.primary.china.yang2019.thermal@2"
Shares = Sequence[tuple[str, Decimal]]


def plant(
    year: int, sellers: Shares, *, drawn: str = "0", opening: str = "1000", note: str = ""
) -> Plant:
    """Return a year whose ingot is of some sellers, a share of its use drawn out of store."""
    made = Plant("extrusion_plant", SITE)
    made.site |= {"uscc": OWNER, "illustrative": False, "note": ""}
    bought = made.of("charging", INGOT)
    made.rows = [row for row in made.rows if row not in bought]
    store, lines = D(opening), []
    for row in bought:
        used = D(row["amount"])
        made.rows += [
            row | {"counterparty": name, "amount": str(used * share)} for name, share in sellers
        ]
        received = used * (1 - D(drawn))
        closing = store + received - used
        lines.append(
            {"material": INGOT, "period": row["period"], "opening": str(store), "unit": "t",
             "receipts": str(received), "consumption": str(used), "closing": str(closing),
             "note": note}
        )  # fmt: skip
        store = closing
    if D(drawn):
        made.sheets["stock"] = lines
    made.site |= {"period_start": date(year, 1, 1), "period_end": date(year, 12, 31)}
    for flow in _OF_2025 if year < 2025 else ():
        made.scale("profile_packing", flow, "0")
    for row in (*made.rows, *lines):
        row["period"] = row["period"].replace("2025", str(year))
    return made


def publish(store: Store, folder: Path, made: Plant) -> None:
    year = str(made.site["period_start"])[:4]
    for item in made.check(folder).unexplained_warnings:
        made.excuse(item.code, *made._place(item, folder)[1:])
    with store.work("exporter") as work:
        outcome = import_ledger(work, made.write(folder / f"{year}.csv"))
        assert outcome.sha256, [i.message("en") for i in outcome.check.findings if not i.explained]
        refs = derive_site(work, SITE, year)
    take(store, refs)


def take(store: Store, refs: Sequence[str]) -> None:
    for user, action in _STEPS:
        with store.work(user) as work:
            for ref in refs:
                take_step(work, ref, action)


def file_of(store: Store, folder: Path, firm: str, kg_co2e_per_t: str, year: int = 2025) -> str:
    """Import a firm's footprint of ingot, and publish it."""
    file = folder / f"{firm}{year}{kg_co2e_per_t}.toml"
    file.write_text(
        f"""supplier_zh = "{firm}"
supplier_en = "{firm}"
product_zh = "{year} 年原铝锭"
product_en = "primary ingot of {year}"
flow = "{INGOT}"
unit = "t"
pcf_kg_co2e = "{kg_co2e_per_t}"
gwp_set = "AR6"
geography = "CN-YN"
period_start = "{year}-01-01"
period_end = "{year}-12-31"
boundary = "cradle-to-gate"
basis = "calculated"
primary_data_share = "85"
scrap_rule = "cut-off"
electricity_rule = "location"
""",
        encoding="utf-8",
    )
    with store.work("exporter") as work:
        ref = import_supplier(work, read_supplier_file(file, AT.date()), owner=OWNER)
    take(store, [ref])
    return ref


def result(store: Store, *shares: tuple[str, str], year: int = 2025) -> CalculationResult:
    named = {INGOT: tuple(Supplier(ref, D(share)) for ref, share in shares)}
    found = calculated(store, study_of("extrusion", SITE, period=str(year), suppliers=named))
    with store.work("exporter") as work:
        store_calculation(work, found)
    assert supply_difference(found.result) == ""
    return found


def codes(found: CalculationResult) -> list[str]:
    assert found.result.supply is not None
    return [item.code.removeprefix("SUPPLY_") for item in found.result.supply.violations]


def drawn_in(found: CalculationResult) -> SuppliedDrawn:
    assert found.result.supply is not None
    (flow,) = found.result.supply.flows
    assert flow.drawn is not None
    return flow.drawn


def certify(store: Store, found: CalculationResult, folder: Path) -> None:
    with store.work("exporter") as work:
        issue_certificate(work, found.result, folder / "certificate", issued_at=AT)


def metal_kg_per_kg(made: Plant) -> Decimal:
    packed = made.of("profile_packing", "extrusion")
    return made.total("charging", INGOT) / sum(D(row["amount"]) for row in packed)


def test_last_years_metal_at_this_years_figure_is_asked_what_it_may_have_been(
    store: Store, tmp_path: Path
) -> None:
    made = plant(2025, [(HYDRO, D(1))], drawn="0.049")
    publish(store, tmp_path, made)
    ref = file_of(store, tmp_path, HYDRO, "4600")
    found = result(store, (ref, "1"))
    assert codes(found) == ["STOCK_EFFECT"]
    by_hand = D("0.049") * (D("21.8") - D("4.6")) * metal_kg_per_kg(made) / found.nominal.total
    assert abs(drawn_in(found).effect - by_hand) < D("1E-9")
    assert D("0.115") < by_hand < D("0.116")
    with pytest.raises(Incomplete, match="BOUGHT_STOCK") as caught:
        certify(store, found, tmp_path)
    for lang in LANGUAGES:
        said = error_text(caught.value, lang)
        assert all(word in said for word in ("drawn 4.9", "stock!", HIGHEST.partition("@")[0]))
    averaged = result(store, (ref, "0.951"), (AVERAGE, "0.049"))
    assert codes(averaged) == ["STOCK_EFFECT"]
    left = D("0.049") * (D("21.8") - average_of(averaged) / 1000)
    by_hand = left * metal_kg_per_kg(made) / averaged.nominal.total
    assert abs(drawn_in(averaged).effect - by_hand) < D("1E-9")
    named = result(store, (ref, "0.951"), (HIGHEST, "0.049"))
    assert codes(named) == []
    certify(store, named, tmp_path)


def average_of(found: CalculationResult) -> Decimal:
    """Return kg CO2e per t of the published average beside a seller's ingot."""
    (pin,) = (pin for pin in found.nominal.pins if pin.slot.key == f"{INGOT}/cradle_to_gate")
    (factor,) = (factor for factor in pin.sources if factor.owner == REFERENCE_OWNER)
    (figure,) = figures_of(Pin(pin.slot, factor, pin.level), found.nominal.study.gwp_set)
    return figure


def test_shares_half_a_point_off_are_a_hole_together(store: Store, tmp_path: Path) -> None:
    true = [(f"{HYDRO}{n}号", D("0.16")) for n in "甲乙丙"]
    true += [
        (f"{COAL}{n}号", D(s)) for n, s in zip("丁戊己", ("0.175", "0.175", "0.17"), strict=True)
    ]
    made = plant(2025, true)
    publish(store, tmp_path, made)
    refs = [
        file_of(store, tmp_path, name, "4600" if name.startswith(HYDRO) else "19000")
        for name, _ in true
    ]
    written = ("0.165", "0.165", "0.165", "0.17", "0.17", "0.165")
    found = result(store, *zip(refs, written, strict=True))
    assert codes(found) == ["SHARES_EFFECT"]
    assert found.result.supply is not None
    effect = found.result.supply.flows[0].shares_effect
    by_hand = D("0.015") * D("14.4") * metal_kg_per_kg(made) / found.nominal.total
    assert effect is not None
    assert abs(effect - by_hand) < D("1E-9")
    assert by_hand > D("0.014")
    with pytest.raises(Incomplete, match="SUPPLIER_SHARES"):
        certify(store, found, tmp_path)
    one = ("0.165", "0.16", "0.16", "0.17", "0.175", "0.17")
    assert codes(result(store, *zip(refs, one, strict=True))) == []
    exact = result(store, *zip(refs, (str(share) for _, share in true), strict=True))
    assert exact.result.supply is not None
    assert exact.result.supply.flows[0].shares_effect is None
    certify(store, exact, tmp_path)


@pytest.mark.parametrize(
    ("before", "note", "expected"),
    [
        ((HYDRO,), "", []),
        ((), f"2024 年 12 月购自{HYDRO}有限公司", []),
        ((), "2024-12-31 count", ["SHARE", "SHARE"]),
        ((COAL,), f"2024 年 12 月购自{HYDRO}有限公司", ["SHARE", "SHARE"]),
        ((HYDRO, COAL), "", ["SHARE", "SHARE"]),
    ],
    ids=["ledger", "note", "nobody", "another by the ledger", "half by the ledger"],
)
def test_a_footprint_of_before_is_its_sellers_as_far_as_it_is_shown(
    store: Store, tmp_path: Path, before: Sequence[str], note: str, expected: list[str]
) -> None:
    if before:
        shares = [(name, D(1) / len(before)) for name in before]
        publish(store, tmp_path, plant(2024, shares, drawn="-0.1", opening="0"))
    made = plant(2025, [(HYDRO, D(1))], drawn="0.06", opening=laid(before), note=note)
    publish(store, tmp_path, made)
    new = file_of(store, tmp_path, HYDRO, "4600")
    old = file_of(store, tmp_path, HYDRO, "5000", 2024)
    found = result(store, (new, "0.94"), (old, "0.06"))
    assert codes(found) == expected
    if not expected:
        certify(store, found, tmp_path)
    assert codes(result(store, (new, "1"))) == ["SHARE", "SHARE"]


def laid(before: Sequence[str]) -> str:
    """Return what a year before left in store: a tenth of what it used, in tonnes."""
    used = Plant("extrusion_plant").total("charging", INGOT)
    return str(used / 10) if before else "1000"


@pytest.mark.parametrize(
    ("kilograms", "expected"), [("4700", []), ("19000", ["STOCK_EFFECT"])], ids=["like", "coal"]
)
def test_a_year_before_that_was_calculated_tells_what_its_metal_carried(
    store: Store, tmp_path: Path, kilograms: str, expected: list[str]
) -> None:
    publish(store, tmp_path, plant(2024, [(COAL, D(1))], drawn="-0.1", opening="0"))
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))], drawn="0.03", opening=laid([COAL])))
    new = file_of(store, tmp_path, HYDRO, "4600")
    assert codes(result(store, (new, "1"))) == ["STOCK_EFFECT"]  # nobody calculated 2024 yet
    old = file_of(store, tmp_path, COAL, kilograms, 2024)
    result(store, (old, "1"), year=2024)
    found = result(store, (new, "1"))
    assert drawn_in(found).earlier == ("2024",)
    assert codes(found) == expected


def test_a_result_that_moves_more_than_it_may_without_saying_so_is_a_fault(
    store: Store, tmp_path: Path
) -> None:
    publish(store, tmp_path, plant(2025, [(HYDRO, D(1))], drawn="0.049"))
    found = result(store, (file_of(store, tmp_path, HYDRO, "4600"), "1")).result
    assert found.supply is not None
    silenced = found.supply.model_copy(update={"violations": ()})
    assert supply_difference(found.model_copy(update={"supply": silenced})) == "supply.flows"
    with pytest.raises(Incomplete, match="BOUGHT_STOCK"):
        refuse_blocked(found, "PACT")


BEFORE = Before("2024", D(380), {"Ost": D("0.75"), "West": D("0.25")}, D(5))


def test_layers_leave_the_store_last_in_first_out() -> None:
    """500 t at the beginning, 200 of 1000 t used drawn; the year before began with 380."""
    drawn = Drawn(D("0.2"), D(500), D(200), layers=(Layer(D("0.2")),))
    found = with_origins(drawn, [BEFORE])
    assert found.layers == (Layer(D("0.12"), BEFORE), Layer(D("0.08")))
    assert found.most(D(4), D(20)) == D("0.12") * 1 + D("0.08") * 16
    assert found.of_firm(["Ost Ltd"]) == D("0.09")
    noted = replace(found, notes=("bought of Ost in 2022",))
    assert noted.of_firm(["Ost Ltd"]) == D("0.17")
    assert with_origins(drawn, []).layers == (Layer(D("0.2")),)


def test_shares_are_weighed_by_their_footprints() -> None:
    """0.5 point more of 4 for 0.5 point less of 20, and 1 point of nobody, at 16, given to Ost."""
    sellers = [
        Seller("Ost", D("0.49"), ()),
        Seller("West", D("0.5"), ()),
        Seller("", D("0.01"), ()),
    ]
    taken = [
        Delivery("a@1", D("0.505"), frozenset({"Ost"}), False, D(4)),
        Delivery("b@1", D("0.495"), frozenset({"West"}), False, D(20)),
    ]
    by_hand = D("-0.015") * 4 + D("0.005") * 20 + D("0.01") * 16
    assert lighter_by(sellers, taken, lambda: D(16)) == by_hand
