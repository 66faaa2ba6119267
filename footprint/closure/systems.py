"""The products of a site in numbers: systems compiled, and what a tonne of a step carries.

The account is held against all that a site makes. A sister product is calculated under the same
rules; one that cannot be is named, and its part of the site is left to a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from functools import cached_property

from factor_db.factors.record.factor import product_key
from factor_db.factors.record.reference import characterisation
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import FootprintError
from footprint.account.sharing import BY_MASS
from footprint.account.site_ledger import ZERO, SiteLedger
from footprint.account.smelter import baked_here
from footprint.solving.evaluate import Nominal, evaluate
from footprint.solving.preparation import Prepared
from footprint.solving.solve import solve_exactly
from footprint.study.definition import Study, default_study
from footprint.study.own_routes import with_own_dross_route
from lca_models.casthouse import RECOVERY
from lca_models.catalogue import CHAIN_PRODUCTS, PRODUCTS, final_process
from lca_models.system.compile import DECIMAL_ARITHMETIC, CompiledSystem, compile_system
from lca_models.system.resolve import Resolver
from lca_models.system.unit_process import ProductSystem

# Treating dross for others is a service; its line is what the furnace did beyond the site's own.
_OWN_CHOICES = ("surface", "temper", "dross_route", "alloying", "melt_loss")


@dataclass(frozen=True)
class SiteProduct:
    """One product of the site: its nominal result, and its system in numbers.

    `codes` holds kg CO2e per kg of each product code (alloy, form, temper) of its last step,
    `coded` the results that were asked of a code.
    """

    nominal: Nominal
    compiled: CompiledSystem
    codes: Mapping[str, Decimal] = field(default_factory=dict)
    coded: tuple[Nominal, ...] = ()

    @property
    def system(self) -> ProductSystem:
        """The processes and exchanges behind the numbers."""
        return self.nominal.system

    @cached_property
    def kg_co2e_per_t(self) -> dict[str, Decimal]:
        """Process → kg CO2e per tonne of its product, all that leads to it included."""
        size = len(self.compiled.processes)
        direct = [ZERO] * size
        with localcontext(EXACT):
            for process, kg in self.direct_kg_co2e():
                direct[process] += kg
            turned = tuple((provider, user, t) for user, provider, t in self.compiled.links)
            # Each step carries its own burdens and its share of what it takes: the system turned.
            found = solve_exactly(replace(self.compiled, links=turned), direct, signed=True)
        return dict(zip(self.compiled.processes, found, strict=True))

    def direct_kg_co2e(self) -> list[tuple[int, Decimal]]:
        """Return (process, kg CO2e per tonne of its product) of every burden."""
        gwp = characterisation(self.nominal.study.gwp_set)
        with localcontext(EXACT):
            return [
                (item.process_index, sum((kg * gwp[gas] for gas, kg in item.gases.items()), ZERO))
                for item in self.compiled.burdens
            ]


@dataclass(frozen=True)
class SiteProducts:
    """Everything a site makes: products calculated, and those that cannot be with the reason."""

    found: Mapping[str, SiteProduct]
    failed: Mapping[str, FootprintError]

    @cached_property
    def home(self) -> dict[str, SiteProduct]:
        """Process → the product whose system it is read from; the product asked for comes first.

        A service for others comes last: it knows no metal that goes back into the site's own melt.
        """
        homes: dict[str, SiteProduct] = {}
        for product in sorted(self.found.values(), key=lambda item: item.system.final == RECOVERY):
            for process in product.compiled.processes:
                homes.setdefault(process, product)
        return homes

    def kg_co2e_per_t(self, process: str) -> Decimal:
        """Return what a tonne of a process's product carries; 0 for a process nobody reached."""
        return self.home[process].kg_co2e_per_t[process] if process in self.home else ZERO

    def allocation_method(self, process: str) -> str:
        """Return how the co-products of a process were allocated, from the factors used."""
        home = self.home.get(process)
        for pin in home.nominal.pins if home else ():
            derived = pin.factor.derivation
            if pin.factor.process == process and derived and derived.allocation:
                return derived.allocation.method
        return BY_MASS


def site_products(prepared: Prepared, nominal: Nominal, ledger: SiteLedger) -> SiteProducts:
    """Return the products that a ledger shows the site to make, the study's own first."""
    study = prepared.study
    general = _product(_general(prepared, nominal))
    coded = {code: _coded(prepared, nominal, code) for code in product_codes(study.product, ledger)}
    codes = {code: item.total for code, item in coded.items()}
    asked = (
        (nominal,)
        if study.product_code and all(item is not nominal for item in coded.values())
        else ()
    )
    found = {study.product: replace(general, codes=codes, coded=(*coded.values(), *asked))}
    failed: dict[str, FootprintError] = {}
    for product in made_products(ledger):
        if product in found:
            continue
        try:
            sister = _sister(study, product, anodes=baked_here(ledger))
            sister = with_own_dross_route(sister, prepared.where, prepared.own)
            found[product] = _product(_evaluated(prepared, sister))
        except FootprintError as error:
            failed[product] = error
    return SiteProducts(found, failed)


def made_products(ledger: SiteLedger) -> tuple[str, ...]:
    """Return the products whose last step made something, in the order of the catalogue."""
    return tuple(product for product in PRODUCTS if ledger.made(final_process(product)))


def product_codes(product: str, ledger: SiteLedger) -> tuple[str, ...]:
    """Return the codes that all of a product's output carries; none where some of it has none."""
    made = [row for row in ledger.rows_of(final_process(product), role="product") if row.amount]
    codes = {product_key(row.product): row.product.strip() for row in made}
    return tuple(codes[key] for key in sorted(codes)) if len(codes) > 1 and "" not in codes else ()


def _coded(prepared: Prepared, nominal: Nominal, code: str) -> Nominal:
    """Return the result of one product code under the study's own choices."""
    if product_key(prepared.study.product_code) == product_key(code):
        return nominal
    return _evaluated(prepared, replace(prepared.study, product_code=code))


def _general(prepared: Prepared, nominal: Nominal) -> Nominal:
    """Return the result for all product codes together: what the plant made as a whole."""
    if not prepared.study.product_code:
        return nominal
    return _evaluated(prepared, replace(prepared.study, product_code=""))


def _sister(study: Study, product: str, *, anodes: bool) -> Study:
    """Return the study of another product of the site; `anodes` tells whether it bakes its own."""
    shipped = default_study(product)
    own = {name: getattr(shipped.choices, name) for name in _OWN_CHOICES}
    if (product in CHAIN_PRODUCTS) != (study.product in CHAIN_PRODUCTS):
        own["anode_plant"] = "on_site" if anodes and product in CHAIN_PRODUCTS else ""
    return replace(
        study,
        product=product,
        product_code="",
        choices=replace(study.choices, **own),
        cut_offs=shipped.cut_offs,
        overrides={},
        distributions={},
    )


def _evaluated(prepared: Prepared, study: Study) -> Nominal:
    where = replace(prepared.where, product=study.product_code)
    resolver = Resolver(
        [*prepared.release.factors, *prepared.own], where, study.overrides, prepared.suppliers
    )
    return evaluate(study, where, resolver.pin)


def _product(nominal: Nominal) -> SiteProduct:
    return SiteProduct(nominal, compiled_of(nominal))


def compiled_of(nominal: Nominal) -> CompiledSystem:
    """Return the system of a result in numbers, compiled again from its pins."""
    cut_off: dict[str, dict[str, Decimal]] = {item.slot: {} for item in nominal.cut_off}
    gases = {**cut_off, **nominal.gases()}
    return compile_system(nominal.system, nominal.amounts(), gases, DECIMAL_ARITHMETIC)
