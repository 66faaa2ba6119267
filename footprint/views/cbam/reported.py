"""What is reported beside the emissions: scrap by type, alloying elements, electricity apart."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from footprint.views.cbam.inventory import Inventory
from footprint.views.figure import Figures
from footprint.views.wording import DOT, joined
from footprint.words.book import name_words, words
from lca_models.charge import SCRAP_ORIGIN

PRE_CONSUMER = "pre-consumer"


def scrap_figures(inventory: Inventory, figures: Figures) -> None:
    """Add scrap per tonne by type, its sum, its pre-consumer share, and the elements added.

    Adds `scrap.FLOW`, `scrap` and `alloying` in t/t, and `scrap.pre_consumer` as a fraction where
    there is scrap. Every type counts zero emissions. Rules: CBAM-SCRAP-ZERO, CBAM-SCRAP-001.
    """
    kilograms = conversion("t", "kg")
    for flow, tonnes in inventory.scrap().items():
        figures.add(
            f"scrap.{flow}",
            "consumed * kilograms_per_tonne",
            {"consumed": tonnes, "kilograms_per_tonne": kilograms},
            unit="t/t",
            rule="CBAM-SCRAP-ZERO",
            label=joined(DOT, name_words("flow", flow), words("CBAM_MASS")),
        )
    _total(figures, "scrap", inventory.scrap())
    early = [flow for flow in inventory.scrap() if SCRAP_ORIGIN[flow] == PRE_CONSUMER]
    _total(figures, "scrap.early", early)
    if figures["scrap"]:
        figures.add(
            "scrap.pre_consumer",
            "early / scrap",
            {"early": "scrap.early", "scrap": "scrap"},
            unit="1",
            rule="CBAM-SCRAP-001",
            label=words("CBAM_SCRAP_PRE_CONSUMER"),
        )
    added = {f"x{n}": value for n, value in enumerate(inventory.alloying().values(), start=1)}
    figures.add(
        "alloying",
        f"sum({', '.join(added)}) * kilograms_per_tonne",
        {**added, "kilograms_per_tonne": kilograms},
        unit="t/t",
        rule="CBAM-SCRAP-001",
        label=words("CBAM_ALLOYING"),
    )


def _total(figures: Figures, name: str, flows: Iterable[str]) -> None:
    names = [f"scrap.{flow}" for flow in flows]
    figures.total(
        name,
        {f"x{number}": item for number, item in enumerate(names, start=1)},
        unit="t/t",
        rule="CBAM-SCRAP-001",
        label=words("CBAM_SCRAP" if name == "scrap" else "CBAM_SCRAP_EARLY"),
    )


def alloying_is_reported(figures: Figures) -> bool:
    """Tell whether the elements added exceed the threshold of the report (CBAM-SCRAP-001)."""
    return figures["alloying"] > rule("CBAM-SCRAP-001").number("non_aluminium_threshold")


def electricity_figure(inventory: Inventory, figures: Figures) -> Decimal:
    """Add the electricity used by the installation, MWh per tonne: shown apart, never counted.

    Rule: CBAM-ELEC-001.
    """
    return figures.add(
        "electricity",
        "used",
        {"used": inventory.electricity_kwh()},
        unit="MWh/t",
        rule="CBAM-ELEC-001",
        label=words("CBAM_ELECTRICITY"),
    )
