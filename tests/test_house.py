"""The house rules: texts in both languages, known codes, cited rules, sizes, clean locks.

System under test: the tree itself. Limits: 500 lines a file, 60 a function; a lock file names no URL.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Mapping
from pathlib import Path

import pytest
from every_one import failures

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import catalogue, error_text
from factor_db.foundation.rules import rules

ROOT = Path(__file__).parents[1]
SOURCES = [
    ROOT / "app.py",
    *sorted((ROOT / "factor_db").rglob("*.py")),
    *sorted((ROOT / "lca_models").rglob("*.py")),
    *sorted((ROOT / "footprint").rglob("*.py")),
    *sorted((ROOT / "tools").rglob("*.py")),
]
_CODE = re.compile(
    r'(?:BadInput|Incomplete|NotAllowed|say|text|remedy|words)\(\s*"([A-Z][A-Z0-9_]+)"'
)
_FAMILIES = "|".join(sorted({rule_id.split("-")[0] for rule_id in rules()}))
# An id written out: in quotes, brackets or the text of a docstring; names of sites look otherwise.
_RULE = re.compile(
    rf"(?<![A-Za-z0-9-])((?:{_FAMILIES})(?:-[A-Z]+)+-\d{{3}}|(?:{_FAMILIES})-\d{{3}})(?![A-Za-z0-9-])"
)
_QUOTED_RULE = re.compile(rf'"((?:{_FAMILIES})-[A-Z0-9-]+)"')
_REFERENCE = sorted(
    path
    for path in (ROOT / "factor_db" / "reference").rglob("*")
    if path.suffix in {".csv", ".toml"}
)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _says_the_same_in_both_languages(entry: Mapping[str, str]) -> None:
    assert {"zh", "en"} <= set(entry) <= {"zh", "en", "remedy_zh", "remedy_en"}
    assert placeholders(entry["zh"]) == placeholders(entry["en"])
    assert ("remedy_zh" in entry) == ("remedy_en" in entry)
    assert placeholders(entry.get("remedy_zh", "")) == placeholders(entry.get("remedy_en", ""))


def test_messages_say_the_same_in_both_languages() -> None:
    assert failures(_says_the_same_in_both_languages, catalogue().items()) == {}


def test_an_error_is_one_line_in_either_language() -> None:
    error = BadInput("UNIT_UNKNOWN", unit="ton", known="kg, t")
    assert error_text(error, "en").startswith("unit 'ton' is not in the unit table. Use a unit")
    assert "“ton”" in error_text(error, "zh")


def test_every_code_the_source_names_is_in_the_catalogue() -> None:
    named = {code for path in SOURCES for code in _CODE.findall(path.read_text(encoding="utf-8"))}
    assert named - set(catalogue()) == set()
    assert len(named) > 40


def test_every_rule_the_source_cites_is_registered() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES]
    cited = {
        found for text in texts for name in (_RULE, _QUOTED_RULE) for found in name.findall(text)
    }
    assert cited - set(rules()) == set()
    assert {"PCF-SCRAP-CUTOFF", "PCF-CUTOFF-001", "DQ-PEDIGREE-001"} <= cited


def test_every_rule_of_the_register_is_cited() -> None:
    """By the code that follows it, or by the reference data that code reads."""
    everything = "\n".join(path.read_text(encoding="utf-8") for path in (*SOURCES, *_REFERENCE))
    never = [name for name in rules() if not re.search(rf"{name}(?![A-Z0-9-])", everything)]
    assert never == []


BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))


def _can_be_seen_whole(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 500
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and "migrations" not in path.parts:
            assert (node.end_lineno or node.lineno) - node.lineno < 60, node.name


def test_files_and_functions_can_be_seen_whole() -> None:
    named = ((str(path.relative_to(ROOT)), path) for path in (*SOURCES, *BENCHMARKS))
    assert failures(_can_be_seen_whole, named) == {}


@pytest.mark.parametrize(
    "lock",
    [
        *("requirements.lock", "requirements-dev.lock", "tests/brightway2/requirements.lock"),
        *("benchmarks/peers/pardiso.lock", "benchmarks/peers/lca_algebraic.lock"),
    ],
)
def test_a_lock_has_hashes_and_no_url(lock: str) -> None:
    content = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in content
    assert content.count("--hash=sha256:") > content.count("==")


def test_the_two_locks_agree() -> None:
    def pinned(lock: str) -> set[str]:
        return {
            line.split(" ")[0]
            for line in (ROOT / lock).read_text(encoding="utf-8").splitlines()
            if "==" in line
        }

    assert pinned("requirements.lock") <= pinned("requirements-dev.lock")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/architecture.md"])
def test_links_and_pictures_exist(page: str) -> None:
    source = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)\)", source.read_text(encoding="utf-8")):
        assert (source.parent / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_real_commands(page: str) -> None:
    from typer.main import get_command

    from footprint.cli.main import app

    commands = get_command(app)
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        if line.startswith(".venv/bin/footprint "):
            words = line.split("#")[0].split()[1:]
            found = commands.commands[words[0]]  # type: ignore[attr-defined]
            if hasattr(found, "commands"):
                assert words[1] in found.commands, line
