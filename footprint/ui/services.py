"""What the pages ask of the store: opened once per process, read through caches, no rows kept.

Every cached answer is plain data keyed by `state_tag`, so it is fresh as soon as a factor changes
state or a release is made, in this process or in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st
from sqlmodel import func, select

from factor_db.factors.keep.search import search_factors
from factor_db.factors.keep.versions import find_version, history, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import published_of_site
from factor_db.factors.trace.factors import Trace, TracedCell, trace_factor
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import Language
from factor_db.foundation.names import name_or_code
from factor_db.store.home import database_url, home_folder, user_name
from factor_db.store.sight import sites_in_sight
from factor_db.store.tables import Document, Organisation, StateEntry
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.issued import keep as keep_files
from footprint.certificate.issued import kept_files, unfinished
from footprint.certificate.service import LOCAL_ISSUER, issue_certificate, own_issuers, review_level
from footprint.result.document import ResultDocument
from footprint.sampling.what_if import WhatIf
from footprint.session import open_store
from footprint.ui.request import Request
from lca_models.catalogue import PRODUCTS, final_process


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site that has published factors for a product."""

    product: str
    site: str
    organisation_zh: str
    organisation_en: str


@dataclass(frozen=True, slots=True)
class FactorLine:
    """One line of the factor table: the record, its state and its amounts as text."""

    record: dict[str, Any]
    ref: str
    state: str
    amounts: str


@dataclass(frozen=True, slots=True)
class FactorRecord:
    """Everything about one factor version: record, states, and what it rests on."""

    factor: Factor
    state: str
    states: tuple[dict[str, str], ...]
    trace: Trace


def store() -> Store:
    """Return the process's one opened store of `FOOTPRINT_HOME`."""
    home = home_folder()
    return _opened(str(home), database_url(home))


@st.cache_resource(show_spinner=False, on_release=Store.close)
def _opened(home: str, url: str) -> Store:
    return open_store(Path(home))


def state_tag() -> str:
    """Return a text that changes whenever a state is entered or a release is made."""
    with store().read(user_name()) as session:
        entries = session.exec(select(func.max(StateEntry.id))).one()
        releases = session.exec(
            select(func.count()).select_from(Document).where(Document.kind == "release")
        ).one()
    return f"{database_url(home_folder())} {entries} {releases}"


def sites_by_product() -> dict[str, list[SiteLine]]:
    """Return product → the sites that can be calculated; products without a site are left out."""
    return _sites_by_product(state_tag())


@st.cache_data(show_spinner=False, max_entries=8)
def _sites_by_product(tag_of_state: str) -> dict[str, list[SiteLine]]:
    finals = {product: final_process(product) for product in PRODUCTS}
    found: dict[str, list[SiteLine]] = {}
    with store().read(user_name()) as session:
        for site in sites_in_sight(session):
            made = {factor.process for factor in published_of_site(session, site.code)}
            owner = session.get_one(Organisation, site.owner)
            for product, final in finals.items():
                if final in made:
                    line = SiteLine(product, site.code, owner.name_zh, owner.name_en)
                    found.setdefault(product, []).append(line)
    return {product: found[product] for product in PRODUCTS if product in found}


def calculate(request: Request) -> ResultDocument:
    """Return the result of a request; raises FootprintError. Nothing is stored."""
    return _calculate(request, state_tag())


@st.cache_data(show_spinner=False, max_entries=32)
def _calculate(request: Request, tag_of_state: str) -> ResultDocument:
    with store().read(user_name()) as session:
        return calculate_study(session, request.study(), samples=request.samples).result


def what_if(request: Request) -> WhatIf:
    """Return the result of a request with its values open to change; raises FootprintError."""
    return _what_if(request, state_tag())


@st.cache_resource(show_spinner=False, max_entries=32)
def _what_if(request: Request, tag_of_state: str) -> WhatIf:
    with store().read(user_name()) as session:
        return WhatIf(calculate_study(session, request.study()).nominal)


def keep(request: Request) -> str:
    """Store the calculation of a request, as the command line does, and return its id."""
    with store().work(user_name()) as work:
        result = calculate_study(work.session, request.study(), samples=request.samples)
        return store_calculation(work, result)


def certify(request: Request, seen: str, *, short_period: bool, new_issuer: str) -> str:
    """Store the calculation of a request, issue its certificate, and return the certificate's id.

    `seen` is the calculation that was looked at: another one, since a factor changed meanwhile, is
    not signed. `new_issuer` names the keys of a home that has none. Raises FootprintError where the
    command line refuses; nothing is stored then.
    """
    with unfinished() as folder:
        with store().work(user_name()) as work:
            result = calculate_study(work.session, request.study(), samples=request.samples)
            if result.result.calculation != seen:
                raise BadInput("ISSUING_MOVED")
            store_calculation(work, result)
            work.session.flush()
            name = issue_certificate(
                work,
                result.result,
                folder,
                issued_at=datetime.now(UTC),
                short_period=short_period,
                new_issuer=new_issuer or LOCAL_ISSUER,
            )
        keep_files(folder, name)
    return name


def certificate_files(name: str) -> list[Path]:
    """Return the kept files of a certificate: PDF, JSON and the issuer's public key."""
    return kept_files(name)


def issuer_name(*, illustrative: bool) -> str:
    """Return the name under which this home signs; empty where it has no keys yet."""
    role = "illustrative" if illustrative else "issuer"
    return next((item["name"] for item in own_issuers() if item["role"] == role), "")


def review_words(document: ResultDocument, lang: Language) -> str:
    """Return how far the plant's own factors were reviewed, in the certificate's words."""
    with store().read(user_name()) as session:
        return name_or_code("review", review_level(session, document), lang)


def find_factors(wanted: str) -> list[FactorLine]:
    """Return the factors that hold every wanted word, sorted by reference."""
    return _find_factors(wanted.strip().lower(), state_tag())


@st.cache_data(show_spinner=False, max_entries=64)
def _find_factors(wanted: str, tag_of_state: str) -> list[FactorLine]:
    with store().read(user_name()) as session:
        return [
            FactorLine(item.factor.record(), item.factor.ref, item.state, item.shown_amounts)
            for item in search_factors(session, wanted)
        ]


def factor_record(ref: str) -> FactorRecord:
    """Return everything about one factor version; raises BadInput for an unknown reference."""
    with store().read(user_name()) as session:
        row = find_version(session, ref)
        factor = load_factor(row)
        states = tuple(
            {"at": item.at, "actor": item.actor, "state": item.state, "reason": item.reason}
            for item in history(session, factor.sha256)
        )
        trace = trace_factor(session, factor.ref)
    return FactorRecord(factor, states[-1]["state"], states, trace)


def cells_of(ref: str) -> list[TracedCell]:
    """Return the ledger cells a factor was derived from; empty for shipped factors."""
    with store().read(user_name()) as session:
        return trace_factor(session, ref)["cells"]
