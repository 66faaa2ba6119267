"""What people compute and hand over: footprints, certificates, and the thin skins over them.

`calculate`, `compare`, `benchmark` and `verify` are the same as on the command line; heavy
libraries load when they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from footprint.version import __version__ as __version__

if TYPE_CHECKING:
    from footprint.calculation.calculate import CalculationResult
    from footprint.certificate.checks.report import VerifyReport
    from footprint.certificate.keys import IssuerDocument
    from footprint.study.definition import Study


def calculate(
    study: str | Study, *, home: Path | None = None, samples: int = 0, seed: int = 1
) -> CalculationResult:
    """Calculate a product (`plate`, …) or a study on the store of a home folder.

    Returns one result with `.document` (the JSON of the command line) and the tables
    `.contributions` and `.flows` as pandas DataFrames. Raises FootprintError.
    """
    from factor_db.store.home import user_name
    from footprint.calculation.calculate import calculate_study
    from footprint.session import open_store
    from footprint.study.definition import default_study

    wanted = default_study(study) if isinstance(study, str) else study
    store = open_store(home)
    try:
        with store.read(user_name()) as session:
            return calculate_study(session, wanted, samples=samples, seed=seed)
    finally:
        store.close()


def compare(*refs: str, convert: bool = False, home: Path | None = None) -> dict[str, Any]:
    """Compare footprints with the first of them: calculation ids, published ids or value files.

    Returns the JSON of the command line: every mismatch, or the difference; with `convert` the
    steps to common terms. Raises FootprintError.
    """
    from factor_db.store.home import user_name
    from footprint.comparison.compare import compare as compare_values
    from footprint.comparison.compare import compare_document, find_value
    from footprint.session import open_store

    store = open_store(home)
    try:
        with store.read(user_name()) as session:
            values = [find_value(session, ref) for ref in refs]
    finally:
        store.close()
    return compare_document(compare_values(values, conversion=convert)).record()


def benchmark(product: str, *, site: str = "", home: Path | None = None) -> dict[str, Any]:
    """Set a product among published values; returns the JSON of the command line.

    Raises FootprintError.
    """
    from factor_db.store.home import user_name
    from footprint.comparison.benchmark import benchmark_document, run_benchmark
    from footprint.session import open_store

    store = open_store(home)
    try:
        with store.read(user_name()) as session:
            return benchmark_document(run_benchmark(session, product, site=site)).record()
    finally:
        store.close()


def verify(
    path: Path, *, issuers: Sequence[IssuerDocument] = (), today: date | None = None
) -> VerifyReport:
    """Verify a certificate file (JSON or PDF) without any store; raises BadInput if unreadable.

    `issuers` are the issuer documents you trust.
    """
    from footprint.certificate.checks.verify import verify_file

    return verify_file(path, issuers, today or datetime.now(UTC).date())
