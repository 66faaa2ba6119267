"""Findings: what is wrong with a ledger, in which cell, and how to mend it, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from factor_db.foundation import messages
from factor_db.ledger.form.vocabulary import vocabulary

Severity = Literal["error", "warning"]
# A hostile file must not turn into a report larger than itself; a clerk mends in several rounds.
MAX_FINDINGS = 2000
MAX_VALUE_LENGTH = 120
# The sheet of an annotated workbook that lists its findings; readers pass over it.
FINDINGS_SHEET = "findings 问题"


class Label(NamedTuple):
    """A parameter that reads differently in the two languages."""

    zh: str
    en: str


Param = str | int | Label


class Scope(NamedTuple):
    """What a finding is about: process, flow and month (`YYYY-MM`); empty where it is wider."""

    process: str = ""
    flow: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: stable code, severity, place and the parameters of its text.

    `explained` is true for a warning whose row (or, for a file-wide one, whose site) has a note,
    or that an exception covers; `exception` then says which, with its words. `scope` is None
    where the row at the cell says what the finding is about.
    """

    code: str
    severity: Severity
    sheet: str
    cell: str
    value: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)
    explained: bool = False
    scope: Scope | None = None
    exception: str = ""

    def message(self, lang: messages.Language) -> str:
        """Return what is wrong, in one language."""
        return messages.text(self.code, lang, **self._words(lang))

    def remedy(self, lang: messages.Language) -> str:
        """Return how to mend it, in one language."""
        return messages.remedy(self.code, lang, **self._words(lang))

    def as_dict(self) -> dict[str, str | bool]:
        """Return the finding as `footprint ledger check --json` prints it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sheet": self.sheet,
            "cell": self.cell,
            "value": self.value,
            "message_zh": self.message("zh"),
            "message_en": self.message("en"),
            "remedy_zh": self.remedy("zh"),
            "remedy_en": self.remedy("en"),
            "explained": self.explained,
            "exception": self.exception,
        }

    def _words(self, lang: messages.Language) -> dict[str, str]:
        words = {"sheet": self.sheet, "cell": self.cell, "value": self.value}
        for name, param in self.params.items():
            if isinstance(param, Label):
                param = param.zh if lang == "zh" else param.en
            words[name] = str(param)
        return words


class Findings:
    """Collects findings in one pass; ordered by place, capped at MAX_FINDINGS."""

    def __init__(self) -> None:
        self._items: list[Finding] = []
        self._beyond = 0
        self._broken: set[tuple[str, str]] = set()

    def error(self, code: str, sheet: str, cell: str, value: object = "", **params: Param) -> None:
        """Record a fault that blocks the ledger."""
        self._add(Finding(code, "error", sheet, cell, _short(value), params))

    def warning(
        self,
        code: str,
        sheet: str,
        cell: str,
        value: object = "",
        *,
        explained: bool = False,
        scope: Scope | None = None,
        **params: Param,
    ) -> None:
        """Record something unusual that passes once a note or an exception explains it.

        Without `scope` it is about what its row says.
        """
        self._add(Finding(code, "warning", sheet, cell, _short(value), params, explained, scope))

    def explain_file_warnings(self) -> None:
        """Mark every warning recorded so far as explained (the site sheet has a note)."""
        self._items = [
            replace(item, explained=True) if item.severity == "warning" else item
            for item in self._items
        ]

    def explain(self, exception_of: Callable[[Finding], str]) -> None:
        """Mark every warning as explained for which `exception_of` gives an exception's text."""
        for index, item in enumerate(self._items):
            if item.severity == "warning" and (found := exception_of(item)):
                self._items[index] = replace(item, explained=True, exception=found)

    @property
    def count(self) -> int:
        """How many findings were recorded, listed or not."""
        return len(self._items) + self._beyond

    @property
    def has_errors(self) -> bool:
        """Tell whether an error was recorded."""
        return any(item.severity == "error" for item in self._items)

    def collected(self) -> tuple[Finding, ...]:
        """Return all findings; the last one says so when there were more than can be listed."""
        if not self._beyond:
            return tuple(self._items)
        last = self._items[-1]
        note = {"listed": len(self._items), "beyond": self._beyond}
        return (
            *self._items,
            Finding("LEDGER_TOO_MANY_FINDINGS", "error", last.sheet, last.cell, "", note),
        )

    def _add(self, finding: Finding) -> None:
        place = (finding.sheet, finding.cell)
        if place in self._broken:
            return  # the broken formula explains everything else about its cell
        if finding.code == "LEDGER_CELL_ERROR":
            self._broken.add(place)
        if len(self._items) < MAX_FINDINGS:
            self._items.append(finding)
        else:
            self._beyond += 1


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= MAX_VALUE_LENGTH else text[: MAX_VALUE_LENGTH - 1] + "…"


def process_label(code: str) -> Label:
    """Return a process as `名称(code)` and `Name (code)`."""
    process = vocabulary().processes[code]
    return Label(f"{process.name_zh}({code})", f"{process.name_en} ({code})")


def flow_label(code: str) -> Label:
    """Return a flow as `名称(code)` and `Name (code)`."""
    flow = vocabulary().flows[code]
    return Label(f"{flow.name_zh}({code})", f"{flow.name_en} ({code})")


def suggestion_label(code: str | None) -> Label:
    """Return a `did you mean` sentence, or an empty text when nothing is near."""
    return Label(f"是否应为“{code}”?", f"Did you mean '{code}'?") if code else Label("", "")


def list_label(items: Iterable[str]) -> Label:
    """Return a list as it is written in each language."""
    parts = list(items)
    return Label("、".join(parts), ", ".join(parts))


def first_cells(cells: Sequence[str], most: int) -> str:
    """Return the first few cells as a message lists them; empty for none."""
    return ", ".join(cells[:most]) + (" …" if len(cells) > most else "")
