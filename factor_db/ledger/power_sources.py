"""Kinds of power a site may claim beside the grid's mix, and the shares that are derived of them.

A share is kWh of the source per kWh used by the site's processes in the period. It is derived from
the sheet `power` and never typed as a row of a ledger.
"""

from __future__ import annotations

# Power from fuel burnt on site is no source here: its emissions are those of the fuel.
OWN_SOURCES = ("pv", "wind", "hydro")
# Kinds for which green certificates are issued and a life-cycle factor is published.
INSTRUMENT_SOURCES = ("pv", "wind", "hydro", "csp", "biomass")
POWER_FLOW = "electricity"


def own_share(source: str) -> str:
    """Return the flow of the share of own generation, `electricity.own_pv_share`."""
    return f"{POWER_FLOW}.own_{source}_share"


def instrument_share(source: str) -> str:
    """Return the flow of the share that instruments cover, `electricity.instrument_pv_share`."""
    return f"{POWER_FLOW}.instrument_{source}_share"


SHARE_FLOWS: dict[str, tuple[str, str]] = {
    **{own_share(source): ("own", source) for source in OWN_SOURCES},
    **{instrument_share(source): ("instrument", source) for source in INSTRUMENT_SOURCES},
}
"""Flow of a share → `own` or `instrument` and the kind of source, in the order they are counted."""
