"""Field ledgers: what the plant wrote, read from its file and checked row by row and as a whole."""

from factor_db.ledger.checks.whole import CheckResult, check
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.form.rows import Ledger, LedgerRow, SiteHeader
from factor_db.ledger.workbooks.template import write_ledger, write_template

__all__ = [
    "CheckResult",
    "Finding",
    "Ledger",
    "LedgerRow",
    "SiteHeader",
    "check",
    "write_ledger",
    "write_template",
]
