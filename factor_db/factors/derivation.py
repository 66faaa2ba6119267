"""From a frozen ledger to factors: the ratio of yearly sums, with every cell it rests on.

Rule DER-RATIO-001: a factor is Σ amount / Σ product over the period, never a mean of monthly
ratios. Properties (calorific value, aluminium content) are means weighted by the amount they
describe. A process with a co-product is refused: its allocation has to be chosen first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from sqlmodel import Session, select

from factor_db.factors.factor import Derivation, Factor, Source
from factor_db.factors.lifecycle import add_factor
from factor_db.factors.quality import geometric_standard_deviation
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.ledger.importing import ledger_of_site, period_name
from factor_db.ledger.rows import holding_row
from factor_db.ledger.vocabulary import vocabulary
from factor_db.store.tables import LedgerEntry, LedgerFile, Site
from factor_db.store.work import Work

SOFTWARE = "footprint derivation 1"
_METHOD_RELIABILITY = {"metered": 2, "weighed": 2, "analysed": 2, "invoiced": 2, "estimated": 4}
_RELIABILITY_REASON = {2: "measured, not verified by a third party", 4: "estimated"}
_OTHER_REASONS = (
    "all months of the period",
    "the period itself",
    "the site itself",
    "the process itself",
)


@dataclass(frozen=True, slots=True)
class _Origin:
    """The ledger a derivation reads, and the region of its site."""

    file: LedgerFile
    region: str

    @property
    def period(self) -> str:
        return period_name(self.file.period_start, self.file.period_end)


def derive_site(work: Work, site: str, period: str | None = None) -> list[str]:
    """Derive a site's factors from its newest ledger as drafts and return their references.

    Raises BadInput when the site or period has no ledger, NotAllowed for another owner's site.
    """
    file = ledger_of_site(work.session, site, period)
    work.require_owner(file.owner)
    rows = [add_factor(work, factor) for factor in derive_factors(work.session, file)]
    return [f"{row.factor_id}@{row.version}" for row in rows]


def derive_factors(session: Session, file: LedgerFile) -> list[Factor]:
    """Return the inventory and parameter factors of a frozen ledger, sorted by id.

    Raises BadInput when a process has no product or has a co-product.
    """
    entries = session.exec(select(LedgerEntry).where(LedgerEntry.ledger == file.sha256)).all()
    site = session.get_one(Site, file.site)
    origin = _Origin(file, site.region)
    with localcontext(EXACT):
        found = [*_inventories(entries, origin), *_properties(entries, origin)]
    return sorted(found, key=lambda factor: factor.id)


def _grouped(
    entries: Iterable[LedgerEntry], *, by_process: bool = True
) -> dict[tuple[str, str], list[LedgerEntry]]:
    groups: dict[tuple[str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda item: item.row_number):
        groups[entry.process if by_process else "", entry.flow].append(entry)
    return groups


def _inventories(entries: Sequence[LedgerEntry], origin: _Origin) -> Iterable[Factor]:
    plain = [entry for entry in entries if "." not in entry.flow]
    coproduct = next((entry for entry in plain if entry.role == "co-product"), None)
    if coproduct is not None:
        raise BadInput("DERIVE_COPRODUCT", process=coproduct.process, flow=coproduct.flow)
    products = {
        key[0]: rows for key, rows in _grouped(e for e in plain if e.role == "product").items()
    }
    for (process, flow), rows in _grouped(e for e in plain if e.role != "product").items():
        made = products.get(process, [])
        total = sum((row.amount for row in made), Decimal(0))
        if not total:
            raise BadInput("DERIVE_NO_PRODUCT", process=process, site=origin.file.site)
        value = sum((row.amount for row in rows), Decimal(0)) / total
        unit = f"{rows[0].unit}/{made[0].unit}"
        yield _factor(origin, process, flow, unit, value, rows, made)


def _properties(entries: Sequence[LedgerEntry], origin: _Origin) -> Iterable[Factor]:
    stated = [entry for entry in entries if "." in entry.flow]
    for (_, flow), rows in _grouped(stated, by_process=False).items():
        base = flow.partition(".")[0]
        described = [entry for entry in entries if entry.flow == base and entry.amount]
        held = [
            holding_row(rows, flow, entry.period, process=entry.process, product=entry.product)
            for entry in described
        ]
        pairs = [
            (row.amount, entry.amount)
            for row, entry in zip(held, described, strict=True)
            if row is not None
        ]
        # Nothing of the material was used: every reading counts the same.
        pairs = pairs or [(row.amount, Decimal(1)) for row in rows]
        weight = sum((amount for _, amount in pairs), Decimal(0))
        value = sum((stated_value * amount for stated_value, amount in pairs), Decimal(0)) / weight
        yield _factor(origin, "", flow, rows[0].unit, value, rows, [])


def _factor(
    origin: _Origin,
    process: str,
    flow: str,
    unit: str,
    value: Decimal,
    rows: Sequence[LedgerEntry],
    products: Sequence[LedgerEntry],
) -> Factor:
    name_zh, name_en = _names(origin, process, flow)
    return Factor.model_validate(
        {
            "id": _factor_id(origin, process, flow),
            "version": 1,
            "kind": "inventory" if process else "parameter",
            "name_zh": name_zh,
            "name_en": name_en,
            "process": process,
            "flow": flow,
            "quantity": "inventory" if process else "property",
            "unit": unit,
            "amounts": {"value": value},
            **_representation(origin),
            **_quality(rows),
            **_provenance(origin, rows, products),
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


def _quality(rows: Sequence[LedgerEntry]) -> dict[str, Any]:
    """Return data type, spread and pedigree: the weakest method among the rows decides."""
    reliability = max(_METHOD_RELIABILITY[row.method] for row in rows)
    scores = (reliability, 1, 1, 1, 1)
    return {
        "data_type": "estimate" if reliability == 4 else "measured",
        "gsd": geometric_standard_deviation(scores),
        "pedigree": scores,
        "pedigree_reasons": (_RELIABILITY_REASON[reliability], *_OTHER_REASONS),
        "confidence": "D",
    }


def _provenance(
    origin: _Origin, rows: Sequence[LedgerEntry], products: Sequence[LedgerEntry]
) -> dict[str, Any]:
    sha256 = origin.file.sha256
    cells = [row.cell for row in (*rows, *products)]
    return {
        "source": Source(citation=origin.file.file_name, locator=_span(cells), file_sha256=sha256),
        "derivation": Derivation(
            formula="sum(amount) / sum(product)"
            if products
            else "sum(value x amount) / sum(amount)",
            inputs=tuple({"ledger": sha256, "cell": cell} for cell in cells),
            software=SOFTWARE,
        ),
        "licence": "field data of the owner",
        "redistribution": "owner",
    }


def _factor_id(origin: _Origin, process: str, flow: str) -> str:
    period = origin.period.replace("/", "_")
    return ".".join(filter(None, (origin.file.site.lower(), period, process, flow)))


def _names(origin: _Origin, process: str, flow: str) -> tuple[str, str]:
    words = vocabulary()
    named = words.flows[flow]
    zh, en = [origin.file.site], [origin.file.site]
    if process:
        zh.append(words.processes[process].name_zh)
        en.append(words.processes[process].name_en)
    return " ".join([*zh, named.name_zh, origin.period]), " ".join(
        [*en, named.name_en, origin.period]
    )


def _span(cells: Sequence[str]) -> str:
    """Return a short locator of the cells; the derivation lists each of them."""
    return cells[0] if len(cells) == 1 else f"{cells[0]} … {cells[-1]} ({len(cells)} cells)"
