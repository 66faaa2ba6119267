"""The one place where pyarrow is imported: it is large, and light commands do without it."""

from __future__ import annotations

from typing import Any


def arrow() -> Any:
    """Return pyarrow."""
    import pyarrow  # type: ignore[import-untyped, unused-ignore]

    return pyarrow


def arrow_parquet() -> Any:
    """Return pyarrow.parquet."""
    import pyarrow.parquet  # type: ignore[import-untyped, unused-ignore]

    return pyarrow.parquet
