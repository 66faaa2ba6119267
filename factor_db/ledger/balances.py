"""Balances: aluminium over the cast house, mass over each step, internal scrap, melting heat.

Sums run over the whole period: work in progress shifts single months, not a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.faults import Findings, Label, flow_label, list_label, process_label
from factor_db.ledger.limits import (
    ALUMINA_PER_ALUMINIUM,
    BALANCE_TOLERANCE,
    CASTING_TOLERANCE,
    MELTING_LEAST_MJ_PER_T,
    MELTING_LOSS_TOLERANCE,
    MJ_PER_KWH,
    MOST_CALORIFIC,
    PLATE_STEPS,
    SURFACE_TOLERANCE,
)
from factor_db.ledger.magnitude import rounded
from factor_db.ledger.picture import ZERO, Key, Picture
from factor_db.ledger.properties import alumina_t, aluminium_t, fuel_mj
from factor_db.ledger.vocabulary import ALUMINA, ALUMINIUM, CALORIFIC, METAL_CATEGORIES, vocabulary

# Steps where metal goes in and comes out as product and scrap, nothing else.
CLOSED_STEPS = (
    "charging",
    *PLATE_STEPS,
    "billet_homogenising",
    "billet_heating",
    "extruding",
    "profile_stretching",
    "profile_ageing",
    "profile_packing",
    "scrap_collection",
    "scrap_sorting",
    "ingot_packing",
    "liquid_delivery",
)
# Steps that also take off or put on a little that is no metal.
LOOSE_STEPS = ("anodising", "powder_coating", "scrap_shredding", "scrap_decoating")
CASTING_STEPS = ("refining", "slab_casting", "billet_casting", "ingot_casting")
# Step → the share of the metal that it may lose and the share that it may seem to gain.
TOLERANCES: dict[str, tuple[Decimal, Decimal]] = {
    **dict.fromkeys(CLOSED_STEPS, (BALANCE_TOLERANCE, BALANCE_TOLERANCE)),
    **dict.fromkeys(LOOSE_STEPS, (SURFACE_TOLERANCE, SURFACE_TOLERANCE)),
    **dict.fromkeys(CASTING_STEPS, (CASTING_TOLERANCE, CASTING_TOLERANCE)),
    "melting": (MELTING_LOSS_TOLERANCE, CASTING_TOLERANCE),
    "dross_recovery": (BALANCE_TOLERANCE, BALANCE_TOLERANCE),
}
# The product of this step is the dross it treats; what comes out of the dross is no product.
_DROSS_KEYS: list[Key] = [("dross_recovery", "dross"), ("dross_recovery", "dross_treated")]
CAST_PRODUCTS = (
    ("slab_casting", "slab"),
    ("billet_casting", "billet"),
    ("ingot_casting", "cast_ingot"),
    ("liquid_delivery", "liquid_alloy"),
)
DROSS: Key = ("melting", "dross")


@dataclass(frozen=True, slots=True)
class MetalBalance:
    """Aluminium over a cast house, tonnes: charged = cast + metal in dross + oxidised + open."""

    charged: Decimal
    cast: Decimal
    metal_in_dross: Decimal
    oxidised: Decimal

    @property
    def open_share(self) -> Decimal:
        """Return what is unaccounted for as a share of the aluminium charged."""
        out = self.cast + self.metal_in_dross + self.oxidised
        return EXACT.divide(self.charged - out, self.charged)


def metal_balance(
    charged: Decimal, cast: Decimal, metal_in_dross: Decimal, alumina_in_dross: Decimal
) -> MetalBalance:
    """Return the balance on aluminium content; all in tonnes, alumina as Al2O3.

    Gross dross is no loss term: its metal counts as metal, its Al2O3 with the Al inside it.
    """
    oxidised = EXACT.divide(alumina_in_dross, ALUMINA_PER_ALUMINIUM)
    return MetalBalance(charged, cast, metal_in_dross, oxidised)


def check_balances(picture: Picture, findings: Findings, has_stock: bool) -> None:
    """Record every balance that does not close within its tolerance."""
    for process in TOLERANCES:
        if picture.runs(process):
            _check_mass(picture, process, findings)
    for flow in ("internal_scrap", "recovered_metal"):
        # A stock sheet says that generation and use may differ; it is not evaluated here.
        if picture.runs("charging") and not has_stock:
            _check_loop(picture, flow, findings)
    _check_recovery(picture, findings)
    _check_metal(picture, findings)
    _check_melting_heat(picture, findings)


def mass_t(flow: str, amount: Decimal) -> Decimal | None:
    """Return the mass of a metal-bearing flow, t; None for what is no part of a mass balance."""
    entry = vocabulary().flows[flow]
    metal_bearing = entry.category in METAL_CATEGORIES or flow == "sorting_residue"
    if metal_bearing and entry.unit == "t":
        return amount
    # Paint adds to the profile, burnt coating leaves the scrap.
    return amount / 1000 if flow in {"organic_coating", "coating_powder"} else None


def _percent(share: Decimal) -> str:
    return f"{share * 100:.2f} %"


def _mass_keys(picture: Picture, process: str) -> list[Key]:
    if process == "dross_recovery":
        return _DROSS_KEYS
    return [key for key in picture.reported_keys(process) if mass_t(key[1], ZERO) is not None]


def _check_mass(picture: Picture, process: str, findings: Findings) -> None:
    """Compare the metal into a step with what leaves it; nothing in is as wrong as nothing out."""
    keys = _mass_keys(picture, process)
    product = picture.product_key(process)
    row = picture.first_row(product)
    if row is None or not picture.trusts(product, *keys):
        return
    into = out = ZERO
    for key in keys:
        for entry in picture.by_key.get(key, ()):
            mass = mass_t(entry.flow, entry.amount_canonical)
            # Dross is no metal, but in its own recovery it is what goes in.
            mass = entry.amount_canonical if mass is None else mass
            if entry.role == "input":
                into += mass
            else:
                out += mass
    loss, gain = TOLERANCES[process]
    tolerance, larger = (loss, into) if into > out else (gain, out)
    if abs(into - out) <= tolerance * larger:
        return
    findings.error(
        "LEDGER_MASS_BALANCE",
        row.sheet,
        row.cells["amount"],
        _percent(EXACT.divide(into - out, larger)),
        process=process_label(process),
        into=rounded_t(into),
        out=rounded_t(out),
        tolerance=_percent(tolerance),
    )


def rounded_t(mass: Decimal) -> str:
    """Return tonnes with three decimals for a message."""
    return decimal_text(mass.quantize(Decimal("0.001")))


def _check_loop(picture: Picture, flow: str, findings: Findings) -> None:
    """What the steps give back equals what the charge takes."""
    made_keys = [
        key
        for process in picture.processes
        for key in picture.reported_keys(process)
        if key[1] == flow and process != "charging"
    ]
    keys = [("charging", flow), *made_keys]
    row = picture.first_row(keys[0]) or next((picture.first_row(key) for key in made_keys), None)
    if row is None or not picture.trusts(*keys):
        return
    made = sum(
        (
            row.amount_canonical
            for key in made_keys
            for row in picture.by_key.get(key, ())
            if row.role == "internal"
        ),
        ZERO,
    )
    charged = picture.total("charging", flow)
    if abs(made - charged) <= BALANCE_TOLERANCE * max(made, charged):
        return
    findings.error(
        "LEDGER_LOOP_BALANCE",
        row.sheet,
        row.cells["amount"],
        rounded_t(charged - made),
        flow=flow_label(flow),
        made=rounded_t(made),
        charged=rounded_t(charged),
        tolerance=_percent(BALANCE_TOLERANCE),
    )


def _check_recovery(picture: Picture, findings: Findings) -> None:
    """Dross gives back no more aluminium than it holds."""
    inside, back = ("dross_recovery", "dross"), ("dross_recovery", "recovered_metal")
    row = picture.first_row(back)
    if row is None or not picture.trusts(inside, back):
        return
    held, recovered = aluminium_t(picture, *inside), aluminium_t(picture, *back)
    if held is None or recovered is None or recovered <= held * (1 + BALANCE_TOLERANCE):
        return
    findings.error(
        "LEDGER_RECOVERY_ABOVE_DROSS",
        row.sheet,
        row.cells["amount"],
        rounded_t(recovered),
        held=rounded_t(held),
        recovered=rounded_t(recovered),
    )


def _metal_keys(picture: Picture) -> tuple[list[Key], list[Key]]:
    charged = [key for key in picture.reported_keys("charging") if _is_charged(key[1])]
    return charged, [key for key in CAST_PRODUCTS if picture.runs(key[0])]


def _is_charged(flow: str) -> bool:
    entry = vocabulary().flows[flow]
    return entry.category in METAL_CATEGORIES and flow != "charge_metal" and entry.unit == "t"


def _check_metal(picture: Picture, findings: Findings) -> None:
    """Close aluminium charged against aluminium cast, in dross and oxidised."""
    charged, cast = _metal_keys(picture)
    row = next((found for key in cast if (found := picture.first_row(key))), None)
    keys = [*charged, *cast, DROSS]
    properties = {f"{key[1]}.{name}" for key in keys for name in (ALUMINIUM, ALUMINA)}
    runs = picture.runs("charging") and picture.runs("melting")
    if row is None or not runs:
        return
    if not picture.trusts(*keys) or properties & picture.faulty_properties:
        return
    masses = {key: aluminium_t(picture, *key) for key in keys}
    unknown = sorted({key[1] for key, mass in masses.items() if mass is None})
    alumina = alumina_t(picture, *DROSS)
    if unknown or alumina is None:
        flows = [flow_label(flow) for flow in unknown]
        findings.warning(
            "LEDGER_METAL_BALANCE_UNTESTED",
            row.sheet,
            row.cells["flow"],
            row.flow,
            explained=picture.noted(*keys),
            flows=Label(
                list_label(label.zh for label in flows).zh,
                list_label(label.en for label in flows).en,
            ),
        )
        return
    balance = metal_balance(
        sum((masses[key] or ZERO for key in charged), ZERO),
        sum((masses[key] or ZERO for key in cast), ZERO),
        masses[DROSS] or ZERO,
        alumina,
    )
    if balance.charged and abs(balance.open_share) > BALANCE_TOLERANCE:
        findings.error(
            "LEDGER_METAL_BALANCE",
            row.sheet,
            row.cells["amount"],
            _percent(balance.open_share),
            charged=rounded_t(balance.charged),
            cast=rounded_t(balance.cast),
            metal=rounded_t(balance.metal_in_dross),
            oxidised=rounded_t(balance.oxidised),
            tolerance=_percent(BALANCE_TOLERANCE),
        )


def _check_melting_heat(picture: Picture, findings: Findings) -> None:
    """Cold metal cannot be melted with less heat than it takes up; liquid metal is not counted."""
    fuels = [("melting", fuel) for fuel in MOST_CALORIFIC]
    electricity, charge = ("melting", "electricity"), ("melting", "charge_metal")
    liquid = ("charging", "primary_liquid")
    if not picture.runs("melting") or not picture.trusts(*fuels, electricity, charge, liquid):
        return
    if {f"{fuel}.{CALORIFIC}" for fuel in MOST_CALORIFIC} & picture.faulty_properties:
        return
    cold = picture.total(*charge) - picture.total(*liquid)
    row = next((r for key in (*fuels, electricity) if (r := picture.first_row(key))), None)
    if cold <= 0 or row is None:
        return
    heat = picture.total(*electricity) * MJ_PER_KWH
    for process, fuel in fuels:
        heat += fuel_mj(picture, process, fuel, MOST_CALORIFIC[fuel]) or ZERO
    ratio = EXACT.divide(heat, cold)
    if ratio < MELTING_LEAST_MJ_PER_T:
        findings.error(
            "LEDGER_MELTING_ENERGY",
            row.sheet,
            row.cells["amount"],
            row.amount,
            ratio=rounded(ratio),
            least=decimal_text(MELTING_LEAST_MJ_PER_T),
        )
