"""The ledgers of a site before one: what lay in store when they began, what their steps carried.

What a step carried is read from stored calculations of that ledger that could be certified, under
the same rules; of several the highest counts. Nothing is calculated here. Rule: AL-STOCK-003.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import FootprintError
from factor_db.ledger.frozen.site_ledgers import Answering, answering_ledgers, period_name
from factor_db.store.sight import require_sight
from factor_db.store.tables import Document, LedgerFile
from footprint.account.site_ledger import read_site_ledger
from footprint.closure.own_drawn import EarlierLedger
from footprint.closure.service import ledger_behind
from footprint.closure.systems import SiteProduct, compiled_of
from footprint.figures.blocked import blocking_reasons
from footprint.figures.recompute import nominal_of
from footprint.figures.unevidenced import unevidenced_choices
from footprint.judgement.corrected import refuse_corrected
from footprint.judgement.standing import is_in_force
from footprint.result.document import ResultDocument, read_result
from footprint.solving.evaluate import Nominal
from footprint.study.definition import Study
from lca_models.system.resolve import OWN

_RULES = ("scrap_rule", "electricity_rule")


def earlier_ledgers(session: Session, file: LedgerFile, study: Study) -> Iterator[EarlierLedger]:
    """Yield the ledgers in force that end where the one after them begins, the newest first.

    `study` says under which rules a footprint is asked for. Raises NotAllowed for another
    enterprise's.
    """
    for found in ledgers_before(session, file):
        stock = read_site_ledger(session, found).stock.entries
        yield EarlierLedger(
            period_name(found.period_start, found.period_end),
            {flow: entries[0].amounts["opening"] for flow, entries in stock.items()},
            _footprints(session, found, study),
        )


def ledgers_before(session: Session, file: LedgerFile) -> Iterator[LedgerFile]:
    """Yield the ledgers of a site that end where the one after them begins, the newest first.

    Raises NotAllowed for another enterprise's.
    """
    known = [item for item in answering_ledgers(session, file.owner) if item.site == file.site]
    begins = file.period_start
    while before := _ending_before(known, begins):
        yield session.get_one(LedgerFile, before.sha256)
        begins = before.period_start


def _ending_before(known: Iterable[Answering], begins: str) -> Answering | None:
    """Return the ledger that ends the day before one begins; of several the longest."""
    last = (date.fromisoformat(begins) - timedelta(days=1)).isoformat()
    fitting = [item for item in known if item.period_end == last]
    return min(fitting, key=lambda item: item.period_start) if fitting else None


def _footprints(session: Session, file: LedgerFile, study: Study) -> dict[str, Decimal]:
    """Return process → the highest kg CO2e per t that sound calculations of a ledger found."""
    highest: dict[str, Decimal] = {}
    for nominal in sound_results(session, file, study):
        product = SiteProduct(nominal, compiled_of(nominal))
        for process, kg_co2e in product.kg_co2e_per_t.items():
            highest[process] = max(highest.get(process, kg_co2e), kg_co2e)
    return highest


def sound_results(session: Session, file: LedgerFile, study: Study) -> Iterator[Nominal]:
    """Yield stored results of a ledger that could be certified, under the rules of a study.

    Raises NotAllowed for another enterprise's.
    """
    require_sight(session, file.owner)
    query = select(Document.payload).where(
        Document.kind == "calculation",
        Document.owner == file.owner,
        col(Document.payload).contains(file.sha256),
    )
    for payload in session.exec(query):
        document = read_result(strict_json(payload.encode()))
        if not _under_rules_of(document, study) or not _is_sound(document):
            continue
        nominal = nominal_of(document)
        if nominal.result_hash() == document.result_hash and _stands(session, nominal, file):
            yield nominal


def _under_rules_of(document: ResultDocument, study: Study) -> bool:
    """Tell whether a result is of all product codes, under the rules of a study."""
    return (
        document.gwp_set == study.gwp_set
        and not document.inputs.study.product_code
        and all(getattr(document.choices, name) == getattr(study.choices, name) for name in _RULES)
    )


def _is_sound(document: ResultDocument) -> bool:
    """Tell whether a result could be certified and was itself asked what it drew from store."""
    closure = document.closure
    if closure is None or closure.closed is not True or closure.own_drawn is None:
        return False
    judged = document.supply is not None or not document.inputs.study.suppliers
    return judged and not blocking_reasons(document) and not unevidenced_choices(document)


def _stands(session: Session, nominal: Nominal, file: LedgerFile) -> bool:
    """Tell whether a result is of a ledger as corrected, and each factor of a firm's in force."""
    factors = [factor for pin in nominal.pins for factor in pin.sources]
    try:
        behind = ledger_behind(session, nominal)
        refuse_corrected(session, [pin.factor for pin in nominal.pins if pin.level == OWN])
    except FootprintError:
        return False
    in_force = all(is_in_force(session, factor) for factor in factors)
    return behind.sha256 == file.sha256 and in_force
