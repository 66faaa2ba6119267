"""A frozen ledger as the store holds it, with the value types that a checked file gives."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from factor_db.foundation.canonical import decimal_value, strict_json
from factor_db.ledger.form.rows import SCHEMA_VERSION, Ledger, LedgerRow, SiteHeader
from factor_db.ledger.frozen.corrections import effective_rows
from factor_db.store.tables import LedgerEntry, LedgerFile, Organisation, Site


def stored_ledger(session: Session, file: LedgerFile) -> Ledger:
    """Return a frozen ledger with the corrections in force, as the derivation reads it."""
    organisation = session.get_one(Organisation, file.owner)
    header = SiteHeader(
        schema_version=SCHEMA_VERSION,
        organisation_zh=organisation.name_zh,
        organisation_en=organisation.name_en,
        uscc=file.owner,
        site_code=file.site,
        region=session.get_one(Site, file.site).region,
        period_start=date.fromisoformat(file.period_start),
        period_end=date.fromisoformat(file.period_end),
        illustrative=file.illustrative,
    )
    rows = tuple(_row(entry) for entry in effective_rows(session, file).rows)
    return Ledger(header=header, rows=rows, file_sha256=file.sha256, file_name=file.file_name)


def _row(entry: LedgerEntry) -> LedgerRow:
    written = strict_json(entry.payload.encode())
    sheet, _, cell = entry.cell.partition("!")
    return LedgerRow(
        sheet=sheet,
        row_number=entry.row_number,
        period=entry.period,
        process=entry.process,
        flow=entry.flow,
        product=entry.product,
        role=entry.role,
        amount=decimal_value(written["reported_amount"]),
        unit=written["reported_unit"],
        amount_canonical=entry.amount,
        unit_canonical=entry.unit,
        method=entry.method,
        counterparty=written["counterparty"],
        origin=written["origin"],
        scrap_type=written["scrap_type"],
        instrument=written["instrument"],
        price=None if written["price"] is None else decimal_value(written["price"]),
        evidence=written["evidence"],
        note=written["note"],
        cells={"amount": cell},
    )
