"""Texts that spreadsheet programs open: nothing in them may run."""

from __future__ import annotations

import re

# What a spreadsheet may take for a formula or a command, full-width forms included (OWASP, CSV
# injection).
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)


def safe_text(text: str) -> str:
    """Return a text as it may stand in a CSV that a spreadsheet opens: never a formula.

    A number stays as it is; anything else that starts like a formula gets an apostrophe in front.
    """
    if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
