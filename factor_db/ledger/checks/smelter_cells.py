"""What the cells of a smelter took: power before the rectifier, anodes net of their butts.

Power metered as direct current leaves the rectifier's loss out, and no other reading shows it: so
the ledger says in a word where its meter stands. Anodes stated gross count carbon that comes back
as butts. Rule: AL-CELLS-001.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from factor_db.foundation.rules import rule
from factor_db.ledger.form.faults import Findings, Scope
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import normal_text
from factor_db.ledger.months.month_index import Key, MonthIndex

RULE = "AL-CELLS-001"
UNSAID, DIRECT, GROSS = "LEDGER_CELLS_UNSAID", "LEDGER_CELLS_DIRECT", "LEDGER_ANODE_GROSS"
_POWER: Key = ("electrolysis", POWER_FLOW)
_ANODE: Key = ("electrolysis", "anode_carbon")


def check_smelter_cells(month_index: MonthIndex, findings: Findings) -> None:
    """Record cell power that is, or may be, direct current, and anodes that are stated gross."""
    power = [row for row in month_index.by_key.get(_POWER, ()) if row.amount_canonical]
    silent = [row for row in power if not _saying([row], "alternating")]
    if direct := _saying(power, "direct"):
        _error(DIRECT, direct[0], findings)
    elif silent:
        first = silent[0]
        place = (first.sheet, first.cells["amount"], first.amount)
        findings.warning(UNSAID, *place, scope=Scope(*_POWER))
    anodes = [row for row in month_index.by_key.get(_ANODE, ()) if row.amount_canonical]
    if gross := _saying(anodes, "gross"):
        _error(GROSS, gross[0], findings)


def _saying(rows: Sequence[LedgerRow], kind: str) -> list[LedgerRow]:
    """Return the rows whose note holds a word of a kind; a Latin one stands alone."""
    words = [normal_text(word) for word in rule(RULE).items(kind)]
    return [row for row in rows if any(_holds(row, word) for word in words)]


def _holds(row: LedgerRow, word: str) -> bool:
    said = normal_text(row.note)
    if not word.isascii():
        return word in said
    return bool(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", said))


def _error(code: str, row: LedgerRow, findings: Findings) -> None:
    findings.error(code, row.sheet, row.cells["amount"], row.amount)
