"""Kinds of power a site may claim beside the grid's mix, and the shares that are derived of them.

A share is kWh of the source per kWh used by the site's processes in the period. It is derived from
the sheet `power` and never typed as a row of a ledger.
"""

from __future__ import annotations

from typing import NamedTuple

# Power from fuel burnt on site is claimed by no rule: its emissions are those of the fuel.
OWN_SOURCES = ("pv", "wind", "hydro")
# Kinds for which green certificates are issued and a life-cycle factor is published.
INSTRUMENT_SOURCES = ("pv", "wind", "hydro", "csp", "biomass")
# Power bought from the grid: stated beside own generation, so that both can be held against use.
PURCHASED = "grid"
PURCHASED_NAMES = ("grid", "purchased", "purchased power", "外购", "外购电", "电网", "网电", "购电")
# Power of fuel burnt on site: stated, so that whoever counts it as bought too is told.
OF_FUEL = "fuel"
OF_FUEL_NAMES = (
    *("fuel", "power of fuel", "gas engine", "gas turbine", "diesel generator"),
    *("燃料发电", "燃气发电", "燃气内燃机", "燃气轮机", "柴油发电", "自备火电"),
)
# Stated beside own generation, and claimed by no rule; with the names of each.
UNCLAIMED = {PURCHASED: PURCHASED_NAMES, OF_FUEL: OF_FUEL_NAMES}
SOURCE_NAMES = {"pv": "光伏", "wind": "风电", "hydro": "水电", "csp": "光热", "biomass": "生物质"}
POWER_FLOW = "electricity"
OWN_CLAIM, INSTRUMENT_CLAIM = CLAIMS = ("own", "instrument")
"""Kinds of claims on power beside the grid's mix: own generation, and cancelled instruments."""


class Named(NamedTuple):
    """A name in the two languages."""

    name_zh: str
    name_en: str


def own_share(source: str) -> str:
    """Return the flow of the share of own generation, `electricity.own_pv_share`."""
    return f"{POWER_FLOW}.own_{source}_share"


def instrument_share(source: str) -> str:
    """Return the flow of the share that instruments cover, `electricity.instrument_pv_share`."""
    return f"{POWER_FLOW}.instrument_{source}_share"


SHARE_FLOWS: dict[str, tuple[str, str]] = {
    **{own_share(source): (OWN_CLAIM, source) for source in OWN_SOURCES},
    **{instrument_share(source): (INSTRUMENT_CLAIM, source) for source in INSTRUMENT_SOURCES},
}
"""Flow of a share → the kind of claim and the kind of source, in the order they are counted."""


def share_name(flow: str) -> Named:
    """Return what people call a share of power."""
    claim, source = SHARE_FLOWS[flow]
    zh, en = ("自发", "own") if claim == OWN_CLAIM else ("绿证", "instruments,")
    return Named(f"用电中{zh}{SOURCE_NAMES[source]}份额", f"Share of power from {en} {source}")
