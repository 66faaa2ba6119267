"""Charts drawn in the browser from data of the page; nothing is fetched."""

from __future__ import annotations

from decimal import Decimal

import altair
import pandas

from footprint.words.shown import rounded, share_texts

ROW_HEIGHT_PX = 34
AXIS_HEIGHT_PX = 40
LABEL_ROOM = 1.25
SHOWN_DIGITS = Decimal("0.001")
UNDEFINED = "–"
BURDEN, CREDIT = "#1f5673", "#b5651d"


def bar_chart(parts: pandas.DataFrame, value_title: str) -> altair.LayerChart:
    """Return horizontal bars, largest first; `parts` has name, value (kg CO2e) and share (%).

    A credit keeps its sign in the label and has another colour.
    """
    values = [Decimal(repr(float(value))) for value in parts["value"]]
    shares = share_texts(values) or [UNDEFINED for _ in values]
    rows = parts.assign(
        label=[
            f"{rounded(value, SHOWN_DIGITS)}  ({share} %)"
            for value, share in zip(values, shares, strict=True)
        ],
        end=parts["value"].clip(lower=0),
    )
    base = altair.Chart(rows).encode(
        y=altair.Y("name:N", sort=None, title=None, axis=altair.Axis(labelLimit=220, ticks=False)),
    )
    bars = base.mark_bar(height=18).encode(
        x=altair.X(
            "value:Q",
            title=value_title,
            scale=altair.Scale(domain=_domain(parts["value"])),
            axis=altair.Axis(grid=True, tickCount=6),
        ),
        color=altair.condition(altair.datum.value < 0, altair.value(CREDIT), altair.value(BURDEN)),
        tooltip=altair.value(None),
    )
    labels = base.mark_text(align="left", dx=6).encode(x="end:Q", text="label:N")
    height = ROW_HEIGHT_PX * len(rows) + AXIS_HEIGHT_PX
    return altair.LayerChart(layer=[bars, labels], height=height)


def _domain(values: pandas.Series) -> list[float]:
    """Leave room at the right for the label of the longest bar."""
    high = max(float(values.max()), 0.0)
    return [min(float(values.min()), 0.0), high * LABEL_ROOM or 1.0]
