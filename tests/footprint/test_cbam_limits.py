"""What a CBAM view refuses, leaves out and says: boundary, origin, year, codes, signs, zero, open data.

System: small documents of `cbam_cases`. Base plate: gas 2 MJ in rolling, 1 t/t primary ingot of
stated 1.5 t CO2e/t: direct 2 x 0.0561 = 0.1122, see = 1.6122. Anodised profile: gas 1 MJ heating and
1 MJ anodising: 0.1122 with anodising inside, 0.0561 outside. Own analysed gas factor: 0.055 x 2 = 0.11.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from cbam_cases import amount, document, emission, fuel_pin, gas_row
from result_cases import cut_off_line

from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import error_text
from factor_db.foundation.reference_files import reference_rows
from footprint.result.document import ResultDocument
from footprint.views.cbam import read_statement, statement_of, view
from footprint.views.cbam.reference import (
    allocation_factor,
    benchmark,
    goods,
    shipped_default,
)
from footprint.views.figure import View
from footprint.words.book import words

PLATE, PROFILE, INGOT = "76061292", "76042100", "76012040"
STATED = {
    "precursors": [{"flow": "primary_ingot", "direct": "1.5", "source": "letter", "country": "CN"}]
}
METAL = amount("charging", "primary_ingot", "0.001")
SEE = Decimal("1.6122")


def plate(*contributions: dict[str, Any], **changes: Any) -> ResultDocument:
    return document("plate", list(contributions), [gas_row("hot_rolling", "2"), METAL], **changes)


def see(found: View, year: int = 2026) -> Decimal:
    return found.figure(f"see.{year}").value


def said(found: View) -> str:
    return " ".join(note["en"] for note in found.notes)


def left_out(found: View) -> list[str]:
    """The amounts of the direct table that are there as gases not counted."""
    (table,) = [item for item in found.tables if item.code == "direct"]
    place = words("CBAM_PLACE_GAS")
    return [str(row[2]) for row in table.rows if row[1] == place]


def communicated(found: View) -> tuple[tuple[Any, ...], ...]:
    """The rows of the communication: sheet, cell, item, value, unit."""
    (table,) = [item for item in found.tables if item.code == "communication"]
    return table.rows


def refused(asked: Any, kind: type[FootprintError], code: str) -> str:
    with pytest.raises(kind) as caught:
        asked()
    assert caught.value.code == code
    assert error_text(caught.value, "zh")
    return error_text(caught.value, "en")


# What counts


def test_only_co2_and_pfc_of_the_installation_count() -> None:
    """CH4, N2O, biogenic CO2, power, supply, a precursor's rows and its footprint change nothing."""
    others = [
        emission("hot_rolling", "natural_gas", "ch4", "0.001"),
        emission("hot_rolling", "natural_gas", "n2o", "0.001"),
        {**emission("hot_rolling", "wood", "co2_biogenic", "9"), "origin": "biogenic"},
        {**emission("hot_rolling", "biogas", "co2", "9"), "origin": "biogenic"},
        emission("hot_rolling", "electricity", "co2e", "9", "upstream", "upstream"),
        emission("charging", "primary_ingot", "co2e", "1000", "upstream", "precursor"),
        emission("electrolysis", "cf4", "cf4", "9", "process", "precursor"),
        emission("anode_production", "pitch_volatiles", "co2", "9", "process", "upstream"),
    ]
    found = view(plate(*others), statement=STATED)
    assert see(found) == see(view(plate(), statement=STATED)) == SEE


@settings(max_examples=20, deadline=None)
@given(kwh=st.decimals("0", "20000", places=3), co2e=st.decimals("0", "30", places=6))
def test_electricity_is_shown_apart_and_never_counted(kwh: Decimal, co2e: Decimal) -> None:
    power = amount("hot_rolling", "electricity", str(kwh), "kWh")
    row = emission("hot_rolling", "electricity", "co2e", str(co2e), "upstream", "upstream")
    flows = [gas_row("hot_rolling", "2"), METAL, power]
    found = view(document("plate", [row], flows), statement=STATED)
    assert see(found) == SEE
    assert found.figure("electricity").value == kwh  # kWh per kg is MWh per t


def test_site_services_of_a_remelter_belong_to_its_only_category() -> None:
    found = view(document("recycled_ingot", [], [gas_row("site_services", "1")]))
    assert found.figure("direct.unwrought").value == Decimal("0.0561")
    assert found.figure("direct.products").value == 0


def test_a_fuel_takes_the_standard_factor_and_oxidation_one() -> None:
    """The row of the Chinese guideline, 2 x 0.0555 with 0.99 oxidation, is not what counts."""
    row = emission("hot_rolling", "natural_gas", "co2", "0.111")
    assert view(plate(row), statement=STATED).figure("direct").value == Decimal("0.1122")


def test_a_factor_analysed_by_the_site_goes_first() -> None:
    row = emission("hot_rolling", "natural_gas", "co2", "0.11")
    pins = {"pins": [fuel_pin("natural_gas", "own")]}
    found = view(plate(row, inputs=pins), statement=STATED)
    assert found.figure("direct").value == Decimal("0.11")


def test_an_own_factor_known_as_co2e_only_leaves_the_standard_factor() -> None:
    row = emission("hot_rolling", "natural_gas", "co2e", "0.2")
    pins = {"pins": [fuel_pin("natural_gas", "own")]}
    found = view(plate(row, inputs=pins), statement=STATED)
    assert found.figure("direct").value == Decimal("0.1122")
    assert left_out(found) == []


def test_gases_left_out_are_listed_and_co2_counted_from_energy_is_not_among_them() -> None:
    """Counted from energy, CO2e stands for CO2; beside an analysed CO2 row it is something else."""
    methane = emission("hot_rolling", "natural_gas", "ch4", "0.001")
    lumped = emission("hot_rolling", "natural_gas", "co2e", "0.2")
    carbon = emission("hot_rolling", "natural_gas", "co2", "0.11")
    pins = {"pins": [fuel_pin("natural_gas", "own")]}
    assert left_out(view(plate(lumped, methane, inputs=pins), statement=STATED)) == ["0.001"]
    assert left_out(view(plate(carbon, lumped, inputs=pins), statement=STATED)) == ["0.2"]


@pytest.mark.parametrize(("surface", "direct"), [("inside", "0.1122"), ("outside", "0.0561")])
def test_surface_treatment_is_the_declarants_choice(surface: str, direct: str) -> None:
    flows = [gas_row("billet_heating", "1"), gas_row("anodising", "1")]
    found = view(document("extrusion", [], flows), cn=PROFILE, statement={"surface": surface})
    assert found.figure("direct").value == Decimal(direct)
    assert "CBAM-BOUND-004" in said(found)


def test_a_direct_row_known_only_as_co2e_counts_in_full() -> None:
    found = view(
        plate(emission("melting", "flux_fume", "co2e", "0.5", "process")), statement=STATED
    )
    assert see(found) == SEE + Decimal("0.5")
    assert "only as CO2e" in said(found)


# Precursors


def test_a_footprint_never_stands_for_a_direct_value() -> None:
    """Without a stated value the default is taken; where none ships the view is incomplete."""
    lot = {"flow": "primary_ingot", "country": "AE"}
    text = refused(
        lambda: view(plate(), statement={"precursors": [lot]}), Incomplete, "CBAM_DEFAULT_ABSENT"
    )
    assert "AE" in text


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 99))
def test_splitting_a_lot_changes_nothing(percent: int) -> None:
    share = Decimal(percent) / 100
    (lot,) = STATED["precursors"]
    parts = [{**lot, "share": str(share)}, {**lot, "share": str(1 - share)}]
    assert see(view(plate(), statement={"precursors": parts})) == SEE


def test_bought_ingot_bought_slab_and_recycled_ingot_are_all_precursors() -> None:
    """0.5 x 1.5 + 0.3 x 0.4 + 0.2 x 2.0 = 1.27; liquid alloy stated as secondary takes L."""
    flows = [
        amount("charging", "primary_liquid", "0.0005"),
        amount("charging", "liquid_alloy", "0.0003"),
        amount("scalping", "purchased_slab", "0.0002"),
    ]
    lots = [
        {"flow": flow, "direct": direct, "route": route, "source": "x"}
        for flow, direct, route in (
            ("primary_liquid", "1.5", "K"),
            ("liquid_alloy", "0.4", "L"),
            ("purchased_slab", "2", "K"),
        )
    ]
    found = view(document("plate", [], flows), cn=PLATE, statement={"precursors": lots})
    assert see(found) == Decimal("1.27")
    assert found.figure("benchmark.actual").value == Decimal("0.056") + Decimal("0.0273") + (
        Decimal("0.7") * Decimal("1.423")
    )


def test_metal_made_on_the_site_is_no_precursor() -> None:
    """Own slab, and the ingot of a smelter's own cells, are counted by their own emissions."""
    flows = [amount("scalping", "slab", "0.0013"), gas_row("melting", "1")]
    assert see(view(document("plate", [], flows))) == Decimal("0.0561")
    flows = [
        amount("primary_casting", "liquid_aluminium", "0.001"),
        gas_row("primary_casting", "1"),
    ]
    assert see(view(document("primary_aluminium", [], flows))) == Decimal("0.0561")


def test_metal_of_a_modelled_chain_is_bought_metal() -> None:
    """The chain's own fuels and cells are literature, so the default of its ingot is taken."""
    flows = [
        METAL,
        gas_row("primary_casting", "9"),
        amount("primary_casting", "liquid_aluminium", "0.001"),
    ]
    lot = {"flow": "primary_ingot", "country": "CN"}
    assert see(view(document("plate", [], flows), statement={"precursors": [lot]})) == Decimal(
        "3.3"
    )


def test_a_statement_lists_every_fault_at_once() -> None:
    content = {
        "surfce": "x",
        "surface": "both",
        "precursors": [
            {"flow": "gold", "share": "0.5"},
            {"flow": "primary_ingot", "share": "0.5", "direct": "-1", "source": "x"},
            {"flow": "purchased_slab", "direct": "1"},
        ],
    }
    text = refused(lambda: statement_of(content), BadInput, "CBAM_STATEMENT")
    for fault in (
        "surfce?",
        "surface = both",
        "flow = gold",
        "direct = -1",
        "share = 0.5",
        "[3]: source",
    ):
        assert fault in text


@pytest.mark.parametrize("precursors", ["primary_ingot", ["primary_ingot"], {"flow": "x"}, 3])
def test_precursors_are_tables_and_nothing_else(precursors: Any) -> None:
    refused(lambda: statement_of({"precursors": precursors}), BadInput, "CBAM_STATEMENT")


def test_a_statement_file_reads_decimals_exactly(tmp_path: Path) -> None:
    path = tmp_path / "statement.toml"
    path.write_text('[[precursors]]\nflow = "primary_ingot"\ndirect = 1.62\nsource = "letter"\n')
    (lot,) = read_statement(path).lots
    assert (lot.direct, lot.route, lot.country) == (Decimal("1.62"), "K", "UNKNOWN")
    refused(lambda: read_statement(tmp_path / "absent.toml"), BadInput, "FILE_ABSENT")


def test_a_precursor_nobody_consumed_is_refused() -> None:
    lots = {"precursors": [{"flow": "liquid_alloy", "country": "DE"}]}
    assert "primary_ingot" in refused(
        lambda: view(plate(), statement=lots), BadInput, "CBAM_PRECURSOR_UNUSED"
    )


# Years, codes, prices


def test_the_transitional_year_has_no_certificates_and_no_default() -> None:
    """2025 reports; a default of the definitive period never serves it."""
    period = {"start": "2025-01-01", "end": "2025-12-31"}
    found = view(plate(period=period), cn=PLATE, price="80", statement=STATED)
    assert see(found, 2025) == SEE
    assert not any(figure.name.startswith(("cost", "certif")) for figure in found.figures)
    assert "transitional" in said(found)
    refused(lambda: view(plate(period=period)), Incomplete, "CBAM_TRANSITIONAL_DEFAULT")
    assert "what-if" in said(view(plate(period=period), year="2026", statement=STATED))


def test_a_business_year_is_named_as_none_of_the_law() -> None:
    period = {"start": "2025-07-01", "end": "2026-06-30"}
    assert "calendar year" in said(view(plate(period=period), statement=STATED))
    assert "calendar year" not in said(view(plate(), statement=STATED))


def test_without_a_code_there_is_no_cost_and_the_view_says_so() -> None:
    found = view(plate(), statement=STATED)
    assert not any(figure.name.startswith("cost") for figure in found.figures)
    assert "No CN code" in said(found)


@pytest.mark.parametrize(
    ("cn", "code"),
    [("7606", "CBAM_CN_UNKNOWN"), ("76020000", "CBAM_CN_UNKNOWN"), (INGOT, "CBAM_CN_PRODUCT")],
)
def test_a_wrong_code_is_refused(cn: str, code: str) -> None:
    refused(lambda: view(plate(), cn=cn, statement=STATED), BadInput, code)


def test_a_code_may_have_spaces() -> None:
    assert view(plate(), cn="7606 12 92", statement=STATED).figure("benchmark.default")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"price": "-1"}, "CBAM_PRICE"),
        ({"price": "abc"}, "NUMBER_UNREADABLE"),
        ({"year": "26"}, "CBAM_YEAR"),
        ({"statement": {"country": "FR"}}, "CBAM_ORIGIN"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], code: str) -> None:
    refused(lambda: view(plate(), cn=PLATE, **options), BadInput, code)


def test_data_of_less_than_a_calendar_year_have_no_euro() -> None:
    """The half year 2026 and a business year: emissions and certificates stand, cost and price not."""
    for start, end in (("2026-01-01", "2026-06-30"), ("2025-07-01", "2026-06-30")):
        short = plate(period={"start": start, "end": end})
        for options in ({"price": "80"}, {"import_quarter": "2026Q3"}, {}):
            found = view(
                short, cn=PLATE, year=2026 if not options else "", statement=STATED, **options
            )
            names = {figure.name.partition(".")[0] for figure in found.figures}
            assert "certificates" in names
            assert not {"cost", "price", "imports"} & names
            assert not any(figure.unit.startswith("EUR") for figure in found.figures)
            assert "EUR" not in found.headline["en"]
            assert "quarters" not in {table.code for table in found.tables}
            assert "nothing is said in EUR" in said(found)


def test_emissions_below_the_adjustment_cost_nothing() -> None:
    """see 0 - 0.975 x 0.056 is below zero: no certificates and no refund, and no share of zero."""
    found = view(document("plate", [], []), cn=PLATE, price="80")
    assert (see(found), found.figure("certificates.2026").value) == (0, 0)
    assert found.figure("cost.2026").value == 0
    assert "default.share" not in {figure.name for figure in found.figures}


def test_after_the_benchmarks_nothing_is_guessed_until_they_end() -> None:
    """No benchmark for 2031; from 2034 the factor is 0, so none is needed."""
    at_2031 = view(plate(), cn=PLATE, year=2031, price="80", statement=STATED)
    assert "certificates.2031" not in {figure.name for figure in at_2031.figures}
    at_2034 = view(plate(), cn=PLATE, year=2034, price="80", statement=STATED)
    assert at_2034.figure("certificates.2034").value == SEE
    assert allocation_factor(2040) == 0


# The document


@pytest.mark.parametrize("rule", ["co-product", "pre-consumer-mass"])
def test_a_scrap_rule_that_changes_the_inventory_is_refused(rule: str) -> None:
    choices = {"scrap_rule": rule}
    text = refused(lambda: view(plate(choices=choices)), BadInput, "CBAM_SCRAP_RULE")
    assert "cbam-zero" in text


def test_other_products_processes_and_cut_offs_are_refused() -> None:
    refused(lambda: view(document("dross_service", [], [])), BadInput, "CBAM_PRODUCT")
    stray = emission("new_furnace", "natural_gas", "co2", "1")
    refused(lambda: view(plate(stray), statement=STATED), BadInput, "CBAM_PROCESS_UNKNOWN")
    cut = {"cut_off": [cut_off_line("soda_ash/process")]}
    refused(lambda: view(plate(coverage=cut)), Incomplete, "CBAM_CUT_OFF")
    cut = {"cut_off": [cut_off_line("ceramic_filter/upstream")]}
    assert see(view(plate(coverage=cut), statement=STATED)) == SEE


def test_an_illustrative_result_says_so() -> None:
    assert view(plate(illustrative=True), statement=STATED).illustrative
    assert not view(plate(), statement=STATED).illustrative


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"estimate": True}, "BLOCKED_ESTIMATE", "melting/natural_gas/inventory"),
        ({"unused_field_data": ["site.ageing.gas@1"]}, "BLOCKED_UNUSED_FIELD_DATA", "ageing"),
        ({"missing": ["melting/natural_gas/inventory"]}, "BLOCKED_INCOMPLETE", "melting"),
    ],
)
def test_what_no_certificate_may_carry_has_no_cbam_figure(
    changes: dict[str, Any], code: str, named: str
) -> None:
    """The one list of reasons (`blocked`) is asked; each names what it is about and the way out."""
    coverage = {
        "estimated": ["melting/natural_gas/inventory"],
        "missing": changes.get("missing", []),
    }
    kind = BadInput if "unused_field_data" in changes else Incomplete
    others = {name: item for name, item in changes.items() if name != "missing"}
    found = plate(coverage=coverage, **others)
    assert named in refused(lambda: view(found, statement=STATED), kind, code)


def test_the_first_note_says_what_the_view_is_in_both_languages() -> None:
    first = view(plate(), statement=STATED).notes[0]
    assert "no CBAM declaration and no verified" in first["en"]
    assert "不是CBAM申报" in first["zh"]


def test_the_communication_has_the_values_of_installation_and_goods() -> None:
    found = view(plate(), cn=PLATE, statement=STATED)
    cells = {(row[0], row[1]): row[3] for row in communicated(found)}
    assert cells["A_InstData", "L9"] == "2026-12-31"
    assert cells["D_Processes", "L54"] == "0.1122"
    assert cells["E_PurchPrec", "L49"] == "1.5"
    assert cells["Summary_Products", "I"] == "1.6122"
    assert cells["Summary_Products", "M"] == "0"
    assert cells["B_EmInst", "J"] == "56.1"


@pytest.mark.parametrize(
    ("year", "marked", "embedded"), [(2026, "3.3", "1.6222"), (2027, "3.6", "1.6822")]
)
def test_the_precursors_of_the_communication_add_up_to_its_good(
    year: int, marked: str, embedded: str
) -> None:
    """I = direct + sum of L28 x L49; M x I = the same of the lots with defaults.

    0.1122 + 0.3 x 0 + 0.5 x 1.7 + 0.2 x 3.0 x (1 + mark-up); the 3.0 stands beside its cell.
    """
    lots = [
        {"flow": "primary_ingot", "share": "0.3", "country": "NO"},
        {**STATED["precursors"][0], "share": "0.5", "direct": "1.7"},
        {"flow": "primary_ingot", "share": "0.2", "country": "CN"},
    ]
    found = view(plate(), cn=PLATE, year=year, statement={"precursors": lots})
    cells: dict[str, list[Any]] = {}
    for row in communicated(found):
        cells.setdefault(f"{row[0]} {row[1]}", []).append(row[3])
    masses, specifics = cells["E_PurchPrec L28"], cells["E_PurchPrec L49"]
    assert specifics == ["0", "1.7", marked]
    brought = [Decimal(m) * Decimal(s) for m, s in zip(masses, specifics, strict=True)]
    (good,), (direct,) = cells["Summary_Products I"], cells["D_Processes L54"]
    assert good == embedded
    assert Decimal(good) == Decimal(direct) + sum(brought)
    (share,) = cells["Summary_Products M"]
    assert abs(Decimal(share) * Decimal(good) - brought[2]) < Decimal("0.000001")
    (beside,) = cells["E_PurchPrec –"]
    assert beside == "3"
    assert f"mark-up of {year} included" in str(cells["E_PurchPrec M49"][2])


def test_what_is_too_small_to_show_is_not_shown_as_zero() -> None:
    """0.000005 MJ of gas x 0.0561 = 2.805E-7 t/t; a good without fuel has a true zero."""
    small = view(document("plate", [], [gas_row("hot_rolling", "0.000005")]))
    cells = {(row[0], row[1]): row[3] for row in communicated(small)}
    assert cells["D_Processes", "L54"] == cells["Summary_Products", "I"] == "< 0.000001"
    assert "< 0.000001" in small.headline["en"]
    (table,) = [item for item in small.tables if item.code == "direct"]
    assert [row[2] for row in table.rows] == ["< 0.000001", "0", "< 0.000001", "< 0.000001"]
    none = {(row[0], row[1]): row[3] for row in communicated(view(document("plate", [], [])))}
    assert none["D_Processes", "L54"] == "0"


# What the Union published


def test_every_row_of_the_reference_has_a_source_and_a_standing() -> None:
    for name in (
        "defaults",
        "benchmarks",
        "allocation_factors",
        "prices",
        "fuels",
        "countries",
        "goods",
    ):
        for row in reference_rows(f"cbam/{name}.csv"):
            assert row["citation"], name
            assert row["licence"], name
            if name in {"defaults", "benchmarks"}:
                assert row["edition"], name
                assert row["correction"] in {"open", "held", "agrees", "corrected", "none"}


def test_every_good_has_its_benchmarks_and_a_default_of_china_and_of_others() -> None:
    for cn, good in goods().items():
        for country in ("CN", "OTHER"):
            default = shipped_default(cn, country)
            assert default is not None
            assert benchmark(cn, "B", default.route, 2026)
        assert benchmark(cn, "A", "K", 2026)
        assert good.category == ("unwrought" if cn.startswith("7601") else "products")


def test_every_process_of_the_vocabulary_has_a_place_or_is_upstream() -> None:
    placed = {row["process"] for row in reference_rows("cbam/boundaries.csv")}
    upstream = {"bauxite_mining", "alumina_refining", "anode_production"}
    assert {row["code"] for row in reference_rows("processes.csv")} == placed | upstream
