"""The rooms of the house: no folder too full, each with its purpose, no circle, all of them drawn.

System under test: the folders of the three packages and docs/architecture.md. Which room may import
which is a matter of the contracts in pyproject.toml (`make check`). The drawing is tried on a house of three
rooms by hand: hall → kitchen → cellar, hall → cellar: 3 rooms, 3 arrows, floors 2, 1, 0. The ten shapes
that the page gives a ledger amount are types of the code, each in a room above the one before: nine
changes.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from tools.rooms import HOUSE, PACKAGES, TOP, drawing, lines, modules_of

MOST_MODULES = 16
MODULES = modules_of()
FRONTS = {name: path for name, path in MODULES.items() if path.name == "__init__.py"}


def _house(top: Path, **sources: str) -> dict[str, Path]:
    for name, source in {"__init__": "", **sources}.items():
        path = top / "footprint" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return modules_of(top)


def test_a_house_of_three_rooms_is_drawn_as_by_hand(tmp_path: Path) -> None:
    hall = "from footprint import cellar\ndef go():\n    import footprint.kitchen\n"
    kitchen = "from footprint.cellar import wine\n"
    drawn = drawing("footprint", _house(tmp_path, hall=hall, kitchen=kitchen, cellar="wine = 1\n"))
    assert list(lines(drawn)) == [
        "footprint: 3 rooms, 3 floors, 3 arrows",
        "   2 hall                   1  cellar kitchen",
        "   1 kitchen                1  cellar",
        "   0 cellar                 1",
    ]


def test_a_circle_is_named(tmp_path: Path) -> None:
    first, second = "import footprint.second\n", "import footprint.first\n"
    drawn = drawing("footprint", _house(tmp_path, first=first, second=second))
    assert set(drawn.circle()) == {"footprint.first", "footprint.second"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_of_rooms(package: str) -> None:
    assert drawing(package, MODULES).circle() == []


def test_no_folder_is_too_full() -> None:
    counts = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_every_room_says_what_it_is_for() -> None:
    unsaid = [
        name for name, path in FRONTS.items() if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert unsaid == []


def test_reference_data_and_rules_hold_no_code() -> None:
    folders = (TOP / "factor_db" / "reference", TOP / "factor_db" / "rules")
    assert [path for folder in folders for path in folder.rglob("*.py")] == []


def test_the_drawing_in_the_documents_names_every_room() -> None:
    page = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = page.split("```")[1]
    drawn = set(picture.replace("/", " ").replace("|", " ").split())
    rooms = {
        name.rpartition(".")[2]
        for name in FRONTS
        if name.rpartition(".")[0] in (*HOUSE, *PACKAGES) or name in HOUSE
    }
    assert rooms - drawn == set()


_SHAPE = re.compile(r"^\| (\d+) \| `(\w+)` \| `([\w.]+)` \|", re.MULTILINE)
_ORDER = ("factor_db.ledger", "factor_db.store", "factor_db.factors", "lca_models", "footprint")


def test_a_ledger_amount_changes_shape_nine_times_on_its_way_to_the_certificate() -> None:
    page = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    shapes = _SHAPE.findall(page)
    assert [int(number) for number, _, _ in shapes] == list(range(1, 11))
    assert all(hasattr(import_module(module), name) for _, name, module in shapes)
    steps = [next(i for i, part in enumerate(_ORDER) if m.startswith(part)) for _, _, m in shapes]
    assert steps == sorted(steps)
