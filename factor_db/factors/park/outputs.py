"""How much a site made of what a factor is stated per: the weight of a factor in an average."""

from __future__ import annotations

from decimal import Decimal, localcontext

from sqlmodel import Session

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import CorrectedCell, LedgerCell, of_kind
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.frozen.meter_rest import rows_with_rests
from factor_db.store.tables import LedgerEntry, LedgerFile


class Outputs:
    """What sites made in a period, from the rows their factors were derived from.

    The product rows of a ledger are read once for each set of corrections laid over it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._products: dict[tuple[str, frozenset[str]], list[LedgerEntry]] = {}

    def of(self, factor: Factor) -> Decimal:
        """Return the output a factor is stated per, in its ledger's unit; 0 when none is cited.

        It is the sum of the product rows among the cells of the factor's derivation, corrected as
        they were when it was derived.
        """
        inputs = factor.derivation.inputs if factor.derivation else ()
        cited = {item.cell for item in of_kind(inputs, LedgerCell)}
        corrections = frozenset(item.correction for item in of_kind(inputs, CorrectedCell))
        rows = self._product_rows(factor.source.file_sha256, corrections)
        amounts = [
            row.amount for row in rows if row.process == factor.process and row.cell in cited
        ]
        with localcontext(EXACT):
            return sum(amounts, Decimal(0))

    def _product_rows(self, ledger: str, corrections: frozenset[str]) -> list[LedgerEntry]:
        key = (ledger, corrections)
        if key not in self._products:
            file = self._session.get(LedgerFile, ledger)
            found = rows_with_rests(self._session, file, only=corrections)[0] if file else None
            rows = found.rows if found else ()
            self._products[key] = [row for row in rows if row.role == "product"]
        return self._products[key]
