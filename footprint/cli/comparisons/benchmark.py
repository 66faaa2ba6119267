"""`footprint benchmark`: a product among published values, as table, dot plot and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import text
from footprint.cli.context import CONTEXT, opened_store, print_json, say
from footprint.cli.printing import print_aligned, print_wrapped

if TYPE_CHECKING:
    from footprint.comparison.document import BenchmarkDocument

_SAMPLES = 1000


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("benchmark")(benchmark)


def benchmark(
    product: Annotated[str, typer.Argument(help="plate | extrusion | recycled_ingot | …")],
    site: Annotated[str, typer.Option(help="场地 / site")] = "",
    period: Annotated[str, typer.Option(help="期间 / period")] = "",
    beside: Annotated[
        list[str] | None, typer.Option("--with", help="再加:计算 id 或 数值.toml / id or file")
    ] = None,
    samples: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="抽样次数 / samples")
    ] = _SAMPLES,
    out: Annotated[
        list[Path] | None, typer.Option(help="另存 / also write: .svg .png .json .md")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """与已发布数值并列,说明能否比较 / a product among published values, comparable or not."""
    from footprint.comparison.benchmark import benchmark_document, run_benchmark

    for path in out or ():
        _require_known(path)
    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = run_benchmark(
            session, product, site=site, period=period, more=beside or (), samples=samples
        )
    document = benchmark_document(found)
    for path in out or ():
        path.write_bytes(_WRITERS[path.suffix](document))
        say("FILE_WRITTEN", path=path)
    if as_json:
        print_json(document.record())
    else:
        _print_benchmark(document)


def _print_benchmark(document: BenchmarkDocument) -> None:
    from footprint.comparison.page import benchmark_headings, benchmark_rows, closing_lines

    lang = CONTEXT.lang
    title = document.said("title", lang)
    print(text("BENCHMARK_TITLE", lang, product=title, unit=document.unit))
    rows = [
        [row[0], document.lines[place].label, row[5], row[2], row[3], row[4]]
        for place, row in enumerate(benchmark_rows(document, lang))
    ]
    heads = benchmark_headings(lang)
    print_aligned([heads[0], heads[1], heads[5], heads[2], heads[3], heads[4]], rows, figures=3)
    print()
    for line in closing_lines(document, lang):
        print_wrapped(line)


def _require_known(path: Path) -> None:
    if path.suffix not in _WRITERS:
        raise BadInput("BENCHMARK_FORMAT", path=path)


def _svg(document: BenchmarkDocument) -> bytes:
    from footprint.comparison.chart import chart_svg

    return chart_svg(document, CONTEXT.lang)


def _png(document: BenchmarkDocument) -> bytes:
    from footprint.comparison.chart import chart_png

    return chart_png(document, CONTEXT.lang)


def _json(document: BenchmarkDocument) -> bytes:
    return (json.dumps(document.record(), ensure_ascii=False, indent=2) + "\n").encode()


def _markdown(document: BenchmarkDocument) -> bytes:
    from footprint.comparison.page import benchmark_markdown

    return benchmark_markdown(document, CONTEXT.lang).encode()


_WRITERS: Mapping[str, Callable[[BenchmarkDocument], bytes]] = {
    ".svg": _svg,
    ".png": _png,
    ".json": _json,
    ".md": _markdown,
}
