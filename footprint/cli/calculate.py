"""`footprint calculate` and `footprint export`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import text
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say
from footprint.cli.options import SAMPLING_HELP, SEED
from footprint.cli.study_options import StudyOptions

if TYPE_CHECKING:
    from footprint.study import Study

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
    assign: Annotated[list[str] | None, typer.Option("--set", help="slot=value")] = None,
    supplier: Annotated[
        list[str] | None, typer.Option(help="供应商 / FLOW=FACTOR@VERSION[:SHARE]")
    ] = None,
    scrap_rule: Annotated[str, typer.Option(help="cut-off | pre-consumer-mass | cbam-zero")] = "",
    electricity_rule: Annotated[str, typer.Option(help="location | own | market | residual")] = "",
    choice: Annotated[list[str] | None, typer.Option(help=CHOICE_HELP)] = None,
    gwp: Annotated[str, typer.Option(help="AR4 | AR5 | AR6")] = "",
    samples: Annotated[int, typer.Option(min=0, max=1_000_000, help="抽样次数 / samples")] = 0,
    seed: Annotated[int, SEED] = 1,
    sampling: Annotated[str, typer.Option(help=SAMPLING_HELP)] = "random",
    engine: Annotated[str, typer.Option(help="native | brightway")] = "native",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """计算产品碳足迹 / calculate a product's footprint."""
    from footprint.calculation import calculate_study, store_calculation

    study = _study(product)
    study = replace(
        study,
        site=site or study.site,
        period=period or study.period,
        release=release or study.release,
    )
    rules = {"scrap_rule": scrap_rule, "electricity_rule": electricity_rule}
    options = StudyOptions(study)
    options.choose((*(f"{k}={v}" for k, v in rules.items() if v), *(choice or ())))
    options.weigh(gwp)
    options.assign(assign or ())
    options.buy(supplier or ())
    if engine not in {"native", "brightway"}:
        options.faults.append(BadInput("ENGINE_UNKNOWN", engine=engine))
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
    document = result.document
    if engine == "brightway":
        from footprint.brightway_engine import brightway_document

        document = brightway_document(result)
    if as_json:
        print_json(document)
    else:
        _print_result(document)
    warn_outside(document["total"]["value"], document["total"]["interval"])


def _say_without_effect(context: typer.Context) -> None:
    """Say on stderr which options of the draws were given though nothing is drawn."""
    given = [
        name
        for name in ("seed", "sampling")
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]
    if given:
        say("NO_SAMPLES_NO_EFFECT", options=", ".join(f"--{name}" for name in given))


def warn_outside(value: str, interval: Mapping[str, Any] | None) -> None:
    """Warn on stderr of a total that its own interval does not hold."""
    if interval and "outside" in interval["drift"]:
        ends = {end: f"{Decimal(interval[end]):.6f}" for end in ("low", "high")}
        say("RESULT_OUTSIDE", value=f"{Decimal(value):.6f}", **ends)


def export(
    calculation: Annotated[str, typer.Argument(help="计算 id / calculation id")],
    out: Annotated[Path, typer.Option(help="目录 / folder")],
    form: Annotated[
        str, typer.Option("--format", help="brightway | brightway-package | brightway-excel")
    ] = "brightway",
) -> None:
    """导出计算 / export a calculation for Brightway (project, package or workbooks)."""
    from footprint.brightway_export import check_format, export_calculation
    from footprint.calculation import load_calculation

    check_format(form)
    with opened_store() as store, store.read(CONTEXT.user) as session:
        document = load_calculation(session, calculation)
    export_calculation(document, out, form)
    say("FILE_WRITTEN", path=out)


def _study(product: str) -> Study:
    from footprint.study import study_named

    return study_named(product)


def _print_kinds(shares: dict[str, str]) -> None:
    """Print one line: what the result is made of."""
    shown = [
        f"{text(f'DATA_KIND_{kind}', CONTEXT.lang)} {Decimal(share):.1f} %"
        for kind, share in shares.items()
        if Decimal(share)
    ]
    if shown:
        print(text("RESULT_KINDS", CONTEXT.lang, shares=", ".join(shown)))


def _print_result(document: dict[str, Any]) -> None:
    total = document["total"]
    print(
        text(
            "RESULT_LINE",
            CONTEXT.lang,
            product=document["product"],
            site=document["site"]["code"],
            value=f"{Decimal(total['value']):.4f}",
        )
    )
    if total["interval"]:
        low, high = (f"{Decimal(total['interval'][end]):.3f}" for end in ("low", "high"))
        print(text("RESULT_INTERVAL", CONTEXT.lang, low=low, high=high))
    rows = [[stage, f"{Decimal(value):.4f}"] for stage, value in document["by_stage"].items()]
    print_table(["stage", "kg CO2e/kg"], rows)
    _print_kinds(document["quality"]["data_shares"])
    if document["illustrative"]:
        say("RESULT_ILLUSTRATIVE")
    if document["unused_field_data"]:
        say("RESULT_UNUSED", factors=", ".join(document["unused_field_data"]))
    if document.get("tolled_metal"):
        say("RESULT_TOLLED", factors=", ".join(document["tolled_metal"]))
    if document["estimate"]:
        say("RESULT_ESTIMATE")
    print(document["calculation"])
