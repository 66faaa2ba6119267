"""What scrap sold by steps of several product codes takes along: each code's scrap its own metal.

Under a rule that shares burdens with scrap sold, a tonne of a code's scrap takes what a tonne of
that code's metal carries, where the step as a whole gives it the mean. The difference belongs on
the line of what sold scrap takes away; without it plants whose codes differ would stay open.
Rules: PCF-SCRAP-PRECONSUMER, PCF-SCRAP-COPRODUCT.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.vocabulary import SOLD_SCRAP
from footprint.account.sharing import SCRAP_BY_STEP, scrap_takes_burdens
from footprint.account.site_ledger import ZERO, SiteLedger, codes_of, tonnes, total
from footprint.closure.systems import SiteProduct, compiled_of
from footprint.solving.evaluate import Nominal
from lca_models.system.amounts import with_unstated
from lca_models.system.compile import DECIMAL_ARITHMETIC
from lca_models.system.scrap_rules import metal_entering
from lca_models.system.slots import inventory
from lca_models.system.unit_process import Link


def taken_beyond_mean(ledger: SiteLedger, product: SiteProduct, scrap_rule: str) -> Decimal:
    """Return kg CO2e that the codes' scrap takes beyond what the step's mean would give it."""
    if not scrap_takes_burdens(scrap_rule):
        return ZERO
    steps = [
        process
        for process in product.compiled.processes
        if len(codes_of(ledger.rows_of(process, role="product"))) > 1
    ]
    coded = {product_key(item.study.product_code): item for item in product.coded}
    with localcontext(EXACT):
        by_code = sum((_taken(ledger, item, steps, key) for key, item in coded.items()), ZERO)
        return by_code - _taken(ledger, product.nominal, steps, None)


def _taken(ledger: SiteLedger, nominal: Nominal, steps: list[str], key: str | None) -> Decimal:
    """Return what scrap sold in some steps takes of a code's result, or of all (None)."""
    item = SiteProduct(nominal, compiled_of(nominal))
    found = ZERO
    for process in steps:
        made = ledger.rows_of(process, role="product")
        output = tonnes(row for row in made if key in (None, product_key(row.product)))
        sold = nominal.amounts().get(inventory(process, SOLD_SCRAP).key, ZERO)
        if output and sold and process in item.compiled.processes:
            found += output * sold * kg_per_t_of_scrap(item, process)
    return found


def kg_per_t_of_scrap(item: SiteProduct, process: str) -> Decimal:
    """Return kg CO2e that a tonne of scrap sold takes: of the metal entering, or of the step."""
    if item.nominal.study.choices.scrap_rule == SCRAP_BY_STEP:
        return item.kg_co2e_per_t[process]
    return kg_per_t_entering(item, process) or ZERO


def made_of_code(ledger: SiteLedger, nominal: Nominal, code: str) -> Decimal:
    """Return the t made of a code by the last step of a result; of all codes for none."""
    made = ledger.rows_of(nominal.system.final, role="product")
    return total(row for row in made if not code or product_key(row.product) == code)


def kg_per_t_entering(item: SiteProduct, process: str) -> Decimal | None:
    """Return kg CO2e that a tonne of the metal entering a step carries; None where none enters."""
    exchanges = item.system.process(process).exchanges
    place = item.compiled.processes.index(process)
    values = with_unstated(item.system, item.nominal.amounts(), DECIMAL_ARITHMETIC)
    metal = metal_entering(exchanges)
    tonnes_in = sum((entry.amount.evaluate(values, DECIMAL_ARITHMETIC) for entry in metal), ZERO)
    kg = ZERO
    for entry in metal:
        if isinstance(entry, Link):
            taken = entry.amount.evaluate(values, DECIMAL_ARITHMETIC)
            kg += taken * item.kg_co2e_per_t[entry.process]
    bought = {index for index, entry in enumerate(exchanges) if entry in metal}
    for burden, (index, per_t) in zip(item.compiled.burdens, item.direct_kg_co2e(), strict=True):
        if index == place and burden.exchange_index in bought:
            kg += per_t
    return kg / tonnes_in if tonnes_in else None
