"""Who supplies a precursor: what the footprint of a supplier may not do in a study.

Pure, like the evaluation it belongs to: whoever recomputes a certificate checks the same. Finding
the factors in a store stands in `supplied.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.product import MadeBy, calculation_of
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.foundation.errors import BadInput
from footprint.study.supplier_shares import Supplier
from lca_models.system.compile import Burden
from lca_models.system.resolve import SUPPLIER, Pin, Where, same_goods

if TYPE_CHECKING:
    from footprint.study.definition import Study

SYMMETRY_RULE, CHAIN_RULE = "PCF-SCRAP-SYMMETRY", "AL-CHAIN-001"
_RULES_THAT_MIX = ("scrap_rule", "electricity_rule")
_ALONE = Decimal(1)


def require_sound_suppliers(study: Study, where: Where, pins: Iterable[Pin]) -> None:
    """Check the pins that suppliers fill.

    Raises BadInput when the study does not name one, when a footprint states another scrap or
    electricity rule than the study (rule PCF-SCRAP-SYMMETRY), or when it is the footprint of the
    very product and period calculated (rule AL-CHAIN-001).
    """
    for pin in pins:
        if pin.level != SUPPLIER:
            continue
        shares = [share for _, share in pin.parts] or [_ALONE]
        refs = [factor.ref for factor in pin.sources]
        taken = tuple(Supplier(*item) for item in zip(refs, shares, strict=True))
        if taken != study.suppliers.get(pin.slot.flow):
            raise BadInput("PIN_MISFIT", slot=pin.slot.key, reason=SUPPLIER)
        for factor in pin.sources:
            _require_same_rules(study, pin, factor)
            made = calculation_of(factor)
            if made and is_own_product(made, study, where):
                raise BadInput(
                    "SUPPLIER_ANCESTRY",
                    flow=pin.slot.flow,
                    chain=f"{asked(study, where)} <- {factor.ref} <- {described(made)}",
                    rule=CHAIN_RULE,
                )


def has_same_rules(study: Study, factor: Factor) -> bool:
    """Tell whether a footprint states no other scrap or electricity rule than a study chooses."""
    stated = ((getattr(factor, name), getattr(study.choices, name)) for name in _RULES_THAT_MIX)
    return all(not theirs or theirs == ours for theirs, ours in stated)


def _require_same_rules(study: Study, pin: Pin, factor: Factor) -> None:
    if factor.owner == REFERENCE_OWNER:  # literature says how it counted, by no rule of a study
        return
    for name in _RULES_THAT_MIX:
        stated, chosen = getattr(factor, name), getattr(study.choices, name)
        if stated and stated != chosen:
            raise BadInput(
                "SUPPLIER_RULES_MIXED",
                flow=pin.slot.flow,
                ref=factor.ref,
                choice=name,
                theirs=stated,
                ours=chosen,
                rule=SYMMETRY_RULE,
            )


def is_own_product(made: MadeBy, study: Study, where: Where) -> bool:
    """Tell whether a calculation is of what the study asks for, in a period that overlaps.

    The same product of an earlier period is no cycle: a year's metal may hold last year's.
    """
    mine = _asked(study, where)
    return made.same_goods(mine) and made.overlaps(mine)


def is_earlier_product(factor: Factor, study: Study, where: Where) -> bool:
    """Tell whether a footprint is that of the study's own product in another period."""
    made = calculation_of(factor)
    return bool(made and made.same_goods(_asked(study, where)))


def _asked(study: Study, where: Where) -> MadeBy:
    period = where.period_start, where.period_end
    return MadeBy("", where.site, study.product, study.product_code, *period)


def asked(study: Study, where: Where) -> str:
    """Return what a study asks for, as people read it in a chain."""
    return described(_asked(study, where))


def described(made: MadeBy) -> str:
    """Return a calculation as people read it: site, product, alloy and period."""
    goods = " ".join(filter(None, (made.site, made.product, made.product_code)))
    return f"{goods} {made.period_start}/{made.period_end}"


def require_own_flow(pins: Mapping[str, Pin], burdens: Iterable[Burden]) -> None:
    """Raise BadInput when a supplier's footprint would burden another flow than its own.

    What a supplier states of its goods says nothing of those of others that a model might count by
    the same slot.
    """
    for burden in burdens:
        pin = pins.get(burden.slot)
        if pin is None or pin.level != SUPPLIER or not any(burden.gases.values()):
            continue
        if pin.slot.flow not in (burden.flow, *same_goods(burden.flow)):
            raise BadInput("SUPPLIER_OTHER_FLOW", flow=pin.slot.flow, other=burden.flow)
