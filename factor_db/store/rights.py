"""Who may do what: role x owner x kind x state x action, one table (`reference/rights.csv`).

A row allows its roles an action on things of some kinds, owners and states; what no row allows is
closed to everybody. An administrator stands in for every role, and no role opens what is closed:
nobody but the product itself adds to the shipped factors. Beside the table stands one rule of
owners: whoever acts for an enterprise acts on what is that enterprise's, and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from factor_db.foundation.reference_files import reference_rows

ADMIN = "admin"
ENTERPRISE, PARK, REFERENCE = "enterprise", "park", "reference"
FIELD, PRODUCT, SHARED = "field", "product", "shared"
OWNERS = (ENTERPRISE, PARK, REFERENCE)
KINDS = (FIELD, PRODUCT, SHARED)
ANY_STATE = "*"
AUTHOR, REVIEWER = "author", "reviewer"


@dataclass(frozen=True, slots=True)
class Right:
    """One row of the table; empty kinds, owners or states are not asked about by the action.

    `closed_to` is whoever took the earlier step that this one stands apart from: the author, the
    reviewer, or nobody.
    """

    action: str
    kinds: tuple[str, ...]
    owners: tuple[str, ...]
    states: tuple[str, ...]
    roles: tuple[str, ...]
    closed_to: str

    def covers(self, kind: str, owner: str, state: str) -> bool:
        """Tell whether the row speaks of such a thing."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.owners or owner in self.owners)
            and (not self.states or ANY_STATE in self.states or state in self.states)
        )


@cache
def rights() -> tuple[Right, ...]:
    """Return the table, row by row."""
    return tuple(
        Right(
            row["action"],
            tuple(row["kind"].split()),
            tuple(row["owner"].split()),
            tuple(row["states"].split()),
            tuple(row["roles"].split()),
            row["closed_to"],
        )
        for row in reference_rows("rights.csv")
    )


@cache
def rows_of(action: str) -> tuple[Right, ...]:
    """Return the rows of an action; raises KeyError for one that the table does not know."""
    found = tuple(right for right in rights() if right.action == action)
    if not found:
        raise KeyError(action)
    return found


def roles_of(action: str) -> tuple[str, ...]:
    """Return the roles that an action is open to, on whatever it is done."""
    return tuple(dict.fromkeys(role for row in rows_of(action) for role in row.roles))


def states_of(action: str) -> tuple[str, ...]:
    """Return the states of a factor that an action starts from."""
    return tuple(dict.fromkeys(state for row in rows_of(action) for state in row.states))


def is_open(action: str, role: str, *, kind: str = "", owner: str = "", state: str = "") -> bool:
    """Tell whether a role may do an action on a thing of a kind, an owner's kind and a state."""
    found = [row for row in rows_of(action) if row.covers(kind, owner, state)]
    return any(role == ADMIN or role in row.roles for row in found)


def owner_kind(organisation: str) -> str:
    """Return what kind of owner an organisation is: the park, the shipped data, an enterprise."""
    return organisation if organisation in (PARK, REFERENCE) else ENTERPRISE


def factor_kind(site: str, kind: str) -> str:
    """Return what kind of factor it is for rights: a site's own, a product's, or another."""
    if site:
        return FIELD
    return PRODUCT if kind == "product" else SHARED
