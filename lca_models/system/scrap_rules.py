"""The scrap rules: what scrap bought brings, what scrap sold takes along, what its seller states.

One registry of strategies. Each says everything about its rule, so that no rule can be handled in
one place and forgotten in another; a name the registry has not is refused. Burdens between seller
and buyer are shared, never credited: no row of scrap is negative in the headline.

Rules: PCF-SCRAP-CUTOFF, -PRECONSUMER, -COPRODUCT, -SUBSTITUTION, CBAM-SCRAP-ZERO.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.vocabulary import SOLD_SCRAP
from lca_models.system.formula import ONE, Formula, Slot, total
from lca_models.system.unit_process import Exchange, Input, Link, Part, UnitProcess

SUBSTITUTION = "substitution"
"""Role of an exchange whose emissions stand outside the headline result."""
SERVICE = "service"
"""Role of a link to what serves a step and is no metal of it."""

_STANDS_FOR = "primary_ingot"
_SCRAP_SLOT = "scrap_pre_consumer"
"""Flow in whose slot the seller's figure of any pre-consumer scrap stands, turnings included."""

Exchanges = tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class ScrapRule:
    """One rule, whole: every field has to be given, so a new rule cannot leave a side open.

    `rule` is its id in the register. `burdened` tells whether pre-consumer scrap bought takes the
    seller's figure; `substitutes`, whether scrap also stands outside the headline as the primary
    metal it replaces. `share` divides a step's exchanges between its product and the scrap sold
    (t per t of product), and `carried` are the exchanges behind one tonne of that scrap, out of the
    step as shared: None where scrap sold carries nothing. `as_consumed` tells whether a tonne of
    product still holds all that the site consumed for it, as a CBAM view needs.
    """

    rule: str
    burdened: bool
    substitutes: bool
    share: Callable[[Exchanges, Formula], Exchanges]
    carried: Callable[[UnitProcess], Exchanges] | None
    as_consumed: bool

    def buys(self, flow: str, amount: Formula, *, pre_consumer: bool) -> tuple[Input, ...]:
        """Return scrap bought, t per t; post-consumer scrap is free under every rule."""
        burdened = self.burdened and pre_consumer
        parts = (_footprint(_SCRAP_SLOT),) if burdened else ()
        bought = Input(flow, "t", amount, parts, link="precursor", rule=self.rule)
        return (bought, self._replaced(flow, amount)) if self.substitutes else (bought,)

    def sells(self, amount: Formula) -> tuple[Input, ...]:
        """Return the row of scrap sold, t per t: an amount without a burden of its own."""
        sold = Input(
            SOLD_SCRAP, "t", amount, (), role="co-product", link="precursor", rule=self.rule
        )
        return (sold, self._replaced(SOLD_SCRAP, -amount)) if self.substitutes else (sold,)

    def _replaced(self, flow: str, amount: Formula) -> Input:
        """Return the primary metal that scrap stands for: outside the headline, never in it."""
        parts = (_footprint(_STANDS_FOR),)
        return Input(flow, "t", amount, parts, role=SUBSTITUTION, link="precursor", rule=self.rule)


def scrap_rule(name: str) -> ScrapRule:
    """Return a rule of the registry; raises BadInput (CHOICE_NOT_AVAILABLE) for any other name."""
    try:
        return SCRAP_RULES[name]
    except KeyError:
        known = ", ".join(SCRAP_RULES)
        raise BadInput("CHOICE_NOT_AVAILABLE", choice=f"scrap_rule={name}", known=known) from None


def shared(name: str, exchanges: Exchanges) -> Exchanges:
    """Return a step's exchanges as a rule divides them with the scrap it sells, if it sells any."""
    found = scrap_rule(name)
    sold = [item.amount for item in exchanges if _is_sold(item)]
    return found.share(exchanges, total(*sold)) if sold else exchanges


def scrap_carried(name: str, processes: Iterable[UnitProcess]) -> tuple[UnitProcess, ...]:
    """Return, under the code of each step that may sell scrap, what a tonne of that scrap carries.

    Empty under a rule by which scrap sold carries nothing.
    """
    carried = scrap_rule(name).carried
    if carried is None:
        return ()
    return tuple(
        replace(process, exchanges=carried(process))
        for process in processes
        if any(_is_sold(item) for item in process.exchanges)
    )


def metal_entering(exchanges: Exchanges) -> Exchanges:
    """Return the metal a step takes: of an earlier step, of the pool, or bought semi-finished."""
    return tuple(item for item in exchanges if _is_metal(item))


def _is_metal(item: Exchange) -> bool:
    if isinstance(item, Link):
        return item.role == "input"
    if not isinstance(item, Input):
        return False
    return (item.role, item.link, item.unit) == ("input", "precursor", "t")


def _is_sold(item: Exchange) -> bool:
    return isinstance(item, Input) and item.flow == SOLD_SCRAP and item.role != SUBSTITUTION


def _footprint(flow: str) -> Part:
    return Part("upstream", Slot("", flow, "cradle_to_gate", "kg/t"), "3")


def _unshared(exchanges: Exchanges, _sold: Formula) -> Exchanges:
    return exchanges


def _by_metal_entering(exchanges: Exchanges, sold: Formula) -> Exchanges:
    """Let scrap take its mass of the metal entering; all else of the step stays with the product.

    Each metal input M of the sum W becomes M - sold x M / W. Rule: PCF-SCRAP-PRECONSUMER.
    """
    metal = metal_entering(exchanges)
    if not metal:
        raise ValueError("a step sells scrap and takes no metal")
    whole = total(*(item.amount for item in metal))
    alone = len(metal) == 1

    def kept(item: Exchange) -> Exchange:
        taken = sold if alone else sold * (item.amount / whole)
        return replace(item, amount=item.amount - taken)

    return tuple(kept(item) if _is_metal(item) else item for item in exchanges)


def _metal_of_scrap(process: UnitProcess) -> Exchanges:
    metal = metal_entering(process.exchanges)
    # Sharing kept the proportions of the inputs, so their mix is still that of the metal entering.
    whole = total(*(item.amount for item in metal))
    return tuple(replace(item, amount=item.amount / whole) for item in metal)


def _by_mass_made(exchanges: Exchanges, sold: Formula) -> Exchanges:
    """Let a tonne of product and a tonne of scrap take the same part of all that the step takes.

    Each takes 1 / (1 + sold) of every exchange. Rule: PCF-SCRAP-COPRODUCT.
    """
    share = ONE / (ONE + sold)
    return tuple(
        # The row of what is sold stays what it is: t per t of the product.
        item if _is_sold(item) else replace(item, amount=item.amount * share)
        for item in exchanges
    )


def _all_of_product(process: UnitProcess) -> Exchanges:
    return tuple(item for item in process.exchanges if not _is_sold(item))


SCRAP_RULES: Mapping[str, ScrapRule] = MappingProxyType(
    {
        "cut-off": ScrapRule(
            rule="PCF-SCRAP-CUTOFF",
            burdened=False,
            substitutes=False,
            share=_unshared,
            carried=None,
            as_consumed=True,
        ),
        "pre-consumer-mass": ScrapRule(
            rule="PCF-SCRAP-PRECONSUMER",
            burdened=True,
            substitutes=False,
            share=_by_metal_entering,
            carried=_metal_of_scrap,
            as_consumed=False,
        ),
        "co-product": ScrapRule(
            rule="PCF-SCRAP-COPRODUCT",
            burdened=True,
            substitutes=False,
            share=_by_mass_made,
            carried=_all_of_product,
            as_consumed=False,
        ),
        "substitution": ScrapRule(
            rule="PCF-SCRAP-SUBSTITUTION",
            burdened=False,
            substitutes=True,
            share=_unshared,
            carried=None,
            as_consumed=True,
        ),
        "cbam-zero": ScrapRule(
            rule="CBAM-SCRAP-ZERO",
            burdened=False,
            substitutes=False,
            share=_unshared,
            carried=None,
            as_consumed=True,
        ),
    }
)
"""Scrap rule a study may choose → all there is to it, in the order shown to people."""
