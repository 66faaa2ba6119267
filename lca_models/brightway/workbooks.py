"""The three workbooks bw2io's `ExcelImporter` and `ExcelLCIAImporter` read, in either line.

The template has one database a file, so gases, processes and method stand in files of their own.
Sections: Database, Database parameters, Activity with Parameters and Exchanges. There are no
project parameters: those belong to everything in the reader's project. Exchanges name their input
as `database::code`, so nothing is matched by names. Same inventory, same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from lca_models.brightway.inventory import Inventory
from lca_models.brightway.loading import FOREGROUND, GASES, METHOD_WORKBOOK, WORKBOOKS
from lca_models.brightway.nodes import (
    COMPARTMENT,
    activity_nodes,
    database_fields,
    gas_nodes,
    parameter_fields,
)

_Line = Sequence[Any]
_SPREAD = ("uncertainty type", "loc", "scale", "negative")
_PARAMETER_COLUMNS = ("name", "amount", "unit", "comment", *_SPREAD)
_EXCHANGE_COLUMNS = (
    *("name", "amount", "unit", "type", "formula", "input", "categories"),
    *("flow", "part", "scope", "comment", *_SPREAD),
)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def write_workbooks(folder: Path, inventory: Inventory) -> None:
    """Write gases.xlsx, foreground.xlsx and method.xlsx into a folder that exists."""
    gases, foreground = WORKBOOKS
    _write(folder / gases, "gases", _gas_lines(inventory))
    _write(folder / foreground, "foreground", _foreground_lines(inventory))
    _write(folder / METHOD_WORKBOOK, "method", _method_lines(inventory))


def _gas_lines(inventory: Inventory) -> Iterator[_Line]:
    yield ("Database", GASES)
    yield ("format", "footprint")
    for (_, code), node in gas_nodes(inventory).items():
        yield ()
        yield ("Activity", node["name"])
        yield ("code", code)
        yield ("categories", COMPARTMENT)
        yield from ((key, node[key]) for key in ("type", "unit", "name_zh", "name_en"))


def _foreground_lines(inventory: Inventory) -> Iterator[_Line]:
    yield ("Database", FOREGROUND)
    stored = {"format": "footprint", "method": "::".join(inventory.method)}
    yield from (database_fields(inventory) | stored).items()
    yield ()
    yield ("Database parameters",)
    yield from _table(_PARAMETER_COLUMNS, map(parameter_fields, inventory.parameters_of("")))
    for (_, code), node in activity_nodes(inventory).items():
        yield ()
        yield ("Activity", node["name"])
        yield ("code", code)
        kept = {"parameters", "exchanges", "name"}
        yield from ((key, value) for key, value in node.items() if key not in kept and value)
        yield ("Parameters", f"{FOREGROUND}:{code}")
        yield from _table(_PARAMETER_COLUMNS, node["parameters"])
        yield ("Exchanges",)
        yield from _table(_EXCHANGE_COLUMNS, map(_exchange, node["exchanges"]))


def _exchange(exchange: dict[str, Any]) -> dict[str, Any]:
    compartment = {"categories": COMPARTMENT} if exchange["type"] == "biosphere" else {}
    return exchange | compartment | {"input": "::".join(exchange["input"])}


def _method_lines(inventory: Inventory) -> Iterator[_Line]:
    yield ("name", "categories", "unit", "amount", "input")
    for (_, code), node in gas_nodes(inventory).items():
        weight = next(gas.weight for gas in inventory.gases if gas.code == code)
        yield (node["name"], COMPARTMENT, node["unit"], weight, f"{GASES}::{code}")


def _table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[_Line]:
    yield columns
    for row in rows:
        yield [row.get(column) for column in columns]


def _write(path: Path, sheet_name: str, lines: Iterable[_Line]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        # Without a fixed time the file would state when it was written.
        book.set_properties({"created": _EPOCH})
        sheet = book.add_worksheet(sheet_name)
        for number, line in enumerate(lines):
            for column, value in enumerate(line):
                _write_cell(sheet, number, column, value)


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    """Texts go in as texts: a formula of ours is data here, not a formula of the workbook."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, value)
