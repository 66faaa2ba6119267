"""The lab of methodological choices: every combination of them, side by side.

It answers what a standard's author asks: which choice moves the result of a real plant, how far,
and which of them cannot be calculated with the data there is. `effects.py` weighs the choices,
`document.py` writes the answer down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import product

from sqlmodel import Session

from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.errors import BadInput, FootprintError
from footprint.calculation.calculate import site_checks
from footprint.choices.variants import COMPLETE, INCOMPLETE, REFUSED, Trial, Trials
from footprint.figures.blocked import require_showable_site
from footprint.figures.coverage import GAS_CO2E
from footprint.judgement.impossible import impossibility
from footprint.lab.allocation import AllocationAxis, allocation_axis
from footprint.result.checks import SiteChecks
from footprint.solving.preparation import Prepared, prepare
from footprint.study.definition import Study
from footprint.study.offered_choices import (
    ALLOCATION,
    GWP_SET,
    METHODOLOGICAL,
    offered_values,
    value_taken,
)
from lca_models.catalogue import product_system

_ORDER = (COMPLETE, INCOMPLETE, REFUSED)


@dataclass(frozen=True, slots=True)
class Axis:
    """A choice of the lab: its values in fixed order, the study's own, a note's message code."""

    choice: str
    values: tuple[str, ...]
    taken: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One combination: choice → value, and its total in kg CO2e per kg, or why there is none.

    `outside` is what a rule shows beside the total and never in it, such as the metal that
    substitution sets against scrap (burden of what is bought, credit of what is sold), and
    `not_rebased` the part of the total, kg CO2e per kg, that is known only as CO2e and keeps its
    value under every GWP set; `estimate` says that own data was missing and a default stood in.
    """

    choices: Mapping[str, str]
    status: str
    total: Decimal | None
    outside: Decimal
    not_rebased: Decimal
    missing: tuple[str, ...]
    error: FootprintError | None
    estimate: bool
    illustrative: bool
    of_study: bool


@dataclass(frozen=True)
class Lab:
    """Every combination of the axes, exactly once: lowest total first, then what has none.

    `checks` is how the study's own result closes; None where it has none.
    """

    prepared: Prepared
    axes: tuple[Axis, ...]
    rows: tuple[Row, ...]
    checks: SiteChecks | None = None

    @cached_property
    def study_row(self) -> Row:
        """The combination the study itself takes."""
        return next(row for row in self.rows if row.of_study)

    def difference(self, row: Row) -> Decimal | None:
        """Return a row's total less the study's, kg CO2e per kg; None where either is missing."""
        if row.total is None or self.study_row.total is None:
            return None
        return EXACT.subtract(row.total, self.study_row.total)

    def difference_percent(self, row: Row) -> Decimal | None:
        """Return the difference in percent of the study's total."""
        difference, base = self.difference(row), self.study_row.total
        if difference is None or not base:
            return None
        return EXACT.divide(EXACT.multiply(difference, Decimal(100)), base)


def run_lab(session: Session, study: Study, vary: Sequence[str] = ()) -> Lab:
    """Evaluate a study under every combination of its methodological choices.

    `vary` names the choices that enter (default: all); the others stay as the study has them.
    Nothing is stored. Raises BadInput for an unknown product, site, period, release or choice, and
    as `require_showable` for a study whose own result no figure may be shown of; a combination that
    cannot be calculated, or that no plant could have, is a row of the lab, not an error.
    """
    unknown = sorted(set(vary) - set(METHODOLOGICAL))
    if unknown:
        raise BadInput(
            "LAB_CHOICE_UNKNOWN", choice=", ".join(unknown), known=", ".join(METHODOLOGICAL)
        )
    prepared = prepare(session, study)
    sharing = allocation_axis(session, prepared)
    axes = tuple(_axis(prepared.study, choice, sharing, vary) for choice in METHODOLOGICAL)
    _require_known_slots(prepared.study, axes)
    checks = _checks(session, prepared, sharing)
    if checks:
        require_showable_site(checks, "LAB")
    rows = sorted(_rows(prepared, axes, sharing), key=lambda row: _place(row, axes))
    return Lab(prepared, axes, tuple(rows), checks)


def _checks(session: Session, prepared: Prepared, sharing: AllocationAxis) -> SiteChecks | None:
    """Return how the study's own result closes; None where it cannot be calculated.

    Raises Incomplete for readings that are in nobody's result (PCF-UNUSED-001).
    """
    pinner = sharing.pinners[sharing.taken]
    if isinstance(pinner, FootprintError):
        return None
    nominal = Trials(prepared.study, prepared.where, pinner).under({}).nominal
    return None if nominal is None else site_checks(session, prepared, nominal)


def _axis(study: Study, choice: str, sharing: AllocationAxis, vary: Sequence[str]) -> Axis:
    values = (
        tuple(sharing.pinners) if choice == ALLOCATION else offered_values(study.product, choice)
    )
    taken = sharing.taken if choice == ALLOCATION else value_taken(study, choice)
    note = sharing.note if choice == ALLOCATION else ""
    return Axis(choice, values if not vary or choice in vary else (taken,), taken, note)


def _require_known_slots(study: Study, axes: Sequence[Axis]) -> None:
    """Raise BadInput where the study sets or cuts off a slot that no combination asks for."""
    left = {*study.overrides, *(item.slot for item in study.cut_offs)}
    of_model = [axis for axis in axes if axis.choice not in (ALLOCATION, GWP_SET)]
    for values in product(*(axis.values for axis in of_model)):
        if not left:
            return
        choices = dict(zip((axis.choice for axis in of_model), values, strict=True))
        system = product_system(study.product, replace(study.choices, **choices))
        left -= {slot.key for slot in (*system.amount_slots(), *system.emission_slots())}
    if left:
        raise BadInput("SLOT_UNKNOWN", slots=", ".join(sorted(left)), product=study.product)


def _rows(prepared: Prepared, axes: Sequence[Axis], sharing: AllocationAxis) -> Iterable[Row]:
    offered = offered_values(prepared.study.product, ALLOCATION)
    trials = {
        value: found
        if isinstance(found, FootprintError)
        else Trials(prepared.study, prepared.where, found)
        for value, found in sharing.pinners.items()
    }
    for values in product(*(axis.values for axis in axes)):
        choices = dict(zip((axis.choice for axis in axes), values, strict=True))
        changes = {
            axis.choice: choices[axis.choice] for axis in axes if choices[axis.choice] != axis.taken
        }
        trying = trials[choices[ALLOCATION]]
        if choices[ALLOCATION] not in offered:
            changes.pop(ALLOCATION, None)  # the factors carry it; the model has no say in it
        found = _tried(trying, changes)
        of_study = all(choices[axis.choice] == axis.taken for axis in axes)
        yield _row(choices, found, of_study)


def _tried(trying: Trials | FootprintError, changes: Mapping[str, str]) -> Trial:
    """Return a combination's result; what no plant could have is refused (PCF-POSSIBLE-001)."""
    if isinstance(trying, FootprintError):
        return Trial(None, trying)
    found = trying.under(changes)
    refused = impossibility(found.nominal) if found.nominal else None
    return Trial(None, refused) if refused else found


def _row(choices: Mapping[str, str], trial: Trial, of_study: bool) -> Row:
    nominal = trial.nominal
    return Row(
        choices=choices,
        status=trial.status,
        total=nominal.total if nominal else None,
        outside=exact_sum(row.kg_co2e for row in nominal.outside) if nominal else Decimal(0),
        not_rebased=nominal.sums_by("gas").get(GAS_CO2E, Decimal(0)) if nominal else Decimal(0),
        missing=trial.missing,
        error=trial.error,
        estimate=bool(nominal and nominal.estimated),
        illustrative=bool(nominal and any(pin.factor.illustrative for pin in nominal.pins)),
        of_study=of_study,
    )


def _place(row: Row, axes: Sequence[Axis]) -> tuple[int, Decimal, list[int]]:
    """Return where a row stands: by status, by total, by the order of its choices."""
    values = [axis.values.index(row.choices[axis.choice]) for axis in axes]
    return _ORDER.index(row.status), row.total or Decimal(0), values
