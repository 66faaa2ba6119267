"""The origin table of a result: where the site's inputs came from, by mass, with the cells.

Made of the pinned factors alone, so that whoever recomputes a result finds the same table. What the
ledger states is the plant's word: views say so, and a factor derived before origins were kept has
none. Rule DER-ORIGIN-001.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from footprint.result.tables import OriginLine
from lca_models.system.resolve import OWN, Pin

# ISO 3166-1 alpha-2, alone or before the part of a division (ISO 3166-2).
_CODE = re.compile(r"([A-Z]{2})(-[A-Z0-9]{1,3})?")


def origins_of_pins(pins: Iterable[Pin]) -> tuple[OriginLine, ...]:
    """Return process, flow, origin, country, share, cells and factor of each typed origin.

    `country` is empty where rows state no origin, or one that is no ISO 3166 code.
    """
    return tuple(
        OriginLine(
            process=pin.slot.process,
            flow=pin.slot.flow,
            origin=item.origin,
            country=country_of(item.origin),
            share=item.share,
            cells=item.cells,
            factor=pin.factor.ref,
        )
        for pin in pins
        if pin.level == OWN and pin.slot.process and pin.factor.derivation
        for item in pin.factor.derivation.origins
    )


def country_of(origin: str) -> str:
    """Return the country of an ISO 3166 code such as `CN` or `CN-YN`, or an empty text."""
    found = _CODE.fullmatch(origin)
    return found[1] if found else ""
