"""Whether a result still stands: its factors in force, its ledger neither replaced nor corrected.

Asked of what is certified, of what is handed over as a product factor, and of every calculation
behind a supplier's figure: a seller whose own certificate would be refused sells no figure either.
"""

from __future__ import annotations

from sqlmodel import Session, select

from factor_db.factors.derive.ledger_guard import require_alone, require_unequivocal
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.product import calculation_of
from factor_db.factors.record.reference import REFERENCE_OWNER
from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput, FootprintError
from factor_db.ledger.frozen.site_ledgers import replaced_ledgers
from factor_db.store.sight import house_at_work
from factor_db.store.tables import Document, LedgerFile
from factor_db.store.work import state_of
from footprint.judgement.corrected import refuse_corrected
from footprint.result.document import ResultDocument, read_result
from lca_models.system.resolve import OWN


def require_standing(session: Session, document: ResultDocument) -> None:
    """Raise BadInput when a result does not stand any more.

    A pinned factor is no longer published, the ledger behind it was replaced, corrected or is
    contradicted by another, or the same holds of a supplier's own calculation. Rules:
    PCF-PERIOD-001, AL-STOCK-001, PCF-SITE-001, PCF-ELEC-009, PCF-SUPPLY-002.
    """
    pinned = pinned_factors(document)
    _refuse_unpublished(session, pinned)
    own = [pin.factor for pin in document.inputs.pins if pin.level == OWN]
    _refuse_replaced(session, document.site.code, own)
    refuse_corrected(session, own)
    _refuse_equivocal(session, own)
    fallen = {factor.ref: standing_fault(session, factor) for factor in pinned}
    told = [f"{ref} ({fault})" for ref, fault in sorted(fallen.items()) if fault]
    if told:
        raise BadInput("CERTIFICATE_SUPPLIER_STANDING", factors=", ".join(told))


def pinned_factors(document: ResultDocument) -> list[Factor]:
    """Return the factors that a calculation is pinned to: of shares their parts, not the blend."""
    return [factor for pin in document.inputs.pins for factor in pin.sources]


def standing_fault(session: Session, factor: Factor) -> str:
    """Return the code of what the calculation behind a factor fell by, or an empty text.

    The product itself looks, for the calculation is another enterprise's, and shows nothing of it
    but that code. A factor that no calculation of this store made has nothing to be asked.
    """
    made = calculation_of(factor)
    if made is None:
        return ""
    query = select(Document).where(Document.kind == "calculation", Document.name == made.id)
    with house_at_work(session):
        stored = session.exec(query).first()
        if stored is None:
            return ""
        try:
            require_standing(session, read_result(strict_json(stored.payload.encode())))
        except FootprintError as error:
            return error.code
    return ""


def _refuse_unpublished(session: Session, pinned: list[Factor]) -> None:
    """Refuse a result of factors no longer in force: a site's, a supplier's, the park's.

    A reference factor stands in the release that the study names until it is withdrawn.
    """
    found = {factor.ref for factor in pinned if not is_in_force(session, factor)}
    if found:
        raise BadInput("CERTIFICATE_FACTOR_STATE", factors=", ".join(sorted(found)))


def is_in_force(session: Session, factor: Factor) -> bool:
    """Tell whether a factor may stand behind a result: published, or of a release and not gone."""
    entry = state_of(session, factor.sha256)
    state = entry.state if entry else ""
    return state == "published" or (factor.owner == REFERENCE_OWNER and state != "withdrawn")


def _refuse_replaced(session: Session, site: str, own: list[Factor]) -> None:
    """Refuse a result of a ledger that another one replaced since. Rule: PCF-PERIOD-001."""
    gone = replaced_ledgers(session, site) & {factor.source.file_sha256 for factor in own}
    if gone:
        raise BadInput("CERTIFICATE_LEDGER_REPLACED", ledgers=", ".join(sorted(gone)))


def _refuse_equivocal(session: Session, own: list[Factor]) -> None:
    """Refuse a result of a ledger that another one contradicts or repeats.

    Rules: AL-STOCK-001, PCF-SITE-001, PCF-ELEC-009.
    """
    for sha256 in sorted({factor.source.file_sha256 for factor in own}):
        file = session.get(LedgerFile, sha256)
        if file is not None:
            require_unequivocal(session, file)
            require_alone(session, file)
