"""Anonymous park averages: what is published, when, and what nobody can work out from it.

System under test: firms A, B, … with one site each (SA, SB, …) that melt; each reports one year's
output and electricity, its factor is derived and published, and releases are created.
By hand: outputs 100, 200, 300, 400, 500 t (1500 t) with 500, 600, 700, 800, 900 kWh/t are
50 000 + 120 000 + 210 000 + 320 000 + 450 000 = 1 150 000 kWh, so 766.666… kWh/t; the plain mean
would be 700. With outputs 100, 100, 100, 100, 600 t the fifth firm holds 60 %; with 400 t it holds
exactly half.
The attack: a sixth firm joins with 1000 t and 1100 kWh/t. The new mean would be
(1 150 000 + 1 100 000) / 2500 = 900, and (900 x 2500 - 766.666… x 1500) / 1000 = 1100: its figure.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from factor_db.factors.derive.derivation import derive_factors
from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.keep.search import search_factors
from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.park.averages import EVIDENCE, evidence_of
from factor_db.factors.park.disclosure import Share, exposes, refusal, weighted_mean
from factor_db.factors.record.factor import Factor
from factor_db.factors.release.releases import create_release, published_for_everyone
from factor_db.factors.review.lifecycle import take_step
from factor_db.factors.trace.factors import trace_factor
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.errors import BadInput, Incomplete, NotAllowed
from factor_db.store.tables import (
    Actor,
    Document,
    FactorVersion,
    LedgerEntry,
    LedgerFile,
    LineageEdge,
    Organisation,
    Site,
)
from factor_db.store.work import Store, Work
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.service import issue_certificate
from footprint.cli.main import main
from footprint.study.definition import default_study

AVERAGE = "park.cn-cq.2025.melting.electricity"
# firm, output in t, electricity in kWh
FIVE = (
    ("A", "100", "50000"),
    ("B", "200", "120000"),
    ("C", "300", "210000"),
    ("D", "400", "320000"),
    ("E", "500", "450000"),
)
SIXTH = ("F", "1000", "1100000")
SEVENTH = ("G", "100", "90000")
EIGHTH = ("H", "100", "80000")
Firm = tuple[str, str, str]


def publish_firm(
    work: Work, firm: Firm, *, site: str = "", year: int = 2025, end: str = "12-31",
    illustrative: bool = False, remark: str = "",
) -> FactorVersion:  # fmt: skip
    """Freeze a ledger of one year, derive its electricity factor and publish it."""
    code, output, kwh = firm
    site = site or f"S{code}"
    if work.session.get(Organisation, code) is None:
        work.session.add(Organisation(code=code, name_zh=f"{code}厂", name_en=f"Works {code}"))
        work.session.flush()
    if work.session.get(Site, site) is None:
        work.session.add(Site(code=site, owner=code, region="CN-CQ", illustrative=illustrative))
        work.session.flush()
    file = LedgerFile(
        sha256=f"{site}{year}{end}{remark}".encode().hex().ljust(64, "0"), owner=code, site=site,
        file_name=f"{site}.xlsx", period_start=f"{year}-01-01", period_end=f"{year}-{end}",
        illustrative=illustrative, content=b"",
    )  # fmt: skip
    work.session.add(file)
    work.session.flush()
    rows = (("molten_metal", "product", output, "t"), ("electricity", "input", kwh, "kWh"))
    for number, (flow, role, amount, unit) in enumerate(rows, start=2):
        work.session.add(
            LedgerEntry(
                ledger=file.sha256, row_number=number, owner=code, period=f"{year}-01",
                process="melting", flow=flow, role=role, amount=Decimal(amount), unit=unit,
                method="metered", cell=f"ledger!F{number}", payload='{"price":null}',
            )
        )  # fmt: skip
    work.session.flush()
    (factor,) = derive_factors(work.session, file)
    return add_factor(work, factor, state="published")


def publish_firms(store: Store, firms: Iterable[Firm], *, year: int = 2025) -> None:
    with store.work("admin") as work:
        for firm in firms:
            publish_firm(work, firm, year=year)


def release(store: Store, name: str, user: str = "park") -> list[Factor]:
    """Create a release and return its park averages."""
    with store.work(user) as work:
        create_release(work, name, published_for_everyone(work.session))
    with store.read() as session:
        return averages_in(session, name)


def averages_in(session: Session, name: str) -> list[Factor]:
    """Return the park averages of a release, without reading its hundreds of other factors."""
    document = session.exec(select(Document).where(Document.name == name)).one()
    refs = [item["ref"] for item in json.loads(document.payload)["factors"]]
    rows = [find_version(session, ref) for ref in refs if ref.startswith("park.")]
    return [load_factor(row) for row in rows]


def evidence_documents(store: Store) -> Sequence[Document]:
    with store.read() as session:
        found = session.exec(select(Document).where(Document.kind == EVIDENCE)).all()
        session.expunge_all()
    return found


def test_the_mean_is_weighted_by_production(store: Store) -> None:
    publish_firms(store, FIVE)
    (average,) = release(store, "2026.12")
    assert average.value == EXACT.divide(Decimal(1150000), Decimal(1500))
    assert average.id == AVERAGE
    assert (average.unit, average.geography, average.site) == ("kWh/t", "CN-CQ", "")
    assert (average.period_start, average.period_end) == ("2025-01-01", "2025-12-31")
    assert average.slot_key == "melting/electricity/inventory"
    assert not average.illustrative
    with store.read() as session:
        # The ledgers of this file are rows without a file behind them; all else has to be intact.
        assert {fault.kind for fault in altered_contents(session)} == {"ledger"}


def test_four_firms_give_nothing(store: Store) -> None:
    publish_firms(store, FIVE[:4])
    assert release(store, "2026.12") == []
    assert evidence_documents(store) == []


def test_five_sites_of_four_firms_give_nothing(store: Store) -> None:
    publish_firms(store, FIVE[:4])
    with store.work("admin") as work:
        publish_firm(work, ("A", "500", "450000"), site="SA2")
    assert release(store, "2026.12") == []


@pytest.mark.parametrize(("output", "count"), [("600", 0), ("401", 0), ("400", 1)])
def test_no_firm_holds_more_than_half_of_the_output(store: Store, output: str, count: int) -> None:
    firms = [(code, "100", str(40000 + 100 * place)) for place, code in enumerate("ABCD")]
    publish_firms(store, [*firms, ("E", output, "100000")])
    assert len(release(store, "2026.12")) == count


def test_two_sites_of_one_firm_weigh_together(store: Store) -> None:
    """A's two sites hold 300 + 300 of 1000 t, more than half, and 600 of 4600 kWh."""
    publish_firms(store, [("A", "300", "300"), *((code, "100", "1000") for code in "BCDE")])
    with store.work("admin") as work:
        publish_firm(work, ("A", "300", "300"), site="SA2")
    assert release(store, "2026.12") == []


@pytest.mark.parametrize("kwh", ["0", "1000"])
def test_a_mean_that_only_one_firm_or_none_fills_is_not_published(store: Store, kwh: str) -> None:
    """Four zeros and 1000 kWh / 500 t: the mean times the output would be E's 1000 kWh."""
    publish_firms(store, [*((code, "100", "0") for code in "ABCD"), ("E", "100", kwh)])
    assert release(store, "2026.12") == []


def test_periods_that_are_no_calendar_year_do_not_take_part(store: Store) -> None:
    with store.work("admin") as work:
        for firm in FIVE:
            publish_firm(work, firm, end="06-30")
    assert release(store, "2026.12") == []


def test_a_factor_of_one_product_does_not_take_part(store: Store) -> None:
    """Beside the factor of its whole output E publishes one of an alloy, 100 kWh/t."""
    publish_firms(store, FIVE)
    with store.work("admin") as work:
        whole = load_factor(find_version(work.session, "se.2025.melting.electricity"))
        changes = {"id": f"{whole.id}.6061", "product": "6061", "amounts": {"value": "100"}}
        add_factor(work, Factor.model_validate({**whole.record(), **changes}), state="published")
    (average,) = release(store, "2026.12")
    assert average.value == EXACT.divide(Decimal(1150000), Decimal(1500))


def test_only_published_factors_take_part(store: Store) -> None:
    publish_firms(store, FIVE)
    with store.work("park") as work:
        take_step(work, "se.2025.melting.electricity", "withdraw")
    assert release(store, "2026.12") == []


def test_illustrative_data_travel_into_the_average(store: Store) -> None:
    publish_firms(store, FIVE[:4])
    with store.work("admin") as work:
        publish_firm(work, FIVE[4], illustrative=True)
    (average,) = release(store, "2026.12")
    assert average.illustrative


def test_what_gap_rules_filled_is_shown_as_a_share_of_the_amount(store: Store) -> None:
    """Half of E's 450 000 kWh are filled, of 1 150 000 kWh in all: 0.195652…, rounded up."""
    publish_firms(store, FIVE)
    with store.work("admin") as work:
        factor = load_factor(find_version(work.session, "se.2025.melting.electricity"))
        take_step(work, factor.ref, "withdraw")
        half = Factor.model_validate({**factor.record(), "filled_share": "0.5"})
        add_factor(work, half, state="published")
    (average,) = release(store, "2026.12")
    assert average.filled_share == Decimal("0.195653")


def test_the_public_record_names_no_contributor(store: Store) -> None:
    """Neither record, trace, search, release nor lineage leads from the average to a firm."""
    publish_firms(store, FIVE)
    (average,) = release(store, "2026.12")
    assert average.derivation is not None
    assert average.derivation.formula == "weighted mean of 5 contributors"
    with store.read() as session:
        firms = [row for row in session.exec(select(FactorVersion)) if row.site in _sites()]
        public = json.dumps(
            [
                average.record(),
                trace_factor(session, average.ref),
                [item.factor.record() for item in search_factors(session, "park average")],
                [doc.payload for doc in session.exec(select(Document)) if doc.kind == "release"],
            ]
        )
        for row in firms:
            factor = load_factor(row)
            for secret in (row.sha256, row.factor_id, factor.source.file_sha256, f'"{row.site}"'):
                assert secret not in public
        edges = session.exec(select(LineageEdge)).all()
        hashes = {row.sha256 for row in firms}
        assert not [edge for edge in edges if edge.parent in hashes]
        (evidence,) = evidence_documents(store)
        assert [edge.parent for edge in edges if edge.child == average.sha256] == [evidence.sha256]
    assert evidence.owner == "park"


def _sites() -> set[str]:
    return {f"S{code}" for code, *_ in FIVE}


def test_an_auditor_sees_the_evidence_and_it_agrees(store: Store) -> None:
    publish_firms(store, FIVE)
    release(store, "2026.12")
    with store.work("auditor") as work:
        found = evidence_of(work, AVERAGE)
    assert found["agrees"]
    listed = [
        (item["organisation"], item["weight"], item["value"]) for item in found["contributors"]
    ]
    assert listed == [
        ("A", "100", "500"),
        ("B", "200", "600"),
        ("C", "300", "700"),
        ("D", "400", "800"),
        ("E", "500", "900"),
    ]


def test_an_average_that_does_not_follow_is_found_out(store: Store) -> None:
    """Somebody changes B's stored output after the release: 200 t become 250 t."""
    publish_firms(store, FIVE)
    release(store, "2026.12")
    with store.work("auditor") as work:
        rows = work.session.exec(select(LedgerEntry).where(LedgerEntry.owner == "B")).all()
        next(row for row in rows if row.role == "product").amount = Decimal(250)
        work.session.flush()
        assert not evidence_of(work, AVERAGE)["agrees"]
        work.session.rollback()


@pytest.mark.parametrize("user", ["exporter", "standards", "auditor-of-b", "park-of-b"])
def test_nobody_else_sees_the_evidence(store: Store, user: str) -> None:
    publish_firms(store, FIVE)
    release(store, "2026.12")
    with store.work("admin") as work:
        work.session.add(Actor(name="auditor-of-b", role="auditor", organisation="B"))
        work.session.add(Actor(name="park-of-b", role="park", organisation="B"))
    with store.work(user) as work, pytest.raises(NotAllowed):
        evidence_of(work, AVERAGE)


@pytest.mark.parametrize("user", ["exporter", "auditor"])
def test_only_park_and_standards_make_averages(store: Store, user: str) -> None:
    publish_firms(store, FIVE)
    with pytest.raises(NotAllowed):
        release(store, "2026.12", user)
    assert evidence_documents(store) == []
    assert len(release(store, "2026.12", "standards")) == 1


def test_evidence_of_something_else_is_refused(store: Store) -> None:
    publish_firms(store, FIVE)
    with store.work("park") as work, pytest.raises(BadInput, match="PARK_NOT_AN_AVERAGE"):
        evidence_of(work, "sa.2025.melting.electricity")


def test_a_release_whose_name_is_taken_leaves_no_average(store: Store) -> None:
    publish_firms(store, FIVE[:4])
    release(store, "2026.12")
    publish_firms(store, FIVE[4:])
    with pytest.raises(BadInput, match="RELEASE_TAKEN"):
        release(store, "2026.12")
    assert evidence_documents(store) == []


def seen_by_attacker(store: Store, names: Iterable[str]) -> set[tuple[str, Decimal]]:
    """Return every park figure that any release ever showed."""
    with store.read() as session:
        return {
            (factor.id, factor.value) for name in names for factor in averages_in(session, name)
        }


def test_attack_a_firm_joins_between_two_releases_of_one_year(store: Store) -> None:
    publish_firms(store, FIVE)
    release(store, "2026.12")
    before = seen_by_attacker(store, ["2026.12"])
    publish_firms(store, [SIXTH])
    release(store, "2027.1")
    assert seen_by_attacker(store, ["2026.12", "2027.1"]) == before


def test_the_attack_works_without_the_freeze() -> None:
    """The figures of the docstring: what the second mean would have said."""
    shares = [Share(c, c, Decimal(k) / Decimal(t), Decimal(t)) for c, t, k in (*FIVE, SIXTH)]
    old, new = weighted_mean(shares[:5]), weighted_mean(shares)
    assert new == 900
    assert round((new * 2500 - old * 1500) / 1000, 20) == 1100


def test_attack_a_firm_corrects_its_ledger_between_two_releases(store: Store) -> None:
    publish_firms(store, FIVE)
    release(store, "2026.12")
    before = seen_by_attacker(store, ["2026.12"])
    with store.work("admin") as work:
        publish_firm(work, ("E", "500", "400000"), remark="b")
    release(store, "2027.1")
    assert seen_by_attacker(store, ["2026.12", "2027.1"]) == before


def test_attack_a_withdrawn_average_is_not_made_again(store: Store) -> None:
    publish_firms(store, FIVE)
    release(store, "2026.12")
    with store.work("park") as work:
        take_step(work, AVERAGE, "withdraw")
    publish_firms(store, [SIXTH])
    assert release(store, "2027.1") == []
    assert len(seen_by_attacker(store, ["2026.12", "2027.1"])) == 1


@pytest.mark.parametrize(
    ("firms", "count"),
    [
        (FIVE, 2),
        ((*FIVE, SIXTH), 1),
        ((*FIVE, SIXTH, SEVENTH), 1),
        ((*FIVE[:4], SIXTH), 1),
        ((*FIVE, SIXTH, SEVENTH, EIGHTH), 2),
    ],
    ids=["the same", "one joins", "two join", "one for another", "three join"],
)
def test_attack_from_year_to_year(store: Store, firms: tuple[Firm, ...], count: int) -> None:
    """Outputs below half: F melts 1000 of 2500 to 2700 t, H and G 100 t each."""
    publish_firms(store, FIVE)
    release(store, "2026.12")
    publish_firms(store, firms, year=2026)
    assert len(release(store, "2027.12")) == count


def test_attack_a_withdrawn_average_of_last_year_still_counts(store: Store) -> None:
    publish_firms(store, FIVE)
    release(store, "2026.12")
    with store.work("park") as work:
        take_step(work, AVERAGE, "withdraw")
    publish_firms(store, (*FIVE, SIXTH), year=2026)
    assert release(store, "2027.12") == []


def members(text: str) -> dict[str, str]:
    """`AB` → two sites of two firms; `a` is a second site of A."""
    return {letter: letter.upper() for letter in text}


@pytest.mark.parametrize(
    ("averages", "exposed"),
    [
        (["ABCDE"], False),
        (["ABCDE", "ABCDE"], False),
        (["ABCDE", "ABCDEF"], True),
        (["ABCDE", "ABCDEFG"], True),
        (["ABCDE", "ABCDEFGH"], False),
        (["ABCDE", "FGHIJ", "KLMNO"], False),
        (["ABCDE", "ABCDEFGH", "ABCDEFGHIJK"], False),
        # Every two differ by three or more, and yet L stands alone in 4th - 3rd + 1st - 2 x 2nd.
        (["ABCDEFGH", "ABCDE", "FGHIJK", "ABCDEIJKL"], True),
        # A second site of A joins: the difference is A's alone.
        (["ABCDE", "ABCDEa"], True),
        # A's and B's second sites and C: three firms.
        (["ABCDE", "ABCDEabF"], False),
        (["ABCDE", "ABCDEab"], True),
    ],
)
def test_combinations_of_averages(averages: list[str], exposed: bool) -> None:
    """By hand for the detour: 4th - 2nd = IJKL, 1st - 2nd = FGH, so 3rd less FGH = IJK, and L."""
    assert exposes([members(item) for item in averages], 3) is exposed


@settings(max_examples=60, deadline=None)
@given(
    averages=st.lists(
        st.sets(st.sampled_from("ABCDEFGH"), min_size=4, max_size=8), min_size=1, max_size=4
    ),
    coefficients=st.lists(st.integers(-2, 2), min_size=4, max_size=4),
)
def test_no_combination_of_safe_averages_is_left_with_two_firms(
    averages: list[set[str]], coefficients: list[int]
) -> None:
    """Law: whatever is added and subtracted, three firms or none at all remain."""
    if exposes([members("".join(sorted(item))) for item in averages], 3):
        return
    left = {
        firm: sum(c for c, item in zip(coefficients, averages, strict=False) if firm in item)
        for firm in "ABCDEFGH"
    }
    assert sum(1 for amount in left.values() if amount) not in (1, 2)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_order_of_contributors_changes_nothing(data: st.DataObject) -> None:
    numbers = st.decimals(min_value="0.001", max_value="99999", places=3)
    shares = [Share(code, f"S{code}", data.draw(numbers), data.draw(numbers)) for code in "ABCDEFG"]
    shuffled = data.draw(st.permutations(shares))
    assert weighted_mean(shuffled) == weighted_mean(shares)
    assert refusal(shuffled, []) == refusal(shares, [])


def test_the_order_of_publication_changes_nothing(founded_home: Path, tmp_path: Path) -> None:
    hashes = []
    for name, firms in (("there", FIVE), ("back", FIVE[::-1])):
        shutil.copytree(founded_home, tmp_path / name)
        store = Store.at(tmp_path / name)
        publish_firms(store, firms)
        hashes.append([factor.sha256 for factor in release(store, "2026.12")])
        store.close()
    assert hashes[0] == hashes[1] != []


def test_an_own_process_with_a_park_average_is_an_estimate_without_certificate(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plate mill's own melting electricity is withdrawn: the park average fills the slot."""
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    store = Store.at(home)
    # About the mill's own 60 kWh/t: 76.67, so that the account of the site still closes.
    large = [(code, f"{output}000", f"{kwh}00") for code, output, kwh in FIVE]
    publish_firms(store, large)  # the example plants melt some ten thousand tonnes each
    with store.work("park") as work:
        take_step(work, "cq-plate.2025.melting.electricity", "withdraw")
    assert AVERAGE in {factor.id for factor in release(store, "2026.12")}
    with store.work("park") as work:
        result = calculate_study(work.session, default_study("plate"))
        store_calculation(work, result)
    slots = {item["slot"]: item for item in result.document["coverage"]["resolved"]}
    filled = slots["melting/electricity/inventory"]
    assert (filled["factor"], filled["level"]) == (f"{AVERAGE}@1", "CN-CQ")
    assert result.document["estimate"] is True
    assert result.document["coverage"]["estimated"] == ["melting/electricity/inventory"]
    with store.work("exporter") as work, pytest.raises(Incomplete, match="CERTIFICATE_ESTIMATE"):
        issue_certificate(work, result.result, tmp_path / "out", issued_at=datetime.now(UTC))
    store.close()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0), capsys.readouterr().out


def test_the_evidence_on_the_command_line(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    publish_firms(store, FIVE)
    assert run(capsys, "--as", "park", "release", "create", "2026.12")[0] == 0
    code, out = run(capsys, "park", "evidence", AVERAGE, "--json", "--as", "auditor")
    assert code == 0
    assert [item["site"] for item in json.loads(out)["contributors"]] == sorted(_sites())
    code, out = run(capsys, "park", "evidence", AVERAGE, "--as", "exporter")
    assert (code, out) == (4, "")
