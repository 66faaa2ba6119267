"""Check a field ledger: one pass, all faults, nothing stored and nothing raised for bad content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from factor_db.foundation.canonical import sha256_hex
from factor_db.ledger.balances.metal_adjustments import check_adjustments
from factor_db.ledger.balances.steps import check_balances
from factor_db.ledger.checks.calorific_values import check_calorific
from factor_db.ledger.checks.completeness import check_completeness
from factor_db.ledger.checks.doubted_zeros import check_doubted_zeros
from factor_db.ledger.checks.gas_basis import check_gas_basis
from factor_db.ledger.checks.properties import check_properties
from factor_db.ledger.checks.smelter_cells import check_smelter_cells
from factor_db.ledger.checks.transport import check_transport
from factor_db.ledger.files.csv_file import read_csv, read_site_file
from factor_db.ledger.files.text_encoding import encoding_of
from factor_db.ledger.files.workbook import read_workbook
from factor_db.ledger.form.cells import RawLedger
from factor_db.ledger.form.faults import Finding, Findings
from factor_db.ledger.form.rows import Ledger, LedgerRow
from factor_db.ledger.meters.rows import LeftOut, TypedUse, left_out, meter_readings, typed_uses
from factor_db.ledger.months.gaps import fill_gaps
from factor_db.ledger.months.magnitude import check_magnitude
from factor_db.ledger.months.month_index import MonthIndex
from factor_db.ledger.months.obligations import check_obligations
from factor_db.ledger.power.checks import check_power
from factor_db.ledger.power.claimed_twice import check_double_power
from factor_db.ledger.power.rows import read_power
from factor_db.ledger.products.codes import check_product_codes
from factor_db.ledger.products.energy import check_product_energy
from factor_db.ledger.products.magnitude import check_product_magnitude
from factor_db.ledger.products.pooled_melt import check_pooled_melt
from factor_db.ledger.products.returned_goods import check_returned_goods
from factor_db.ledger.products.sold_as_metal import check_sold_as_metal
from factor_db.ledger.reading.exceptions import apply_exceptions
from factor_db.ledger.reading.header import HeaderReading, check_header
from factor_db.ledger.reading.known_rows import Progress, collector_paused, each_row, read_rows
from factor_db.ledger.reading.row_checks import RowReading
from factor_db.ledger.stock.checks import check_stock
from factor_db.ledger.stock.drawn import check_drawn
from factor_db.ledger.stock.movements import read_stock

# Two million rows of CSV; a workbook has its own limit.
MAX_FILE_BYTES = 300_000_000
_ADDING_ROWS = frozenset({"meters", "shared", "gaps"})
_ZIP_MAGIC = b"PK\x03\x04"
# An old binary or a password-protected workbook; neither is read.
_COMPOUND_MAGIC = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of a check: the ledger when no error was found, and all findings.

    `upgraded_from` is the version of an earlier template that was read as today's, else empty.
    """

    ledger: Ledger | None
    findings: tuple[Finding, ...]
    upgraded_from: str = ""

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
    path: str | Path,
    *,
    site_file: str | Path | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Check a ledger file (`.xlsx`, or CSV in UTF-8, GB18030 or UTF-16) and return all findings.

    Parameters
    ----------
    path : the ledger file; its kind is told from its first bytes.
    site_file : a TOML file of site keys for a CSV without `# key: value` lines; the keys of
        the ledger file come first, a key in both is a fault.
    today : the local date the period is compared with; the machine's date when not given.
    progress : called with the rows done and how many lines there are (None when not known), every
        few thousand rows; what it raises ends the check.
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
    sha256 = sha256_hex(data)
    return _judged(raw, sha256, path.name, findings, today or date.today(), progress)


def check_cells(raw: RawLedger, sha256: str, name: str, today: date | None = None) -> CheckResult:
    """Check the cells of a frozen ledger, with their corrections laid over, as a file is checked.

    `sha256` and `name` are the frozen file's.
    """
    return _judged(raw, sha256, name, Findings(), today or date.today())


def read_cells(data: bytes) -> RawLedger | None:
    """Return the cells of a ledger file, nothing judged; None when it cannot be read at all."""
    return _read_raw(data, Findings())


def read_frozen(data: bytes) -> tuple[LedgerRow, ...]:
    """Return the rows of a ledger file that was checked before, without judging it again.

    Checks grow stricter over time; what a frozen file says does not change with them.
    """
    raw = read_cells(data)
    return () if raw is None else rows_of(raw)


def rows_of(raw: RawLedger) -> tuple[LedgerRow, ...]:
    """Return the rows that cells give: written, metered and filled by rule; nothing is judged."""
    findings = Findings()
    months = check_header(raw, findings, date.max).months
    return tuple(MonthIndex(_readings(raw, months, findings), months).rows)


def left_out_of(raw: RawLedger) -> tuple[LeftOut, ...]:
    """Return what the main meters of a frozen ledger's cells hold beyond all its processes.

    Rule: DER-METER-003.
    """
    findings = Findings()
    months = check_header(raw, findings, date.max).months
    return left_out(raw, read_rows(raw.ledger, months, findings), months)


def typed_uses_of(raw: RawLedger) -> tuple[TypedUse, ...]:
    """Return the typed amounts of a frozen ledger's cells that meters of their own stand beside.

    Rule: DER-METER-003.
    """
    if raw.optional.get("meters") is None:
        return ()
    findings = Findings()
    months = check_header(raw, findings, date.max).months
    return typed_uses(raw, read_rows(raw.ledger, months, findings), months)


@collector_paused()
def _judged(
    raw: RawLedger,
    sha256: str,
    name: str,
    findings: Findings,
    today: date,
    progress: Progress | None = None,
) -> CheckResult:
    reading = check_header(raw, findings, today)
    ledger = _check_raw(raw, reading, sha256, name, findings, today, progress)
    return CheckResult(ledger, findings.collected(), reading.upgraded_from)


def _readings(
    raw: RawLedger,
    months: tuple[str, ...],
    findings: Findings,
    progress: Progress | None = None,
) -> Iterable[RowReading]:
    """Return the rows of the ledger sheet, then what other sheets add to them."""
    if raw.optional.keys().isdisjoint(_ADDING_ROWS):
        # A million rows are not kept twice where nothing else asks for what each of them said.
        return each_row(raw.ledger, months, findings, progress)
    rows = read_rows(raw.ledger, months, findings, progress)
    rows += meter_readings(raw, rows, months, findings)
    return rows + fill_gaps(raw.optional.get("gaps"), rows, months, findings)


def _check_raw(
    raw: RawLedger,
    reading: HeaderReading,
    sha256: str,
    name: str,
    findings: Findings,
    today: date,
    progress: Progress | None = None,
) -> Ledger | None:
    if reading.note:
        # Warnings so far concern the file as a whole: its note explains them.
        findings.explain_file_warnings()
    if raw.ledger is not None and not raw.ledger.rows:
        findings.error("LEDGER_NO_ROWS", raw.ledger.sheet, "A1")
    month_index = MonthIndex(_readings(raw, reading.months, findings, progress), reading.months)
    check_properties(month_index, findings)
    check_gas_basis(month_index, findings)
    check_completeness(month_index, findings)
    check_obligations(month_index, findings)
    check_doubted_zeros(month_index, findings)
    check_transport(month_index, findings)
    check_returned_goods(month_index, findings)
    check_sold_as_metal(month_index, findings)
    check_calorific(month_index, findings)
    check_smelter_cells(month_index, findings)
    check_magnitude(month_index, findings)
    check_product_codes(month_index, findings)
    check_product_magnitude(month_index, findings)
    check_product_energy(month_index, findings)
    check_pooled_melt(month_index, findings)
    stock = read_stock(raw.optional.get("stock"), reading.months, findings)
    check_stock(stock, month_index, findings)
    check_drawn(stock, month_index, findings)
    check_adjustments(stock, month_index, findings)
    check_balances(month_index, findings, stock)
    power = read_power(raw.optional, reading.months, findings)
    check_power(power, "instruments" in raw.optional, month_index, findings)
    check_double_power(power, reading.header.region if reading.header else "", findings)
    apply_exceptions(raw, reading.months, findings, today)
    if reading.header is None or findings.has_errors:
        return None
    return Ledger(
        header=reading.header,
        rows=tuple(month_index.rows),
        file_sha256=sha256,
        file_name=name,
        instruments=power.instruments,
        own_power=power.own,
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
    # A text with zero bytes is one in UTF-16, or none.
    is_binary = b"\x00" in data[:1024] and encoding_of(data) is None
    if data.startswith(_COMPOUND_MAGIC) or is_binary:
        findings.error("LEDGER_FILE_KIND", "", "")
        return None
    return read_csv(data, findings)
