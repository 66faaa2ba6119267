"""The findings of a ledger in groups: what it is, in which cells, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import pandas
import streamlit as st

from factor_db.ledger import CheckResult, Finding
from footprint.ui.language import current, say
from footprint.ui.ledger import ledgers
from footprint.ui.tables import grid
from footprint.words.names import plain_text

_ORDER = ("error", "warning", "explained")
_MARKS = {
    "error": "LEDGER_PAGE_ERROR",
    "warning": "LEDGER_PAGE_WARNING",
    "explained": "LEDGER_PAGE_EXPLAINED",
}
_LABEL_LENGTH = 90
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show_findings(name: str, content: bytes, result: CheckResult) -> None:
    """Show a verdict and the findings, worst first."""
    counted = dict.fromkeys(_ORDER, 0)
    for item in result.findings:
        counted[_kind(item)] += 1
    if result.upgraded_from:
        st.info(say("LEDGER_UPGRADED", version=result.upgraded_from))
    if result.valid:
        st.success(say("LEDGER_PAGE_SOUND", file=plain_text(name), explained=counted["explained"]))
    else:
        st.error(
            say(
                "LEDGER_PAGE_UNSOUND",
                file=plain_text(name),
                errors=counted["error"],
                warnings=counted["warning"],
            )
        )
        st.download_button(
            say("LEDGER_PAGE_ANNOTATED"),
            # Run when it is pressed, in a thread that knows no page.
            partial(ledgers.annotated, name, content, result.findings, current()),
            file_name=say("LEDGER_PAGE_ANNOTATED_FILE", file=name.rpartition(".")[0] or name),
            mime=WORKBOOK,
            on_click="ignore",
            help=say("LEDGER_PAGE_ANNOTATED_HELP"),
        )
    for number, group in enumerate(_groups(result.findings)):
        _group(group, is_open=number == 0 and not result.valid)


def _kind(item: Finding) -> str:
    return "explained" if item.explained else item.severity


def _groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings by kind and code: errors before warnings, the largest group first."""

    def by(item: Finding) -> tuple[str, str]:
        return _kind(item), item.code

    groups = [list(items) for _, items in groupby(sorted(findings, key=by), key=by)]
    return sorted(groups, key=lambda items: (_ORDER.index(_kind(items[0])), -len(items)))


def _group(items: Sequence[Finding], *, is_open: bool) -> None:
    lang, first = current(), items[0]
    words = plain_text(first.message(lang))
    short = words if len(words) <= _LABEL_LENGTH else f"{words[:_LABEL_LENGTH]}…"
    mark = say(_MARKS[_kind(first)])
    with st.expander(
        say("LEDGER_PAGE_GROUP", mark=mark, words=short, count=len(items)), expanded=is_open
    ):
        frame = pandas.DataFrame(
            [
                {
                    "cell": "!".join(filter(None, (item.sheet, item.cell))),
                    "found": item.value,
                    "finding": item.message(lang),
                    "remedy": item.exception or item.remedy(lang),
                }
                for item in items
            ]
        )
        grid(frame, key=f"findings-{_kind(first)}-{first.code}")
        st.caption(say("LEDGER_PAGE_CODE", check=first.code))
