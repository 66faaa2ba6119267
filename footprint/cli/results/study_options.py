"""The options that change a study, checked in one pass: every fault of them is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from factor_db.foundation.errors import BadInput, SeveralFaults

if TYPE_CHECKING:
    from footprint.study.definition import Study
    from footprint.study.hand_values import Known
    from footprint.study.supplier_shares import Supplier
    from lca_models.system.formula import Slot

BRIGHTWAY = "brightway"
ENGINES = ("native", BRIGHTWAY)


class StudyOptions:
    """A study with options taken into it one after the other, and the faults found so far.

    `known` says what is known of a slot, for whoever types a number without its unit.
    """

    def __init__(self, study: Study, known: Callable[[Study, Slot], list[Known]] | None = None):
        self.study = study
        self._known = known
        self.faults: list[BadInput] = []
        self._choices_faulty = False

    def checked(self) -> Study:
        """Return the study; raises the one fault, or SeveralFaults (OPTIONS_FAULTY) with all."""
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults:
            raise SeveralFaults("OPTIONS_FAULTY", self.faults)
        return self.study

    def place(self, *, site: str, period: str, release: str, accept_doubts: bool) -> None:
        """Take where and when; empty texts leave the study's own, doubts once taken stay so."""
        study = self.study
        self.study = replace(
            study,
            site=site or study.site,
            period=period or study.period,
            release=release or study.release,
            accept_doubts=accept_doubts or study.accept_doubts,
        )

    def solve_with(self, engine: str) -> None:
        """Refuse an engine that is none."""
        if engine not in ENGINES:
            self.faults.append(BadInput("ENGINE_UNKNOWN", engine=engine))

    def choose(self, items: Iterable[str]) -> None:
        """Take choices `name=value`, each of which must be one that the product's model offers."""
        from lca_models.catalogue import available_choices

        offered = available_choices(self.study.product)
        before = len(self.faults)
        for item in items:
            with self._noting():
                name, value = _named_choice(item)
                if value not in offered[name]:
                    known = ", ".join(filter(None, offered[name]))
                    raise BadInput("CHOICE_NOT_AVAILABLE", choice=item, known=known)
                self.study = self.study.changed(name, value)
        self._choices_faulty = len(self.faults) > before

    def weigh(self, gwp_set: str) -> None:
        """Take a GWP set; empty leaves the study's own."""
        if gwp_set:
            with self._noting():
                self.study = self.study.changed("gwp_set", gwp_set)

    def assign(self, items: Iterable[str]) -> None:
        """Take values `slot=value unit` of slots that the model asks for; none is below zero."""
        from footprint.study.hand_values import read_value

        known: dict[str, Slot] | None = None
        for item in items:
            with self._noting():
                slot, found, text = item.partition("=")
                if not found or not slot:
                    raise BadInput("ASSIGNMENT", item=item)
                known = self._known_slots() if known is None else known
                if slot not in known:
                    raise BadInput("SLOT_UNKNOWN", slots=slot, product=self.study.product)
                with self._telling(known[slot], text):
                    value = read_value(known[slot], text)
                overrides = {**self.study.overrides, slot: value}
                self.study = replace(self.study, overrides=overrides)

    def buy(self, items: Iterable[str]) -> None:
        """Take suppliers `flow=factor@version[:share]`; those of one flow are judged together."""
        with self._noting():
            named = {**self.study.suppliers, **_suppliers(items)}
            self.study = replace(self.study, suppliers=named)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except BadInput as fault:
            self.faults.append(fault)

    @contextmanager
    def _telling(self, slot: Slot, text: str) -> Iterator[None]:
        """Say of a number without a unit what the site itself takes, where somebody can tell."""
        from footprint.study.hand_values import unit_missing

        try:
            yield
        except BadInput as fault:
            found = self._known(self.study, slot) if self._known else []
            if fault.code != "SET_UNIT_MISSING" or not found:
                raise
            raise unit_missing(slot, text, found) from None

    def _known_slots(self) -> dict[str, Slot]:
        """Return the slots asked for; after a faulty choice those of any choice too.

        A slot of the choice that was meant is no second fault.
        """
        studies = [self.study]
        if self._choices_faulty:
            from lca_models.catalogue import available_choices

            offered = available_choices(self.study.product)
            studies += [
                self.study.changed(name, value)
                for name, values in offered.items()
                for value in values
            ]
        return {slot.key: slot for study in studies for slot in _slots(study)}


def _slots(study: Study) -> Iterable[Slot]:
    from footprint.study.hand_values import slots_by_key

    return slots_by_key(study.product, study.choices).values()


def named_choices(items: Iterable[str]) -> list[tuple[str, str]]:
    """Return (choice, value) pairs; a value that is not calculated is refused with the model."""
    return [_named_choice(item) for item in items]


def _named_choice(item: str) -> tuple[str, str]:
    from lca_models.system.unit_process import Choices

    known = [field.name for field in fields(Choices)]
    name, found, value = item.partition("=")
    if not found or name not in known:
        raise BadInput("CHOICE_UNKNOWN", item=item, known=", ".join(known))
    return name, value


def _suppliers(items: Iterable[str]) -> dict[str, tuple[Supplier, ...]]:
    from footprint.study.supplier_shares import suppliers_of

    named: dict[str, list[dict[str, str]]] = {}
    for item in items:
        flow, _, rest = item.partition("=")
        ref, divided, share = rest.partition(":")
        if not flow or not ref or (divided and not share):
            raise BadInput("SUPPLIER_OPTION", item=item)
        named.setdefault(flow, []).append({"ref": ref, **({"share": share} if share else {})})
    return suppliers_of(named)
