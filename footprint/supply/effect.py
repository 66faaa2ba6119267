"""By how much of a result its suppliers may make it too light, each within its own tolerance.

Twenty shares half a point off are a hole together, and so is metal of last year's seller at this
year's figure: what counts is what both do to the product. Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.factors.record.reference import upper_bounds
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule
from factor_db.foundation.units import convert
from factor_db.ledger.form.vocabulary import is_aluminium
from footprint.account.site_ledger import ZERO
from footprint.result.checks import SuppliedDrawn
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.supply.bought_stock import UNNAMED, Drawn
from footprint.supply.delivery import Delivery
from footprint.supply.metal_floor import FLOOR_RULE
from footprint.supply.sellers import Seller, figures_of, is_named
from lca_models.system.resolve import Pin, Resolver

# Below this share of the result a difference is digits.
_SHARE = Decimal("1E-12")
_PRIMARY = "primary_ingot/cradle_to_gate"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read a flow: its sellers, what differs, and what passes, as shares of the result.

    `shares` is by how much the study's shares make it lighter; `drawn` what may be missing of metal
    of before the period that sellers of the period carry, None where it has footprints of its own.
    """

    sellers: tuple[Seller, ...]
    found: tuple[CodedText, ...]
    shares: Decimal
    drawn: SuppliedDrawn | None = None

    @property
    def effect(self) -> Decimal:
        """By how much of the result this may make it another, without signs."""
        return abs(self.shares) + (self.drawn.effect if self.drawn else ZERO)


def lighter_by(
    sellers: Sequence[Seller], deliveries: Iterable[Delivery], default: Callable[[], Decimal]
) -> Decimal:
    """Return kg CO2e per kg by which a study's shares make a flow lighter than its sellers' do.

    Where a seller has several footprints their mean counts; `default` is what sellers without one
    carry.
    """
    groups: dict[str, list[Delivery]] = defaultdict(list)
    published = ZERO
    for item in deliveries:
        if item.published:
            published += item.share
            continue
        name = next((s.name for s in sellers if is_named(s.name, item.names)), UNNAMED)
        groups[name].append(item)
    found = ZERO
    for seller in sellers:
        if items := groups.get(seller.name):
            share = sum((item.share for item in items), ZERO)
            kilograms = sum((item.share * item.kg_co2e for item in items), ZERO)
            found += EXACT.divide((seller.share - share) * kilograms, share)
    left = sum((s.share for s in sellers if s.name not in groups), ZERO)
    return found + (left - published) * default() if left != published else found


def share_of_result(nominal: Nominal, pin: Pin, kg_co2e_per_kg: Decimal) -> Decimal:
    """Return what a difference per kg of a pin's goods is of a result, 0 to 1, to twelve digits.

    Goods of a footprint of 0 leave no row that tells their amount: as much as the product is meant.
    """
    taken, total = figure_taken(nominal, pin), nominal.total
    rows = (row.kg_co2e for row in nominal.contributions if row.factor == pin.factor.ref)
    amount = EXACT.divide(sum(rows, ZERO), taken) if taken else Decimal(1)
    if total <= 0:
        return ZERO
    return EXACT.divide(amount * kg_co2e_per_kg, total).quantize(_SHARE)


def drawn_of(nominal: Nominal, pin: Pin, drawn: Drawn, known: Resolver) -> SuppliedDrawn:
    """Return what metal drawn out of stock may be too light by at what a study takes for it."""
    beyond = drawn.most(figure_taken(nominal, pin), highest_of(nominal, pin, known))
    return SuppliedDrawn(
        share=drawn.share,
        effect=share_of_result(nominal, pin, beyond),
        earlier=drawn.periods,
        cells=drawn.cells,
    )


def averaged(
    nominal: Nominal, pin: Pin, drawn: Drawn, published: Iterable[Delivery], known: Resolver
) -> SuppliedDrawn:
    """Return what metal out of stock, of nobody named, may carry beyond what is published.

    Of several published footprints the highest is the metal's, up to its share.
    """
    bound, left, beyond = highest_of_goods(nominal, pin, known), drawn.share, ZERO
    for item in sorted(published, key=lambda it: -it.kg_co2e):
        share = min(left, item.share)
        left -= share
        beyond += drawn.part(share).beyond_average(item.kg_co2e, bound)
    return SuppliedDrawn(
        share=drawn.share,
        effect=share_of_result(nominal, pin, beyond),
        earlier=drawn.periods,
        cells=drawn.cells,
    )


def figure_taken(nominal: Nominal, pin: Pin) -> Decimal:
    """Return kg CO2e per kg of the goods as a study takes them, blended."""
    (figure,) = figures_of(Pin(pin.slot, pin.factor, pin.level), nominal.study.gwp_set)
    return figure


def highest_of_goods(nominal: Nominal, pin: Pin, known: Resolver) -> Decimal:
    """Return the highest published kg CO2e per kg of goods, as primary metal where they may be.

    Recycled ingot is no primary metal, whoever sold it (AL-PRIMARY-FLOOR lists what is).
    """
    if pin.slot.flow in rule(FLOOR_RULE).items("flows"):
        return highest_of(nominal, pin, known)
    return max(_published(nominal, pin, known), default=ZERO)


def highest_published(pin: Pin) -> str:
    """Return the published footprint of a slot's goods that bounds them, empty where none does."""
    row = upper_bounds().get(pin.slot.key)
    return row["factor"] if row else ""


def highest_of(nominal: Nominal, pin: Pin, known: Resolver) -> Decimal:
    """Return kg CO2e per kg that goods of unknown origin are taken not to exceed: as published.

    Of aluminium it is the highest published primary ingot, as AL-STOCK-003 takes it.
    """
    rows = upper_bounds()
    keys = {pin.slot.key, _PRIMARY} if is_aluminium(pin.slot.flow) else {pin.slot.key}
    found = [rows[key] for key in keys if key in rows]
    bounds = [convert(Decimal(row["value"]), row["unit"], pin.slot.unit) for row in found]
    return max((*bounds, *_published(nominal, pin, known)), default=ZERO)


def _published(nominal: Nominal, pin: Pin, known: Resolver) -> list[Decimal]:
    return [
        figure
        for factor in known.known(pin.slot)
        for figure in figures_of(Pin(pin.slot, factor, pin.level), nominal.study.gwp_set)
    ]
