"""All tables. They store; they do not validate: pydantic models at the boundary do that.

Every row of data names its owner organisation. Decimals are canonical TEXT, because SQLite would
turn them into binary floats. Events are UTC instants in one notation; ledger dates are site-local.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    Dialect,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import Unusable

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class DecimalText(TypeDecorator[Decimal]):
    """A decimal stored as its canonical text, so that no digit is lost on any database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write the canonical text."""
        return None if value is None else decimal_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read the same decimal back."""
        return None if value is None else Decimal(value)


def refuse_other_types(row: SQLModel, *_: Any) -> None:
    """Raise Unusable for a row read with a value that is no text where a text belongs.

    SQLite takes any value in any column, so that a blob may stand where code expects words.
    """
    for name in _texts_of(type(row)):
        value = row.__dict__.get(name, "")
        if value is not None and not isinstance(value, str):
            raise Unusable("STORE_STRANGE_VALUE", table=type(row).__name__.lower(), column=name)


@cache
def _texts_of(kind: type[SQLModel]) -> tuple[str, ...]:
    table: Table = kind.__table__  # type: ignore[attr-defined]
    return tuple(
        column.name
        for column in table.columns
        if isinstance(column.type, String) and not isinstance(column.type, TypeDecorator)
    )


event.listen(SQLModel, "load", refuse_other_types, propagate=True)


def _text(primary_key: bool = False) -> Any:
    return Column(Text, primary_key=primary_key, nullable=False)


class Organisation(SQLModel, table=True):
    """An enterprise, the park itself, or `reference` for shipped data."""

    code: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    uscc: str = ""


class Site(SQLModel, table=True):
    """A plant of an organisation; `region` is ISO 3166-2."""

    code: str = Field(primary_key=True)
    owner: str = Field(foreign_key="organisation.code")
    region: str
    illustrative: bool = False


class Actor(SQLModel, table=True):
    """Someone who acts: a name, one role, and the organisation they act for (empty: the park)."""

    name: str = Field(primary_key=True)
    role: str
    organisation: str = ""


class LedgerFile(SQLModel, table=True):
    """A ledger as it came, frozen by the SHA-256 of its bytes."""

    sha256: str = Field(primary_key=True)
    owner: str = Field(foreign_key="organisation.code")
    site: str = Field(foreign_key="site.code", index=True)
    file_name: str
    period_start: str
    period_end: str
    illustrative: bool
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerEntry(SQLModel, table=True):
    """One row of a ledger file, with the cell its amount stands in."""

    ledger: str = Field(primary_key=True, foreign_key="ledgerfile.sha256")
    row_number: int = Field(primary_key=True)
    owner: str = Field(foreign_key="organisation.code")
    period: str
    process: str
    flow: str
    product: str = ""
    role: str
    amount: Decimal = Field(sa_column=Column(DecimalText, nullable=False))
    unit: str
    method: str
    cell: str
    payload: str = Field(sa_column=_text())


class EvidenceFile(SQLModel, table=True):
    """A document behind ledger rows (meter photo, invoice, manifest), under its bytes' SHA-256.

    The owner is part of the key: seller and buyer may both hold the same invoice.
    """

    sha256: str = Field(primary_key=True)
    owner: str = Field(primary_key=True, foreign_key="organisation.code")
    site: str = Field(foreign_key="site.code", index=True)
    file_name: str
    media_type: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class InstrumentUse(SQLModel, table=True):
    """A green certificate in use: its serial as compared, who holds it and where it is written.

    The serial is the key of the whole store, across sites, owners and periods.
    """

    serial: str = Field(primary_key=True)
    ledger: str = Field(foreign_key="ledgerfile.sha256", index=True)
    owner: str = Field(foreign_key="organisation.code")
    site: str = Field(foreign_key="site.code")
    cell: str


class InstallationUse(SQLModel, table=True):
    """Own power that a ledger claims of an installation in a month, and its share of it, 0 to 1.

    The installation is its number as compared, alike across sites and owners; `generated` is the
    kWh that the ledger says it generated for that share.
    """

    ledger: str = Field(primary_key=True, foreign_key="ledgerfile.sha256")
    installation: str = Field(primary_key=True, index=True)
    month: str = Field(primary_key=True)
    owner: str = Field(foreign_key="organisation.code")
    site: str = Field(foreign_key="site.code")
    share: Decimal = Field(sa_column=Column(DecimalText, nullable=False))
    generated: Decimal = Field(sa_column=Column(DecimalText, nullable=False))
    cell: str


class FactorVersion(SQLModel, table=True):
    """One immutable version of a factor; the columns beside `payload` are derived from it."""

    __table_args__ = (
        UniqueConstraint("factor_id", "version"),
        Index("ix_factorversion_slot", "flow", "quantity", "process"),
    )

    sha256: str = Field(primary_key=True)
    factor_id: str = Field(index=True)
    version: int
    owner: str = Field(foreign_key="organisation.code")
    kind: str
    process: str
    flow: str
    quantity: str
    geography: str
    site: str = Field(index=True)
    illustrative: bool
    payload: str = Field(sa_column=_text())


class StateEntry(SQLModel, table=True):
    """One entry of a state history; the last entry of a subject is its state."""

    id: int | None = Field(default=None, primary_key=True)
    subject_kind: str
    subject: str = Field(index=True)
    state: str
    actor: str
    at: str
    reason: str = ""


class Document(SQLModel, table=True):
    """A canonical JSON payload that upper floors store: release, calculation, certificate."""

    __table_args__ = (UniqueConstraint("kind", "name"),)

    sha256: str = Field(primary_key=True)
    kind: str
    name: str
    owner: str = Field(foreign_key="organisation.code")
    payload: str = Field(sa_column=_text())


class LineageEdge(SQLModel, table=True):
    """`child` was made from `parent`; both are hashes, so kinds above stay opaque here."""

    parent: str = Field(primary_key=True)
    child: str = Field(primary_key=True, index=True)


class AuditLeaf(SQLModel, table=True):
    """One leaf of the audit log's Merkle tree, in the order of `position`."""

    position: int = Field(primary_key=True)
    entry: str = Field(sa_column=_text())
    leaf_hash: str
