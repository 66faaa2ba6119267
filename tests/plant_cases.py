"""A plant of the tests: an example ledger edited as texts, published, calculated, and its account.

The account is the second road to a product's total, by hand: each row of the ledger that came
through the gate, was burnt, handed over or emitted, times the factor of the release, over the tonnes
packed. It reads no derived factor and no model; what a case gives away or keeps is its own affair.
"""

from __future__ import annotations

import csv
import io
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.record.reference import characterisation
from factor_db.factors.release.releases import load_release, release_names
from factor_db.factors.review.lifecycle import take_step
from factor_db.ledger import CheckResult, check
from factor_db.ledger.files.tables import SITE_KEYS
from factor_db.ledger.form.faults import Finding
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.sheets import EXCEPTIONS, LEDGER, METERS, POWER, STOCK
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store
from footprint.calculation.calculate import CalculationResult, calculate_study
from footprint.study.definition import Study, default_study
from lca_models.system.formula import Slot
from lca_models.system.resolve import Resolver, Where
from tools.example_book import MONTHS
from tools.write_examples import EXAMPLES

Texts = dict[str, str]
EXACTLY = Fraction(1, 10**15)
_STEPS = (("exporter", "submit"), ("auditor", "review"), ("park", "publish"))
_FORMS = {"stock": STOCK, "exceptions": EXCEPTIONS, "meters": METERS, "power": POWER}
CUT_OFFS = {
    item.slot
    for product in ("plate", "extrusion", "recycled_ingot")
    for item in default_study(product).cut_offs
}
_MADE = frozenset({"intermediate", "product", "internal", "service"})


class Plant:
    """An example ledger whose yearly amounts can be set; months keep the shape they have."""

    def __init__(self, name: str, code: str = "CQ-CASE") -> None:
        header, rows = EXAMPLES[name]()
        self.site = {key: getattr(header, key) for key in SITE_KEYS}
        self.site["site_code"] = code
        self.rows: list[Texts] = [
            {
                column: "" if (value := getattr(row, column)) is None else str(value)
                for column in LEDGER.columns
            }
            for row in rows
        ]
        self.sheets: dict[str, list[Texts]] = {}

    def of(self, process: str, flow: str, product: str = "") -> list[Texts]:
        """Return the rows of a process and flow, of one product code if it is named."""
        return [
            row
            for row in self.rows
            if (row["process"], row["flow"]) == (process, flow)
            and (not product or row["product"] == product)
        ]

    def total(self, process: str, flow: str) -> Decimal:
        """Return the year's amount in the unit it is written in."""
        return sum((Decimal(row["amount"]) for row in self.of(process, flow)), Decimal(0))

    def scale(self, process: str, flow: str, share: str) -> None:
        """Multiply a flow's amounts."""
        for row in self.of(process, flow):
            row["amount"] = str(Decimal(row["amount"]) * Decimal(share))

    def drop(self, process: str, flow: str = "") -> None:
        """Take out a flow of a process, or the whole process."""
        self.rows = [
            row
            for row in self.rows
            if row["process"] != process or (flow and row["flow"].partition(".")[0] != flow)
        ]

    def add(self, process: str, flow: str, year: str | Decimal, **texts: str) -> None:
        """Add twelve equal rows of a flow that make up a year's amount."""
        words = vocabulary()
        unit = words.flows[flow].unit
        for month in MONTHS:
            row = dict.fromkeys(LEDGER.columns, "")
            amount = str(Decimal(year) / 12) if Decimal(year) else "0"
            role = words.expected_role(process, flow) or "input"
            self.rows.append(
                row
                | {"period": month, "process": process, "flow": flow, "role": role,
                   "amount": amount, "unit": unit, "method": "weighed"}
                | texts
            )  # fmt: skip

    def part(
        self, process: str, flow: str, share: str, *, to: tuple[str, str], **texts: str
    ) -> None:
        """Move a share of a flow's amounts to rows of another flow, with the same months."""
        moved = []
        role = vocabulary().expected_role(*to) or "input"
        for row in self.of(process, flow):
            amount = Decimal(row["amount"])
            there = amount * Decimal(share)
            row["amount"] = str(amount - there)
            moved.append(
                row | {"process": to[0], "flow": to[1], "amount": str(there), "role": role} | texts
            )
        self.rows += moved

    def stock(self, material: str, change: str, used: str | Decimal = "0", **figures: str) -> None:
        """Add a stock that changes by `change` t in the first month and is level afterwards."""
        before = Decimal(1000)
        for number, month in enumerate(MONTHS):
            monthly = {name: Decimal(year) / 12 for name, year in figures.items()}
            consumption = Decimal(used) / 12
            after = before + (Decimal(change) if number == 0 else 0)
            receipts = after - before + consumption
            receipts += monthly.get("tolling_out", 0) - monthly.get("tolling_in", 0)
            line = {
                "material": material, "period": month, "opening": str(before),
                "receipts": str(receipts), "consumption": str(consumption),
                "closing": str(after), "unit": "t", "note": "made up",
                **{name: str(value) for name, value in monthly.items()},
            }  # fmt: skip
            self.sheets.setdefault("stock", []).append(line)
            before = after

    def excuse(self, code: str, process: str = "", flow: str = "") -> None:
        """Explain the warnings of a code at a place."""
        line = {"code": code, "process": process, "flow": flow, "expires_on": "2027-12-31",
                "explanation": "made up for a test", "author": "Tester"}  # fmt: skip
        self.sheets.setdefault("exceptions", []).append(line)

    def write(self, path: Path) -> Path:
        """Write the ledger as CSV with its other sheets."""
        lines = [
            [f"# {key}: {'yes' if value is True else 'no' if value is False else value}"]
            for key, value in self.site.items()
        ]
        lines.append(list(LEDGER.columns))
        lines += [[row.get(column, "") for column in LEDGER.columns] for row in self.rows]
        for sheet, rows in self.sheets.items():
            columns = list(_FORMS[sheet].columns)
            lines += [[f"# sheet: {sheet}"], columns]
            lines += [[row.get(column, "") for column in columns] for row in rows]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        path.write_text(text.getvalue(), encoding="utf-8")
        return path

    def check(self, folder: Path) -> CheckResult:
        """Check the ledger."""
        return check(self.write(folder / "plant.csv"))

    def publish(self, store: Store, folder: Path, allocation: str | None = None) -> str:
        """Import, derive and publish the plant; return its site."""
        path = self.explained(folder)
        return publish(store, path, self.site["site_code"], allocation)

    def explained(self, folder: Path) -> Path:
        """Write the ledger with every warning of it explained."""
        warnings = self.check(folder).unexplained_warnings
        for code, process, flow in sorted({self._place(item, folder) for item in warnings}):
            self.excuse(code, process, flow)
        return self.write(folder / "plant.csv")

    def _place(self, item: Finding, folder: Path) -> tuple[str, str, str]:
        """Return a warning's code and place, as it says itself or as its row says."""
        if item.scope is not None:
            return item.code, item.scope.process, item.scope.flow
        text = (folder / "plant.csv").read_text(encoding="utf-8")
        line = list(csv.reader(io.StringIO(text)))[int("".join(filter(str.isdigit, item.cell))) - 1]
        columns = LEDGER.columns if item.sheet == "ledger" else _FORMS[item.sheet].columns
        row = dict(zip(columns, line, strict=False))
        return item.code, row.get("process", ""), row.get("flow", row.get("material", ""))


def publish(store: Store, path: Path, site: str, allocation: str | None = None) -> str:
    """Import, derive and publish a ledger file, each step by the user whose duty it is."""
    with store.work("exporter") as work:
        outcome = import_ledger(work, path)
        stopping = [item for item in outcome.check.findings if not item.explained]
        assert outcome.sha256, [(item.code, item.message("en")) for item in stopping][:6]
        refs = derive_site(work, site, allocation=allocation)
    for user, action in _STEPS:
        with store.work(user) as work:
            for ref in refs:
                take_step(work, ref, action)
    return site


def account_t_co2e(
    store: Store,
    rows: Iterable[LedgerRow],
    gwp_set: str = "AR6",
    given: Mapping[str, str] | None = None,
) -> Fraction:
    """Return what all rows of a ledger emit, t CO2e: amount x factor, cut-off, location.

    `given` is flow → t CO2e per its unit where a case sets it. Fuels are counted by their calorific
    value, the mean of the ledger weighted by the fuel.
    """
    rows = list(rows)
    with store.read() as session:
        factors = load_release(session, release_names(session)[-1]).factors
    gwp = characterisation(gwp_set)
    where = Where("", "CN-CQ", "2025-01-01", "2025-12-31")
    known = Resolver(factors, where)
    total = Fraction(0)
    for row in rows:
        flow = vocabulary().flows[row.flow]
        if row.is_property or row.role in {"product", "co-product", "internal"}:
            continue
        if flow.category in _MADE:
            continue
        amount = Fraction(row.amount_canonical)
        if given and row.flow in given:
            total += amount * Fraction(given[row.flow])
            continue
        for quantity, unit in _quantities(flow.code, flow.category, flow.unit):
            pin = known.pin(Slot("", flow.code, quantity, f"kg/{unit}"))
            left_out = f"{flow.code}/{quantity}" in CUT_OFFS
            assert pin is not None or left_out or not amount, (flow.code, quantity)
            if pin is not None and amount:
                energy = _energy(rows, row.flow) if unit == "MJ" else Fraction(1)
                kilograms = sum(
                    Fraction(kg) * Fraction(gwp[gas]) for gas, kg in pin.gases().items()
                )
                total += amount * energy * kilograms / 1000
    return total


def _quantities(flow: str, category: str, unit: str) -> list[tuple[str, str]]:
    """Return what is counted of a flow: quantity and unit of each factor."""
    if flow == "electricity":
        return [("life_cycle", "kWh"), ("delivery", "kWh")]
    if category == "fuel":
        return [("combustion", "MJ"), ("upstream", "MJ")]
    if flow == "organic_coating":
        return [("combustion", unit)]
    by_category = {"metal": "cradle_to_gate", "transport": "life_cycle", "waste": "treatment"}
    return [] if category == "scrap" else [(by_category.get(category, "upstream"), unit)]


def _energy(rows: list[LedgerRow], fuel: str) -> Fraction:
    """Return MJ per unit of a fuel: the mean of the stated calorific values."""
    stated = [row for row in rows if row.flow == f"{fuel}.net_calorific_value"]
    return sum((Fraction(row.amount_canonical) for row in stated), Fraction(0)) / len(stated)


def metered(share: Decimal, *, services: str = "") -> Plant:
    """Return the example extruder with a main meter that counts `share` more than its processes.

    `services` "none" has the ledger state that nobody takes site services.
    """
    plant = Plant("extrusion_plant")
    total = Decimal(0)
    lines = [("2024-12-31", total)]
    for month in MONTHS:
        used = [r for r in plant.rows if (r["flow"], r["period"]) == ("electricity", month)]
        total += sum((Decimal(row["amount"]) for row in used), Decimal(0)) * (1 + share)
        year, number = map(int, month.split("-"))
        lines.append((f"{month}-{monthrange(year, number)[1]}", total))
    plant.sheets["meters"] = [
        {"meter": "M1", "flow": "electricity", "unit": "kWh", "read_on": day, "reading": str(value),
         "note": "offices"}
        for day, value in lines
    ]  # fmt: skip
    if services == "none":
        plant.add("site_services", "site_services", 0, role="product")
        plant.add("profile_packing", "site_services", 0)
    return plant


def study_of(product: str, site: str, **changes: object) -> Study:
    return replace(default_study(product), site=site, **changes)  # type: ignore[arg-type]


def calculated(store: Store, study: Study) -> CalculationResult:
    with store.read() as session:
        return calculate_study(session, study)


def per_kg(
    store: Store, plant: Plant, folder: Path, packing: str, given: dict[str, str] | None = None
) -> Fraction:
    ledger = plant.check(folder).ledger
    assert ledger is not None
    sold = [row for row in ledger.rows if row.process == packing and row.role == "product"]
    tonnes = sum((Fraction(row.amount_canonical) for row in sold), Fraction(0))
    return account_t_co2e(store, ledger.rows, given=given) / tonnes


def assert_equal(result: CalculationResult, account: Fraction) -> None:
    assert abs(Fraction(result.nominal.total) / account - 1) < EXACTLY
