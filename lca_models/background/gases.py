"""Which elementary flow is which greenhouse gas: by name, by CAS number, and only into air.

The list is reference data (`background_gases.csv`). What looks like a greenhouse gas and is not on
it is reported, never dropped in silence. A resource with the CAS number of a gas is no emission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.rules import rule
from lca_models.background.written import Uncounted

GASES_FILE = "background_gases.csv"
_RULE = "DQ-BACKGROUND-GASES"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a flow is: a gas code, or a reason why it is none (empty: nothing to do with gases)."""

    gas: str = ""
    reason: str = ""


def normalised(text: str) -> str:
    """Return a flow name as it is compared: no outer or repeated blanks, no capitals."""
    return " ".join(text.split()).casefold()


def cas_number(text: str) -> str:
    """Return a CAS number without the zeros some databases put before it; empty if it is none."""
    return text.strip().lstrip("0") if re.fullmatch(r"\s*\d+-\d\d-\d\s*", text) else ""


def is_air(compartment: str) -> bool:
    """Tell whether a compartment path (`air/urban`) is, or lies in, the air."""
    parts = [normalised(part) for part in compartment.split("/")]
    return any(part in rule(_RULE).items("air") for part in parts)


def recognise(name: str, cas: str, compartment: str, *, is_output: bool) -> Recognised:
    """Return the gas of an elementary flow, or why a greenhouse-looking flow is not counted.

    Rule DQ-BACKGROUND-GASES: the name decides, else a CAS number that belongs to one gas only; a
    name and a CAS number that contradict each other count as nothing and are reported.
    """
    by_name, by_cas = _names().get(normalised(name), ""), _gases_of_cas().get(cas_number(cas), ())
    gas = by_name or (by_cas[0] if len(by_cas) == 1 else "")
    if not gas and not by_cas and not _looks_like_greenhouse_gas(name):
        return Recognised()
    if not is_output:
        return Recognised(reason="resource")
    if not is_air(compartment):
        return Recognised(reason="not_air") if gas or by_cas else Recognised()
    if by_name and by_cas and by_name not in by_cas:
        return Recognised(reason="contradiction")
    return Recognised(gas=gas) if gas else Recognised(reason="no_code")


def _looks_like_greenhouse_gas(name: str) -> bool:
    text = normalised(name)
    for exempt in rule(_RULE).parameters["exempt"].split(";"):
        text = text.replace(exempt.strip(), "")
    return bool(_words().search(text))


@cache
def _words() -> re.Pattern[str]:
    words = (re.escape(word.strip()) for word in rule(_RULE).parameters["words"].split(";"))
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})")


@cache
def _names() -> dict[str, str]:
    rows = reference_rows(GASES_FILE)
    return {normalised(row["name"]): row["gas"] for row in rows if row["gas"]}


@cache
def _gases_of_cas() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for row in reference_rows(GASES_FILE):
        if row["cas"]:
            found.setdefault(row["cas"], set()).add(row["gas"])
    return {cas: tuple(sorted(gases)) for cas, gases in found.items()}


def listed(reasons: Iterable[tuple[str, str, str]]) -> list[Uncounted]:
    """Return (name, compartment, reason) of uncounted flows as sorted records, each once."""
    return [
        {"flow": name, "compartment": compartment, "reason": reason}
        for name, compartment, reason in sorted(set(reasons))
    ]
