"""The figures of a result document: everything that follows from the nominal result alone.

A calculation adds to them its site, release, interval and inputs; a recomputation compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from factor_db.factors.record.inputs import CertificateCell, of_kind
from factor_db.foundation.canonical import exact_sum
from factor_db.ledger.form.power_sources import SHARE_FLOWS
from footprint.choices.read import choices_of
from footprint.figures.coverage import coverage_of
from footprint.figures.origins import origins_of_pins
from footprint.figures.quality import quality_of
from footprint.figures.sold_scrap import sold_scrap_of
from footprint.figures.unevidenced import with_unevidenced
from footprint.result.choices import Alternative, Instrument
from footprint.result.document import Figures
from footprint.result.tables import Amount, FactorRef, OutsideHeadline, Period
from footprint.result.total import IntervalRecord, Total
from footprint.solving.evaluate import Nominal
from footprint.study.carried_model import CarriedModel
from lca_models.system.resolve import Pin

UNIT = "kg CO2e"
_DECLARED = Amount(amount=Decimal(1), unit="kg")


def figures_of(
    nominal: Nominal,
    alternatives: Iterable[Alternative],
    model: CarriedModel | None = None,
    interval: IntervalRecord | None = None,
) -> Figures:
    """Return the recomputable part of a result document, with the interval where one was drawn.

    `model` is the one the document carries; without it today's.
    """
    outside = exact_sum(row.kg_co2e for row in nominal.outside)
    figures = Figures(
        product=nominal.study.product,
        period=Period(start=nominal.where.period_start, end=nominal.where.period_end),
        declared_unit=_DECLARED,
        gwp_set=nominal.study.gwp_set,
        total=Total(value=nominal.total, unit=UNIT, interval=interval),
        by_stage=nominal.sums_by("stage"),
        by_gas=nominal.sums_by("gas"),
        by_scope=nominal.sums_by("scope"),
        contributions=nominal.contributions,
        flows=nominal.flows,
        outside_headline=OutsideHeadline(substitution=outside),
        sold_scrap=sold_scrap_of(nominal),
        origins=origins_of_pins(nominal.pins),
        coverage=coverage_of(nominal),
        quality=quality_of(nominal),
        choices=choices_of(
            nominal, model, alternatives=alternatives, instruments=_instruments(nominal.pins)
        ),
        factors=tuple(_factors(nominal.pins)),
        rules=nominal.rules,
        model_version=nominal.system.version,
        illustrative=any(pin.factor.illustrative for pin in nominal.pins),
        estimate=bool(nominal.estimated),
        result_hash=nominal.result_hash(),
    )
    return with_unevidenced(figures)


def _instruments(pins: tuple[Pin, ...]) -> Iterator[Instrument]:
    """Yield the certificates behind the power of a result, where it rests on any.

    Rule: PCF-ELEC-004.
    """
    for pin in pins:
        if pin.slot.flow in SHARE_FLOWS and pin.factor.derivation:
            for item in of_kind(pin.factor.derivation.inputs, CertificateCell):
                yield Instrument(
                    serial=item.instrument,
                    source=item.source,
                    kwh=item.kwh,
                    period=item.period,
                    region=item.region,
                    cancelled_on=item.cancelled_on,
                )


def _factors(pins: tuple[Pin, ...]) -> Iterator[FactorRef]:
    """Yield each factor once, in the order of their references."""
    factors = {factor.ref: factor for pin in pins for factor in pin.sources}
    for _, factor in sorted(factors.items()):
        yield FactorRef(
            id=factor.id,
            version=factor.version,
            sha256=factor.sha256,
            illustrative=factor.illustrative,
        )
