"""What all parts of the report share: the document, its figures and its weighed rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.rules import rule
from footprint.result.document import ResultDocument
from footprint.views.contributions import Row, unit_of
from footprint.views.figure import Figures, Words

SHARE_RULE = "ISO-RESULT-005"
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Parts:
    """A calculation document on its way to a report."""

    document: ResultDocument
    figures: Figures
    rows: tuple[Row, ...]
    gwp_set: str

    @property
    def unit(self) -> str:
        """The unit of every kg CO2e of the report."""
        return unit_of(self.document)

    @property
    def rebased(self) -> bool:
        """Whether the report weighs gases by another set than the calculation did."""
        return self.document.gwp_set != self.gwp_set

    def stated(self, name: str, value: Decimal, unit: str, rule_id: str, label: Words) -> Decimal:
        """Keep a number the calculation states as a figure of the report, and return it."""
        inputs: dict[str, Decimal | str] = {"stated": value}
        return self.figures.add(name, "stated", inputs, unit=unit, rule=rule_id, label=label)

    def share(self, name: str, label: Words, *, whole: str = TOTAL) -> Decimal | None:
        """Add a figure's percentage of another one and return it; None where that one is zero."""
        if not self.figures[whole]:
            return None
        inputs: dict[str, Decimal | str] = {"part": name, "whole": whole, "percent": hundred()}
        formula = "part / whole * percent"
        return self.figures.add(
            f"{name}.share", formula, inputs, unit="%", rule=SHARE_RULE, label=label
        )


def hundred() -> Decimal:
    """Return the per cent of one."""
    return rule(SHARE_RULE).number("percent")
