"""Origins typed for bought metal: shares of its mass, said with the result, no number moved.

The shares themselves are tested by hand in test_cbam_origin.py.
"""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.messages import LANGUAGES
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.figures.recompute import recompute
from footprint.result.document import read_result
from footprint.study.definition import default_study
from footprint.words.said_of_data import origin_lines, unstated_line


def test_the_result_says_it_and_no_number_follows(demo_store: Store) -> None:
    """The example plant typed Yunnan for all of its metal; the factor stays the national one."""
    with demo_store.read() as session:
        document = calculate_study(session, default_study("plate")).result
    (item,) = [row for row in document.origins if row.flow == "primary_ingot"]
    assert (item.process, item.origin, item.share) == ("charging", "CN-YN", 1)
    (metal_row,) = [row for row in document.contributions if row.flow == "primary_ingot"]
    assert metal_row.factor == "result.primary.china.peng2022@2"
    assert round(document.total.value, 3) == Decimal("12.538")
    for lang in LANGUAGES:
        (line,) = origin_lines(document, lang)
        assert "CN-YN 100.0 %" in line
        assert "91.3 %" in unstated_line(document, lang)
    assert "lowers no number" in origin_lines(document, "en")[0]
    assert recompute(read_result(document.record())).origins == document.origins
