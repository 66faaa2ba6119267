"""What to ask before a factor is entered by hand: is it there already, does it clash, is it sane?

A factor that equals a known one in other units is a duplicate; one for the same slot, place and
year with another value is a conflict; one far from everything known for its slot is probably in a
wrong unit. None of these is forbidden, but each needs a word of explanation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import REFERENCE_OWNER, add_factor
from factor_db.factors.record.factor import FAR_BEYOND, Factor
from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.store.sight import sees_version
from factor_db.store.tables import FactorVersion, Organisation
from factor_db.store.work import Work

# Two sources that round one measurement differ by less; two measurements seldom do. EJ.
SAME_WITHIN = Decimal("0.001")
_FAR = "magnitude"
_KEPT_FOR_OTHERS = ("blend", "park", "product", "supplier")
_PERIOD = re.compile(r"[0-9]{4}([.-]|$)")
# A unified social credit code (GB 32100-2015): 18 digits and letters.
_CREDIT_CODE = re.compile(r"[0-9a-z]{18}")
# Sets differ by a fifth at most: nothing beside the tenfold that is asked about.
_SIZED_UNDER = "AR6"


@dataclass(frozen=True, slots=True)
class EntryDoubt:
    """A reason to look twice at a new factor: which kind, which known factor, and their ratio."""

    kind: str
    ref: str
    ratio: Decimal


def entry_doubts(session: Session, factor: Factor) -> list[EntryDoubt]:
    """Return duplicates, conflicts and implausible magnitudes of a new factor, sorted by kind.

    Versions of the same factor id are its own history and raise no doubt.
    """
    known = list(_known(session, factor))
    doubts = []
    for other in known:
        ratio = _ratio(factor, other)
        if ratio is None:
            continue
        if abs(ratio - 1) <= SAME_WITHIN:
            doubts.append(EntryDoubt("duplicate", other.ref, ratio))
        elif _same_place_and_year(factor, other):
            doubts.append(EntryDoubt("conflict", other.ref, ratio))
    return sorted([*doubts, *_magnitude(factor, known)], key=lambda doubt: (doubt.kind, doubt.ref))


def _known(session: Session, factor: Factor) -> Iterable[Factor]:
    query = select(FactorVersion).where(
        FactorVersion.flow == factor.flow,
        FactorVersion.quantity == factor.quantity,
        FactorVersion.process == factor.process,
        FactorVersion.factor_id != factor.id,
        FactorVersion.site == "",
    )
    for row in session.exec(query.order_by(col(FactorVersion.sha256))):
        other = Factor.model_validate(strict_json(row.payload.encode()))
        # What another enterprise holds may not show through a doubt.
        if other.purpose == factor.purpose and sees_version(session, row):
            yield other


def _same_place_and_year(one: Factor, other: Factor) -> bool:
    return (one.geography, one.data_year, one.boundary) == (
        other.geography,
        other.data_year,
        other.boundary,
    )


def _ratio(one: Factor, other: Factor) -> Decimal | None:
    """Return how many times the other's amounts the new ones are; None when gas by gas they differ.

    Amounts in other units are converted first; gases that both lack do not matter.
    """
    try:
        scale = conversion(one.unit, other.unit)
    except BadInput:
        return None
    gases = {gas for factor in (one, other) for gas, value in factor.amounts.items() if value}
    ratios = []
    for gas in sorted(gases):
        mine, theirs = one.amounts.get(gas), other.amounts.get(gas)
        if not mine or not theirs:
            return None
        ratios.append(EXACT.divide(EXACT.multiply(mine, scale), theirs))
    if not ratios or max(ratios) > min(ratios) * (1 + SAME_WITHIN):
        return None
    return ratios[0]


def _magnitude(factor: Factor, known: Iterable[Factor]) -> list[EntryDoubt]:
    """Return a doubt when a size is ten times beyond all that is known for the slot, or 0 or less.

    Emissions are compared as CO2e, whatever gases they are stated in: a factor in kg of CO2 stands
    beside those known only as CO2e. Where nothing is known, nothing emitted is asked for still.
    """
    mine, ratios = _size(factor), []
    for other in known:
        theirs = _size(other)
        try:
            scale = conversion(factor.unit, other.unit)
        except BadInput:
            continue
        if theirs > 0:
            ratios.append((EXACT.divide(EXACT.multiply(mine, scale), theirs), other.ref))
    if mine <= 0:
        nothing_known = [] if "value" in factor.amounts else [(mine, "-")]
        found = min(ratios or nothing_known, key=lambda item: item[1], default=None)
        return [EntryDoubt(_FAR, found[1], found[0])] if found else []
    if not ratios:
        return []
    nearest = min(ratios, key=lambda item: (abs(item[0].ln()), item[1]))
    far = nearest[0] > FAR_BEYOND or nearest[0] * FAR_BEYOND < 1
    return [EntryDoubt(_FAR, nearest[1], nearest[0])] if far else []


def _size(factor: Factor) -> Decimal:
    """Return the value of an amount, or an emission in kg CO2e whatever gases it is stated in."""
    weights = {"value": Decimal(1), **characterisation(_SIZED_UNDER)}
    terms = (EXACT.multiply(amount, weights[gas]) for gas, amount in factor.amounts.items())
    return sum(terms, Decimal(0))


def add_by_hand(work: Work, factor: Factor, *, explanation: str = "") -> FactorVersion:
    """Store a factor record a person wrote; a site's own factors come from its ledgers alone.

    Raises BadInput for an unknown owner, a site's factor, an id of a form that is kept for others,
    or an unexplained doubt; NotAllowed for another owner.
    """
    if factor.site:
        raise BadInput("FACTOR_SITE_BY_HAND", ref=factor.ref)
    work.require_owner(factor.owner)
    if work.session.get(Organisation, factor.owner) is None or factor.owner == REFERENCE_OWNER:
        raise BadInput("FACTOR_OWNER", owner=factor.owner)
    _require_open_id(work.session, factor)
    doubts = entry_doubts(work.session, factor)
    if doubts and not explanation.strip():
        listed = ", ".join(f"{item.kind} {item.ref} (x {item.ratio:.4g})" for item in doubts)
        raise BadInput("FACTOR_DOUBTS", ref=factor.ref, doubts=listed)
    return add_factor(work, factor, reason=explanation.strip())


def _require_open_id(session: Session, factor: Factor) -> None:
    """Raise BadInput for a new id of a form that stands for what its owner keeps to itself.

    Such are ids of a ledger's factors (`site.period.…`), of products and suppliers, of the park,
    and those that begin with another enterprise's code. The form alone decides, so that nobody
    learns from a refusal whether an id of others is there. An owner's own ids stay open to it.
    """
    query = select(FactorVersion.owner).where(FactorVersion.factor_id == factor.id)
    if session.exec(query.order_by(col(FactorVersion.version)).limit(1)).first() == factor.owner:
        return
    own = factor.owner.lower()
    first, _, rest = factor.id.partition(".")
    if first == own:
        return
    if (
        factor.kind == "product"
        or first in _KEPT_FOR_OTHERS
        or _PERIOD.match(rest)
        or _CREDIT_CODE.fullmatch(first)
    ):
        raise BadInput("FACTOR_ID_FORM", id=factor.id, own=own)
