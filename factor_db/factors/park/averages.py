"""Anonymous park averages: weighted means of the published own factors of all sites of a region.

They are made while a release is created and at no other time, once for each slot and calendar
year; a published one is frozen. The public record holds the mean and the number of contributors.
Who they are stands in a document of its own, which the park and its auditors may read. That
document can be named by its hash without being guessed: it lists the SHA-256 of each contributing
factor, which itself covers the SHA-256 of a ledger that only its owner holds.
Rules: DQ-PARK-001, DQ-PARK-002; reasons in docs/decisions/park-averages.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any

from sqlmodel import Session, select

from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.park.disclosure import Members, Share, refusal, weighted_mean
from factor_db.factors.park.outputs import Outputs
from factor_db.factors.record.factor import Derivation, Factor, Source
from factor_db.factors.record.inputs import ParkEvidence, of_kind
from factor_db.factors.record.quality import geometric_standard_deviation
from factor_db.foundation.canonical import EXACT, content_hash, decimal_value, plain, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import convert
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.store.tables import Document, FactorVersion
from factor_db.store.work import Work

PARK = "park"
EVIDENCE = "park-average-evidence"
SOFTWARE = "footprint park average 1"
_RULES = ("DQ-PARK-001", "DQ-PARK-002")
# Pedigree of a mean over several plants, after the reliability of its weakest contributor: some of
# the plants of the region, the period and region themselves, the same process of other enterprises.
_OTHER_SCORES = (3, 1, 1, 2)
_REASONS = (
    "DQ_REASON_PARK_WEAKEST",
    "DQ_REASON_PARK_SOME_PLANTS",
    "DQ_REASON_PARK_PERIOD",
    "DQ_REASON_PARK_REGION",
    "DQ_REASON_PARK_OTHERS",
)
# A share is shown to this step and never below what it is.
_SHOWN_SHARE = Decimal("0.000001")


@dataclass(frozen=True, slots=True, order=True)
class ParkSlot:
    """What an average is made for: a flow of a process in a region and a calendar year."""

    process: str
    flow: str
    unit: str
    geography: str
    year: int

    @property
    def series(self) -> str:
        """The same slot in all years."""
        return f"{self.geography.lower()}.{self.process}.{self.flow}"

    @property
    def average_id(self) -> str:
        """The id of the average's factor, and the name of its evidence."""
        return f"{PARK}.{self.geography.lower()}.{self.year}.{self.process}.{self.flow}"


def publish_averages(work: Work, factors: Iterable[Factor]) -> list[FactorVersion]:
    """Publish each park average that is due and return the new versions, sorted by slot.

    `factors` are the published own factors of all sites. A slot and year that has an average, also
    a withdrawn one, gets no other. Raises NotAllowed unless park or standards acts.
    """
    work.require("park", "standards")
    work.require_owner(PARK)
    known = _evidence_payloads(work.session)
    earlier: dict[str, list[Members]] = defaultdict(list)
    for payload in known.values():
        earlier[payload["series"]].append(_members(payload))
    made, outputs = [], Outputs(work.session)
    for slot, contributors in sorted(_by_slot(factors).items()):
        shares = _shares(outputs, slot, contributors)
        frozen = slot.average_id in known
        if not frozen and refusal(shares, earlier[slot.series]) is None:
            made.append(_publish(work, slot, contributors, shares))
    return made


def evidence_of(work: Work, ref: str) -> dict[str, Any]:
    """Return who stands behind an average, and whether it follows from what they published.

    `agrees` is true when every contributor's stored factor and output are those of the evidence
    and their mean is the average's value. Raises NotAllowed unless the park or an auditor of no
    single enterprise acts, BadInput when the reference is no park average.
    """
    work.require("auditor", "park")
    work.require_owner(PARK)
    factor = load_factor(find_version(work.session, ref))
    inputs = factor.derivation.inputs if factor.derivation else ()
    evidence = of_kind(inputs, ParkEvidence)
    document = work.session.get(Document, evidence[0].evidence) if evidence else None
    if document is None or document.kind != EVIDENCE:
        raise BadInput("PARK_NOT_AN_AVERAGE", ref=factor.ref)
    payload: dict[str, Any] = strict_json(document.payload.encode())
    agrees = _agrees(work.session, factor, payload)
    return {"factor": factor.ref, "sha256": document.sha256, "agrees": agrees, **payload}


def _by_slot(factors: Iterable[Factor]) -> dict[ParkSlot, list[Factor]]:
    """Group inventory factors of whole calendar years.

    Other periods overlap with the year, and the difference of the two would be a third average
    that nobody judged; so would the factors of single products beside the whole output's.
    """
    slots: dict[ParkSlot, list[Factor]] = defaultdict(list)
    for factor in sorted(factors, key=lambda item: (item.owner, item.site, item.ref)):
        year = factor.data_year
        whole = factor.site and not factor.product and _is_year(factor, year)
        if factor.kind == "inventory" and whole:
            slots[_slot(factor, year)].append(factor)
    return slots


def _is_year(factor: Factor, year: int) -> bool:
    return (factor.period_start, factor.period_end) == (f"{year}-01-01", f"{year}-12-31")


def _slot(factor: Factor, year: int) -> ParkSlot:
    words = vocabulary()
    product = words.processes[factor.process].product
    unit = f"{words.flows[factor.flow].unit}/{words.flows[product].unit}"
    return ParkSlot(factor.process, factor.flow, unit, factor.geography, year)


def _shares(outputs: Outputs, slot: ParkSlot, contributors: Iterable[Factor]) -> list[Share]:
    """Return the shares of the contributors; one whose output is not known has none."""
    weights = [(factor, outputs.of(factor)) for factor in contributors]
    return [
        Share(factor.owner, factor.site, convert(factor.value, factor.unit, slot.unit), weight)
        for factor, weight in weights
        if weight
    ]


def _publish(
    work: Work, slot: ParkSlot, contributors: Sequence[Factor], shares: Sequence[Share]
) -> FactorVersion:
    sites = {share.site for share in shares}
    taking_part = [factor for factor in contributors if factor.site in sites]
    payload = plain(
        {
            "average": slot.average_id,
            "contributors": [
                {**asdict(share), "factor": factor.ref, "sha256": factor.sha256}
                for share, factor in zip(shares, taking_part, strict=True)
            ],
            "rules": _RULES,
            "series": slot.series,
            "slot": asdict(slot),
            "value": weighted_mean(shares),
        }
    )
    sha256 = content_hash("document", payload)
    work.document(EVIDENCE, slot.average_id, payload, sha256, PARK)
    row = add_factor(work, _average(slot, shares, taking_part, sha256), state="published")
    # The contributors are no parents: lineage can be read by everyone, from both of its ends.
    work.made_from(row.sha256, [sha256])
    return row


def _average(
    slot: ParkSlot, shares: Sequence[Share], contributors: Sequence[Factor], evidence: str
) -> Factor:
    words = vocabulary()
    process, flow = words.processes[slot.process], words.flows[slot.flow]
    count = len({factor.owner for factor in contributors})
    scores = (max(factor.pedigree[0] for factor in contributors), *_OTHER_SCORES)
    return Factor(
        id=slot.average_id,
        version=1,
        kind="inventory",
        name_zh=f"园区平均 {process.name_zh} {flow.name_zh} {slot.year}",
        name_en=f"Park average {process.name_en} {flow.name_en} {slot.year}",
        process=slot.process,
        flow=slot.flow,
        quantity="inventory",
        unit=slot.unit,
        amounts={"value": weighted_mean(shares)},
        geography=slot.geography,
        data_year=slot.year,
        period_start=f"{slot.year}-01-01",
        period_end=f"{slot.year}-12-31",
        boundary="unit process",
        technology="as operated at the contributors, weighted by production",
        data_type="calculated",
        gsd=geometric_standard_deviation(scores),
        pedigree=scores,
        pedigree_reasons=_REASONS,
        source=Source(citation="Anonymous average of the park; evidence held by the park"),
        derivation=Derivation(
            formula=f"weighted mean of {count} contributors",
            inputs=(ParkEvidence(evidence=evidence),),
            software=SOFTWARE,
        ),
        licence="anonymous average of the park, for estimates",
        redistribution="single_value",
        confidence="D",
        filled_share=_filled_share(shares, contributors),
        owner=PARK,
        illustrative=any(factor.illustrative for factor in contributors),
    )


def _filled_share(shares: Sequence[Share], contributors: Sequence[Factor]) -> Decimal:
    """Return the share of the averaged amount that gap rules filled in place of readings."""
    with localcontext(EXACT):
        amounts = [share.value * share.weight for share in shares]
        filled = sum(
            (
                amount * factor.filled_share
                for amount, factor in zip(amounts, contributors, strict=True)
            ),
            Decimal(0),
        )
        return (filled / sum(amounts, Decimal(0))).quantize(_SHOWN_SHARE, rounding=ROUND_UP)


def _evidence_payloads(session: Session) -> dict[str, dict[str, Any]]:
    query = select(Document).where(Document.kind == EVIDENCE).order_by(Document.name)
    return {row.name: strict_json(row.payload.encode()) for row in session.exec(query)}


def _members(payload: dict[str, Any]) -> Members:
    return {item["site"]: item["organisation"] for item in payload["contributors"]}


def _agrees(session: Session, average: Factor, payload: dict[str, Any]) -> bool:
    slot, outputs = ParkSlot(**payload["slot"]), Outputs(session)
    shares = []
    for item in payload["contributors"]:
        row = session.get(FactorVersion, item["sha256"])
        if row is None:
            return False
        recorded = Share(
            *(item[name] for name in ("organisation", "site")),
            *(decimal_value(item[name]) for name in ("value", "weight")),
        )
        if _shares(outputs, slot, [load_factor(row)]) != [recorded]:
            return False
        shares.append(recorded)
    return payload["average"] == average.id and weighted_mean(shares) == average.value
