"""The route of a site's dross, read from its own data where a study leaves it open.

A site whose ledger reports a rotary furnace treats its dross there; one that reports a cast house
and no furnace hands it over. Rules: PCF-ROUTE-001, AL-DROSS-001.
"""

from __future__ import annotations

from collections.abc import Iterable

from factor_db.factors.record.factor import Factor
from footprint.study.definition import Study
from lca_models.casthouse import RECOVERY
from lca_models.catalogue import available_choices
from lca_models.system.resolve import Where

ROUTE, HERE, ELSEWHERE = "dross_route", "recovered", "treated"
_CAST_HOUSE = "melting"


def with_own_dross_route(study: Study, where: Where, own: Iterable[Factor]) -> Study:
    """Return a study with the dross route that the site's ledger shows, where it names none.

    What a product's empty choice stands for already is left unsaid, so that such a study keeps its
    record.
    """
    offered = available_choices(study.product)[ROUTE]
    if study.choices.dross_route or HERE not in offered:
        return study
    period = (where.period_start, where.period_end)
    runs = {
        factor.process
        for factor in own
        if factor.kind == "inventory" and (factor.period_start, factor.period_end) == period
    }
    if _CAST_HOUSE not in runs:
        return study
    route = HERE if RECOVERY in runs else ELSEWHERE
    return study if route == offered[0] else study.changed(ROUTE, route)
