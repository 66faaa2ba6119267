"""Plants drawn by seed: what a year of a plant may hold, in all the combinations nobody thought of.

Each plant shares a cast house between plate and extrusion, buys and makes slab and billet, keeps
stocks of both, gives scrap back and sells some, sells intermediates, and treats dross or not. Its
metal balances by construction; everything else is free.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from plants import Plant

from factor_db.ledger.form.vocabulary import vocabulary
from footprint.account.valuation import gate_flows
from lca_models.catalogue import product_system
from lca_models.system.unit_process import Choices

SCRAP_RULES = ("cut-off", "pre-consumer-mass", "co-product", "cbam-zero")
_EXTERNAL = (
    *("primary_ingot", "primary_liquid", "primary_t_bar", "recycled_ingot", "scrap_pre_consumer"),
    *("scrap_post_consumer", "magnesium", "silicon"),
)
_AUXILIARY = frozenset(
    {"energy", "fuel", "auxiliary", "packaging", "transport", "waste", "service"}
)


class PlantOfSeed:
    """One plant drawn from a seed; `plant` holds its rows, stocks and factor values."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.plant = Plant(method="mass")
        self.products: tuple[str, ...] = ()
        self.scrap_rule = self.random.choice(SCRAP_RULES)
        self._scrap_made = Decimal(0)
        self._draw()

    def amount(self, low: float, high: float) -> Decimal:
        """Return a drawn amount with three decimals."""
        return Decimal(self.random.randint(int(low * 1000), int(high * 1000))).scaleb(-3)

    def maybe(self, low: float, high: float, chance: float = 0.5) -> Decimal:
        """Return a drawn amount, or 0 by chance."""
        return self.amount(low, high) if self.random.random() < chance else Decimal(0)

    def _draw(self) -> None:
        slab, billet = self.maybe(500, 900, 0.7), self.maybe(300, 700, 0.7)
        if not slab and not billet:
            slab = self.amount(500, 900)
        products = []
        if slab:
            self._plate(slab)
            products.append("plate")
        if billet:
            self._extrusion(billet)
            products.append("extrusion")
        self._cast_house(slab, billet)
        self._value()
        self.products = tuple(products)

    def _plate(self, slab: Decimal) -> None:
        sold, kept, lost = self._leaves(slab, "slab", "slab_casting")
        bought = self.maybe(20, 200)
        metal = slab - kept - lost + bought
        self.step("scalping", metal, slab=metal - bought, purchased_slab=bought)
        self.step("slab_homogenising", metal, scalped_slab=metal)
        rolled = self._scrapped("hot_rolling", metal, "homogenised_slab")
        self.step("plate_sawing", rolled, hot_rolled_plate=rolled)
        self.step("plate_packing", rolled, sawn_plate=rolled)
        self._cast("slab_casting", slab, sold)

    def _extrusion(self, billet: Decimal) -> None:
        sold, kept, lost = self._leaves(billet, "billet", "billet_casting")
        own = billet - kept - lost
        bought = self.maybe(20, 200)
        self.step("billet_homogenising", own, billet=own)
        metal = own + bought
        self.step("billet_heating", metal, homogenised_billet=own, purchased_billet=bought)
        pressed = self._scrapped("extruding", metal, "heated_billet")
        cut = self._scrapped("profile_stretching", pressed, "raw_profile")
        self.step("profile_packing", cut, cut_profile=cut)
        self._cast("billet_casting", billet, sold)

    def _leaves(self, made: Decimal, flow: str, process: str) -> tuple[Decimal, Decimal, Decimal]:
        """Draw what of a cast product is sold beside it, goes to stock, and two scales lose."""
        kept = self.maybe(1, 20) if self.random.random() < 0.5 else -self.maybe(1, 20)
        if kept:
            opening = max(Decimal(0), -kept) + 5
            self.plant.keep(flow, opening=opening, closing=opening + kept)
        return self.maybe(5, 80, 0.3), kept, self.maybe(0, 3)

    def _scrapped(self, process: str, metal: Decimal, flow: str) -> Decimal:
        """Draw the scrap of a step: given back and sold; return what is left as product."""
        back, sold = self.amount(5, 60), self.maybe(1, 40)
        made = metal - back - sold
        self.step(process, made, **{flow: metal, "internal_scrap": back})
        if sold:
            self.plant.add(process, "internal_scrap", sold, "co-product")
        self._scrap_made += back
        return made

    def _cast(self, process: str, made: Decimal, sold: Decimal) -> None:
        flow = vocabulary().processes[process].product
        self.step(process, made, refined_metal=made + sold)
        if sold:
            self.plant.add(process, flow, sold, "co-product")
        self._refined = getattr(self, "_refined", Decimal(0)) + made + sold

    def _cast_house(self, slab: Decimal, billet: Decimal) -> None:
        refined = self._refined
        self.step("refining", refined, molten_metal=refined)
        charge = refined + self.amount(5, 40)
        self.step("melting", refined, charge_metal=charge)
        own = min(self._scrap_made, charge / 2)
        change = self._scrap_made - own
        if change:
            self.plant.keep("internal_scrap", closing=change)
        external = self._external(charge - own)
        self.step("charging", charge, internal_scrap=own, **external)

    def _external(self, whole: Decimal) -> dict[str, Decimal]:
        """Part the external charge over the materials that happen to be bought, some to stock."""
        chosen = self.random.sample(_EXTERNAL, self.random.randint(1, 4))
        found, left = {}, whole
        for flow in chosen[1:]:
            found[flow] = (left * self.amount(0.05, 0.3)).quantize(Decimal("0.001"))
            left -= found[flow]
        found[chosen[0]] = left
        for flow in chosen:
            if self.random.random() < 0.4:
                stocked = self.amount(0, 30)
                figures = {"receipts": found[flow] + stocked, "consumption": found[flow]}
                self.plant.keep(flow, closing=stocked, **figures)
        return found

    def step(self, process: str, made: Decimal, **metal: Decimal) -> None:
        """Write a step with its metal and a drawn amount of all else it reports."""
        flows = dict(metal)
        for code, flow in vocabulary().process_flows:
            category = vocabulary().flows[flow].category
            if code == process and flow not in flows and category in _AUXILIARY:
                flows[flow] = self.maybe(1, 5000, 0.7)
        self.plant.step(process, made, **flows)

    def _value(self) -> None:
        """Draw a value for every factor that either road may ask for."""
        values: dict[str, Decimal] = {}
        for product in ("plate", "extrusion"):
            system = product_system(product, Choices())
            for slot in sorted(system.emission_slots(), key=lambda item: item.key):
                values[slot.key] = self.amount(0.01, 20)
            for slot in sorted(system.amount_slots(), key=lambda item: item.key):
                if slot.quantity == "property" and not slot.optional:
                    values[slot.key] = self.amount(30, 45)
        for gate in gate_flows().values():
            for part in gate.parts:
                values.setdefault(f"{gate.factor_flow}/{part}", self.amount(0.01, 20))
        values["scrap_pre_consumer/cradle_to_gate"] = self.amount(1, 9000)
        values["electricity/residual_life_cycle"] = self.amount(0.1, 1)
        self.plant.values = values
