"""The question of the Calculate page; it stands whole in the address, so a link repeats it.

The same address may name moves of the What-if tab: factor and percent, `what_if=REF:10,REF:-5`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

from factor_db.foundation.errors import BadInput
from footprint.study.definition import GWP_SETS, Study, default_study
from footprint.study.supplier_shares import suppliers_of
from lca_models.catalogue import available_choices, completed_choices

SAMPLES = (0, 1000, 5000)
MOVES, SUPPLIERS = "what_if", "suppliers"
_PERCENT = re.compile(r"[+-]?[0-9]{1,3}")
CHOICES = ("scrap_rule", "electricity_rule", "primary_source", "surface")


@dataclass(frozen=True, slots=True)
class Request:
    """Product, site, the choices by name, and how many samples; hashable, so it keys the cache.

    `suppliers` are bought goods with the product factor of whoever supplies them all.
    """

    product: str
    site: str
    choices: tuple[tuple[str, str], ...] = ()
    samples: int = 0
    suppliers: tuple[tuple[str, str], ...] = ()

    def study(self) -> Study:
        """Return the study; raises BadInput for an unknown product, choice or GWP set.

        A choice left as shipped leaves the study as shipped: the same hash as the command line.
        """
        study = replace(default_study(self.product), site=self.site)
        for choice, value in self.choices:
            if value != shipped_choice(self.product, choice):
                study = study.changed(choice, value)
        return replace(study, suppliers=suppliers_of(dict(self.suppliers)))

    def to_address(self) -> dict[str, str]:
        """Return the request as parameters of an address."""
        content = asdict(self)
        choices = dict(content.pop("choices"))
        named = ",".join(f"{flow}={ref}" for flow, ref in content.pop("suppliers"))
        suppliers = {SUPPLIERS: named} if named else {}
        return {key: str(value) for key, value in {**content, **choices, **suppliers}.items()}


def offered_in_address(product: str, sites: Collection[str]) -> dict[str, Collection[str]]:
    """Return parameter → the values an address may have for it, apart from product and moves."""
    return {"site": sites, **offered_choices(product), "samples": tuple(map(str, SAMPLES))}


def read_suppliers(text: str) -> tuple[tuple[str, str], ...]:
    """Return bought goods with the factor of whoever supplies them, as an address names them."""
    named = (item.partition("=") for item in text.split(",") if item)
    return tuple((flow, ref) for flow, _, ref in named)


def offered_choices(product: str) -> dict[str, tuple[str, ...]]:
    """Return choice → values a reader may choose from; a choice with one value is not offered."""
    available = available_choices(product)
    offered = {name: available[name] for name in CHOICES if len(available[name]) > 1}
    return {"gwp_set": GWP_SETS, **offered}


def shipped_choice(product: str, choice: str) -> str:
    """Return the value that the shipped study of a product takes."""
    study = default_study(product)
    taken = completed_choices(product, study.choices)
    return study.gwp_set if choice == "gwp_set" else str(getattr(taken, choice))


def moves_text(moves: Mapping[str, int]) -> str:
    """Return moved factors as an address names them; empty without any."""
    return ",".join(f"{ref}:{percent}" for ref, percent in moves.items())


def read_moves(text: str) -> dict[str, int]:
    """Return factor → percent of an address; raises BadInput (UI_ADDRESS_VALUE)."""
    moves: dict[str, int] = {}
    for item in filter(None, text.split(",")):
        ref, _, percent = item.rpartition(":")
        if not ref or ref in moves or not _PERCENT.fullmatch(percent):
            raise BadInput("UI_ADDRESS_VALUE", name=MOVES, value=text, known="REF:10,REF:-5")
        moves[ref] = int(percent)
    return moves
