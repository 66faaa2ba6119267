"""Each product code by its own rows: does a code's result use what the ledger books on it?

Codes that trade figures among themselves leave the sum of a site as it is: a pooled figure in the
place of a code's own moves metal and power from one alloy to another, and no total shows it. So
every amount that the result of a code took at a step of several codes is held against the rows: the
code's own, and its share by mass of those that carry no code of the step. Rules: PCF-CLOSURE-001,
DER-PRODUCT-001.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.units import conversion
from factor_db.ledger.form.vocabulary import SOLD_SCRAP
from factor_db.store.tables import LedgerEntry
from footprint.account.sharing import BY_MASS, allocated
from footprint.account.site_ledger import ZERO, SiteLedger, cells_of, codes_of, tonnes, total
from footprint.closure.systems import SiteProduct
from footprint.solving.evaluate import Nominal
from lca_models.system.amounts import with_unstated
from lca_models.system.compile import DECIMAL_ARITHMETIC
from lca_models.system.formula import Slot
from lca_models.system.resolve import OVERRIDE, Pin
from lca_models.system.unit_process import Link

# Relative differences below this are digits: shares are cut at thirty places.
_LEAST = Decimal("1E-24")
Method = Callable[[str], str]
"""Process → how its co-products were allocated."""


@dataclass(frozen=True, slots=True)
class CodeGap:
    """An amount of a code's result that is not what its rows say: what it is worth in the period.

    `share` is of what the code's product carries in the period.
    """

    flow: str
    process: str
    product: str
    kg_co2e: Decimal
    share: Decimal
    cells: tuple[str, ...]


def code_gaps(ledger: SiteLedger, product: SiteProduct, method: Method) -> Iterator[CodeGap]:
    """Yield where the results of a product's codes part from the rows of the ledger."""
    general = {pin.slot.key: pin.value() for pin in product.nominal.pins if _is_amount(pin)}
    for nominal in product.coded:
        for pin in nominal.pins:
            if _is_amount(pin) and pin.level != OVERRIDE:
                slot, code = pin.slot, nominal.study.product_code
                found = _booked(ledger, slot, code, method)
                # A step that knows no such code serves all of them alike.
                wanted = general.get(slot.key, pin.value()) if found is None else found
                yield from _gap(ledger, product, nominal, pin, wanted)


def _is_amount(pin: Pin) -> bool:
    return bool(pin.slot.process) and pin.slot.quantity == "inventory"


def _gap(
    ledger: SiteLedger, product: SiteProduct, nominal: Nominal, pin: Pin, booked: Decimal
) -> Iterator[CodeGap]:
    slot, code, final = pin.slot, nominal.study.product_code, nominal.system.final
    with localcontext(EXACT):
        gap = pin.value() - booked
        if abs(gap) <= _LEAST * max(abs(booked), abs(pin.value())):
            return
        kg = gap * _made(ledger, slot.process, code) * kg_co2e_per_unit(product, slot)
        carried = _made(ledger, final, code) * nominal.total * conversion("t", "kg")
        share = kg / carried if carried else Decimal(1)
    if kg:
        cells = cells_of(rows_about(ledger, slot))
        yield CodeGap(slot.flow, slot.process, code, kg, share, cells)


def rows_about(ledger: SiteLedger, slot: Slot) -> tuple[LedgerEntry, ...]:
    """Return the rows that an amount of a process is the sum of."""
    if slot.flow == SOLD_SCRAP:
        return ledger.sold_scrap(slot.process)
    return ledger.input_rows(slot.process, slot.flow)


def _booked(ledger: SiteLedger, slot: Slot, code: str, method: Method) -> Decimal | None:
    """Return a code's amount per tonne by the rows; None where the step has not several codes.

    None also where the slot is counted in another unit than the rows, as the primary chain's fuels.
    """
    made = ledger.rows_of(slot.process, role="product")
    codes, key = codes_of(made), product_key(code)
    rows, unit = rows_about(ledger, slot), slot.unit.partition("/")[0]
    if key not in codes or len(codes) < 2 or any(row.unit != unit for row in rows):
        return None
    ours = codes - codes_of(ledger.co_products(slot.process)) - {""}
    own = [row for row in rows if product_key(row.product) == key and key in ours]
    of_codes = [row for row in rows if product_key(row.product) in ours]
    # Scrap is metal and follows the mass of what was made, whatever a co-product is allocated by.
    by = BY_MASS if slot.flow == SOLD_SCRAP else method(slot.process)
    pooled = allocated(ledger, slot.process, rows, by) - total(of_codes)
    output = _made(ledger, slot.process, code)
    return (total(own) + pooled * output / tonnes(made)) / output


def _made(ledger: SiteLedger, process: str, code: str) -> Decimal:
    """Return the tonnes of a code that a step made; of all, where the step knows no such code."""
    rows = ledger.rows_of(process, role="product")
    own = [row for row in rows if product_key(row.product) == product_key(code)]
    return tonnes(own) or tonnes(rows)


def kg_co2e_per_unit(product: SiteProduct, slot: Slot) -> Decimal:
    """Return what a unit of a slot carries in the product as a whole, all its exchanges together.

    An exchange is taken in proportion to the slot, whatever else its formula holds.
    """
    value = product.nominal.amounts().get(slot.key, ZERO)
    if not value or slot.process not in product.compiled.processes:
        return ZERO
    return sum(_kg_of_exchanges(product, slot), ZERO) / value


def _kg_of_exchanges(product: SiteProduct, slot: Slot) -> Iterator[Decimal]:
    place = product.compiled.processes.index(slot.process)
    exchanges = product.system.process(slot.process).exchanges
    about = {i for i, item in enumerate(exchanges) if slot in tuple(item.amount.slots())}
    burdens = zip(product.compiled.burdens, product.direct_kg_co2e(), strict=True)
    for burden, (index, kg) in burdens:
        if index == place and burden.exchange_index in about:
            yield abs(kg)
    amounts = with_unstated(product.system, product.nominal.amounts(), DECIMAL_ARITHMETIC)
    for index in about:
        item = exchanges[index]
        if isinstance(item, Link):
            taken = item.amount.evaluate(amounts, DECIMAL_ARITHMETIC)
            yield abs(taken * product.kg_co2e_per_t[item.process])
