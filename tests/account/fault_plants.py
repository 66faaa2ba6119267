"""Plants for planted faults: drawn by seed, with months, product codes, and coded co-products.

A `FaultPlant` is a plant of `random_plants.py` made to look like a ledger in use: every row is of
one of two months, the last steps are booked on two product codes in a part of the plants, power of
a casting that sells its product is partly booked on what it sells, and melting has its heat. Three
seams let a fault in: the rows the derivation reads, the factors it gives, and the product system.
The site account never passes through any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from random import Random
from unittest.mock import patch

from plants import WHERE, Plant
from random_plants import PlantOfSeed

from factor_db.factors.record.factor import Factor
from factor_db.foundation.errors import FootprintError
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.store.tables import LedgerEntry
from footprint.account.gate import account_of
from footprint.account.valuation import Valuation
from footprint.closure.lines import Closure, closure_of
from footprint.closure.systems import SiteProduct, SiteProducts, compiled_of
from footprint.judgement.possible import impossibilities
from footprint.judgement.verdict import reasons_against
from footprint.solving.evaluate import Nominal, evaluate
from footprint.study.definition import Study
from footprint.study.unused import unused_field_data
from lca_models.catalogue import product_system
from lca_models.system.resolve import Resolver
from lca_models.system.unit_process import Choices, ProductSystem

CODES = ("6061-T651", "6082-T6")
CO_PRODUCT = "SOLD"
MONTHS = ("2025-01", "2025-02")
CHAINS = {
    "plate": ("plate_packing", "plate_sawing", "hot_rolling"),
    "extrusion": ("profile_packing", "profile_stretching", "extruding"),
}
"""Product → the steps booked by product code, last step first: each takes the next one's metal."""
FUELS = ("natural_gas", "diesel")
_CODED_EVERY = 3
Remodel = Callable[[ProductSystem], ProductSystem]


@dataclass
class FaultPlant(Plant):
    """A plant with the three seams of a fault; left as they are it is calculated rightly."""

    products: tuple[str, ...] = ()
    scrap_rule: str = "cut-off"
    codes: tuple[str, ...] = ()
    derived_from: Sequence[LedgerEntry] | None = None
    remodel: Remodel = field(default=lambda system: system)
    refactor: Callable[[list[Factor]], list[Factor]] = field(default=lambda factors: factors)

    def own_factors(self) -> list[Factor]:
        """Return the derived factors, of the rows a fault left and as it changed them."""
        rows = self.rows if self.derived_from is None else self.derived_from
        right = Plant(list(rows), self.stock, self.values, self.method)
        return self.refactor(right.own_factors())

    def run(self) -> Run:
        """Calculate every product and code, and hold them against the account."""

        def planted(product: str, choices: Choices) -> ProductSystem:
            return self.remodel(product_system(product, choices))

        with patch("footprint.solving.evaluate.product_system", planted):
            return self._run()

    def _run(self) -> Run:
        factors = self.own_factors()
        choices = Choices(scrap_rule=self.scrap_rule)
        found, coded = {}, {}
        for product in self.products:
            general = self._evaluated(factors, product, choices, "")
            codes = {code: self._evaluated(factors, product, choices, code) for code in self.codes}
            coded[product] = codes
            per_kg = {code: nominal.total for code, nominal in codes.items()}
            found[product] = SiteProduct(
                general, compiled_of(general), per_kg, tuple(codes.values())
            )
        values = Valuation(Resolver(factors, WHERE, self.values).pin, "AR6", self.scrap_rule)
        account = account_of(self.ledger, values, "location")
        closure = closure_of(self.ledger, account, SiteProducts(found, {}), self.scrap_rule)
        general = {name: item.nominal for name, item in found.items()}
        return Run(closure, general, coded, tuple(factors))

    def _evaluated(
        self, factors: list[Factor], product: str, choices: Choices, code: str
    ) -> Nominal:
        where = replace(WHERE, product=code)
        study = Study(product, site="S", period="2025", choices=choices, product_code=code)
        return evaluate(study, where, Resolver(factors, where, self.values).pin)


@dataclass(frozen=True)
class Run:
    """A plant calculated: its closure, each product as a whole, and each of its codes."""

    closure: Closure
    general: dict[str, Nominal]
    coded: dict[str, dict[str, Nominal]]
    factors: tuple[Factor, ...] = ()

    @property
    def nominals(self) -> dict[str, Nominal]:
        """Product, or `product code` → its result."""
        codes = {
            f"{product} {code}": nominal
            for product, found in self.coded.items()
            for code, nominal in found.items()
        }
        return {**self.general, **codes}

    @property
    def totals(self) -> dict[str, Decimal]:
        """Product, or `product code` → kg CO2e per kg."""
        return {name: nominal.total for name, nominal in self.nominals.items()}

    def unused(self) -> tuple[str, ...]:
        """Return process/flow of the readings for which a calculation refuses the result.

        Rule: PCF-UNUSED-001.
        """
        names = set()
        for nominal in self.general.values():
            asked = {slot.key for slot in nominal.system.amount_slots()}
            asked |= {pin.slot.key for pin in nominal.pins}
            found = unused_field_data(self.factors, WHERE, nominal.system, asked)
            names |= {f"{item.process}/{item.flow}" for item in found}
        return tuple(sorted(names))

    def against_closure(self) -> tuple[str, ...]:
        """Return the codes of every reason that closure has against a certificate.

        What the ledger's own trade bars (scrap sold and bought again) is true of the right plant
        too, and finds no fault.
        """
        studies = [nominal.study for nominal in self.nominals.values()]
        closure = replace(self.closure, barred=())
        return tuple(reason.code for study in studies for reason in reasons_against(study, closure))

    def against_possibility(self) -> tuple[str, ...]:
        """Return the codes of everything that no plant could have."""
        return tuple(
            reason.code
            for nominal in self.nominals.values()
            for reason in impossibilities(nominal, compiled_of(nominal))
        )


Refusal = (FootprintError, ArithmeticError)
"""A calculation that gives no number: refused by name, or divided by nothing."""


@cache
def fault_plant(seed: int) -> FaultPlant:
    """Return the plant of a seed. Whoever changes it works on `dataclasses.replace` of it."""
    drawn = PlantOfSeed(seed)
    chance = Random(seed)
    plant = FaultPlant(
        list(drawn.plant.rows),
        drawn.plant.stock,
        _weighed(drawn.plant.values, heavy=bool(seed % 2)),
        drawn.plant.method,
        products=drawn.products,
        scrap_rule=drawn.scrap_rule,
        codes=CODES if seed % _CODED_EVERY == 0 else (),
    )
    _heat(plant, chance)
    if plant.codes:
        for product in plant.products:
            _book_by_code(plant, CHAINS[product], chance)
    _book_on_sold(plant, chance)
    _book_by_month(plant, chance)
    return plant


@cache
def right_run(seed: int) -> Run:
    """Return the plant of a seed, calculated rightly."""
    return fault_plant(seed).run()


def _weighed(values: dict[str, Decimal], *, heavy: bool) -> dict[str, Decimal]:
    """Let fuels carry thousandths of a kg per MJ; and bought metal, where `heavy`, tonnes per tonne.

    With light metal a fault of an auxiliary moves the total, with heavy metal one of the metal.
    """
    found = {}
    for key, value in values.items():
        flow, _, quantity = key.rpartition("/")
        if flow in FUELS and quantity != "property":
            value = value.scaleb(-3)
        elif heavy and quantity == "cradle_to_gate" and value < 100:
            value = value * 500
        found[key] = value
    return found


def _drawn(chance: Random, low: int, high: int) -> Decimal:
    """Return a share in hundredths."""
    return Decimal(chance.randint(low, high)).scaleb(-2)


def _heat(plant: FaultPlant, chance: Random) -> None:
    """Burn enough gas that the charge can melt."""
    melt = sum((row.amount for row in plant.rows if row.flow == "molten_metal"), Decimal(0))
    per_t = 100 * (1 + _drawn(chance, 0, 40))
    plant.rows = [
        _with(row, amount=melt * per_t)
        if (row.process, row.flow) == ("melting", "natural_gas")
        else row
        for row in plant.rows
    ]


def _with(row: LedgerEntry, **changes: object) -> LedgerEntry:
    return LedgerEntry(**{**row.model_dump(), **changes})


def _split(
    row: LedgerEntry, share: Decimal, column: str, names: Sequence[str]
) -> list[LedgerEntry]:
    """Return a row as two, of a first and a second code or month."""
    first = row.amount * share
    return [
        _with(row, amount=amount, **{column: name})
        for amount, name in zip((first, row.amount - first), names, strict=True)
    ]


def _book_by_code(plant: FaultPlant, chain: Sequence[str], chance: Random) -> None:
    """Book the rows of a chain on two codes, so that the metal of each code balances by step."""
    made = Decimal(0)
    for place, process in enumerate(chain):
        rows = [row for row in plant.rows if row.process == process]
        product = next(row for row in rows if row.role == "product")
        made = made if place else product.amount * _drawn(chance, 30, 70)
        metal, first = made, {id(product): made}
        for row in (row for row in rows if row.flow == "internal_scrap"):
            first[id(row)] = row.amount * _drawn(chance, 20, 80)
            metal += first[id(row)]
        takes = next(row for row in rows if row.role == "input" and _is_own_metal(row))
        first[id(takes)] = metal
        booked = []
        for row in rows:
            amount = first.get(id(row), row.amount * _drawn(chance, 10, 90))
            booked += [
                _with(row, amount=part, product=code)
                for part, code in zip((amount, row.amount - amount), CODES, strict=True)
            ]
        plant.rows = [row for row in plant.rows if row.process != process] + booked
        made = metal
    _number(plant)


def _is_own_metal(row: LedgerEntry) -> bool:
    return bool(row.amount) and vocabulary().flows[row.flow].category == "intermediate"


def _book_on_sold(plant: FaultPlant, chance: Random) -> None:
    """Where a casting sells some of its product, book a part of its power on what is sold."""
    sold = {
        row.process
        for row in plant.rows
        if row.role == "co-product" and row.flow in {"slab", "billet"}
    }
    rows = []
    for row in plant.rows:
        if row.process in sold and row.role == "co-product":
            rows.append(_with(row, product=CO_PRODUCT))
        elif row.process in sold and row.flow == "electricity" and row.amount:
            rows += _split(row, _drawn(chance, 5, 30), "product", (CO_PRODUCT, ""))
        else:
            rows.append(row)
    plant.rows = rows
    _number(plant)


def _book_by_month(plant: FaultPlant, chance: Random) -> None:
    """Part every row over two months, unevenly, and never alike for two flows."""
    rows = []
    for row in plant.rows:
        rows += _split(row, _drawn(chance, 30, 70), "period", MONTHS) if row.amount else [row]
    plant.rows = rows
    _number(plant)


def _number(plant: FaultPlant) -> None:
    plant.rows = [
        _with(row, row_number=number, cell=f"ledger!F{number}")
        for number, row in enumerate(plant.rows, start=2)
    ]
