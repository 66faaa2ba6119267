"""The cut-off rule: what may be left out, judged on mass, energy and greenhouse gases.

Rule PCF-CUTOFF-001: a missing input may be cut off only if a cited upper bound keeps it below 1 %
each and 5 % in all. A bound is never part of a result; it shows that leaving out is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import TYPE_CHECKING

from factor_db.factors.record.reference import upper_bounds
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion, convert, unit
from footprint.result.coverage import CutOffLine

if TYPE_CHECKING:
    from footprint.study.definition import CutOff
    from lca_models.system.compile import CompiledSystem

RULE = "PCF-CUTOFF-001"
_ENERGY_CATEGORIES = {"energy", "fuel"}


def judge_cut_offs(
    cut_offs: Iterable[CutOff],
    missing: set[str],
    system: CompiledSystem,
    activity: Sequence[Decimal],
    total: Decimal,
) -> tuple[CutOffLine, ...]:
    """Return one entry per used cut-off with its shares; raises BadInput if the rule is broken."""
    entries = [_entry(item, system, activity, total) for item in cut_offs if item.slot in missing]
    limits = rule(RULE)
    forbidden = [entry.slot for entry in entries if _flow(entry) in limits.items("never_cut_off")]
    if forbidden:
        raise BadInput("CUT_OFF_NEVER", slots=", ".join(forbidden))
    for share in ("mass_share", "energy_share", "ghg_share"):
        shares = [getattr(entry, share) for entry in entries]
        together, worst = sum(shares, Decimal(0)), max(shares, default=Decimal(0))
        if worst >= limits.number("single_share") or together > limits.number("total_share"):
            slots = ", ".join(entry.slot for entry in entries)
            raise BadInput(
                "CUT_OFF_TOO_LARGE", slots=slots, share=share, worst=worst, total=together
            )
    return tuple(entries)


def _require_sound_bound(item: CutOff) -> None:
    """A bound is above zero, and not below the registered one of its slot."""
    least = Decimal(0)
    registered = upper_bounds().get(item.slot)
    if registered is not None:
        least = convert(Decimal(registered["value"]), registered["unit"], item.unit)
    if item.upper_bound <= 0 or item.upper_bound < least:
        raise BadInput("CUT_OFF_BOUND", slot=item.slot, bound=item.upper_bound, least=least)


@cache
def _categories() -> dict[str, str]:
    return {row["code"]: row["category"] for row in reference_rows("flows.csv")}


def _flow(entry: CutOffLine) -> str:
    return entry.slot.split("/")[-2]


def _entry(
    item: CutOff, system: CompiledSystem, activity: Sequence[Decimal], total: Decimal
) -> CutOffLine:
    burdens = [burden for burden in system.burdens if burden.slot == item.slot]
    _require_sound_bound(item)
    with localcontext(EXACT):
        amount = sum((b.amount * activity[b.process_index] for b in burdens), Decimal(0))
        unit_name = burdens[0].unit
        bound = item.upper_bound * conversion(item.unit, f"kg/{unit_name}")
        is_mass = unit(unit_name).dimension == "mass"
        is_energy = _categories()[burdens[0].flow] in _ENERGY_CATEGORIES
        return CutOffLine(
            amount=amount,
            energy_share=Decimal(1) if is_energy else Decimal(0),
            ghg_share=amount * bound / total if total else Decimal(1),
            mass_share=amount * conversion(unit_name, "kg") if is_mass else Decimal(0),
            reason=item.reason,
            slot=item.slot,
            source=item.source,
            unit=unit_name,
            upper_bound=item.upper_bound,
            upper_bound_unit=item.unit,
        )
