"""The shipped reference data, read straight from its CSV files.

System: factor_db/reference/. Hand calculations used below:
- electricity used: 0.5777 + 0.0327 = 0.6104 kg CO2e/kWh;
- natural gas: 15.3 tC/TJ x 0.99 x 44/12 = 55.539 g CO2/MJ, so 3039 MJ give 168.783 kg CO2;
- anode: 0.411 x (1 - 0.02 - 0.004) x 44/12 = 1.470832 t CO2/t;
- PFC default, AR5: 0.034 x 6630 + 0.0034 x 11100 = 263.16; AR6: 0.034 x 7380 + 0.0034 x 12400
  = 293.08 kg CO2e/t;
- European remelting: 3093 + 71 + 47 MJ + 150 kWh x 3.6 = 3751 MJ, the total its source prints.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path

from every_one import failures

from factor_db.foundation import units
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from lca_models.charge import ALLOYS

TOP = Path(__file__).resolve().parents[2]
REFERENCE = TOP / "factor_db" / "reference"
COLUMN_GROUPS = (
    ("id", "kind", "name_zh", "name_en", "synonyms", "process", "flow", "quantity", "unit"),
    ("amounts", "gwp_set", "geography", "data_year", "valid_until", "boundary", "technology"),
    ("data_type", "purpose", "pedigree", "pedigree_reasons", "citation", "locator", "url"),
    ("licence", "redistribution", "confidence", "formula", "inputs", "notes"),
)
COLUMNS = [column for group in COLUMN_GROUPS for column in group]
GASES = {"co2", "co2_biogenic", "ch4_fossil", "ch4", "n2o", "cf4", "c2f6", "sf6", "co2e"}
# quantity -> (kind, allowed units); inventories are checked by their reference unit alone.
QUANTITIES = {
    "life_cycle": ("emission", {"kg/kWh", "kg/tkm"}),
    "delivery": ("emission", {"kg/kWh"}),
    "direct_co2": ("emission", {"kg/kWh"}),
    "combustion": ("emission", {"kg/MJ", "kg/kg"}),
    "upstream": ("emission", {"kg/MJ", "kg/kg", "kg/m3", "kg/t"}),
    "treatment": ("emission", {"kg/kg"}),
    "process": ("emission", {"kg/kg"}),
    "cradle_to_gate": ("product", {"kg/kg"}),
    "property": ("parameter", {"MJ/m3", "MJ/kg", "kg/MJ", "kg/kg", "kg/t", "1"}),
    "coefficient": ("parameter", {"kg/t", "kg/kg"}),
    "inventory": ("inventory", {"t/t", "kg/t", "MJ/t", "kWh/t"}),
}
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


FILES = [path for path in sorted((REFERENCE / "factors").glob("*.csv")) if path.name != "gwp.csv"]
ROWS = [row for path in FILES for row in read(path)]
BY_ID = {row["id"]: row for row in ROWS}
GWP_ROWS = read(REFERENCE / "factors" / "gwp.csv")
GWP = {(row["gwp_set"], row["gas"]): Decimal(row["value"]) for row in GWP_ROWS}
FLOWS = {row["code"] for row in read(REFERENCE / "flows.csv")}
PROCESSES = {row["code"] for row in read(REFERENCE / "processes.csv")}
BOUNDS = read(REFERENCE / "upper_bounds.csv")


def amounts(row: Row) -> dict[str, Decimal]:
    pairs = (pair.split("=") for pair in row["amounts"].split(";"))
    return {gas: Decimal(value) for gas, value in pairs}


def only(row_id: str) -> Decimal:
    (value,) = amounts(BY_ID[row_id]).values()
    return value


def co2e(row: Row, gwp_set: str = "AR6") -> Decimal:
    """CO2e of a row under one set; a row known only as CO2e keeps its value."""
    return sum(
        (
            value if gas in {"co2e", "value"} else value * GWP[gwp_set, gas]
            for gas, value in amounts(row).items()
        ),
        Decimal(0),
    )


# --- a small evaluator of its own, so that a wrong formula cannot hide behind the code that made it

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<id>[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)(?:\[(?P<part>\w+)\])?"
    r"|(?P<sign>[-+*/()]))"
)


class Formula:
    """Recursive descent over + - * / and brackets; remembers the ids and numbers it used."""

    def __init__(self, text: str) -> None:
        self.tokens: list[re.Match[str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = TOKEN.match(text, position)
            assert match, f"unreadable formula at {text[position:]!r}"
            self.tokens.append(match)
            position = match.end()
        self.ids = {token["id"] for token in self.tokens if token["id"]}
        self.numbers = {token["number"] for token in self.tokens if token["number"]}
        self.index = 0

    def value(self) -> Decimal:
        with localcontext(EXACT):
            result = self._sum()
        assert self.index == len(self.tokens)
        return result

    def _sign(self, allowed: str) -> str:
        if self.index < len(self.tokens):
            sign = self.tokens[self.index]["sign"]
            if sign and sign in allowed:
                self.index += 1
                return str(sign)
        return ""

    def _sum(self) -> Decimal:
        result = self._product()
        while sign := self._sign("+-"):
            term = self._product()
            result = result + term if sign == "+" else result - term
        return result

    def _product(self) -> Decimal:
        result = self._atom()
        while sign := self._sign("*/"):
            term = self._atom()
            result = result * term if sign == "*" else result / term
        return result

    def _atom(self) -> Decimal:
        if self._sign("("):
            result = self._sum()
            assert self._sign(")")
            return result
        token = self.tokens[self.index]
        self.index += 1
        if token["number"]:
            return Decimal(token["number"])
        row, part = BY_ID[token["id"]], token["part"]
        if part is None:
            return only(row["id"])
        return co2e(row, part) if part.startswith("AR") else amounts(row)[part]


def formulas(row: Row) -> dict[str, Formula]:
    pairs = (part.split("=", 1) for part in row["formula"].split(";"))
    return {gas: Formula(text) for gas, text in pairs}


def by_id(rows: list[Row]) -> Iterator[tuple[str, Row]]:
    return ((row["id"], row) for row in rows)


DERIVED = [row for row in ROWS if row["formula"]]


# --- shape


def test_files_have_exactly_the_agreed_columns() -> None:
    for path in FILES:
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert header == COLUMNS, path.name


def test_ids_are_unique_over_all_files() -> None:
    repeated = [row_id for row_id, count in Counter(row["id"] for row in ROWS).items() if count > 1]
    assert repeated == []


def _is_well_formed(row: Row) -> None:
    kind, allowed_units = QUANTITIES[row["quantity"]]
    assert row["kind"] == kind
    assert row["unit"] in allowed_units
    assert units.conversion(row["unit"], row["unit"]) == 1
    assert row["flow"].split(".")[0] in FLOWS
    assert ("." in row["flow"]) == (kind == "parameter")
    assert row["process"] in PROCESSES if kind == "inventory" else row["process"] == ""
    keys = set(amounts(row))
    assert keys == {"value"} if kind in {"inventory", "parameter"} else keys <= GASES
    for text in re.findall(r"=([^;]+)", row["amounts"]):
        assert decimal_text(Decimal(text)) == text
        assert Decimal(text) >= 0
    assert (row["gwp_set"] != "") == (keys == {"co2e"})
    assert row["gwp_set"] in {"", "unstated", "AR4", "AR5", "AR6"}
    assert re.fullmatch(r"GLO|RER|RNA|[A-Z]{2}(-[A-Z]{2})?", row["geography"])
    assert row["data_type"] in {"measured", "calculated", "literature", "estimate", "proxy"}
    assert row["purpose"] in {"default", "alternative", "upper_bound"}
    assert row["confidence"] in {"A", "B"}
    assert row["redistribution"] in {"table", "single_value"}
    assert all(row[column].strip() for column in ("name_zh", "name_en", "citation", "locator"))
    assert re.search(r"[\u4e00-\u9fff]", row["name_zh"])


def test_rows_are_well_formed() -> None:
    assert failures(_is_well_formed, by_id(ROWS)) == {}


def _has_a_whole_pedigree(row: Row) -> None:
    scores = [int(score) for score in row["pedigree"].split(";")]
    assert len(scores) == 5
    assert all(1 <= score <= 5 for score in scores)
    reasons = row["pedigree_reasons"].split("|")
    assert len(reasons) == 5
    assert all(reasons)
    temporal = rule("DQ-TEMPORAL-001")
    age = rule("DQ-PEDIGREE-001").number("reference_year") - int(row["data_year"])
    older = sum(age >= temporal.number(f"years_below_score_{score}") for score in range(1, 5))
    unsaid = reasons[2].startswith("age of the data not stated")
    assert scores[2] == (5 if unsaid else 1 + older)
    # Who publishes every year, or a preprint, gives the year of publication and not of the data.
    publisher = any(word in row["citation"] for word in ("DESNZ", "2025/2547", "preprint"))
    assert unsaid == (publisher and int(row["data_year"]) >= 2024)
    if row["data_type"] == "estimate":
        assert scores[0] == 4


def test_pedigrees_are_complete_and_their_temporal_scores_follow_the_rule() -> None:
    assert failures(_has_a_whole_pedigree, by_id(ROWS)) == {}


def test_one_default_for_each_slot_area_and_year() -> None:
    slots = Counter(
        (row["process"], row["flow"], row["quantity"], row["geography"], row["data_year"])
        for row in ROWS
        if row["purpose"] == "default"
    )
    assert [slot for slot, count in slots.items() if count > 1] == []


def test_only_annual_electricity_has_several_default_years() -> None:
    slots = Counter(
        (row["process"], row["flow"], row["quantity"], row["geography"])
        for row in ROWS
        if row["purpose"] == "default" and not row["flow"].startswith("electricity")
    )
    assert [slot for slot, count in slots.items() if count > 1] == []


def test_a_default_measured_elsewhere_is_called_a_proxy() -> None:
    foreign = {
        "European data",
        "British data",
        "US data",
        "North American data",
        "Czech project data",
    }
    for row in ROWS:
        measured_elsewhere = row["pedigree_reasons"].split("|")[3] in foreign
        if measured_elsewhere and row["purpose"] == "default" and row["geography"] in {"CN", "GLO"}:
            assert row["data_type"] == "proxy", row["id"]


# --- arithmetic


def _recomputes(row: Row) -> None:
    stated = amounts(row)
    found = formulas(row)
    assert set(found) == set(stated)
    for gas, formula in found.items():
        value = formula.value()
        with localcontext(EXACT):
            assert (
                value.quantize(Decimal(1).scaleb(int(stated[gas].as_tuple().exponent)))
                == stated[gas]
            )
        digits = len(stated[gas].normalize().as_tuple().digits)
        assert value == stated[gas] or digits >= 9, "rounded to fewer digits than promised"


def test_formulas_recompute_the_stated_amounts() -> None:
    assert failures(_recomputes, by_id(DERIVED)) == {}


def _is_explained(row: Row) -> None:
    entries = row["inputs"].split("|")
    literals = [entry.removeprefix("lit:") for entry in entries if entry.startswith("lit:")]
    assert all(" = " in literal for literal in literals)
    explained = {n for text in literals for n in re.findall(r"\d+(?:\.\d+)?", text.split(" = ")[0])}
    used = formulas(row).values()
    assert explained == set().union(*(formula.numbers for formula in used))
    ids = {entry for entry in entries if entry and not entry.startswith("lit:")}
    assert ids == set().union(*(formula.ids for formula in used))


def test_every_number_and_row_of_a_formula_is_explained() -> None:
    assert failures(_is_explained, by_id(DERIVED)) == {}


def test_a_row_built_on_values_that_may_only_be_cited_may_only_be_cited() -> None:
    for row in DERIVED:
        inputs = row["inputs"].split("|")
        restricted = any(
            BY_ID[item]["redistribution"] == "single_value" for item in inputs if item in BY_ID
        )
        if restricted or "CPCD" in row["inputs"]:
            assert row["redistribution"] == "single_value", row["id"]


def test_electricity_used_is_generation_plus_delivery() -> None:
    used = only("elec.cn.footprint.national.2024") + only("elec.cn.footprint.td_incl_loss.2024")
    assert used == Decimal("0.6104")


def test_gas_gives_the_same_co2_for_the_same_energy() -> None:
    per_mj = amounts(BY_ID["fuel.cn.natural_gas.combustion"])["co2"]
    assert per_mj == Decimal("0.055539")
    assert round(per_mj * 3039, 2) == Decimal("168.78")
    per_m3 = per_mj * only("fuel.cn.natural_gas.ncv")
    assert round(per_m3, 4) == Decimal("2.1622")


def test_gas_supply_gives_back_the_published_value_per_m3() -> None:
    per_m3 = only("fuel.cn.natural_gas.upstream") * only("fuel.cn.natural_gas.ncv")
    assert round(per_m3, 6) == Decimal("0.608")


def test_anode_and_pfc_defaults_of_the_guideline() -> None:
    guideline = "inv.electrolysis.cn.guideline."
    burnt = 1 - only(guideline + "sulphur_content") - only(guideline + "ash_content")
    anode = only(guideline + "anode_carbon") * burnt * only("inv.electrolysis.glo.co2_per_carbon")
    assert round(anode, 6) == Decimal("1.470832")
    cf4, c2f6 = only(guideline + "cf4"), only(guideline + "c2f6")
    assert cf4 * GWP["AR5", "cf4"] + c2f6 * GWP["AR5", "c2f6"] == Decimal("263.16")
    assert cf4 * GWP["AR6", "cf4"] + c2f6 * GWP["AR6", "c2f6"] == Decimal("293.08")


def test_european_remelting_adds_up_to_the_printed_total() -> None:
    remelting = "inv.melting.rer.2015."
    fuel = sum(only(remelting + fuel) for fuel in ("natural_gas", "heavy_oil", "diesel"))
    assert fuel + only(remelting + "electricity") * Decimal("3.6") == 3751
    assert only(remelting + "electricity") == 150


def test_north_american_recycling_totals() -> None:
    parts = ("inv.scrap_decoating.rna.2010.", "inv.melting.rna.2010.")
    assert sum(only(part + "electricity") for part in parts) == Decimal("225.57")
    assert sum(only(part + "natural_gas") for part in parts) == 5680


def test_energy_shares_of_the_chinese_alumina_inventory_are_whole() -> None:
    # 72, 13, 5 and 9 per cent of 11 230.8 MJ; the petroleum coke (1 per cent) is inside coal.
    alumina = "inv.alumina_refining.cn.peng2019."
    energy = {fuel: only(alumina + fuel) for fuel in ("coal", "natural_gas", "heavy_oil", "diesel")}
    energy["electricity"] = only(alumina + "electricity") * Decimal("3.6")
    total = sum(energy.values())
    shares = [round(100 * value / total) for value in energy.values()]
    assert shares == [73, 13, 5, 0, 9]


# --- values: as_printed is what the source prints, in the row's unit; recomputed is the survey's
# own rounded result of a row computed here; sum_of_gases is the CO2e (AR6) the survey solved apart
# from the gases.

TOLERANCE = {"as_printed": "0", "recomputed": "0.003", "sum_of_gases": "0.0006"}
VALUES = read(Path(__file__).parent / "data" / "reference_values.csv")


def _is_its_sources(value: Row) -> None:
    row = BY_ID[value["id"]]
    shipped = co2e(row) if value["how"] == "sum_of_gases" else only(value["id"])
    assert abs(shipped / Decimal(value["value"]) - 1) <= Decimal(TOLERANCE[value["how"]])


def test_values_are_those_their_sources_give() -> None:
    assert failures(_is_its_sources, by_id(VALUES)) == {}


def test_every_warming_potential_stands_in_every_set() -> None:
    gases = {"co2", "ch4", "ch4_fossil", "n2o", "cf4", "c2f6", "sf6", "nf3", "hfc-134a"}
    for gwp_set in ("AR4", "AR5", "AR6"):
        assert {gas for found, gas in GWP if found == gwp_set} == gases | {"co2_biogenic"}
    assert len(GWP) == len(GWP_ROWS)
    assert (GWP["AR6", "ch4"], GWP["AR6", "ch4_fossil"]) == (Decimal("27"), Decimal("29.8"))
    assert [int(GWP[gwp_set, "n2o"]) for gwp_set in ("AR4", "AR5", "AR6")] == [298, 265, 273]
    assert GWP["AR6", "sf6"] == 25200
    assert GWP["AR6", "co2_biogenic"] == 0


def test_provinces_carry_direct_co2_only() -> None:
    provinces = [row for row in ROWS if row["geography"].startswith("CN-")]
    assert {row["quantity"] for row in provinces} == {"direct_co2"}
    assert Counter(row["data_year"] for row in provinces) == {"2023": 30, "2022": 30, "2021": 30}


# --- what must not be there


def test_rejected_rows_are_absent() -> None:
    rejected_ids = ("luthin", "he2020", "henan2018", "benchmark", "cpcd.coal", "result.cpcd")
    assert [row["id"] for row in ROWS if any(word in row["id"] for word in rejected_ids)] == []
    rejected = {
        ("primary_casting", "electricity"): {"369", "411"},
        ("electrolysis", "cf4"): {"0.29", "0.357"},
        ("", "magnesium"): {"5.4"},
        ("", "manganese"): {"1", "0.938"},
        ("", "natural_gas"): {"0.07"},
        ("", "coal"): {"0.08"},
        ("", "barge_transport"): {"0.002134", "0.004505"},
        ("", "rail_transport"): {"0.003"},
    }
    for row in ROWS:
        values = set(re.findall(r"=([\d.]+)", row["amounts"]))
        assert not values & rejected.get((row["process"], row["flow"]), set()), row["id"]


def test_ceramic_filter_and_liquid_metal_have_no_default() -> None:
    defaults = {row["flow"] for row in ROWS if row["purpose"] == "default"}
    assert not defaults & {"ceramic_filter", "primary_liquid", "scrap_post_consumer"}


def test_own_processes_have_no_default_inventory() -> None:
    chain = {"bauxite_mining", "alumina_refining", "anode_production"}
    chain |= {"electrolysis", "primary_casting"}
    for row in ROWS:
        if row["kind"] == "inventory" and row["purpose"] == "default":
            assert row["process"] in chain, row["id"]


# --- bounds, alloys, licences, documents


def test_bounds_repeat_their_factor_rows_under_ar6() -> None:
    for bound in BOUNDS:
        row = BY_ID[bound["factor"]]
        assert bound["slot"] == f"{row['flow']}/{row['quantity']}"
        assert Decimal(bound["value"]) == co2e(row)
        assert (bound["unit"], bound["citation"], bound["licence"]) == (
            row["unit"],
            row["citation"],
            row["licence"],
        )
    shipped = {row["id"] for row in ROWS if row["purpose"] == "upper_bound"}
    assert shipped <= {bound["factor"] for bound in BOUNDS}


def test_a_bound_is_never_below_any_shipped_value_of_its_slot() -> None:
    bounds = {bound["slot"]: Decimal(bound["value"]) for bound in BOUNDS}
    assert len(bounds) == len(BOUNDS)
    assert bounds["ceramic_filter/upstream"] == Decimal("4.804")
    for row in ROWS:
        slot = f"{row['flow']}/{row['quantity']}"
        assert co2e(row) <= bounds.get(slot, co2e(row)), row["id"]


def test_a_doubled_best_value_is_marked_as_convention() -> None:
    multiple = rule("PCF-CUTOFF-002").parameters["convention_multiple"]
    for bound in BOUNDS:
        doubled = f"lit:{multiple} = convention" in BY_ID[bound["factor"]]["inputs"]
        assert (bound["basis"] == "convention") == doubled, bound["slot"]


def test_alloys_are_those_a_charge_can_be_made_for() -> None:
    rows = read(REFERENCE / "alloys.csv")
    assert {row["alloy"] for row in rows} == set(ALLOYS)
    for row in rows:
        assert Decimal(row["min_percent"] or "0") <= Decimal(row["max_percent"] or "100")
    magnesium = {row["alloy"]: row for row in rows if row["element"] == "Mg"}
    assert (magnesium["6061"]["max_percent"], magnesium["6063"]["max_percent"]) == ("1.2", "0.9")


def test_every_licence_is_in_the_notice_and_the_licence_list() -> None:
    listed = (REFERENCE / "LICENCES.md").read_text(encoding="utf-8")
    notice = (TOP / "NOTICE").read_text(encoding="utf-8")
    licences = {row["licence"] for row in [*ROWS, *GWP_ROWS, *read(REFERENCE / "alloys.csv")]}
    for licence in licences:
        assert f'"{licence}"' in notice
        assert f"| {licence} |" in listed
    for text in (
        "Contains public sector information licensed under the Open Government Licence",
        "Creative Commons Attribution 4.0",
        "provided that this entire\nnotice appears in all copies of the Data",
        "SIL Open Font License",
        "vc-di-eddsa",
    ):
        assert " ".join(text.split()) in " ".join(notice.split())


def test_sources_without_a_table_right_ship_single_values() -> None:
    for row in ROWS:
        if re.search(r"CPCD|European Aluminium|IAI|single cited|IPCC, cited", row["licence"]):
            assert row["redistribution"] == "single_value", row["id"]
        if re.search(r"^(IAI|European Aluminium|CPCD)", row["citation"]):
            assert row["redistribution"] == "single_value", row["id"]


def test_the_document_lists_every_default_with_its_value() -> None:
    document = (TOP / "docs" / "data.md").read_text(encoding="utf-8")
    for row in ROWS:
        if row["purpose"] == "default" and row["quantity"] != "direct_co2":
            assert (
                f"| {row['amounts'].replace(';', '; ')} | {row['unit']} | `{row['id']}` |"
                in document
            )
