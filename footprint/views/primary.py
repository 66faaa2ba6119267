"""What the views of primary aluminium share: products they fit, sums of rows per tonne, shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from footprint.result.document import ResultDocument
from footprint.views.contributions import GWP_RULE, Row, names, weighed
from footprint.views.figure import Cell, Figures, Words
from footprint.views.wording import PERCENT_DIGITS, percent, rounded, share_cells, told
from footprint.words.book import words

UNIT = "kg CO2e/t"
TOTAL = "total"
SHARE_RULE = "ISO-RESULT-005"


@dataclass(frozen=True, slots=True)
class PrimaryMetal:
    """A calculation of primary metal on its way to a view per tonne."""

    document: ResultDocument
    figures: Figures
    rows: tuple[Row, ...]
    gwp_set: str

    @classmethod
    def of(
        cls, document: ResultDocument, *, standard: str, rule_id: str, gwp_set: str
    ) -> PrimaryMetal:
        """Weigh a document; raises BadInput (VIEW_PRODUCT) where it is not of primary metal."""
        fitting = rule(rule_id).items("products")
        if document.product not in fitting:
            raise BadInput(
                "VIEW_PRODUCT",
                standard=standard,
                product=document.product,
                known=", ".join(fitting),
            )
        figures = Figures()
        chosen = gwp_set or rule(GWP_RULE).parameters["footprint"]
        metal = cls(document, figures, weighed(figures, document, chosen), chosen)
        metal.add(TOTAL, metal.rows, rule_id, words("VIEW_TOTAL"))
        return metal

    def add(self, name: str, rows: Iterable[Row], rule_id: str, label: Words) -> Decimal:
        """Add the sum of some rows per tonne, and its share of the total."""
        inputs = names(rows)
        value = self.figures.add(
            name,
            f"sum({', '.join(inputs)}) * per_tonne",
            {**inputs, "per_tonne": conversion("t", self.document.declared_unit.unit)},
            unit=UNIT,
            rule=rule_id,
            label=label,
        )
        self.add_share(name, label)
        return value

    def add_share(self, name: str, label: Words) -> None:
        """Add a figure's percentage of the total, unless that is zero."""
        if self.figures[TOTAL]:
            percent_of_one = rule(SHARE_RULE).number("percent")
            self.figures.add(
                f"{name}.share",
                "part / whole * percent",
                {"part": name, "whole": TOTAL, "percent": percent_of_one},
                unit="%",
                rule=SHARE_RULE,
                label=told("VIEW_SHARE_OF", part=label),
            )

    def line(self, name: str, *labels: Cell) -> tuple[Cell, ...]:
        """Return a row of a table: labels, value per tonne, share of the total."""
        share = percent(self.figures.value(f"{name}.share"))
        return *labels, rounded(self.figures[name], PERCENT_DIGITS), share

    def lines(self, items: Mapping[str, Words]) -> list[tuple[Cell, ...]]:
        """Return rows of a table that parts the total: figure → label; their shares make 100 %."""
        shares = share_cells({name: self.figures[name] for name in items}, self.figures[TOTAL])
        return [
            (label, rounded(self.figures[name], PERCENT_DIGITS), shares[name])
            for name, label in items.items()
        ]

    def notes(self) -> tuple[Words, ...]:
        """Say what shares relate to, or that they are undefined, and what was weighed anew."""
        found = [told("VIEW_UNIT_NOTE", unit=UNIT)]
        if not self.figures[TOTAL]:
            found.append(words("VIEW_SHARES_UNDEFINED"))
        if self.gwp_set != self.document.gwp_set:
            own = self.document.gwp_set
            found.append(told("VIEW_REBASED", gwp=self.gwp_set, own=own))
        return tuple(found)

    def per_tonne(self, name: str) -> str:
        """Return a figure with its unit for reading."""
        return f"{rounded(self.figures[name], PERCENT_DIGITS)} {UNIT}"
