"""Reading a supplier's file field by field: every fault is collected, not the first alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from factor_db.foundation.canonical import decimal_text, decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import Language, printable, remedy, text

# A hostile file may hold texts of any length; our own lists of codes are shorter.
_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of a file: its code, the field it is in, and what the message needs."""

    code: str
    field: str
    params: Mapping[str, str]

    def message(self, lang: Language) -> str:
        """Return what is wrong, in one language."""
        return text(self.code, lang, **self._shown())

    def remedy(self, lang: Language) -> str:
        """Return how to mend it."""
        return remedy(self.code, lang, **self._shown())

    def as_dict(self) -> dict[str, str]:
        """Return the fault as JSON types."""
        return {
            "code": self.code,
            "severity": "error",
            "field": printable(self.field),
            "message_zh": self.message("zh"),
            "message_en": self.message("en"),
            "remedy_zh": self.remedy("zh"),
            "remedy_en": self.remedy("en"),
        }

    def _shown(self) -> dict[str, str]:
        params = {**self.params, "field": self.field}
        return {name: printable(value) for name, value in params.items()}


class FileFaults(BadInput):
    """A supplier's file that cannot be taken, with every fault of it; nothing was stored."""

    def __init__(self, path: str, faults: Iterable[FieldFault]) -> None:
        self.faults = tuple(faults)
        codes = ", ".join(f"{fault.field}: {fault.code}" for fault in self.faults)
        super().__init__("SUPPLIER_FAULTS", path=path, count=len(self.faults), faults=codes)


@dataclass(slots=True)
class Fields:
    """The fields of one object of a file; faults go to one list that all objects share."""

    content: Mapping[str, Any]
    path: str = ""
    faults: list[FieldFault] = field(default_factory=list)

    def fault(self, code: str, name: str, **params: object) -> None:
        """Note a fault of a field."""
        shown = {key: str(value)[:_SHOWN] for key, value in params.items()}
        self.faults.append(FieldFault(code, f"{self.path}{name}", shown))

    def inner(self, name: str, *, required: bool = True) -> Fields:
        """Return the fields of an object inside; an absent one has none."""
        value = self._given(name, required)
        if value is not None and not isinstance(value, Mapping):
            self.fault("SUPPLIER_FIELD_KIND", name, kind="object")
        content = value if isinstance(value, Mapping) else {}
        return Fields(content, f"{self.path}{name}.", self.faults)

    def words(self, name: str, *, required: bool = True) -> str:
        """Return a text, empty when it is absent."""
        value = self._given(name, required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault("SUPPLIER_FIELD_KIND", name, kind="text")
            return ""
        return value.strip()

    def several(self, name: str, *, required: bool = True) -> list[str]:
        """Return a list of texts, empty when it is absent."""
        value = self._given(name, required)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault("SUPPLIER_FIELD_KIND", name, kind="list of texts")
            return []
        if required and not value:
            self.fault("SUPPLIER_FIELD_MISSING", name)
        return list(value)

    def one_of(self, name: str, known: Iterable[str], *, required: bool = True) -> str:
        """Return a text out of a list of known ones."""
        value = self.words(name, required=required)
        listed = list(known)
        if value and value not in listed:
            self.fault("SUPPLIER_FIELD_CHOICE", name, value=value, known=", ".join(listed))
            return ""
        return value

    def number(
        self,
        name: str,
        *,
        required: bool = True,
        low: Decimal | None = None,
        high: Decimal | None = None,
    ) -> Decimal | None:
        """Return a decimal within its bounds, None when it is absent or faulty.

        Texts and exact numbers are read; a binary float is not the number that was written.
        """
        value = self._given(name, required)
        if value is None:
            return None
        if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
            self.fault("SUPPLIER_FIELD_KIND", name, kind="decimal text")
            return None
        try:
            found = decimal_value(str(value).strip())
        except BadInput:
            self.fault("SUPPLIER_NUMBER", name, value=value)
            return None
        outside = (low is not None and found < low) or (high is not None and found > high)
        if outside:
            bounds = f"{_bound(low)} ... {_bound(high)}"
            self.fault("SUPPLIER_NUMBER_BOUNDS", name, value=decimal_text(found), bounds=bounds)
            return None
        return found

    def day(self, name: str, *, required: bool = True, exclusive: bool = False) -> date | None:
        """Return the day of an ISO date or instant; an exclusive midnight is the day before."""
        value = self._given(name, required)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fault("SUPPLIER_DATE", name, value=value)
            return None
        midnight = len(str(value)) > len("2025-12-31") and instant.time() == time(0)
        back = timedelta(days=1) if exclusive and midnight else timedelta(0)
        return instant.date() - back

    def unknown(self, known: Iterable[str]) -> None:
        """Note every field that is not among the known ones: a slip of the pen loses no value."""
        listed = sorted(known)
        for name in sorted(set(self.content) - set(listed)):
            self.fault("SUPPLIER_FIELD_UNKNOWN", name, known=", ".join(listed))

    def _given(self, name: str, required: bool) -> Any:
        """Return a field's value; an empty text says no more than an absent field."""
        value = self.content.get(name)
        if isinstance(value, str) and not value.strip():
            value = None
        if value is None and required:
            self.fault("SUPPLIER_FIELD_MISSING", name)
        return value


def _bound(value: Decimal | None) -> str:
    return "" if value is None else decimal_text(value)
