"""CBAM for aluminium: embedded direct emissions, benchmarks, cost what-if, communication values.

`view` is the view; `inventory` reads the document, `direct`, `pfc`, `precursors` and `reported`
make the figures, `cost` the adjustment, `communication` and `tables` show them; `reference` holds
what the Union published, `statement` what the declarant states. docs/cbam.md is for a reader.
"""

from __future__ import annotations

from footprint.views.cbam.statement import Lot, Statement, read_statement, statement_of
from footprint.views.cbam.view import view

__all__ = ["Lot", "Statement", "read_statement", "statement_of", "view"]
