"""The choices a result rests on, as it was solved: which the model read, and what each came to.

A document says of a choice what this module finds in the result, never what the study wished: the
allocation is that of the pinned factors, and a choice the model never read is not spoken of.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from footprint.choices.told import ALLOCATION, JOINT, ORDER, SMELTER, SUBDIVISION
from footprint.result.choices import Allocated, Alternative, Instrument, ResultChoices
from footprint.solving.evaluate import Nominal
from footprint.study.carried_model import CarriedModel, model_of
from lca_models.system.resolve import Pin

_SMELTING = "electrolysis"


def choices_of(
    nominal: Nominal,
    model: CarriedModel | None = None,
    *,
    alternatives: Iterable[Alternative] = (),
    instruments: Iterable[Instrument] = (),
) -> ResultChoices:
    """Return the choices of a result: value by choice, `read` and, where shared out, `allocated`.

    An empty choice has the value it stands for in this product; `allocation` is derived from the
    pinned factors (rule DER-ALLOC-002), and `allocated` lists process, method and the product's
    share. `read` names the choices the solved model depends on, in the order of documents.
    `model` is the one a document carries; without it today's.
    """
    model = model or model_of(nominal.study)
    method, allocated = allocation_of(nominal.pins)
    runs = {row.process for row in nominal.flows if row.role == "product" and row.amount}
    return ResultChoices.model_validate(
        {
            **model.choices,
            ALLOCATION: method,
            "read": tuple(_read(model, runs)),
            "allocated": allocated,
            "alternatives": tuple(alternatives),
            "instruments": tuple(instruments),
        }
    )


def allocation_of(pins: Iterable[Pin]) -> tuple[str, tuple[Allocated, ...]]:
    """Return how the pinned factors were shared out, and the share of the product by process.

    The method is `subdivision` where no factor that counts was shared out; several methods stand
    together, joined by a plus sign.
    """
    found: dict[tuple[str, str], Decimal] = {}
    for pin in pins:
        made = pin.factor.derivation
        if made is not None and made.allocation is not None and pin.factor.amounts.get("value"):
            found[pin.slot.process, made.allocation.method] = made.allocation.share
    methods = sorted({method for _, method in found})
    lines = tuple(
        Allocated(process=process, method=method, share=share)
        for (process, method), share in sorted(found.items())
    )
    return JOINT.join(methods) or SUBDIVISION, lines


def _read(model: CarriedModel, runs: set[str]) -> Iterable[str]:
    """Yield the choices that could have changed the result.

    A model read a choice when another value gives another product system; the smelter's choices
    speak only where metal of the modelled chain was taken.
    """
    depends = model.depends
    for name in ORDER:
        if name == ALLOCATION or (name in depends and (name not in SMELTER or _SMELTING in runs)):
            yield name
