"""The park band: where the footprints of a product lie in the park, with nobody to be seen in it.

Made by the park for a product, region and calendar year, once, from the published own factors of
all sites under the shipped study, so that all figures in it are made alike. What everyone may read
holds two rounded ends and the number of firms; who they are stands in a document of its own.
Rules: DQ-PARK-001, DQ-PARK-002, DQ-PARK-BAND; reasons in docs/decisions/park-bands.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from sqlmodel import Session, col, select

from factor_db.factors.park.averages import PARK
from factor_db.factors.park.disclosure import Members, Share, exposes, refusal, weighted_mean
from factor_db.factors.park.outputs import Outputs
from factor_db.factors.release.releases import published_of_site
from factor_db.foundation.canonical import EXACT, content_hash, strict_json
from factor_db.foundation.errors import BadInput, FootprintError
from factor_db.foundation.rules import rule
from factor_db.store.sight import house_at_work
from factor_db.store.tables import Document, Site
from factor_db.store.work import Work
from footprint.calculation.calculate import calculate_study
from footprint.comparison.document import (
    BandBehind,
    BandEvidence,
    BandRecord,
    BandTerms,
    Behind,
)
from footprint.comparison.value import BAND, Parts, Value, value_of_document
from footprint.figures.blocked import blocking_reasons
from footprint.figures.unstated import Unsaid
from footprint.result.document import ResultDocument
from footprint.study.definition import default_study
from lca_models.catalogue import final_process

BAND_RULE = "DQ-PARK-BAND"
RULES = ("DQ-PARK-001", "DQ-PARK-002", BAND_RULE)
PUBLIC, EVIDENCE = "park-band", "park-band-evidence"
_SPREAD, _NO_OUTPUT = "spread", "no_output"
_TERMS = ("product_class", "scrap_rule", "electricity_rule", "gwp_set", "allocation")
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class BandSlot:
    """What a band is made for: a product in a region (ISO 3166-2) and a calendar year."""

    product: str
    region: str
    year: str

    def __post_init__(self) -> None:
        if not (self.year.isdecimal() and len(self.year) == _YEAR_DIGITS):
            raise BadInput("BAND_YEAR", year=self.year)

    @property
    def name(self) -> str:
        """The name of the band's documents."""
        return f"{PARK}-band.{self.region.lower()}.{self.year}.{self.product}"


@dataclass(frozen=True, slots=True)
class Contributor:
    """A site in a band: its footprint and output as a share, and the result it follows from."""

    share: Share
    result_hash: str
    value: Value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a band: its public record, or the reason why there is none.

    `left_out` is site → why its figure could not enter.
    """

    record: BandRecord | None
    refusal: str
    left_out: Mapping[str, str]
    known: bool = False


def make_band(work: Work, slot: BandSlot) -> Outcome:
    """Publish the band of a slot if it may be shown; one that exists stays as it is.

    Raises NotAllowed unless the park acts, which may see every firm's data.
    """
    work.require_right("band.publish")
    work.require_owner(PARK)
    with house_at_work(work.session):
        contributors, left_out = contributors_of(work.session, slot)
    return publish_band(work, slot, contributors, left_out)


def publish_band(
    work: Work, slot: BandSlot, contributors: Sequence[Contributor], left_out: Mapping[str, str]
) -> Outcome:
    """Judge the contributors of a slot and publish their band, once and for all."""
    for shown in _bands(work.session):
        if shown.band == slot.name:
            return Outcome(shown, "", left_out, known=True)
    shares = [item.share for item in contributors]
    refused = refusal_of(shares, _earlier_members(work.session))
    if refused:
        return Outcome(None, refused, left_out)
    evidence = BandEvidence(
        band=slot.name,
        contributors=tuple(
            Behind.of(item.share, result_hash=item.result_hash) for item in contributors
        ),
        rules=RULES,
    ).record()
    behind = content_hash("document", evidence)
    work.document(EVIDENCE, slot.name, evidence, behind, PARK)
    band = _record(slot, contributors, behind)
    sha256 = content_hash("document", band.record())
    work.document(PUBLIC, slot.name, band.record(), sha256, PARK)
    work.made_from(sha256, [behind])
    return Outcome(band, "", left_out)


def band_evidence(work: Work, slot: BandSlot) -> BandBehind:
    """Return who stands behind a shown band, and whether its ends follow from their figures.

    Raises NotAllowed unless the park or an auditor of no single enterprise acts, BadInput when
    there is no such band.
    """
    work.require_right("band.evidence")
    work.require_owner(PARK)
    shown = {item.band: item for item in _bands(work.session)}
    behind = {item.band: item for item in _evidence(work.session)}
    if slot.name not in shown or slot.name not in behind:
        raise BadInput("BAND_UNKNOWN", band=slot.name, known=", ".join(shown) or "-")
    band, found = shown[slot.name], behind[slot.name]
    shares = [
        Share(item.organisation, item.site, item.value, item.weight) for item in found.contributors
    ]
    return BandBehind.of(found, agrees=(band.low, band.high) == band_ends(shares))


def contributors_of(session: Session, slot: BandSlot) -> tuple[list[Contributor], dict[str, str]]:
    """Return the sites of a slot with their footprints, and those left out with the reason."""
    found, left_out = [], {}
    query = select(Site).where(Site.region == slot.region).order_by(col(Site.code))
    for site in session.exec(query).all():
        weight = _output(session, slot, site.code)
        if weight is None:
            continue
        study = replace(default_study(slot.product), site=site.code, period=slot.year)
        try:
            document = calculate_study(session, study).result
        except FootprintError as error:
            left_out[site.code] = error.code
            continue
        reason = _unfit(document, weight)
        if reason:
            left_out[site.code] = reason
            continue
        share = Share(site.owner, site.code, document.total.value, weight)
        found.append(Contributor(share, document.result_hash, value_of_document(document)))
    return found, left_out


def refusal_of(shares: Sequence[Share], earlier: Sequence[Members]) -> str | None:
    """Return why a band may not be shown, or None when it may.

    `earlier` are the members of all bands ever shown, of every product, region and year.
    """
    refused = refusal(shares, earlier)
    if refused:
        return refused
    if len({share.value for share in shares}) == 1:
        return _SPREAD
    members = {share.site: share.organisation for share in shares}
    hidden = int(rule(BAND_RULE).number("hidden_contributors_at_least"))
    return "difference" if exposes([*earlier, members], hidden) else None


def band_ends(shares: Sequence[Share]) -> tuple[Decimal, Decimal]:
    """Return the weighted mean less and plus one weighted standard deviation, rounded outward."""
    step = rule(BAND_RULE).number("shown_step")
    with localcontext(EXACT):
        mean = weighted_mean(shares)
        squares = [replace(share, value=(share.value - mean) ** 2) for share in shares]
        spread = weighted_mean(squares).sqrt()
        low = ((mean - spread) / step).to_integral_value(ROUND_FLOOR) * step
        high = ((mean + spread) / step).to_integral_value(ROUND_CEILING) * step
    return low, high


def _earlier_members(session: Session) -> list[Members]:
    """Return who stands behind every band that was ever shown."""
    return [
        {item.site: item.organisation for item in behind.contributors}
        for behind in _evidence(session)
    ]


def bands_of(session: Session, product: str) -> list[BandRecord]:
    """Return the public records of all bands of a product, the newest year first."""
    found = [item for item in _bands(session) if item.product == product]
    return sorted(found, key=lambda item: (item.year, item.band), reverse=True)


def value_of_band(record: BandTerms) -> Value:
    """Return a band as the gate sees it; its value is the middle of its ends."""
    parts: Parts | None = None if record.parts is None else frozenset(record.parts)
    return Value(
        ref=record.band,
        kind=BAND,
        boundary="model",
        parts=parts,
        value=EXACT.divide(EXACT.add(record.low, record.high), Decimal(2)),
        name_zh="",
        name_en="",
        label=record.band,
        year=record.year,
        geography=record.region,
        source=record.band,
        unsaid={name: Unsaid(shares) for name, shares in record.unsaid.items()},
        **{name: getattr(record, name) for name in _TERMS},
    )


def _record(slot: BandSlot, contributors: Sequence[Contributor], evidence: str) -> BandRecord:
    low, high = band_ends([item.share for item in contributors])
    first, *others = (item.value for item in contributors)
    same = all(item.parts == first.parts for item in others)
    shared = {
        name: getattr(first, name)
        if all(getattr(item, name) == getattr(first, name) for item in others)
        else ""
        for name in _TERMS
    }
    return BandRecord.of(
        slot,
        band=slot.name,
        low=low,
        high=high,
        contributors=len({item.share.organisation for item in contributors}),
        parts=tuple(sorted(first.parts)) if same and first.parts is not None else None,
        **shared,
        unsaid=_unsaid(contributors),
        illustrative=any(item.value.illustrative for item in contributors),
        rules=RULES,
        evidence=evidence,
    )


def _unsaid(contributors: Sequence[Contributor]) -> dict[str, dict[str, Decimal]]:
    """Return attribute → factor → the largest share of a firm's result that it leaves unsaid."""
    found: dict[str, dict[str, Decimal]] = {}
    for item in contributors:
        for name, unsaid in item.value.unsaid.items():
            largest = found.setdefault(name, {})
            for ref, share in unsaid.shares.items():
                largest[ref] = max(share, largest.get(ref, share))
    return found


def _output(session: Session, slot: BandSlot, site: str) -> Decimal | None:
    """Return how much of the product a site made in the year; None when it made none."""
    final = final_process(slot.product)
    year = (f"{slot.year}-01-01", f"{slot.year}-12-31")
    outputs = Outputs(session)
    amounts = {
        outputs.of(factor)
        for factor in published_of_site(session, site)
        if factor.process == final
        and not factor.product
        and (factor.period_start, factor.period_end) == year
    }
    return max(amounts, default=None)


def _unfit(document: ResultDocument, weight: Decimal) -> str:
    for reason in blocking_reasons(document):
        return reason.name.lower()
    return "" if weight else _NO_OUTPUT


def _bands(session: Session) -> list[BandRecord]:
    return [BandRecord.model_validate(item) for item in _payloads(session, PUBLIC)]


def _evidence(session: Session) -> list[BandEvidence]:
    return [BandEvidence.model_validate(item) for item in _payloads(session, EVIDENCE)]


def _payloads(session: Session, kind: str) -> list[object]:
    query = select(Document).where(Document.kind == kind).order_by(col(Document.name))
    return [strict_json(row.payload.encode()) for row in session.exec(query)]
