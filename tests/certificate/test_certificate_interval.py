"""The sampled interval of a certificate: drawn again from samples, seed and method.

System: the example plate, 200 samples. Nothing is worked by hand: the interval in the document is
what drawing again must give, so a figure moved by 1 in 1e6 is forged, and one by 1e-11 is not.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput
from footprint.calculation.calculate import calculate_study
from footprint.certificate.checks.recomputing import calculation_difference
from footprint.certificate.checks.redrawing import DRAWN_AGAIN, NOT_DRAWN_AGAIN, interval_state
from footprint.certificate.issue import make_certificate
from footprint.figures.recompute import nominal_of
from footprint.result.document import read_result
from footprint.sampling.uncertainty import redrawn_interval
from footprint.study.definition import default_study
from tests.certificate.certificate_document import calculation


@pytest.fixture(scope="module")
def plate(demo_store):
    with demo_store.read("admin") as session:
        return calculate_study(session, default_study("plate"), samples=200, seed=3).document


def changed(document, **figures):
    again = deepcopy(document)
    again["total"]["interval"].update(figures)
    body = {name: item for name, item in again.items() if name != "calculation"}
    return {**body, "calculation": content_hash("calculation", body)}


@pytest.mark.parametrize("name", ["low", "high", "mean", "median"])
def test_forged_figure_of_an_interval_is_found(plate, name):
    value = Decimal(plate["total"]["interval"][name])
    forged = changed(plate, **{name: str(value * (1 + Decimal("1e-6")))})
    assert calculation_difference(forged) == f"total.interval.{name}"
    near = changed(plate, **{name: str(value * (1 + Decimal("1e-11")))})
    assert calculation_difference(near) == ""


def test_forged_seed_or_count_is_found(plate):
    assert calculation_difference(plate) == ""
    assert interval_state(read_result(plate)) == DRAWN_AGAIN
    assert calculation_difference(changed(plate, seed=4)).startswith("total.interval.")
    assert calculation_difference(changed(plate, samples=10**12)) == "total.interval.samples"
    assert calculation_difference(changed(plate, non_productive=1)).endswith("non_productive")


def test_interval_of_an_earlier_method_is_said_not_to_be_recomputed(plate):
    older = changed(plate, method="Monte Carlo over factors", low="0.1")
    assert calculation_difference(older) == ""
    assert interval_state(read_result(older)) == NOT_DRAWN_AGAIN


@pytest.mark.parametrize("total", ["-1.691", "-0.0001"])
def test_a_footprint_below_zero_is_not_certified(own, total):
    negative = calculation()
    negative["total"] = {**negative["total"], "value": total}
    with pytest.raises(BadInput, match="CERTIFICATE_NEGATIVE"):
        make_certificate(
            read_result(negative),
            own.keys,
            datetime(2026, 11, 22, tzinfo=UTC),
            "internally_reviewed",
        )


def test_few_samples_are_not_certified_and_still_verified(plate, own):
    """145 samples give the ends no error: refused at issue, drawn again where one was issued."""
    few = calculation()
    few["total"]["interval"].update(samples=145)
    with pytest.raises(BadInput, match="CERTIFICATE_SAMPLES_TOO_FEW"):
        make_certificate(
            read_result(few), own.keys, datetime(2026, 11, 22, tzinfo=UTC), "internally_reviewed"
        )
    again = redrawn_interval(nominal_of(read_result(plate)), 20, 3, "random")
    assert calculation_difference(changed(plate, **again.record())) == ""
