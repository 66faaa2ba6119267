"""Freezing a ledger: the file as it came, and its rows, stored whole or not at all."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from factor_db.foundation.canonical import sha256_hex
from factor_db.foundation.errors import BadInput
from factor_db.ledger.checks.whole import CheckResult, check, read_cells
from factor_db.ledger.files.text_encoding import encoding_of
from factor_db.ledger.form.cells import text_of
from factor_db.ledger.form.rows import Ledger
from factor_db.ledger.frozen.frozen_ledger import FrozenLedger
from factor_db.ledger.frozen.installation_use import hold_installations
from factor_db.ledger.frozen.overlaps import contradictions
from factor_db.ledger.frozen.row_storage import store_rows, stored_row
from factor_db.ledger.frozen.site_ledgers import (
    ledger_of_site,
    named_ledgers,
    period_name,
    replace_ledgers,
    replaced_ledgers,
)
from factor_db.ledger.frozen.stock_levels import uncarried
from factor_db.ledger.frozen.twins import twins
from factor_db.ledger.power.instrument_use import Claimant, hold_instruments, used_elsewhere
from factor_db.ledger.reading.known_rows import Progress, collector_paused
from factor_db.store.tables import LedgerFile, Organisation, Site
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
    replaces: Sequence[str] = (),
) -> ImportOutcome:
    """Check a ledger file and freeze it; with any error or unexplained warning nothing is stored.

    `site_file` and `progress` are those of `check`; the keys of a site file are frozen as leading
    lines of the ledger. The same file imported twice is stored once. A certificate that another
    site or period has used is a finding of the import, and so are months that another ledger of
    the site states otherwise and stock that does not carry on from it, unless `replaces` names that
    ledger by its period or its hash: it is then kept and answers no more. A ledger
    that says what one of the owner's other sites says is a finding too: one plant, one code.
    Raises NotAllowed for another owner's site, BadInput for a ledger to replace that is not there
    and for a file that was replaced before. Rules: PCF-PERIOD-001, AL-STOCK-001, PCF-SITE-001.
    """
    work.require("exporter", "park")
    result = check(path, site_file=site_file, progress=progress)
    if not result.valid or result.ledger is None:
        return ImportOutcome(result, None)
    if site_file is not None:
        with TemporaryDirectory() as folder:
            whole = Path(folder) / path.name
            whole.write_bytes(_with_site_lines(path, site_file))
            done = import_ledger(work, whole, replaces=replaces)
            return replace(done, check=result) if done.sha256 else done
    work.require_owner(result.ledger.header.uscc)
    return _imported(work, path, result, result.ledger, replaces)


def _imported(
    work: Work, path: Path, result: CheckResult, ledger: Ledger, replaces: Sequence[str]
) -> ImportOutcome:
    site, sha256 = ledger.header.site_code, ledger.file_sha256
    owned = named_ledgers(work.session, site, replaces, owner=ledger.header.uscc)
    named = [item for item in owned if item != sha256]
    if sha256 in replaced_ledgers(work.session, site):
        raise BadInput("LEDGER_WAS_REPLACED", file=ledger.file_name, site=site)
    if work.session.get(LedgerFile, sha256) is None:
        claimant = _claimant(ledger, named)
        found = used_elsewhere(work.session, claimant, ledger.instruments)
        found += contradictions(work.session, ledger, named)
        read = cache(lambda: _as_frozen(ledger, path))
        found += uncarried(work.session, claimant, read)
        found += twins(work.session, claimant, ledger.rows, read)
        if found:
            refused = replace(result, ledger=None, findings=(*result.findings, *found))
            return ImportOutcome(refused, None)
        owner = _site(work, ledger)
        _freeze(work, ledger, owner, path)
        hold_instruments(work, claimant, ledger.instruments)
        hold_installations(work, claimant, ledger.own_power)
    replace_ledgers(work, named, sha256)
    return ImportOutcome(result, sha256)


def _as_frozen(ledger: Ledger, path: Path) -> FrozenLedger:
    days = ledger.header.period_start, ledger.header.period_end
    return FrozenLedger(read_cells(path.read_bytes()), *days)


def _claimant(ledger: Ledger, replaces: Sequence[str]) -> Claimant:
    header = ledger.header
    period = header.period_start.isoformat(), header.period_end.isoformat()
    names = ledger.file_sha256, header.site_code, header.uscc
    return Claimant(*names, *period, replaces=tuple(replaces))


def _with_site_lines(path: Path, site_file: Path) -> bytes:
    """Return a CSV ledger in UTF-8 with its site keys as leading lines: whole in one file."""
    data = path.read_bytes()
    keys = tomllib.loads(site_file.read_text(encoding="utf-8"))
    lines = [f"# {key}: {' '.join(text_of(value).split())}\n" for key, value in keys.items()]
    text = data.decode(encoding_of(data) or "utf-8").removeprefix("\ufeff")
    return ("".join(lines) + text).encode()


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


def _freeze(work: Work, ledger: Ledger, owner: str, path: Path) -> None:
    frozen = _file(ledger, owner, path)
    work.store(frozen, "import", "ledger", frozen.sha256)
    work.session.flush()
    work.session.expire(frozen, ["content"])  # it is stored; its rows may need the room
    store_rows(work, ledger.rows, frozen)
    work.enter_state("ledger", frozen.sha256, "imported")


def _file(ledger: Ledger, owner: str, path: Path) -> LedgerFile:
    header = ledger.header
    return LedgerFile(
        sha256=ledger.file_sha256,
        owner=owner,
        site=header.site_code,
        file_name=ledger.file_name,
        period_start=header.period_start.isoformat(),
        period_end=header.period_end.isoformat(),
        illustrative=header.illustrative,
        content=_content(path, ledger),
    )
