"""Editions of the certificate: words and schema are data, and an earlier edition is named.

System: the edition folders of the product; a certificate of edition 2, issued with example data by
version 0.1.0's code of commit 41857a7 (`data/edition2`, packed). By hand: its signature holds, the
words and the model of its time are not here, so it is neither valid nor invalid. One of edition 3
(plate, example data, issued by the code of commit 7acab2f, `data/edition3`): its words are data, so
it is valid, and drawn up again from its calculation it is the same bytes, 铝板材 for plate included,
which edition 4 calls 铝厚板 as every page does.
"""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from factor_db.foundation.canonical import canonical_json
from footprint.certificate import edition
from footprint.certificate.checks.report import VerifyReport
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.edition import CURRENT, book_of, edition_hash, kept, number_of, released
from footprint.certificate.payload import Review, build_credential
from footprint.result.document import read_result
from footprint.words.book import signed_words

DATA = Path(__file__).parent / "data" / "edition2"
EDITION_3 = Path(__file__).parent / "data" / "edition3"
ADD_ONE = (
    f"words or schema of edition {CURRENT} changed: before its first release run "
    f"`python -m footprint.certificate.edition`; after it add edition {CURRENT + 1}"
)


def test_the_words_of_today_are_those_of_the_edition_that_is_issued() -> None:
    book = book_of(CURRENT)
    kept_words = {"catalogue": book.catalogue, "names": book.names}
    assert canonical_json(kept_words) == canonical_json(signed_words()), ADD_ONE


def test_a_released_edition_never_changes() -> None:
    for number, sha256 in released().items():
        assert edition_hash(int(number)) == sha256, ADD_ONE
    assert max(kept()) == CURRENT


def test_a_released_edition_is_not_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edition, "released", lambda: {"4": edition_hash(4)})
    with pytest.raises(ValueError, match="add edition 5"):
        edition.write_words(tmp_path / "4")
    (tmp_path / "5").mkdir()
    written = edition.write_words(tmp_path / "5")
    assert json.loads(written.read_bytes()) == json.loads(canonical_json(signed_words()))


def test_known_editions_are_told_from_other_texts() -> None:
    known = [number_of(f"footprint-certificate/{number}") for number in (1, 2, 3, 4)]
    assert known == [1, 2, 3, 4]
    for other in ("footprint-certificate/0", "footprint-certificate/9", "footprint/3", "", None, 3):
        assert number_of(other) is None


def answer(
    folder: Path, change: tuple[bytes, bytes] = (b"", b""), kept_in: Path = DATA
) -> VerifyReport:
    data = gzip.decompress((kept_in / "certificate.json.gz").read_bytes())
    assert change[0] in data
    folder.mkdir(exist_ok=True)
    shutil.copy(kept_in / "issuer.json", folder)
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


def _of_edition_3() -> tuple[dict[str, Any], dict[str, Any]]:
    data = gzip.decompress((EDITION_3 / "certificate.json.gz").read_bytes())
    return json.loads(data), json.loads((EDITION_3 / "issuer.json").read_bytes())


def _drawn_up_again(number: int) -> dict[str, Any]:
    signed, issuer = _of_edition_3()
    subject = signed["credentialSubject"]
    review = subject["review"]
    return build_credential(
        read_result(subject["calculation"]),
        issuer,
        issued_at=datetime.fromisoformat(signed["validFrom"]),
        review=Review(review["level"], review["body"], review["number"]),
        edition=number,
    )


def test_a_certificate_of_edition_3_is_still_valid(tmp_path: Path) -> None:
    report = answer(tmp_path, kept_in=EDITION_3)
    assert [check.name for check in report.checks if not check.ok] == []
    assert (report.valid, report.exit_code) == (True, 0)


def test_a_certificate_of_edition_3_is_drawn_up_again_byte_for_byte() -> None:
    signed, _ = _of_edition_3()
    unsigned = {name: item for name, item in signed.items() if name != "proof"}
    assert canonical_json(_drawn_up_again(3)) == canonical_json(unsigned)


def test_its_words_may_not_be_those_of_today(tmp_path: Path) -> None:
    was, now = "铝板材".encode(), "铝厚板".encode()
    assert not answer(tmp_path, (was, now), EDITION_3).valid


def test_edition_4_says_what_the_pages_say() -> None:
    """Plate's and methane's names differed between page and certificate; NF3 had none here."""
    names_of = {
        number: {
            "plate": again["credentialSubject"]["product"]["name"]["zh"],
            "ch4": next(
                item["name"]["en"]
                for item in again["credentialSubject"]["result"]["byGas"]
                if item["code"] == "ch4"
            ),
        }
        for number in (3, 4)
        for again in [_drawn_up_again(number)]
    }
    assert names_of[3] == {"plate": "铝板材", "ch4": "Methane (oxidised CO2 counted as CO2)"}
    assert names_of[4] == {"plate": "铝厚板", "ch4": "Methane, non-fossil"}
    assert book_of(4).names["gas"]["nf3"] == {"zh": "三氟化氮", "en": "Nitrogen trifluoride"}
    assert "nf3" not in book_of(3).names["gas"]
    assert "nf3" in book_of(4).schema["orders"]["GAS"]
