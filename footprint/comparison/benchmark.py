"""A product among published values: each with its rules, and why it may or may not be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from factor_db.factors.release.releases import published_of_site
from factor_db.foundation.errors import BadInput
from factor_db.store.sight import sees
from factor_db.store.tables import Site
from footprint.calculation.calculate import calculate_study
from footprint.comparison.band import bands_of, value_of_band
from footprint.comparison.compare import find_value, mismatch_record, value_record
from footprint.comparison.data import class_of_product
from footprint.comparison.document import (
    BandRecord,
    BenchmarkBand,
    BenchmarkDocument,
    BenchmarkLine,
)
from footprint.comparison.gate import GATE_RULE, NOT_STATED, Mismatch, class_words, mismatches
from footprint.comparison.value import UNIT, Value, published_values, value_of_document
from footprint.study.definition import default_study
from footprint.validation.tables import published_results
from lca_models.catalogue import final_process

LETTERS: Mapping[str, str] = {
    "boundary": "B",
    "scrap_rule": "S",
    "electricity_rule": "E",
    "gwp_set": "G",
    "product_class": "P",
}
OTHER = "C"
SAMPLES, SEED = 1000, 1


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a benchmark; without a value of ours nothing is comparable."""

    value: Value
    ours: bool
    comparable: bool
    mismatches: tuple[Mismatch, ...]

    @property
    def letters(self) -> str:
        """The first letters of what does not match, with a question mark where it is not stated."""
        return " ".join(
            LETTERS.get(item.attribute, OTHER) + ("?" if item.kind == NOT_STATED else "")
            for item in self.mismatches
        )


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Published values of a product's family and ours, lowest first, and the park's bands."""

    product: str
    lines: tuple[Line, ...]
    bands: tuple[tuple[BandRecord, tuple[Mismatch, ...]], ...]
    own: Value | None


def run_benchmark(
    session: Session,
    product: str,
    *,
    site: str = "",
    period: str = "",
    more: Sequence[str] = (),
    samples: int = SAMPLES,
    own: bool = True,
) -> Benchmark:
    """Set a product among published values; nothing is stored.

    Ours is the shipped study of the site, with an interval of `samples` draws; `more` names
    calculations, published ids or value files to stand beside it. Raises BadInput for an unknown
    product, site, period or value; without a site of the product, or with `own` false, there is no
    value of ours.
    """
    made = class_of_product(product)
    ours = _own(session, product, site, period, samples) if own else None
    family = [
        value for value in published_values().values() if value.class_of.family == made.family
    ]
    others = [find_value(session, ref) for ref in more]
    lines = [_line(value, ours) for value in (*family, *others)]
    if ours is not None:
        lines.append(Line(ours, ours=True, comparable=True, mismatches=()))
    bands = [
        (record, _against(value_of_band(record), ours)) for record in bands_of(session, product)
    ]
    ordered = sorted(lines, key=lambda line: (line.value.value, line.value.ref))
    return Benchmark(product, tuple(ordered), tuple(bands), ours)


def benchmark_document(found: Benchmark) -> BenchmarkDocument:
    """Return the benchmark as one document; the same for the same store."""
    made = class_of_product(found.product)
    bands = [band for band, _ in found.bands]
    return BenchmarkDocument(
        product=found.product,
        product_class=made.code,
        title_zh=class_words(made.code, "zh"),
        title_en=class_words(made.code, "en"),
        unit=UNIT,
        rule=GATE_RULE,
        own=found.own.ref if found.own else None,
        lines=tuple(
            _line_record(number, line, found.own) for number, line in enumerate(found.lines, 1)
        ),
        bands=tuple(_band(band, why, found.own) for band, why in found.bands),
        illustrative=any(item.value.illustrative for item in found.lines)
        or any(band.illustrative for band in bands),
    )


def _band(band: BandRecord, why: tuple[Mismatch, ...], own: Value | None) -> BenchmarkBand:
    return BenchmarkBand.wider(
        band,
        comparable=own is not None and not why,
        letters=Line(value_of_band(band), False, False, why).letters,
    )


def _own(session: Session, product: str, site: str, period: str, samples: int) -> Value | None:
    sites = [site] if site else sites_of(session, product)
    if not sites:
        return None
    if len(sites) > 1:
        raise BadInput("SITE_UNCLEAR", site="", product=product, known=", ".join(sites))
    study = replace(default_study(product), site=sites[0], period=period)
    return value_of_document(calculate_study(session, study, samples=samples).result)


def sites_of(session: Session, product: str) -> list[str]:
    """Return the sites the user may see that have published factors of the product."""
    final = final_process(product)
    return [
        site.code
        for site in session.exec(select(Site).order_by(col(Site.code))).all()
        if sees(session, site.owner)
        and any(factor.process == final for factor in published_of_site(session, site.code))
    ]


def _line(value: Value, own: Value | None) -> Line:
    why = _against(value, own)
    return Line(value, ours=False, comparable=own is not None and not why, mismatches=why)


def _against(value: Value, own: Value | None) -> tuple[Mismatch, ...]:
    return () if own is None else mismatches(own, value)


def _line_record(number: int, line: Line, own: Value | None) -> BenchmarkLine:
    reasons = [mismatch_record(item, own, line.value) for item in line.mismatches] if own else []
    row = published_results().get(line.value.ref)
    return BenchmarkLine.of(
        value_record(line.value),
        number=number,
        ours=line.ours,
        comparable=line.comparable,
        letters=line.letters,
        mismatches=tuple(reasons),
        licence=row["licence"] if row else "",
        redistribution=row["redistribution"] if row else "owner",
    )
