"""The benchmark as a table in Markdown: what the chart shows, in words, with every source."""

from __future__ import annotations

from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language, text
from footprint.comparison.document import BenchmarkDocument, BenchmarkLine

_DIGITS = 3
_COLUMNS = (
    "BENCHMARK_HEADING_NUMBER",
    "BENCHMARK_HEADING_NAME",
    "BENCHMARK_HEADING_VALUE",
    "BENCHMARK_HEADING_INTERVAL",
    "BENCHMARK_HEADING_YEAR",
    "BENCHMARK_HEADING_WHY",
    "BENCHMARK_HEADING_SOURCE",
)


def benchmark_rows(document: BenchmarkDocument, lang: Language) -> list[list[str]]:
    """Return one row of texts per value, in the order of the chart."""
    return [_row(line, document.own is not None, lang) for line in document.lines]


def benchmark_headings(lang: Language) -> list[str]:
    """Return the headings of `benchmark_rows`."""
    return [text(code, lang) for code in _COLUMNS]


def band_lines(document: BenchmarkDocument, lang: Language) -> list[str]:
    """Return a line for each park band, or that there is none."""
    if not document.bands:
        return [text("BENCHMARK_NO_BAND", lang)]
    return [
        text(
            "BENCHMARK_BAND",
            lang,
            year=band.year,
            region=band.region,
            low=decimal_text(band.low),
            high=decimal_text(band.high),
            count=band.contributors,
        )
        + (f" [{band.letters}]" if band.letters else "")
        for band in document.bands
    ]


def closing_lines(document: BenchmarkDocument, lang: Language) -> list[str]:
    """Return what a reader has to know beside the values, and what may be said of ours."""
    lines = [text("BENCHMARK_LETTERS", lang), *band_lines(document, lang)]
    if document.own is None:
        lines.append(text("BENCHMARK_NO_OWN", lang))
    lines.append(text("BENCHMARK_SINGLE_VALUES", lang))
    own = [line for line in document.lines if line.ours]
    said = [line.said(name, lang) for line in own for name in ("statement", "closure")]
    return [*lines, *filter(None, said)]


def benchmark_markdown(document: BenchmarkDocument, lang: Language) -> str:
    """Return the table and the lines below it; the same document gives the same bytes."""
    title = text("BENCHMARK_TITLE", lang, product=document.said("title", lang), unit=document.unit)
    table = [benchmark_headings(lang), ["---"] * len(_COLUMNS), *benchmark_rows(document, lang)]
    body = "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in table)
    reasons = [
        f"- [{line.number}] {item.said('message', lang)}"
        for line in document.lines
        for item in line.mismatches
    ]
    blocks = [f"# {title}", body, *closing_lines(document, lang), "\n".join(reasons)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _row(line: BenchmarkLine, with_own: bool, lang: Language) -> list[str]:
    interval = line.interval
    ends = f"{_figure(interval.low)}–{_figure(interval.high)}" if interval else ""
    verdict = text("BENCHMARK_COMPARABLE", lang) if with_own else ""
    if line.ours:
        verdict = text("BENCHMARK_OWN", lang)
    name = line.said("name", lang) or line.label
    return [
        str(line.number),
        f"{name} ({line.label})" if line.label != name else name,
        _figure(line.value),
        ends,
        line.year,
        line.letters or verdict,
        line.source,
    ]


def _figure(value: Decimal) -> str:
    return f"{float(value):.{_DIGITS}f}"


def _cell(cell: str) -> str:
    return cell.replace("|", "\\|")
