"""What the declarant states beside the calculation: good, year, price, origin of each precursor.

A calculation knows how much purchased metal was consumed, not who made it and with what direct
emissions. That comes as a small TOML file (docs/cbam.md) or as its content.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule
from footprint.views.cbam.reference import UNKNOWN, is_relieved, precursor_kinds

ROUTES = ("K", "L")
_KEYS = {"country", "surface", "precursors"}
_LOT_KEYS = {"flow", "share", "country", "direct", "route", "source"}


@dataclass(frozen=True, slots=True)
class Lot:
    """One origin of a precursor: its share of the flow, country, and what its maker states.

    `direct` is specific embedded direct emissions in t CO2e/t as stated in `source`; without it the
    default value of the country is taken. `route` is K (primary) or L (secondary). `ledger` holds
    the typed origins and their cells where the ledger, and no statement, names the country.
    """

    flow: str
    share: Decimal = Decimal(1)
    country: str = UNKNOWN
    direct: Decimal | None = None
    route: str = ""
    source: str = ""
    ledger: tuple[str, ...] = ()

    @property
    def basis(self) -> str:
        """Return relieved (EU or exempt origin), stated, or default."""
        if is_relieved(self.country):
            return "relieved"
        return "default" if self.direct is None else "stated"


@dataclass(frozen=True, slots=True)
class Statement:
    """The declarant's statement; an empty country is that of the site."""

    country: str = ""
    surface: str = "inside"
    lots: tuple[Lot, ...] = ()

    def lots_of(self, flow: str) -> tuple[Lot, ...]:
        """Return the lots of a precursor, none where the declarant says nothing of it."""
        return tuple(lot for lot in self.lots if lot.flow == flow)


def read_statement(path: Path) -> Statement:
    """Read a statement file; raises BadInput when it is absent, unreadable or breaks a rule."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise BadInput("FILE_ABSENT", path=path) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error) from None
    return statement_of(content)


def statement_of(content: Mapping[str, Any]) -> Statement:
    """Read a statement from its keys; raises BadInput (CBAM_STATEMENT) with every fault in it."""
    faults = [f"{key}?" for key in sorted(set(content) - _KEYS)]
    surface = str(content.get("surface", "inside"))
    if surface not in rule("CBAM-BOUND-004").items("choices"):
        faults.append(f"surface = {surface}")
    lots: list[Lot] = []
    tables = content.get("precursors", ())
    if not isinstance(tables, list | tuple) or not all(isinstance(t, Mapping) for t in tables):
        raise BadInput("CBAM_STATEMENT", faults="; ".join([*faults, "precursors"]))
    for place, item in enumerate(tables, start=1):
        found, wrong = _lot(item)
        lots.append(found)
        faults += [f"precursors[{place}]: {fault}" for fault in wrong]
    faults += _share_faults(lots)
    if faults:
        raise BadInput("CBAM_STATEMENT", faults="; ".join(faults))
    return Statement(str(content.get("country", "")).upper(), surface, tuple(lots))


def _lot(item: Mapping[str, Any]) -> tuple[Lot, list[str]]:
    faults = [f"{key}?" for key in sorted(set(item) - _LOT_KEYS)]
    flow, route = str(item.get("flow", "")), str(item.get("route", ""))
    kind = precursor_kinds().get(flow)
    if kind is None:
        faults.append(f"flow = {flow} ({', '.join(precursor_kinds())})")
    share, wrong_share = _number(item, "share", "1")
    direct, wrong_direct = _number(item, "direct")
    faults += wrong_share + wrong_direct
    source = str(item.get("source", ""))
    if direct is not None:
        route = route or (kind.route if kind else "")
        faults += ["source"] if not source else []
        faults += [f"route = {route} (K, L)"] if route not in ROUTES else []
    country = str(item.get("country", UNKNOWN)).upper()
    lot = Lot(flow, share if share is not None else Decimal(1), country, direct, route, source)
    return lot, faults


def _number(
    item: Mapping[str, Any], key: str, absent: str = ""
) -> tuple[Decimal | None, list[str]]:
    """Return a number that may not be negative; floats are refused, as everywhere."""
    value = item.get(key, absent)
    if value == "":
        return None, []
    try:
        number = decimal_value(str(value)) if not isinstance(value, bool | float) else None
    except BadInput:
        number = None
    return (number, []) if number is not None and number >= 0 else (None, [f"{key} = {value}"])


def _share_faults(lots: list[Lot]) -> list[str]:
    flows = {lot.flow for lot in lots}
    sums = {flow: sum(lot.share for lot in lots if lot.flow == flow) for flow in flows}
    return [f"{flow}: share = {total}" for flow, total in sorted(sums.items()) if total != 1]
