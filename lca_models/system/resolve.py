"""Which factor fills a slot: the site's own first, then region, country and world; never a guess.

A slot takes exactly one factor of its own process, flow and quantity type. Of several years the
newest that does not lie after the period is taken; a tie is an error that lists the candidates.
A site's own factor of one product (alloy, form, temper) fits only where that product is asked for,
and is then preferred to the one of the whole output (rule DER-PRODUCT-001). Where the study names
the suppliers of a precursor, their product footprints fill its slot, whatever else is known. Where
a seller of scrap states no figure, a conservative default stands in, at a level of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Strict

from factor_db.factors.record.factor import Exact, Factor, Source, product_key
from factor_db.factors.record.product import blend, records_of_parts
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from factor_db.foundation.units import conversion
from factor_db.ledger.form.loops import LOOP_FLOWS
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from lca_models.system.formula import Slot

OWN = "own"
OVERRIDE = "override"
SUPPLIER = "supplier"
CONSERVATIVE = "conservative"
"""Level of a footprint of other goods that stands in where nothing else fills a slot."""
CRADLE_TO_GATE = "cradle_to_gate"
PRECURSOR_RULE = "AL-PRECURSOR-001"
DEFAULT_RULE = "PCF-SCRAP-DEFAULT"
WORLD = "GLO"
_KINDS = {"inventory": "inventory", "property": "parameter", "coefficient": "parameter"}


@dataclass(frozen=True, slots=True)
class Where:
    """For which site, region (ISO 3166-2), period (ISO dates) and product slots are resolved.

    `product` is the code of an alloy, form or temper; empty asks for the whole output.
    """

    site: str
    region: str
    period_start: str
    period_end: str
    product: str = ""

    def geography_chain(self) -> tuple[str, ...]:
        """Return the region, its country and the world, nearest first."""
        country = self.region.partition("-")[0]
        return tuple(dict.fromkeys((self.region, country, WORLD)))


@dataclass(frozen=True, slots=True)
class Pin:
    """A slot with the factor taken for it, and at which level it was found.

    `parts` are the product footprints and shares that `factor` is blended from, where a precursor
    comes from several suppliers.
    """

    slot: Slot
    factor: Factor
    level: str
    parts: tuple[tuple[Factor, Decimal], ...] = ()

    @property
    def sources(self) -> tuple[Factor, ...]:
        """The stored factors behind the pin: those blended, or the one taken."""
        return tuple(factor for factor, _ in self.parts) or (self.factor,)

    def value(self) -> Decimal:
        """Return the value of an inventory or parameter factor in the slot's unit."""
        return EXACT.multiply(self.factor.value, conversion(self.factor.unit, self.slot.unit))

    def gases(self) -> dict[str, Decimal]:
        """Return kg of each gas per unit of the slot."""
        per_unit = conversion(self.factor.unit, self.slot.unit)
        amounts = sorted(self.factor.amounts.items())
        return {gas: EXACT.multiply(amount, per_unit) for gas, amount in amounts}

    def record(self) -> dict[str, Any]:
        """Return the pin as JSON types, the whole factor with it."""
        slot = self.slot
        blended = {"parts": records_of_parts(self.parts)} if self.parts else {}
        return {
            **blended,
            "slot": {
                "flow": slot.flow,
                "process": slot.process,
                "quantity": slot.quantity,
                "unit": slot.unit,
            },
            "level": self.level,
            "factor": self.factor.record(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Pin:
        """Read a pin back; raises ValidationError, each fault at its place in the record."""
        read = _PinRecord.model_validate(record)
        parts = tuple((part.factor, part.share) for part in read.parts)
        return cls(Slot(**dict(read.slot)), read.factor, read.level, parts)


class _Recorded(BaseModel):
    """Part of a pin as it is written down; a number for a text is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _SlotRecord(_Recorded):
    flow: Annotated[str, Strict()]
    process: Annotated[str, Strict()]
    quantity: Annotated[str, Strict()]
    unit: Annotated[str, Strict()]


class _PartRecord(_Recorded):
    factor: Factor
    share: Exact


class _PinRecord(_Recorded):
    slot: _SlotRecord
    level: Annotated[str, Strict()]
    factor: Factor
    parts: tuple[_PartRecord, ...] = ()


class Resolver:
    """Finds factors for slots among the factors of a release, of the site, and of its suppliers.

    `suppliers` is precursor flow → product footprints with their shares, as the study names them.
    """

    def __init__(
        self,
        factors: Iterable[Factor],
        where: Where,
        overrides: Mapping[str, Decimal] | None = None,
        suppliers: Mapping[str, Sequence[tuple[Factor, Decimal]]] | None = None,
    ) -> None:
        self._where = where
        self._suppliers = dict(suppliers or {})
        self._overrides = dict(overrides or {})
        self._by_slot: dict[str, list[Factor]] = defaultdict(list)
        for factor in factors:
            if factor.purpose == "default":
                self._by_slot[factor.slot_key].append(factor)

    def pin(self, slot: Slot) -> Pin | None:
        """Return the slot's pin, or None when nothing fits; raises BadInput on a tie."""
        if slot.key in self._overrides:
            return Pin(slot, self._override(slot, self._overrides[slot.key]), OVERRIDE)
        if slot.flow in self._suppliers and is_precursor(slot):
            return _supplied(slot, self._suppliers[slot.flow], self._where)
        for level, fits in self._levels(self._by_slot[slot.key], slot):
            if fits:
                return Pin(slot, _newest(slot, _most_specific(fits)), level)
        return self._conservative(slot)

    def _conservative(self, slot: Slot) -> Pin | None:
        """Return the default that stands in for goods whose seller states no figure.

        It is a published factor of region, country or world: what the study's own metal is said to
        carry, by a supplier or by hand, says nothing of this seller's. Rule: PCF-SCRAP-DEFAULT.
        """
        stand_in = stand_in_of(slot)
        if stand_in is None:
            return None
        for level, fits in self._levels(self._by_slot[stand_in.key], stand_in):
            if fits and level != OWN:
                return Pin(slot, _newest(stand_in, _most_specific(fits)), CONSERVATIVE)
        return None

    def known(self, slot: Slot) -> tuple[Factor, ...]:
        """Return every factor of a slot, of whatever place and year."""
        return tuple(self._by_slot[slot.key])

    def _levels(self, candidates: list[Factor], slot: Slot) -> Iterable[tuple[str, list[Factor]]]:
        for level in (OWN, *self._where.geography_chain()):
            fits = [f for f in candidates if misfit(Pin(slot, f, level), self._where) is None]
            yield level, fits

    def _override(self, slot: Slot, value: Decimal) -> Factor:
        if value < 0:
            raise BadInput("SET_NEGATIVE", slot=slot.key, value=value)
        kind = _KINDS.get(slot.quantity, "emission")
        return Factor(
            id="study." + slot.key.replace("/", "."),
            version=1,
            kind=kind,  # type: ignore[arg-type]
            name_zh=slot.key,
            name_en=slot.key,
            process=slot.process,
            flow=slot.flow,
            quantity=slot.quantity,
            unit=slot.unit,
            amounts={"co2e" if kind == "emission" else "value": value},
            gwp_set="unstated" if kind == "emission" else "",
            geography=self._where.region,
            data_year=int(self._where.period_end[:4]),
            data_type="estimate",
            pedigree=(5, 5, 5, 5, 5),
            pedigree_reasons=("set by the user of the study",) * 5,
            source=Source(citation="value set in the study"),
            licence="none",
            redistribution="owner",
            confidence="D",
            owner="study",
        )


def is_precursor(slot: Slot) -> bool:
    """Tell whether a slot asks for the footprint of something bought in."""
    return slot.quantity == CRADLE_TO_GATE and not slot.process


def _supplied(slot: Slot, parts: Sequence[tuple[Factor, Decimal]], where: Where) -> Pin:
    """Return the pin of the suppliers a study names; raises BadInput when one may not fill it."""
    one = len(parts) == 1
    pins = [Pin(slot, factor, SUPPLIER) for factor, _ in parts]
    pin = pins[0] if one else Pin(slot, blend(slot.flow, parts), SUPPLIER, tuple(parts))
    for item in (*pins, pin):
        if reason := misfit(item, where):
            raise BadInput("SUPPLIER_MISFIT", flow=slot.flow, ref=item.factor.ref, reason=reason)
    return pin


def misfit(pin: Pin, where: Where) -> str | None:
    """Return why a factor may not fill its slot at its level, or None when it may.

    Both the resolver and everyone who recomputes a result ask here, so that a pin in a document
    obeys the same rules as one taken from the store.
    """
    if pin.level == CONSERVATIVE:
        return _stand_in_misfit(pin, where)
    factor, slot = pin.factor, pin.slot
    if not _slot_fits(pin) or not _unit_fits(factor.unit, slot.unit):
        return "slot"
    if pin.level == OVERRIDE:
        return None
    if pin.level == SUPPLIER:
        return _supplier_misfit(pin, where)
    if factor.purpose != "default":
        return "purpose"
    if factor.product and product_key(factor.product) != product_key(where.product):
        return "product"
    if reason := _time_misfit(factor, where):
        return reason
    if pin.level == OWN:
        period = (factor.period_start, factor.period_end)
        same = factor.site == where.site and period == (where.period_start, where.period_end)
        return None if factor.site and same else "site or period"
    # What one site generates, bought or kept in its loops serves no other.
    if slot.flow in SHARE_FLOWS or slot.flow in LOOP_FLOWS:
        return "site or period"
    known = pin.level in where.geography_chain()
    return None if known and not factor.site and factor.geography == pin.level else "geography"


def _slot_fits(pin: Pin) -> bool:
    """A supplier's goods may go by another name than the slot they fill (rule AL-PRECURSOR-001)."""
    factor, slot = pin.factor, pin.slot
    if factor.slot_key == slot.key:
        return True
    if pin.level != SUPPLIER or factor.process or factor.quantity != slot.quantity:
        return False
    return factor.flow in same_goods(slot.flow)


def same_goods(flow: str) -> tuple[str, ...]:
    """Return the other names of a precursor's goods. Rule: AL-PRECURSOR-001."""
    found = rule(PRECURSOR_RULE)
    return found.items(flow) if flow in found.parameters else ()


def stand_in_of(slot: Slot) -> Slot | None:
    """Return the slot whose published factor stands in for a seller's figure, if one may.

    Rule: PCF-SCRAP-DEFAULT.
    """
    goods = rule(DEFAULT_RULE).parameters.get(slot.flow) if is_precursor(slot) else None
    return replace(slot, flow=goods) if goods else None


def _stand_in_misfit(pin: Pin, where: Where) -> str | None:
    """A stand-in fits where it would fill the slot of its own goods, by its geography."""
    stand_in = stand_in_of(pin.slot)
    if stand_in is None or pin.parts:
        return "slot"
    return misfit(Pin(stand_in, pin.factor, pin.factor.geography), where)


def _time_misfit(factor: Factor, where: Where) -> str | None:
    if factor.valid_until and factor.valid_until < where.period_start:
        return "valid_until"
    return "data_year" if factor.data_year > int(where.period_end[:4]) else None


def _supplier_misfit(pin: Pin, where: Where) -> str | None:
    """A product's footprint fills a precursor's slot; a blend is what its parts give, exactly."""
    if pin.factor.kind != "product" or not is_precursor(pin.slot):
        return "kind"
    if pin.parts:
        if blend(pin.slot.flow, pin.parts) != pin.factor:
            return "parts"
        alone = (Pin(pin.slot, factor, SUPPLIER) for factor, _ in pin.parts)
        return next(filter(None, (misfit(item, where) for item in alone)), None)
    return _time_misfit(pin.factor, where)


def _unit_fits(unit: str, wanted: str) -> bool:
    try:
        conversion(unit, wanted)
    except BadInput:
        return False
    return True


def _most_specific(fits: list[Factor]) -> list[Factor]:
    """Prefer factors of the product asked for; only those and general ones fit at all."""
    return [factor for factor in fits if factor.product] or fits


def _newest(slot: Slot, fits: list[Factor]) -> Factor:
    year = max(factor.data_year for factor in fits)
    newest = sorted((f for f in fits if f.data_year == year), key=lambda f: f.ref)
    if len(newest) > 1:
        raise BadInput("SLOT_TIE", slot=slot.key, candidates=", ".join(f.ref for f in newest))
    return newest[0]
