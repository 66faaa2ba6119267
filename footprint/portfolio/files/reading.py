"""Reading a portfolio file: CSV or Parquet, every fault at once, nothing begun while one is left.

A row of CSV is named by its line in the file, a row of Parquet by its place among the rows, from 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from functools import cache
from pathlib import Path

from factor_db.foundation.canonical import EXACT, decimal_value, sha256_hex
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import Language, error_text, printable
from factor_db.ledger.files.text_encoding import encoding_of
from footprint.portfolio.files.columns import (
    CHOICES,
    GWP_SET,
    KNOWN,
    PRODUCT,
    REQUIRED,
    STUDY,
    Column,
    column_of,
)
from footprint.study.definition import GWP_SETS, Study, default_study
from footprint.study.hand_values import PURE_NUMBER, in_slot_unit, slots_by_key
from lca_models.catalogue import PRODUCTS, available_choices
from lca_models.system.formula import Slot

MAX_FIELD = 32_000
Line = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one place: row (0: the file, or its headings), heading, error."""

    row: int
    column: str
    error: BadInput

    def line(self, lang: Language) -> str:
        """Return the fault as one line for a person."""
        return error_text(self.error, lang)

    def record(self) -> dict[str, object]:
        """Return the fault as JSON types."""
        return {
            "row": self.row,
            "column": printable(self.column),
            "code": self.error.code,
            "message_zh": self.line("zh"),
            "message_en": self.line("en"),
        }


class FaultyPortfolio(BadInput):
    """A file that can't be used; `faults` are all that is wrong with it."""

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        super().__init__("PORTFOLIO_FAULTS", path=path.name, count=len(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Row:
    """One study of the file: its id, the place of its question, and the values it sets."""

    study: str
    question: int
    overrides: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A file that can be used; `questions` are studies without overrides, each once."""

    sha256: str
    rows: tuple[Row, ...]
    questions: tuple[Study, ...]


def read_portfolio(path: Path) -> Portfolio:
    """Read a portfolio; raises FaultyPortfolio with every fault, BadInput when it can't be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput("FILE_ABSENT", path=path) from None
    except OSError as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error.strerror) from None
    reader = _Reader()
    if path.suffix.casefold() == ".parquet":
        from footprint.portfolio.files.parquet_file import parquet_lines

        lines: Iterable[Line] = parquet_lines(path, data, reader.fault)
    else:
        lines = _csv_lines(path, data)
    reader.read(lines)
    if reader.faults:
        faults = sorted(reader.faults, key=lambda item: item.row)
        raise FaultyPortfolio(path, faults)
    return Portfolio(sha256_hex(data), tuple(reader.rows), tuple(reader.questions.values()))


def _csv_lines(path: Path, data: bytes) -> Iterator[Line]:
    codec = encoding_of(data)
    if codec is None:
        raise BadInput("PORTFOLIO_ENCODING", path=path.name)
    text = io.TextIOWrapper(io.BytesIO(data), encoding=codec, newline="")
    reader = csv.reader(text, strict=True)
    number = 1
    try:
        for cells in reader:
            if any(len(cell) > MAX_FIELD for cell in cells):
                raise csv.Error("field too long")
            if any(cell.strip() for cell in cells):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise BadInput("FILE_UNREADABLE", path=path.name, reason=f"{number}: {error}") from None


@dataclass
class _Reader:
    """One walk through the lines of a file, collecting studies and faults."""

    rows: list[Row] = field(default_factory=list)
    questions: dict[tuple[str, ...], Study] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _places: dict[tuple[str, ...], int] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)
    _used: dict[str, set[int]] = field(default_factory=dict)

    def fault(self, row: int, column: str, code: str, **params: object) -> None:
        """Note a fault; its message may use `row` and `column`."""
        place = {"row": row, "column": column}
        self.faults.append(Fault(row, column, BadInput(code, **{**place, **params})))

    def read(self, lines: Iterable[Line]) -> None:
        waiting = iter(lines)
        head = next(waiting, None)
        if head is None:
            self.fault(0, "", "PORTFOLIO_EMPTY")
            return
        columns = self._columns(head[1])
        for number, cells in waiting:
            self._row(number, cells, columns, len(head[1]))
        if not self.rows and not self.faults:
            self.fault(0, "", "PORTFOLIO_EMPTY")
        self._take_units(columns, self._asked(columns))

    def _columns(self, headings: Sequence[str]) -> list[Column]:
        found: dict[str, Column] = {}
        for place, heading in enumerate(headings):
            column = column_of(place, heading)
            if column is None:
                if heading.strip():
                    known = ", ".join(dict.fromkeys(KNOWN))
                    self.fault(0, heading, "PORTFOLIO_COLUMN_UNKNOWN", known=known)
                continue
            other = found.setdefault(column.code or column.slot, column)
            if other is not column:
                self.fault(0, heading, "PORTFOLIO_COLUMN_TWICE", other=other.heading)
        for name in REQUIRED:
            if name not in found:
                self.fault(0, name, "PORTFOLIO_COLUMN_MISSING")
        return list(found.values())

    def _row(self, number: int, cells: Sequence[str], columns: list[Column], width: int) -> None:
        if any(cell.strip() for cell in cells[width:]):
            self.fault(number, "", "PORTFOLIO_ROW_WIDTH", count=len(cells), width=width)
        stated: dict[str, str] = {}
        overrides: list[tuple[str, Decimal]] = []
        heading = {column.code: column.heading for column in columns}
        for column in columns:
            text = cells[column.place].strip() if column.place < len(cells) else ""
            if text and column.slot:
                value = self._value(number, column, text)
                overrides += [] if value is None else [(column.slot, value)]
            elif text:
                stated[column.code] = text
        before = len(self.faults)
        name = self._name(number, stated.pop(STUDY, ""), heading)
        place = self._question(number, stated, heading)
        if len(self.faults) == before and place is not None:
            for slot, _ in overrides:
                self._used.setdefault(slot, set()).add(place)
            self.rows.append(Row(name, place, tuple(sorted(overrides))))

    def _value(self, row: int, column: Column, text: str) -> Decimal | None:
        try:
            value = decimal_value(text)
        except BadInput:
            self.fault(row, column.heading, "PORTFOLIO_NUMBER", value=text[:40])
            return None
        if value < 0:
            self.fault(row, column.heading, "SET_NEGATIVE", slot=column.slot, value=text[:40])
        return value

    def _name(self, row: int, name: str, heading: Mapping[str, str]) -> str:
        if STUDY not in heading:
            return name
        first = self._seen.setdefault(name, row)
        if not name:
            self.fault(row, heading[STUDY], "PORTFOLIO_CELL_EMPTY")
        elif first != row:
            self.fault(row, heading[STUDY], "PORTFOLIO_STUDY_TWICE", value=name, first=first)
        return name

    def _question(
        self, row: int, stated: Mapping[str, str], heading: Mapping[str, str]
    ) -> int | None:
        """Return the place of a row's question; None when a cell of it can't be used."""
        product = stated.get(PRODUCT, "")
        if PRODUCT not in heading:
            return None
        if product not in PRODUCTS:
            code = "PORTFOLIO_VALUE" if product else "PORTFOLIO_CELL_EMPTY"
            self.fault(row, heading[PRODUCT], code, value=product, known=", ".join(PRODUCTS))
            return None
        key = tuple(f"{name}={value}" for name, value in sorted(stated.items()))
        if key not in self._places:
            faults = tuple(_value_faults(product, stated))
            for name, value, known in faults:
                self.fault(row, heading[name], "PORTFOLIO_VALUE", value=value, known=known)
            if faults:
                return None
            self.questions[key] = _study(product, stated)
            self._places[key] = len(self._places)
        return self._places[key]

    def _asked(self, columns: list[Column]) -> dict[str, Slot]:
        """Return the slots to set; note columns that hold values and that no model asks for."""
        asked: dict[str, Slot] = {}
        for study in self.questions.values():
            asked.update(slots_by_key(study.product, study.choices))
        for column in columns:
            if column.slot in self._used and column.slot not in asked:
                self.fault(0, column.heading, "PORTFOLIO_SLOT_UNKNOWN", slot=column.slot)
        return {slot: asked[slot] for slot in self._used if slot in asked}

    def _take_units(self, columns: list[Column], asked: Mapping[str, Slot]) -> None:
        """Turn the values of each column into the unit of its slot. Rule: DQ-HAND-001."""
        scales: dict[str, Decimal] = {}
        for column in (item for item in columns if item.slot in asked):
            slot = asked[column.slot]
            if not column.unit and slot.unit != PURE_NUMBER:
                self.fault(0, column.heading, "PORTFOLIO_UNIT", slot=slot.key, unit=slot.unit)
                continue
            try:
                scales[slot.key] = in_slot_unit(slot, column.unit or slot.unit)
            except BadInput as error:
                self.faults.append(Fault(0, column.heading, error))
        if any(scale != 1 for scale in scales.values()):
            self.rows = [_scaled(row, scales) for row in self.rows]


def _scaled(row: Row, scales: Mapping[str, Decimal]) -> Row:
    with localcontext(EXACT):
        values = ((slot, value * scales.get(slot, Decimal(1))) for slot, value in row.overrides)
        return replace(row, overrides=tuple(values))


def _value_faults(product: str, stated: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the value and the known values of each cell that holds no known value."""
    known = {**available_choices(product), GWP_SET: GWP_SETS}
    for name, value in stated.items():
        if name in known and value not in known[name]:
            yield name, value, ", ".join(filter(None, known[name]))


@cache
def _shipped(product: str) -> Study:
    return default_study(product)


def _study(product: str, stated: Mapping[str, str]) -> Study:
    """Return the shipped study of a product with what a row states in place of its own."""
    study = _shipped(product)
    chosen = {name: stated[name] for name in CHOICES if name in stated}
    direct = ("product_code", "site", "period", "release", GWP_SET)
    changes = {name: stated[name] for name in direct if name in stated}
    choices = replace(study.choices, **chosen)
    return replace(study, choices=choices, **changes)  # type: ignore[arg-type]
