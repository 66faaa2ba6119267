"""Questions made definite: site, period and release known and every slot's factor at hand.

Studies that differ only in the values they set share a question. It holds all it takes to evaluate
them and pickles, so that neither a worker process nor another machine needs the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput, FootprintError
from footprint.solving.preparation import Prepared, prepare, with_own_anodes
from footprint.study.definition import Study
from footprint.study.own_routes import with_own_dross_route
from footprint.study.unused import require_all_used
from lca_models.catalogue import product_system
from lca_models.system.compile import DECIMAL_ARITHMETIC
from lca_models.system.formula import Slot
from lca_models.system.reach import link_slots, pruned
from lca_models.system.resolve import Pin, Resolver, Where
from lca_models.system.unit_process import ProductSystem

if TYPE_CHECKING:
    from sqlmodel import Session

    from factor_db.factors.release.releases import Release


@dataclass(frozen=True, slots=True)
class Question:
    """A study without values of its own, and the pin of every slot that has one.

    `unclear` holds the slots that several factors fit; they matter only where they are asked for.
    """

    study: Study
    where: Where
    pins: Mapping[str, Pin]
    unclear: Mapping[str, BadInput]

    def with_values(self, overrides: Mapping[str, Decimal]) -> Study:
        """Return the study with the values it sets."""
        return replace(self.study, overrides=dict(overrides))

    def pinner(self, overrides: Mapping[str, Decimal]) -> Callable[[Slot], Pin | None]:
        """Return what fills a slot when these values are set."""
        given = Resolver((), self.where, overrides)

        def pin(slot: Slot) -> Pin | None:
            if slot.key in overrides:
                return given.pin(slot)
            if slot.key in self.unclear:
                raise self.unclear[slot.key].with_traceback(None)
            return self.pins.get(slot.key)

        return pin


Answerable = Question | FootprintError
"""A question, or why nothing that asks it can be calculated."""


def prepare_questions(session: Session, studies: Iterable[Study]) -> tuple[Answerable, ...]:
    """Return each study made definite, or the error that keeps it from being so.

    Sites, periods and releases are looked up once, however many products and choices ask for them.
    """
    releases: dict[str, Release] = {}
    places: dict[tuple[str, ...], Prepared | FootprintError] = {}
    found = []
    for study in studies:
        product = "" if study.site else study.product
        key = (product, study.product_code, study.site, study.period, study.release)
        if key not in places:
            try:
                places[key] = prepare(session, study, releases)
            except FootprintError as error:
                places[key] = error.with_traceback(None)
        found.append(_question(study, places[key]))
    return tuple(found)


def _question(study: Study, place: Prepared | FootprintError) -> Answerable:
    if isinstance(place, FootprintError):
        return place
    known = place.study
    study = with_own_anodes(study, place.where, place.own)
    study = with_own_dross_route(study, place.where, place.own)
    definite = replace(study, site=known.site, period=known.period, release=known.release)
    system = product_system(definite.product, definite.choices)
    pins: dict[str, Pin] = {}
    unclear: dict[str, BadInput] = {}
    for slot in dict.fromkeys((*system.amount_slots(), *system.emission_slots())):
        try:
            pin = place.resolver.pin(slot)
        except BadInput as error:
            unclear[slot.key] = error.with_traceback(None)
            continue
        if pin is not None:
            pins[slot.key] = pin
    try:
        _require_used(place, definite, system, pins)
    except FootprintError as error:
        return error.with_traceback(None)
    return Question(definite, place.where, pins, unclear)


def _require_used(
    place: Prepared, study: Study, full: ProductSystem, pins: Mapping[str, Pin]
) -> None:
    """Refuse a question that leaves out readings of its site. Rule: PCF-UNUSED-001."""
    amounts = [slot for slot in full.amount_slots() if slot.key in pins]
    values = {slot.key: pins[slot.key].value() for slot in amounts}
    system = pruned(full, values, DECIMAL_ARITHMETIC)
    codes = {process.code for process in system.processes}
    asked = {slot.key for slot in (*system.amount_slots(), *link_slots(full, codes))}
    require_all_used(place.own, place.where, system, choices=study.choices, asked=asked)


def inputs_hash(questions: Iterable[Answerable]) -> str:
    """Return the hash of all that the results rest on beside the file: questions and factors."""
    return content_hash("portfolio-inputs", [_record(item) for item in questions])


def _record(item: Answerable) -> dict[str, Any]:
    if isinstance(item, FootprintError):
        return {"error": item.code, "params": {k: str(v) for k, v in item.params.items()}}
    pins = [[key, pin.level, pin.factor.sha256] for key, pin in sorted(item.pins.items())]
    unclear = sorted(item.unclear)
    return {"study": item.study.record(), "pins": pins, "unclear": unclear}
