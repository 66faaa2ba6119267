"""Releases: frozen sets of published factor versions, and the founding of a new store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from factor_db.factors.keep.search_index import index_is_behind, rebuild_index
from factor_db.factors.keep.versions import REFERENCE_OWNER, load_factor, store_version
from factor_db.factors.park.averages import PARK, publish_averages
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.review.gates import changes_since
from factor_db.factors.review.lifecycle import supersede_older
from factor_db.foundation.canonical import content_hash, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.frozen.site_ledgers import replaced_ledgers
from factor_db.store.home import ROLES
from factor_db.store.sight import house_at_work, require_sight_of_site, sees
from factor_db.store.tables import Actor, Document, FactorVersion, Organisation, Site, StateEntry
from factor_db.store.work import Store, Work, last_entries

REFERENCE_RELEASE = "2026.11.3"


@dataclass(frozen=True, slots=True)
class Release:
    """A release's name, its hash and its factors."""

    name: str
    sha256: str
    factors: tuple[Factor, ...]


def found(store: Store) -> bool:
    """Fill an empty store: local users, the shipped factors, the reference release.

    Returns False when the store was founded before; then shipped factors and the reference release
    of newer software are added, old ones stay what they are, and the search index is filled up if
    a migration or a restored backup left it behind.
    """
    with store.read() as session:
        founded = session.get(Actor, "admin") is not None
        behind = founded and index_is_behind(session)
        outdated = founded and REFERENCE_RELEASE not in release_names(session)
    if behind or outdated:
        with store.founding() as work:
            if REFERENCE_RELEASE not in release_names(work.session):
                _release_reference(work)
            rebuild_index(work.session)
    if founded:
        return False
    with store.founding() as work:
        if work.session.get(Actor, "admin") is not None:
            return False
        for role in ROLES:
            work.store(Actor(name=role, role=role), "create", "actor", role)
        for code, zh, en in (
            (REFERENCE_OWNER, "随附参考数据", "Shipped reference data"),
            (PARK, "园区", "The park"),
        ):
            work.store(
                Organisation(code=code, name_zh=zh, name_en=en), "create", "organisation", code
            )
        work.session.flush()
        _release_reference(work)
        rebuild_index(work.session)
    return True


def _release_reference(work: Work) -> None:
    """Store every shipped factor that is new and freeze all of them as the reference release.

    A new version has its predecessor in the lineage and supersedes it; older releases keep that.
    """
    with work.session.no_autoflush:  # hundreds of new rows, none of which a query has to see
        stored = [store_version(work, item, "published") for item in reference_factors()]
    work.session.flush()
    rows = [row for row, _ in stored]
    for row, is_new in stored:
        if is_new and row.version > 1:
            supersede_older(work, row)
    create_release(work, REFERENCE_RELEASE, rows, owner=REFERENCE_OWNER)


def create_release(work: Work, name: str, rows: list[FactorVersion], owner: str = PARK) -> str:
    """Freeze factor versions under a name and return the hash; raises BadInput if it is taken.

    A release of the park also publishes and holds the park averages that are due; they are made
    here and nowhere else (rule DQ-PARK-002). They are refused, by BadInput, while a site's ledger
    was corrected, or has an open finding, since its factors were published.
    """
    work.require_right("release.create", owner=owner)
    taken = select(Document).where(Document.kind == "release", Document.name == name)
    if work.session.exec(taken).first() is not None:
        raise BadInput("RELEASE_TAKEN", release=name)
    if owner == PARK:
        sites = work.session.exec(select(Site.code).order_by(col(Site.code))).all()
        with house_at_work(work.session):
            own = [factor for site in sites for factor in published_of_site(work.session, site)]
            changed = [item for item in own if changes_since(work.session, item)]
        _refuse_changed(work.session, changed)
        with house_at_work(work.session):
            rows = [*rows, *publish_averages(work, own)]
    members = sorted((f"{row.factor_id}@{row.version}", row.sha256) for row in rows)
    payload = {"factors": [{"ref": ref, "sha256": sha256} for ref, sha256 in members], "name": name}
    sha256 = content_hash("release", payload)
    work.document("release", name, payload, sha256, owner)
    work.made_from(sha256, [member for _, member in members])
    return sha256


def _refuse_changed(session: Session, changed: Sequence[Factor]) -> None:
    """Refuse averages over factors that their ledgers do not give any more.

    Names them to who may see them, and to others only that there are such.
    """
    if changed:
        named = [item.ref for item in changed if sees(session, item.owner)]
        raise BadInput("RELEASE_FACTORS_CHANGED", factors=", ".join(named) or "-")


def load_release(session: Session, name: str) -> Release:
    """Return a release with its factors; raises BadInput when there is none of that name."""
    query = select(Document).where(Document.kind == "release", Document.name == name)
    document = session.exec(query).first()
    if document is None:
        known = ", ".join(release_names(session))
        raise BadInput("RELEASE_UNKNOWN", release=name, known=known or "-")
    members = [item["sha256"] for item in strict_json(document.payload.encode())["factors"]]
    query_rows = select(FactorVersion).where(col(FactorVersion.sha256).in_(members))
    rows = session.exec(query_rows).all()
    factors = tuple(sorted((load_factor(row) for row in rows), key=lambda factor: factor.ref))
    return Release(name, document.sha256, factors)


def release_names(session: Session) -> list[str]:
    """Return the names of all releases, oldest first: `2026.9` stands before `2026.11`."""
    names = session.exec(select(Document.name).where(Document.kind == "release"))
    return sorted(names, key=lambda name: [(len(part), part) for part in name.split(".")])


def published_of_site(session: Session, site: str) -> list[Factor]:
    """Return the site's own published factors, sorted by reference.

    Of two ledgers for one period only the one published last speaks: their values never mix. A
    ledger that another one replaced speaks no more (rule PCF-PERIOD-001).
    Raises NotAllowed for another enterprise's site.
    """
    require_sight_of_site(session, site)
    rows = session.exec(select(FactorVersion).where(FactorVersion.site == site)).all()
    last = last_entries(session, [row.sha256 for row in rows])
    gone = replaced_ledgers(session, site)
    published = [
        factor
        for factor in (load_factor(row) for row in _published(rows, last))
        if factor.source.file_sha256 not in gone
    ]
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for factor in published:
        period = (factor.period_start, factor.period_end)
        entry = (last[factor.sha256].id or 0, factor.source.file_sha256)
        newest[period] = max(newest.get(period, (0, "")), entry)
    speaking = [
        factor
        for factor in published
        if newest[factor.period_start, factor.period_end][1] == factor.source.file_sha256
    ]
    return sorted(speaking, key=lambda factor: factor.ref)


def published_for_everyone(session: Session) -> list[FactorVersion]:
    """Return the published versions that a release may hold: the park's and the shipped ones."""
    shared = col(FactorVersion.owner).in_((PARK, REFERENCE_OWNER))
    rows = session.exec(select(FactorVersion).where(FactorVersion.site == "", shared)).all()
    last = last_entries(session, [row.sha256 for row in rows])
    return _published(rows, last)


def _published(
    rows: Sequence[FactorVersion], last: Mapping[str, StateEntry]
) -> list[FactorVersion]:
    return [row for row in rows if row.sha256 in last and last[row.sha256].state == "published"]
