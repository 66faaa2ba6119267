"""The report of a ledger check on the terminal: sheet by sheet, cell first, then how to mend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from factor_db.foundation.messages import Language, code_of, printable, text

if TYPE_CHECKING:
    from factor_db.ledger import Finding

_INDENT = "      "


def report_lines(findings: Sequence[Finding], lang: Language) -> Iterable[str]:
    """Yield the lines of the report; every one is plain text whatever the file holds."""
    for sheet, group in groupby(_by_sheet(findings), key=lambda item: item.sheet):
        items = list(group)
        name = printable(sheet) or text("LEDGER_REPORT_FILE", lang)
        yield text("LEDGER_REPORT_SHEET", lang, sheet=name, count=len(items))
        for item in items:
            yield from _finding_lines(item, lang)


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """Return how many findings there are: in all, errors, open and explained warnings."""
    explained = sum(item.explained for item in findings)
    errors = sum(item.severity == "error" for item in findings)
    left = len(findings) - errors - explained
    return {"count": len(findings), "errors": errors, "open": left, "explained": explained}


def _by_sheet(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings sheet by sheet, the sheets in the order in which they first appear."""
    order = {sheet: at for at, sheet in enumerate(dict.fromkeys(f.sheet for f in findings))}
    return sorted(findings, key=lambda item: order[item.sheet])


def _finding_lines(item: Finding, lang: Language) -> Iterable[str]:
    kind = "explained" if item.explained else item.severity
    state = text(code_of("LEDGER_REPORT", kind), lang)
    yield f"  {printable(item.cell) or '-':<5} {state}  {item.code}"
    yield f"{_INDENT}{printable(item.message(lang)).rstrip()}"
    if item.exception:
        words = printable(item.exception)
        yield f"{_INDENT}{text('LEDGER_REPORT_BY_EXCEPTION', lang, exception=words)}"
    elif item.explained:
        yield f"{_INDENT}{text('LEDGER_REPORT_BY_NOTE', lang)}"
    elif remedy := printable(item.remedy(lang)):
        yield f"{_INDENT}→ {remedy}"
