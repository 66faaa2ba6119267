"""The methodological choices a study may take, and the values that are calculated of them."""

from __future__ import annotations

from footprint.study.definition import GWP_SETS, Study
from lca_models.catalogue import available_choices

ALLOCATION, GWP_SET = "allocation", "gwp_set"


METHODOLOGICAL = ("scrap_rule", "electricity_rule", ALLOCATION, "primary_source", GWP_SET)


def offered_values(product: str, choice: str) -> tuple[str, ...]:
    """Return the values of a methodological choice that this version calculates for a product."""
    return GWP_SETS if choice == GWP_SET else available_choices(product)[choice]


def value_taken(study: Study, choice: str) -> str:
    """Return the value a study takes of a methodological choice."""
    return str(study.gwp_set if choice == GWP_SET else getattr(study.choices, choice))
