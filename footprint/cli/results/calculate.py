"""`footprint calculate` and `footprint export`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_INCOMPLETE
from factor_db.foundation.messages import code_of, text
from factor_db.foundation.names import name_or_code
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say
from footprint.cli.options import DOUBTS_HELP, SAMPLING_HELP, SEED, SET_HELP
from footprint.cli.printing import print_wrapped
from footprint.cli.results.study_options import BRIGHTWAY, StudyOptions
from lca_models.system.electricity_rules import ELECTRICITY_RULES
from lca_models.system.scrap_rules import SCRAP_RULES

if TYPE_CHECKING:
    from footprint.calculation.calculate import CalculationResult
    from footprint.result.document import ResultDocument
    from footprint.result.total import IntervalFigures
    from footprint.study.definition import Study
    from footprint.study.hand_values import Known
    from lca_models.system.formula import Slot

_DIGITS = Decimal("0.0001")
SCRAP_RULE_HELP = " | ".join(SCRAP_RULES)
POWER_RULE_HELP = " | ".join(ELECTRICITY_RULES)
CHOICE_HELP = "其他选择,可重复 / any other choice, repeatable: name=value (pfc_method=slope)"


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command("calculate")(calculate)
    app.command("export")(export)


def calculate(
    context: typer.Context,
    product: Annotated[
        str, typer.Argument(help="plate | extrusion | recycled_ingot | … | STUDY.toml")
    ],
    site: Annotated[str, typer.Option(help="场地 / site")] = "",
    period: Annotated[str, typer.Option(help="期间 / period")] = "",
    release: Annotated[str, typer.Option(help="发布版 / release")] = "",
    assign: Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)] = None,
    accept_doubts: Annotated[bool, typer.Option("--accept-doubts", help=DOUBTS_HELP)] = False,
    supplier: Annotated[
        list[str] | None, typer.Option(help="供应商 / FLOW=FACTOR@VERSION[:SHARE]")
    ] = None,
    scrap_rule: Annotated[str, typer.Option(help=SCRAP_RULE_HELP)] = "",
    electricity_rule: Annotated[str, typer.Option(help=POWER_RULE_HELP)] = "",
    choice: Annotated[list[str] | None, typer.Option(help=CHOICE_HELP)] = None,
    gwp: Annotated[str, typer.Option(help="AR4 | AR5 | AR6")] = "",
    samples: Annotated[int, typer.Option(min=0, max=1_000_000, help="抽样次数 / samples")] = 0,
    seed: Annotated[int, SEED] = 1,
    sampling: Annotated[str, typer.Option(help=SAMPLING_HELP)] = "random",
    engine: Annotated[str, typer.Option(help="native | brightway")] = "native",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """计算产品碳足迹 / calculate a product's footprint."""
    from footprint.calculation.calculate import calculate_study, store_calculation

    options = StudyOptions(_study(product), _known_here)
    options.place(site=site, period=period, release=release, accept_doubts=accept_doubts)
    rules = {"scrap_rule": scrap_rule, "electricity_rule": electricity_rule}
    options.choose((*(f"{k}={v}" for k, v in rules.items() if v), *(choice or ())))
    options.weigh(gwp)
    options.assign(assign or ())
    options.buy(supplier or ())
    options.solve_with(engine)
    study = options.checked()
    if not samples:
        _say_without_effect(context)
    with opened_store() as store:
        with store.read(
            CONTEXT.user
        ) as session:  # sampling takes time, and nobody should wait for it
            result = calculate_study(session, study, samples=samples, seed=seed, sampling=sampling)
        with store.work(CONTEXT.user) as work:
            store_calculation(work, result)
    document = _by_engine(result, engine)
    if as_json:
        print_json(document.record())
    else:
        _print_result(document)
    warn_outside(document.total.value, document.total.interval)
    if document.possible and document.possible.violations:
        raise typer.Exit(EXIT_INCOMPLETE)


def _by_engine(result: CalculationResult, engine: str) -> ResultDocument:
    if engine != BRIGHTWAY:
        return result.result
    from footprint.brightway.engine import brightway_document

    return brightway_document(result)


def _known_here(study: Study, slot: Slot) -> list[Known]:
    """Return what the study would take for a slot now, in its unit; nothing where unclear."""
    from factor_db.foundation.errors import FootprintError
    from footprint.solving.preparation import prepare
    from footprint.study.hand_values import known_of

    try:
        with opened_store() as store, store.read(CONTEXT.user) as session:
            pin = prepare(session, study).resolver.pin(slot)
    except FootprintError:
        return []
    return known_of(slot, [pin.factor], study.gwp_set) if pin else []


def _say_without_effect(context: typer.Context) -> None:
    """Say on stderr which options of the draws were given though nothing is drawn."""
    given = [
        name
        for name in ("seed", "sampling")
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]
    if given:
        say("NO_SAMPLES_NO_EFFECT", options=", ".join(f"--{name}" for name in given))


def warn_outside(value: Decimal, interval: IntervalFigures | None) -> None:
    """Warn on stderr of a total that its own interval does not hold."""
    if interval and "outside" in interval.drift:
        ends = {"low": f"{interval.low:.6f}", "high": f"{interval.high:.6f}"}
        say("RESULT_OUTSIDE", value=f"{value:.6f}", **ends)


def export(
    calculation: Annotated[str, typer.Argument(help="计算 id / calculation id")],
    out: Annotated[Path, typer.Option(help="目录 / folder")],
    form: Annotated[
        str, typer.Option("--format", help="brightway | brightway-package | brightway-excel")
    ] = "brightway",
) -> None:
    """导出计算 / export a calculation for Brightway (project, package or workbooks)."""
    from footprint.brightway.export import check_format, export_calculation
    from footprint.calculation.calculate import load_calculation

    check_format(form)
    with opened_store() as store, store.read(CONTEXT.user) as session:
        document = load_calculation(session, calculation)
    export_calculation(document, out, form)
    say("FILE_WRITTEN", path=out)


def _study(product: str) -> Study:
    from footprint.study.definition import study_named

    return study_named(product)


def _print_kinds(shares: Mapping[str, Decimal]) -> None:
    """Print one line: what the result is made of."""
    from footprint.words.shown import share_by_code

    parts = {kind: share for kind, share in shares.items() if share}
    shown = [
        f"{name_or_code('data_kind', kind, CONTEXT.lang)} {share} %"
        for kind, share in share_by_code(parts).items()
    ]
    if shown:
        print(text("RESULT_KINDS", CONTEXT.lang, shares=", ".join(shown)))


def _print_told(document: ResultDocument) -> None:
    """Print what moved the number: every choice, what has no evidence, what stands beside it."""
    from footprint.words.told import outside_words, told_words, unevidenced_words

    lang = CONTEXT.lang
    choices = [
        text("RESULT_CHOICE", lang, choice=name[lang], value=said[lang])
        for _, _, name, said in told_words(document.choices)
    ]
    print_wrapped(text("RESULT_CHOICES", lang, choices=text("COMPARE_GLUE", lang).join(choices)))
    for found in (unevidenced_words(document.choices), outside_words(document)):
        if found:
            print_wrapped(found[lang])
    _print_scrap(document)


def _print_scrap(document: ResultDocument) -> None:
    """Print what the scrap rule hands over to a buyer, or assumes for want of a seller's figure."""
    for line in document.sold_scrap:
        value = f"{line.kg_co2e_per_t:.1f}"
        print(text("RESULT_SOLD_SCRAP", CONTEXT.lang, process=line.process, value=value))
    for default in document.coverage.conservative_defaults:
        say("RESULT_CONSERVATIVE", **default.record())


def _print_blocked(document: ResultDocument) -> None:
    """Print how the result closes, and on stderr every reason why nothing may be declared of it."""
    from footprint.figures.blocked import ESTIMATE, blocking_reasons
    from footprint.words.closure import closure_line
    from footprint.words.told import estimate_words

    if document.closure and (line := closure_line(document.closure, CONTEXT.lang)):
        print_wrapped(line)
    for reason in blocking_reasons(document):
        if reason.name != ESTIMATE:
            say(code_of("BLOCKED", reason.name), items=", ".join(reason.items))
    if estimate := estimate_words(document):
        print(estimate[CONTEXT.lang], file=sys.stderr)


def _print_said_of_data(document: ResultDocument) -> None:
    """Print what is left unsaid and which origins were typed, where there is any."""
    from footprint.words.said_of_data import origin_lines, unstated_line

    for line in (unstated_line(document, CONTEXT.lang), *origin_lines(document, CONTEXT.lang)):
        if line:
            print(line)


def _print_result(document: ResultDocument) -> None:
    from footprint.words.no_interval import no_interval_words
    from footprint.words.shown import rounded

    total = document.total
    print(
        text(
            "RESULT_LINE",
            CONTEXT.lang,
            product=document.product,
            site=document.site.code,
            value=rounded(total.value, _DIGITS),
        )
    )
    if total.interval:
        low, high = (f"{end:.3f}" for end in (total.interval.low, total.interval.high))
        print(text("RESULT_INTERVAL", CONTEXT.lang, low=low, high=high))
    elif reason := no_interval_words(document):
        print_wrapped(reason[CONTEXT.lang])
    rows = [[stage, rounded(value, _DIGITS)] for stage, value in document.by_stage.items()]
    print_table(["stage", "kg CO2e/kg"], rows)
    _print_kinds(document.quality.data_shares)
    _print_told(document)
    _print_said_of_data(document)
    if document.illustrative:
        say("RESULT_ILLUSTRATIVE")
    _print_blocked(document)
    print(document.calculation)
