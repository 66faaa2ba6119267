"""The park band and the benchmark: what is shown, to whom, and what nobody can work out.

System under test: `publish_band`, `refusal_of`, `band_ends`, `run_benchmark`, chart and table.
By hand, band: five firms of equal output at 1, 2, 3, 4 and 5 kg CO2e/kg have mean 3 and variance
(4 + 1 + 0 + 1 + 4) / 5 = 2, so 3 -+ 1.4142 = 1.5858 and 4.4142, rounded outward to 1.5 and 4.5.
By hand, weights: outputs 100, 100, 100, 100 and 600 give the fifth 60 %; at 400 it has half.
The attack on a second band: F, G and H join the five. Both bands' means and spreads give the sum of
the three and of their squares; F, who knows its own, solves two equations for G and H. An average
has no spread and may show that change; a band may not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.park.disclosure import Share, refusal
from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput, NotAllowed
from factor_db.store.tables import Document
from factor_db.store.work import Store
from footprint.cli.main import main
from footprint.comparison.band import (
    EVIDENCE,
    BandSlot,
    Contributor,
    Outcome,
    band_ends,
    bands_of,
    contributors_of,
    make_band,
    publish_band,
    refusal_of,
)
from footprint.comparison.benchmark import benchmark_document, run_benchmark
from footprint.comparison.chart import chart_png, chart_svg
from footprint.comparison.document import BenchmarkDocument
from footprint.comparison.gate import mismatches
from footprint.comparison.page import benchmark_markdown
from footprint.comparison.value import Value

SLOT = BandSlot("plate", "CN-CQ", "2025")
EVEN = tuple((firm, 100, value) for value, firm in enumerate("ABCDE", start=1))
JOINING = (("F", 100, 6), ("G", 90, 2), ("H", 80, 4))
VALUE = Value(
    ref="x",
    kind="calculation",
    product_class="plate",
    boundary="model",
    parts=frozenset(("casthouse", "forming")),
    scrap_rule="cut-off",
    electricity_rule="location",
    gwp_set="AR6",
    value=Decimal(3),
    name_zh="x",
    name_en="x",
    label="X",
    year="2025",
    geography="CN-CQ",
    source="s",
)


def share(firm: str, weight: int, value: int | str) -> Share:
    return Share(f"{firm}-works", f"S{firm}", Decimal(value), Decimal(weight))


def shares(firms: Sequence[tuple[str, int, int]]) -> list[Share]:
    return [share(*firm) for firm in firms]


def published(
    store: Store, firms: Sequence[tuple[str, int, int]], slot: BandSlot = SLOT
) -> Outcome:
    made = [Contributor(item, f"hash {item.site}", VALUE) for item in shares(firms)]
    with store.work("park") as work:
        return publish_band(work, slot, made, {})


def bands(store: Store, product: str = "plate") -> list[dict[str, Any]]:
    with store.read() as session:
        return [band.record() for band in bands_of(session, product)]


def test_the_ends_follow_by_hand() -> None:
    assert band_ends(shares(EVEN)) == (Decimal("1.5"), Decimal("4.5"))


def test_four_show_nothing_and_a_fifth_with_sixty_percent_still_nothing(store: Store) -> None:
    outcome = published(store, EVEN[:4])
    assert (outcome.record, outcome.refusal) == (None, "contributors")
    outcome = published(store, [*EVEN[:4], ("E", 600, 5)])
    assert (outcome.record, outcome.refusal) == (None, "weight")
    assert bands(store) == []
    outcome = published(store, [*EVEN[:4], ("E", 400, 5)])
    # Half of the output, but 2000 of 3000 of the emissions.
    assert outcome.refusal == "amount"
    assert bands(store) == []
    assert published(store, EVEN).record is not None


def test_two_sites_of_one_firm_are_one_contributor(store: Store) -> None:
    made = [*shares(EVEN[:4]), Share("D-works", "SD2", Decimal(5), Decimal(100))]
    assert refusal_of(made, []) == "contributors"


def test_a_band_where_all_are_equal_would_be_everyones_value() -> None:
    assert refusal_of(shares([(firm, 100, 3) for firm, _, _ in EVEN]), []) == "spread"


def test_a_band_shows_two_ends_a_number_and_no_firm(store: Store) -> None:
    record = published(store, EVEN).record
    (shown,) = bands(store)
    assert record is not None
    assert canonical_json(shown) == canonical_json(record.record())
    assert (shown["low"], shown["high"], shown["contributors"]) == ("1.5", "4.5", 5)
    said = json.dumps(shown)
    for firm, _, _ in EVEN:
        assert f"S{firm}" not in said
        assert f"{firm}-works" not in said
    with store.read() as session:
        (behind,) = session.exec(select(Document).where(Document.kind == EVIDENCE)).all()
        assert behind.sha256 == shown["evidence"]
        assert [fault for fault in altered_contents(session) if fault.kind == "document"] == []


def test_a_band_stays_as_it_was_when_a_firm_joins(store: Store) -> None:
    first = published(store, EVEN)
    again = published(store, [*EVEN, ("F", 100, 60)])
    assert again.known
    assert plain_of(again) == plain_of(first)
    assert len(bands(store)) == 1


def plain_of(outcome: Outcome) -> str:
    assert outcome.record is not None
    return json.dumps(outcome.record.record())


@pytest.mark.parametrize(
    ("product", "year"), [("plate", "2026"), ("extrusion", "2025")], ids=["year", "product"]
)
def test_a_second_band_that_would_show_a_firm_by_subtraction_is_not_made(
    store: Store, product: str, year: str
) -> None:
    published(store, EVEN)
    other = BandSlot(product, "CN-CQ", year)
    swapped = [*EVEN[:4], JOINING[0]]
    for firms in (swapped, [*EVEN, JOINING[0]], [*EVEN, *JOINING]):
        assert published(store, firms, other).refusal == "difference"
    assert [band["year"] for band in bands(store, "plate")] == ["2025"]
    assert bands(store, "extrusion") == []
    # The same firms again say nothing of one of them.
    assert published(store, EVEN, other).record is not None


def test_a_band_hides_one_firm_more_than_an_average() -> None:
    changed = [*EVEN, *JOINING]
    earlier = [{item.site: item.organisation for item in shares(EVEN)}]
    assert refusal(shares(changed), earlier) is None
    assert refusal_of(shares(changed), earlier) == "difference"


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 30)), min_size=5, max_size=9))
def test_no_shown_band_has_few_or_one_that_dominates(firms: list[tuple[int, int]]) -> None:
    made = [share(str(number), *firm) for number, firm in enumerate(firms)]
    if refusal_of(made, []) is None:
        assert max(item.weight for item in made) * 2 <= sum(item.weight for item in made)
        low, high = band_ends(made)
        mean = sum(item.weight * item.value for item in made) / sum(item.weight for item in made)
        assert low < mean < high


def test_the_park_and_auditors_see_who_stands_behind_a_band(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    published(store, EVEN)
    named = ("park", "band", "plate", "--region", "CN-CQ", "--year", "2025")
    assert left_with("--as", "auditor", *named, "--evidence", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["organisation"] for item in found["contributors"]] == [
        f"{firm}-works" for firm, _, _ in EVEN
    ]
    assert found["agrees"]
    assert left_with("--as", "exporter", *named, "--evidence") == 4
    assert left_with("--as", "park", *named[:-1], "2024", "--evidence") == 2
    # Asked once more, the park finds the band as it is.
    assert left_with("--as", "park", *named) == 0


def test_only_the_park_makes_a_band_and_only_of_a_whole_year(store: Store) -> None:
    for user in ("exporter", "standards"):
        with store.work(user) as work, pytest.raises(NotAllowed):
            make_band(work, SLOT)
    with pytest.raises(BadInput):
        BandSlot("plate", "CN-CQ", "2025-01-01/2025-06-30")


def test_one_real_site_contributes_its_footprint_and_output_and_shows_nothing(
    demo_store: Store,
) -> None:
    with demo_store.read() as session:
        (found,), left_out = contributors_of(session, SLOT)
    assert left_out == {}
    # The example ledger packs 50 000 t of plate.
    assert (found.share.site, found.share.weight) == ("CQ-PLATE", Decimal(50000))
    assert round(found.share.value, 3) == Decimal("12.538")
    assert refusal_of([found.share], []) == "contributors"


@pytest.fixture(scope="module")
def document(demo_store: Store) -> BenchmarkDocument:
    with demo_store.read() as session:
        return benchmark_document(run_benchmark(session, "extrusion", samples=150))


def test_a_benchmark_marks_ours_and_says_why_the_others_are_hollow(
    document: BenchmarkDocument,
) -> None:
    values = [line.value for line in document.lines]
    assert values == sorted(values)
    (own,) = [line for line in document.lines if line.ours]
    assert own.ref == document.own
    assert own.interval is not None
    assert own.interval.level == Decimal("0.95")
    (other,) = [line for line in document.lines if not line.ours]
    assert other.ref == "result.na.aa2010.extrusion"
    assert (other.comparable, other.letters) == (False, "B? E? G?")
    assert document.illustrative
    assert document.bands == ()


def test_a_value_of_the_same_rules_is_comparable_where_ours_states_them(
    demo_store: Store, tmp_path: Path
) -> None:
    content = """label = "EPD"
product_class = "extrusion"
value = 7.9
source = "s"
gwp_set = "AR6"
scrap_rule = "cut-off"
electricity_rule = "location"
parts = ["transport", "metal_supply", "casthouse", "forming", "heat_treatment", "finishing"]
"""
    path = tmp_path / "epd.toml"
    path.write_text(content, encoding="utf-8")
    with demo_store.read() as session:
        found = run_benchmark(session, "extrusion", more=[str(path)], samples=0)
    assert found.own is not None
    (line,) = [line for line in found.lines if line.value.label == "EPD"]
    # The ingot of the example states neither GWP set nor boundary, so neither does the product.
    assert (line.comparable, line.letters) == (False, "B? G?")
    assert mismatches(replace(found.own, unsaid={}), line.value) == ()


@pytest.mark.parametrize("user", ["standards", "exporter"])
def test_without_a_site_published_values_stand_alone(store: Store, user: str) -> None:
    with store.read(user) as session:
        shown = benchmark_document(run_benchmark(session, "primary_aluminium"))
    assert shown.own is None
    assert len(shown.lines) > 15
    assert not any(line.comparable for line in shown.lines)
    assert all(line.source and line.licence for line in shown.lines)


def test_a_published_band_stands_in_the_benchmark(store: Store) -> None:
    published(store, EVEN)
    with store.read("standards") as session:
        shown = benchmark_document(run_benchmark(session, "plate"))
    (band,) = shown.record()["bands"]
    assert (band["low"], band["high"], "evidence" in band) == ("1.5", "4.5", False)
    assert "1.5–4.5" in chart_svg(shown, "en").decode()
    assert "5 firms" in benchmark_markdown(shown, "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_chart_and_table_have_the_same_bytes_every_time(
    document: BenchmarkDocument, lang: Any
) -> None:
    again = BenchmarkDocument.model_validate(json.loads(json.dumps(document.record())))
    assert again == document
    svg = chart_svg(document, lang)
    assert svg == chart_svg(again, lang)
    assert chart_png(document, lang) == chart_png(again, lang)
    assert chart_png(document, lang).startswith(b"\x89PNG")
    assert b"http" not in svg.replace(b"http://www.w3.org/", b"")
    assert "[1] AA 2010 N. America" in svg.decode()
    # A Chinese picture has English beside it, for machines without Chinese fonts.
    assert "hollow: not comparable" in svg.decode()
    assert benchmark_markdown(document, lang) == benchmark_markdown(again, lang)
    assert "result" not in benchmark_markdown(document, lang).splitlines()[0]


def test_the_command_writes_every_kind_of_file(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / f"b.{kind}" for kind in ("svg", "png", "json", "md")]
    named = [word for path in paths for word in ("--out", str(path))]
    main_code = left_with("benchmark", "recycled_ingot", "--json", *named)
    assert main_code == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(paths[2].read_text(encoding="utf-8"))
    assert all(path.stat().st_size > 500 for path in paths)
    assert left_with("benchmark", "recycled_ingot", "--out", str(tmp_path / "b.xls")) == 2
    assert (
        left_with("--as", "park", "park", "band", "plate", "--region", "CN-CQ", "--year", "2025")
        == 1
    )


def left_with(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)
