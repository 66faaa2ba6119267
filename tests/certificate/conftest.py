"""One set of keys and two issued certificates, own and illustrative, for all certificate tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from footprint.certificate.checks.report import VerifyReport
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.issue import issue
from footprint.certificate.keys import Keys, create_keys, known_issuers, load_keys
from footprint.result.document import read_result
from tests.certificate.certificate_document import illustrative_calculation, recompute, result

ISSUED_AT = datetime(2026, 11, 22, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Issued:
    """A folder with the three files, what `issue` returned and the keys used."""

    folder: Path
    result: dict[str, Any]
    keys: Keys

    @property
    def json_path(self) -> Path:
        return self.folder / "certificate.json"

    @property
    def pdf_path(self) -> Path:
        return self.folder / "certificate.pdf"


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "keys"
    create_keys(folder, "重庆示例铝业有限公司", datetime(2026, 11, 1, tzinfo=UTC))
    return folder


@pytest.fixture(scope="session")
def own(keys_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    folder, keys = tmp_path_factory.mktemp("own"), load_keys(keys_folder, False)
    made = issue(result(), keys, ISSUED_AT, "internally_reviewed", folder)
    return Issued(folder, made, keys)


@pytest.fixture(scope="session")
def illustrative(keys_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    folder, keys = tmp_path_factory.mktemp("illustrative"), load_keys(keys_folder, True)
    result = issue(
        read_result(illustrative_calculation()), keys, ISSUED_AT, "self_reviewed", folder
    )
    return Issued(folder, result, keys)


@pytest.fixture(scope="session")
def check(keys_folder: Path) -> Callable[..., VerifyReport]:
    """Verify a path with the known issuers, the day after issue and the stand-in recalculation."""

    def run(path: Path, **changes: Any) -> VerifyReport:
        arguments: dict[str, Any] = {
            "issuers": known_issuers(keys_folder),
            "today": TODAY,
            "recompute": recompute,
        }
        arguments.update(changes)
        issuers, today = arguments.pop("issuers"), arguments.pop("today")
        return verify_file(path, issuers, today, **arguments)

    return run
