"""Reading the shipped tables of `factor_db/reference`."""

from __future__ import annotations

import csv
from importlib.resources import files


def reference_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a shipped CSV table by its path there (`flows.csv`, `factors/gwp.csv`)."""
    text = (files("factor_db") / "reference" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
