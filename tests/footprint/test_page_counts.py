"""The counts that README and docs state, each counted again in the data or page it speaks of."""

from __future__ import annotations

import re
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from factor_db.foundation.reference_files import reference_rows

ROOT = Path(__file__).parents[2]
GWP, ANYWHERE = "gwp", re.DOTALL


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def factor_rows() -> int:
    """Rows of every factor table; warming potentials are no factors of a flow."""
    folder = files("factor_db") / "reference" / "factors"
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".csv"))
    return sum(len(reference_rows(f"factors/{name}")) for name in names if name != f"{GWP}.csv")


def published() -> list[list[str]]:
    """The rows of the table of published results on the validation page, cell by cell."""
    section = page("docs/validation.md").split("## Published results")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip("* ") for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("README.md", r"(\d+) rows of cited reference factors"),
        ("README.zh-CN.md", r"随附 (\d+) 行有出处"),
        ("docs/data.md", r"(\d+) rows of factors, \d+ of warming"),
    ],
)
def test_the_number_of_reference_factors(name: str, pattern: str) -> None:
    (stated,) = re.findall(pattern, page(name))
    assert int(stated) == factor_rows()


def test_potentials_and_upper_bounds() -> None:
    found = re.findall(r"(\d+) of warming potentials, (\d+) upper bounds", page("docs/data.md"))
    counted = len(reference_rows(f"factors/{GWP}.csv")), len(reference_rows("upper_bounds.csv"))
    assert [tuple(map(int, item)) for item in found] == [counted]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("README.md", r"(\d+) published results beside ours, (\d+) .*?up to ([\d.]+) kg"),
        ("README.zh-CN.md", r"(\d+) 个已发布结果与我们的结果并列,其中 (\d+) 个.*?最大 ([\d.]+) kg"),
    ],
)
def test_published_results_run_and_left_unexplained(name: str, pattern: str) -> None:
    ((stated, run, largest),) = re.findall(pattern, page(name), ANYWHERE)
    rows = published()
    assert int(stated) == len(rows)
    assert int(run) == sum(row[-1] != "—" for row in rows)
    rests = [abs(Decimal(row[-2].replace("−", "-"))) for row in rows]
    assert Decimal(largest) == max(rests).quantize(Decimal("0.1"))


def test_every_shipped_alloy_is_named_in_the_licences() -> None:
    alloys = sorted({row["alloy"] for row in reference_rows("alloys.csv")})
    said = (files("factor_db") / "reference" / "LICENCES.md").read_text(encoding="utf-8")
    assert f"{len(alloys)} alloys: {', '.join(alloys)}." in said
