"""The factors a result rests on, by whose they are."""

from __future__ import annotations

from factor_db.factors.record.factor import Factor
from footprint.result.document import ResultDocument
from lca_models.system.resolve import OWN


def used_factors(document: ResultDocument) -> tuple[list[Factor], list[Factor]]:
    """Return the factors a result rests on, own and others, each once; a blend with its parts."""
    levels = {item.slot: item.level for item in document.coverage.resolved}
    own: dict[str, Factor] = {}
    others: dict[str, Factor] = {}
    for pin in document.inputs.pins:
        level = levels.get(pin.slot.key)
        if level is not None:
            into = own if level == OWN else others
            into.update({factor.ref: factor for factor in (pin.factor, *pin.sources)})
    return [own[ref] for ref in sorted(own)], [others[ref] for ref in sorted(others)]


def blends(document: ResultDocument) -> set[str]:
    """Return the references of factors that are several suppliers' blended."""
    return {pin.factor.ref for pin in document.inputs.pins if pin.parts}
