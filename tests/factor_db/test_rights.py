"""Who may do what: every role x owner x kind x state x action, by the table and by the services.

System under test: `reference/rights.csv` and whoever reads it. Five things, one of each kind and
owner: a plate mill's own factor (field, enterprise), its supplier's footprint (product,
enterprise), a factor an enterprise entered (shared, enterprise), one the park entered (shared,
park) and one that is shipped (shared, reference). Expected by hand, in the sets below: an exporter
submits, an auditor takes up, returns and reviews, the park publishes and withdraws; of what is
shipped the park may withdraw and nothing else is open to anybody, administrators included.
An id belongs to owner, site and kind of its first version (finding T1: a rival superseded
`cq-plate.2025.melting.natural_gas` by a product record of its own under that id).
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.entry import add_by_hand
from factor_db.factors.keep.versions import add_factor, find_version, history, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import published_of_site
from factor_db.factors.review.lifecycle import STEPS, take_step
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.home import ROLES
from factor_db.store.rights import KINDS, OWNERS, factor_kind, is_open, owner_kind, rights
from factor_db.store.sight import act_for, house_at_work
from factor_db.store.tables import Actor, Organisation
from factor_db.store.users import add_user
from factor_db.store.work import Store, Work
from footprint.cli.main import main

pytestmark = pytest.mark.usefixtures("open_gates")
EXAMPLE = Path("factor_db/reference/examples/plate_mill.xlsx")
SHIPPED = "elec.cn.footprint.national.2024"
GAS = "cq-plate.2025.melting.natural_gas"
RIVAL, RIVAL_CODE = "rival", "91350100M000100Y43"
STATES = ("draft", "submitted", "in_review", "reviewed", "published", "superseded", "withdrawn")
NEW = {
    ("exporter", "draft", "submit"),
    *(("auditor", state, "review") for state in ("submitted", "in_review")),
    *(("auditor", state, "return") for state in ("submitted", "in_review", "reviewed")),
    ("auditor", "submitted", "take-up"),
    ("park", "reviewed", "publish"),
}
WITHDRAWN = {("park", state, "withdraw") for state in STATES[:5]}
# What may be done with a thing of each owner, whatever its kind.
BY_HAND = {"enterprise": NEW | WITHDRAWN, "park": NEW | WITHDRAWN, "reference": WITHDRAWN}


@dataclass
class Things:
    store: Store
    refs: dict[tuple[str, str], str]
    enterprise: str


def _record(store: Store, **fields: object) -> Factor:
    with store.read() as session:
        shipped = load_factor(find_version(session, SHIPPED))
    return Factor.model_validate({**shipped.record(), "version": 1, **fields})


@pytest.fixture(scope="module")
def things(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Things]:
    home = tmp_path_factory.mktemp("rights") / "home"
    shutil.copytree(founded_home, home)
    store = Store.at(home)
    with store.work("exporter") as work:
        import_ledger(work, EXAMPLE)
        derive_site(work, "CQ-PLATE")
    with store.read() as session:
        owner = find_version(session, GAS).owner
    kept = {"redistribution": "owner", "flow": "primary_ingot", "unit": "kg/kg"}
    product = {"kind": "product", "quantity": "cradle_to_gate", **kept}
    new = {
        ("product", "enterprise"): _record(store, id="supplier.x", owner=owner, **product),
        ("shared", "enterprise"): _record(store, id="grid.x", owner=owner),
        ("shared", "park"): _record(store, id="park.x", owner="park"),
    }
    with store.work("exporter") as work:
        refs = {key: f"{add_factor(work, factor).factor_id}@1" for key, factor in new.items()}
        work.session.flush()
    with store.work("admin") as work:
        work.store(
            Organisation(code=RIVAL_CODE, name_zh="r", name_en="r"), "create", "organisation", "r"
        )
        add_user(work, RIVAL, "exporter", RIVAL_CODE)
    refs |= {("field", "enterprise"): f"{GAS}@1", ("shared", "reference"): f"{SHIPPED}@1"}
    yield Things(store, refs, owner)
    store.close()


@contextmanager
def undone(store: Store, user: str) -> Iterator[Work]:
    with store.work(user) as work:
        yield work
        work.session.rollback()


def bring(work: Work, ref: str, state: str) -> None:
    """Enter a state by somebody else, so that nobody is the author or the reviewer."""
    acting, work.actor = work.actor, Actor(name="somebody", role="admin")
    with house_at_work(work.session):
        work.enter_state("factor", find_version(work.session, ref).sha256, state)
    work.session.flush()
    work.actor = acting


@pytest.mark.parametrize("state", STATES)
def test_services_do_what_the_table_says_in_every_cell(state: str, things: Things) -> None:
    assert set(things.refs) == {
        *((kind, "enterprise") for kind in KINDS),
        ("shared", "park"),
        ("shared", "reference"),
    }
    for (kind, owner), ref in things.refs.items():
        for role in ROLES:
            for action in STEPS:
                open_to = {who for who, *cell in BY_HAND[owner] if cell == [state, action]}
                allowed = role in open_to or (role == "admin" and bool(open_to))
                place = {"kind": kind, "owner": owner, "state": state}
                assert is_open(f"factor.{action}", role, **place) == allowed, place
                with undone(things.store, role) as work:
                    bring(work, ref, state)
                    try:
                        took = take_step(work, ref, action, reason="seen") == STEPS[action].target
                    except (BadInput, NotAllowed):
                        took = False
                assert took == allowed, (place, role, action)


def test_every_row_of_the_table_speaks_of_known_roles_owners_kinds_and_states() -> None:
    for right in rights():
        assert set(right.roles) <= set(ROLES)
        assert right.roles
        assert set(right.kinds) <= set(KINDS)
        assert set(right.owners) <= set(OWNERS)
        assert set(right.states) <= {*STATES, "*"}
        assert right.closed_to in ("", "author", "reviewer")
    with pytest.raises(KeyError):
        is_open("factor.burn", "admin")


def test_alone_confirms_only_who_keeps_it(things: Things) -> None:
    """One person may review and publish what serves its owner alone, nothing that others take."""
    for (kind, owner), ref in things.refs.items():
        with undone(things.store, "exporter") as work:
            bring(work, ref, "submitted")
            if kind in ("field", "product"):
                assert take_step(work, ref, "review", self_reviewed=True) == "reviewed"
                continue
            with pytest.raises(NotAllowed):
                take_step(work, ref, "review", self_reviewed=True)
        assert is_open(
            "factor.review-alone", "exporter", kind=kind, owner=owner, state="submitted"
        ) is (kind in ("field", "product") and owner == "enterprise")
    with undone(things.store, "standards") as work, pytest.raises((NotAllowed, BadInput)):
        take_step(work, things.refs["product", "enterprise"], "withdraw", self_reviewed=True)


def test_alone_opens_no_other_step(things: Things) -> None:
    """`self_reviewed` once let anybody take any step, withdrawal too."""
    ref = things.refs["product", "enterprise"]
    with undone(things.store, "exporter") as work, pytest.raises(NotAllowed):
        take_step(work, ref, "withdraw", reason="mine", self_reviewed=True)


@pytest.mark.parametrize("taken", [GAS, SHIPPED, "supplier.x", "park.x", "no.such.id.2025.x"])
def test_a_rival_takes_no_id_by_hand(taken: str, things: Things) -> None:
    """T1. A hidden id and one that is not there are refused in the same words."""
    stolen = _record(
        things.store, id=taken, owner=RIVAL_CODE, kind="product", redistribution="owner",
        quantity="cradle_to_gate",
    )  # fmt: skip
    with undone(things.store, RIVAL) as work:
        with pytest.raises(BadInput, match="FACTOR_ID_FORM") as refusal:
            add_by_hand(work, stolen, explanation="mine")
        assert refusal.value.params == {"id": taken, "own": RIVAL_CODE.lower()}
        own = stolen.model_copy(update={"id": f"{RIVAL_CODE.lower()}.plate"})
        assert add_by_hand(work, own, explanation="mine").version == 1


def test_an_id_belongs_to_owner_site_and_kind_of_its_first_version(things: Things) -> None:
    with undone(things.store, "exporter") as work:
        gas = load_factor(find_version(work.session, GAS))
        shared = load_factor(find_version(work.session, "grid.x"))
        for stolen in (
            gas.model_copy(update={"owner": RIVAL_CODE, "gsd": gas.gsd * 2}),
            gas.model_copy(update={"site": "OTHER", "gsd": gas.gsd * 2}),
            shared.model_copy(update={"kind": "product", "gsd": shared.gsd * 2}),
            shared.model_copy(update={"owner": "park"}),
        ):
            with pytest.raises(NotAllowed, match="FACTOR_ID_TAKEN"):
                add_factor(work, stolen)
        assert add_factor(work, gas.model_copy(update={"gsd": gas.gsd * 2})).version == 2


def test_shipped_ids_are_closed_to_everybody(things: Things) -> None:
    for role in ROLES:
        with undone(things.store, role) as work:
            shipped = load_factor(find_version(work.session, SHIPPED))
            changed = shipped.model_copy(update={"gsd": shipped.gsd * 2})
            with pytest.raises(NotAllowed, match="ACTION_NOT_ALLOWED"):
                add_factor(work, changed)
            for owner in ("park", things.enterprise):
                with pytest.raises(NotAllowed):
                    add_factor(work, changed.model_copy(update={"owner": owner}))


def test_a_strangers_version_of_an_older_store_supersedes_nothing(things: Things) -> None:
    """A store made before ids had owners holds such a version; publishing it changes its own only."""
    with undone(things.store, RIVAL) as work:
        bring(work, GAS, "published")
        work.founds = True  # as the earlier version of this software did, which asked nobody
        gas = load_factor(find_version_of_house(work, GAS))
        stolen = gas.model_copy(update={"site": "", "owner": RIVAL_CODE, "kind": "product",
                                        "quantity": "cradle_to_gate", "amounts": {"co2e": gas.value},
                                        "gwp_set": "AR6", "redistribution": "owner"})  # fmt: skip
        row = add_factor(work, Factor.model_validate(stolen.record()))
        work.founds = False
        act_for(work.session, work.actor)
        for action in ("submit", "review", "publish"):
            take_step(work, f"{GAS}@{row.version}", action, self_reviewed=True)
        work.session.flush()
        with house_at_work(work.session):
            first = find_version(work.session, f"{GAS}@1")
            assert history(work.session, first.sha256)[-1].state == "published"
            assert GAS in {item.id for item in published_of_site(work.session, "CQ-PLATE")}


def find_version_of_house(work: Work, ref: str):  # type: ignore[no-untyped-def]
    with house_at_work(work.session):
        return find_version(work.session, ref)


def test_a_draft_alone_of_a_stranger_hides_nothing(things: Things) -> None:
    """T1: the rival's draft under the id gave the owner exit 4 on `factor show`."""
    with undone(things.store, "exporter") as work:
        gas = load_factor(find_version(work.session, GAS))
        work.founds = True
        add_factor(work, gas.model_copy(update={"owner": RIVAL_CODE, "site": "X"}))
        work.session.flush()
        work.actor = Actor(name="own", role="exporter", organisation=things.enterprise)
        act_for(work.session, work.actor)
        assert find_version(work.session, GAS).version == 1


def test_kinds_and_owners_are_told_from_the_factor() -> None:
    assert [
        factor_kind("S", "product"),
        factor_kind("", "product"),
        factor_kind("", "emission"),
    ] == [
        "field",
        "product",
        "shared",
    ]
    assert [owner_kind(code) for code in ("park", "reference", RIVAL_CODE)] == [
        "park",
        "reference",
        "enterprise",
    ]


def test_the_store_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """T7: the store was 0644 in a folder of 0755."""
    old = os.umask(0o022)
    try:
        new = tmp_path / "made" / "home"
        Store.at(new).close()
        open_one = tmp_path / "open"
        open_one.mkdir(mode=0o755)
        shutil.copy(new / "footprint.db", open_one)
        (open_one / "footprint.db").chmod(0o644)
        Store.at(open_one).close()
        other = tmp_path / "projects"
        other.mkdir(mode=0o755)
        (other / "notes.txt").write_text("not ours", encoding="utf-8")
        Store.at(other).close()
    finally:
        os.umask(old)
    modes = {
        folder.name: (
            stat.S_IMODE(folder.stat().st_mode),
            stat.S_IMODE((folder / "footprint.db").stat().st_mode),
        )
        for folder in (new, open_one, other)
    }
    # A folder with other things in it is not ours to close; the file is, wherever it lies.
    assert modes == {"home": (0o700, 0o600), "open": (0o700, 0o600), "projects": (0o755, 0o600)}


def test_the_command_prints_the_table_that_services_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def listed(*words: str) -> list[dict[str, str]]:
        with pytest.raises(SystemExit) as left:
            main(["user", "rights", "--json", *words])
        assert left.value.code in (0, None)
        found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
        return found

    assert len(listed()) == len(listed("--role", "admin")) == len(rights())
    standards = {row["action"] for row in listed("--role", "standards")}
    assert standards == {"factor.add", "factor.comment", "average.publish", "release.create"}
    with pytest.raises(SystemExit) as refusal:
        main(["user", "rights", "--role", "owner"])
    assert refusal.value.code == 2
