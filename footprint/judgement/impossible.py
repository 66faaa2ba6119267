"""A result that no plant could have, as the error that stands in the place of its total.

Certificates refuse such a result by its document (`footprint.figures.blocked`); where many
results are made and none is a document, a portfolio or a table of choices, it ends here.
Rule PCF-POSSIBLE-001.
"""

from __future__ import annotations

from collections.abc import Iterable

from factor_db.foundation.errors import BadInput
from footprint.closure.systems import compiled_of
from footprint.figures.blocked import impossible_reasons
from footprint.judgement.possible import impossibilities
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal

CODE = "BLOCKED_IMPOSSIBLE"


def impossible(reasons: Iterable[CodedText]) -> BadInput:
    """Return the error that names the reasons, in the words of a blocked result."""
    (found,) = impossible_reasons(reasons)
    return BadInput(CODE, items=", ".join(found.items))


def impossibility(nominal: Nominal) -> BadInput | None:
    """Return why no plant could have a result; None for a possible one."""
    reasons = impossibilities(nominal, compiled_of(nominal))
    return impossible(reasons) if reasons else None
