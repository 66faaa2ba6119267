"""The example ledgers under other charges, and the modelled chain, against what is expected.

Expectations are those of a verifier for the charge (cut-off, kg CO2e/kg); the ledgers are
illustrative. Varied is only the metal charged, all else stays as in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from factor_db.factors.release.releases import found
from factor_db.foundation.canonical import EXACT, exact_sum
from factor_db.foundation.reference_files import reference_rows
from factor_db.foundation.units import conversion
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.solving.evaluate import Nominal
from footprint.study.definition import Study, default_study
from footprint.study.examples import EXAMPLES, publish_own_factors
from footprint.validation.runs import EMISSIONS_OF, ours
from footprint.validation.tables import FOLDER, Case
from lca_models.system.slots import CHARGE_POOL

_CHAIN = "primary_aluminium"
_PRIMARY, _POST, _PRE, _PREPARED = (
    f"{CHARGE_POOL}/{flow}/inventory"
    for flow in ("primary_ingot", "scrap_post_consumer", "scrap_pre_consumer", "prepared_scrap")
)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One example product under one charge: what is expected of it, and ours, kg CO2e/kg."""

    label_zh: str
    label_en: str
    primary_percent: str
    expected: str
    digits: int
    ours: Decimal


@dataclass(frozen=True, slots=True)
class LedgerPart:
    """What the page says of the example ledgers and of the modelled chain, kg CO2e/kg.

    `terms` name amounts inside the recycled ingot and inside the chain on the grid.
    """

    release: str
    rows: tuple[LedgerRow, ...]
    chain: tuple[LedgerRow, ...]
    terms: dict[str, Decimal]


def ledger_part(store: Store | None = None) -> LedgerPart:
    """Calculate every row from a store that holds the examples; without one, make it and drop it.

    Making it founds a store and publishes the three ledgers in a temporary folder.
    """
    if store is not None:
        return _ledger_part(store)
    with TemporaryDirectory() as folder:
        made = Store(f"sqlite:///{Path(folder) / 'validation.db'}")
        try:
            found(made)
            for _, site, ledger in EXAMPLES:
                publish_own_factors(made, site, ledger)
            return _ledger_part(made)
        finally:
            made.close()


def _ledger_part(store: Store) -> LedgerPart:
    examples = {product: _nominal(store, default_study(product)) for product, _, _ in EXAMPLES}
    expected = reference_rows(f"{FOLDER}/expectations.csv")
    recycled = examples["recycled_ingot"]
    terms = {
        "alloying": _of_flows(recycled, ("silicon", "magnesium")),
        "salt_slag": _of_flows(recycled, ("salt_slag",)),
        "organics": _of_flows(recycled, ("organic_coating",)),
        **chain_terms(_chain("grid")),
    }
    return LedgerPart(
        release=recycled.study.release,
        rows=tuple(
            _row(item, _nominal(store, _study(item, examples[item["product"]])))
            for item in expected
            if item["product"] in examples
        ),
        chain=tuple(
            _row(item, _chain(item["smelter_power"]))
            for item in expected
            if item["product"] == _CHAIN
        ),
        terms=terms,
    )


def _row(item: dict[str, str], result: Nominal) -> LedgerRow:
    return LedgerRow(
        label_zh=item["label_zh"],
        label_en=item["label_en"],
        primary_percent=item["primary_percent"],
        expected=item["expected"],
        digits=int(item["digits"]),
        ours=result.total,
    )


def _study(item: dict[str, str], example: Nominal) -> Study:
    study = with_primary_share(example, Decimal(item["primary_percent"]))
    if not item["primary_kg_per_t"]:
        return study
    footprint = {"primary_ingot/cradle_to_gate": Decimal(item["primary_kg_per_t"])}
    return replace(study, overrides={**study.overrides, **footprint})


def _chain(smelter_power: str) -> Nominal:
    return ours(Case("", _CHAIN, EMISSIONS_OF, smelter_power))


def with_primary_share(example: Nominal, percent: Decimal) -> Study:
    """Return the example's study with a share of primary ingot in its charge; scrap gives way.

    Alloying elements stay, so the most that primary can replace is the scrap. Where scrap is
    prepared on site, prepared scrap gives way; elsewhere what is left is post-consumer scrap.
    """
    metals = {
        pin.slot.key: pin.value()
        for pin in example.pins
        if pin.slot.process == CHARGE_POOL and pin.slot.unit == "t/t"
    }
    with localcontext(EXACT):
        charge = exact_sum(metals.values())
        primary = charge * percent * conversion("%", "1")
        if _PREPARED in metals:
            left = {_PREPARED: metals[_PREPARED] + metals[_PRIMARY] - primary}
        else:
            metal = metals[_PRIMARY] + metals[_POST] + metals[_PRE]
            primary = min(primary, metal)
            left = {_PRE: Decimal(0), _POST: metal - primary}
    # Shares of metal from none to all are meant, however far from the example's own.
    study = default_study(example.study.product)
    return replace(study, overrides={_PRIMARY: primary, **left}, accept_doubts=True)


def _nominal(store: Store, study: Study) -> Nominal:
    with store.read() as session:
        return calculate_study(session, study).nominal


def _of_flows(result: Nominal, flows: Iterable[str]) -> Decimal:
    wanted = set(flows)
    return exact_sum(row.kg_co2e for row in result.contributions if row.flow in wanted)


def chain_terms(result: Nominal) -> dict[str, Decimal]:
    """Return terms of the modelled chain that an expectation leaves out, kg CO2e/kg."""
    alumina = [row for row in result.contributions if row.process == "alumina_refining"]
    fuels = {"coal", "natural_gas", "heavy_oil"}
    supply = (row.kg_co2e for row in alumina if row.part == "upstream" and row.flow in fuels)
    rows = (row for row in result.contributions if row.process != "electrolysis")
    other_power = (row.kg_co2e for row in rows if row.flow == "electricity")
    return {
        "lime": _of_flows(result, ("lime",)),
        "supply": exact_sum(supply),
        "other_power": exact_sum(other_power),
    }
