"""Leaves of the first form: they name what was stored but carry no hash of the row.

They still tell what must be there and what must not. A row they name gets a leaf of the present
form as soon as it changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Witness = tuple[str, str, str, str]
Group = tuple[str, str]
_KINDS = {"factorversion": "factor", "ledgerfile": "ledger"}
_ACTIONS = {"ledgerfile": "import"}
# These had no leaf of their own; the thing they belong to had one.
_GROUPS = ("ledgerentry", "lineageedge")
_NOT_OF_ROWS = ("reprint", "sign")
_WORDS = ("actor", "factor", "ledger", "organisation", "site")


def held_against_earlier_leaves(
    leaves: Sequence[tuple[int, Mapping[str, Any]]],
    groups: Mapping[Group, Sequence[Mapping[str, Any]]],
    newer: set[str],
) -> tuple[list[Group], list[tuple[str, str, int]]]:
    """Hold rows that only old leaves can know against those leaves.

    `newer` are the keys of groups with a leaf of the present form. Returns the groups of rows that
    no old leaf names, and (kind, subject, position) of the old leaves whose row is gone.
    """
    left = Counter(_witness_of_leaf(entry) for _, entry in leaves)
    positions = {_witness_of_leaf(entry): position for position, entry in leaves}
    subjects = {subject for _, _, subject, _ in left}
    unknown = []
    for (table, key), rows in groups.items():
        witnesses = [] if table in _GROUPS else [_witness_of_row(table, key, row) for row in rows]
        left.subtract(witnesses)
        if any(left[item] < 0 for item in witnesses) or (table in _GROUPS and key not in subjects):
            unknown.append((table, key))
    gone = [
        (_word(kind, action), subject, positions[kind, action, subject, actor])
        for (kind, action, subject, actor), number in left.items()
        if number > 0 and action not in _NOT_OF_ROWS and subject not in newer
    ]
    return unknown, gone


def _word(kind: str, action: str) -> str:
    if action not in ("create", "import"):
        return "state"
    return kind if kind in _WORDS else "document"


def _witness_of_leaf(entry: Mapping[str, Any]) -> Witness:
    kind, action = str(entry.get("kind")), str(entry.get("action"))
    actor = "" if action in ("create", "import") else str(entry.get("actor"))
    return kind, action, str(entry.get("subject")), actor


def _witness_of_row(table: str, key: str, row: Mapping[str, Any]) -> Witness:
    if table == "stateentry":
        return str(row["subject_kind"]), str(row["state"]), str(row["subject"]), str(row["actor"])
    kind = str(row["kind"]) if table == "document" else _KINDS.get(table, table)
    return kind, _ACTIONS.get(table, "create"), key, ""
