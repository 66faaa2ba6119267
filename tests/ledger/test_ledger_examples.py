"""The example ledgers meet the published totals and pass every check.

Hand calculation, plate mill (50 000 t plate, internal scrap share 0.35):
  slab 50 000 + 17 500 = 67 500 t; external charge 67 500 x 1.019 - 17 500 = 51 282.5 t;
  gas 67 500 x 3093 + 50 000 x 1956 = 306 577 500 MJ -> 6131.55 MJ per t plate;
  electricity 67 500 x 150 + 50 000 x 307 = 25 475 000 kWh -> 509.5 kWh per t plate.
Extrusion (19 000 t from 25 000 t billet = 76 %): charge 25 475 t, external 19 475 t, half primary;
  cast and homogenise 3843 MJ per t billet; plant 1240 x 19 000 = 23 560 000 kWh.
Recycling (170 000 t): scrap 1.048 x 170 000 = 178 160 t; 225.6 kWh and 5680 MJ per t.
Gas is written in m3 to 0.001, so energies close to better than 1e-8.

The plate mill's electricity is read from its meters (consumption = difference x multiplier):
  E-01 May, ratio changed on the 15th: (37948.485 - 37092.33) x 200 + (38679.073 - 37948.485) x 250
  = 171 231 + 182 647 = 353 878 kWh;
  E-06 August, exchanged on the 12th: (44428.6745 - 44298.7285 + 205.999 - 0.25) x 2000 = 671 390;
  E-07 July, register of five places turned over: (100 000 - 99418.83 + 413.13) x 200 = 198 860;
  ageing January: main meter less sub-meters, divided by rated power x hours = 1.25 x 60 822.
"""

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from ledger_cases import example
from python_calamine import CalamineWorkbook

from factor_db.foundation.messages import Language, text
from factor_db.ledger import Ledger, LedgerRow, check
from factor_db.ledger.checks.whole import read_cells
from factor_db.ledger.form.cells import Cell, text_of
from factor_db.ledger.form.sheets import OPTIONAL_SHEETS
from factor_db.ledger.workbooks.template import write_ledger, write_template
from footprint.cli.database.findings import counts, report_lines
from tools.example_book import GAS_MJ_PER_M3
from tools.plant_sheets import written
from tools.write_examples import EXAMPLES, FOLDER, main

GUIDE = Path(__file__).parents[2] / "docs" / "ledger.md"
CASTHOUSE = ("melting", "refining", "slab_casting")
PLATE_STEPS = (
    "scalping",
    "slab_homogenising",
    "hot_rolling",
    "solution_treatment",
    "plate_stretching",
    "plate_ageing",
    "plate_sawing",
    "plate_packing",
)
EXTERNAL = (
    "primary_ingot",
    "primary_liquid",
    "scrap_pre_consumer",
    "scrap_post_consumer",
    "magnesium",
    "silicon",
    "copper",
    "zinc",
    "manganese",
    "chromium",
)


@pytest.fixture(scope="module", params=sorted(EXAMPLES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ledger(name: str) -> Ledger:
    result = check(FOLDER / f"{name}.xlsx")
    assert result.ledger is not None
    return result.ledger


def total(book: Ledger, processes: tuple[str, ...], flow: str) -> Decimal:
    return sum((sum(book.amounts(p, flow).values()) for p in processes), Decimal(0))


def near(value: Decimal, wanted: str) -> bool:
    return abs(value / Decimal(wanted) - 1) < Decimal("1e-8")


def test_examples_pass_with_zero_findings(name: str) -> None:
    result = check(FOLDER / f"{name}.xlsx")
    assert result.findings == ()
    assert result.valid


def test_examples_are_marked_illustrative_and_fictitious(name: str) -> None:
    header = ledger(name).header
    assert header.illustrative
    assert header.organisation_zh.startswith("示例")
    assert all(word in header.note for word in ("虚构", "fictitious", "illustrative"))
    assert (header.region, len(ledger(name).months)) == ("CN-CQ", 12)


def test_two_runs_and_the_shipped_files_have_the_same_bytes(name: str, tmp_path: Path) -> None:
    written = {path.stem: path.read_bytes() for path in main(tmp_path)}
    assert written[name] == (FOLDER / f"{name}.xlsx").read_bytes()


def test_plate_mill_closes_on_the_published_totals() -> None:
    book = ledger("plate_mill")
    assert book.header.site_code == "CQ-PLATE"
    assert total(book, ("plate_packing",), "plate") == 50_000
    assert total(book, ("slab_casting",), "slab") == 67_500
    assert total(book, ("charging",), "internal_scrap") == 17_500
    assert total(book, PLATE_STEPS, "internal_scrap") == 17_500
    external = sum((total(book, ("charging",), flow) for flow in EXTERNAL), Decimal(0))
    assert external == Decimal("51282.5")
    assert total(book, ("charging",), "primary_ingot") == external * Decimal("0.7")
    assert total(book, CASTHOUSE, "electricity") == 150 * 67_500
    assert total(book, PLATE_STEPS, "electricity") == 307 * 50_000
    assert near(total(book, CASTHOUSE, "natural_gas") * GAS_MJ_PER_M3, "208777500")
    assert near(total(book, PLATE_STEPS, "natural_gas") * GAS_MJ_PER_M3, "97800000")
    shares = {"slab_homogenising": "0.4", "hot_rolling": "0.25", "plate_ageing": "0.1"}
    for process, share in shares.items():
        gas_mj = total(book, (process,), "natural_gas") * GAS_MJ_PER_M3
        assert near(gas_mj / Decimal(share), "97800000")


def test_extrusion_plant_closes_on_the_published_totals() -> None:
    book = ledger("extrusion_plant")
    assert book.header.site_code == "CQ-EXTRUSION"
    billet, profile = Decimal(25_000), Decimal(19_000)
    assert total(book, ("billet_casting",), "billet") == billet
    assert total(book, ("profile_packing",), "extrusion") == profile
    external = sum((total(book, ("charging",), flow) for flow in EXTERNAL), Decimal(0))
    assert external == Decimal("1.019") * billet - 6000
    assert total(book, ("charging",), "primary_ingot") == external / 2
    everything = tuple(sorted({row.process for row in book.rows}))
    assert total(book, everything, "electricity") == 1240 * profile
    cast_gas = total(book, ("melting", "refining", "billet_homogenising"), "natural_gas")
    assert near(cast_gas * GAS_MJ_PER_M3 / billet, "3843")
    all_gas = total(book, everything, "natural_gas") * GAS_MJ_PER_M3 / profile
    assert 5000 < all_gas < 7000
    assert not {"anodising", "powder_coating"} & set(everything)


def test_recycling_plant_closes_on_the_published_totals() -> None:
    book = ledger("recycling_plant")
    assert book.header.site_code == "CQ-RECYCLED"
    assert total(book, ("ingot_packing",), "recycled_ingot") == 45_000
    assert total(book, ("liquid_delivery",), "liquid_alloy") == 125_000
    assert total(book, ("scrap_collection",), "collected_scrap") == Decimal("1.048") * 170_000
    preparation = ("scrap_sorting", "scrap_shredding", "scrap_decoating")
    melting = ("melting", "refining", "dross_recovery")
    assert total(book, preparation, "electricity") == Decimal("110.35") * 170_000
    assert total(book, melting, "electricity") == Decimal("115.25") * 170_000
    assert near(total(book, preparation, "natural_gas") * GAS_MJ_PER_M3, "153000000")
    assert near(total(book, melting, "natural_gas") * GAS_MJ_PER_M3, "812600000")
    assert total(book, ("charging",), "primary_ingot") == 0
    recovered = total(book, ("charging",), "recovered_metal")
    assert recovered == total(book, ("dross_recovery",), "recovered_metal") > 0


def test_the_sheets_of_a_workbook_give_back_every_row_of_the_plant(name: str) -> None:
    header, rows = example(name)
    book = ledger(name)
    assert book.header == header
    assert Counter(map(said, book.rows)) == Counter(map(said, rows))


def test_typed_rows_read_back_as_they_were_written(name: str) -> None:
    typed = [row for row in ledger(name).rows if row.sheet == "ledger"]
    wanted, _ = written(name, example(name)[1])
    assert [(row.row_number, said(row)) for row in typed] == [
        (row.row_number, said(row)) for row in wanted
    ]


def said(row: LedgerRow) -> tuple[object, ...]:
    """What a row says, whichever sheet says it."""
    elsewhere = {"sheet", "row_number", "cells"}
    return tuple(getattr(row, key) for key in row.__slots__ if key not in elsewhere)


@pytest.mark.parametrize(
    ("process", "month", "kwh", "reading"),
    [
        ("melting", "2025-05", 353_878, "37948.485 ratio 38679.073"),
        ("hot_rolling", "2025-08", 671_390, "44428.6745 removed 0.25 installed 205.999"),
        ("solution_treatment", "2025-07", 198_860, "413.13"),
        ("plate_ageing", "2025-01", 60_822, "1639.1916"),
    ],
)
def test_the_plate_mills_electricity_comes_from_its_meters(
    process: str, month: str, kwh: int, reading: str
) -> None:
    raw = read_cells((FOLDER / "plate_mill.xlsx").read_bytes())
    assert raw is not None
    (row,) = (
        item
        for item in ledger("plate_mill").rows
        if (item.process, item.flow, item.period) == (process, "electricity", month)
    )
    assert (row.sheet, row.amount, row.method) == ("meters", kwh, "metered")
    lines = [
        {column: text_of(cell.value) for column, cell in line.cells.items()}
        for line in raw.optional["meters"].rows
        if text_of(line.cells["read_on"].value).startswith(month)
    ]
    closing = next(
        text_of(line.cells["meter"].value)
        for line in raw.optional["meters"].rows
        if line.cells["reading"].ref == row.cells["amount"]
    )
    words = [
        word
        for line in lines
        if line["meter"] == closing
        for word in (line["reading"], line.get("event", ""))
    ]
    assert " ".join(filter(None, words)) == reading
    keys = {
        f"shared!{line.cells['value'].ref}": text_of(line.cells["value"].value)
        for line in raw.optional["shared"].rows
    }
    wanted = "76027.5" if process == "plate_ageing" else None
    assert keys.get(row.cells.get("value", "")) == wanted


def test_the_extrusion_plants_meter_confirms_its_typed_electricity(tmp_path: Path) -> None:
    """One month read 50 000 kWh too high on the meter no longer agrees with the typed row."""
    header, rows = example("extrusion_plant")
    assert {row.sheet for row in ledger("extrusion_plant").rows} == {"ledger"}
    higher = [
        replace(row, amount=row.amount + 50_000)
        if (row.process, row.flow, row.period) == ("extruding", "electricity", "2025-05")
        else row
        for row in rows
    ]
    _, optional = written("extrusion_plant", higher)
    path = tmp_path / "extrusion_plant.xlsx"
    write_ledger(path, header, rows, optional=optional)
    (finding,) = check(path).findings
    assert (finding.code, finding.sheet) == ("LEDGER_METER_TYPED_DIFFERS", "ledger")
    at = next(
        row
        for row in rows
        if (row.process, row.flow, row.period) == ("extruding", "electricity", "2025-05")
    )
    assert finding.cell == f"F{at.row_number}"


def test_examples_stay_clean_as_years_go_by(name: str) -> None:
    """No dated exception: an example that ends its validity would break the demonstration."""
    assert check(FOLDER / f"{name}.xlsx", today=date(2099, 12, 31)).findings == ()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_offers_the_main_meter_in_words_the_check_reads(
    lang: Language, tmp_path: Path
) -> None:
    write_template(tmp_path / "template.xlsx", lang)
    book = CalamineWorkbook.from_path(str(tmp_path / "template.xlsx"))
    offered = [row[5] for row in book.get_sheet_by_name("vocabulary").to_python()]
    header, rows = example("plate_mill")
    typed, optional = written("plate_mill", rows)
    main_rows = [
        replace(line, cells={**line.cells, "process": Cell("B2", offered[1])})
        if text_of(line.cells["meter"].value) == "E-00"
        else line
        for line in optional["meters"].rows
    ]
    optional["meters"] = replace(optional["meters"], rows=main_rows)
    write_ledger(tmp_path / "book.xlsx", header, typed, optional=optional)
    assert offered[1] == {"zh": "全厂", "en": "site"}[lang]
    assert check(tmp_path / "book.xlsx").findings == ()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("typed_amount", ["3807.22", "30872.2"])
def test_the_clerks_guide_shows_what_the_check_says(
    lang: Language, typed_amount: str, tmp_path: Path
) -> None:
    """June's primary ingot, 3087.22 t, with two digits swapped or ten times too high."""
    header, rows = example("plate_mill")
    rows_typed, optional = written("plate_mill", rows)
    june = next(
        at
        for at, row in enumerate(rows_typed)
        if (row.flow, row.period) == ("primary_ingot", "2025-06")
    )
    assert rows_typed[june].amount == Decimal("3087.22")
    rows_typed[june] = replace(rows_typed[june], amount=Decimal(typed_amount))
    path = tmp_path / "plate_mill.xlsx"
    write_ledger(path, header, rows_typed, optional=optional)
    findings = check(path).findings
    lines = [*report_lines(findings, lang), text("LEDGER_FINDINGS", lang, **counts(findings))]
    transcript = "\n".join(["$ footprint ledger check plate_mill.xlsx", *lines])
    assert transcript in GUIDE.read_text(encoding="utf-8")


def test_the_example_rows_of_the_clerks_guide_stand_in_the_plate_example() -> None:
    raw = read_cells((FOLDER / "plate_mill.xlsx").read_bytes())
    assert raw is not None
    blocks = re.findall(r"```csv\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    sections = re.split(r"# sheet: (\w+)\n", "# sheet: meters\n" + "".join(blocks))[1:]
    shown = dict(zip(sections[::2], sections[1::2], strict=True))
    assert set(shown) == set(OPTIONAL_SHEETS)
    for code in raw.optional:
        there = [
            {column: text_of(cell.value) for column, cell in row.cells.items()}
            for row in raw.optional[code].rows
        ]
        for line in csv.DictReader(shown[code].splitlines()):
            said_here = {column: value for column, value in line.items() if value}
            said_here.pop("basis", None)  # written in both languages in the workbook
            assert any(said_here.items() <= row.items() for row in there), line
