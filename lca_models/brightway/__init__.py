"""Brightway as oracle and as export; nothing of Brightway is imported before it is needed.

`oracle` solves a compiled system with bw2calc in memory. An `inventory` is a product system with
parameters and formulas; `project`, `package` and `workbooks` write it. Amounts are per tonne.
"""

from __future__ import annotations
