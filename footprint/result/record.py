"""What all parts of a result document are made of: frozen records of exact, strict fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    WithJsonSchema,
)

from factor_db.foundation.canonical import decimal_text, decimal_value, plain
from factor_db.foundation.errors import BadInput


def _exact(value: object) -> Decimal:
    """Return a decimal, or the decimal of a text; anything else has no single decimal reading."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str):
        raise ValueError("a decimal number as text is needed")
    try:
        number = decimal_value(value)
    except BadInput as error:
        raise ValueError(str(error)) from None
    if decimal_text(number) != value:
        raise ValueError("a decimal number in its canonical form is needed")
    return number


_CANONICAL = r"^(0|-?[1-9][0-9]*(\.[0-9]*[1-9])?|-?0\.[0-9]*[1-9])$"
Exact = Annotated[
    Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "string", "pattern": _CANONICAL})
]
"""A decimal number; text in JSON, never a binary float."""
Text = Annotated[str, Strict()]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Params = Mapping[str, str]
"""Parameters of a message, by name."""


def _by_name(value: dict[str, Decimal]) -> dict[str, Decimal]:
    return dict(sorted(value.items()))


Shares = Annotated[dict[str, Exact], AfterValidator(_by_name)]
"""Amounts by name, in the order in which a stored document has them: the same words follow."""


def silent(default: Any) -> Any:
    """Return a field that is written only where it says something: None and empty are not."""
    return Field(default=default, exclude_if=_says_nothing)


def _says_nothing(value: object) -> bool:
    return value is None or value == "" or value == ()


class Record(BaseModel):
    """A frozen part of a document; what it was not given is not written either.

    A field that came later has a default, so that a document of an earlier version is read, and
    written back byte for byte.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of(cls, item: object, **others: Any) -> Self:
        """Return the part that has an object's attributes of the same names, and `others`."""
        names = (name for name in cls.model_fields if name not in others)
        return cls(**{name: getattr(item, name) for name in names}, **others)

    def record(self) -> dict[str, Any]:
        """Return the part as JSON types, decimals as canonical text."""
        found: dict[str, Any] = plain(self.model_dump(exclude_unset=True))
        return found


STRICT_ROW = ConfigDict(extra="forbid")
"""Configuration of a row of the engine, a plain dataclass, where it is read from a document."""


@dataclass(frozen=True, slots=True)
class CodedText:
    """A message by its code and parameters; the words stand in the catalogue."""

    __pydantic_config__ = STRICT_ROW

    code: Text
    params: dict[str, Text]
