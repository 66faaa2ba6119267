"""The ledger's months by hand: metal between two steps, and the year that the model took.

System (t): 10 ingot at 10 t CO2e/t a month, twelve months, become 10 slab, 10 scalped, 10 rolled and
10 plate; hot rolling uses 9000 kWh and sawing 3000 kWh a month at 1 kg CO2e/kWh. By hand:

  taken 30 slab in January, none in February and March: 10 - 30 = -20, two months' making too early;
  with 20 slab in store at the start, 0 at the end of January and 20 in March, nothing parts;
  taken 15 in January and 5 in February: -5, half a month's making, named and let pass.
  a model that lost March of the slab took 110 where the months are 120: 10 t of slab at 10, and
  100 t CO2e of 1344 are 7.44 %; power of two steps exchanged is 72 000 kWh each, 5.36 %, and nothing
  in the sum of the site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from fault_plants import FaultPlant, Run
from plants import worths

from factor_db.ledger.stock.rows import StockEntry
from factor_db.store.tables import LedgerEntry
from footprint.closure.left_out import left_out_flows, left_out_share
from footprint.closure.months import month_gaps
from footprint.judgement.verdict import reasons_against
from footprint.result.record import CodedText

MONTHS = tuple(f"2025-{number:02d}" for number in range(1, 13))
SLAB, ROLLING, SAWING = ("scalping", "slab"), "hot_rolling", "plate_sawing"
Edit = Callable[[LedgerEntry], LedgerEntry | None]


def _with(row: LedgerEntry, **changes: object) -> LedgerEntry:
    return LedgerEntry(**{**row.model_dump(), **changes})


def mill(taken: Mapping[str, int] | None = None) -> FaultPlant:
    """Return the mill; `taken` is month → slab scalped where it is not 10 t."""
    plant = FaultPlant(products=("plate",))
    plant.values = worths(
        primary_ingot__cradle_to_gate=10_000,
        electricity__life_cycle=1,
        electricity__delivery=0,
        natural_gas__net_calorific_value__property=36,
    )
    plant.values = {key.replace("gas/net", "gas.net"): v for key, v in plant.values.items()}
    plant.values["diesel.net_calorific_value/property"] = Decimal(36)
    plant.step("charging", 120, primary_ingot=120)
    plant.step("melting", 120, charge_metal=120)
    plant.step("refining", 120, molten_metal=120)
    plant.step("slab_casting", 120, refined_metal=120)
    plant.step("scalping", 120, slab=120)
    plant.step("slab_homogenising", 120, scalped_slab=120)
    plant.step(ROLLING, 120, homogenised_slab=120, electricity=108_000)
    plant.step(SAWING, 120, hot_rolled_plate=120, electricity=36_000)
    plant.step("plate_packing", 120, sawn_plate=120)
    rows = [
        _with(row, period=month, amount=row.amount / 12) for row in plant.rows for month in MONTHS
    ]
    for number, row in enumerate(rows, start=2):
        row.row_number, row.cell = number, f"ledger!F{number}"
        if taken and (row.process, row.flow) == SLAB:
            row.amount = Decimal(taken.get(row.period, 10))
    plant.rows = rows
    return plant


EARLY = {"2025-01": 30, "2025-02": 0, "2025-03": 0}


def reasons(run: Run) -> list[CodedText]:
    (study,) = [nominal.study for nominal in run.nominals.values()]
    return list(reasons_against(study, run.closure))


def test_equal_months_close_and_nothing_is_named() -> None:
    run = mill().run()
    assert run.closure.account.total == Decimal(1_344_000)
    assert (run.closure.months, run.closure.years, reasons(run)) == ((), (), [])


def test_metal_taken_two_months_before_it_is_made_is_named_with_month_and_cells() -> None:
    plant = mill(EARLY)
    (reason,) = reasons(plant.run())
    assert reason.code == "CLOSURE_MONTH"
    assert reason.params["month"] == "2025-01"
    assert (reason.params["flow"], reason.params["process"]) == ("slab", "slab_casting")
    assert (reason.params["amount"], reason.params["share"]) == ("-20", "200")
    taken = [row.cell for row in plant.rows if (row.process, row.flow) == SLAB]
    assert taken[0] in reason.params["cells"]


def test_stock_explains_metal_of_an_earlier_time() -> None:
    plant = mill(EARLY)
    levels = {"2025-01": (20, 0), "2025-02": (0, 10), "2025-03": (10, 20)}
    names = ("receipts", "tolling_in", "consumption", "tolling_out", "adjustment")
    entries = tuple(
        StockEntry(
            sheet="stock", row_number=number, material="slab", period=month,
            amounts={**dict.fromkeys(names, Decimal(0)), "opening": Decimal(opening),
                     "closing": Decimal(closing)},
            unit="t", unit_canonical="t", factor=Decimal(1), note="",
            cells=dict.fromkeys((*names, "opening", "closing"), f"I{number}"),
        )
        for number, (month, (opening, closing)) in enumerate(levels.items(), start=2)
    )  # fmt: skip
    ledger = plant.ledger
    assert month_gaps(replace(ledger, stock=replace(ledger.stock, entries={"slab": entries}))) == ()


def test_half_a_month_early_is_named_and_let_pass() -> None:
    run = mill({"2025-01": 15, "2025-02": 5}).run()
    assert [(gap.month, gap.gap, gap.running, gap.held) for gap in run.closure.months] == [
        ("2025-01", -5, -5, False),
        ("2025-02", 5, 0, False),
    ]
    assert reasons(run) == []


def test_one_months_making_early_is_let_pass_and_no_more() -> None:
    """10 t are made a month: 10 t taken early are its limit, 10.5 t are beyond it."""
    just = mill({"2025-01": 20, "2025-02": 0}).run().closure.months
    assert [(gap.running, gap.held) for gap in just if gap.month == "2025-01"] == [(-10, False)]
    plant = mill({"2025-01": Decimal("20.5"), "2025-02": 0, "2025-03": Decimal("9.5")})
    beyond = plant.run().closure.months
    assert [(gap.month, gap.running) for gap in beyond if gap.held] == [
        ("2025-01", Decimal("-10.5"))
    ]


def test_metal_that_is_sold_as_well_may_be_more_and_never_less() -> None:
    # Packing takes no sawn plate in the first quarter: made and lying, and no product of its own.
    plant = mill()
    first = ("2025-01", "2025-02", "2025-03")
    plant.rows = [
        _with(row, amount=Decimal(0))
        if (row.flow, row.role) == ("sawn_plate", "input") and row.period in first
        else row
        for row in plant.rows
    ]
    held = [gap for gap in month_gaps(plant.ledger) if gap.held]
    assert held[0].month == "2025-02"
    assert held[0].running == 20


def test_a_month_that_the_model_lost_is_named() -> None:
    plant = mill()
    lost = (*SLAB, "2025-03")
    left = [row for row in plant.rows if (row.process, row.flow, row.period) != lost]
    run = replace(plant, derived_from=left).run()
    (gap,) = run.closure.years
    assert (gap.process, gap.flow, gap.taken, gap.booked) == (*SLAB, 110, 120)
    assert set(gap.months) == set(MONTHS)  # every month has what March has


def test_a_month_that_alone_has_the_amount_is_the_one_named() -> None:
    plant = mill({"2025-03": 12, "2025-04": 8})
    lost = (*SLAB, "2025-03")
    left = [row for row in plant.rows if (row.process, row.flow, row.period) != lost]
    (gap,) = replace(plant, derived_from=left).run().closure.years
    assert gap.months == ("2025-03",)
    (cell,) = [row.cell for row in plant.rows if (row.process, row.flow, row.period) == lost]
    assert gap.cells == (cell,)


def test_power_exchanged_between_two_steps_nets_in_the_site_and_not_in_its_steps() -> None:
    plant = mill()
    other = {ROLLING: Decimal(3000), SAWING: Decimal(9000)}
    swapped = [
        _with(row, amount=other[row.process])
        if row.flow == "electricity" and row.process in other
        else row
        for row in plant.rows
    ]
    run = replace(plant, derived_from=swapped).run()
    assert run.closure.parted == 0
    found = {reason.params["process"]: reason for reason in reasons(run)}
    assert set(found) == {ROLLING, SAWING}
    for reason in found.values():
        assert reason.code == "CLOSURE_YEAR"
        assert reason.params["share"] == "5.3571"  # 72 of 1344 t CO2e


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_closure_line_names_the_months(lang: str) -> None:
    from footprint.judgement.record import closure_record
    from footprint.words.closure import closure_line

    run = mill({"2025-01": 15, "2025-02": 5}).run()
    line = closure_line(closure_record(run.closure, ()), lang)  # type: ignore[arg-type]
    assert "2025-01 -5.0 t" in line


def test_own_metal_written_off_is_a_line_of_its_own_and_carried_by_nobody() -> None:
    # 1 t of slab at 10 t CO2e/t is written off in January: 10 of 1344 t CO2e are 0.744 %.
    plant = mill({"2025-01": 9})
    plant.keep("slab", receipts=120, consumption=119, adjustment=-1)
    run = plant.run()
    (line,) = [line for line in run.closure.lines if line.kind == "adjustment"]
    assert (line.flow, line.amount, line.kg_co2e) == ("slab", 1, 10_000)
    (item,) = left_out_flows(run.closure)
    assert item.share == left_out_share(run.closure)
    assert round(item.share, 12) == round(Decimal(10) / Decimal(1344), 12)
    assert reasons(run) == []


def test_metal_booked_by_code_is_held_code_by_code() -> None:
    # A and B are 5 t a month each. January takes 15 of A and none of B, so A is 5 - 15 = -10 early,
    # two of its months, and 5 in February; all slab together is 10 - 15 = -5, half a month's making.
    plant = mill()
    rows = []
    taken = {"A": {"2025-01": 15, "2025-02": 0, "2025-03": 0},
             "B": {"2025-01": 0, "2025-02": 10, "2025-03": 5}}  # fmt: skip
    for row in plant.rows:
        if (row.process, row.flow) not in {("slab_casting", "slab"), SLAB}:
            rows.append(row)
            continue
        for code, months in taken.items():
            amount = months.get(row.period, 5) if row.role == "input" else 5
            rows.append(_with(row, product=code, amount=Decimal(amount)))
    plant.rows = rows
    (gap,) = [gap for gap in month_gaps(plant.ledger) if gap.held]
    assert (gap.product, gap.month, gap.running, gap.share) == ("a", "2025-01", -10, 2)
