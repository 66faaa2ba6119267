"""A footprint of a study beside what the ledger says was delivered, and how a difference is told.

Rule: PCF-SUPPLY-001.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from footprint.judgement.verdict import listed_cells
from footprint.result.record import CodedText
from footprint.supply.read_back import RULE

_SHOWN = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A footprint of a study with its share, and its seller's names; none of a published one.

    `kg_co2e` is per kg of the goods, `period_end` the last day (ISO) of what it was made from.
    """

    ref: str
    share: Decimal
    names: frozenset[str]
    published: bool
    kg_co2e: Decimal = Decimal(0)
    period_end: str = ""


def violation(
    code: str,
    flow: str,
    item: Delivery | None = None,
    ledger_share: Decimal | None = None,
    cells: Sequence[str] = (),
    seller: str = "",
    **params: str,
) -> CodedText:
    """Return a difference as results carry it: rule, flow, footprint, both shares and cells."""
    shown = {"rule": RULE, "flow": flow, **params}
    if item is not None:
        names = seller or ", ".join(sorted(item.names)) or "-"
        shown |= {"supplier": names, "footprint": item.ref, "study_share": share_text(item.share)}
        shown["ledger_share"] = "-" if ledger_share is None else share_text(ledger_share)
        shown["cells"] = listed_cells(cells)
    return CodedText(code=code, params=shown)


def share_text(value: Decimal) -> str:
    """Return a share as messages show it, to four digits."""
    return decimal_text(value.quantize(_SHOWN))
