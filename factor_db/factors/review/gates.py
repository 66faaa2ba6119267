"""The gates in front of review and of publication: what must hold of a factor.

Asked when it is submitted, before an auditor's time is spent on it, and again when it is published:
a cell corrected after the review closes them.

lineage   the factor is what its ledger, with the corrections in force, gives today; a product's
          footprint is what the calculation of its owner gives that it names
balances  that ledger passes every check: no error, no unexplained or expired warning
coverage  every flow that its process must report became a factor too
quality   five scores with a reason each, a spread, a source and a licence
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from factor_db.factors.derive.derivation import How, derive_factors, ways_of
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.product import amounts_of_calculation, calculation_of
from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.checks.whole import check_cells
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.corrections import corrected_cells, corrections_of
from factor_db.store.tables import Document, FactorVersion, LedgerFile, StateEntry
from factor_db.store.work import first_entries

ALWAYS = "yes"


@dataclass(frozen=True, slots=True)
class GateFault:
    """A gate that is closed, and what closes it."""

    gate: str
    detail: str


def gate_faults(session: Session, factor: Factor) -> list[GateFault]:
    """Return every closed gate of a factor; an empty list lets it pass."""
    faults = [GateFault("quality", name) for name in _quality_gaps(factor)]
    if not factor.site:
        return [*faults, *_wrong_calculation(session, factor)]
    file = session.get(LedgerFile, factor.source.file_sha256)
    if file is None:
        return [*faults, GateFault("lineage", factor.source.file_sha256)]
    faults += [GateFault("balances", place) for place in _open_findings(session, file)]
    ways = ways_of(factor)
    if not any(_given(session, file, how, factor.id) == _content(factor) for how in ways):
        since = _corrected_since(session, file, factor)
        faults.append(GateFault("lineage", "; ".join([factor.source.citation, *since])))
    return [*faults, *_uncovered(session, factor)]


def changes_since(session: Session, factor: Factor) -> list[GateFault]:
    """Return what a stored ledger says today against its factor: another value, an open finding.

    Of a factor that no stored ledger is behind there is nothing to be asked; that a stored one has
    lost its content is the audit's finding.
    """
    file = session.get(LedgerFile, factor.source.file_sha256) if factor.site else None
    if file is None or not file.content:
        return []
    asked = ("lineage", "balances")
    return [fault for fault in gate_faults(session, factor) if fault.gate in asked]


def _corrected_since(session: Session, file: LedgerFile, factor: Factor) -> list[str]:
    """Return the cells corrected or put back after a factor was stored: which, by whom, when."""
    stored = first_entries(session, [factor.sha256]).get(factor.sha256)
    if stored is None:
        return []
    made = {item.sha256: item for item in corrections_of(session, file)}
    entries = select(StateEntry).where(
        col(StateEntry.subject).in_(made), col(StateEntry.id) > stored
    )
    return [
        f"{made[entry.subject].place} {entry.state}, {entry.actor} {entry.at}"
        for entry in session.exec(entries.order_by(col(StateEntry.id)))
    ]


def _wrong_calculation(session: Session, factor: Factor) -> list[GateFault]:
    """Return a fault when a product's footprint is not what its own calculation says."""
    made = calculation_of(factor)
    if made is None:
        return []
    query = select(Document).where(Document.kind == "calculation", Document.name == made.id)
    stored = session.exec(query).first()
    if stored is not None and stored.owner == factor.owner:
        document = strict_json(stored.payload.encode())
        if amounts_of_calculation(document) == factor.amounts:
            return []
    return [GateFault("lineage", made.id)]


def _open_findings(session: Session, file: LedgerFile) -> list[str]:
    """Return code and place of what a ledger's check leaves open, checked once per session."""
    known: dict[Any, list[str]] = session.info.setdefault("open ledger findings", {})
    edition = _edition(session, file)
    if edition not in known:
        result = check_cells(corrected_cells(session, file), file.sha256, file.file_name)
        known[edition] = [
            f"{item.code} {item.sheet}!{item.cell}"
            for item in (*result.errors, *result.unexplained_warnings)
        ]
    return known[edition]


def _edition(session: Session, file: LedgerFile) -> tuple[str, ...]:
    """Return what a ledger's content is known by: its file and the corrections on it."""
    made = corrections_of(session, file)
    return (file.sha256, *(f"{item.sha256} {item.state}" for item in made))


def _given(session: Session, file: LedgerFile, how: How, factor_id: str) -> Any:
    """Return the content a ledger gives for a factor id today, derived once per session.

    `how` is the allocation and the reason for it.
    """
    known: dict[Any, dict[str, Any]] = session.info.setdefault("derived ledgers", {})
    key = (_edition(session, file), how)
    if key not in known:
        try:
            derived = derive_factors(session, file, *how)
        except BadInput:
            derived = []
        known[key] = {item.id: _content(item) for item in derived}
    return known[key].get(factor_id)


def _content(factor: Factor) -> dict[str, Any]:
    """Return a factor's record without its version, which only counts the changes."""
    return {name: value for name, value in factor.record().items() if name != "version"}


def _uncovered(session: Session, factor: Factor) -> list[GateFault]:
    if factor.kind != "inventory":
        return []
    wanted = {
        pair.flow
        for pair in vocabulary().process_flows.values()
        if pair.process == factor.process and pair.obligatory == ALWAYS
    }
    query = select(FactorVersion).where(
        FactorVersion.site == factor.site, FactorVersion.process == factor.process
    )
    known = {row.flow for row in session.exec(query)}
    return [GateFault("coverage", flow) for flow in sorted(wanted - known)]


def _quality_gaps(factor: Factor) -> list[str]:
    gaps = []
    if len(factor.pedigree) != 5 or len(factor.pedigree_reasons) != 5:
        gaps.append("pedigree")
    if not all(reason.strip() for reason in factor.pedigree_reasons):
        gaps.append("pedigree_reasons")
    if factor.gsd <= 1:
        gaps.append("gsd")
    if not factor.source.citation.strip():
        gaps.append("source")
    if not factor.licence.strip():
        gaps.append("licence")
    return gaps
