"""What a calculated product may be sold as: the goods its last step makes, and no other.

Recycled ingot is no primary ingot, whatever a buyer's slot would take. Asked where a seller makes
a factor of a result, and again of a factor that a buyer's study names. Rule: PCF-GOODS-001.
"""

from __future__ import annotations

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.product import calculation_of
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.vocabulary import vocabulary
from lca_models.catalogue import PRODUCTS, final_process
from lca_models.system.resolve import same_goods

GOODS_RULE = "PCF-GOODS-001"


def sold_as(product: str) -> tuple[str, ...]:
    """Return the flows that a calculated product may fill, its own first; none for no product."""
    if product not in PRODUCTS:
        return ()
    own = vocabulary().processes[final_process(product)].product
    others = set(same_goods(own))
    others |= {flow for flow in vocabulary().flows if own in same_goods(flow)}
    return (own, *sorted(others - {own}))


def require_sold_as(product: str, flow: str) -> None:
    """Raise BadInput when goods of a flow are not what a calculated product is."""
    known = sold_as(product)
    if flow not in known:
        raise BadInput(
            "PRODUCT_FACTOR_OTHER_GOODS",
            flow=flow,
            product=product,
            known=", ".join(known) or "-",
            rule=GOODS_RULE,
        )


def other_goods(factor: Factor, flow: str) -> str:
    """Return what a calculated factor is of where that is not the flow's goods, or nothing."""
    made = calculation_of(factor)
    if made is None:
        return ""
    known = sold_as(made.product)
    fits = factor.flow in known and flow in known
    return "" if fits else f"{made.product} ({', '.join(known) or '-'})"
