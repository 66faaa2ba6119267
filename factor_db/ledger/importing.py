"""Freezing a ledger: the file as it came, and its rows, stored whole or not at all."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Session, col, func, select

from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput
from factor_db.ledger import CheckResult, Ledger, check
from factor_db.ledger.cells import text_of
from factor_db.ledger.instrument_use import Claimant, hold_instruments, used_elsewhere
from factor_db.ledger.known_rows import Progress, collector_paused
from factor_db.ledger.row_storage import store_rows, stored_row
from factor_db.ledger.text_encoding import encoding_of
from factor_db.store.sight import require_sight, sees
from factor_db.store.tables import LedgerFile, Organisation, Site, StateEntry
from factor_db.store.work import Work

__all__ = [
    "ImportOutcome",
    "import_ledger",
    "ledger_of_site",
    "period_name",
    "stored_row",
]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import came to: the stored file's hash, or the findings that stopped it."""

    check: CheckResult
    sha256: str | None


@collector_paused()
def import_ledger(
    work: Work,
    path: Path,
    *,
    site_file: Path | None = None,
    progress: Progress | None = None,
) -> ImportOutcome:
    """Check a ledger file and freeze it; with any error or unexplained warning nothing is stored.

    `site_file` and `progress` are those of `check`; the keys of a site file are frozen as leading
    lines of the ledger. The same file imported twice is stored once. A certificate that another
    site or period has used is a finding of the import.
    Raises NotAllowed for another owner's site.
    """
    work.require("exporter", "park")
    result = check(path, site_file=site_file, progress=progress)
    if not result.valid or result.ledger is None:
        return ImportOutcome(result, None)
    if site_file is not None:
        with TemporaryDirectory() as folder:
            whole = Path(folder) / path.name
            whole.write_bytes(_with_site_lines(path, site_file))
            return ImportOutcome(result, import_ledger(work, whole).sha256)
    ledger = result.ledger
    work.require_owner(ledger.header.uscc)
    if work.session.get(LedgerFile, ledger.file_sha256) is None:
        claimant = _claimant(ledger)
        used = used_elsewhere(work.session, claimant, ledger.instruments)
        if used:
            found = replace(result, ledger=None, findings=(*result.findings, *used))
            return ImportOutcome(found, None)
        owner = _site(work, ledger)
        _freeze(work, ledger, owner, _content(path, ledger))
        hold_instruments(work, claimant, ledger.instruments)
    return ImportOutcome(result, ledger.file_sha256)


def _claimant(ledger: Ledger) -> Claimant:
    header = ledger.header
    period = header.period_start.isoformat(), header.period_end.isoformat()
    return Claimant(ledger.file_sha256, header.site_code, header.uscc, *period)


def _with_site_lines(path: Path, site_file: Path) -> bytes:
    """Return a CSV ledger in UTF-8 with its site keys as leading lines: whole in one file."""
    data = path.read_bytes()
    keys = tomllib.loads(site_file.read_text(encoding="utf-8"))
    lines = [f"# {key}: {' '.join(text_of(value).split())}\n" for key, value in keys.items()]
    text = data.decode(encoding_of(data) or "utf-8").removeprefix("\ufeff")
    return ("".join(lines) + text).encode()


def ledger_of_site(session: Session, site: str, period: str | None = None) -> LedgerFile:
    """Return the newest frozen ledger of a site (for a period `YYYY` or `YYYY-MM-DD/YYYY-MM-DD`).

    Of several for one period the one imported last counts.
    Raises BadInput when the site or the period has none, NotAllowed for another enterprise's.
    """
    # Not the files themselves, which may be large.
    query = (
        select(
            LedgerFile.period_end,
            func.coalesce(func.max(StateEntry.id), 0),
            LedgerFile.sha256,
            LedgerFile.period_start,
        )
        .outerjoin(StateEntry, col(StateEntry.subject) == col(LedgerFile.sha256))
        .where(LedgerFile.site == site)
        .group_by(col(LedgerFile.sha256))
    )
    found = [
        (end, imported, sha256)
        for end, imported, sha256, start in session.exec(query)
        if period in (None, period_name(start, end), f"{start}/{end}")
    ]
    if not found:
        sites = session.exec(select(Site).where(col(Site.code).in_(select(LedgerFile.site))))
        known = ", ".join(sorted(item.code for item in sites if sees(session, item.owner)))
        raise BadInput("LEDGER_NONE", site=site, period=period or "-", known=known or "-")
    file = session.get_one(LedgerFile, max(found)[2])
    require_sight(session, file.owner)
    return file


def period_name(start: str, end: str) -> str:
    """Return `2025` for a calendar year, else `2025-01-01/2025-06-30`."""
    if start[:4] == end[:4] and start.endswith("-01-01") and end.endswith("-12-31"):
        return start[:4]
    return f"{start}/{end}"


def _content(path: Path, ledger: Ledger) -> bytes:
    content = path.read_bytes()
    if sha256_hex(content) != ledger.file_sha256:  # somebody saved the file after it was checked
        raise BadInput("LEDGER_CHANGED", path=path)
    return content


def _site(work: Work, ledger: Ledger) -> str:
    header = ledger.header
    owner = header.uscc
    if work.session.get(Organisation, owner) is None:
        organisation = Organisation(
            code=owner,
            name_zh=header.organisation_zh,
            name_en=header.organisation_en,
            uscc=header.uscc,
        )
        work.store(organisation, "create", "organisation", owner)
        work.session.flush()
    site = work.session.get(Site, header.site_code)
    if site is None:
        site = Site(
            code=header.site_code,
            owner=owner,
            region=header.region,
            illustrative=header.illustrative,
        )
        work.store(site, "create", "site", site.code)
    work.session.flush()
    if site.owner != owner:
        raise BadInput("SITE_OWNED_BY_ANOTHER", site=site.code, uscc=owner)
    organisation = work.session.get_one(Organisation, owner)
    stored = (site.region, site.illustrative, organisation.name_zh, organisation.name_en)
    named = (header.region, header.illustrative, header.organisation_zh, header.organisation_en)
    if stored != named:
        raise BadInput("SITE_DIFFERS", site=site.code, stored=stored, named=named)
    return owner


def _freeze(work: Work, ledger: Ledger, owner: str, content: bytes) -> None:
    header = ledger.header
    frozen = LedgerFile(
        sha256=ledger.file_sha256,
        owner=owner,
        site=header.site_code,
        file_name=ledger.file_name,
        period_start=header.period_start.isoformat(),
        period_end=header.period_end.isoformat(),
        illustrative=header.illustrative,
        content=content,
    )
    work.store(frozen, "import", "ledger", frozen.sha256)
    work.session.flush()
    store_rows(work, ledger.rows, frozen)
    work.enter_state("ledger", frozen.sha256, "imported")
