"""What a site's ledgers say of its products and years: known product codes, years side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise

from sqlmodel import Session, col, select

from factor_db.factors.keep.versions import load_factor
from factor_db.factors.record.factor import Factor, product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput
from factor_db.foundation.units import conversion
from factor_db.ledger.frozen.corrections import effective_rows
from factor_db.ledger.frozen.site_ledgers import period_name, replaced_ledgers
from factor_db.store.sight import require_sight_of_site
from factor_db.store.tables import FactorVersion, LedgerFile
from factor_db.store.work import state_of

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class YearLine:
    """One factor of a site over its periods, oldest first.

    `values` is period → value in `unit`; `changes` is period → change against the period before,
    in per cent, absent where that one has no value or the value 0.
    """

    process: str
    flow: str
    product: str
    unit: str
    values: Mapping[str, Decimal]
    changes: Mapping[str, Decimal]

    def shown(self, period: str) -> str:
        """Return value and change of a period for reading, empty without a value."""
        value = f"{self.values[period]:.6g}" if period in self.values else ""
        change = f" ({self.changes[period]:+.1f} %)" if period in self.changes else ""
        return value + change


@dataclass(frozen=True, slots=True)
class YearTable:
    """The periods of a site, oldest first, and its factors side by side."""

    periods: tuple[str, ...]
    lines: tuple[YearLine, ...]


def years_of_site(session: Session, site: str) -> YearTable:
    """Return a site's derived factors by period, sorted by process, flow and product.

    Of each factor the newest version counts that is not withdrawn, published or not. A period in
    which a flow has no factor is absent, never 0. Raises BadInput (YEARS_NONE) without any,
    NotAllowed for another enterprise's site.
    """
    require_sight_of_site(session, site)
    factors = _newest(session, site)
    if not factors:
        raise BadInput("YEARS_NONE", site=site)
    periods = sorted({(f.period_end, f.period_start) for f in factors})
    names = tuple(period_name(start, end) for end, start in periods)
    groups: dict[tuple[str, str, str], dict[str, Factor]] = defaultdict(dict)
    for factor in factors:
        key = factor.process, factor.flow, product_key(factor.product)
        groups[key][period_name(factor.period_start, factor.period_end)] = factor
    lines = tuple(_line(names, groups[key]) for key in sorted(groups))
    return YearTable(names, lines)


def require_product_code(session: Session, factors: Iterable[Factor], code: str) -> None:
    """Raise BadInput (PRODUCT_CODE_UNKNOWN) unless a ledger behind the factors has the product."""
    ledgers = sorted({factor.source.file_sha256 for factor in factors})
    files = session.exec(select(LedgerFile).where(col(LedgerFile.sha256).in_(ledgers)))
    rows = [row for file in files.all() for row in effective_rows(session, file).rows]
    known = {product_key(row.product): row.product for row in rows if row.role == "product"}
    known.pop("", None)
    if product_key(code) not in known:
        raise BadInput(
            "PRODUCT_CODE_UNKNOWN", product=code, known=", ".join(sorted(known.values())) or "-"
        )


def _newest(session: Session, site: str) -> list[Factor]:
    query = select(FactorVersion).where(FactorVersion.site == site)
    newest: dict[str, FactorVersion] = {}
    for row in session.exec(query.order_by(col(FactorVersion.version))):
        state = state_of(session, row.sha256)
        if state is None or state.state != "withdrawn":
            newest[row.factor_id] = row
    gone = replaced_ledgers(session, site)
    found = [load_factor(newest[factor_id]) for factor_id in sorted(newest)]
    return [factor for factor in found if factor.source.file_sha256 not in gone]


def _line(periods: tuple[str, ...], found: Mapping[str, Factor]) -> YearLine:
    present = [period for period in periods if period in found]
    last = found[present[-1]]
    values, changes = {}, {}
    with localcontext(EXACT):
        for period in present:
            factor = found[period]
            values[period] = factor.value * conversion(factor.unit, last.unit)
        for before, period in pairwise(periods):
            if values.get(before) and period in values:
                changes[period] = (values[period] / values[before] - 1) * _HUNDRED
    return YearLine(last.process, last.flow, last.product, last.unit, values, changes)
