"""Every metal step can give scrap back: crops at casting and rejects at packing are remelted.

System under test: the example extruder with scrap at steps that had no row for it. 1 000 t of billet
are cropped at casting and charged again: cast from 26 000 t refined metal, so melting and refining
run for more, and the 1 000 t are charged as own scrap beside the 6 000 t. Nothing more is bought, so
the account per tonne stays what the bought rows give. Equality with the account holds the loop.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from plant_cases import Plant, assert_equal, calculated, per_kg, study_of

from factor_db.store.work import Store


def test_crops_at_casting_return_to_the_charge(store: Store, tmp_path: Path) -> None:
    plant = Plant("extrusion_plant")
    refined = plant.total("billet_casting", "refined_metal")
    charged = plant.total("charging", "charge_metal")
    more = Decimal(1000)
    plant.add("billet_casting", "internal_scrap", more)
    grown = {
        ("billet_casting", "refined_metal"): refined,
        ("refining", "refined_metal"): refined,
        ("refining", "molten_metal"): plant.total("refining", "molten_metal"),
        ("melting", "molten_metal"): plant.total("melting", "molten_metal"),
        ("melting", "charge_metal"): plant.total("melting", "charge_metal"),
        ("charging", "charge_metal"): charged,
        ("charging", "internal_scrap"): plant.total("charging", "internal_scrap"),
    }
    for (process, flow), before in grown.items():
        plant.scale(process, flow, str((before + more) / before))
    site = plant.publish(store, tmp_path)
    result = calculated(store, study_of("extrusion", site))
    assert_equal(result, per_kg(store, plant, tmp_path, "profile_packing"))
    assert not [slot for slot in result.document["coverage"]["not_stated"] if "scrap/" in slot]
