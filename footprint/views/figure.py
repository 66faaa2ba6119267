"""What a view is made of: figures that anyone can replay, tables of cells, and notes.

A view is a pure function `view(document, **options) -> View` over the calculation document. Its
figures come in the order of calculation, so each stands on numbers and on earlier figures alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from factor_db.foundation.rules import rule as registered
from factor_db.foundation.written_formula import evaluate_named, names_in

Words = Mapping[str, str]
Cell = Words | str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its exact value, the rule it follows, and the formula over named inputs.

    An input is a number, or the name of an earlier figure of the same view. `label` says in
    `{zh, en}` what the figure is; without one its name does.
    """

    name: str
    value: Decimal
    unit: str
    rule: str
    formula: str
    inputs: Mapping[str, Decimal | str]
    label: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a view: rows of cells, each words or a text; `rule` is what asks for it.

    `columns` are the headings; a table without headings is a list of facts. The last `figures`
    columns hold numbers; `widths` weighs the others in print, without it their content does.
    `covers` are further rules that the table answers; `intro` and `notes` are paragraphs before and
    after.
    """

    code: str
    title: Words
    rule: str
    columns: tuple[Words, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    figures: int = 0
    intro: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()
    covers: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A result as a standard looks at it; `illustrative` is marked wherever it is shown.

    `data_until` is the last day of the calculation's period (ISO date), which dates a print;
    `headline` is the result in one line, shown before everything else. `record` is the file that
    the standard itself prescribes, where it does: it is then the view's JSON.
    """

    standard: str
    title: Words
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    notes: tuple[Words, ...] = ()
    illustrative: bool = False
    data_until: str = ""
    headline: Words = field(default_factory=dict)
    record: Mapping[str, Any] | None = None

    def figure(self, name: str) -> Figure:
        """Return a figure by its name; raises KeyError for an unknown one."""
        return {found.name: found for found in self.figures}[name]


class Figures:
    """The figures of a view while it is made: each is evaluated from its own formula."""

    def __init__(self) -> None:
        self._figures: dict[str, Figure] = {}

    def add(
        self,
        name: str,
        formula: str,
        inputs: Mapping[str, Decimal | str],
        *,
        unit: str,
        rule: str,
        label: Words | None = None,
    ) -> Decimal:
        """Evaluate a formula, keep it as a figure and return its value.

        A text among the inputs names an earlier figure. Raises BadInput for an unknown rule,
        ValueError for a name used twice or inputs that are not those of the formula, KeyError for
        an unknown figure, ArithmeticError where the formula divides by zero.
        """
        registered(rule)
        if name in self._figures:
            raise ValueError(f"figure {name} is there already")
        if names_in(formula) != set(inputs):
            raise ValueError(f"figure {name}: {formula} does not stand on {sorted(inputs)}")
        values = {
            key: self._figures[item].value if isinstance(item, str) else item
            for key, item in inputs.items()
        }
        value = evaluate_named(formula, values)
        self._figures[name] = Figure(name, value, unit, rule, formula, dict(inputs), label or {})
        return value

    def total(
        self,
        name: str,
        inputs: Mapping[str, Decimal | str],
        *,
        unit: str,
        rule: str,
        label: Words | None = None,
    ) -> Decimal:
        """Add the sum of all inputs as a figure and return it; of none it is 0."""
        formula = f"sum({', '.join(inputs)})"
        return self.add(name, formula, inputs, unit=unit, rule=rule, label=label)

    def __getitem__(self, name: str) -> Decimal:
        return self._figures[name].value

    def value(self, name: str) -> Decimal | None:
        """Return a figure's value, or None where there is no such figure."""
        return self._figures[name].value if name in self._figures else None

    def __contains__(self, name: str) -> bool:
        return name in self._figures

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._figures.values())
