"""A portfolio as Parquet: texts, integers, decimals and doubles, read as what was meant.

A double becomes the shortest decimal that reads back as it: whoever typed 0.1 meant 0.1, and nearly
every program that writes Parquet writes doubles. A 32-bit float has no such reading that is sure to
be the one meant (its 0.1 is 0.10000000149), so it is refused, as are dates and truth values.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from factor_db.foundation.errors import BadInput
from footprint.portfolio.files.arrow import arrow, arrow_parquet

_BATCH = 10_000


def parquet_lines(
    path: Path, data: bytes, fault: Callable[..., None]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the headings as row 0, then each row as texts; null and not-a-number differ.

    Raises BadInput (FILE_UNREADABLE); columns of a type that has no sure reading are faults.
    """
    pa = arrow()
    try:
        file = arrow_parquet().ParquetFile(io.BytesIO(data))
        schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise BadInput("FILE_UNREADABLE", path=path.name, reason=_first_line(error)) from None
    for column in schema:
        if not _is_readable(column.type):
            fault(0, column.name, "PORTFOLIO_COLUMN_TYPE", type=str(column.type))
    yield 0, list(schema.names)
    number = 0
    for batch in file.iter_batches(batch_size=_BATCH):
        columns = [
            [_text(value) for value in column.to_pylist()]
            if _is_readable(column.type)
            else [""] * len(column)
            for column in batch.columns
        ]
        for cells in zip(*columns, strict=True):
            number += 1
            if any(cells):
                yield number, list(cells)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _is_readable(kind: Any) -> bool:
    types = arrow().types
    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = ("string", "large_string", "string_view", "integer", "decimal", "float64", "null")
    return any(getattr(types, f"is_{name}")(kind) for name in tests)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
