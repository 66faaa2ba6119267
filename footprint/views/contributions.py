"""The contribution table of a document under the GWP set of a view, each row a figure.

A row is kg of a gas times its potential, cut as a calculation cuts it, so that under the
calculation's own set every row and every sum is that of the calculation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import decimal_text, exact_sum
from factor_db.foundation.errors import BadInput
from footprint.result.document import ResultDocument
from footprint.result.rows import Contribution
from footprint.solving.evaluate import ROW_QUANTUM
from footprint.views.figure import Figures, Words
from footprint.views.wording import DOT, GAS_CO2E, gas_name, joined
from footprint.words.book import name_words

GWP_RULE, NOT_REBASED_RULE = "PCF-GWP-001", "PCF-GWP-002"
BIOGENIC, CO2_BIOGENIC = "biogenic", "co2_biogenic"
POWER = "electricity"
_NO_IDENTIFIER = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True, slots=True)
class Row(Contribution):
    """A contribution, its kg CO2e by the view's GWP set.

    `figure` is the name of its figure, `identifier` the one formulas know it by.
    """

    figure: str
    identifier: str

    @property
    def of_electricity(self) -> bool:
        """Whether the row is of power, whatever it was made from."""
        return self.flow.startswith(POWER)


def unit_of(document: ResultDocument) -> str:
    """Return the unit of a result: kg CO2e per declared unit."""
    declared = document.declared_unit
    per = (
        declared.unit
        if declared.amount == 1
        else f"{decimal_text(declared.amount)} {declared.unit}"
    )
    return f"{document.total.unit}/{per}"


def weighed(figures: Figures, document: ResultDocument, gwp_set: str) -> tuple[Row, ...]:
    """Weigh every row by a GWP set, as figures `row.1` and on, and return them.

    Raises BadInput where the document's rows do not add up to its total or are not what they weigh,
    or for a gas the set does not know.
    """
    total = exact_sum(item.kg_co2e for item in document.contributions)
    if total != document.total.value:
        raise BadInput("VIEW_SUMS", found=total, total=document.total.value)
    potentials = characterisation(gwp_set)
    rows = []
    for number, item in enumerate(document.contributions, start=1):
        if item.gas not in potentials:
            raise BadInput("GAS_UNKNOWN", gas=item.gas, gwp=gwp_set)
        inputs = {"kg_gas": item.kg_gas, "gwp": potentials[item.gas], "quantum": ROW_QUANTUM}
        value = figures.add(
            f"row.{number}",
            "cut(kg_gas * gwp, quantum)",
            inputs,
            unit=unit_of(document),
            rule=NOT_REBASED_RULE if item.gas == GAS_CO2E else GWP_RULE,
            label=_label(item),
        )
        if gwp_set == document.gwp_set and value != item.kg_co2e:
            raise BadInput("VIEW_ROW", row=number, found=value, stated=item.kg_co2e)
        rows.append(_row(item, number, value))
    return tuple(rows)


def _row(item: Contribution, number: int, kg_co2e: Decimal) -> Row:
    name = "_".join([f"r{number}", item.process, item.flow, item.gas])
    identifier = _NO_IDENTIFIER.sub("_", name)
    weighed_anew = {**asdict(item), "kg_co2e": kg_co2e}
    return Row(**weighed_anew, figure=f"row.{number}", identifier=identifier)


def groups(rows: Iterable[Row], column: Literal["process", "stage", "gas"]) -> dict[str, list[Row]]:
    """Return the rows by a column, in the order the codes first appear."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return found


def names(
    rows: Iterable[Row], only: Callable[[Row], bool] = lambda row: True
) -> dict[str, Decimal | str]:
    """Return the inputs of a sum over rows: identifier → figure."""
    return {row.identifier: row.figure for row in rows if only(row)}


def _label(item: Contribution) -> Words:
    process = name_words("process", item.process)
    label = joined(DOT, process, name_words("flow", item.flow), gas_name(item.gas))
    return joined(" ", label, f"[{item.factor}]") if item.factor else label
