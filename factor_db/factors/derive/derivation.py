"""From a frozen ledger to factors: the ratio of yearly sums, with every cell it rests on.

Rule DER-RATIO-001: a factor is Σ amount / Σ product over the period, never a mean of monthly
ratios. Properties (calorific value, aluminium content) are means weighted by the amount they
describe. A process with a co-product is refused until an allocation is chosen (`allocation.py`);
scrap sold is none. Where the product rows of a process carry several product codes, there is a
factor of each beside the general one (rule DER-PRODUCT-001): weighted by output they give it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import localcontext
from itertools import chain
from typing import Any

from sqlmodel import Session

from factor_db.factors.derive.allocation import chosen_method
from factor_db.factors.derive.allocation_methods import allocation_method
from factor_db.factors.derive.dross_shares import dross_ratios
from factor_db.factors.derive.field_quality import (
    ClassOf,
    Evidence,
    class_uncertainties,
    field_quality,
)
from factor_db.factors.derive.ledger_guard import require_unequivocal
from factor_db.factors.derive.loop_shares import loop_ratios
from factor_db.factors.derive.metal_guard import require_balanced_products
from factor_db.factors.derive.origins import origins_of
from factor_db.factors.derive.power_shares import power_ratios
from factor_db.factors.derive.ratios import Ratio, ratios_of
from factor_db.factors.keep.versions import add_factor
from factor_db.factors.record.allocation_names import ALLOCATION_NAMES
from factor_db.factors.record.factor import Allocation, Derivation, Factor, Source, product_key
from factor_db.factors.record.inputs import CELLS, CorrectedCell, LedgerCell
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.ledger.form.loops import LOOP_FLOWS
from factor_db.ledger.form.power_sources import SHARE_FLOWS, share_name
from factor_db.ledger.form.rows import months_between
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.corrections import EffectiveLedger
from factor_db.ledger.frozen.evidence import link_evidence
from factor_db.ledger.frozen.meter_rest import rows_with_rests
from factor_db.ledger.frozen.site_ledgers import ledger_of_site, period_name
from factor_db.store.tables import LedgerFile, Site
from factor_db.store.work import Work

SOFTWARE = "footprint derivation 2"
_ID_LETTER = re.compile(r"[a-z0-9.-]")


How = tuple[str | None, str]
"""A way of deriving: the allocation chosen, if any, and the reason for it."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """The ledger a derivation reads, the region of its site, and what is known of its meters.

    `reason` is why amounts are shared by value, empty where they are not.
    """

    file: LedgerFile
    region: str
    class_uncertainty: ClassOf
    ledger: EffectiveLedger
    reason: str

    @property
    def period(self) -> str:
        return period_name(self.file.period_start, self.file.period_end)

    @property
    def months(self) -> tuple[str, ...]:
        start, end = self.file.period_start, self.file.period_end
        return months_between(date.fromisoformat(start), date.fromisoformat(end))


def derive_site(
    work: Work,
    site: str,
    period: str | None = None,
    allocation: str | None = None,
    *,
    reason: str = "",
) -> list[str]:
    """Derive a site's factors from its newest ledger as drafts and return their references.

    Allocation by value asks why neither subdivision nor mass would do, and `reason` is recorded
    with the factors. Raises BadInput when the site or period has no ledger, for value without a
    reason, where another ledger of the store contradicts it, and as `derive_factors`; NotAllowed
    for another owner's site. Rule: DER-ALLOC-003.
    """
    file = ledger_of_site(work.session, site, period)
    work.require_owner(file.owner)
    if allocation and allocation_method(allocation).needs_reason and not reason.strip():
        raise BadInput("DERIVE_ECONOMIC_REASON")
    require_unequivocal(work.session, file)
    found = derive_factors(work.session, file, allocation, reason)
    rows = [add_factor(work, factor) for factor in found]
    made = {row.sha256: _cells(item) for row, item in zip(rows, found, strict=True)}
    link_evidence(work, file, made)
    return [f"{row.factor_id}@{row.version}" for row in rows]


def derive_factors(
    session: Session,
    file: LedgerFile,
    allocation: str | None = None,
    reason: str = "",
    *,
    only: Collection[str] | None = None,
) -> list[Factor]:
    """Return the inventory and parameter factors of a frozen ledger, sorted by id.

    `allocation` is mass, economic or causal, and is asked for only where a process has co-products.
    `only` names the corrections to lay over the ledger in place of those in force.
    Raises BadInput when a process has no product, when it has a co-product and no allocation is
    chosen, when the ledger does not hold what the allocation needs, or when the metal of a product
    code is booked on another. Rules: DER-ALLOC-002, AL-BAL-004.
    """
    method = chosen_method(allocation)
    ledger, frozen, _ = rows_with_rests(session, file, only)
    site = session.get_one(Site, file.site)
    why = reason.strip() if method and allocation_method(method).needs_reason else ""
    origin = _Origin(file, site.region, class_uncertainties(frozen.cells), ledger, why)
    require_balanced_products(ledger.rows, frozen.stock)
    with localcontext(EXACT):
        ratios = chain(
            ratios_of(ledger.rows, file.site, method),
            power_ratios(frozen.power, ledger.rows),
            loop_ratios(frozen.stock, ledger.rows),
            dross_ratios(ledger.rows),
        )
        found = [_factor(origin, ratio) for ratio in ratios]
    return sorted(found, key=lambda factor: factor.id)


def ways_of(factor: Factor) -> Iterator[How]:
    """Yield the allocations, with their reasons, that a derived factor may have come by.

    One that no co-product touches is the same whatever was chosen for those that are.
    """
    allocation = factor.derivation.allocation if factor.derivation else None
    if allocation:
        yield allocation.method, allocation.reason
    else:
        yield from ((method, "") for method in (None, *ALLOCATION_NAMES))


def _factor(origin: _Origin, ratio: Ratio) -> Factor:
    name_zh, name_en = _names(origin, ratio)
    evidence = Evidence(
        ratio.rows,
        ratio.made,
        ratio.reported,
        origin.months,
        ratio.sharing,
        origin.class_uncertainty,
    )
    return Factor.model_validate(
        {
            "id": _factor_id(origin, ratio),
            "version": 1,
            "kind": "inventory" if ratio.process else "parameter",
            "name_zh": name_zh,
            "name_en": name_en,
            "process": ratio.process,
            "flow": ratio.flow,
            "product": ratio.product,
            "quantity": "inventory" if ratio.process else "property",
            "unit": ratio.unit,
            "amounts": {"value": ratio.value},
            **_representation(origin),
            **field_quality(evidence),
            **_provenance(origin, ratio),
        }
    )


def _representation(origin: _Origin) -> dict[str, Any]:
    file = origin.file
    return {
        "geography": origin.region,
        "data_year": int(file.period_end[:4]),
        "period_start": file.period_start,
        "period_end": file.period_end,
        "boundary": "own process",
        "technology": "as operated at the site",
        "owner": file.owner,
        "site": file.site,
        "illustrative": file.illustrative,
    }


def _provenance(origin: _Origin, ratio: Ratio) -> dict[str, Any]:
    sha256 = origin.file.sha256
    cells = [row.cell for row in (*ratio.rows, *ratio.made)]
    keys = [row.cell for row in ratio.others]
    corrections = origin.ledger.corrections_in((*ratio.rows, *ratio.made, *ratio.others))
    return {
        "source": Source(citation=origin.file.file_name, locator=_span(cells), file_sha256=sha256),
        "derivation": Derivation(
            formula=ratio.formula,
            inputs=(
                *(LedgerCell(ledger=sha256, cell=cell) for cell in (*cells, *keys)),
                *ratio.instruments,
                *(CorrectedCell(correction=i.sha256, cell=i.place) for i in corrections),
            ),
            software=SOFTWARE,
            allocation=_with_reason(ratio, origin.reason),
            origins=origins_of(ratio.rows) if ratio.process else (),
        ),
        "licence": "field data of the owner",
        "redistribution": "owner",
    }


def _with_reason(ratio: Ratio, reason: str) -> Allocation | None:
    if ratio.allocation is None or not reason:
        return ratio.allocation
    return ratio.allocation.model_copy(update={"reason": reason})


def _cells(factor: Factor) -> set[str]:
    inputs = factor.derivation.inputs if factor.derivation else ()
    return {item.cell for item in inputs if isinstance(item, CELLS)}


def _factor_id(origin: _Origin, ratio: Ratio) -> str:
    period = origin.period.replace("/", "_")
    parts = (origin.file.site.lower(), period, ratio.process, ratio.flow, id_part(ratio.product))
    return ".".join(filter(None, parts))


def id_part(product: str) -> str:
    """Write a product code in the letters of an id; any other as `_` and its UTF-8 bytes in hex.

    Two codes that are not the same never share an id.
    """
    return "".join(
        letter if _ID_LETTER.fullmatch(letter) else f"_{letter.encode().hex()}"
        for letter in product_key(product)
    )


def _names(origin: _Origin, ratio: Ratio) -> tuple[str, str]:
    words = vocabulary()
    named = (
        share_name(ratio.flow)
        if ratio.flow in SHARE_FLOWS
        else LOOP_FLOWS.get(ratio.flow) or words.flows[ratio.flow]
    )
    zh, en = [origin.file.site], [origin.file.site]
    if ratio.process:
        zh.append(words.processes[ratio.process].name_zh)
        en.append(words.processes[ratio.process].name_en)
    last = [part for part in (ratio.product, origin.period) if part]
    return " ".join([*zh, named.name_zh, *last]), " ".join([*en, named.name_en, *last])


def _span(cells: Sequence[str]) -> str:
    """Return a short locator of the cells; the derivation lists each of them."""
    return cells[0] if len(cells) == 1 else f"{cells[0]} … {cells[-1]} ({len(cells)} cells)"
