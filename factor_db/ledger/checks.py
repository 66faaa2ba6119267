"""Check a field ledger: one pass, all faults, nothing stored and nothing raised for bad content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from factor_db.foundation.canonical import sha256_hex
from factor_db.ledger.balances import check_balances
from factor_db.ledger.cells import RawLedger
from factor_db.ledger.completeness import check_completeness
from factor_db.ledger.csv_file import read_csv, read_site_file
from factor_db.ledger.faults import Finding, Findings
from factor_db.ledger.header import HeaderReading, check_header
from factor_db.ledger.magnitude import check_magnitude
from factor_db.ledger.picture import Picture
from factor_db.ledger.property_checks import check_properties
from factor_db.ledger.row_checks import read_rows
from factor_db.ledger.rows import Ledger, LedgerRow
from factor_db.ledger.workbook import MAX_FILE_BYTES, read_workbook

_ZIP_MAGIC = b"PK\x03\x04"
# An old binary or a password-protected workbook; neither is read.
_COMPOUND_MAGIC = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of a check: the ledger when no error was found, and all findings."""

    ledger: Ledger | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that block the ledger."""
        return tuple(item for item in self.findings if item.severity == "error")

    @property
    def unexplained_warnings(self) -> tuple[Finding, ...]:
        """Return the warnings without a note on their row (on the site sheet when file-wide)."""
        return tuple(
            item for item in self.findings if item.severity == "warning" and not item.explained
        )

    @property
    def valid(self) -> bool:
        """Tell whether the ledger may be imported: no error, every warning explained."""
        return not self.errors and not self.unexplained_warnings


def check(
    path: str | Path, *, site_file: str | Path | None = None, today: date | None = None
) -> CheckResult:
    """Check a ledger file (`.xlsx`, or CSV in UTF-8) and return it with all findings.

    Parameters
    ----------
    path : the ledger file; its kind is told from its first bytes.
    site_file : a TOML file of site keys for a CSV without `# key: value` lines; the keys of
        the ledger file come first, a key in both is a fault.
    today : the local date the period is compared with; the machine's date when not given.
    """
    path, findings = Path(path), Findings()
    data = _read_bytes(path, findings)
    if data is None:
        return CheckResult(None, findings.collected())
    raw = _read_raw(data, findings)
    if raw is None:
        return CheckResult(None, findings.collected())
    if site_file is not None:
        extra = read_site_file(Path(site_file), findings)
        raw = replace(raw, site=(*raw.site, *extra))
    reading = check_header(raw, findings, today or date.today())
    ledger = _check_raw(raw, reading, sha256_hex(data), path.name, findings)
    return CheckResult(ledger, findings.collected())


def read_frozen(data: bytes) -> tuple[LedgerRow, ...]:
    """Return the rows of a ledger file that was checked before, without judging it again.

    Checks grow stricter over time; what a frozen file says does not change with them.
    """
    findings = Findings()
    raw = _read_raw(data, findings)
    if raw is None:
        return ()
    months = check_header(raw, findings, date.max).months
    return tuple(Picture(read_rows(raw.ledger, months, findings), months).rows)


def _check_raw(
    raw: RawLedger, reading: HeaderReading, sha256: str, name: str, findings: Findings
) -> Ledger | None:
    if reading.note:
        # Warnings so far concern the file as a whole: its note explains them.
        findings.explain_file_warnings()
    if raw.ledger is not None and not raw.ledger.rows:
        findings.error("LEDGER_NO_ROWS", raw.ledger.sheet, "A1")
    rows = read_rows(raw.ledger, reading.months, findings)
    picture = Picture(rows, reading.months)
    check_properties(picture, findings)
    check_completeness(picture, findings)
    check_magnitude(picture, findings)
    check_balances(picture, findings, "stock" in raw.optional)
    if reading.header is None or findings.has_errors:
        return None
    return Ledger(
        header=reading.header, rows=tuple(picture.rows), file_sha256=sha256, file_name=name
    )


def _read_bytes(path: Path, findings: Findings) -> bytes | None:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            findings.error("LEDGER_FILE_TOO_LARGE", "", "", path.name, limit=MAX_FILE_BYTES)
            return None
        return path.read_bytes()
    except OSError as error:
        findings.error("LEDGER_FILE_UNREADABLE", "", "", path.name, reason=type(error).__name__)
        return None


def _read_raw(data: bytes, findings: Findings) -> RawLedger | None:
    if data.startswith(_ZIP_MAGIC):
        return read_workbook(data, findings)
    if data.startswith(_COMPOUND_MAGIC) or b"\x00" in data[:1024]:
        findings.error("LEDGER_FILE_KIND", "", "")
        return None
    return read_csv(data, findings)
