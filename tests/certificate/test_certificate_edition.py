"""Editions of the certificate: words and schema are data, and an earlier edition is named.

System: the edition folders of the product; a certificate of edition 2, issued with example data by
version 0.1.0's code of commit 41857a7 (`data/edition2`, packed). By hand: its signature holds, the
words and the model of its time are not here, so it is neither valid nor invalid.
"""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from factor_db.foundation.canonical import canonical_json
from footprint.certificate import edition
from footprint.certificate.checks.report import VerifyReport
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.edition import CURRENT, book_of, edition_hash, kept, number_of, released
from footprint.words.book import signed_words

DATA = Path(__file__).parent / "data" / "edition2"
ADD_ONE = (
    f"words or schema of edition {CURRENT} changed: before its first release run "
    f"`python -m footprint.certificate.edition`; after it add edition {CURRENT + 1}"
)


def test_the_words_of_today_are_those_of_the_edition_that_is_issued() -> None:
    book = book_of(CURRENT)
    kept_words = {"catalogue": book.catalogue, "vocabulary": book.vocabulary}
    assert canonical_json(kept_words) == canonical_json(signed_words()), ADD_ONE


def test_a_released_edition_never_changes() -> None:
    for number, sha256 in released().items():
        assert edition_hash(int(number)) == sha256, ADD_ONE
    assert max(kept()) == CURRENT


def test_a_released_edition_is_not_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edition, "released", lambda: {"3": edition_hash(3)})
    with pytest.raises(ValueError, match="add edition 4"):
        edition.write_words(tmp_path / "3")
    (tmp_path / "4").mkdir()
    written = edition.write_words(tmp_path / "4")
    assert json.loads(written.read_bytes()) == json.loads(canonical_json(signed_words()))


def test_known_editions_are_told_from_other_texts() -> None:
    known = [number_of(f"footprint-certificate/{number}") for number in (1, 2, 3)]
    assert known == [1, 2, 3]
    for other in ("footprint-certificate/0", "footprint-certificate/9", "footprint/3", "", None, 3):
        assert number_of(other) is None


def answer(folder: Path, change: tuple[bytes, bytes] = (b"", b"")) -> VerifyReport:
    data = gzip.decompress((DATA / "certificate.json.gz").read_bytes())
    assert change[0] in data
    folder.mkdir(exist_ok=True)
    shutil.copy(DATA / "issuer.json", folder)
    (folder / "certificate.json").write_bytes(data.replace(*change, 1) if change[0] else data)
    return verify_file(folder / "certificate.json", [], date(2026, 12, 1))


def test_a_certificate_of_edition_2_is_intact_and_not_decided(tmp_path: Path) -> None:
    report = answer(tmp_path)
    found = report.check("recomputes")
    assert found is not None
    assert found.detail("en") == ("edition 2: signature intact; recomputation needs version 0.1.0.")
    assert found.detail("zh") == "第2版证书：签名完好；重算需要 0.1.0 版软件。"
    assert {check.name for check in report.checks if check.ok is not True} == {"recomputes"}
    assert (report.valid, report.undecided, report.exit_code) == (False, True, 5)
    said = report.answer("en").record()
    assert (said["valid"], said["undecided"]) == (False, True)
    assert {"name": "recomputes", "ok": None, "detail": found.detail("en")} in said["checks"]


def test_one_changed_character_of_it_is_invalid(tmp_path: Path) -> None:
    report = answer(tmp_path, (b'"AR6"', b'"AR5"'))
    assert (report.valid, report.undecided, report.exit_code) == (False, False, 1)
    intact = report.check("intact")
    assert intact is not None
    assert intact.ok is False


def test_an_edition_nobody_knows_is_refused(tmp_path: Path) -> None:
    report = answer(tmp_path, (b"footprint-certificate/2", b"footprint-certificate/9"))
    assert [check.name for check in report.checks if not check.ok] == ["structure"]
    assert report.exit_code == 1
