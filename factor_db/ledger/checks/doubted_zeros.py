"""A stated 0, or next to nothing, where something must have been: doubted until it is explained.

Completeness is answered by a number. Where the plant itself says that there was scrap with paint, a
product with powder, or services for everybody, a number near 0 wants a reason beside it: a note or
a document on its row, or an exception. Rules: AL-BAL-007, AL-COAT-001, AL-COAT-002, AL-SERVICE-001.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import INERT, normal_text, vocabulary
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.months.obligations import COATING, SERVICES, charged_rows, is_dirty
from factor_db.ledger.reading.exceptions import says_something

COATING_ZERO, SERVICES_ZERO = "LEDGER_COATING_ZERO", "LEDGER_SERVICES_ZERO"
INERT_UNSHOWN = "LEDGER_INERT_UNSHOWN"
SURFACE_NOT_MADE = "LEDGER_SURFACE_NOT_MADE"
DECOATING: Key = ("scrap_decoating", "organic_coating")
_SURFACES = {
    "powder_coating": (("powder_coating", "coating_powder"), "powder_words"),
    "anodising": (("anodising", "sulphuric_acid"), "anodised_words"),
}
"""Treatment → the flow that no such surface comes without, and the words that name the surface."""


def check_doubted_zeros(month_index: MonthIndex, findings: Findings) -> None:
    """Record coatings, surfaces and services of nothing, or next to nothing."""
    if COATING in month_index.by_key:
        dirty = [row for row in charged_rows(month_index) if is_dirty(month_index, row)]
        _check_coating(month_index, COATING, _dirty_kg(month_index, dirty), findings)
    decoated = month_index.total("scrap_decoating", "prepared_scrap")
    _check_coating(month_index, DECOATING, decoated * 1000, findings)
    _check_inert(month_index, findings)
    _check_surfaces(month_index, findings)
    _check_services(month_index, findings)


def _dirty_kg(month_index: MonthIndex, rows: list[LedgerRow]) -> Decimal:
    """Return kg of scrap with oil or paint; of internal scrap only what coating gave back."""
    own = month_index.total("powder_coating", "internal_scrap")
    others = sum((row.amount_canonical for row in rows if row.flow != "internal_scrap"), ZERO)
    internal = sum((row.amount_canonical for row in rows if row.flow == "internal_scrap"), ZERO)
    return (others + min(own, internal)) * 1000


def _check_coating(
    month_index: MonthIndex, key: Key, scrap_kg: Decimal, findings: Findings
) -> None:
    """Scrap with oil or paint that burns none of it, or less than any such scrap holds."""
    row = month_index.first_row(key)
    least = rule("AL-COAT-001").number("least_share")
    burnt = month_index.total(*key)
    if row is None or not scrap_kg or not month_index.trusts(key) or burnt >= least * scrap_kg:
        return
    findings.warning(
        COATING_ZERO,
        row.sheet,
        row.cells["amount"],
        row.amount,
        explained=_is_said(month_index, key),
        scope=Scope(*key),
        process=process_label(key[0]),
        burnt=decimal_text(burnt),
        scrap=decimal_text(scrap_kg / 1000),
        least=decimal_text(least * 100),
    )


def _check_inert(month_index: MonthIndex, findings: Findings) -> None:
    """Moisture and dirt without an analysis: they stand for mass that would else have burnt."""
    for row in month_index.rows:
        if row.is_property and row.flow.endswith(f".{INERT}") and row.amount_canonical:
            findings.warning(
                INERT_UNSHOWN,
                row.sheet,
                row.cells["amount"],
                row.amount,
                explained=_says(row),
                scope=Scope(row.process, row.flow),
                flow=flow_label(row.flow),
                share=decimal_text(row.amount_canonical * 100),
            )


def _check_surfaces(month_index: MonthIndex, findings: Findings) -> None:
    """A product whose name says painted or anodised, of a plant that used nothing for it."""
    for process, (key, parameter) in _SURFACES.items():
        if month_index.total(*key) or not month_index.trusts(key):
            continue
        words = tuple(normal_text(word) for word in rule("AL-COAT-002").items(parameter))
        if not any(_names(text, words) for text in month_index.product_texts):
            continue
        row = next((row for row in _products(month_index) if _names(row.product, words)), None)
        if row is not None:
            findings.warning(
                SURFACE_NOT_MADE,
                row.sheet,
                row.cells.get("product", row.cells["amount"]),
                row.product,
                explained=_says(row),
                product=row.product,
                process=process_label(process),
                flow=flow_label(key[1]),
            )


def _products(month_index: MonthIndex) -> Iterator[LedgerRow]:
    for row in month_index.rows:
        if row.role == "product" and row.product and row.amount_canonical:
            yield row


def _names(product: str, words: tuple[str, ...]) -> bool:
    text = normal_text(product)
    return any(word in text for word in words)


def _check_services(month_index: MonthIndex, findings: Findings) -> None:
    """A final step that takes no services, or far less or more a tonne than the site's mean."""
    finals = [
        (pair.process, SERVICES)
        for pair in vocabulary().process_flows.values()
        if pair.flow == SERVICES and pair.process != SERVICES and month_index.runs(pair.process)
    ]
    products = {key: month_index.product_key(key[0]) for key in finals}
    if not month_index.trusts(*finals, *products.values()):
        return
    made = {key: month_index.total(*product) for key, product in products.items()}
    whole = sum(made.values(), ZERO)
    taken = sum((month_index.total(*key) for key in finals), ZERO)
    limits = rule("AL-SERVICE-001")
    least, most = limits.number("least_part"), limits.number("most_part")
    for key in finals:
        row = month_index.first_row(key)
        if row is None or not made[key] or not taken:
            continue
        mean = EXACT.divide(EXACT.multiply(taken, made[key]), whole)
        if not least * mean <= month_index.total(*key) <= most * mean:
            findings.warning(
                SERVICES_ZERO,
                row.sheet,
                row.cells["amount"],
                row.amount,
                explained=_is_said(month_index, key),
                scope=Scope(*key),
                process=process_label(key[0]),
                taken=decimal_text(month_index.total(*key)),
                mean=decimal_text(mean.quantize(Decimal(1))),
                least=decimal_text(least * 100),
                most=decimal_text(most * 100),
            )


def _is_said(month_index: MonthIndex, key: Key) -> bool:
    """Tell whether every row of a key has a note, or a document that shows it."""
    rows = month_index.by_key.get(key, ())
    return bool(rows) and all(_says(row) for row in rows)


def _says(row: LedgerRow) -> bool:
    return bool(row.evidence) or says_something(row.note)
