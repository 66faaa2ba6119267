"""A charge that brings more of an element than the alloy allows does not make the alloy.

alloys.csv: 7075 zinc 5.1 to 6.1 %; 6063 zinc at most 0.1 %. 8 % zinc is neither; 6.1 % is 7075.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from factor_db.factors.record.alloy_targets import highest_content
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from lca_models.charge import ALLOYS, constraints
from lca_models.system.alloy_limits import within_alloy
from lca_models.system.compile import DECIMAL_ARITHMETIC
from lca_models.system.constraints import require_constraints
from lca_models.system.formula import Slot
from lca_models.system.unit_process import Choices

ZINC = Slot("", "charge.zinc_content", "property", "1", optional=True)


def judge(alloy: str, content: str) -> None:
    limits = within_alloy(alloy, {"zinc": ZINC})
    require_constraints(limits, {ZINC.key: Decimal(content)}, DECIMAL_ARITHMETIC)


@pytest.mark.parametrize(("alloy", "most"), [("7075", "0.061"), ("6063", "0.001")])
def test_the_maximum_passes_and_more_is_refused_by_name(alloy: str, most: str) -> None:
    judge(alloy, "0")
    judge(alloy, most)
    for content in (str(Decimal(most) + Decimal("0.0001")), "0.08"):
        with pytest.raises(BadInput, match="ALLOY_LIMIT") as caught:
            judge(alloy, content)
        for lang in LANGUAGES:
            shown = error_text(caught.value, lang)
            assert all(word in shown for word in (content, most, ZINC.key, "AL-ALLOY-002"))


@pytest.mark.parametrize("alloy", ALLOYS)
def test_every_alloy_limits_what_its_charge_brings(alloy: str) -> None:
    found = [item for item in constraints(Choices(alloying=alloy)) if item.code == "ALLOY_LIMIT"]
    assert len(found) == len(highest_content(alloy)) > 0
    assert not [item for item in constraints(Choices()) if item.code == "ALLOY_LIMIT"]
