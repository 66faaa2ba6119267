"""The uncertainty of a background's exchanges, read from a table of geometric deviations."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from factor_db.foundation.errors import BadInput
from footprint.engine.backgrounds.draws import BackgroundUncertainty
from lca_models.background.matrices import Background

COLUMNS = ["matrix", "row", "column", "gsd"]
TECHNOSPHERE, BIOSPHERE = "technosphere", "biosphere"


def read_uncertainty(path: Path, background: Background) -> BackgroundUncertainty:
    """Read `matrix,row,column,gsd` rows; an exchange that is not listed is not drawn.

    `row` is the key of a product (technosphere) or a flow (biosphere), `column` the key of the
    product whose activity has the exchange, `gsd` the geometric standard deviation, at least 1.
    Raises BadInput BANK_TABLE with every line that names no exchange, stands twice or has no such
    deviation.
    """
    products = {item.key: place for place, item in enumerate(background.products)}
    flows = {item.key: place for place, item in enumerate(background.flows)}
    tables = {
        TECHNOSPHERE: _Table(background.technosphere, products, products),
        BIOSPHERE: _Table(background.biosphere, flows, products),
    }
    faults = []
    for line, row in _rows(path):
        table = tables.get(row["matrix"] or "")
        if table is None or not table.put(row):
            faults.append(str(line))
    if faults:
        raise BadInput("BANK_TABLE", file=path.name, lines=", ".join(faults))
    return BackgroundUncertainty(tables[TECHNOSPHERE].sigmas, tables[BIOSPHERE].sigmas)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != COLUMNS:
                raise BadInput("BANK_TABLE", file=path.name, lines="1")
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=str(error)) from None


class _Table:
    """The sigmas of one matrix, filled line by line."""

    def __init__(self, matrix: Any, rows: dict[str, int], columns: dict[str, int]) -> None:
        self.sigmas = np.zeros(matrix.nnz)
        self._rows, self._columns = rows, columns
        owners = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr)).tolist()
        pairs = zip(matrix.indices.tolist(), owners, strict=True)
        self._places = {pair: place for place, pair in enumerate(pairs)}
        self._seen: set[int] = set()

    def put(self, row: dict[str, str]) -> bool:
        """Take a line over; False when it is at fault."""
        pair = (self._rows.get(row["row"], -1), self._columns.get(row["column"], -1))
        place = self._places.get(pair)
        gsd = _number(row["gsd"])
        if place is None or place in self._seen or not (math.isfinite(gsd) and gsd >= 1):
            return False
        self._seen.add(place)
        self.sigmas[place] = math.log(gsd)
        return True


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
