"""Made-up plants in memory: ledger rows, factors by the derivation, and the account beside them.

A plant is what a clerk would write: amounts by process, flow and role. Whatever else a process
reports is an explicit 0. Values of factors are set by slot, so that a hand calculation can use
round numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from factor_db.factors.derive.dross_shares import dross_ratios
from factor_db.factors.derive.loop_shares import owned, withheld
from factor_db.factors.derive.ratios import Ratio, ratios_of
from factor_db.factors.record.allocation_names import AllocationName
from factor_db.factors.record.factor import Factor, Source
from factor_db.foundation.canonical import EXACT, canonical_json
from factor_db.ledger.form.loops import LOOPS, withheld_share
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.stock.movements import Stock
from factor_db.ledger.stock.rows import StockEntry
from factor_db.store.tables import LedgerEntry
from footprint.account.gate import account_of
from footprint.account.site_ledger import SiteLedger
from footprint.account.valuation import Valuation
from footprint.closure.lines import Closure, closure_of
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.solving.evaluate import Nominal, evaluate
from footprint.study.definition import Study
from lca_models.system.resolve import Resolver, Where
from lca_models.system.unit_process import Choices

WHERE = Where("S", "CN-CQ", "2025-01-01", "2025-12-31")
_SHA256 = "f" * 64
Amount = str | int | Decimal
ROLES_OF_LOOPS = ("input", "internal")


@dataclass
class Plant:
    """Rows of one year of a site S, stock of its materials, and the values of factors by slot."""

    rows: list[LedgerEntry] = field(default_factory=list)
    stock: dict[str, StockEntry] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)
    method: AllocationName | None = None

    def add(
        self,
        process: str,
        flow: str,
        amount: Amount,
        role: str = "",
        *,
        product: str = "",
    ) -> None:
        """Write a row; its role is the vocabulary's where none is given."""
        number = len(self.rows) + 2
        unit = vocabulary().flows[flow].unit
        self.rows.append(
            LedgerEntry(
                ledger=_SHA256,
                row_number=number,
                owner="O",
                period="2025-01",
                process=process,
                flow=flow,
                product=product,
                role=role or vocabulary().expected_role(process, flow) or "input",
                amount=Decimal(str(amount)),
                unit=unit,
                method="metered",
                cell=f"ledger!F{number}",
                payload=canonical_json(
                    {"counterparty": _party(flow, role), "price": None, "reported_unit": unit}
                ).decode(),
            )
        )

    def step(self, process: str, made: Amount, **flows: Amount) -> None:
        """Write a process with its product, what it uses, and a 0 for all else it reports."""
        self.add(process, vocabulary().processes[process].product, made)
        for flow, amount in flows.items():
            self.add(process, flow, amount)
        for code, flow in vocabulary().process_flows:
            if code == process and flow not in flows and flow != "sold_scrap":
                self.add(process, flow, 0)

    def keep(self, material: str, **figures: Amount) -> None:
        """Write a material's stock of the year; a figure not named is 0."""
        names = (
            *("opening", "receipts", "tolling_in", "consumption", "tolling_out"),
            *("adjustment", "closing"),
        )
        number = len(self.stock) + 2
        self.stock[material] = StockEntry(
            sheet="stock",
            row_number=number,
            material=material,
            period="2025-01",
            amounts={name: Decimal(str(figures.get(name, 0))) for name in names},
            unit="t",
            unit_canonical="t",
            factor=Decimal(1),
            note="",
            cells={
                name: f"{column}{number}" for name, column in zip(names, "CDEFGHI", strict=True)
            },
        )

    @property
    def ledger(self) -> SiteLedger:
        """The plant's ledger as the account reads it."""
        entries = {material: (entry,) for material, entry in self.stock.items()}
        return SiteLedger("S", _SHA256, tuple(self.rows), Stock(entries))

    def own_factors(self) -> list[Factor]:
        """Return what the derivation makes of the rows, as published factors of the site."""
        with localcontext(EXACT):
            ratios = [*ratios_of(self.rows, "S", self.method), *self._withheld()]
            ratios += dross_ratios(self.rows)
        return [
            Factor(
                id=f"s.{number}",
                version=1,
                kind="inventory" if ratio.process else "parameter",
                name_zh="因子",
                name_en="factor",
                process=ratio.process,
                flow=ratio.flow,
                product=ratio.product,
                quantity="inventory" if ratio.process else "property",
                unit=ratio.unit,
                amounts={"value": ratio.value},
                geography="CN-CQ",
                data_year=2025,
                period_start=WHERE.period_start,
                period_end=WHERE.period_end,
                data_type="measured",
                pedigree=(1, 1, 1, 1, 1),
                pedigree_reasons=("metered",) * 5,
                source=Source(citation="plant in memory", file_sha256=_SHA256),
                licence="none",
                redistribution="owner",
                confidence="A",
                owner="O",
                site="S",
            )
            for number, ratio in enumerate(ratios)
        ]

    def _withheld(self) -> list[Ratio]:
        """Return what the derivation says of own metal that did not come back."""
        found = []
        for flow in LOOPS:
            rows = [row for row in self.rows if row.flow == flow and row.role in ROLES_OF_LOOPS]
            made, charged = (
                sum((row.amount for row in rows if (row.process == "charging") is at), Decimal(0))
                for at in (False, True)
            )
            kept = self.ledger.stock_change(flow)
            made = owned(made, rows, self.rows) if flow == "recovered_metal" else made
            share = withheld(made, charged, kept)
            found.append(
                Ratio("", withheld_share(flow), "1", share, rows, (), "withheld", (rows, ()))
            )
        return found

    def resolver(self) -> Resolver:
        """Return a resolver of the plant's own factors and the values set by slot."""
        return Resolver(self.own_factors(), WHERE, self.values)

    def calculate(self, product: str, **choices: str) -> Nominal:
        """Return the nominal result of a product of the plant."""
        study = Study(product, site="S", period="2025", choices=Choices(**choices))
        return evaluate(study, WHERE, self.resolver().pin)

    def close(self, *products: str, **choices: str) -> tuple[Closure, dict[str, Nominal]]:
        """Return the plant's closure over its products, and their results."""
        results = {product: self.calculate(product, **choices) for product in products}
        found = {name: SiteProduct(item, compiled_of(item)) for name, item in results.items()}
        rule = choices.get("scrap_rule", "cut-off")
        values = Valuation(self.resolver().pin, "AR6", rule)
        account = account_of(self.ledger, values, choices.get("electricity_rule", "location"))
        return closure_of(self.ledger, account, SiteProducts(found, {}), rule), results


def _party(flow: str, role: str) -> str:
    """Return whom a clerk names: scrap is sold to one firm and bought from another."""
    if role == "co-product":
        return "buyer"
    return "seller" if vocabulary().flows[flow].category == "scrap" else ""


def worths(**kg_co2e: Amount) -> dict[str, Decimal]:
    """Return slot key → value for `primary_ingot__cradle_to_gate=10000` and its like."""
    return {name.replace("__", "/"): Decimal(str(value)) for name, value in kg_co2e.items()}
