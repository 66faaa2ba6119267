"""The recycler's example ledger with a co-product at one step, as much of it as of the product.

By mass: half of what is packed leaves as liquid alloy; each half bears a half, so a tonne of ingot
bears what it bears when all is ingot. By value,
which no aluminium beside aluminium may be shared by (DER-ALLOC-003): ingots beside treated dross,
at 300 : 100, so the treatment bears three quarters.
"""

from __future__ import annotations

from sqlmodel import select

from factor_db.factors.derive.derivation import derive_factors
from factor_db.factors.keep.versions import store_version
from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.store.tables import LedgerEntry, LedgerFile, Organisation, Site
from factor_db.store.work import Store

SITE = "S"
PLACES = {"mass": ("ingot_packing", "liquid_alloy"), "economic": ("dross_recovery", "cast_ingot")}
"""Method → the step with a co-product, and the co-product."""
REASON = "dross is no metal and its treatment is paid for: mass says nothing of either"


def share_out(store: Store, demo_store: Store, method: str) -> LedgerFile:
    """Put the ledger into a store as that of site `S`, its factors derived by a method, published.

    `method` is mass or economic.
    """
    with demo_store.read() as session:
        query = select(LedgerEntry).join(LedgerFile).where(LedgerFile.site == "CQ-RECYCLED")
        rows = [LedgerEntry.model_validate(row.model_dump()) for row in session.exec(query)]
    with store.work("park") as work:
        work.session.add(Organisation(code="O", name_zh="O", name_en="O"))
        work.session.flush()
        work.session.add(Site(code=SITE, owner="O", region="CN-CQ"))
        work.session.flush()
        file = LedgerFile(
            sha256="f" * 64, owner="O", site=SITE, file_name="shared.xlsx", illustrative=False,
            period_start="2025-01-01", period_end="2025-12-31", content=b"",
        )  # fmt: skip
        work.session.add(file)
        work.session.flush()
        work.session.add_all(with_co_product(rows, *PLACES[method]))
        work.session.flush()
        for factor in derive_factors(work.session, file, method, REASON):
            store_version(work, factor, "published")
    return file


def with_co_product(rows: list[LedgerEntry], process: str, flow: str) -> list[LedgerEntry]:
    """Return the rows as ledger F of owner O, with as much co-product as product at a process."""
    found = []
    for row in rows:
        payload = strict_json(row.payload.encode())
        here = row.process == process
        price = {"price": "300"} if here and row.role == "product" else {}
        changes = {
            "ledger": "f" * 64,
            "owner": "O",
            "product": "",
            "payload": canonical_json({**payload, **price}).decode(),
        }
        if here and row.flow == "recycled_ingot":  # the other half is the co-product
            changes["amount"] = row.amount / 2
        found.append(row.model_copy(update=changes))
    made = [row for row in found if row.process == process and row.role == "product"]
    other = canonical_json({"price": "100", "reported_unit": "t"}).decode()
    changes = {"role": "co-product", "flow": flow, "payload": other}
    for number, row in enumerate(made, start=1):
        place = {"row_number": 10_000 + number, "cell": f"ledger!F{10_000 + number}"}
        found.append(row.model_copy(update={**changes, **place}))
    return [LedgerEntry(**row.model_dump()) for row in found]
