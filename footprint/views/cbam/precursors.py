"""Precursors: what purchased unwrought aluminium brings in, by origin and by what is known of it.

A precursor takes what its maker states, the default value of its country, or zero where it comes
from the Union or an exempt country; never a cradle-to-gate footprint (rule CBAM-PREC-003).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.messages import code_of
from factor_db.foundation.units import conversion
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.origins import lots_of
from footprint.views.cbam.reference import (
    UNWROUGHT_HEADING,
    Published,
    default_value,
    first_definitive_year,
    mark_up,
    precursor_kinds,
)
from footprint.views.cbam.statement import Lot, Statement
from footprint.views.figure import Figures
from footprint.views.wording import DOT, joined
from footprint.words.book import words

UNIT = "t CO2e/t"


@dataclass(frozen=True, slots=True)
class Used:
    """A lot as it was consumed: its figures of mass and emissions, its route for the benchmark.

    `base` is its specific direct emissions before any mark-up, t CO2e/t.
    """

    lot: Lot
    base: Decimal
    mass: str
    figure: str
    route: str
    default: Published | None

    @property
    def basis(self) -> str:
        """Return stated, default or relieved."""
        return self.lot.basis


def precursor_emissions(
    inventory: Inventory, figures: Figures, statement: Statement
) -> tuple[Used, ...]:
    """Add mass and emissions of every precursor lot, and their sums by basis.

    Adds `precursors.stated` and `precursors.default` (before the mark-up), t CO2e/t. Raises
    BadInput for a lot of metal that is not consumed, Incomplete where no default value ships.
    Rules: CBAM-PREC-001 to -003, CBAM-ORIGIN-001.
    """
    consumed = inventory.consumed()
    strangers = sorted({lot.flow for lot in statement.lots} - set(consumed))
    if strangers:
        known = ", ".join(sorted(consumed)) or "-"
        raise BadInput("CBAM_PRECURSOR_UNUSED", flows=", ".join(strangers), known=known)
    used: list[Used] = []
    for flow, tonnes in sorted(consumed.items()):
        for number, lot in enumerate(lots_of(inventory, statement, flow), start=1):
            used.append(_use(figures, lot, number, tonnes))
    for basis in ("stated", "default"):
        parts = [item.figure for item in used if item.basis == basis]
        figures.total(
            f"precursors.{basis}",
            {f"x{number}": name for number, name in enumerate(parts, start=1)},
            unit=UNIT,
            rule="CBAM-PREC-001",
            label=words(code_of("CBAM_PRECURSORS", basis)),
        )
    return tuple(used)


def _use(figures: Figures, lot: Lot, number: int, tonnes_per_kg: Decimal) -> Used:
    kind = precursor_kinds()[lot.flow]
    mass = f"mass.{lot.flow}.{number}"
    figures.add(
        mass,
        "consumed * share * kilograms_per_tonne",
        {
            "consumed": tonnes_per_kg,
            "share": lot.share,
            "kilograms_per_tonne": conversion("t", "kg"),
        },
        unit="t/t",
        rule="CBAM-PREC-001",
        label=joined(DOT, kind.name, words("CBAM_MASS")),
    )
    name = f"precursor.{lot.flow}.{number}"
    default = None
    if lot.basis == "relieved":
        base, cited = Decimal(0), "CBAM-PREC-002"
    elif lot.direct is not None:
        base, cited = lot.direct, "CBAM-PREC-001"
    else:
        default = default_value(UNWROUGHT_HEADING, lot.country)
        base, cited = default.value, "CBAM-DEFAULT-002"
    figures.add(
        name,
        "mass * specific",
        {"mass": mass, "specific": base},
        unit=UNIT,
        rule=cited,
        label=joined(DOT, kind.name, words(code_of("CBAM_BASIS", lot.basis))),
    )
    route = default.route if default else lot.route or kind.route
    return Used(lot, base, mass, name, route, default)


def specific(figures: Figures, item: Used, year: int) -> str:
    """Add what a tonne of a lot counts in a year, the mark-up included; return the figure's name.

    Mass times this is what the lot adds to the embedded emissions of the year (t CO2e/t). Rules:
    CBAM-PREC-001, CBAM-PREC-002, CBAM-DEFAULT-001.
    """
    name = f"{item.figure}.specific.{year}"
    formula, cited = "base", "CBAM-PREC-002" if item.basis == "relieved" else "CBAM-PREC-001"
    inputs: dict[str, Decimal | str] = {"base": item.base}
    if item.default is not None:
        formula, cited = "base * (1 + mark_up)", "CBAM-DEFAULT-001"
        inputs["mark_up"] = mark_up(year)
    kind = precursor_kinds()[item.lot.flow]
    label = joined(DOT, kind.name, item.lot.country, words("CBAM_SPECIFIC"), str(year))
    figures.add(name, formula, inputs, unit=UNIT, rule=cited, label=label)
    return name


def _mark_up(figures: Figures, year: int) -> None:
    """Add what the mark-up of a year adds to the default values, t CO2e/t (CBAM-DEFAULT-001)."""
    figures.add(
        f"mark_up.{year}",
        "default * mark_up",
        {"default": "precursors.default", "mark_up": mark_up(year)},
        unit=UNIT,
        rule="CBAM-DEFAULT-001",
        label=joined(DOT, words("CBAM_MARK_UP"), str(year)),
    )


def embedded(figures: Figures, name: str, year: int) -> Decimal:
    """Add specific embedded emissions under the mark-up of a year and return them, t CO2e/t.

    Raises Incomplete (CBAM_TRANSITIONAL_DEFAULT) where a default is needed before the definitive
    period, whose default values are others. Rules: CBAM-PREC-001, CBAM-DEFAULT-001, CBAM-YEAR-001.
    """
    parts: dict[str, Decimal | str] = {"direct": "direct", "stated": "precursors.stated"}
    formula = "direct + stated"
    if figures["precursors.default"]:
        if year < first_definitive_year():
            raise Incomplete("CBAM_TRANSITIONAL_DEFAULT", year=year)
        _mark_up(figures, year)
        formula += " + default + mark_up"
        parts |= {"default": "precursors.default", "mark_up": f"mark_up.{year}"}
    label = joined(DOT, words("CBAM_SEE"), str(year))
    return figures.add(name, formula, parts, unit=UNIT, rule="CBAM-PREC-001", label=label)
