"""What the Ledger page asks of the store: check a file, freeze it, take its factors on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.review.lifecycle import take_step, waiting
from factor_db.factors.review.site_progress import SiteProgress, site_progress
from factor_db.foundation.messages import Language
from factor_db.ledger import CheckResult, Finding, check, write_template
from factor_db.ledger.frozen.importing import ImportOutcome, import_ledger
from factor_db.ledger.workbooks.annotate import annotate
from factor_db.store.home import user_name
from factor_db.store.tables import Actor
from footprint.ui.services import store

ALONE = ("review", "publish")
"""Steps that one person takes alone in local use; the certificate then says so."""


@st.cache_data(show_spinner=False, max_entries=2)
def template(lang: Language) -> bytes:
    """Return an empty template as a workbook."""
    with TemporaryDirectory(prefix="footprint-") as folder:
        path = Path(folder, "ledger.xlsx")
        write_template(path, lang)
        return path.read_bytes()


@st.cache_resource(show_spinner=False, max_entries=4)
def checked(name: str, content: bytes) -> CheckResult:
    """Return the findings of a file; nothing is stored."""
    with _as_file(name, content) as path:
        return check(path)


def annotated(name: str, content: bytes, findings: Sequence[Finding], lang: Language) -> bytes:
    """Return a copy of a file as a workbook with every finding at its cell."""
    with _as_file(name, content) as path:
        target = path.with_name(f"{path.stem}-annotated.xlsx")
        annotate(path, findings, target, lang)
        return target.read_bytes()


def freeze(name: str, content: bytes, replaces: Sequence[str]) -> ImportOutcome:
    """Freeze a file as a ledger of its site; with findings nothing is stored."""
    with _as_file(name, content) as path, store().work(user_name()) as work:
        return import_ledger(work, path, replaces=replaces)


def sites() -> list[SiteProgress]:
    """Return the sites in sight with their ledgers and the states of their factors."""
    with store().read(user_name()) as session:
        return site_progress(session)


def role() -> str:
    """Return the role of who acts; raises NotAllowed for an unknown user."""
    with store().read(user_name()) as session:
        return session.get_one(Actor, user_name()).role


def derive(site: str, period: str, allocation: str, reason: str) -> int:
    """Derive a site's factors of a period as drafts and return how many there are."""
    with store().work(user_name()) as work:
        return len(derive_site(work, site, period, allocation or None, reason=reason))


def take_steps(site: str, actions: Sequence[str], *, alone: bool = False) -> None:
    """Take steps one after the other with all that waits for them: all of them or none."""
    with store().work(user_name()) as work:
        for action in actions:
            for ref in waiting(work.session, site, action):
                take_step(work, ref, action, self_reviewed=alone)
            work.session.flush()


@contextmanager
def _as_file(name: str, content: bytes) -> Iterator[Path]:
    """Lay the bytes under their own name in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="footprint-") as folder:
        path = Path(folder, Path(name).name or "ledger")
        path.write_bytes(content)
        yield path
