"""Whether goods made in one place may be those of another statement of place.

A country says nothing against its provinces, nor the world against a country; two provinces are
two places. What is no ISO 3166 code (a region of the world) contradicts nothing.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def may_be_of(one: str, other: str) -> bool:
    """Tell whether two places may be one: alike, or one holds the other."""
    if not (_CODE.fullmatch(one) and _CODE.fullmatch(other)):
        return True
    return one == other or one == other.partition("-")[0] or other == one.partition("-")[0]


def is_within(origin: str, place: str) -> bool:
    """Tell whether an origin lies in a place; in what is no ISO 3166 code lies every one."""
    return not _CODE.fullmatch(place) or place in (origin, origin.partition("-")[0])


def is_wider(origin: str, place: str) -> bool:
    """Tell whether an origin is the country of which a place is a part."""
    return origin != place and place.partition("-")[0] == origin
