"""The label: the signed figures and words of a certificate as a picture, of an intact PDF only.

System: the two certificates of conftest.py, one of the issuer's own data and one of example data.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from factor_db.foundation.errors import BadInput
from footprint.certificate.checks.labelling import label_of
from footprint.certificate.checks.pdf import OpenedPdf
from footprint.cli.main import main

# Anything a picture could fetch; the names of XML namespaces are none.
FETCHED = re.compile(rb'(?:href|src)="(?!#|data:)')


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_certificate_gives_the_same_label(own, kind) -> None:
    data = own.pdf_path.read_bytes()
    first = label_of(data, kind)
    assert first == label_of(data, kind)
    assert first.startswith({"svg": b"<svg", "png": b"\x89PNG"}[kind])
    assert FETCHED.search(first) is None


def test_example_data_stand_under_a_red_ribbon(own, illustrative) -> None:
    """The ribbon's colour is used for nothing else."""
    ribbon = b"#a6342b"
    assert ribbon in label_of(illustrative.pdf_path.read_bytes(), "svg")
    assert ribbon not in label_of(own.pdf_path.read_bytes(), "svg")


def test_a_changed_or_foreign_file_gets_no_label(own) -> None:
    data = own.pdf_path.read_bytes()
    middle = len(data) // 2
    changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    for file in (changed, data[:-100], own.json_path.read_bytes(), b"", b"%PDF-1.7"):
        with pytest.raises(BadInput, match="CERTIFICATE_LABEL_REFUSED"):
            label_of(file, "svg")


def test_a_signed_file_that_is_no_certificate_gets_no_label(
    own, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may sign a PDF around whatever JSON they like."""
    opened = OpenedPdf("0" * 64, b"{}", b"")
    monkeypatch.setattr("footprint.certificate.checks.labelling.open_pdf", lambda data: opened)
    with pytest.raises(BadInput, match="CERTIFICATE_LABEL_REFUSED"):
        label_of(own.pdf_path.read_bytes(), "svg")


def test_the_command_writes_what_the_name_says(own, tmp_path: Path) -> None:
    for name, code in (("label.SVG", 0), ("label.png", 0), ("label.gif", 2)):
        with pytest.raises(SystemExit) as left:
            main(["certificate", "label", str(own.pdf_path), "--out", str(tmp_path / name)])
        assert left.value.code == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["label.SVG", "label.png"]
