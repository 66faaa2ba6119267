"""The rolling part of a mill per tonne, whose metal and heat tests change."""

from __future__ import annotations

from plants import Plant, worths


def mill(
    *,
    slab: str = "1.2",
    gas: str = "100",
    ingot: str = "10000",
    molten: str = "1",
    refined: str = "1",
) -> Plant:
    """Return a mill: `slab` t and 0.2 t scrap per t of plate, `gas` m3 of 36 MJ per t of melt.

    `molten` t of melt are taken per t refined, `refined` t per t cast.
    """
    made = Plant()
    made.values = worths(
        primary_ingot__cradle_to_gate=ingot,
        natural_gas__combustion="0.056",
        natural_gas__upstream="0.01",
        **{"natural_gas.net_calorific_value__property": 36},
        **{"diesel.net_calorific_value__property": 43},
    )
    made.step("charging", 1, primary_ingot="0.8", internal_scrap="0.2")
    made.step("melting", 1, charge_metal=1, natural_gas=gas)
    made.step("refining", 1, molten_metal=molten)
    made.step("slab_casting", 1, refined_metal=refined)
    made.step("scalping", 1, slab=1)
    made.step("slab_homogenising", 1, scalped_slab=1)
    made.step("hot_rolling", 1, homogenised_slab=slab, internal_scrap="0.2")
    made.step("plate_sawing", 1, hot_rolled_plate=1)
    made.step("plate_packing", 1, sawn_plate=1)
    return made
