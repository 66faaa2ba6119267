"""Why nothing may be declared of a result: one list, asked by certificates, views and comparisons.

System: a small sound result, and copies with what is wrong with each. Order by hand: what is missing goes
before what is left out, and both before an estimate; an estimate may be shown as one, the others not.
"""

from __future__ import annotations

from typing import Any

import pytest
from result_cases import changed, result_of

from factor_db.foundation.errors import BadInput, FootprintError, Incomplete
from factor_db.foundation.messages import error_text
from footprint.comparison.value import value_of_document
from footprint.figures.blocked import blocking_reasons, refuse_blocked, require_showable
from footprint.result.document import ResultDocument, read_result
from footprint.views.registry import STANDARDS, view_of
from footprint.views.wording import blocked_notes

MISSING = {"coverage": {"missing": ["melting/diesel/inventory"]}}
UNUSED = {"unused_field_data": ["site.ageing.gas@1", "site.ageing.steam@1"]}
ESTIMATE = {"estimate": True, "coverage": {"estimated": ["electricity/life_cycle"]}}


def with_parts(parts: dict[str, Any]) -> ResultDocument:
    return changed(result_of("plate", []), **parts)


def names(document: ResultDocument) -> list[str]:
    return [reason.name for reason in blocking_reasons(document)]


def test_a_sound_result_has_no_reason_and_an_older_one_that_is_silent_neither() -> None:
    sound = with_parts({})
    older = sound.record()
    for later in ("unused_field_data", "outside_headline"):
        del older[later]
    del older["coverage"]["not_stated"]
    assert names(sound) == names(read_result(older)) == []
    refuse_blocked(sound)


def test_all_reasons_are_told_the_gravest_first() -> None:
    both = {**ESTIMATE["coverage"], **MISSING["coverage"]}
    everything = with_parts({**UNUSED, **ESTIMATE, "coverage": both})
    assert names(everything) == ["INCOMPLETE", "UNUSED_FIELD_DATA", "ESTIMATE"]
    with pytest.raises(Incomplete, match="CERTIFICATE_INCOMPLETE"):
        refuse_blocked(everything, "CERTIFICATE")


@pytest.mark.parametrize(
    ("parts", "kind", "named"),
    [
        (MISSING, Incomplete, "melting/diesel/inventory"),
        (UNUSED, BadInput, "site.ageing.gas@1, site.ageing.steam@1"),
        (ESTIMATE, Incomplete, "electricity/life_cycle"),
    ],
)
def test_each_reason_names_what_it_is_about_in_both_languages(
    parts: dict[str, Any], kind: type[FootprintError], named: str
) -> None:
    document = with_parts(parts)
    for prefix in ("BLOCKED", "CERTIFICATE", "PACT", "PRODUCT_FACTOR", "NO_WORDS_OF_ITS_OWN"):
        with pytest.raises(kind) as caught:
            refuse_blocked(document, prefix)
        assert named in error_text(caught.value, "zh")
        assert named in error_text(caught.value, "en")
    (note,) = blocked_notes(document)
    assert note["zh"]
    assert note["en"]


NEGATIVE = {"code": "POSSIBLE_NEGATIVE", "params": {"total": "-1"}}
IMPOSSIBLE = {"possible": {"rule": "PCF-POSSIBLE-001", "violations": [NEGATIVE]}}


def closure_open(code: str, **params: str) -> dict[str, Any]:
    reason = {"code": code, "params": params}
    return {"closure": {"rule": "PCF-CLOSURE-001", "closed": False, "reasons": [reason]}}


OPEN = closure_open("CLOSURE_OPEN", flow="billet")
NOT_METERED = closure_open("CLOSURE_NOT_AS_METERED")


@pytest.mark.parametrize("parts", [MISSING, UNUSED, IMPOSSIBLE, OPEN])
def test_what_no_certificate_may_say_no_figure_may_show(parts: dict[str, Any]) -> None:
    document = with_parts(parts)
    with pytest.raises(FootprintError):
        require_showable(document)
    for standard in STANDARDS:
        with pytest.raises(FootprintError):
            view_of(document, standard)


def test_an_estimate_and_another_plant_may_be_shown_marked() -> None:
    for document in map(with_parts, (ESTIMATE, NOT_METERED)):
        require_showable(document)
        with pytest.raises(Incomplete):
            refuse_blocked(document)


def test_an_estimate_may_be_compared_and_what_leaves_data_out_may_not() -> None:
    refuse_blocked(with_parts(ESTIMATE), estimates=True)
    for document in map(with_parts, (MISSING, UNUSED)):
        with pytest.raises(FootprintError, match="BLOCKED_"):
            value_of_document(document)


@pytest.mark.parametrize("strange", [7, "x", {"slot": "y"}])
def test_a_strange_document_is_refused_and_no_traceback(strange: Any) -> None:
    content = with_parts({}).record()
    with pytest.raises(BadInput) as caught:
        read_result({**content, "unused_field_data": strange, "coverage": strange})
    for place in ("unused_field_data", "coverage"):
        assert place in str(caught.value.params["faults"])
