"""Which readings a product refuses because no model of it reads them: asked of the refusal itself.

A site that reports a unit of everything is held against each product under its default choices, by
the very function that bars a result (rule PCF-UNUSED-001).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from factor_db.factors.record.factor import Factor, Source
from factor_db.ledger.form.vocabulary import SOLD_SCRAP, vocabulary
from footprint.study.unused import unused_field_data
from lca_models.catalogue import PRODUCTS, product_system
from lca_models.system.resolve import Where
from lca_models.system.unit_process import Choices

Key = tuple[str, str]
_WHERE = Where("S", "CN-CQ", "2025-01-01", "2025-12-31")


@cache
def unread() -> Mapping[Key, tuple[tuple[str, bool], ...]]:
    """Return pair → products through its process that do not ask for it, and whether they refuse.

    Default choices only: what another choice asks for is unread without it.
    """
    found: dict[Key, list[tuple[str, bool]]] = defaultdict(list)
    for product in PRODUCTS:
        system = product_system(product, Choices())
        asked = {slot.key for slot in system.amount_slots()}
        reached = {process.code for process in system.processes}
        site = [reading(*key) for key in vocabulary().process_flows if key[0] in reached]
        site += [reading(code, SOLD_SCRAP) for code in reached if not _sells(code)]
        refused = {item.id for item in unused_field_data(site, _WHERE, system, asked)}
        for factor in site:
            if factor.slot_key not in asked:
                found[factor.process, factor.flow].append((product, factor.id in refused))
    return {key: tuple(products) for key, products in found.items()}


def _sells(process: str) -> bool:
    return (process, SOLD_SCRAP) in vocabulary().process_flows


def reading(process: str, flow: str) -> Factor:
    """Return a site's own reading of a flow, one unit per tonne of its process's product."""
    return Factor(
        id=f"s.{process}.{flow}",
        version=1,
        kind="inventory",
        name_zh=flow,
        name_en=flow,
        process=process,
        flow=flow,
        quantity="inventory",
        unit=f"{vocabulary().flows[flow].unit}/t",
        amounts={"value": Decimal(1)},
        geography=_WHERE.region,
        data_year=2025,
        period_start=_WHERE.period_start,
        period_end=_WHERE.period_end,
        data_type="measured",
        source=Source(citation="a reading of everything"),
        licence="none",
        redistribution="owner",
        confidence="A",
        owner="O",
        site=_WHERE.site,
    )
