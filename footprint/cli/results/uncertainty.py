"""`footprint uncertainty`: interval, ranking of parameters, Sobol indices, paired comparison."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.messages import code_of, text
from footprint.cli.context import CONTEXT, opened_store, print_json, say
from footprint.cli.options import SAMPLING_HELP, SEED
from footprint.cli.printing import print_aligned, print_wrapped
from footprint.cli.results.calculate import warn_outside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from footprint.publish.uncertainty_record import (
        AgainstRecord,
        Ranked,
        SobolIndices,
        UncertaintyDocument,
    )
    from footprint.result.total import IntervalFigures

RANKED = 12
STUDY_HELP = "plate | extrusion | recycled_ingot | … | STUDY.toml"


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("uncertainty")(uncertainty)


def uncertainty(
    product: Annotated[str, typer.Argument(help=STUDY_HELP)],
    against: Annotated[str, typer.Option(help=f"与之比较 / compare with: {STUDY_HELP}")] = "",
    sobol: Annotated[bool, typer.Option("--sobol", help="Sobol 指数 / Sobol indices")] = False,
    samples: Annotated[int, typer.Option(min=1, max=1_000_000, help="抽样次数 / samples")] = 10_000,
    seed: Annotated[int, SEED] = 1,
    sampling: Annotated[str, typer.Option(help=SAMPLING_HELP)] = "random",
    bank: Annotated[
        Path | None, typer.Option(help="背景抽样库文件夹 / folder of a background bank")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """不确定性:区间、排序、Sobol 指数、比较 / interval, ranking, Sobol indices, comparison."""
    from footprint.calculation.calculate import calculate_study
    from footprint.figures.blocked import require_showable
    from footprint.publish.uncertainty_document import Sampling, against_of, uncertainty_document
    from footprint.study.definition import study_named

    with opened_store() as store, store.read(CONTEXT.user) as session:
        result = calculate_study(session, study_named(product))
        other = calculate_study(session, study_named(against)) if against else None
    for item in filter(None, (result, other)):
        require_showable(item.result)
    how = Sampling(samples, seed, sampling)
    beside = against_of(result, other) if other else None
    document = uncertainty_document(result.nominal, how, sobol=sobol, against=beside, bank=bank)
    if as_json:
        print_json(document.record())
    else:
        _print(document)
    warn_outside(result.nominal.total, document.interval)
    if document.illustrative:
        say("RESULT_ILLUSTRATIVE")


def _print(document: UncertaintyDocument) -> None:
    named = {"product": document.product, "site": document.site}
    value = _figure(document.total)
    print_wrapped(_say("UNCERTAINTY_TITLE", value=value, **named))
    interval = document.interval
    _print_interval(interval)
    counted = {"samples": interval.samples, "seed": interval.seed}
    method = _say(code_of("INTERVAL_METHOD", interval.sampling), **counted)
    print_wrapped(_say("UNCERTAINTY_METHOD", method=method))
    _print_drift(document, value)
    print()
    _print_ranking(document.ranking)
    if document.sobol is not None:
        print()
        _print_sobol(document.sobol)
    if document.against is not None:
        print()
        _print_comparison(document, document.against)


def _print_drift(document: UncertaintyDocument, value: str) -> None:
    """Print which middles lie off the nominal value, and why they may."""
    middles = [name for name in document.interval.drift if name in ("mean", "median")]
    if middles:
        which = " + ".join(_say(code_of("UNCERTAINTY", name)) for name in middles)
        slots = ", ".join(document.stated)
        code = "UNCERTAINTY_DRIFT_STATED" if slots else "UNCERTAINTY_DRIFT"
        print_wrapped(_say(code, which=which, value=value, slots=slots))


def _say(code: str, **params: object) -> str:
    return text(code, CONTEXT.lang, **params)


def _figure(value: Decimal) -> str:
    return f"{value or Decimal(0):.4f}"  # no sign on a zero


def _error(value: Decimal | None) -> str:
    return _say("UNCERTAINTY_FEW") if value is None else f"± {value:.4f}"


def _print_interval(interval: IntervalFigures) -> None:
    figures = {
        "low": (interval.low, interval.low_error),
        "median": (interval.median, interval.median_error),
        "mean": (interval.mean, interval.mean_error),
        "high": (interval.high, interval.high_error),
    }
    rows = [
        [_say(code_of("UNCERTAINTY", name)), _figure(value), _error(error)]
        for name, (value, error) in figures.items()
        if value is not None
    ]
    headings = ("UNCERTAINTY_FIGURE", "UNCERTAINTY_VALUE", "UNCERTAINTY_ERROR")
    print_aligned([_say(code) for code in headings], rows, figures=2)
    if interval.non_productive:
        print_wrapped(_say("UNCERTAINTY_NON_PRODUCTIVE", count=interval.non_productive))
    if interval.impossible:
        print_wrapped(_say("UNCERTAINTY_IMPOSSIBLE", count=interval.impossible))


def _print_ranking(ranking: Sequence[Ranked]) -> None:
    print_wrapped(_say("UNCERTAINTY_RANKING"))
    rows = [
        [
            ", ".join(item.slots),
            f"{item.per_deviation:+.4f}",
            "-" if item.elasticity is None else f"{item.elasticity:+.3f}",
        ]
        for item in ranking[:RANKED]
    ]
    headings = ("UNCERTAINTY_PARAMETER", "UNCERTAINTY_PER_DEVIATION", "UNCERTAINTY_ELASTICITY")
    print_aligned([_say(code) for code in headings], rows, figures=2)


def _print_sobol(found: SobolIndices) -> None:
    print_wrapped(_say("UNCERTAINTY_SOBOL", evaluations=found.evaluations))
    rows = [
        [
            _group(item.slots),
            f"{item.first:.3f} ± {item.first_error:.3f}",
            f"{item.total:.3f} ± {item.total_error:.3f}",
            _say("UNCERTAINTY_YES" if item.converged else "UNCERTAINTY_NO"),
        ]
        for item in found.indices
    ]
    headings = (
        *("UNCERTAINTY_PARAMETER", "UNCERTAINTY_FIRST"),
        *("UNCERTAINTY_TOTAL", "UNCERTAINTY_CONVERGED"),
    )
    print_aligned([_say(code) for code in headings], rows, figures=3)
    if not found.converged:
        print_wrapped(_say("UNCERTAINTY_NOT_CONVERGED"))
    if found.non_productive:
        print_wrapped(_say("UNCERTAINTY_NON_PRODUCTIVE", count=found.non_productive))


def _group(slots: tuple[str, ...]) -> str:
    return _say("UNCERTAINTY_OTHERS") if slots == ("*",) else ", ".join(slots)


def _print_comparison(document: UncertaintyDocument, found: AgainstRecord) -> None:
    names = {
        "a": f"{document.product} ({document.site})",
        "b": f"{found.product} ({found.site})",
    }
    if found.mismatches:
        print_wrapped(_say("UNCERTAINTY_NOT_COMPARABLE"))
        for item in found.mismatches:
            print_wrapped(f"- {item.said('message', CONTEXT.lang)}", indent=2)
    print_wrapped(_say("UNCERTAINTY_AGAINST", **names))
    difference = found.difference
    _print_interval(difference)
    left_out = difference.non_productive + difference.impossible
    if found.equal == difference.samples - left_out:
        print_wrapped(_say("UNCERTAINTY_EQUAL_IN_ALL"))
        return
    below = {
        "share": f"{found.a_below_b:.4f}",
        "error": f"{found.a_below_b_error:.4f}",
    }
    print_wrapped(_say("UNCERTAINTY_BELOW", **names, **below))
    print_wrapped(_say("UNCERTAINTY_EQUAL", equal=found.equal))
