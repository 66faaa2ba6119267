"""Metal that stocktaking took away or found: bought metal that is not there, or the reverse.

An adjustment of metal is a loss or a gain of the site's metal. Above the tolerance of the site's
balance it is an error; below, it is explained, and the account of a result can carry it. Losses of
one material do not cancel gains of another. Rule: AL-BAL-005.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.faults import Findings, Label, flow_label, list_label
from factor_db.ledger.form.vocabulary import METAL_CATEGORIES, is_metal, vocabulary
from factor_db.ledger.months.balance_reports import percent, rounded_t
from factor_db.ledger.months.balance_terms import SITE_TOLERANCE
from factor_db.ledger.months.month_index import ZERO, MonthIndex
from factor_db.ledger.stock.movements import Stock


@dataclass(frozen=True, slots=True)
class MetalAdjustment:
    """What stocktaking changed of one metal over the period, t: below 0 it is missing.

    `cells` are the cells of the adjustments, `sheet!G5`.
    """

    flow: str
    tonnes: Decimal
    cells: tuple[str, ...]


def metal_adjustments(stock: Stock) -> tuple[MetalAdjustment, ...]:
    """Return the net adjustment of every metal on a stock sheet that has one, by flow."""
    found = []
    for flow, entries in sorted(stock.entries.items()):
        touched = [item for item in entries if item.amounts["adjustment"]]
        if is_metal(flow) and touched:
            net = sum((item.amounts["adjustment"] for item in touched), ZERO)
            cells = tuple(f"{item.sheet}!{item.cells['adjustment']}" for item in touched)
            found.append(MetalAdjustment(flow, net, cells))
    return tuple(found)


def check_adjustments(stock: Stock, month_index: MonthIndex, findings: Findings) -> None:
    """Record when stocktaking moved more metal than the site's balance may leave open.

    Silent where the metal that the site took in cannot be trusted.
    """
    adjusted = [item for item in metal_adjustments(stock) if stock.trusts(item.flow)]
    keys = _bought(month_index)
    if not adjusted or not month_index.trusts(*keys):
        return
    moved = sum((abs(item.tonnes) for item in adjusted), ZERO)
    bought = sum((month_index.total(*key) for key in keys), ZERO)
    if moved <= EXACT.multiply(SITE_TOLERANCE, bought):
        return
    largest = max(adjusted, key=lambda item: (abs(item.tonnes), item.flow))
    sheet, _, cell = largest.cells[0].rpartition("!")
    labels = [flow_label(item.flow) for item in adjusted]
    zh, en = (
        list_label(label.zh for label in labels).zh,
        list_label(label.en for label in labels).en,
    )
    findings.error(
        "LEDGER_STOCK_ADJUSTMENT_LARGE",
        sheet,
        cell,
        rounded_t(largest.tonnes),
        materials=Label(zh, en),
        moved=rounded_t(moved),
        bought=rounded_t(bought),
        share=percent(EXACT.divide(moved, bought)) if bought else "-",
        tolerance=percent(SITE_TOLERANCE),
        cells=", ".join(cell for item in adjusted for cell in item.cells[:1]),
    )


def _bought(month_index: MonthIndex) -> list[tuple[str, str]]:
    """Return where metal enters that no step of the site makes."""
    made = {vocabulary().processes[process].product for process in month_index.processes}
    made |= {"internal_scrap", "recovered_metal"}
    return [
        key
        for key, rows in month_index.by_key.items()
        if key[1] not in made
        and vocabulary().flows[key[1]].category in METAL_CATEGORIES
        and vocabulary().flows[key[1]].unit == "t"
        and any(row.role == "input" for row in rows)
    ]
