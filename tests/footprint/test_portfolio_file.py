"""Portfolio files: encodings, headings in both languages, number types, every fault at once.

System under test: `read_portfolio`. The same three studies come as CSV in four encodings and as
Parquet; each says 0.3 kg/kWh for the first, 0 for the second and nothing for the third.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from footprint.portfolio.files.columns import template
from footprint.portfolio.files.reading import FaultyPortfolio, read_portfolio

SLOT = "electricity/life_cycle"
CHINESE = (
    f"编号,产品,场地,设：{SLOT} [kg/kWh]\n厚板一,plate,,0.3\n厚板二,plate,,0\n厚板三,plate,,\n"
)


def values(path: Path) -> list[dict[str, Decimal]]:
    return [dict(row.overrides) for row in read_portfolio(path).rows]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_any_encoding_reads_the_same(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "产品组合.csv"
    path.write_bytes(CHINESE.encode(codec))
    found = read_portfolio(path)
    assert [row.study for row in found.rows] == ["厚板一", "厚板二", "厚板三"]
    assert values(path) == [{SLOT: Decimal("0.3")}, {SLOT: Decimal(0)}, {}]
    assert len(found.questions) == 1


@pytest.mark.parametrize("kind", ["double", "decimal", "string"])
def test_parquet_numbers_are_what_was_typed(tmp_path: Path, kind: str) -> None:
    """A double 0.3 is 0.299999999999999988…; its shortest reading is the 0.3 that was meant."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    given: list[Any] = [0.3, 0.0, None]
    if kind == "decimal":
        given = [Decimal("0.3"), Decimal("0.0"), None]
    elif kind == "string":
        given = ["0.3", "0", ""]
    columns = {"study": [1, 2, 3], "product": ["plate"] * 3, f"set:{SLOT} [kg/kWh]": given}
    path = tmp_path / "studies.parquet"
    parquet.write_table(pa.table(columns), path)
    assert values(path) == [{SLOT: Decimal("0.3")}, {SLOT: Decimal(0)}, {}]


def test_parquet_types_without_a_sure_reading_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    small, wrong = pa.array([0.3], pa.float32()), pa.array([True])
    columns = {"study": [1], "product": ["plate"], f"set:{SLOT}": small, "site": wrong}
    path = tmp_path / "studies.parquet"
    parquet.write_table(pa.table(columns), path)
    assert codes(path) == [
        (0, f"set:{SLOT}", "PORTFOLIO_COLUMN_TYPE"),
        (0, "site", "PORTFOLIO_COLUMN_TYPE"),
    ]


def codes(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(FaultyPortfolio) as error:
        read_portfolio(path)
    return [(fault.row, fault.column, fault.error.code) for fault in error.value.faults]


def test_every_fault_is_named_with_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "studies.csv"
    path.write_text(
        f"study,product,scrap_rule,gwp,colour,set:{SLOT} [kg/kWh],set:melting/oxygen/nonsense\n"
        "a,plate,,,,0.3,\n"
        "a,cheese,,,,,\n"
        ",plate,magic,AR9,,1,\n"
        'c,plate,,,,"1,000",2\n'
        "d,plate,,,,-1,\n"
        "e,plate,,,,,,,more\n"
        "f,plate,,,,,3\n",
        encoding="utf-8",
    )
    assert codes(path) == [
        (0, "colour", "PORTFOLIO_COLUMN_UNKNOWN"),
        (0, "set:melting/oxygen/nonsense", "PORTFOLIO_SLOT_UNKNOWN"),
        (3, "study", "PORTFOLIO_STUDY_TWICE"),
        (3, "product", "PORTFOLIO_VALUE"),
        (4, "study", "PORTFOLIO_CELL_EMPTY"),
        (4, "scrap_rule", "PORTFOLIO_VALUE"),
        (4, "gwp", "PORTFOLIO_VALUE"),
        (5, f"set:{SLOT} [kg/kWh]", "PORTFOLIO_NUMBER"),
        (6, f"set:{SLOT} [kg/kWh]", "SET_NEGATIVE"),
        (7, "", "PORTFOLIO_ROW_WIDTH"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "PORTFOLIO_EMPTY"),
        ("study,product\n", "PORTFOLIO_EMPTY"),
        ("product\nplate\n", "PORTFOLIO_COLUMN_MISSING"),
        ("study,product,产品\n1,plate,plate\n", "PORTFOLIO_COLUMN_TWICE"),
    ],
)
def test_a_file_without_what_it_needs(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "studies.csv"
    path.write_text(content, encoding="utf-8")
    assert [found for _, _, found in codes(path)] == [code]


def test_the_template_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "模板.csv"
    path.write_bytes(template("extrusion"))
    assert [row.overrides for row in read_portfolio(path).rows] == [()]
    headings = path.read_text(encoding="utf-8-sig")
    assert f"set:{SLOT} [kg/kWh]," in headings
    assert "set:primary_ingot/cradle_to_gate [kg/t]" in headings


def test_values_are_in_the_unit_of_their_heading_and_none_is_guessed(tmp_path: Path) -> None:
    """Grid 0.3 kg/kWh written as 300 kg/MWh; ingot 5 kg/kg = 5000 kg/t; a pure number needs no unit."""
    path = tmp_path / "studies.csv"
    ingot = "primary_ingot/cradle_to_gate"
    head = f"study,product,set:{SLOT} [kg/MWh],set:{ingot}[kg CO2e/kg]\n"
    path.write_text(f"{head}a,plate,300,5\nb,plate,,0\n", encoding="utf-8")
    assert values(path) == [{SLOT: Decimal("0.3"), ingot: Decimal(5000)}, {ingot: Decimal(0)}]
    path.write_text(f"study,product,set:{SLOT}\na,plate,0.3\n", encoding="utf-8")
    assert codes(path) == [(0, f"set:{SLOT}", "PORTFOLIO_UNIT")]
    path.write_text(f"study,product,set:{SLOT} [kg/t]\na,plate,0.3\n", encoding="utf-8")
    assert codes(path) == [(0, f"set:{SLOT} [kg/t]", "UNIT_DIMENSION")]
    path.write_text(f"study,product,set:{SLOT}\na,plate,\n", encoding="utf-8")
    assert values(path) == [{}]
