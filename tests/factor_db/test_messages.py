"""Messages are found by their code: each stands written out where it is used, or in a family.

System: the message catalogues, `families.toml` and the source. By hand: `VIEW_HEADING_SHARE` is
written in the views that head a column with it; `CBAM_BASIS_STATED` in the family `CBAM_BASIS`,
whose user writes `code_of("CBAM_BASIS", …)`.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from factor_db.foundation import messages
from factor_db.foundation.messages import catalogue, code_of, families, family

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for room in ("factor_db", "lca_models", "footprint", "tools")
    for path in sorted((ROOT / room).rglob("*.py"))
]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
WRITTEN = set(re.findall(r"(?<![A-Za-z0-9_])[A-Z][A-Za-z0-9_-]*(?![A-Za-z0-9_])", SOURCE))
IN_DOCUMENTS = {"CLOSURE_NOT_DRAWN_SMELTER"}
"""Codes that results of earlier versions carry and that are still told to whoever reads them."""


def test_every_code_is_written_out_where_it_is_used_or_in_a_family() -> None:
    listed = {code for members in families().values() for code in members.values()}
    assert set(catalogue()) - listed - WRITTEN == IN_DOCUMENTS
    assert listed - set(catalogue()) == set()


def test_every_family_is_asked_for_by_its_name() -> None:
    asked = {name for name in families() if f'"{name}"' in SOURCE or f"'{name}'" in SOURCE}
    assert set(families()) - asked == set()
    assert all(members for members in families().values())


def _composed(path: Path) -> list[str]:
    """Return the beginnings of codes that a module composes with what it is given."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            start = str(node.values[0].value)
            if re.fullmatch(r"[A-Z][A-Z0-9_]*_", start):
                found.append(start)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_is_composed(path: Path) -> None:
    codes = sorted(catalogue())
    beginnings = _composed(path)
    assert [start for start in beginnings if any(c.startswith(start) for c in codes)] == []


def test_a_composed_code_would_be_seen(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('text(f"CBAM_BASIS_{basis.upper()}", lang)\n', encoding="utf-8")
    assert _composed(module) == ["CBAM_BASIS_"]


def test_codes_by_hand() -> None:
    assert code_of("CBAM_BASIS", "stated") == "CBAM_BASIS_STATED"
    assert family("VIEW_LEVEL")["1"] == "VIEW_LEVEL_1"
    with pytest.raises(KeyError):
        code_of("CBAM_BASIS", "guessed")
    assert messages.families() is families()
