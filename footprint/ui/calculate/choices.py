"""The choices of the Calculate page: set from an address, shown, and returned as a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from factor_db.foundation.names import name_or_code
from footprint.ui import address
from footprint.ui.controls import choice
from footprint.ui.language import current, say
from footprint.ui.request import (
    CHOICES,
    MOVES,
    SAMPLES,
    SUPPLIERS,
    Request,
    offered_choices,
    offered_in_address,
    read_suppliers,
    shipped_choice,
)
from footprint.ui.services import SiteLine

PAGE = "calculate"
_KEY = partial(address.key, PAGE)
Sites = Mapping[str, list[SiteLine]]


def set_choices(sites: Sites, given: Mapping[str, str]) -> None:
    """Set the widgets from an address; raises BadInput for what the page does not offer."""
    stated = given.get("product", "")
    product = stated if stated in sites else next(iter(sites))
    offered = offered_in_address(product, [line.site for line in sites[product]])
    for name in ("product", *offered):
        st.session_state[_KEY(name)] = given.get(name)
    samples = {str(count): count for count in SAMPLES}
    st.session_state[_KEY("samples")] = samples.get(given.get("samples", ""))
    site = given.get("site", "")
    st.session_state[_KEY(SUPPLIERS)] = (product, site, given.get(SUPPLIERS, ""))
    choices = {name: value for name, value in given.items() if name not in (MOVES, SUPPLIERS)}
    address.require_offered(choices, {"product": sites, **offered})


def chosen(sites: Sites) -> Request:
    """Show the choices and return them."""
    lang = current()
    left, right = st.columns(2)
    with left:
        words = {code: name_or_code("product", code, lang) for code in sites}
        product = choice(say("UI_PRODUCT"), words, key=_KEY("product"), first=next(iter(words)))
    lines = {
        line.site: say(
            "UI_SITE_LINE",
            organisation=getattr(line, f"organisation_{lang}"),
            site=line.site,
        )
        for line in sites[product]
    }
    with right:
        site = choice(say("UI_SITE"), lines, key=_KEY("site"), first=next(iter(lines)))
    return _rules(product, site)


_HELPS = {
    "gwp_set": "UI_HELP_gwp_set",
    "scrap_rule": "UI_HELP_scrap_rule",
    "electricity_rule": "UI_HELP_electricity_rule",
    "primary_source": "UI_HELP_primary_source",
    "surface": "UI_HELP_surface",
}


def _rules(product: str, site: str) -> Request:
    offered = offered_choices(product)
    for name in CHOICES:
        if name not in offered:  # a choice of another product, not to come back with it
            st.session_state.pop(_KEY(name), None)
    found: dict[str, str] = {}
    *columns, last = st.columns(len(offered) + 1)
    for column, (name, values) in zip(columns, offered.items(), strict=True):
        with column:
            found[name] = choice(
                name_or_code("choice", name, current()),
                {value: name_or_code("value", value, current(), "short") for value in values},
                key=_KEY(name),
                first=shipped_choice(product, name),
                help_text=say(_HELPS[name]),
            )
    counts = {count: say("UI_SAMPLES", count=count) for count in SAMPLES}
    counts[0] = say("UI_SAMPLES_NONE")
    with last:
        samples = choice(
            name_or_code("choice", "samples", current()),
            counts,
            key=_KEY("samples"),
            first=0,
            help_text=say("UI_HELP_samples"),
        )
    return Request(product, site, tuple(found.items()), samples, _suppliers(product, site))


def _suppliers(product: str, site: str) -> tuple[tuple[str, str], ...]:
    """Return the suppliers that came with the address: they stay with their product and site."""
    of_product, of_site, named = st.session_state.get(_KEY(SUPPLIERS), ("", "", ""))
    return read_suppliers(named) if (of_product, of_site) == (product, site) else ()
