"""Own goods that came back are no scrap bought: a row that says so is doubted.

System under test: the example extruder, 19 000 t packed. A customer sends 1000 t back. Bought as
pre-consumer scrap they carry nothing and the output stays 19 000; net of them it is 18 000, and a
tonne carries 19 / 18 = 1.056 times as much. Booked as internal scrap of packing, charged again, the
doubt is gone and nothing is lost: 19 000 = 18 000 + 1000. Rule: AL-RETURN-001.
"""

from __future__ import annotations

import pytest
from test_doubted_zeros import edited, found
from test_transport import told

from factor_db.ledger.form.faults import Finding
from factor_db.ledger.products.returned_goods import RETURNED, check_returned_goods

SCRAP = ("charging", ("scrap_pre_consumer",))


def doubts(*, plant: str = "extrusion_plant", **words: str) -> list[Finding]:
    return found(edited(plant, told(*SCRAP, **words)), check_returned_goods)


@pytest.mark.parametrize("plant", ["plate_mill", "extrusion_plant", "recycling_plant"])
def test_the_examples_say_nothing_of_it(plant: str) -> None:
    assert found(edited(plant), check_returned_goods) == []


@pytest.mark.parametrize(
    "words",
    [
        {"scrap_type": "客户退货 returned profiles of ours"},
        {"scrap_type": "Returned Profiles"},
        {"note": "质量退回的本厂产品"},
        {"note": "our own products, rejected"},
    ],
)
def test_words_of_returned_goods_are_doubted(words: dict[str, str]) -> None:
    (item,) = doubts(**words)
    assert item.code == RETURNED
    assert not item.explained
    for lang in ("zh", "en"):
        assert item.message(lang)
        assert item.remedy(lang)


@pytest.mark.parametrize("kind", ["new turnings", "6063边角料", "extrusion offcuts"])
def test_scrap_of_others_is_not(kind: str) -> None:
    assert doubts(scrap_type=kind) == []
