"""Helpers of the derivation tests: ledger rows in memory, and ledgers frozen without a file check."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

from factor_db.factors.derive.ratios import ratios_of
from factor_db.factors.record.allocation_names import AllocationName
from factor_db.foundation.canonical import EXACT, canonical_json
from factor_db.store.tables import LedgerEntry, LedgerFile, Organisation, Site
from factor_db.store.work import Work

SHA256 = "f" * 64


def row(
    number: int,
    flow: str,
    role: str,
    amount: object,
    unit: str = "t",
    *,
    process: str = "melting",
    month: str = "2025-01",
    product: str = "",
    method: str = "metered",
    price: str | None = None,
    priced_per: str = "t",
    sheet: str = "ledger",
    ledger: str = SHA256,
) -> LedgerEntry:
    """Return a row as it is stored; its amount stands in cell F of its line."""
    return LedgerEntry(
        ledger=ledger, row_number=number, owner="O", period=month, process=process, flow=flow,
        product=product, role=role, amount=Decimal(str(amount)), unit=unit, method=method,
        cell=f"{sheet}!F{number}",
        payload=canonical_json({"price": price, "reported_unit": priced_per if price else unit}).decode(),
    )  # fmt: skip


def freeze(work: Work, rows: Iterable[LedgerEntry], year: str = "2025") -> LedgerFile:
    """Store rows as the ledger of a site S for a whole year."""
    if work.session.get(Organisation, "O") is None:
        work.session.add(Organisation(code="O", name_zh="O", name_en="O"))
        work.session.flush()
        work.session.add(Site(code="S", owner="O", region="CN-CQ"))
        work.session.flush()
    rows = list(rows)
    file = LedgerFile(
        sha256=rows[0].ledger, owner="O", site="S", file_name=f"ledger-{year}.xlsx",
        period_start=f"{year}-01-01", period_end=f"{year}-12-31", illustrative=False, content=b"",
    )  # fmt: skip
    work.session.add(file)
    work.session.flush()
    work.session.add_all(rows)
    work.session.flush()
    return file


def values(
    rows: Iterable[LedgerEntry], method: AllocationName | None = None
) -> dict[tuple[str, str, str], Decimal]:
    """Return (process, flow, product) → value of every ratio the rows give."""
    with localcontext(EXACT):
        found = list(ratios_of(list(rows), "S", method))
    return {(item.process, item.flow, item.product): item.value for item in found}
