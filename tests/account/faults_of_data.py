"""Faults of derivation, allocation and slots, and the wrong figures that both roads share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from random import Random

from fault_operators import Faulty, operator
from fault_plants import CO_PRODUCT, MONTHS, FaultPlant, Run

from factor_db.factors.record.allocation_names import AllocationName
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.loops import LOOP_FLOWS
from factor_db.ledger.form.vocabulary import SOLD_SCRAP, is_metal_input
from factor_db.store.tables import LedgerEntry

ZERO = Decimal(0)


def _used_rows(plant: FaultPlant) -> list[LedgerEntry]:
    """Return the rows of what a process used or gave back: not its products."""
    return [row for row in plant.rows if row.amount and row.role not in {"product", "co-product"}]


def _copy(row: LedgerEntry, amount: Decimal) -> LedgerEntry:
    return LedgerEntry(**{**row.model_dump(), "amount": amount})


def _named(row: LedgerEntry) -> str:
    return "/".join(filter(None, (row.process, row.flow, row.product, row.period)))


def _factors(plant: FaultPlant) -> list[Factor]:
    """Return the inventory factors that are not zero."""
    return [item for item in plant.own_factors() if item.process and item.value]


def _key(factor: Factor) -> str:
    return "/".join(filter(None, (factor.process, factor.flow, factor.product)))


def _refactored(plant: FaultPlant, change: Callable[[Factor], Decimal | None]) -> FaultPlant:
    """Return the plant whose factors take the value `change` gives; None leaves one as it is."""

    def refactor(factors: list[Factor]) -> list[Factor]:
        found = []
        with localcontext(EXACT):
            for item in factors:
                value = change(item)
                found.append(
                    item if value is None else item.model_copy(update={"amounts": {"value": value}})
                )
        return found

    return replace(plant, refactor=refactor)


def _scaled(plant: FaultPlant, process: str, by: Decimal, *, leave: str = SOLD_SCRAP) -> FaultPlant:
    """Return the plant whose inventories of a process are all larger by a ratio."""
    return _refactored(
        plant,
        lambda item: item.value * by if item.process == process and item.flow != leave else None,
    )


def _sum(plant: FaultPlant, process: str, *roles: str, flow: str = "") -> Decimal:
    rows = (row for row in plant.rows if row.process == process and row.role in roles)
    return sum((row.amount for row in rows if flow in ("", row.flow)), ZERO)


def _ratio(above: Decimal, below: Decimal) -> Decimal:
    with localcontext(EXACT):
        return above / below


def _sellers(plant: FaultPlant, *, scrap: bool) -> list[str]:
    """Return the processes that sell scrap, or that sell some of their product."""
    return sorted(
        {
            row.process
            for row in plant.rows
            if row.role == "co-product" and row.amount and (row.flow == "internal_scrap") == scrap
        }
    )


def _less_one(plant: FaultPlant, chance: Random) -> tuple[str, list[LedgerEntry]]:
    """Return a row of chance by name, and the rows without it."""
    gone = chance.choice(_used_rows(plant))
    return _named(gone), [row for row in plant.rows if row is not gone]


def _one_otherwise(
    plant: FaultPlant, chance: Random, among: list[LedgerEntry], percent: tuple[int, ...]
) -> tuple[str, list[LedgerEntry]]:
    """Return a row of chance by name, and the rows with another amount in its place."""
    wrong = chance.choice(among)
    amount = wrong.amount * Decimal(chance.choice(percent)).scaleb(-2)
    return _named(wrong), [_copy(row, amount) if row is wrong else row for row in plant.rows]


@operator("derivation", "leave out a row")
def _row_left_out(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    name, rows = _less_one(plant, chance)
    return name, replace(plant, derived_from=rows)


@operator("derivation", "count a row twice")
def _row_twice(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    twice = chance.choice(_used_rows(plant))
    return _named(twice), replace(plant, derived_from=[*plant.rows, twice])


@operator("derivation", "leave a correction out")
def _uncorrected(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    """The account reads the effective row; the derivation one that was written otherwise."""
    written = [row for row in plant.rows if row.amount]
    name, rows = _one_otherwise(plant, chance, written, (50, 80, 90, 110, 125, 200))
    return name, replace(plant, derived_from=rows)


@operator("derivation", "leave out a month of a step")
def _month_left_out(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    return _month_of_step_gone(plant, chance, plant.rows)


@operator("derivation", "leave out a month of a step's inputs")
def _inputs_left_out(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    return _month_of_step_gone(plant, chance, _used_rows(plant))


def _month_of_step_gone(plant: FaultPlant, chance: Random, among: Sequence[LedgerEntry]) -> Faulty:
    process = chance.choice(sorted({row.process for row in plant.rows}))
    month = chance.choice(MONTHS)
    gone = {id(row) for row in among if (row.process, row.period) == (process, month)}
    rows = [row for row in plant.rows if id(row) not in gone]
    return f"{process} {month}", replace(plant, derived_from=rows)


@operator("derivation", "leave out a month everywhere")
def _month_gone(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    month = chance.choice(MONTHS)
    return month, replace(plant, derived_from=[r for r in plant.rows if r.period != month])


@operator("derivation", "mean of monthly ratios for the ratio of the sums")
def _mean_of_months(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    process = chance.choice(sorted({row.process for row in plant.rows}))
    months = [
        {
            _key(item): item.value
            for item in replace(
                plant, derived_from=[r for r in plant.rows if r.period == month or not r.amount]
            ).own_factors()
        }
        for month in MONTHS
    ]

    def mean(item: Factor) -> Decimal | None:
        if item.process != process:
            return None
        return sum((month.get(_key(item), ZERO) for month in months), ZERO) / len(MONTHS)

    return process, _refactored(plant, mean)


@operator("derivation", "divide by the metal input for the product")
def _per_input(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    process = chance.choice(sorted({row.process for row in plant.rows}))
    metal = sum(
        (
            row.amount
            for row in plant.rows
            if row.process == process and row.role == "input" and is_metal_input(process, row.flow)
        ),
        ZERO,
    )
    by = _ratio(_sum(plant, process, "product"), metal) if metal else Decimal(1)
    return process, _scaled(plant, process, by)


@operator("derivation", "divide by product and scrap sold")
def _per_all_sold(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    found = _sellers(plant, scrap=True)
    if not found:
        return None
    process = chance.choice(found)
    made = _sum(plant, process, "product")
    by = _ratio(made, made + _sum(plant, process, "co-product"))
    return process, _scaled(plant, process, by, leave="")


@operator("derivation", "pooled figures for those of a code")
def _pooled(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    if not plant.codes:
        return None
    factors = plant.own_factors()
    general = {(item.process, item.flow): item.value for item in factors if not item.product}
    process = chance.choice(sorted({item.process for item in factors if item.product}))

    def pooled(item: Factor) -> Decimal | None:
        one = item.process == process and bool(item.product)
        return general[item.process, item.flow] if one else None

    return process, _refactored(plant, pooled)


@operator("derivation", "scrap sold taken as none")
def _unsold(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _sold_scrap(plant, chance, returned=False)


@operator("derivation", "scrap sold taken as given back")
def _given_back(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _sold_scrap(plant, chance, returned=True)


def _sold_scrap(plant: FaultPlant, chance: Random, *, returned: bool) -> Faulty | None:
    found = _sellers(plant, scrap=True)
    if not found:
        return None
    process = chance.choice(found)
    sold = {
        item.product: item.value
        for item in plant.own_factors()
        if (item.process, item.flow) == (process, SOLD_SCRAP)
    }

    def changed(item: Factor) -> Decimal | None:
        if item.process != process:
            return None
        if item.flow == SOLD_SCRAP:
            return ZERO
        back = returned and item.flow == "internal_scrap"
        return item.value + sold.get(item.product, ZERO) if back else None

    return process, _refactored(plant, changed)


@operator("derivation", "share of own scrap not returned: left out, or 1 − x")
def _withheld(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    shares = [item for item in plant.own_factors() if item.flow in LOOP_FLOWS]
    if not shares:
        return None
    share, left_out = chance.choice(shares), chance.random() < 0.5
    value = ZERO if left_out else 1 - share.value
    return (
        f"{share.flow} = {'0' if left_out else '1 − x'}",
        _refactored(plant, lambda item: value if item.flow == share.flow else None),
    )


# --- allocation ---------------------------------------------------------------------------------


def _share(plant: FaultPlant, process: str) -> Decimal:
    made = _sum(plant, process, "product")
    return _ratio(made, made + _sum(plant, process, "co-product"))


def _allocated(
    plant: FaultPlant, chance: Random, wrong: Callable[[Decimal], Decimal]
) -> Faulty | None:
    """Give a process that sells its product another share of what it used."""
    found = _sellers(plant, scrap=False)
    if not found:
        return None
    process = chance.choice(found)
    with localcontext(EXACT):
        share = _share(plant, process)
        by = wrong(share) / share
    return process, _scaled(plant, process, by)


@operator("allocation", "leave the share out: all to the product")
def _all(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _allocated(plant, chance, lambda share: Decimal(1))


@operator("allocation", "1 − x for the share x")
def _one_less(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _allocated(plant, chance, lambda share: 1 - share)


@operator("allocation", "share applied twice")
def _share_twice(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _allocated(plant, chance, lambda share: share * share)


@operator("allocation", "by value for by mass")
def _by_value(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    price = Decimal(chance.choice((50, 70, 130, 200, 300))).scaleb(-2)
    return _allocated(plant, chance, lambda share: share * price / (share * price + 1 - share))


@operator("allocation", "by value chosen for one metal")
def _value_chosen(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _by_method(plant, "economic")


@operator("allocation", "no method chosen")
def _no_method(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _by_method(plant, None)


def _by_method(plant: FaultPlant, method: AllocationName | None) -> Faulty | None:
    found = _sellers(plant, scrap=False)
    return (", ".join(found), replace(plant, method=method)) if found else None


@operator("allocation", "scrap taken as a co-product")
def _scrap_shared(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    found = _sellers(plant, scrap=True)
    if not found:
        return None
    process = chance.choice(found)
    share = _share(plant, process)

    def changed(item: Factor) -> Decimal | None:
        if item.process != process:
            return None
        return ZERO if item.flow == SOLD_SCRAP else item.value * share

    return process, _refactored(plant, changed)


@operator("allocation", "rows of the co-product counted to the product")
def _co_product_rows(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _coded_on_sold(plant, chance, pooled=False)


@operator("allocation", "rows of the co-product pooled")
def _co_product_pooled(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _coded_on_sold(plant, chance, pooled=True)


def _coded_on_sold(plant: FaultPlant, chance: Random, *, pooled: bool) -> Faulty | None:
    own = [row for row in _used_rows(plant) if row.product == CO_PRODUCT]
    if not own:
        return None
    process = chance.choice(sorted({row.process for row in own}))
    moved = [row for row in own if row.process == process]
    if pooled:
        rows = [
            LedgerEntry(**{**row.model_dump(), "product": ""}) if row in moved else row
            for row in plant.rows
        ]
        return process, replace(plant, derived_from=rows)
    extra = _ratio(sum((row.amount for row in moved), ZERO), _sum(plant, process, "product"))
    return process, _refactored(
        plant,
        lambda item: (
            item.value + extra if (item.process, item.flow) == (process, moved[0].flow) else None
        ),
    )


# --- slots and their resolution -----------------------------------------------------------------


def _one_factor(plant: FaultPlant, chance: Random, wrong: Callable[[Factor], Decimal]) -> Faulty:
    chosen = chance.choice(_factors(plant))
    with localcontext(EXACT):
        value = wrong(chosen)
    return _key(chosen), _refactored(plant, lambda item: value if item.id == chosen.id else None)


@operator("slots", "own factor of another step")
def _of_other_step(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    factors = _factors(plant)
    chosen = chance.choice(factors)
    others = [f for f in factors if f.flow == chosen.flow and f.process != chosen.process]
    if not others:
        return None
    other = chance.choice(others)
    changed = _refactored(plant, lambda item: other.value if item.id == chosen.id else None)
    return f"{_key(chosen)} → {_key(other)}", changed


@operator("slots", "own factor of another code")
def _of_other_code(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _of_code(plant, chance, coded=True)


@operator("slots", "own factor of a code for the whole output")
def _code_for_all(plant: FaultPlant, run: Run, chance: Random) -> Faulty | None:
    return _of_code(plant, chance, coded=False)


def _of_code(plant: FaultPlant, chance: Random, *, coded: bool) -> Faulty | None:
    """Give a step the figures of a code where another code, or all of them, was asked for."""
    factors = plant.own_factors()
    of_code = {(f.process, f.flow, f.product): f.value for f in factors if f.product}
    if not of_code:
        return None
    process = chance.choice(sorted({process for process, _, _ in of_code}))
    code = chance.choice(plant.codes)

    def changed(item: Factor) -> Decimal | None:
        if item.process != process or bool(item.product) is not coded:
            return None
        return of_code[item.process, item.flow, code]

    return f"{process} ← {code}", _refactored(plant, changed)


@operator("slots", "value of another period (× 0.7)")
def _of_other_period(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    return _one_factor(plant, chance, lambda item: item.value * Decimal("0.7"))


@operator("slots", "a default for the own factor")
def _default(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    """The own factor is passed over; the world's, of another size, stands in."""
    chosen = chance.choice(_factors(plant))
    by = Decimal(chance.choice((40, 60, 80, 120, 150, 250))).scaleb(-2)

    def refactor(factors: list[Factor]) -> list[Factor]:
        return [_of_the_world(item, by) if item.id == chosen.id else item for item in factors]

    return _key(chosen), replace(plant, refactor=refactor)


def _of_the_world(item: Factor, by: Decimal) -> Factor:
    with localcontext(EXACT):
        amounts = {"value": item.value * by}
    return item.model_copy(
        update={
            "amounts": amounts,
            "geography": "GLO",
            "site": "",
            "owner": "",
            "product": "",
            "redistribution": "free",
        }
    )


@operator("slots", "t for kg, kg for t (× 1000, ÷ 1000)")
def _unit(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    by = Decimal(chance.choice(("1000", "0.001")))
    return _one_factor(plant, chance, lambda item: item.value * by)


# --- shared: the same wrong figure on both roads ------------------------------------------------


@operator("shared", "a wrong factor value")
def _wrong_value(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    return _of_another_size(plant, run, chance, (50, 80, 120, 200))


@operator("shared", "a wrong unit of a factor (× 1000)")
def _wrong_factor_unit(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    return _of_another_size(plant, run, chance, (100_000,))


def _of_another_size(
    plant: FaultPlant, run: Run, chance: Random, percent: tuple[int, ...]
) -> Faulty:
    """Give a factor that some product uses a value of chance among some per cent of its own."""
    used = sorted({pin.slot.key for nominal in run.general.values() for pin in nominal.pins})
    key = chance.choice([key for key in used if plant.values.get(key)])
    by = Decimal(chance.choice(percent)).scaleb(-2)
    return key, replace(plant, values={**plant.values, key: plant.values[key] * by})


@operator("shared", "a wrong reading in the ledger")
def _wrong_row(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    name, rows = _one_otherwise(plant, chance, _used_rows(plant), (50, 80, 120, 200))
    return name, replace(plant, rows=rows)


@operator("shared", "a row missing from the ledger")
def _missing_row(plant: FaultPlant, run: Run, chance: Random) -> Faulty:
    name, rows = _less_one(plant, chance)
    return name, replace(plant, rows=rows)
