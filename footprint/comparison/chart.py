"""The benchmark as a dot plot: SVG and PNG of the same bytes on every run, nothing fetched.

Names on the axis are numbers with Latin labels, so that the picture can be read on a machine
without Chinese fonts; the font is the one the renderer brings along. Altair draws floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair

from factor_db.foundation.messages import Language, text

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
WIDTH_PX, ROW_PX = 520, 26
VALUE_PX, LETTERS_PX, NAME_LIMIT_PX = 56, 70, 210
DOT_AREA, OWN_AREA = 75, 150
# Room at the sides for a viewer without the font, whose letters are wider.
PADDING_PX = {"left": 32, "right": 28, "top": 8, "bottom": 8}
HEAD_ROOM = 1.04
PNG_SCALE = 2
PUBLISHED, OWN, BAND, INK, FAINT = "#1f5673", "#b5361d", "#d8b25c", "#333333", "#777777"


def benchmark_chart(document: Mapping[str, Any], lang: Language) -> altair.LayerChart:
    """Return the dot plot of a benchmark document, kg CO2e per kg.

    Filled dots may be compared with ours, hollow ones not; letters beside them say why. Intervals
    are drawn where a value has one, park bands as a stripe.
    """
    import pandas

    rows = pandas.DataFrame([_row(line) for line in document["lines"]])
    base = altair.Chart(rows)
    y = altair.Y(
        "name:N",
        sort=list(rows["name"]),
        title=None,
        axis=altair.Axis(labelLimit=NAME_LIMIT_PX, ticks=False, domain=False, grid=True),
    )
    x = altair.X("value:Q", title=text("BENCHMARK_AXIS", lang), scale=_scale(document))
    lines = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2.5)
    intervals = lines.encode(y=y, x=altair.X("low:Q"), x2="high:Q", color=_colour())
    layers = [
        *_bands(document),
        intervals,
        _dots(base, "published_hollow", filled=False).encode(y=y, x=x),
        _dots(base, "published_filled", filled=True).encode(y=y, x=x),
        _dots(base, "own", filled=True).encode(y=y, x=x),
        _side(base, "shown:N", VALUE_PX, "right", INK).encode(y=y),
        _side(base, "letters:N", LETTERS_PX, "left", FAINT).encode(y=y),
    ]
    height = ROW_PX * len(rows)
    drawn: altair.LayerChart = (
        altair.LayerChart(layer=layers, width=WIDTH_PX, height=height, title=_title(document, lang))
        .configure(font=FONT, background="white", padding=PADDING_PX)
        .configure_view(stroke=None)
        .configure_axis(gridColor="#e6e6e6", labelColor=INK, titleColor=INK, labelFontSize=11)
    )
    return drawn


def chart_svg(document: Mapping[str, Any], lang: Language) -> bytes:
    """Return the dot plot as SVG."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(benchmark_chart(document, lang).to_dict())
    return drawn.encode()


def chart_png(document: Mapping[str, Any], lang: Language) -> bytes:
    """Return the dot plot as PNG, two pixels to a point."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(
        benchmark_chart(document, lang).to_dict(), scale=PNG_SCALE
    )
    return drawn


def _row(line: Mapping[str, Any]) -> dict[str, Any]:
    interval = line["interval"]
    dot = "published_filled" if line["comparable"] else "published_hollow"
    return {
        "name": f"[{line['number']}] {line['label']}",
        "value": float(line["value"]),
        "low": float(interval["low"]) if interval else None,
        "high": float(interval["high"]) if interval else None,
        "dot": "own" if line["ours"] else dot,
        "shown": f"{float(line['value']):.2f}",
        "letters": line["letters"],
    }


def _dots(base: altair.Chart, kind: str, *, filled: bool) -> altair.Chart:
    own = kind == "own"
    marked: altair.Chart = base.transform_filter(f"datum.dot == '{kind}'").mark_point(
        filled=filled,
        opacity=1,
        shape="diamond" if own else "circle",
        size=OWN_AREA if own else DOT_AREA,
        color=OWN if own else PUBLISHED,
        strokeWidth=1.6,
    )
    return marked


def _side(base: altair.Chart, field: str, offset: int, align: Any, colour: str) -> altair.Chart:
    """Return a column of text to the right of the plot."""
    place = altair.value(WIDTH_PX + offset)
    mark = base.mark_text(align=align, color=colour, fontSize=11)
    column: altair.Chart = mark.encode(x=place, text=field)
    return column


def _colour() -> Any:
    return altair.condition(altair.datum.dot == "own", altair.value(OWN), altair.value(PUBLISHED))


def _bands(document: Mapping[str, Any]) -> list[altair.Chart]:
    import pandas

    if not document["bands"]:
        return []
    bands = pandas.DataFrame(
        [{"low": float(band["low"]), "high": float(band["high"])} for band in document["bands"]]
    )
    marked = altair.Chart(bands).mark_rect(color=BAND, opacity=0.35)
    return [marked.encode(x=altair.X("low:Q", scale=_scale(document)), x2="high:Q")]


def _scale(document: Mapping[str, Any]) -> altair.Scale:
    """Return an axis from 0 over every value, interval and band, the same for all layers."""
    ends = [float(line["value"]) for line in document["lines"]]
    ends += [float(i["high"]) for line in document["lines"] if (i := line["interval"])]
    ends += [float(band["high"]) for band in document["bands"]]
    return altair.Scale(domain=[min(0.0, *ends), max(ends) * HEAD_ROOM], nice=True)


def _title(document: Mapping[str, Any], lang: Language) -> altair.TitleParams:
    """Return the title with the meaning of the marks; a Chinese one has the English beside it."""
    languages: tuple[Language, ...] = ("zh", "en") if lang == "zh" else ("en",)
    names = " · ".join(document[f"title_{code}"] for code in languages)
    marks = "BENCHMARK_SUBTITLE" if document["own"] else "BENCHMARK_SUBTITLE_ALONE"
    lines = [
        text(code, language) for language in languages for code in (marks, "BENCHMARK_LETTERS")
    ]
    for band in document["bands"]:
        named = {name: band[name] for name in ("contributors", "year", "low", "high")}
        lines += [text("BENCHMARK_BAND_LABEL", language, **named) for language in languages]
    if document["illustrative"]:
        lines += [text("STATEMENT_ILLUSTRATIVE", language).strip() for language in languages]
    return altair.TitleParams(
        text=text("BENCHMARK_TITLE", lang, product=names, unit=document["unit"]),
        subtitle=lines,
        anchor="start",
        fontSize=15,
        subtitleFontSize=11,
        subtitleColor=FAINT,
        subtitlePadding=4,
        offset=12,
    )
