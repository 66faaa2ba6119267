"""The life of a factor version, from draft to superseded or withdrawn, and who may take each step.

draft → submitted → in review → reviewed → published; an auditor may send a factor back to draft.
Author, reviewer and publisher are different people; in local single-user mode `self_reviewed` lets
one person confirm alone, and the history keeps that word.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import find_version, history, identity_of, load_factor
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.factors.review.comments import open_comments
from factor_db.factors.review.gates import gate_faults
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.rights import AUTHOR, REVIEWER, factor_kind, rows_of, states_of
from factor_db.store.sight import kept_by_owner, require_sight_of_site
from factor_db.store.tables import FactorVersion
from factor_db.store.work import Work, last_states, state_of

SELF_REVIEWED = "self-reviewed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: to which state, whether with a reason, and whether one person may confirm alone.

    From which states and by whom the table of rights tells, under `factor.` and the step's name;
    `-alone` stands behind the name where one person confirms what they entered themselves.
    """

    target: str
    needs_reason: bool = False
    may_be_alone: bool = False

    def right(self, action: str, alone: bool) -> str:
        """Return the action's name in the table of rights."""
        return f"factor.{action}-alone" if alone and self.may_be_alone else f"factor.{action}"


STEPS = {
    "submit": Step("submitted"),
    "take-up": Step("in_review"),
    "return": Step("draft", needs_reason=True),
    "review": Step("reviewed", may_be_alone=True),
    "publish": Step("published", may_be_alone=True),
    "withdraw": Step("withdrawn"),
}


def take_step(
    work: Work, ref: str, action: str, *, reason: str = "", self_reviewed: bool = False
) -> str:
    """Move a factor version one step on and return its new state.

    Raises BadInput for a step its state does not allow, a missing reason or an open comment;
    NotAllowed for the wrong role, or when one person would take two steps that belong apart.
    """
    step = STEPS[action]
    row = find_version(work.session, ref)
    current = state_of(work.session, row.sha256)
    state = current.state if current else ""
    work.require_owner(row.owner)
    if state not in states_of(f"factor.{action}"):
        raise BadInput("FACTOR_STEP", ref=ref, state=state, action=action)
    alone = self_reviewed and step.may_be_alone
    if alone and not kept_by_owner(row):
        raise NotAllowed("FACTOR_SELF_REVIEW_SITE", ref=ref)
    right, kind = step.right(action, alone), factor_kind(row.site, row.kind)
    work.require_right(right, kind=kind, owner=row.owner, state=state)
    _require_another_person(work, row, right)
    if step.needs_reason and not reason.strip():
        raise BadInput("FACTOR_REASON_NEEDED", ref=ref, action=action)
    if action in ("submit", "publish"):
        _require_open_gates(work, row)
    if action == "publish":
        if unanswered := open_comments(work.session, row.sha256):
            raise BadInput("FACTOR_COMMENTS_OPEN", ref=ref, fields=", ".join(unanswered))
        supersede_older(work, row)
    words = " ".join(filter(None, (SELF_REVIEWED if alone else "", reason)))
    work.enter_state("factor", row.sha256, step.target, words)
    return step.target


def waiting(session: Session, site: str, action: str) -> list[str]:
    """Return the references of a site's factors that are in a state an action starts from.

    Of each factor only its newest version waits. Raises NotAllowed for another enterprise's site.
    """
    require_sight_of_site(session, site)
    query = select(FactorVersion).where(FactorVersion.site == site)
    newest: dict[str, FactorVersion] = {}
    for row in session.exec(query.order_by(col(FactorVersion.version))):
        newest[row.factor_id] = row
    states = last_states(session, [row.sha256 for row in newest.values()])
    return [
        f"{row.factor_id}@{row.version}"
        for _, row in sorted(newest.items())
        if states.get(row.sha256, "") in states_of(f"factor.{action}")
    ]


def _require_open_gates(work: Work, row: FactorVersion) -> None:
    faults = gate_faults(work.session, load_factor(row))
    if faults:
        listed = ", ".join(f"{item.gate}: {item.detail}" for item in faults)
        raise BadInput("GATES_CLOSED", ref=f"{row.factor_id}@{row.version}", faults=listed)


def _require_another_person(work: Work, row: FactorVersion, right: str) -> None:
    """Raise NotAllowed when the actor took the step that this one must be apart from."""
    closed_to = {item.closed_to for item in rows_of(right)}
    entries = history(work.session, row.sha256)
    if AUTHOR in closed_to:
        # The author made the first entry; a later `draft` is an auditor's return.
        earlier, code = entries[0], "FACTOR_OWN_REVIEW"
    elif REVIEWER in closed_to:
        earlier = [entry for entry in entries if entry.state == "reviewed"][-1]
        code = "FACTOR_OWN_PUBLICATION"
    else:
        return
    if earlier.actor == work.actor.name:
        raise NotAllowed(code, ref=f"{row.factor_id}@{row.version}", user=earlier.actor)


def supersede_older(work: Work, row: FactorVersion) -> None:
    """Enter every published older version of a factor as superseded; releases keep theirs.

    A supplier's figures of two periods stand beside one another: metal of the earlier year carries
    the earlier one. Which of them a study may take, what it is of decides (rule PCF-SUPPLY-002).
    Only versions of its own owner, site and kind: nobody switches off what is another's.
    """
    query = select(FactorVersion).where(
        FactorVersion.factor_id == row.factor_id, FactorVersion.version < row.version
    )
    found = work.session.exec(query.order_by(col(FactorVersion.version)))
    older = [item for item in found if identity_of(item) == identity_of(row)]
    states = last_states(work.session, [item.sha256 for item in older])
    for item in older:
        if states.get(item.sha256) == "published" and not _is_of_another_period(item, row):
            work.enter_state("factor", item.sha256, "superseded", f"{row.factor_id}@{row.version}")


def _is_of_another_period(older: FactorVersion, newer: FactorVersion) -> bool:
    """Tell whether two versions of a supplier's figure share no day; shipped ones are of one."""
    if newer.kind != "product" or newer.owner == REFERENCE_OWNER:
        return False
    (begin, end), (from_day, to_day) = _days_of(older), _days_of(newer)
    return end < from_day or to_day < begin


def _days_of(row: FactorVersion) -> tuple[str, str]:
    """Return the first and last day that a figure is of; its year where it states no more."""
    factor = load_factor(row)
    year = f"{factor.data_year:04d}"
    return factor.period_start or f"{year}-01-01", factor.period_end or f"{year}-12-31"
