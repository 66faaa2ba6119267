"""Scrap given back may not take more along, to other products, than its metal brought.

Scrap returned to the charge is credited at the footprint of a tonne of external charge (rule
AL-LOOP-001). That is neutral as far as the product takes it back with its own melt. What goes into
the melt of other products has left this one, and if its metal came in with less (bought billet of a
lower footprint) the product sheds what never came in: a sister product of the cast house pays, and
no sum of the site shows it. Rule: PCF-POSSIBLE-001.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.loops import INTERNAL_SCRAP
from footprint.account.possible_terms import RULE
from footprint.account.site_ledger import ZERO, SiteLedger
from footprint.closure.code_scrap import kg_per_t_entering, made_of_code
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.solving.solve import solve_for_one
from lca_models.system.slots import CHARGE_POOL

RETURNED = "POSSIBLE_RETURNED_SCRAP"
# What recovers metal out of dross takes no metal in that a supplier gave a footprint.
_NO_METAL_IN = frozenset({"dross_recovery", CHARGE_POOL})
_DIGITS = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class _Giver:
    """A step that gives scrap back: t per t of the final product, kg CO2e per t of metal in."""

    process: str
    amount: Decimal
    entering: Decimal


@dataclass(frozen=True, slots=True)
class _Loop:
    """A result's metal given back, per t of its product: the steps that shed, and what they shed.

    `sheds` is kg CO2e that scrap takes beyond what its metal brought, `melted` the t of charge that
    the product's own melt took, `credited` what a t of external charge carries.
    """

    givers: tuple[_Giver, ...]
    sheds: Decimal
    melted: Decimal
    credited: Decimal


def returned_above_entering(
    nominal: Nominal, ledger: SiteLedger, products: SiteProducts | None = None
) -> Iterator[CodedText]:
    """Yield the steps whose scrap is credited above the mean of the metal entering, kg/kg.

    None where what the product sheds so on others is a small part of its footprint: what its scrap
    takes beyond its metal, less its melt's part of what all scrap of the site does. `products` are
    those of the site; without them all codes of the product are taken to be as this one.
    """
    own = _loop_of(nominal)
    if own is None or not own.sheds:
        return
    with localcontext(EXACT):
        whole = ledger.made(CHARGE_POOL)
        part = own.melted / whole if whole else ZERO
        shed = own.sheds - part * _shed_by_all(nominal, own, ledger, products)
        footprint = nominal.total * conversion("t", "kg")
        if shed <= rule(RULE).number("returned_tolerance") * abs(footprint):
            return
    for item in own.givers:
        params = {"process": item.process, "flow": INTERNAL_SCRAP}
        params |= {"credited": _text(own.credited), "entering": _text(item.entering)}
        yield CodedText(RETURNED, {**params, "shed": _text(shed)})


def _shed_by_all(
    nominal: Nominal, own: _Loop, ledger: SiteLedger, products: SiteProducts | None
) -> Decimal:
    """Return kg CO2e that scrap of the whole site takes beyond its metal, in the period."""
    if products is None:
        return own.sheds * made_of_code(ledger, nominal, "")
    found = ZERO
    for product in products.found.values():
        coded = {product_key(item.study.product_code): item for item in product.coded}
        codes = {product_key(code) for code in product.codes}
        for code, item in coded.items() if codes else [("", product.nominal)]:
            loop = own if item is nominal else _loop_of(item)
            if loop is not None:
                found += loop.sheds * made_of_code(ledger, item, code)
    return found


def _loop_of(nominal: Nominal) -> _Loop | None:
    """Return what a result's steps give back; None where nothing is charged."""
    compiled = compiled_of(nominal)
    if CHARGE_POOL not in compiled.processes:
        return None
    product = SiteProduct(nominal, compiled)
    runs = solve_for_one(compiled)
    pool = compiled.processes.index(CHARGE_POOL)
    credited = product.kg_co2e_per_t[CHARGE_POOL]
    with localcontext(EXACT):
        above = tuple(item for item in _givers(product, runs) if credited > item.entering)
        sheds = sum((item.amount * (credited - item.entering) for item in above), ZERO)
        melted = sum((t * runs[at] for at, to, t in compiled.links if to == pool and t > 0), ZERO)
    return _Loop(above, sheds, melted, credited)


def _givers(product: SiteProduct, runs: list[Decimal]) -> Iterator[_Giver]:
    """Yield the steps that give metal back to the charge, in the order of the system."""
    compiled = product.compiled
    pool = compiled.processes.index(CHARGE_POOL)
    for place, process in enumerate(compiled.processes):
        links = (t for at, to, t in compiled.links if (at, to) == (place, pool))
        back = sum((-t for t in links if t < 0), ZERO)
        if back and process not in _NO_METAL_IN:
            entering = kg_per_t_entering(product, process)
            if entering is not None:
                yield _Giver(process, back * runs[place], entering)


def _text(kg_per_t: Decimal) -> str:
    return decimal_text((kg_per_t * conversion("kg", "t")).quantize(_DIGITS))
