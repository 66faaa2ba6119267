"""Published claims of savings and emissions, re-derived from their own amounts and cited factors.

`derived_claims()` returns every claim with its arithmetic, step by step, and a verdict by rule
PCF-CLAIM-001. It reads shipped reference data alone: no store, no ledger. A saving it confirms is
an avoided emission and no part of any footprint (rule PCF-OFFSET-001).
"""

from __future__ import annotations

from footprint.claims.derive import Derived, Step, derived_claims
from footprint.claims.document import claims_document
from footprint.claims.sources import Source

__all__ = ["Derived", "Source", "Step", "claims_document", "derived_claims"]
