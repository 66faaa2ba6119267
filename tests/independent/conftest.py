"""What the tests of this folder share; the plants and the stranger stand beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from case_plant import Case, Stranger, asked_stranger, published_case


@pytest.fixture(scope="session")
def case(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return published_case(published_home, tmp_path_factory.mktemp("case") / "home")


@pytest.fixture(scope="session")
def stranger() -> Stranger:
    return asked_stranger()
