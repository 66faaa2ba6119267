"""Write the three example ledgers: fictitious plants whose yearly totals meet published figures.

Run as `python -m tools.write_examples`; a fixed seed makes every run give
the same bytes. Totals per tonne: European remelting (3093 MJ, 150 kWh, 1.019 t), European rolling
without remelting (1956 MJ, 307 kWh), Chinese extrusion (1240 kWh), North American recycling
(225.6 kWh, 5.68 GJ, 1.048 t). How a total is split over steps and months is illustrative.
Here stand all rows of a plant; `plant_sheets` says which of them its meters give.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.limits import ALUMINA_PER_ALUMINIUM
from factor_db.ledger.form.rows import SCHEMA_VERSION, LedgerRow, SiteHeader
from factor_db.ledger.form.vocabulary import ALUMINIUM, CALORIFIC, vocabulary
from factor_db.ledger.reading.header import uscc_check_digit
from factor_db.ledger.workbooks.template import write_ledger
from tools.example_book import (
    END,
    GAS_MJ_PER_M3,
    MONTHS,
    START,
    Book,
    D,
    Series,
    cut,
    dross_closing,
    minus,
    numbered,
    plus,
    total_of,
    whole,
)
from tools.plant_sheets import written

FOLDER = Path(str(files("factor_db"))) / "reference" / "examples"
NOTE = (
    "示例数据：企业、厂址和全部数值均为虚构，不得用于交易、申报或宣传。全年合计取自公开资料，"
    "各工序之间和各月之间的分配仅为示例。 Illustrative: the organisation, the site and all values "
    "are fictitious. The yearly totals follow published figures; their split over steps and months "
    "is illustrative."
)
# --- plate mill and extrusion plant: one cast house, two chains -----------------------------------

ALLOY_6061 = {
    "magnesium": D("0.010"),
    "silicon": D("0.006"),
    "copper": D("0.0028"),
    "chromium": D("0.002"),
}
ALLOY_6063 = {"magnesium": D("0.0055"), "silicon": D("0.0045")}
_ALLOYING = ("magnesium", "silicon", "copper", "zinc", "manganese", "chromium")
CHARGE_PER_CAST = D("1.019")
DROSS_METAL = D("0.60")
PRIMARY_AL, PRE_AL, POST_AL = D("0.997"), D("0.974"), D("0.968")


def _charge(
    book: Book, cast: Series, returned: Series, primary_share: Decimal, alloy: Mapping[str, Decimal]
) -> tuple[Series, Decimal]:
    """Write the charge of a cast house; return it with the aluminium content of the cast metal."""
    cast_t, returned_t = whole(cast), whole(returned)
    external_t = CHARGE_PER_CAST * cast_t - returned_t
    primary_t = primary_share * external_t
    metals: dict[str, Series] = {"primary_ingot": book.split(primary_t, "t", noise=2)}
    for element, share in alloy.items():
        # Added for the primary part only: the scrap brings its own.
        metals[element] = book.split(share * primary_t, "t", noise=2)
    scrap_t = external_t - total_of(whole(series) for series in metals.values())
    metals["scrap_pre_consumer"] = book.split(scrap_t * D("0.6"), "t", noise=2)
    external = book.split(external_t, "t")
    metals["scrap_post_consumer"] = minus(external, plus(*metals.values()))
    charge = plus(external, returned)
    texts: dict[str, dict[str, str]] = {
        "primary_ingot": {"counterparty": "示例铝业", "origin": "CN-YN"},
        "scrap_pre_consumer": {"scrap_type": "型材边角料", "origin": "CN-CQ"},
        "scrap_post_consumer": {"scrap_type": "废门窗型材", "origin": "CN-CQ"},
    }
    for flow, series in metals.items():
        book.series("charging", flow, series, **texts.get(flow, {}))
    book.series("charging", "internal_scrap", returned)
    book.series("charging", "charge_metal", charge)
    book.unused("charging", "primary_liquid", *(e for e in _ALLOYING if e not in alloy))
    book.total("charging", "rail_transport", 1500 * whole(metals["primary_ingot"]))
    scrap = whole(metals["scrap_pre_consumer"]) + whole(metals["scrap_post_consumer"])
    book.total("charging", "truck_transport", 150 * scrap)
    book.unused("charging", "barge_transport")
    contents = {
        "primary_ingot": PRIMARY_AL,
        "scrap_pre_consumer": PRE_AL,
        "scrap_post_consumer": POST_AL,
    }
    aluminium = total_of(whole(metals[flow]) * share for flow, share in contents.items())
    loss = whole(charge) - cast_t
    # All that is lost is aluminium, so what is not aluminium in the charge stays in the metal.
    content = cut(EXACT.divide(aluminium - loss, cast_t - returned_t), 5)
    for flow, share in contents.items():
        book.property("charging", flow, ALUMINIUM, share)
    book.property("charging", "internal_scrap", ALUMINIUM, content)
    return charge, content


def _melt_and_refine(book: Book, charge: Series, cast: Series) -> None:
    """Write melting and refining but for their energy."""
    cast_t = whole(cast)
    book.series("melting", "charge_metal", charge)
    book.series("melting", "molten_metal", cast)
    book.unused("melting", "diesel")
    book.total("melting", "flux_salt", cast_t)
    book.total("melting", "dross", dross_closing(whole(charge) - cast_t, DROSS_METAL))
    book.property("melting", "dross", ALUMINIUM, DROSS_METAL)
    book.property("melting", "natural_gas", CALORIFIC, GAS_MJ_PER_M3)
    book.series("refining", "molten_metal", cast)
    book.series("refining", "refined_metal", cast)
    book.total("refining", "argon", cast_t)
    book.total("refining", "ceramic_filter", cast_t * D("0.3"))
    book.total("refining", "grain_refiner", cast_t)


def _step(
    book: Book, process: str, into: Series, scrap_t: int = 0, **texts: str
) -> tuple[Series, Series]:
    """Write a metal step; return its product and its internal scrap, which sum to the input."""
    entry = vocabulary().processes[process]
    inputs = [
        pair.flow
        for pair in vocabulary().process_flows.values()
        if pair.process == process
        and vocabulary().flows[pair.flow].category == "intermediate"
        and pair.obligatory in {"yes", "plain"}
    ]
    scrap = book.split(D(scrap_t), "t", noise=2)
    product = minus(into, scrap)
    book.series(process, inputs[0], into)
    pair = vocabulary().process_flows.get((process, "internal_scrap"))
    if scrap_t or (pair and pair.obligatory == "yes"):
        book.series(process, "internal_scrap", scrap)
    book.series(process, entry.product, product, **texts)
    return product, scrap


def _packing(book: Book, process: str, packed_t: Decimal) -> None:
    book.total(process, "wood_packaging", packed_t)
    book.total(process, "plastic_film", packed_t * D("0.5"))
    book.total(process, "steel_strapping", packed_t * D("1.5"))
    book.total(process, "paper", packed_t * D("0.3"))


def plate_mill() -> tuple[SiteHeader, list[LedgerRow]]:
    """Return the ledger of a plate mill: 50 000 t of 6061 plate from 67 500 t of slab."""
    book = Book("plate_mill")
    slab = book.split(D(67500), "t")
    scrap_steps = {
        "scalping": 3400,
        "hot_rolling": 5400,
        "plate_stretching": 2200,
        "plate_sawing": 6500,
    }
    metal, returned = slab, dict.fromkeys(MONTHS, D(0))
    chain = Book("plate_mill/chain")
    chain.shape = book.shape
    for process in (
        "scalping",
        "slab_homogenising",
        "hot_rolling",
        "solution_treatment",
        "plate_stretching",
        "plate_ageing",
        "plate_sawing",
        "plate_packing",
    ):
        alloy = {"product": "6061-T651"} if process == "plate_packing" else {}
        metal, scrap = _step(chain, process, metal, scrap_steps.get(process, 0), **alloy)
        returned = plus(returned, scrap)
    charge, content = _charge(book, slab, returned, D("0.7"), ALLOY_6061)
    _melt_and_refine(book, charge, slab)
    book.series("slab_casting", "refined_metal", slab)
    book.series("slab_casting", "slab", slab)
    book.property("slab_casting", "slab", ALUMINIUM, content)
    book.total("slab_casting", "water", 3 * D(67500))
    slab_t, plate_t = D(67500), D(50000)
    for process, share in {"melting": "0.85", "refining": "0.15"}.items():
        book.gas(process, 3093 * slab_t * D(share))
    for process, kwh in {"melting": 60, "refining": 45, "slab_casting": 45}.items():
        book.total(process, "electricity", kwh * slab_t)
    book.rows += chain.rows
    shares = {
        "slab_homogenising": "0.40",
        "hot_rolling": "0.25",
        "solution_treatment": "0.25",
        "plate_ageing": "0.10",
    }
    for process, share in shares.items():
        book.gas(process, 1956 * plate_t * D(share))
    for process, kwh in _PLATE_KWH_PER_T.items():
        book.total(process, "electricity", kwh * plate_t)
    book.total("hot_rolling", "rolling_oil", plate_t)
    book.total("solution_treatment", "water", plate_t)
    _packing(book, "plate_packing", plate_t)
    return _header("示例铝板厂", "Example Plate Mill", "CQ-PLATE", "XXXXXXX1"), numbered(book.rows)


_PLATE_KWH_PER_T = {
    "scalping": 18,
    "slab_homogenising": 14,
    "hot_rolling": 165,
    "solution_treatment": 48,
    "plate_stretching": 18,
    "plate_ageing": 14,
    "plate_sawing": 26,
    "plate_packing": 4,
}


def extrusion_plant() -> tuple[SiteHeader, list[LedgerRow]]:
    """Return the ledger of an extrusion plant: 19 000 t of mill-finish 6063, recovery 76 %."""
    book, chain = Book("extrusion_plant"), Book("extrusion_plant/chain")
    chain.shape = book.shape
    billet_t, profile_t = D(25000), D(19000)
    billet = book.split(billet_t, "t")
    metal, returned = billet, dict.fromkeys(MONTHS, D(0))
    for process in (
        "billet_homogenising",
        "billet_heating",
        "extruding",
        "profile_stretching",
        "profile_ageing",
        "profile_packing",
    ):
        scrap_t = {"extruding": 3500, "profile_stretching": 2500}.get(process, 0)
        alloy = {"product": "6063-T5"} if process == "profile_packing" else {}
        metal, scrap = _step(chain, process, metal, scrap_t, **alloy)
        returned = plus(returned, scrap)
    charge, content = _charge(book, billet, returned, D("0.5"), ALLOY_6063)
    _melt_and_refine(book, charge, billet)
    book.series("billet_casting", "refined_metal", billet)
    book.series("billet_casting", "billet", billet)
    book.property("billet_casting", "billet", ALUMINIUM, content)
    book.total("billet_casting", "water", 3 * billet_t)
    book.rows += chain.rows
    for process, megajoules in {
        "melting": 2630,
        "refining": 463,
        "billet_homogenising": 750,
    }.items():
        book.gas(process, megajoules * billet_t)
    book.gas("billet_heating", 550 * billet_t)
    book.gas("profile_ageing", 500 * profile_t)
    cast_kwh = {"melting": 50, "refining": 30, "billet_casting": 30, "billet_homogenising": 10}
    for process, kwh in cast_kwh.items():
        book.total(process, "electricity", kwh * billet_t)
    plant = {
        "billet_heating": 62,
        "profile_stretching": 110,
        "profile_ageing": 90,
        "profile_packing": 60,
    }
    for process, kwh in plant.items():
        book.total(process, "electricity", kwh * profile_t)
    # The press takes what is left of 1240 kWh per t of profile for the whole plant.
    rest = 1240 * profile_t - sum(cast_kwh.values()) * billet_t - sum(plant.values()) * profile_t
    book.total("extruding", "electricity", rest)
    book.total("extruding", "tool_steel", 2 * profile_t)
    book.total("extruding", "caustic_soda", 5 * profile_t)
    book.total("extruding", "nitrogen", 10 * profile_t)
    _packing(book, "profile_packing", profile_t)
    return _header("示例铝挤压厂", "Example Extrusion Plant", "CQ-EXTRUSION", "XXXXXXX2"), numbered(
        book.rows
    )


# --- recycling plant ------------------------------------------------------------------------------

INGOT_T, LIQUID_T = D(45000), D(125000)
RECOVERED_AL, PREPARED_AL, RECYCLED_DROSS_METAL = D("0.90"), D("0.86"), D("0.50")
DROSS_RECOVERY_SHARE = D("0.80")


def recycling_plant() -> tuple[SiteHeader, list[LedgerRow]]:
    """Return the ledger of a recycling plant: 45 000 t of ingot and 125 000 t of liquid alloy."""
    book = Book("recycling_plant")
    ingot, liquid = book.split(INGOT_T, "t"), book.split(LIQUID_T, "t")
    refined = plus(ingot, liquid)
    refined_t = INGOT_T + LIQUID_T
    prepared = _prepare_scrap(book, refined_t)
    silicon = book.split(refined_t * D("0.002"), "t", noise=2)
    magnesium = book.split(refined_t * D("0.0005"), "t", noise=2)
    fresh_t = whole(plus(prepared, silicon, magnesium))
    # Net loss = metal left in treated dross + oxidised, per t of dross.
    oxidised = EXACT.divide(1 - RECYCLED_DROSS_METAL, ALUMINA_PER_ALUMINIUM)
    kept = RECYCLED_DROSS_METAL * (1 - DROSS_RECOVERY_SHARE)
    dross = book.split(EXACT.divide(fresh_t - refined_t, kept + oxidised), "t", noise=2)
    dross_t = whole(dross)
    recovered = book.split(dross_t * RECYCLED_DROSS_METAL * DROSS_RECOVERY_SHARE, "t", noise=2)
    charge = plus(prepared, recovered, silicon, magnesium)
    for flow, series in {
        "prepared_scrap": prepared,
        "recovered_metal": recovered,
        "silicon": silicon,
        "magnesium": magnesium,
        "charge_metal": charge,
    }.items():
        book.series("charging", flow, series)
    bought = ("primary_ingot", "primary_liquid", "scrap_pre_consumer", "scrap_post_consumer")
    book.unused("charging", *bought, "internal_scrap", "copper", "zinc", "manganese", "chromium")
    book.total("charging", "truck_transport", 1500 * whole(plus(silicon, magnesium)))
    book.unused("charging", "rail_transport", "barge_transport")
    _recycled_casthouse(book, charge, refined, dross, recovered)
    _recycled_products(book, ingot, liquid)
    aluminium = whole(prepared) * PREPARED_AL + whole(recovered) * RECOVERED_AL
    lost = dross_t * (RECYCLED_DROSS_METAL + oxidised)
    content = cut(EXACT.divide(aluminium - lost, refined_t), 5)
    book.property("charging", "prepared_scrap", ALUMINIUM, PREPARED_AL)
    book.property("charging", "recovered_metal", ALUMINIUM, RECOVERED_AL)
    book.property("ingot_casting", "cast_ingot", ALUMINIUM, content)
    book.property("liquid_delivery", "liquid_alloy", ALUMINIUM, content)
    return _header("示例再生铝厂", "Example Recycling Plant", "CQ-RECYCLED", "XXXXXXX3"), numbered(
        book.rows
    )


def _prepare_scrap(book: Book, refined_t: Decimal) -> Series:
    """Write collection to de-coating; return the prepared scrap.

    1.048 t of gross scrap per t of refined metal; energy 110.35 kWh and 0.90 GJ per t of refined
    metal. Residue 1.5 % and burnt coating 1.2 % of the scrap are illustrative.
    """
    gross_t = D("1.048") * refined_t
    collected = book.split(gross_t, "t")
    old = book.split(gross_t * D("0.65"), "t", noise=2)
    book.series("scrap_collection", "scrap_post_consumer", old, scrap_type="废铸件与废型材")
    new = minus(collected, old)
    book.series("scrap_collection", "scrap_pre_consumer", new, scrap_type="压铸边角料")
    book.series("scrap_collection", "collected_scrap", collected)
    book.total("scrap_collection", "truck_transport", 200 * gross_t)
    book.unused("scrap_collection", "rail_transport", "barge_transport")
    residue = book.split(gross_t * D("0.015"), "t")
    sorted_scrap = minus(collected, residue)
    book.series("scrap_sorting", "collected_scrap", collected)
    book.series("scrap_sorting", "sorting_residue", residue)
    book.series("scrap_sorting", "sorted_scrap", sorted_scrap)
    book.unused("scrap_sorting", "diesel")
    book.series("scrap_shredding", "sorted_scrap", sorted_scrap)
    book.series("scrap_shredding", "shredded_scrap", sorted_scrap)
    organic = book.split(whole(sorted_scrap) * D("0.012"), "t")
    prepared = minus(sorted_scrap, organic)
    book.series("scrap_decoating", "shredded_scrap", sorted_scrap)
    burnt_kg = {month: mass * 1000 for month, mass in organic.items()}
    book.series("scrap_decoating", "organic_coating", burnt_kg)
    book.series("scrap_decoating", "prepared_scrap", prepared)
    book.gas("scrap_decoating", 900 * refined_t)
    kwh = {"scrap_sorting": "20", "scrap_shredding": "55", "scrap_decoating": "35.35"}
    for process, per_t in kwh.items():
        book.total(process, "electricity", D(per_t) * refined_t)
    return prepared


def _recycled_casthouse(
    book: Book, charge: Series, refined: Series, dross: Series, recovered: Series
) -> None:
    """Write melting, refining and dross recovery: 115.25 kWh and 4.78 GJ per t of refined metal."""
    refined_t, dross_t = whole(refined), whole(dross)
    book.series("melting", "charge_metal", charge)
    book.series("melting", "molten_metal", refined)
    book.series("melting", "dross", dross)
    book.property("melting", "dross", ALUMINIUM, RECYCLED_DROSS_METAL)
    book.property("melting", "natural_gas", CALORIFIC, GAS_MJ_PER_M3)
    book.unused("melting", "diesel")
    book.total("melting", "flux_salt", refined_t)
    book.series("refining", "molten_metal", refined)
    book.series("refining", "refined_metal", refined)
    book.total("refining", "argon", refined_t)
    book.total("refining", "ceramic_filter", refined_t * D("0.3"))
    book.unused("refining", "grain_refiner")
    salt_kg = 250 * dross_t
    book.series("dross_recovery", "dross", dross)
    book.series("dross_recovery", "dross_treated", dross)
    book.series("dross_recovery", "recovered_metal", recovered)
    book.total("dross_recovery", "flux_salt", salt_kg)
    slag_t = dross_t - whole(recovered) + salt_kg / 1000
    book.total("dross_recovery", "salt_slag", slag_t)
    for process, megajoules in {"melting": 4100, "refining": 400, "dross_recovery": 280}.items():
        book.gas(process, megajoules * refined_t)
    kwh = {"melting": "62", "refining": "48", "dross_recovery": "5.25"}
    for process, per_t in kwh.items():
        book.total(process, "electricity", D(per_t) * refined_t)


def _recycled_products(book: Book, ingot: Series, liquid: Series) -> None:
    """Write casting and packing of the ingot and delivery of the liquid alloy; illustrative."""
    book.series("ingot_casting", "refined_metal", ingot)
    book.series("ingot_casting", "cast_ingot", ingot)
    book.total("ingot_casting", "electricity", 25 * INGOT_T)
    book.total("ingot_casting", "water", D("0.5") * INGOT_T)
    book.series("ingot_packing", "cast_ingot", ingot)
    book.series("ingot_packing", "recycled_ingot", ingot, product="ADC12")
    book.total("ingot_packing", "electricity", 3 * INGOT_T)
    book.total("ingot_packing", "steel_strapping", INGOT_T)
    book.series("liquid_delivery", "refined_metal", liquid)
    book.series("liquid_delivery", "liquid_alloy", liquid, product="ADC12")
    book.gas("liquid_delivery", 150 * LIQUID_T)
    book.total("liquid_delivery", "diesel", LIQUID_T)


def _header(name_zh: str, name_en: str, site_code: str, body: str) -> SiteHeader:
    """Return a header; the X's in the credit code show that no such organisation exists."""
    first_17 = f"91500000{body}0"
    return SiteHeader(
        schema_version=SCHEMA_VERSION,
        organisation_zh=name_zh,
        organisation_en=name_en,
        uscc=first_17 + uscc_check_digit(first_17),
        site_code=site_code,
        region="CN-CQ",
        period_start=START,
        period_end=END,
        illustrative=True,
        note=NOTE,
    )


EXAMPLES = {
    "plate_mill": plate_mill,
    "extrusion_plant": extrusion_plant,
    "recycling_plant": recycling_plant,
}


def main(folder: str | Path) -> list[Path]:
    """Write the three workbooks into a folder and return their paths."""
    paths = []
    for name, build in EXAMPLES.items():
        header, rows = build()
        typed, optional = written(name, rows)
        path = Path(folder) / f"{name}.xlsx"
        write_ledger(path, header, typed, optional=optional)
        paths.append(path)
    return paths


if __name__ == "__main__":
    main(FOLDER)
