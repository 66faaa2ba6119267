"""Why nothing may be declared of a result: one list, asked by certificates, views and comparisons.

System: documents of a few keys, each with what is wrong with it. Order by hand: what is missing goes
before what is left out, and both before an estimate; an estimate may be shown as one, the others not.
"""

from __future__ import annotations

from typing import Any

import pytest

from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import error_text
from footprint.blocked import blocking_reasons, refuse_blocked, require_showable
from footprint.comparison.value import value_of_document
from footprint.views.registry import STANDARDS, view_of
from footprint.views.wording import blocked_notes

MISSING = {"coverage": {"missing": [{"slot": "melting/diesel/inventory"}]}}
UNUSED = {"unused_field_data": ["site.ageing.gas@1", "site.ageing.steam@1"]}
ESTIMATE = {"estimate": True, "coverage": {"estimated": ["electricity/life_cycle"]}}


def names(document: dict[str, Any]) -> list[str]:
    return [reason.name for reason in blocking_reasons(document)]


def test_a_sound_result_has_no_reason_and_an_older_one_that_is_silent_neither() -> None:
    sound = {
        "coverage": {"missing": [], "estimated": []},
        "unused_field_data": [],
        "estimate": False,
    }
    assert names(sound) == names({}) == []
    refuse_blocked(sound)


def test_all_reasons_are_told_the_gravest_first() -> None:
    everything = {**UNUSED, **ESTIMATE, **MISSING}
    assert names(everything) == ["INCOMPLETE", "UNUSED_FIELD_DATA", "ESTIMATE"]
    with pytest.raises(Incomplete, match="CERTIFICATE_INCOMPLETE"):
        refuse_blocked(everything, "CERTIFICATE")


@pytest.mark.parametrize(
    ("document", "kind", "named"),
    [
        (MISSING, Incomplete, "melting/diesel/inventory"),
        (UNUSED, BadInput, "site.ageing.gas@1, site.ageing.steam@1"),
        (ESTIMATE, Incomplete, "electricity/life_cycle"),
    ],
)
def test_each_reason_names_what_it_is_about_in_both_languages(
    document: dict[str, Any], kind: type[FootprintError], named: str
) -> None:
    for prefix in ("BLOCKED", "CERTIFICATE", "PACT", "PRODUCT_FACTOR", "NO_WORDS_OF_ITS_OWN"):
        with pytest.raises(kind) as caught:
            refuse_blocked(document, prefix)
        assert named in error_text(caught.value, "zh")
        assert named in error_text(caught.value, "en")
    (note,) = blocked_notes(document)
    assert note["zh"]
    assert note["en"]


IMPOSSIBLE = {
    "possible": {"violations": [{"code": "POSSIBLE_NEGATIVE", "params": {"total": "-1"}}]}
}
OPEN = {"closure": {"reasons": [{"code": "CLOSURE_OPEN", "params": {"flow": "billet"}}]}}
NOT_METERED = {"closure": {"reasons": [{"code": "CLOSURE_NOT_AS_METERED", "params": {}}]}}


@pytest.mark.parametrize("document", [MISSING, UNUSED, IMPOSSIBLE, OPEN])
def test_what_no_certificate_may_say_no_figure_may_show(document: dict[str, Any]) -> None:
    with pytest.raises(FootprintError):
        require_showable(document)
    for standard in STANDARDS:
        with pytest.raises(FootprintError):
            view_of(document, standard)


def test_an_estimate_and_another_plant_may_be_shown_marked() -> None:
    for document in (ESTIMATE, NOT_METERED):
        require_showable(document)
        with pytest.raises(Incomplete):
            refuse_blocked(document)


def test_an_estimate_may_be_compared_and_what_leaves_data_out_may_not() -> None:
    refuse_blocked(ESTIMATE, estimates=True)
    for document in (MISSING, UNUSED):
        with pytest.raises(FootprintError, match="BLOCKED_"):
            value_of_document(document)


@pytest.mark.parametrize("strange", [7, "x", {"slot": "y"}])
def test_a_strange_document_is_refused_and_no_traceback(strange: Any) -> None:
    with pytest.raises(BadInput):
        refuse_blocked({"unused_field_data": strange, "coverage": strange})
