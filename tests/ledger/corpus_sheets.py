"""The faults of the corpus in the sheets `meters` and `stock`.

A meter of the extrusion plant starts at 0 on 2024-12-31 and is read at every month's end; its
readings add up to the electricity that the ledger has for its process. A stock of the plate mill
holds 100 t at both ends of every month and takes in what the ledger charges.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from decimal import Decimal

from corpus_book import Book, Place, Row
from corpus_faults import EXTRUSION, Fault, Plant

MAY = 5


def metered(book: Book, process: str) -> list[Row]:
    """Add a meter of a process's electricity that agrees with the ledger; return its 13 rows."""
    total = Decimal(0)
    rows = [_reading(book, process, "2024-12-31", total)]
    for month, written in enumerate(book.all_rows(process, "electricity"), start=1):
        total += Decimal(written["amount"])
        rows.append(
            _reading(book, process, f"2025-{month:02d}-{monthrange(2025, month)[1]}", total)
        )
    return rows


def _reading(book: Book, process: str, on: str, value: Decimal) -> Row:
    return book.add(
        "meters", meter=f"E-{process}", process=process, flow="electricity", read_on=on,
        reading=str(value), unit="kWh",
    )  # fmt: skip


def stocked(book: Book, material: str) -> list[Row]:
    """Add a stock of a charged material that agrees with the ledger; return its 12 rows."""
    return [
        book.add(
            "stock", material=material, period=row["period"], opening="100", closing="100",
            receipts=row["amount"], consumption=row["amount"], unit="t",
        )
        for row in book.all_rows("charging", material)
    ]  # fmt: skip


def in_meter(process: str, column: str, text: str, at: int = MAY) -> Plant:
    """Plant a text in one reading of a meter; the finding stands there."""

    def plant(book: Book) -> Place:
        row = metered(book, process)[at]
        row[column] = text
        return Place("meters", row, column)

    return plant


def of_meter(process: str, change: Callable[[Book, list[Row]], Place]) -> Plant:
    """Plant a fault in a meter's rows by hand."""
    return lambda book: change(book, metered(book, process))


def in_stock(material: str, column: str, text: str, at: int = MAY - 1) -> Plant:
    """Plant a text in one month of a stock; the finding stands there."""

    def plant(book: Book) -> Place:
        row = stocked(book, material)[at]
        row[column] = text
        return Place("stock", row, column)

    return plant


def of_stock(material: str, change: Callable[[Book, list[Row]], Place]) -> Plant:
    """Plant a fault in a stock's rows by hand."""
    return lambda book: change(book, stocked(book, material))


def _again(column: str, more: int) -> Callable[[Book, list[Row]], Place]:
    def change(book: Book, rows: list[Row]) -> Place:
        later = {**rows[MAY], "reading": str(Decimal(rows[MAY]["reading"]) + more)}
        section = book.sections["meters"]
        section.insert(section.index(rows[MAY]) + 1, later)
        return Place("meters", later, column)

    return change


def _below(book: Book, rows: list[Row]) -> Place:
    rows[MAY]["reading"] = str(Decimal(rows[MAY - 1]["reading"]) - 1)
    return Place("meters", rows[MAY], "reading")


def _late(book: Book, rows: list[Row]) -> Place:
    book.sections["meters"].remove(rows[0])
    return Place("meters", rows[1], "read_on")


def _early(book: Book, rows: list[Row]) -> Place:
    book.sections["meters"].remove(rows[-1])
    return Place("meters", rows[-2], "read_on")


def _more(book: Book, rows: list[Row]) -> Place:
    for row in rows[MAY:]:
        row["reading"] = str(Decimal(row["reading"]) + 200_000)
    return Place("ledger", book.row("extruding", "electricity"), "amount")


def _in_tonnes(book: Book, rows: list[Row]) -> Place:
    for row in rows:
        row["unit"] = "t"
    return Place("meters", rows[0], "unit")


def _adjusted(book: Book, rows: list[Row]) -> Place:
    for row in rows[MAY - 1 :]:
        row["closing"] = "105"
        if row is not rows[MAY - 1]:
            row["opening"] = "105"
    rows[MAY - 1]["adjustment"] = "5"
    return Place("stock", rows[MAY - 1], "adjustment")


def _month_left_out(book: Book, rows: list[Row]) -> Place:
    book.sections["stock"].remove(rows[MAY - 1])
    return Place("stock", rows[0], "period")


def _drawn_by_more(book: Book, rows: list[Row]) -> Place:
    drawn = str(Decimal("1.1") * Decimal(rows[MAY - 1]["consumption"]))
    rows[MAY - 1] |= {"consumption": drawn, "receipts": drawn}
    return Place("stock", rows[MAY - 1], "consumption")


METER_FAULTS = [
    Fault("reading in words", "LEDGER_METER_READING", in_meter("refining", "reading", "read later"), EXTRUSION),
    Fault("multiplier of zero", "LEDGER_METER_MULTIPLIER", in_meter("billet_casting", "multiplier", "0"), EXTRUSION),
    Fault("digits in words", "LEDGER_METER_DIGITS", in_meter("billet_homogenising", "digits", "five"), EXTRUSION),
    Fault("event unknown", "LEDGER_METER_EVENT", in_meter("billet_heating", "event", "xyzzy plugh"), EXTRUSION),
    Fault("reading below the last", "LEDGER_METER_NEGATIVE", of_meter("profile_stretching", _below), EXTRUSION),
    Fault("reading twice", "LEDGER_METER_DUPLICATE", of_meter("profile_ageing", _again("read_on", 0)), EXTRUSION, "warning"),
    Fault("two readings of a day", "LEDGER_METER_DUPLICATE_DIFFERS", of_meter("profile_packing", _again("reading", 7)), EXTRUSION),
    Fault("no reading at the start", "LEDGER_METER_START_UNCOVERED", of_meter("melting", _late), EXTRUSION),
    Fault("no reading at the end", "LEDGER_METER_END_UNCOVERED", of_meter("melting", _early), EXTRUSION, together=False),
    Fault("meter and ledger differ", "LEDGER_METER_TYPED_DIFFERS", of_meter("extruding", _more), EXTRUSION),
    Fault("class unknown", "LEDGER_METER_CLASS_UNKNOWN", in_meter("melting", "accuracy_class", "very good"), EXTRUSION, "warning", together=False),
    Fault("main meter unknown", "LEDGER_METER_PARENT_UNKNOWN", in_meter("melting", "parent", "E-absent", 0), EXTRUSION, together=False),
    Fault("day of a reading in words", "LEDGER_DATE_UNREADABLE", in_meter("melting", "read_on", "end of May"), EXTRUSION, together=False),
    Fault("unit of a meter", "LEDGER_UNIT_DIMENSION", of_meter("melting", _in_tonnes), EXTRUSION, together=False),
]  # fmt: skip
STOCK_FAULTS = [
    Fault("stock that does not add up", "LEDGER_STOCK_IDENTITY", in_stock("silicon", "closing", "137")),
    Fault("stock not carried on", "LEDGER_STOCK_CARRY", in_stock("copper", "opening", "163")),
    Fault("stock adjusted", "LEDGER_STOCK_ADJUSTMENT", of_stock("scrap_pre_consumer", _adjusted), severity="warning"),
    Fault("stock lacks a month", "LEDGER_STOCK_MONTH_MISSING", of_stock("chromium", _month_left_out)),
    Fault("stock drawn down by more", "LEDGER_STOCK_CONSUMPTION", of_stock("scrap_post_consumer", _drawn_by_more)),
    Fault("stock below zero", "LEDGER_STOCK_NEGATIVE", in_stock("magnesium", "closing", "-3")),
    Fault("stock in words", "LEDGER_AMOUNT_UNREADABLE", in_stock("silicon", "closing", "full"), together=False),
    Fault("stock mistyped", "LEDGER_FLOW_UNKNOWN", in_stock("silicon", "material", "silicn"), together=False),
    Fault("stock unit unknown", "LEDGER_UNIT_UNKNOWN", in_stock("silicon", "unit", "stere"), together=False),
]  # fmt: skip
SHEET_FAULTS = [*METER_FAULTS, *STOCK_FAULTS]
