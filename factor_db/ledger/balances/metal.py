"""Metal balances: aluminium over the cast house, metal over the site, and what dross gives back.

They stand on aluminium content: gross dross is no loss, its metal counts as metal and its Al2O3
with the aluminium inside it. Stock of metal inside and metal worked for others enter as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.faults import Findings, Label, Scope, flow_label, list_label
from factor_db.ledger.form.limits import ALUMINA_PER_ALUMINIUM, BALANCE_TOLERANCE
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import (
    ALUMINA,
    ALUMINIUM,
    holds_no_aluminium,
    is_metal,
)
from factor_db.ledger.months.balance_reports import Balance, percent, rounded_t
from factor_db.ledger.months.balance_terms import CASTING_STEPS
from factor_db.ledger.months.likely_slips import Relation, Term
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.months.properties import (
    Value,
    alumina_t,
    aluminium_share,
    aluminium_t,
    dross_share,
    weighted_by_month,
)
from factor_db.ledger.stock.movements import Stock

CAST_PRODUCTS = (
    ("slab_casting", "slab"),
    ("billet_casting", "billet"),
    ("ingot_casting", "cast_ingot"),
    ("liquid_delivery", "liquid_alloy"),
)
DROSS: Key = ("melting", "dross")
# Metal on its way between charge and casting: what lies in furnaces, ladles and charging boxes.
INSIDE = ("charge_metal", "molten_metal", "refined_metal")
_CAST_HOUSE = ("charging", "melting", *CASTING_STEPS, "liquid_delivery")


@dataclass(frozen=True, slots=True)
class MetalBalance:
    """Aluminium over a cast house, t: charged = cast + metal in dross + oxidised + stock + open.

    `stock_change` is what the stock of metal inside grew by, with metal sent out for processing
    added and metal taken in deducted.
    """

    charged: Decimal
    cast: Decimal
    metal_in_dross: Decimal
    oxidised: Decimal
    stock_change: Decimal = ZERO

    @property
    def open_share(self) -> Decimal:
        """Return what is unaccounted for as a share of the aluminium charged."""
        out = self.cast + self.metal_in_dross + self.oxidised + self.stock_change
        return EXACT.divide(self.charged - out, self.charged)


def metal_balance(
    charged: Decimal,
    cast: Decimal,
    metal_in_dross: Decimal,
    alumina_in_dross: Decimal,
    stock_change: Decimal = ZERO,
) -> MetalBalance:
    """Return the balance on aluminium content; all in tonnes, alumina as Al2O3.

    Gross dross is no loss term: its metal counts as metal, its Al2O3 with the Al inside it.
    """
    oxidised = EXACT.divide(alumina_in_dross, ALUMINA_PER_ALUMINIUM)
    return MetalBalance(charged, cast, metal_in_dross, oxidised, stock_change)


def check_recovery(month_index: MonthIndex, findings: Findings) -> bool:
    """Record when dross gives back more aluminium than it holds; tell whether it did."""
    inside, back = ("dross_recovery", "dross"), ("dross_recovery", "recovered_metal")
    row = month_index.first_row(back)
    if row is None or not month_index.trusts(inside, back):
        return False
    held, recovered = aluminium_t(month_index, *inside), aluminium_t(month_index, *back)
    if held is None or recovered is None or recovered <= held * (1 + BALANCE_TOLERANCE):
        return False
    findings.error(
        "LEDGER_RECOVERY_ABOVE_DROSS",
        row.sheet,
        row.cells["amount"],
        rounded_t(recovered),
        held=rounded_t(held),
        recovered=rounded_t(recovered),
    )
    return True


def aluminium_term(key: Key, side: int, rows: Sequence[LedgerRow], share: Value) -> Term | None:
    """Return rows of a key as a term in t of aluminium; None when a content is missing."""
    months = weighted_by_month(rows, share)
    return None if months is None else Term(key, side, months, tuple(rows))


def cast_content(month_index: MonthIndex) -> Decimal | None:
    """Return the mean aluminium content of what was cast, None when no row states it."""
    keys = [key for key in CAST_PRODUCTS if month_index.total(*key)]
    masses = [aluminium_t(month_index, *key) for key in keys]
    whole = sum((month_index.total(*key) for key in keys), ZERO)
    if not whole or None in masses:
        return None
    return EXACT.divide(sum((mass or ZERO for mass in masses), ZERO), whole)


def stock_aluminium(
    flow: str, kept: Mapping[str, Decimal], content: Decimal | None
) -> list[Term | None]:
    """Return what a flow's stock kept back as aluminium; a None when its content is not known."""
    if not any(kept.values()):
        return []
    if content is None:
        return [None]
    return [Term(("stock", flow), -1, {month: t * content for month, t in kept.items()})]


def cast_house_balance(month_index: MonthIndex, findings: Findings, stock: Stock) -> Balance | None:
    """Return aluminium charged against cast, in dross, oxidised and kept inside.

    Records a warning when an aluminium content is missing. Rule: AL-BAL-001.
    """
    charged = [
        key
        for key in month_index.reported_keys("charging")
        if is_metal(key[1]) and key[1] != "charge_metal"
    ]
    cast = [key for key in CAST_PRODUCTS if month_index.runs(key[0])]
    row = next((found for key in cast if (found := month_index.first_row(key))), None)
    runs = month_index.runs("charging") and month_index.runs("melting")
    keys = [*charged, *cast, DROSS]
    if row is None or not runs or not _trusted(month_index, keys):
        return None
    if not all(stock.trusts(flow) for flow in INSIDE):
        return None
    unknown = sorted({key[1] for key in keys if aluminium_t(month_index, *key) is None})
    if unknown or alumina_t(month_index, *DROSS) is None:
        _untested(month_index, row, keys, unknown, findings)
        return None
    terms = _cast_house_terms(month_index, stock, charged, cast)
    return _cast_house_report(month_index, row, tuple(term for term in terms if term is not None))


def _trusted(month_index: MonthIndex, keys: Sequence[Key]) -> bool:
    properties = {f"{key[1]}.{name}" for key in keys for name in (ALUMINIUM, ALUMINA)}
    return month_index.trusts(*keys) and not properties & month_index.faulty_properties


def _untested(
    month_index: MonthIndex,
    row: LedgerRow,
    keys: Sequence[Key],
    unknown: Sequence[str],
    findings: Findings,
) -> None:
    flows = [flow_label(flow) for flow in unknown]
    findings.warning(
        "LEDGER_METAL_BALANCE_UNTESTED",
        row.sheet,
        row.cells["flow"],
        row.flow,
        explained=month_index.noted(*keys),
        scope=Scope(row.process),
        flows=Label(
            list_label(label.zh for label in flows).zh,
            list_label(label.en for label in flows).en,
        ),
    )


def _cast_house_terms(
    month_index: MonthIndex, stock: Stock, charged: Sequence[Key], cast: Sequence[Key]
) -> list[Term | None]:
    content = cast_content(month_index)
    own, inherited = aluminium_share(month_index), aluminium_share(month_index, content)
    terms: list[Term | None] = []
    for key in charged:
        rows = [row for row in month_index.by_key.get(key, ()) if row.role == "input"]
        terms.append(aluminium_term(key, 1, rows, own))
    terms += [aluminium_term(key, -1, month_index.by_key.get(key, ()), own) for key in cast]
    for key, rows in month_index.by_key.items():
        # Cropped ends and metal sold before casting leave the cast house too.
        sold = is_metal(key[1]) and not holds_no_aluminium(key[1])
        if key[0] in _CAST_HOUSE and key not in cast and sold:
            left = [row for row in rows if row.role in {"internal", "co-product"}]
            terms += [aluminium_term(key, -1, left, inherited)] if left else []
    terms.append(
        aluminium_term(DROSS, -1, month_index.by_key.get(DROSS, ()), dross_share(month_index))
    )
    for flow in INSIDE:
        terms += stock_aluminium(flow, stock.kept_back(flow), content)
    return terms


def _cast_house_report(month_index: MonthIndex, row: LedgerRow, terms: tuple[Term, ...]) -> Balance:
    def total(*, side: int, stock: bool, dross: bool = False) -> Decimal:
        return sum(
            (
                sum(term.months.values(), ZERO)
                for term in terms
                if term.side == side
                and (term.key[0] == "stock") is stock
                and (term.key == DROSS) is dross
            ),
            ZERO,
        )

    balance = metal_balance(
        total(side=1, stock=False),
        total(side=-1, stock=False),
        aluminium_t(month_index, *DROSS) or ZERO,
        alumina_t(month_index, *DROSS) or ZERO,
        total(side=-1, stock=True),
    )
    return Balance(
        code="LEDGER_METAL_BALANCE",
        kind="cast house",
        relation=Relation(terms, BALANCE_TOLERANCE, BALANCE_TOLERANCE),
        row=row,
        value=percent(balance.open_share) if balance.charged else "-",
        params={
            "charged": rounded_t(balance.charged),
            "cast": rounded_t(balance.cast),
            "metal": rounded_t(balance.metal_in_dross),
            "oxidised": rounded_t(balance.oxidised),
            "stock": rounded_t(balance.stock_change),
            "tolerance": percent(BALANCE_TOLERANCE),
        },
    )
