"""Why nothing may be declared of a result: one list, asked by certificates, views and comparisons.

System: one sound document, each with what is wrong with it. Order by hand: what is missing goes
before what is left out, and both before an estimate; an estimate may be shown as one, the others not.
"""

from __future__ import annotations

from typing import Any

import pytest

from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import error_text
from footprint.blocked import blocking_reasons, refuse_blocked, require_showable
from footprint.comparison.value import value_of_document
from footprint.result.document import ResultDocument, read_result
from footprint.views.registry import STANDARDS, view_of
from footprint.views.wording import blocked_notes
from tests.certificate.certificate_document import CLOSURE, COVERAGE, calculation, result

MISSING = {"coverage": {**COVERAGE, "missing": ["melting/diesel/inventory"]}}
UNUSED = {"unused_field_data": ["site.ageing.gas@1", "site.ageing.steam@1"]}
ESTIMATE = {"estimate": True, "coverage": {**COVERAGE, "estimated": ["electricity/life_cycle"]}}
ALL = {**UNUSED, "estimate": True, "coverage": {**MISSING["coverage"], "estimated": ["a/b"]}}


def names(document: ResultDocument) -> list[str]:
    return [reason.name for reason in blocking_reasons(document)]


def test_a_sound_result_has_no_reason_and_an_older_one_that_is_silent_neither() -> None:
    older = calculation()
    for later in ("unused_field_data", "closure", "possible"):
        del older[later]
    for sound in (result(), read_result(older)):
        assert names(sound) == []
        refuse_blocked(sound)


def test_all_reasons_are_told_the_gravest_first() -> None:
    everything = result(**ALL)
    assert names(everything) == ["INCOMPLETE", "UNUSED_FIELD_DATA", "ESTIMATE"]
    with pytest.raises(Incomplete, match="CERTIFICATE_INCOMPLETE"):
        refuse_blocked(everything, "CERTIFICATE")


@pytest.mark.parametrize(
    ("changes", "kind", "named"),
    [
        (MISSING, Incomplete, "melting/diesel/inventory"),
        (UNUSED, BadInput, "site.ageing.gas@1, site.ageing.steam@1"),
        (ESTIMATE, Incomplete, "electricity/life_cycle"),
    ],
)
def test_each_reason_names_what_it_is_about_in_both_languages(
    changes: dict[str, Any], kind: type[FootprintError], named: str
) -> None:
    document = result(**changes)
    for prefix in ("BLOCKED", "CERTIFICATE", "PACT", "PRODUCT_FACTOR", "NO_WORDS_OF_ITS_OWN"):
        with pytest.raises(kind) as caught:
            refuse_blocked(document, prefix)
        assert named in error_text(caught.value, "zh")
        assert named in error_text(caught.value, "en")
    (note,) = blocked_notes(document)
    assert note["zh"]
    assert note["en"]


POSSIBLE = {"rule": "PCF-POSSIBLE-001"}
IMPOSSIBLE = {
    "possible": {
        **POSSIBLE,
        "violations": [{"code": "POSSIBLE_NEGATIVE", "params": {"total": "-1"}}],
    }
}
OPEN = {
    "closure": {
        **CLOSURE,
        "closed": False,
        "reasons": [{"code": "CLOSURE_OPEN", "params": {"flow": "billet"}}],
    }
}
NOT_METERED = {
    "closure": {
        **CLOSURE,
        "closed": False,
        "reasons": [{"code": "CLOSURE_NOT_AS_METERED", "params": {}}],
    }
}


@pytest.mark.parametrize("changes", [MISSING, UNUSED, IMPOSSIBLE, OPEN])
def test_what_no_certificate_may_say_no_figure_may_show(changes: dict[str, Any]) -> None:
    document = result(**changes)
    with pytest.raises(FootprintError):
        require_showable(document)
    for standard in STANDARDS:
        with pytest.raises(FootprintError):
            view_of(document, standard)


def test_an_estimate_and_another_plant_may_be_shown_marked() -> None:
    for document in (result(**ESTIMATE), result(**NOT_METERED)):
        require_showable(document)
        with pytest.raises(Incomplete):
            refuse_blocked(document)


def test_an_estimate_may_be_compared_and_what_leaves_data_out_may_not() -> None:
    refuse_blocked(result(**ESTIMATE), estimates=True)
    for changes in (MISSING, UNUSED):
        with pytest.raises(FootprintError, match="BLOCKED_"):
            value_of_document(result(**changes))
