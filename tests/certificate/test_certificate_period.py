"""A certificate of less than a year is issued only when asked for, and says so everywhere.

System: the hand-made calculation of certificate_document.py, over 2025 and over July to December:
12 and 6 months. A period of 24 months is no year either.
"""

from __future__ import annotations

import pypdf
import pytest

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from footprint.certificate.issue import make_certificate
from footprint.certificate.keys import load_keys
from footprint.certificate.period import months_covered, period_words, require_whole_year
from footprint.result.tables import Period
from tests.certificate.certificate_document import result
from tests.certificate.conftest import ISSUED_AT

YEAR = Period(start="2025-01-01", end="2025-12-31")
HALF = Period(start="2025-07-01", end="2025-12-31")
TWO_YEARS = Period(start="2024-01-01", end="2025-12-31")


@pytest.mark.parametrize(("period", "months"), [(YEAR, 12), (HALF, 6), (TWO_YEARS, 24)])
def test_months_are_counted_from_the_dates(period, months):
    assert months_covered(period) == months
    said = period_words(period)
    assert (said is None) == (months == 12)
    assert said is None or all(str(months) in said[lang] for lang in LANGUAGES)


def test_half_a_year_needs_to_be_asked_for(keys_folder):
    keys = load_keys(keys_folder, False)
    with pytest.raises(BadInput, match="CERTIFICATE_PERIOD_SHORT") as caught:
        make_certificate(result(period=HALF.record()), keys, ISSUED_AT, "self_declared")
    for lang in LANGUAGES:
        shown = error_text(caught.value, lang)
        assert all(word in shown for word in ("6", "12", "--short-period"))
    for period in (YEAR, TWO_YEARS):
        require_whole_year(period, short_period=False)


def test_half_a_year_is_said_on_the_page_and_by_the_verifier(keys_folder, own, check, tmp_path):
    keys = load_keys(keys_folder, False)
    document = result(period=HALF.record())
    made = make_certificate(document, keys, ISSUED_AT, "self_declared", short_period=True)
    made.write(tmp_path)
    for path in (tmp_path / "certificate.json", tmp_path / "certificate.pdf"):
        report = check(path)
        said = report.check("period")
        assert said is not None
        assert said.ok
        assert said.detail("en").startswith("Covers 6 months, not a year")
        assert said.detail("zh").startswith("仅覆盖 6 个月")
    page = pypdf.PdfReader(tmp_path / "certificate.pdf").pages[0].extract_text()
    whole = pypdf.PdfReader(own.pdf_path).pages[0].extract_text()
    assert "Covers 6 months, not a year" in " ".join(page.split())
    assert "not a year" not in " ".join(whole.split())
    assert check(own.json_path).check("period") is None
