"""Words and house rules of the pages: nothing untranslated, no formula in a page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from factor_db.foundation.messages import catalogue, families, family
from footprint import ui

FOLDER = Path(ui.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
ENTRY = FOLDER / "app" / "entry.py"
PAGE_LIMIT_LINES = 150
ARITHMETIC = (ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.Sub)


def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_text_a_page_names_is_in_the_catalogue() -> None:
    named = {
        code
        for path in MODULES
        for code in re.findall(r'"(UI_[A-Za-z0-9_-]*[A-Za-z0-9])"', _source(path))
    }
    assert len(named) > 50
    assert named - set(catalogue()) - set(families()) == set()


def test_every_column_and_field_shown_has_a_heading() -> None:
    shown = re.compile("tables|view|record")
    tables = "".join(_source(path) for path in MODULES if shown.search(path.name))
    columns = {
        f"UI_COLUMN_{name.upper()}" for name in re.findall(r'^ +"([a-z_]+)": ', tables, re.M)
    }
    fields = {f"UI_FIELD_{name}" for name in re.findall(r'^ +"([A-Z0-9_]+)": ', tables, re.M)}
    help_only = {f"UI_COLUMN_{name}" for name in ("LABEL", "HELP", "WIDTH", "FIELD", "CONTENT")}
    known = {*family("UI_COLUMN").values(), *family("UI_FIELD").values()}
    assert len(columns) > 25
    assert (columns | fields) - help_only - known == set()


def test_every_text_of_the_pages_differs_between_the_languages_or_is_a_symbol() -> None:
    same = {
        code
        for code, entry in catalogue().items()
        if code.startswith("UI_") and entry["zh"] == entry["en"]
    }
    symbols = {code for code in same if code.startswith("UI_LANGUAGE_")}
    assert same - symbols <= {
        "UI_NONE",
        "UI_TOTAL_VALUE",
        "UI_INTERVAL_VALUE",
        "UI_COLUMN_VALUE",
        "UI_FIELD_SHA256",
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_pages_are_short_and_hold_no_formula(path: Path) -> None:
    source = _source(path)
    if "import streamlit" not in source or path.name == "services.py":
        return
    assert len(source.splitlines()) <= PAGE_LIMIT_LINES
    sums = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ARITHMETIC)
        # Text filled in by a format is no arithmetic.
        and not (isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Subscript))
    ]
    assert [ast.unparse(node) for node in sums] == []


def test_the_entry_only_navigates() -> None:
    nodes = list(ast.walk(ast.parse(_source(ENTRY))))
    assert [node.name for node in nodes if isinstance(node, ast.FunctionDef)] == ["run"]
    assert not [node for node in nodes if isinstance(node, ast.For)]
