"""From a ledger to factors: ratio of sums, weighted properties, versions, review.

System under test: a made-up site with two months. By hand: 60 MWh for 100 t and 20 MWh for 10 t are
80 000 / 110 = 727.27 kWh/t, not the mean of 600 and 2000 (1300). Gas 900 m3 at 35 MJ/m3 and 100 m3 at
45 MJ/m3 hold 36 000 MJ in 1000 m3: 36 MJ/m3.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from derivation_cases import freeze as freeze_rows
from derivation_cases import row

from factor_db.factors.derive.derivation import derive_factors, derive_site
from factor_db.factors.keep.entry import add_by_hand
from factor_db.factors.keep.search import search_factors
from factor_db.factors.keep.versions import add_factor, find_version, history, load_factor
from factor_db.factors.keep.years import YearTable, years_of_site
from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import published_of_site
from factor_db.factors.review.lifecycle import SELF_REVIEWED, take_step
from factor_db.factors.trace.factors import trace_factor
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.ledger import check
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.tables import LedgerEntry, LedgerFile, Organisation, Site
from factor_db.store.work import Store, Work
from footprint.cli.main import main
from lca_models.system.formula import Slot
from lca_models.system.resolve import Resolver, Where

EXAMPLES = Path(__file__).parents[2] / "factor_db" / "reference" / "examples"
MONTHS = ("2025-01", "2025-02")


def freeze(work: Work, *rows: tuple[str, str, str, str, str, str]) -> LedgerFile:
    """Store a ledger of rows (period, process, flow, role, amount, unit) without a file check."""
    work.session.add(Organisation(code="O", name_zh="O", name_en="O"))
    work.session.flush()
    work.session.add(Site(code="S", owner="O", region="CN-CQ"))
    work.session.flush()
    file = LedgerFile(
        sha256="f" * 64, owner="O", site="S", file_name="ledger.xlsx", period_start="2025-01-01",
        period_end="2025-02-28", illustrative=False, content=b"",
    )  # fmt: skip
    work.session.add(file)
    work.session.flush()
    for number, (period, process, flow, role, amount, unit) in enumerate(rows, start=2):
        work.session.add(
            LedgerEntry(
                ledger=file.sha256, row_number=number, owner="O", period=period, process=process,
                flow=flow, role=role, amount=Decimal(amount), unit=unit, method="metered",
                cell=f"ledger!F{number}", payload="{}",
            )
        )  # fmt: skip
    work.session.flush()
    return file


MELTING = [
    *((month, "melting", "molten_metal", "product", tonnes, "t") for month, tonnes in zip(MONTHS, ("100", "10"), strict=True)),
    *((month, "melting", "electricity", "input", kwh, "kWh") for month, kwh in zip(MONTHS, ("60000", "20000"), strict=True)),
    *((month, "melting", "natural_gas", "input", m3, "m3") for month, m3 in zip(MONTHS, ("900", "100"), strict=True)),
    *((month, "", "natural_gas.net_calorific_value", "input", mj, "MJ/m3") for month, mj in zip(MONTHS, ("35", "45"), strict=True)),
]  # fmt: skip


def derived(work: Work, *rows: tuple[str, str, str, str, str, str]) -> dict[str, Factor]:
    return {factor.slot_key: factor for factor in derive_factors(work.session, freeze(work, *rows))}


def test_a_factor_is_a_ratio_of_sums_not_a_mean_of_ratios(store: Store) -> None:
    with store.work("park") as work:
        factor = derived(work, *MELTING)["melting/electricity/inventory"]
    assert round(factor.value, 2) == Decimal("727.27")
    assert factor.unit == "kWh/t"
    assert factor.derivation is not None
    cells = [item.record()["cell"] for item in factor.derivation.inputs]
    assert cells == ["ledger!F4", "ledger!F5", "ledger!F2", "ledger!F3"]


def test_a_calorific_value_is_weighted_by_the_gas_it_describes(store: Store) -> None:
    with store.work("park") as work:
        factors = derived(work, *MELTING)
    assert factors["natural_gas.net_calorific_value/property"].value == 36


def test_a_property_holds_until_the_next_row(store: Store) -> None:
    """One certificate of 40 MJ/m3 in January speaks for February too: (900 + 100) × 40 / 1000."""
    rows = [row for row in MELTING if not row[2].endswith("calorific_value")]
    january = ("2025-01", "", "natural_gas.net_calorific_value", "input", "40", "MJ/m3")
    with store.work("park") as work:
        factors = derived(work, *rows, january)
    assert factors["natural_gas.net_calorific_value/property"].value == 40


def test_scaling_all_months_leaves_the_factors(store: Store) -> None:
    scaled = [
        (*row[:4], str(Decimal(row[4]) * 7) if "." not in row[2] else row[4], row[5])
        for row in MELTING
    ]
    with store.work("park") as work:
        once = {key: f.value for key, f in derived(work, *MELTING).items()}
        work.session.rollback()
        again = {key: f.value for key, f in derived(work, *scaled).items()}
        work.session.rollback()
    assert once == again


def test_a_co_product_asks_for_an_allocation(store: Store) -> None:
    extra = ("2025-01", "melting", "liquid_alloy", "co-product", "5", "t")
    with store.work("park") as work, pytest.raises(BadInput, match="DERIVE_COPRODUCT"):
        derived(work, *MELTING, extra)


def test_a_derived_property_and_amount_carry_their_quality(store: Store) -> None:
    """Two months of twelve were read: completeness 5 for an amount and for a calorific value."""
    with store.work("park") as work:
        factors = derived(work, *MELTING)
    amount = factors["melting/electricity/inventory"]
    assert amount.pedigree == (2, 5, 1, 1, 1)
    assert amount.pedigree_reasons[1] == "DQ_REASON_MONTHS|period=2|read=2"
    assert factors["natural_gas.net_calorific_value/property"].pedigree == (2, 5, 1, 1, 1)


def test_no_product_no_ratio(store: Store) -> None:
    with store.work("park") as work, pytest.raises(BadInput, match="DERIVE_NO_PRODUCT"):
        derived(work, *MELTING[2:])


def test_deriving_twice_changes_nothing(store: Store) -> None:
    with store.work("exporter") as work:
        import_ledger(work, EXAMPLES / "plate_mill.xlsx")
        first = derive_site(work, "CQ-PLATE")
        assert derive_site(work, "CQ-PLATE") == first


@pytest.mark.usefixtures("open_gates")
def test_a_changed_content_is_the_next_version_and_supersedes(store: Store) -> None:
    with store.work("admin") as work:
        factor = derived(work, *MELTING)["melting/electricity/inventory"]
        add_factor(work, factor)
        changed = factor.model_copy(update={"amounts": {"value": Decimal(700)}})
        row = add_factor(work, Factor.model_validate(changed.record()))
        assert (row.factor_id, row.version) == (factor.id, 2)
        for ref in (f"{factor.id}@1", f"{factor.id}@2"):
            for action in ("submit", "review", "publish"):
                take_step(work, ref, action, self_reviewed=True)
        assert [f.version for f in published_of_site(work.session, "S")] == [2]
        states = [
            entry.state
            for entry in history(work.session, find_version(work.session, f"{factor.id}@1").sha256)
        ]
    assert states == ["draft", "submitted", "reviewed", "published", "superseded"]


@pytest.mark.usefixtures("open_gates")
def test_nobody_reviews_their_own_factor_unless_it_is_shown(store: Store) -> None:
    with store.work("admin") as work:
        row = add_factor(work, derived(work, *MELTING)["melting/electricity/inventory"])
        take_step(work, row.factor_id, "submit")
        with pytest.raises(NotAllowed, match="FACTOR_OWN_REVIEW"):
            take_step(work, row.factor_id, "review")
        take_step(work, row.factor_id, "review", self_reviewed=True)
        assert history(work.session, row.sha256)[-1].reason == SELF_REVIEWED


@pytest.mark.usefixtures("open_gates")
@pytest.mark.parametrize(
    ("action", "state"), [("review", "draft"), ("publish", "draft"), ("publish", "submitted")]
)
def test_no_step_may_be_left_out(store: Store, action: str, state: str) -> None:
    with store.work("admin") as work:
        row = add_factor(work, derived(work, *MELTING)["melting/electricity/inventory"])
        if state == "submitted":
            take_step(work, row.factor_id, "submit")
        with pytest.raises(BadInput, match="FACTOR_STEP"):
            take_step(work, row.factor_id, action)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("铝锭", "result.primary.china.peng2022@2"),
        ("ALUMINIUM ingot", "result.primary.china.peng2022@2"),
        ("elec.cn.footprint", "elec.cn.footprint.national.2024@1"),
    ],
)
def test_search_takes_chinese_english_and_code(store: Store, text: str, expected: str) -> None:
    with store.read() as session:
        assert expected in [item.factor.ref for item in search_factors(session, text)]


def test_a_trace_ends_at_cells_with_their_amounts(demo_store: Store) -> None:
    with demo_store.read() as session:
        found = trace_factor(session, "cq-plate.2025.melting.electricity")
        factor = load_factor(find_version(session, "cq-plate.2025.melting.electricity"))
    kwh = sum(Decimal(cell["amount"]) for cell in found["cells"] if cell["flow"] == "electricity")
    tonnes = sum(
        Decimal(cell["amount"]) for cell in found["cells"] if cell["flow"] == "molten_metal"
    )
    assert len(found["cells"]) == 24
    # Electricity comes from the meter's readings, the metal from the weighbridge's rows.
    sheets = {(cell["flow"], cell["cell"].partition("!")[0]) for cell in found["cells"]}
    assert sheets == {("electricity", "meters"), ("molten_metal", "ledger")}
    assert kwh / tonnes == factor.value


def test_what_serves_everyone_needs_two_people(store: Store) -> None:
    with store.work("exporter") as work:
        shared = load_factor(find_version(work.session, "fuel.cn.natural_gas.combustion"))
        mine = Factor.model_validate({**shared.record(), "id": "park.gas", "owner": "park"})
        row = add_by_hand(work, mine, explanation="a copy for this test")
        take_step(work, row.factor_id, "submit")
        with pytest.raises(NotAllowed, match="FACTOR_SELF_REVIEW_SITE"):
            take_step(work, row.factor_id, "review", self_reviewed=True)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"amounts": {"co2": "-5"}}, "negative"),
        ({"pedigree": [1, 2]}, "pedigree"),
        ({"gsd": "0.5"}, "greater than or equal"),
        ({"quantity": "inventory"}, "is no emission"),
        ({"data_year": 9999}, "data_year"),
        ({"amounts": {"co2": 0.1}}, "binary float"),
        ({"amounts": {"co2e": "1"}}, "GWP set"),
        ({"unit": "kg/ton"}, "UNIT_UNKNOWN"),
    ],
)
def test_a_crooked_factor_is_refused_at_entry(
    store: Store, change: dict[str, object], fault: str
) -> None:
    with store.read() as session:
        record = load_factor(find_version(session, "fuel.cn.natural_gas.combustion")).record()
    with pytest.raises((ValueError, BadInput), match=fault):
        Factor.model_validate({**record, **change})


@pytest.mark.parametrize(("region", "illustrative"), [("CN-YN", True), ("CN-CQ", False)])
def test_a_site_keeps_the_facts_it_was_registered_with(
    store: Store, region: str, illustrative: bool
) -> None:
    """A second ledger that names another region or drops the illustrative mark must not slip in."""
    ledger = check(EXAMPLES / "plate_mill.xlsx").ledger
    assert ledger is not None
    header = ledger.header
    with store.work("exporter") as work:
        work.session.add(
            Organisation(
                code=header.uscc, name_zh=header.organisation_zh, name_en=header.organisation_en
            )
        )
        work.session.flush()
        work.session.add(
            Site(code=header.site_code, owner=header.uscc, region=region, illustrative=illustrative)
        )
        work.session.flush()
        with pytest.raises(BadInput, match="SITE_DIFFERS"):
            import_ledger(work, EXAMPLES / "plate_mill.xlsx")
        work.session.rollback()


def test_two_ledgers_of_one_period_never_mix(store: Store) -> None:
    """The second ledger has no calorific value: the first one's must not stand in for it."""
    with store.work("admin") as work:
        for factor in derived(work, *MELTING).values():
            add_factor(work, factor, state="published")
        first = load_factor(
            find_version(work.session, "s.2025-01-01_2025-02-28.melting.electricity")
        )
        record = first.record()
        record["amounts"] = {"value": "800"}
        record["source"]["file_sha256"] = "e" * 64
        add_factor(work, Factor.model_validate(record), state="published")
        speaking = published_of_site(work.session, "S")
    assert [(factor.flow, factor.version, factor.value) for factor in speaking] == [
        ("electricity", 2, Decimal(800))
    ]


def years(store: Store) -> YearTable:
    """Derive a plant's 2024 and 2025: 500 kWh, then 450 kWh and 30 m3, for 10 t each."""
    with store.work("admin") as work:
        for year, ledger, further in (("2024", "a" * 64, []), ("2025", "b" * 64, ["30"])):
            kwh = {"2024": 500, "2025": 450}[year]
            rows = [
                row(2, "molten_metal", "product", 10, month=f"{year}-01", ledger=ledger),
                row(3, "electricity", "input", kwh, "kWh", month=f"{year}-01", ledger=ledger),
                *(
                    row(4, "natural_gas", "input", m3, "m3", month=f"{year}-01", ledger=ledger)
                    for m3 in further
                ),
            ]
            freeze_rows(work, rows, year)
            for ref in derive_site(work, "S", year):
                for action in ("submit", "review", "publish"):
                    take_step(work, ref, action, self_reviewed=True)
        return years_of_site(work.session, "S")


@pytest.mark.usefixtures("open_gates")
def test_two_years_of_a_site_stand_side_by_side(store: Store) -> None:
    """50 and 45 kWh/t: 10 % less. Gas has no 2024 value, so it has no change, and none is 0."""
    table = years(store)
    assert table.periods == ("2024", "2025")
    power, gas = table.lines
    assert (power.flow, power.values) == ("electricity", {"2024": Decimal(50), "2025": Decimal(45)})
    assert power.changes == {"2025": Decimal(-10)}
    assert (gas.flow, gas.values, gas.changes) == ("natural_gas", {"2025": Decimal(3)}, {})
    assert [power.shown("2025"), gas.shown("2024"), gas.shown("2025")] == ["45 (-10.0 %)", "", "3"]


@pytest.mark.usefixtures("open_gates")
def test_both_years_speak_and_a_study_takes_its_own(store: Store) -> None:
    years(store)
    slot = Slot("melting", "electricity", "inventory", "kWh/t")
    with store.read() as session:
        own = published_of_site(session, "S")
    for year, value in (("2024", 50), ("2025", 45)):
        resolver = Resolver(own, Where("S", "CN-CQ", f"{year}-01-01", f"{year}-12-31"))
        pin = resolver.pin(slot)
        assert pin is not None
        assert (pin.level, pin.value()) == ("own", value)
    assert Resolver(own, Where("S", "CN-CQ", "2023-01-01", "2023-12-31")).pin(slot) is None


def test_years_of_nothing_is_one_clear_error(store: Store) -> None:
    with store.read() as session, pytest.raises(BadInput, match="YEARS_NONE"):
        years_of_site(session, "S")


def test_the_command_line_prints_years_and_takes_an_allocation(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["factor", *arguments])
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    code, out, _ = run("years", "--site", "CQ-PLATE", "--json")
    table = json.loads(out)
    power = next(
        line
        for line in table["lines"]
        if (line["process"], line["flow"]) == ("scalping", "electricity")
    )
    assert (code, table["periods"], set(power["values"])) == (0, ["2025"], {"2025"})
    assert "scalping" in run("years", "--site", "CQ-PLATE")[1]
    code, _, err = run(
        "derive", "--site", "CQ-PLATE", "--allocation", "fair", "--as", "exporter", "--lang", "en"
    )
    assert code == 2
    assert "mass, economic, causal" in err
