"""Values set by hand: read with their unit, and doubted where they are far from all that is known.

`5` says nothing: a slot may count in kg/t where a factor is printed in kg/kg. So a value is a
number and a unit, `5 kg/kg`; 0 and pure numbers need none. A value ten times beyond everything
known for its slot is refused until the study accepts it, as on import. Rules: DQ-HAND-001, -002.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from factor_db.factors.record.factor import FAR_BEYOND, Factor
from factor_db.factors.record.reference import characterisation, reference_factors
from factor_db.foundation.canonical import EXACT, decimal_value, few_digits
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from lca_models.catalogue import product_system
from lca_models.system.formula import Slot
from lca_models.system.unit_process import Choices

PURE_NUMBER = "1"
# A unit follows a space, or the number at once where it begins with no digit.
_VALUE = re.compile(r"([-+]?[\d.,]+(?:[eE][-+]?\d+)?)(?:\s+(\S.*)|([^\d\s.,].*))?")
# `kg CO2e/t` says what the kilograms are of; the slot says so already.
_CO2E = re.compile(r"\s*CO2-?e(q)?(?![a-z])", re.IGNORECASE)
# EJ: so many known values tell a person where the slot lies.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Known:
    """A known value of a slot, in the slot's unit; emissions as CO2e."""

    value: Decimal
    ref: str
    geography: str


def split_unit(text: str) -> tuple[str, str]:
    """Return a typed value as number and unit, the unit empty where none is written."""
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _VALUE.fullmatch(folded)
    if found is None:
        return folded, ""
    return found[1], (found[2] or found[3] or "").strip()


def in_slot_unit(slot: Slot, unit: str) -> Decimal:
    """Return how many units of the slot one of a written unit is; BadInput where it is none."""
    written = _CO2E.sub("", unit) if is_emission(slot) else unit
    return conversion(written, slot.unit)


def is_emission(slot: Slot) -> bool:
    """Tell whether a slot takes an emission factor, and no amount or property."""
    return slot.quantity not in ("inventory", "property", "coefficient")


def read_value(slot: Slot, text: str) -> Decimal:
    """Return a value typed for a slot in the slot's unit.

    Raises BadInput: SET_UNIT_MISSING with the unit and what is known of the slot, SET_NEGATIVE, and
    as `decimal_value` and `conversion` do.
    """
    number, unit = split_unit(text)
    value = decimal_value(number)
    if value < 0:
        raise BadInput("SET_NEGATIVE", slot=slot.key, value=text)
    if not unit:
        if value and slot.unit != PURE_NUMBER:
            raise unit_missing(slot, text, known_of(slot, reference_factors(), "AR6"))
        return value
    with localcontext(EXACT):
        return value * in_slot_unit(slot, unit)


def unit_missing(slot: Slot, text: str, known: Iterable[Known]) -> BadInput:
    """Return the refusal of a bare number: it names the slot's unit and known values in it."""
    return BadInput(
        "SET_UNIT_MISSING", slot=slot.key, value=text, unit=slot.unit, known=shown(known, slot)
    )


def shown(known: Iterable[Known], slot: Slot) -> str:
    """Return known values for a person, `15950 kg/t (CN)`, or a dash."""
    listed = [f"{few_digits(item.value)} {slot.unit} ({item.geography})" for item in known]
    return ", ".join(listed[:_SHOWN]) or "-"


def known_of(slot: Slot, factors: Iterable[Factor], gwp_set: str) -> list[Known]:
    """Return what is known of a slot in its unit, emissions as CO2e under a GWP set; no zeros."""
    found = []
    for factor in factors:
        value = _value_in(slot, factor, gwp_set) if factor.slot_key == slot.key else None
        if value:
            found.append(Known(value, factor.ref, factor.geography))
    return found


def _value_in(slot: Slot, factor: Factor, gwp_set: str) -> Decimal | None:
    weights = {**characterisation(gwp_set), "value": Decimal(1)}
    try:
        scale = conversion(factor.unit, slot.unit)
    except BadInput:
        return None
    with localcontext(EXACT):
        amounts = factor.amounts.items()
        return scale * sum((a * weights[gas] for gas, a in amounts if gas in weights), Decimal(0))


def doubt_of(slot: Slot, value: Decimal, known: Iterable[Known]) -> str:
    """Return why a value is doubtful, as `5 kg/t; 15950 kg/t (CN)`, or an empty text.

    It is, where it is ten times beyond every known value (EJ, as for factors entered by hand). 0 is
    a value that somebody means.
    """
    listed = list(known)
    if not value or not listed or any(_near(value, item.value) for item in listed):
        return ""
    return f"{slot.key} = {few_digits(value)} {slot.unit}; {shown(listed, slot)}"


def _near(value: Decimal, known: Decimal) -> bool:
    with localcontext(EXACT):
        return known <= value * FAR_BEYOND and value <= known * FAR_BEYOND


def slots_by_key(product: str, choices: Choices) -> Mapping[str, Slot]:
    """Return key → slot of everything that a product's model asks for under some choices."""
    system = product_system(product, choices)
    return {slot.key: slot for slot in (*system.amount_slots(), *system.emission_slots())}


def read_values(product: str, choices: Choices, typed: Mapping[str, object]) -> dict[str, Decimal]:
    """Return slot → value in its unit of a study file's `set` table; raises as `read_value` does.

    SLOT_UNKNOWN for a slot that the model does not ask for: without it there is no unit to read.
    """
    slots = slots_by_key(product, choices) if typed else {}
    strange = sorted(set(typed) - set(slots))
    if strange:
        raise BadInput("SLOT_UNKNOWN", slots=", ".join(strange), product=product)
    return {key: read_value(slots[key], str(value)) for key, value in typed.items()}
