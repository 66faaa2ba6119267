"""The roll-up of several sites: transfers counted once, what the sites make for themselves netted.

System under test: a cast house K and an extruder X (and more where said), ledgers of one year.
By hand: K buys 500 t primary ingot, casts 500 t billet, uses 380 t of it itself and sells 120 t to X.
X buys 200 t primary ingot for its own casting of 200 t billet and homogenises 320 t: its own 200 t
and the 120 t of K. Billet bought by the firms: 120 t; transfer 120 t; bought by the park: 0.
Billet sold by the firms: 120 t; by the park: 0. Primary ingot of the park: 500 + 200 = 700 t, once.
Within 0.5 %: 120 against 119.5 is 0.42 %; 120 against 119 is 0.83 %.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_cases import csv_text, example, site_lines

from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger import Ledger, LedgerRow, SiteHeader
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.ledger.park.rollup import RollUp, park_rollup, rollup_of_park
from factor_db.store.tables import Actor
from factor_db.store.work import Store
from footprint.cli.main import main

Entry = tuple[str, str, str, str, str]  # process, flow, role, amount, counterparty


def site(code: str, *entries: Entry, organisation: str = "", year: int = 2025) -> Ledger:
    """Return a ledger whose n-th row stands in line n + 1, the amount in column F."""
    organisation = organisation or code
    header = SiteHeader(
        schema_version="1", organisation_zh=f"{organisation}厂", organisation_en=f"Works {organisation}",
        uscc=f"USCC{organisation}", site_code=code, region="CN-CQ",
        period_start=date(year, 1, 1), period_end=date(year, 12, 31),
    )  # fmt: skip
    rows = tuple(row(number, *entry) for number, entry in enumerate(entries, start=2))
    return Ledger(header=header, rows=rows, file_sha256=code, file_name=f"{code}.xlsx")


def row(
    number: int, process: str, flow: str, role: str, amount: str, counterparty: str
) -> LedgerRow:
    unit = vocabulary().flows[flow].unit
    return LedgerRow(
        sheet="ledger", row_number=number, period="2025-01", process=process, flow=flow, product="",
        role=role, amount=Decimal(amount), unit=unit, amount_canonical=Decimal(amount),
        unit_canonical=unit, method="weighed", counterparty=counterparty, origin="", scrap_type="",
        instrument="", price=None, evidence="", note="", cells={"amount": f"F{number}"},
    )  # fmt: skip


def cast_house(sold: str = "120", buyer: str = "X") -> Ledger:
    return site(
        "K",
        ("charging", "primary_ingot", "input", "500", "smelter"),
        ("billet_casting", "billet", "product", "380", ""),
        ("billet_casting", "billet", "product", sold, buyer),
        ("billet_homogenising", "billet", "input", "380", ""),
    )


def extruder(bought: str = "120", seller: str = "K") -> Ledger:
    return site(
        "X",
        ("charging", "primary_ingot", "input", "200", "smelter"),
        ("billet_casting", "billet", "product", "200", ""),
        ("billet_homogenising", "billet", "input", "200", ""),
        ("billet_homogenising", "billet", "input", bought, seller),
    )


def totals(summed: RollUp) -> dict[tuple[str, str], Decimal]:
    return {(line.kind, line.flow): line.total for line in summed.lines}


def codes(summed: RollUp) -> list[str]:
    return [finding.code for finding in summed.findings]


def test_a_transfer_is_counted_once() -> None:
    summed = park_rollup([cast_house(), extruder()])
    assert summed.valid
    assert totals(summed) == {
        ("purchased", "primary_ingot"): 700,
        ("purchased", "billet"): 0,
        ("output", "billet"): 0,
        ("internal", "billet"): 580,
    }
    bought = summed.line("purchased", "billet")
    assert (bought.of_firms, bought.transferred) == (120, 120)
    assert bought.organisations == (("USCCK", Decimal(0)), ("USCCX", Decimal(120)))
    (transfer,) = summed.transfers
    assert (transfer.sender, transfer.receiver, transfer.sent, transfer.received) == (
        "K",
        "X",
        120,
        120,
    )
    assert [placed.place for placed in transfer.sent_rows] == ["K ledger!F4"]
    assert [placed.place for placed in bought.rows] == ["K ledger!F5", "X ledger!F4", "X ledger!F5"]


@pytest.mark.parametrize("name", ["X", "x", "USCCX", "X厂", "works X"])
def test_a_partner_may_be_named_by_site_credit_code_or_name(name: str) -> None:
    summed = park_rollup([cast_house(buyer=name), extruder()])
    assert (summed.valid, len(summed.transfers)) == (True, 1)


def test_a_difference_within_half_a_per_cent_is_weighing() -> None:
    """Each side is netted with its own amount, so nothing of the transfer is left on either."""
    summed = park_rollup([cast_house("120"), extruder("119.5")])
    assert summed.valid
    assert summed.line("purchased", "billet").total == 0
    assert summed.line("output", "billet").total == 0


def test_a_larger_difference_names_both_cells_and_numbers_and_is_not_netted() -> None:
    summed = park_rollup([cast_house("120"), extruder("119")])
    assert codes(summed) == ["LEDGER_TRANSFER_DIFFERS"]
    (finding,) = summed.findings
    assert (finding.sheet, finding.cell, finding.value) == ("X ledger", "F5", "119")
    for language in ("zh", "en"):
        message = finding.message(language)  # type: ignore[arg-type]
        for part in ("120 t", "119 t", "K ledger!F4", "X ledger!F5"):
            assert part in message
    assert "0.5 %" in finding.remedy("en")
    assert summed.line("purchased", "billet").total == 119
    assert summed.line("output", "billet").total == 120


@pytest.mark.parametrize(
    ("ledgers", "cell", "silent"),
    [
        ([cast_house(buyer="stranger"), extruder()], "F5", "K"),
        ([cast_house(), extruder(seller="stranger")], "F4", "X"),
    ],
)
def test_a_one_sided_transfer_is_found(ledgers: list[Ledger], cell: str, silent: str) -> None:
    summed = park_rollup(ledgers)
    assert codes(summed) == ["LEDGER_TRANSFER_ONE_SIDED"]
    assert summed.findings[0].cell == cell
    assert f"the ledger of {silent} has no row" in summed.findings[0].message("en")
    assert summed.findings[0].remedy("zh")
    assert summed.line("purchased", "billet").total == 120
    assert summed.line("output", "billet").total == 120


def test_an_explicit_zero_needs_no_other_side() -> None:
    assert park_rollup([cast_house("0"), extruder(seller="stranger")]).valid


@pytest.mark.parametrize("unit_flow", ["electricity", "argon"])
def test_energy_and_gas_passed_on_count_once(unit_flow: str) -> None:
    """K draws 1000 from outside, 100 of it for X; X draws 50 itself. The park draws 1050."""
    summed = park_rollup(
        [
            site("K", ("melting", unit_flow, "input", "1000", ""), ("melting", unit_flow, "co-product", "100", "X")),
            site("X", ("extruding", unit_flow, "input", "100", "K"), ("extruding", unit_flow, "input", "50", "")),
        ]
    )  # fmt: skip
    assert summed.valid
    assert totals(summed) == {("purchased", unit_flow): 1050, ("output", unit_flow): 0}


def test_waste_that_another_site_treats_is_no_waste_of_the_park() -> None:
    summed = park_rollup(
        [
            site("K", ("melting", "dross", "waste", "30", "R"), ("melting", "dross", "waste", "5", "landfill")),
            site("R", ("dross_recovery", "dross", "input", "30", "K"), ("dross_recovery", "salt_slag", "waste", "8", "")),
        ]
    )  # fmt: skip
    assert totals(summed) == {
        ("purchased", "dross"): 0,
        ("waste", "dross"): 5,
        ("waste", "salt_slag"): 8,
    }


@pytest.mark.parametrize(
    ("made", "role", "bought"),
    [
        ("liquid_aluminium", "product", "primary_liquid"),
        ("internal_scrap", "co-product", "scrap_pre_consumer"),
    ],
)
def test_one_good_under_two_names_is_one_transfer(made: str, role: str, bought: str) -> None:
    summed = park_rollup(
        [
            site("K", ("electrolysis", made, role, "90", "X")),
            site("X", ("charging", bought, "input", "90", "K")),
        ]
    )
    assert totals(summed) == {("purchased", bought): 0, ("output", made): 0}


def test_own_scrap_is_neither_bought_nor_sold() -> None:
    """Of 40 t scrap 30 t are charged again; 10 t are left over."""
    summed = park_rollup(
        [site("K", ("extruding", "internal_scrap", "internal", "40", ""), ("charging", "internal_scrap", "input", "30", ""))]
    )  # fmt: skip
    assert totals(summed) == {
        ("purchased", "internal_scrap"): 0,
        ("output", "internal_scrap"): 10,
        ("internal", "internal_scrap"): 30,
    }


def test_dross_treated_on_the_site_is_no_waste() -> None:
    summed = park_rollup(
        [site("K", ("melting", "dross", "waste", "30", ""), ("dross_recovery", "dross", "input", "20", ""))]
    )  # fmt: skip
    assert totals(summed) == {
        ("purchased", "dross"): 0,
        ("waste", "dross"): 10,
        ("internal", "dross"): 20,
    }


def test_two_sites_of_one_firm_trade_as_sites() -> None:
    summed = park_rollup(
        [
            site("K1", ("billet_casting", "billet", "product", "70", "K2"), organisation="K"),
            site("K2", ("billet_homogenising", "billet", "input", "70", "K1"), organisation="K"),
        ]
    )
    assert [(item.sender, item.receiver) for item in summed.transfers] == [("K1", "K2")]


def test_a_firm_named_without_its_site_is_compared_as_a_firm() -> None:
    """K1 and K2 send 70 and 50 t; X writes 120 t from `Works K`, not from which plant."""
    summed = park_rollup(
        [
            site("K1", ("billet_casting", "billet", "product", "70", "X"), organisation="K"),
            site("K2", ("billet_casting", "billet", "product", "50", "X"), organisation="K"),
            site("X", ("billet_homogenising", "billet", "input", "120", "Works K")),
        ]
    )
    assert summed.valid
    assert [(item.sender, item.received) for item in summed.transfers] == [("K1, K2", 120)]


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(BadInput, match="PARK_SITE_TWICE"):
        park_rollup([cast_house(), cast_house()])
    with pytest.raises(BadInput, match="PARK_PERIODS_DIFFER"):
        park_rollup([cast_house(), site("Z", year=2024)])
    with pytest.raises(BadInput, match="PARK_NO_LEDGERS"):
        park_rollup([])


AMOUNTS = st.integers(0, 10**6).map(lambda number: Decimal(number) / 1000)


@st.composite
def parks(draw: st.DrawFn) -> list[Ledger]:
    """Return three sites with agreed transfers of billet and anything else around them."""
    entries: dict[str, list[Entry]] = {code: [] for code in "KXZ"}
    for sender in "KXZ":
        for receiver in "KXZ".replace(sender, ""):
            amount = str(draw(AMOUNTS))
            entries[sender].append(("billet_casting", "billet", "product", amount, receiver))
            entries[receiver].append(("billet_homogenising", "billet", "input", amount, sender))
        for flow, role in (("billet", "product"), ("billet", "input"), ("dross", "waste")):
            entries[sender].append(
                ("melting", flow, role, str(draw(AMOUNTS)), draw(st.sampled_from(["", "stranger"])))
            )
    return [site(code, *rows) for code, rows in entries.items()]


@settings(max_examples=60, deadline=None)
@given(ledgers=parks(), order=st.permutations(range(3)))
def test_firms_less_transfers_are_the_park_in_any_order(
    ledgers: list[Ledger], order: list[int]
) -> None:
    """Law: what the park buys less what it gives off is the plain difference of all rows.

    Transfers and own use stand on both sides with the same amount, so they fall out of it.
    """
    summed = park_rollup(ledgers)
    assert summed.valid
    plain: Counter[str] = Counter()
    for ledger in ledgers:
        for item in ledger.rows:
            sign = 1 if item.role == "input" else -1
            plain[item.flow] += sign * item.amount_canonical  # type: ignore[assignment]
    found = totals(summed)
    for flow in ("billet", "dross"):
        net = [found.get((kind, flow), Decimal(0)) for kind in ("purchased", "output", "waste")]
        assert net[0] - net[1] - net[2] == plain[flow]
        assert min(net) >= 0
    for line in summed.lines:
        assert sum(amount for _, amount in line.organisations) - line.transferred == line.total
    assert park_rollup([ledgers[place] for place in order]).record() == summed.record()


def examples() -> list[tuple[SiteHeader, list[LedgerRow]]]:
    """Return two example plants; the plate mill says it hands its dross to the recycling plant."""
    header, rows = example("plate_mill")
    handed_over = [
        replace(item, counterparty="CQ-RECYCLED") if item.flow == "dross" else item for item in rows
    ]
    recycler, other_rows = example("recycling_plant")
    return [(header, handed_over), (recycler, list(other_rows))]


@pytest.fixture(scope="module")
def park_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the two plants' ledgers, and an auditor who acts for another enterprise."""
    folder = tmp_path_factory.mktemp("park")
    shutil.copytree(founded_home, folder / "home")
    store = Store.at(folder / "home")
    for header, rows in examples():
        path = csv_text(rows, folder / f"{header.site_code}.csv", site_lines(header))
        with store.work("exporter") as work:
            outcome = import_ledger(work, path)
        assert outcome.sha256, outcome.check.findings
    with store.work("admin") as work:
        work.session.add(Actor(name="auditor-of-b", role="auditor", organisation="B"))
    store.close()
    return folder / "home"


@pytest.fixture
def park_store(park_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("FOOTPRINT_HOME", str(park_home))
    store = Store.at(park_home)
    yield store
    store.close()


def test_a_stored_ledger_rolls_up_like_the_checked_one(park_store: Store) -> None:
    checked = park_rollup(
        Ledger(
            header=header,
            rows=tuple(replace(item, cells={"amount": ""}) for item in rows),
            file_sha256="",
            file_name="",
        )
        for header, rows in examples()
    )
    with park_store.work("park") as work:
        stored = rollup_of_park(work, "2025")
    assert totals(stored) == totals(checked)
    assert codes(stored) == ["LEDGER_TRANSFER_ONE_SIDED"]
    assert stored.illustrative
    assert len(stored.lines) > 40


@pytest.mark.parametrize("user", ["park", "auditor"])
def test_who_may_roll_up(park_store: Store, user: str) -> None:
    with park_store.work(user) as work:
        assert [code for code, _ in rollup_of_park(work, "2025").ledgers] == [
            "CQ-PLATE",
            "CQ-RECYCLED",
        ]


@pytest.mark.parametrize("user", ["exporter", "standards", "auditor-of-b"])
def test_who_may_not_roll_up(park_store: Store, user: str) -> None:
    with park_store.work(user) as work, pytest.raises(NotAllowed):
        rollup_of_park(work, "2025")


def test_a_period_without_ledgers_names_the_known_ones(park_store: Store) -> None:
    with park_store.work("park") as work, pytest.raises(BadInput, match="known=2025, period=2031"):
        rollup_of_park(work, "2031")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0), capsys.readouterr().out


def test_the_command_line(park_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """The dross that only one side reports makes it invalid: exit 1, and the sums all the same."""
    arguments = ("park", "rollup", "--period", "2025")
    code, out = run(capsys, *arguments, "--json", "--as", "park")
    record = json.loads(out)
    assert (code, record["valid"], record["illustrative"]) == (1, False, True)
    assert [item["code"] for item in record["findings"]] == ["LEDGER_TRANSFER_ONE_SIDED"]
    kinds = {line["kind"]: line for line in record["lines"] if line["flow"] == "dross"}
    assert kinds["waste"]["total"] == kinds["waste"]["of_firms"] != "0"
    code, out = run(capsys, *arguments, "--as", "auditor")
    assert (code, "primary_ingot" in out, "LEDGER_TRANSFER_ONE_SIDED" in out) == (1, True, True)
    assert run(capsys, *arguments, "--as", "exporter") == (4, "")
