"""Sums of a result's rows: exact, or an error; never rounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact

from factor_db.foundation.errors import BadInput
from footprint.result.rows import Contribution

SUMMING = Context(prec=400, traps=[Inexact])


def unrounded_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the exact sum; raises BadInput if it needs more digits than any result has."""
    total = Decimal(0)
    try:
        for value in values:
            total = SUMMING.add(total, value)
    except Inexact:
        raise BadInput("CERTIFICATE_FIELD", field="contributions.kg_co2e") from None
    return total


def sums_by(rows: Iterable[Contribution], name: str) -> dict[str, Decimal]:
    """Sum kg CO2e of contribution rows by one of their text fields, exactly; keys sorted."""
    groups: dict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, name)].append(row.kg_co2e)
    return {code: unrounded_sum(groups[code]) for code in sorted(groups)}
