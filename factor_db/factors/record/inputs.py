"""What a derivation rests on, one type for each kind of input; stored as plain objects of texts.

The kind is told by the name that leads it (`ledger`, `correction`, `document` …). What an object
says beyond the names of its kind is kept, so that each reads back as it was stored, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_MORE = "more"


@dataclass(frozen=True, kw_only=True)
class DerivationInput:
    """One thing a value was computed from; `more` is what it says beyond its kind, by name.

    As it stands here, it is an input of no known kind.
    """

    more: tuple[tuple[str, str], ...] = ()

    def record(self) -> dict[str, str]:
        """Return it as it is stored."""
        said = {name: getattr(self, name) for name in _NAMES[type(self)]}
        stated = {name: text for name, text in said.items() if text is not None}
        return dict(sorted((stated | dict(self.more)).items()))


@dataclass(frozen=True, kw_only=True)
class LedgerCell(DerivationInput):
    """A cell (`sheet!F12`) of a frozen ledger, named by its hash."""

    ledger: str
    cell: str


@dataclass(frozen=True, kw_only=True)
class CertificateCell(DerivationInput):
    """A green certificate of a ledger: its serial as written, and what it stands for."""

    instrument: str
    source: str
    kwh: str
    period: str
    region: str
    cancelled_on: str
    cell: str


@dataclass(frozen=True, kw_only=True)
class CorrectedCell(DerivationInput):
    """A correction, named by its hash, of a cell."""

    correction: str
    cell: str


@dataclass(frozen=True, kw_only=True)
class CalculationInput(DerivationInput):
    """A calculation of a product's footprint, and whose product it is of."""

    calculation: str
    result_hash: str | None = None
    site: str | None = None
    product: str | None = None
    product_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class SupplierDocument(DerivationInput):
    """A supplier's file as it is stored."""

    document: str


@dataclass(frozen=True, kw_only=True)
class ParkEvidence(DerivationInput):
    """What a park average was made of, a stored document."""

    evidence: str


@dataclass(frozen=True, kw_only=True)
class SharedFactor(DerivationInput):
    """A version of a factor with its share of a blend."""

    factor: str
    sha256: str
    share: str


@dataclass(frozen=True, kw_only=True)
class FactorOf(DerivationInput):
    """Another factor of the reference data, by its id."""

    id: str


@dataclass(frozen=True, kw_only=True)
class BackgroundDatabase(DerivationInput):
    """A background database, by the hash of its content."""

    background: str


@dataclass(frozen=True, kw_only=True)
class BackgroundActivity(DerivationInput):
    """An activity of a background database, by its key."""

    activity: str


CELLS = (LedgerCell, CertificateCell, CorrectedCell)
"""The kinds that say at which cell of a ledger they stand."""
# The name that leads a kind is its first field.
_KINDS: tuple[type[DerivationInput], ...] = (
    CertificateCell,
    CorrectedCell,
    LedgerCell,
    CalculationInput,
    SupplierDocument,
    ParkEvidence,
    SharedFactor,
    FactorOf,
    BackgroundDatabase,
    BackgroundActivity,
)
_NAMES: Mapping[type[DerivationInput], tuple[str, ...]] = {
    kind: tuple(item.name for item in fields(kind) if item.name != _MORE)
    for kind in (*_KINDS, DerivationInput)
}
_OBLIGATORY: Mapping[type[DerivationInput], frozenset[str]] = {
    kind: frozenset(item.name for item in fields(kind) if item.default is MISSING)
    for kind in _KINDS
}
Kind = TypeVar("Kind", bound=DerivationInput)


def read_input(said: Mapping[str, str]) -> DerivationInput:
    """Return an input as its kind; one of no known kind says all it says as `more`."""
    if said.keys() == {"ledger", "cell"}:  # nearly all there are
        return LedgerCell(ledger=said["ledger"], cell=said["cell"])
    kind = next((kind for kind in _KINDS if _OBLIGATORY[kind] <= said.keys()), DerivationInput)
    known = {name: said[name] for name in _NAMES[kind] if name in said}
    more = tuple(sorted((name, text) for name, text in said.items() if name not in known))
    return kind(**known, more=more)


def of_kind(inputs: tuple[DerivationInput, ...], kind: type[Kind]) -> tuple[Kind, ...]:
    """Return the inputs of one kind, in their order."""
    return tuple(item for item in inputs if isinstance(item, kind))


def _valid(value: Any) -> DerivationInput:
    if isinstance(value, DerivationInput):
        return value
    if not isinstance(value, Mapping) or not all(
        isinstance(part, str) for pair in value.items() for part in pair
    ):
        raise ValueError("an input of a derivation is an object of texts")
    return read_input(value)


# How a record holds an input: typed in memory, an object of texts where it is stored.
StoredInput = Annotated[
    DerivationInput,
    PlainValidator(_valid),
    PlainSerializer(DerivationInput.record, return_type=dict[str, str]),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]
