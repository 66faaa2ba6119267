"""Whether a ledger shows what an own smelter's choices claim: the grid's power, its technology.

The default of a choice claims as much as any other value: cells on a coal station of their own emit
a third more than the same cells on the grid, and no other row would tell. Rule: PCF-EVIDENCE-002.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, localcontext

from sqlmodel import Session

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.errors import FootprintError
from factor_db.foundation.rules import rule
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.frozen.row_storage import remarks
from factor_db.store.tables import LedgerEntry
from footprint.account.site_ledger import ZERO, SiteLedger, read_site_ledger
from footprint.closure.service import ledger_behind
from footprint.figures.unevidenced import LEDGER_RULE as RULE
from footprint.figures.unevidenced import claims_grid_power, claims_technology
from footprint.result.checks import SmelterEvidence
from footprint.result.record import CodedText
from footprint.solving.evaluate import Nominal
from footprint.study.definition import Study
from lca_models.system.resolve import OWN

POWER_NOT_SHOWN, TECHNOLOGY_NOT_NAMED = "SMELTER_POWER_NOT_SHOWN", "SMELTER_TECHNOLOGY_NOT_NAMED"
_STATED_BY = {"slope": "cf4.anode_effect_minutes", "overvoltage": "cf4.anode_effect_overvoltage"}
"""PFC method whose coefficients are of a technology → the property that the smelter measures."""
_PERCENT_DIGITS = Decimal("0.01")


def smelter_evidence_of(session: Session, nominal: Nominal) -> SmelterEvidence | None:
    """Return what the ledger shows of an own smelter's choices.

    None where they claim nothing that PCF-EVIDENCE-001 does not ask, and for an estimate.
    """
    study = nominal.study
    on_grid = claims_grid_power(study.product, study.choices.smelter_power)
    asked = on_grid or _asks_technology(study)
    if not asked or not any(pin.level == OWN for pin in nominal.pins):
        return None
    try:
        ledger = read_site_ledger(session, ledger_behind(session, nominal))
    except FootprintError:  # the closure names why no ledger answers
        ledger = SiteLedger(site=nominal.where.site, sha256="", rows=())
    shown = shown_share(ledger) if on_grid else None
    found = (*_power_faults(shown), *_technology_faults(study, ledger))
    return SmelterEvidence(rule=RULE, power_shown=shown, violations=found)


def _asks_technology(study: Study) -> bool:
    choices = study.choices
    return claims_technology(study.product, choices.pfc_method, choices.smelter_technology)


def shown_share(ledger: SiteLedger) -> Decimal:
    """Return the share of all power used that sheet `power` shows as bought or own, 0 to 1.

    Month by month: what is bought beyond one month's use shows nothing of another's.
    """
    used: dict[str, Decimal] = defaultdict(Decimal)
    stated: dict[str, Decimal] = defaultdict(Decimal)
    bought = {entry.period for entry in ledger.power.purchased}
    with localcontext(EXACT):
        for row in ledger.rows:
            if row.flow == POWER_FLOW:
                used[row.period] += row.amount
        for entry in (*ledger.power.own, *ledger.power.purchased):
            if entry.period in bought and ledger.power.whole:
                stated[entry.period] += entry.kwh["used"]
        whole = sum(used.values(), ZERO)
        shown = sum((min(kwh, stated[month]) for month, kwh in used.items()), ZERO)
        return EXACT.divide(shown, whole) if whole else ZERO


def _power_faults(shown: Decimal | None) -> Iterator[CodedText]:
    least = rule(RULE).number("shown_at_least")
    if shown is not None and shown < least:
        params = {"shown": _percent(shown), "least": _percent(least)}
        yield CodedText(code=POWER_NOT_SHOWN, params={"rule": RULE, **params})


def _technology_faults(study: Study, ledger: SiteLedger) -> Iterator[CodedText]:
    """Yield a technology that not every row of what the smelter measures for it names."""
    if not _asks_technology(study):
        return
    wanted = study.choices.smelter_technology
    stated = ledger.stated(_STATED_BY[study.choices.pfc_method])
    unnamed = [row.cell for row in stated if not _names(row, wanted)]
    if unnamed or not stated:
        params = {"technology": wanted, "flow": _STATED_BY[study.choices.pfc_method]}
        params |= {"cells": ", ".join(unnamed[:1]) or "-"}
        yield CodedText(code=TECHNOLOGY_NOT_NAMED, params={"rule": RULE, **params})


def _names(row: LedgerEntry, technology: str) -> bool:
    """Tell whether evidence or note of a row name a technology, be it as `AE-2025-03-VSS`."""
    said = unicodedata.normalize("NFKC", " ".join(remarks(row))).casefold().replace("-", "_")
    code = re.escape(technology.casefold())
    return re.search(rf"(?<![0-9a-z]){code}(?![0-9a-z])", said) is not None


def _percent(share: Decimal) -> str:
    return decimal_text((share * 100).quantize(_PERCENT_DIGITS))
