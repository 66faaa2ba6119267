"""Reading a large ledger: rows per second of parse and check, and the import against SQLite itself.

The ledger is the plate mill's example with every monthly amount split into many deliveries, so it
balances as the example does. The import is compared with `sqlite3.executemany` of the same tuples
into the same table, in the same run: single times on a shared machine mean little, ratios do.

Aims: 100 000 rows/s of parse and check, an import of at most 4 times `sqlite3.executemany`. On a
quiet machine of two cores 200 000 rows met both (2.8 to 3.2 times); a million rows met the second
(2.9 to 4.2, median below 4) and came to 75 000 to 98 000 rows/s. What remains is one object a row
with its cells and delivery, and the hash of the rows: canonical JSON of each, sorted. A million
rows take 580 MiB to check and 740 MiB to import, of which 240 MiB are the file itself: as read, as
handed to the database, and as the database lays it out.
"""

from __future__ import annotations

import csv
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from benchmarks.harness import AT_MOST, Record
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger import LedgerRow, SiteHeader, check
from factor_db.ledger.files.tables import SITE_KEYS
from factor_db.ledger.form.sheets import LEDGER
from factor_db.ledger.frozen.importing import import_ledger
from footprint.session import open_store
from tools.write_examples import EXAMPLES

GROUP = "ledger"
ROUNDS = 3
ROWS = 1_000_000
_USER = "exporter"


def write_large_ledger(path: Path, least_rows: int) -> int:
    """Write a balanced CSV ledger of at least so many rows; return how many it has."""
    header, example = EXAMPLES["plate_mill"]()
    rows = list(example)
    properties = [row for row in rows if row.is_property]
    amounts = [row for row in rows if not row.is_property]
    parts = -(-(least_rows - len(properties)) // len(amounts))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {key}: {_site_text(header, key)}\n" for key in SITE_KEYS)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LEDGER.columns)
        writer.writerows(_cells(row, row.amount, row.evidence) for row in properties)
        for part in range(parts):
            writer.writerows(
                _cells(row, EXACT.divide(row.amount, parts), f"D-{part:06d}") for row in amounts
            )
    return len(properties) + parts * len(amounts)


def _site_text(header: SiteHeader, key: str) -> str:
    value = getattr(header, key)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _cells(row: LedgerRow, amount: Decimal, evidence: str) -> list[str]:
    places = Decimal("1e-9")
    # A note explains whatever is unusual about the example.
    changes = {"amount": decimal_text(amount.quantize(places)), "evidence": evidence, "note": "*"}
    values = {name: getattr(row, name) for name in LEDGER.columns} | changes
    return ["" if value is None else str(value) for value in values.values()]


def seconds(run: Callable[[], object]) -> float:
    """Return the seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def import_seconds(folder: Path, ledger: Path) -> tuple[float, float]:
    """Return the seconds of a whole import into a new store, and of SQLite with its tuples."""
    store = open_store(folder)

    def whole() -> None:
        with store.work(_USER) as work:
            import_ledger(work, ledger)

    imported = seconds(whole)
    store.close()
    connection = sqlite3.connect(folder / "footprint.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    tuples = connection.execute("SELECT * FROM ledgerentry").fetchall()
    connection.execute("DELETE FROM ledgerentry")
    marks = ", ".join("?" * len(tuples[0]))

    def plain() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO ledgerentry VALUES ({marks})", tuples)
        connection.execute("COMMIT")

    inserted = seconds(plain)
    connection.close()
    return imported, inserted


def records(size: int, solver: str) -> Iterator[Record]:
    """Yield the rows of parse and check, and of an import beside SQLite alone."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.csv"
        rows = write_large_ledger(ledger, size or ROWS)
        checked, imports = [], []
        for turn in range(ROUNDS):
            checked.append(seconds(lambda: check(ledger)) / rows)
            imports.append(import_seconds(Path(folder) / f"home{turn}", ledger))
    yield Record(
        GROUP,
        f"parse and check of a ledger of {rows} rows",
        ours="parse and check",
        unit="row",
        our_seconds=checked,
        limit_seconds=1e-5,
    )
    yield Record(
        GROUP,
        f"import of the same {rows} rows",
        ours="import",
        against="sqlite3.executemany of the same tuples",
        unit="row",
        our_seconds=[whole / rows for whole, _ in imports],
        peer_seconds=[plain / rows for _, plain in imports],
        direction=AT_MOST,
        goal=4.0,
    )
