"""The demonstration: three example ledgers walk the whole path to three certificates.

Each step is the one the command line takes, by the user whose duty it is: the exporter imports,
derives and submits, the auditor reviews, the park publishes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from factor_db.foundation.messages import text
from factor_db.store.home import home_folder
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult, calculate_study, store_calculation
from footprint.certificate.service import ensure_keys, issue_certificate
from footprint.cli.context import CONTEXT, opened_store, print_table, say
from footprint.result.document import ResultDocument
from footprint.study.definition import default_study
from footprint.study.examples import EXAMPLES, publish_own_factors

SAMPLES = 2000


def run_demo(out: Path) -> None:
    """Run the whole path and print a table of the three products and where the files are."""
    ensure_keys()
    rows = []
    with opened_store() as store:
        for product, site, ledger in EXAMPLES:
            say("DEMO_STEP", site=site, step=ledger)
            publish_own_factors(store, site, ledger)
            result = _calculate(store, product)
            folder = out / "certificates" / product
            with store.work("exporter") as work:
                issue_certificate(work, result.result, folder, issued_at=datetime.now(UTC))
            rows.append(_row(result.result, folder))
    print_table([text(code, CONTEXT.lang) for code in _HEADINGS], rows)
    print(text("RESULT_ILLUSTRATIVE", CONTEXT.lang))
    print(text("DEMO_DONE", CONTEXT.lang, home=_shown(home_folder())))


_HEADINGS = (
    "HEADING_PRODUCT",
    "HEADING_TOTAL",
    "HEADING_INTERVAL",
    "HEADING_STAGES",
    "HEADING_DATA_SHARE",
    "HEADING_RESULT_HASH",
    "HEADING_CERTIFICATE",
)


def _calculate(store: Store, product: str) -> CalculationResult:
    with store.work("exporter") as work:
        result = calculate_study(work.session, default_study(product), samples=SAMPLES)
        store_calculation(work, result)
    return result


def _row(document: ResultDocument, folder: Path) -> list[str]:
    interval = document.total.interval
    stages = sorted(document.by_stage.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{stage} {value:.2f}" for stage, value in stages)
    quality = document.quality
    return [
        document.product,
        f"{document.total.value:.3f}",
        f"{interval.low:.2f}–{interval.high:.2f}" if interval else "-",
        shown,
        f"{quality.pds:.0f} / {quality.activity_primary_share:.0f}",
        document.result_hash[:16],
        f"{_shown(folder)}/certificate.{{json,pdf}}",
    ]


def _shown(path: Path) -> str:
    """Return a path relative to the working folder where it lies below it."""
    here = Path.cwd()
    absolute = path.resolve()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
