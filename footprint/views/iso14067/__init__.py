"""The report of ISO 14067 / GB/T 24067: every item its study report asks for, one table each.

`view` is the view; `results`, `scope`, `data` and `meaning` make its tables. What the calculation
does not hold is named as not assessed or not stated and never shown as zero.
"""

from __future__ import annotations

from footprint.views.iso14067.report import view

__all__ = ["view"]
