"""Who did what: the acts of the audit log with a name for what they were done to.

An act is one leaf. Nobody is shown, or counts, an act on what is out of their sight; an act whose
subject is not stored any more is shown to those only who see everything.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlmodel import Session, col, or_, select

from factor_db.foundation.spreadsheets import safe_text
from factor_db.store.audit import log_entries
from factor_db.store.sight import COMMON_OWNERS, sees, sees_version, visible_owner
from factor_db.store.tables import (
    Actor,
    Document,
    EvidenceFile,
    FactorVersion,
    InstrumentUse,
    LedgerFile,
    Organisation,
    Site,
)


@dataclass(frozen=True, slots=True)
class Act:
    """One leaf: its number in the log, when (UTC), who, what, on what kind of thing and which.

    `name` is what people call the thing (`id@version`, a file, a document's name), `subject` its
    hash or code.
    """

    position: int
    at: str
    actor: str
    action: str
    kind: str
    name: str
    subject: str


COLUMNS = tuple(Act.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which acts are wanted; an empty field asks for nothing.

    `subject` is a hash or its beginning, a factor's id or `id@version`, a file's or document's
    name; `since` and `until` are beginnings of UTC times (`2026-11`), both included.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    def wants(self, act: Act) -> bool:
        """Tell whether an act is among those asked for."""
        return (
            self.actor in ("", act.actor)
            and self.action in ("", act.action)
            and (not self.subject or _is_about(act, self.subject))
            and act.at >= self.since
            and (not self.until or act.at[: len(self.until)] <= self.until)
        )


def _is_about(act: Act, subject: str) -> bool:
    return subject in (act.name, act.name.partition("@")[0]) or act.subject.startswith(subject)


def acts(session: Session, asked: Asked | None = None) -> list[Act]:
    """Return the acts asked for that lie in the user's sight, oldest first."""
    wanted = asked or Asked()
    name = cache(lambda subject: subject_name(session, subject))
    found = (act_of(entry, name) for entry in seen_entries(session))
    return [act for act in found if wanted.wants(act)]


def act_of(entry: Mapping[str, Any], name: Any) -> Act:
    """Return a leaf's entry as an act; `name` gives what a subject is called."""
    subject = str(entry.get("subject", ""))
    position = entry.get("position")
    words = {key: str(entry.get(key, "")) for key in ("at", "actor", "action", "kind")}
    return Act(
        position if isinstance(position, int) else -1,
        **words,
        name=name(subject),
        subject=subject,
    )


def seen_entries(session: Session) -> Iterator[Mapping[str, str | int]]:
    """Yield the entries of the log that are about what the user may see, in order."""
    seen = cache(lambda subject: subject_in_sight(session, subject))
    for entry in log_entries(session):
        if seen(str(entry.get("subject", ""))):
            yield entry


def subject_in_sight(session: Session, subject: str) -> bool:
    """Tell whether the session's user may see what a leaf is about, by its hash, code or name."""
    if visible_owner(session) is None:
        return True
    row = session.get(FactorVersion, subject)
    if row is not None:
        return sees_version(session, row)
    owners = _owners(session, subject)
    return bool(owners) and all(sees(session, item) for item in owners)


def _owners(session: Session, subject: str) -> list[str]:
    """Return the organisations that a thing in the store belongs to; none for what is not there."""
    by_key = or_(col(Document.sha256) == subject, col(Document.name) == subject)
    evidence, _, holder = subject.partition("@")
    attached = select(EvidenceFile.owner).where(EvidenceFile.sha256 == evidence)
    queries = (
        select(LedgerFile.owner).where(LedgerFile.sha256 == subject),
        select(Document.owner).where(by_key),
        attached.where(EvidenceFile.owner == holder) if holder else attached,
        select(InstrumentUse.owner).where(InstrumentUse.serial == subject),
        select(Site.owner).where(Site.code == subject),
        select(Organisation.code).where(Organisation.code == subject),
        select(Actor.organisation).where(Actor.name == subject),
    )
    for query in queries:
        if found := list(session.exec(query)):
            # Users of no one enterprise are the house's own.
            return [item or next(iter(COMMON_OWNERS)) for item in found]
    return []


def subject_name(session: Session, subject: str) -> str:
    """Return what people call a thing of the store, or the subject itself."""
    version = select(FactorVersion.factor_id, FactorVersion.version)
    for factor_id, number in session.exec(version.where(FactorVersion.sha256 == subject)):
        return f"{factor_id}@{number}"
    queries = (
        select(LedgerFile.file_name).where(LedgerFile.sha256 == subject),
        select(EvidenceFile.file_name).where(EvidenceFile.sha256 == subject.partition("@")[0]),
        select(Document.name).where(Document.sha256 == subject),
    )
    for query in queries:
        for name in session.exec(query.limit(1)):
            return name
    return subject


def as_csv(found: list[Act]) -> bytes:
    """Return acts as CSV (UTF-8 with its mark, for spreadsheets)."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for act in found:
        writer.writerow([safe_text(str(value)) for value in asdict(act).values()])
    return file.getvalue().encode("utf-8-sig")
