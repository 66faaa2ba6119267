"""Whether a result still knows its ledger: the corrections in force, and rows of known codes."""

from __future__ import annotations

from sqlmodel import Session

from factor_db.factors.derive.metal_guard import require_known_codes
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import CorrectedCell, LedgerCell, of_kind
from factor_db.foundation.errors import BadInput
from factor_db.ledger.frozen.meter_rest import rows_with_rests
from factor_db.store.tables import LedgerFile


def refuse_corrected(session: Session, own: list[Factor]) -> None:
    """Refuse a result whose factors know other corrections of their ledger than are in force.

    Also one of a ledger with rows coded to what nobody makes (rule AL-BAL-006): it may have been
    frozen before that was asked.
    """
    for sha256 in sorted({factor.source.file_sha256 for factor in own}):
        file = session.get(LedgerFile, sha256)
        if file is None:
            continue
        ledger, _, _ = rows_with_rests(session, file)
        require_known_codes(ledger.rows)
        in_force = {item.sha256 for item in ledger.corrections}
        for factor in own:
            if factor.source.file_sha256 == sha256 and factor.derivation:
                inputs = factor.derivation.inputs
                cells = {item.cell for item in of_kind(inputs, LedgerCell)}
                rows = [row for row in ledger.rows if row.cell in cells]
                known = {item.correction for item in of_kind(inputs, CorrectedCell)}
                now = {item.sha256 for item in ledger.corrections_in(rows)}
                if now - known or known - in_force:
                    raise BadInput("CERTIFICATE_LEDGER_CORRECTED", factor=factor.ref)
