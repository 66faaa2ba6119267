"""The life of a factor version, from draft to superseded or withdrawn, and who may take each step.

draft → submitted → in review → reviewed → published; an auditor may send a factor back to draft.
Author, reviewer and publisher are different people; in local single-user mode `self_reviewed` lets
one person confirm alone, and the history keeps that word.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import find_version, history, load_factor
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.factors.review.comments import open_comments
from factor_db.factors.review.gates import gate_faults
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.sight import kept_by_owner, require_sight_of_site
from factor_db.store.tables import FactorVersion
from factor_db.store.work import Work, last_states, state_of

SELF_REVIEWED = "self-reviewed"


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step: from which states, to which, by which role, and whether it needs a reason.

    `apart_from` names the earlier step whose taker may not take this one (`draft`: the author).
    """

    sources: tuple[str, ...]
    target: str
    role: str
    needs_reason: bool = False
    apart_from: str = ""


IN_REVIEW = "in_review"
STEPS = {
    "submit": Step(("draft",), "submitted", "exporter"),
    "take-up": Step(("submitted",), IN_REVIEW, "auditor", apart_from="draft"),
    "return": Step(
        ("submitted", IN_REVIEW, "reviewed"),
        "draft",
        "auditor",
        needs_reason=True,
        apart_from="draft",
    ),
    "review": Step(("submitted", IN_REVIEW), "reviewed", "auditor", apart_from="draft"),
    "publish": Step(("reviewed",), "published", "park", apart_from="reviewed"),
    "withdraw": Step(
        ("draft", "submitted", IN_REVIEW, "reviewed", "published"), "withdrawn", "park"
    ),
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
    if state not in step.sources:
        raise BadInput("FACTOR_STEP", ref=ref, state=state, action=action)
    work.require_owner(row.owner)
    if self_reviewed and not kept_by_owner(row):
        raise NotAllowed("FACTOR_SELF_REVIEW_SITE", ref=ref)
    if not self_reviewed:
        work.require(step.role)
        _require_another_person(work, row, step)
    if step.needs_reason and not reason.strip():
        raise BadInput("FACTOR_REASON_NEEDED", ref=ref, action=action)
    if action == "submit":
        _require_open_gates(work, row)
    if action == "publish":
        if unanswered := open_comments(work.session, row.sha256):
            raise BadInput("FACTOR_COMMENTS_OPEN", ref=ref, fields=", ".join(unanswered))
        supersede_older(work, row)
    words = " ".join(filter(None, (SELF_REVIEWED if self_reviewed else "", reason)))
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
        if states.get(row.sha256, "") in STEPS[action].sources
    ]


def _require_open_gates(work: Work, row: FactorVersion) -> None:
    faults = gate_faults(work.session, load_factor(row))
    if faults:
        listed = ", ".join(f"{item.gate}: {item.detail}" for item in faults)
        raise BadInput("GATES_CLOSED", ref=f"{row.factor_id}@{row.version}", faults=listed)


def _require_another_person(work: Work, row: FactorVersion, step: Step) -> None:
    """Raise NotAllowed when the actor took the step that this one must be apart from."""
    entries = history(work.session, row.sha256)
    if step.apart_from == "draft":
        # The author made the first entry; a later `draft` is an auditor's return.
        earlier, code = entries[0], "FACTOR_OWN_REVIEW"
    elif step.apart_from:
        earlier = [entry for entry in entries if entry.state == step.apart_from][-1]
        code = "FACTOR_OWN_PUBLICATION"
    else:
        return
    if earlier.actor == work.actor.name:
        raise NotAllowed(code, ref=f"{row.factor_id}@{row.version}", user=earlier.actor)


def supersede_older(work: Work, row: FactorVersion) -> None:
    """Enter every published older version of a factor as superseded; releases keep theirs.

    A supplier's figures of two periods stand beside one another: metal of the earlier year carries
    the earlier one. Which of them a study may take, what it is of decides (rule PCF-SUPPLY-002).
    """
    query = select(FactorVersion).where(
        FactorVersion.factor_id == row.factor_id, FactorVersion.version < row.version
    )
    older = work.session.exec(query.order_by(col(FactorVersion.version))).all()
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
