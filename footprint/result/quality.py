"""How good a result's data are."""

from __future__ import annotations

from pydantic import Field

from footprint.result.record import Exact, Record, Shares, silent


class Quality(Record):
    """Primary data share in percent, the rating by PACT indicator (1 best to 5), and kinds of data.

    `data_shares` are percent by kind, exactly 100 together (rule DQ-KINDS-001); `unstated` shares,
    0 to 1, that rest on factors without a GWP set, boundary or account of their power (rule
    DQ-UNSTATED-001); `filled_share`, 0 to 1, what a gap rule filled (rule PCF-GAP-001). The maps
    are empty where nothing was emitted.
    """

    pds: Exact
    dqr: dict[str, Exact | None]
    activity_primary_share: Exact
    data_shares: Shares = Field(default_factory=dict)
    unstated: Shares = Field(default_factory=dict)
    filled_share: Exact | None = silent(None)
