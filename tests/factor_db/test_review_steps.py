"""Who may take which step with a factor: every role x state x action, comments, and sampling.

System under test: one derived factor of the example plate mill, driven into each state by the
people whose duty it is. Expected table, by hand: only the step's own role (or admin, who stands in
for every role) may act, only from the step's own states, and never one person for two steps that
belong apart (author / reviewer, reviewer / publisher).
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.versions import find_version, history
from factor_db.factors.review.comments import (
    add_comment,
    comments_on,
    open_comments,
    resolve_comment,
)
from factor_db.factors.review.lifecycle import STEPS, take_step
from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.frozen.sampling import OUTCOMES, make_plan, progress, statement, tick
from factor_db.store.home import ROLES
from factor_db.store.rights import states_of
from factor_db.store.sight import house_at_work
from factor_db.store.tables import Actor
from factor_db.store.work import Store, Work

# The gates have their own test; here they would check the same ledger hundreds of times.
pytestmark = pytest.mark.usefixtures("open_gates")
EXAMPLE = Path("factor_db/reference/examples/plate_mill.xlsx")
# How a factor gets into each state, by the users `init` creates.
WAY = {
    "draft": (),
    "submitted": (("exporter", "submit"),),
    "in_review": (("exporter", "submit"), ("auditor", "take-up")),
    "reviewed": (("exporter", "submit"), ("auditor", "review")),
    "published": (("exporter", "submit"), ("auditor", "review"), ("park", "publish")),
    "withdrawn": (("park", "withdraw"),),
}
ALLOWED = {
    ("exporter", "draft", "submit"),
    ("auditor", "submitted", "take-up"),
    ("auditor", "submitted", "review"),
    ("auditor", "in_review", "review"),
    ("auditor", "submitted", "return"),
    ("auditor", "in_review", "return"),
    ("auditor", "reviewed", "return"),
    ("park", "reviewed", "publish"),
    *(("park", state, "withdraw") for state in WAY if state != "withdrawn"),
}
ALLOWED |= {("admin", state, action) for _, state, action in ALLOWED}


@pytest.fixture(scope="module")
def derived(
    founded_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, str]]:
    """A store with the plate mill's drafts, and the reference of one of them.

    Made once: every test takes its steps in a unit of work that is undone.
    """
    home = tmp_path_factory.mktemp("review") / "home"
    shutil.copytree(founded_home, home)
    store = Store.at(home)
    with store.work("exporter") as work:
        import_ledger(work, EXAMPLE)
        refs = derive_site(work, "CQ-PLATE")
    yield store, next(ref for ref in refs if "melting.electricity" in ref)
    store.close()


@contextmanager
def undone(store: Store, user: str) -> Iterator[Work]:
    """A unit of work that leaves nothing behind."""
    with store.work(user) as work:
        yield work
        work.session.rollback()


def walked(work: Work, ref: str, state: str) -> None:
    """Bring a factor into a state, each step by its own user."""
    acting = work.actor
    with house_at_work(work.session):
        for user, action in WAY[state]:
            work.actor = work.session.get_one(Actor, user)
            take_step(work, ref, action)
    work.actor = acting


@pytest.mark.parametrize("state", sorted(WAY))
def test_every_role_and_action_in_a_state(state: str, derived: tuple[Store, str]) -> None:
    store, ref = derived
    for role in ROLES:
        for action, step in STEPS.items():
            with undone(store, role) as work:
                walked(work, ref, state)
                work.session.flush()
                # For the standards team it is not there; for the rest the state is asked first.
                unseen, wrong_state = (
                    role == "standards",
                    state not in states_of(f"factor.{action}"),
                )
                fault = BadInput if wrong_state or unseen else NotAllowed
                if (role, state, action) in ALLOWED:
                    assert take_step(work, ref, action, reason="seen") == step.target
                    continue
                with pytest.raises(fault):
                    take_step(work, ref, action, reason="seen")
    assert {action for *_, action in ALLOWED} == set(STEPS)


def test_author_reviewer_and_publisher_are_three_people(derived: tuple[Store, str]) -> None:
    store, ref = derived
    with undone(store, "exporter") as work:
        take_step(work, ref, "submit")
        # The same person in an auditor's role is still the author.
        work.session.expunge(work.actor)
        work.actor.role = "auditor"
        for action in ("take-up", "review", "return"):
            with pytest.raises(NotAllowed, match="FACTOR_OWN_REVIEW"):
                take_step(work, ref, action, reason="seen")
    with undone(store, "admin") as work:
        take_step(work, ref, "submit")
        take_step(work, ref, "review")
        with pytest.raises(NotAllowed, match="FACTOR_OWN_PUBLICATION"):
            take_step(work, ref, "publish")


def test_an_auditor_who_returned_a_factor_may_still_review_it(derived: tuple[Store, str]) -> None:
    store, ref = derived
    with undone(store, "auditor") as work:
        walked(work, ref, "submitted")
        with pytest.raises(BadInput, match="FACTOR_REASON_NEEDED"):
            take_step(work, ref, "return", reason=" ")
        take_step(work, ref, "return", reason="which meter?")
        walked(work, ref, "submitted")
        assert take_step(work, ref, "review") == "reviewed"
        entries = history(work.session, find_version(work.session, ref).sha256)
        assert [(e.state, e.reason) for e in entries][2] == ("draft", "which meter?")


def test_an_open_comment_stands_in_the_way_of_publication(derived: tuple[Store, str]) -> None:
    store, ref = derived
    with undone(store, "auditor") as work:
        walked(work, ref, "reviewed")
        row = find_version(work.session, ref)
        asked = add_comment(work, row, "amounts", "Is the holding furnace in it?")
        work.session.flush()
        work.actor = work.session.get_one(Actor, "park")
        with pytest.raises(BadInput, match="FACTOR_COMMENTS_OPEN") as refusal:
            take_step(work, ref, "publish")
        assert refusal.value.params["fields"] == "amounts"
        with pytest.raises(NotAllowed, match="ACTION_NOT_ALLOWED"):  # not the park's question
            resolve_comment(work, asked, "yes")
        work.actor = work.session.get_one(Actor, "auditor")
        with pytest.raises(BadInput, match="COMMENT_EMPTY"):
            resolve_comment(work, asked, " ")
        resolve_comment(work, asked, "yes, meter M-07")
        with pytest.raises(BadInput, match="COMMENT_UNKNOWN"):
            resolve_comment(work, asked, "again")
        (comment,) = comments_on(work.session, row.sha256)
        assert (comment.state, comment.answer) == ("resolved", "yes, meter M-07")
        assert open_comments(work.session, row.sha256) == []
        work.actor = work.session.get_one(Actor, "park")
        assert take_step(work, ref, "publish") == "published"


@pytest.mark.parametrize(
    ("user", "field", "text", "fault"),
    [
        ("auditor", "colour", "why?", "COMMENT_FIELD"),
        ("auditor", "amounts", "  ", "COMMENT_EMPTY"),
        ("exporter", "amounts", "why?", "ACTION_NOT_ALLOWED"),
    ],
)
def test_what_is_no_comment(
    user: str, field: str, text: str, fault: str, derived: tuple[Store, str]
) -> None:
    store, ref = derived
    with undone(store, user) as work, pytest.raises((BadInput, NotAllowed), match=fault):
        add_comment(work, find_version(work.session, ref), field, text)


def test_a_seed_gives_the_same_sample_and_the_largest_rows_are_in_it(
    derived: tuple[Store, str],
) -> None:
    store, _ = derived
    with undone(store, "auditor") as work:
        first = progress(work.session, make_plan(work, "CQ-PLATE", size=60, seed=7)).plan
        again = progress(work.session, make_plan(work, "CQ-PLATE", size=60, seed=7)).plan
        other = progress(work.session, make_plan(work, "CQ-PLATE", size=60, seed=8)).plan
        small = progress(work.session, make_plan(work, "CQ-PLATE", size=3, seed=7)).plan
    assert first == again
    assert {row["cell"] for row in first["rows"]} != {row["cell"] for row in other["rows"]}
    assert small["rows"] == first["rows"][:3]  # a larger sample holds the smaller one
    flows = {row["flow"] for row in first["rows"]}
    assert {"electricity", "natural_gas", "plate", "primary_ingot"} <= flows


def test_a_statement_lists_every_row_and_every_file_seen(derived: tuple[Store, str]) -> None:
    store, _ = derived
    ticket = sha256_hex(b"weighbridge ticket 0412")
    with undone(store, "auditor") as work:
        plan = make_plan(work, "CQ-PLATE", size=3, seed=1)
        work.session.flush()
        cells = list(progress(work.session, plan).ticks)
        tick(work, plan, cells[0], "differs", note="ticket says 5 130")
        tick(work, plan, cells[0], "agrees", evidence_sha256=ticket)  # looked again
        tick(work, plan, cells[1], "differs", note="ticket says 5 310", evidence_sha256=ticket)
        with pytest.raises(BadInput, match="SAMPLING_OPEN") as refusal:
            statement(work.session, plan, "auditor")
        assert refusal.value.params["cells"] == cells[2]
        tick(work, plan, cells[2], "no_evidence", note="the file is lost")
        found = statement(work.session, plan, "auditor")
    assert found["files_seen"] == [ticket]
    assert found["outcomes"] == {"agrees": 1, "differs": 1, "no_evidence": 1}
    assert [row["seen"]["outcome"] for row in found["rows"]] == list(OUTCOMES)


@pytest.mark.parametrize(
    ("cell", "outcome", "more", "fault"),
    [
        ("ledger!ZZ1", "agrees", {"evidence_sha256": "0" * 64}, "SAMPLING_CELL"),
        ("", "fine", {"evidence_sha256": "0" * 64}, "SAMPLING_OUTCOME"),
        ("", "agrees", {}, "SAMPLING_EVIDENCE"),
        ("", "differs", {"note": " "}, "SAMPLING_NOTE"),
    ],
)
def test_what_is_no_tick(
    cell: str, outcome: str, more: dict[str, str], fault: str, derived: tuple[Store, str]
) -> None:
    store, _ = derived
    with undone(store, "auditor") as work:
        plan = make_plan(work, "CQ-PLATE", size=1, seed=1)
        work.session.flush()
        place = cell or next(iter(progress(work.session, plan).ticks))
        with pytest.raises(BadInput, match=fault):
            tick(work, plan, place, outcome, **more)
        with pytest.raises(BadInput, match="SAMPLING_PLAN"):
            tick(work, "0" * 64, place, outcome, **more)
        with pytest.raises(BadInput, match="SAMPLING_SIZE"):
            make_plan(work, "CQ-PLATE", size=0, seed=1)
