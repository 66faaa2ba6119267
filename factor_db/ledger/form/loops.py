"""The loops of a site's own metal, and the shares that are derived of them from the stock sheet.

What a step gives back counts only as far as it was really kept: the withheld share of a loop is
what was neither charged nor a small change of its own stock (rule PCF-SCRAP-STOCK-001). Metal sent
out or taken in for toll conversion has a share of its own, which no model reads
(rule PCF-TOLLING-001). What of a site's own dross it hands over, and how much dross of others gives
its metal to the site's own melt, are shares of the dross it makes (rule AL-DROSS-001). They are
derived and never typed as a row of a ledger.
"""

from __future__ import annotations

from typing import NamedTuple

INTERNAL_SCRAP, RECOVERED_METAL = "internal_scrap", "recovered_metal"
LOOPS = (INTERNAL_SCRAP, RECOVERED_METAL)
TOLLED = "metal.tolled_share"
TOLLING = ("tolling_in", "tolling_out")
DROSS_HANDED_OVER = "dross.handed_over_share"
DROSS_TAKEN_IN = "dross.taken_in_share"


class Named(NamedTuple):
    """A name in the two languages."""

    name_zh: str
    name_en: str


def withheld_share(flow: str) -> str:
    """Return the flow of what a loop withholds, `internal_scrap.withheld_share`."""
    return f"{flow}.withheld_share"


LOOP_FLOWS = {
    withheld_share(INTERNAL_SCRAP): Named(
        "未回炉的内部废料份额", "Share of internal scrap that did not return to the charge"
    ),
    withheld_share(RECOVERED_METAL): Named(
        "未回炉的回收金属份额", "Share of recovered metal that did not return to the charge"
    ),
    TOLLED: Named("委托加工金属份额", "Share of metal that moved for toll conversion"),
    DROSS_HANDED_OVER: Named("铝灰渣外送份额", "Share of own dross handed over to others"),
    DROSS_TAKEN_IN: Named(
        "金属入炉的外来铝灰渣(每吨自产铝灰渣)",
        "Dross of others whose metal is charged, per tonne of own dross",
    ),
}
"""Flow of a share → its names."""
