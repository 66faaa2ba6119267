"""The methodological choices of a study, and what the study comes to under other ones.

Methodological is what a standard decides: how scrap, power, co-products, primary metal and gases
are counted. How the product is made (surface, temper, a smelter's power) describes the product and
stays as the study has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from factor_db.foundation.errors import FootprintError, Incomplete
from footprint.solving.evaluate import Nominal, Pinner, Solved, solved, weighed
from footprint.study.definition import Study
from lca_models.system.resolve import Where
from lca_models.system.unit_process import Choices, ProductSystem

COMPLETE: Final = "complete"
INCOMPLETE: Final = "incomplete"
REFUSED: Final = "refused"
Status = Literal["complete", "incomplete", "refused"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A study under some choices: its nominal result, or the error that there is none."""

    nominal: Nominal | None
    error: FootprintError | None = None

    @property
    def status(self) -> Status:
        """Return complete, incomplete (slots are empty) or refused (it cannot be calculated)."""
        if self.error is None:
            return COMPLETE
        return INCOMPLETE if isinstance(self.error, Incomplete) else REFUSED

    @property
    def missing(self) -> tuple[str, ...]:
        """The slots without a factor; empty unless incomplete."""
        if not isinstance(self.error, Incomplete):
            return ()
        slots = str(self.error.params.get("slots", ""))
        return tuple(filter(None, slots.split(", ")))


class Trials:
    """One study under other choices; each factor is looked up and each inventory solved once.

    `systems` gives the product system of choices, or raises why there is none; without it the
    models of today do.
    """

    def __init__(
        self,
        study: Study,
        where: Where,
        pinner: Pinner,
        *,
        systems: Callable[[Choices], ProductSystem] | None = None,
    ) -> None:
        self._study, self._where, self._systems = study, where, systems
        self._pinner: Pinner = cache(pinner)
        self._inventories: dict[Choices, Solved | FootprintError] = {}

    def under(self, changes: Mapping[str, str]) -> Trial:
        """Return the study with some of its methodological choices changed: choice → value."""
        study = self._study
        for choice, value in changes.items():
            study = study.changed(choice, value)
        try:
            return Trial(weighed(study, self._inventory(study)))
        except FootprintError as error:
            return Trial(None, error)

    def _inventory(self, study: Study) -> Solved:
        found = self._inventories.get(study.choices)
        if found is None:
            try:
                system = self._systems(study.choices) if self._systems else None
                found = solved(study, self._where, self._pinner, system=system)
            except FootprintError as error:
                found = error
            self._inventories[study.choices] = found
        if isinstance(found, FootprintError):
            raise found.with_traceback(None)
        return found
