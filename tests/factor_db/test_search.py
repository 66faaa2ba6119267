"""The factor search against a LIKE over every stored row, on SQLite and on PostgreSQL.

System under test: `matching` and the index behind it. The oracle reads the words of every factor
from the factors themselves: a line that is the question stands before a line that begins with it,
that before any other hit, and each of the three is sorted by reference. It uses no index.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from postgres_server import database_copy
from sqlalchemy import text
from sqlmodel import Session, select

from factor_db.factors.keep import search_index
from factor_db.factors.keep.audit import altered_contents
from factor_db.factors.keep.search import Facets, matching, search_factors
from factor_db.factors.keep.search_index import add_to_index, index_faults, index_row, rebuild_index
from factor_db.factors.keep.search_terms import comparable
from factor_db.factors.keep.versions import add_factor, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.record.reference import reference_factors
from factor_db.factors.release.releases import found
from factor_db.store.search_tables import NUMBERS, IndexRow, factor_words
from factor_db.store.tables import FactorVersion
from factor_db.store.work import Store

HARD = [
    "100%_铝",
    "铝_锭 'quoted' \"twice\"",
    "ＡＬＵ ６０６１　锭",
    "a%b",
    "ß straße",
    "铝",
    "x" * 300,
    "back\\slash *star* ^hat (round) AND OR NOT",
    "𠮷铝 😀",
    "é e\u0301 \x7f铝\x01锭",
]
# Cut from the words of every fifth factor, so that questions find something.
WORDS = sorted({name for item in reference_factors()[::5] for name in (item.name_zh, item.name_en)})


OWNERS = ("park", "reference")


@dataclass(frozen=True, slots=True)
class Searched:
    """A store with its factors' index rows, sorted by reference."""

    store: Store
    rows: list[IndexRow]


def added(position: int, name: str) -> Factor:
    return Factor.model_validate(
        {
            **reference_factors()[0].record(),
            "id": f"hard.{position % 3}.{position}",
            "name_zh": name,
            "site": "" if position % 3 == 1 else "mill",
            "owner": OWNERS[position % 2],
            "data_year": 2000 + position % 4,
        }
    )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def searched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searched]:
    if request.param == "sqlite":
        yield from filled(f"sqlite:///{tmp_path_factory.mktemp('search') / 'footprint.db'}")
    else:
        with database_copy(request.getfixturevalue("postgres_server"), "template0") as url:
            yield from filled(url)


def filled(url: str) -> Iterator[Searched]:
    store = Store(url)
    found(store)
    with store.founding() as work:
        for position, name in enumerate(HARD):
            add_factor(work, added(position, name))
    with store.read() as session:
        factors = [load_factor(row) for row in session.exec(select(FactorVersion))]
    rows = sorted(
        (index_row(item, 0) for item in factors), key=lambda row: row.columns["reference"]
    )
    yield Searched(store, rows)
    store.close()


def by_reading(rows: list[IndexRow], question: str) -> list[str]:
    """Return the hashes that reading every row finds, in order."""
    wanted = comparable(question)
    ranked = []
    for row in rows:
        lines = row.columns["words"].strip("\n").split("\n")
        if all(word in row.columns["words"] for word in set(wanted.split())):
            begins = any(line.startswith(wanted) for line in lines)
            rank = 0 if not wanted or wanted in lines else 1 if begins else 2
            ranked.append((rank, row.columns["reference"], row.columns["sha256"]))
    return [sha256 for _, _, sha256 in sorted(ranked)]


def pieces() -> st.SearchStrategy[str]:
    """Questions: a piece of a name as it is, in other letters, or two pieces together."""
    texts = st.sampled_from([*WORDS, *HARD, "inv.primary_casting.glo.2015.diesel@1", "a/b"])
    cut = st.tuples(texts, st.integers(0, 60), st.integers(0, 12)).map(
        lambda got: got[0][got[1] % len(got[0]) :][: got[2]]
    )
    free = st.text(st.characters(exclude_categories=[]), max_size=4)
    one = st.one_of(cut, cut.map(str.upper), cut.map(lambda got: f"  {got}\t"), free)
    return st.one_of(one, st.tuples(cut, cut).map(" ".join))


@settings(max_examples=30, deadline=None)
@given(question=pieces())
@example(question="")
@example(question="  \t ")
@example(question="%")
@example(question="_")
@example(question="'")
@example(question='"; DROP TABLE factorwords --')
@example(question="铝")
@example(question="l")
@example(question="\0")
@example(question="\x7f铝")
@example(question="\ud800")
@example(question="铝锭 " * 2000)
@example(question=" ".join(map(str, range(3000))))
@example(question="ＡＬＵ　６０６１")
@example(question="x" * 299)
@example(question="锭 铝")
def test_hits_and_order_are_those_of_reading_every_row(searched: Searched, question: str) -> None:
    expected = by_reading(searched.rows, question)
    with searched.store.read() as session:
        assert list(matching(session, question, None, Facets())) == expected
        assert list(matching(session, question, 7, Facets())) == expected[:7]


@pytest.mark.parametrize("question", ["铝锭", "Aluminium", "inv.", "再生 recycled", "6061"])
def test_hits_are_those_of_like(searched: Searched, question: str) -> None:
    """A LIKE by the database itself, so that the words it holds are compared too."""
    likes = " AND ".join(f"words LIKE '%{word}%'" for word in comparable(question).split())
    with searched.store.read() as session:
        query = text(f"SELECT sha256 FROM factorwords WHERE {likes}")
        held = set(session.connection().scalars(query))
        assert set(matching(session, question, None, Facets())) == held
    assert held


def test_exact_comes_before_prefix_before_the_rest(searched: Searched) -> None:
    with searched.store.read() as session:
        hits = search_factors(session, "铝")
    names = [item.factor.name_zh for item in hits]
    assert names[0] == "铝"
    starts = [any(line.startswith("铝") for line in lines_of(item.factor)) for item in hits]
    assert starts == sorted(starts, reverse=True)
    assert 1 < sum(starts) < len(starts)


def lines_of(factor: Factor) -> list[str]:
    words: str = index_row(factor, 0).columns["words"]
    return words.strip("\n").split("\n")


@pytest.mark.parametrize(
    "facets",
    [
        Facets(geography="CN"),
        Facets(year=2020),
        Facets(kind="emission"),
        Facets(licence="table"),
        Facets(geography="CN", year=2020, kind="product", licence="table"),
        Facets(geography="nowhere"),
    ],
)
@pytest.mark.parametrize("question", ["", "铝", "aluminium", "电"])
def test_facets_leave_what_has_all_of_them(
    searched: Searched, question: str, facets: Facets
) -> None:
    asked = {
        "geography": facets.geography,
        "data_year": facets.year,
        "kind": facets.kind,
        "redistribution": facets.licence,
    }
    fitting = [
        row
        for row in searched.rows
        if all(row.columns[name] == value for name, value in asked.items() if value)
    ]
    with searched.store.read() as session:
        assert list(matching(session, question, None, facets)) == by_reading(fitting, question)


def test_a_status_is_looked_for_past_the_limit(searched: Searched) -> None:
    """Drafts are the ten hard ones; most hits before them are published."""
    with searched.store.read() as session:
        drafts = search_factors(session, "", limit=4, facets=Facets(status="draft"))
    assert [item.factor.ref for item in drafts] == [
        "hard.0.0@1",
        "hard.0.3@1",
        "hard.0.6@1",
        "hard.0.9@1",
    ]
    assert {item.state for item in drafts} == {"draft"}


@pytest.mark.parametrize("question", ["", "hard", "铝"])
@pytest.mark.parametrize("owner", ["", *OWNERS])
def test_field_data_of_others_are_never_hits(
    searched: Searched, monkeypatch: pytest.MonkeyPatch, owner: str, question: str
) -> None:
    monkeypatch.setattr("factor_db.factors.keep.search.visible_owner", lambda _: owner)
    mine = [
        row
        for row in searched.rows
        if not row.columns["site"] or (owner and row.columns["owner"] == owner)
    ]
    assert len(mine) < len(searched.rows)
    with searched.store.read() as session:
        assert list(matching(session, question, None, Facets())) == by_reading(mine, question)


def test_synonyms_and_spellings_find_the_same_ingots(searched: Searched) -> None:
    ingots = {
        item.ref for item in reference_factors() if item.flow in ("primary_ingot", "recycled_ingot")
    }
    assert len(ingots) > 10
    with searched.store.read() as session:
        for question in ("铝锭", "aluminium ingot", "aluminum ingot", "ingot"):
            hits = {item.factor.ref for item in search_factors(session, question)}
            assert ingots <= hits, question
            assert {ref for ref in hits if ref.startswith("result.")} == ingots, question


def test_numbers_grow_with_the_reference_however_factors_come(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for eight between neighbours every few factors need the numbers spread again."""
    monkeypatch.setattr(search_index, "_ROOM", 8)
    monkeypatch.setattr(search_index, "_NEIGHBOURS", 2)
    monkeypatch.setattr(search_index, "NUMBERS", 2**13)
    store = Store(store_url)
    order = [*range(30), *range(90, 29, -1), *random.Random(7).sample(range(91, 140), 49)]
    with store.founding() as work:
        rebuild_index(work.session)
        for position in order:
            factor = added(position, f"名称 {position}")
            named = {**factor.record(), "id": f"many.{position:03d}"}
            add_factor(work, Factor.model_validate(named))
    with store.read() as session:
        query = select(factor_words.c.number).order_by(factor_words.c.reference)
        numbers = list(session.connection().scalars(query))
        hits = [item.factor.ref for item in search_factors(session, "many.")]
        assert index_faults(session) == []
    store.close()
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < NUMBERS
    assert hits == [f"many.{position:03d}@1" for position in range(140)]


CHANGES = {
    "words": "UPDATE factorwords SET words = words || 'x' WHERE reference = :ref",
    "a facet": "UPDATE factorwords SET geography = 'XX' WHERE reference = :ref",
    "row gone": "DELETE FROM factorwords WHERE reference = :ref",
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_the_audit_names_what_the_index_holds_wrongly(store_url: str, change: str) -> None:
    store = Store(store_url)
    factor = reference_factors()[3]
    with store.founding() as work:
        work.session.connection().execute(text(CHANGES[change]), {"ref": factor.ref})
    with store.read() as session:
        assert index_faults(session) == [factor.sha256]
        named = [(item.kind, item.subject) for item in altered_contents(session)]
    assert named == [("search", factor.sha256)]
    with store.founding() as work:
        rebuild_index(work.session)
        assert index_faults(work.session) == []
    store.close()


def test_the_audit_names_lost_terms(store_url: str) -> None:
    """The row is whole, but no question leads to it any more."""
    store = Store(store_url)
    factor = reference_factors()[3]
    with store.founding() as work:
        forget_terms(work.session, factor)
        assert index_faults(work.session) == [factor.sha256]
        assert factor.sha256 not in set(matching(work.session, factor.name_en, None, Facets()))
    store.close()


def forget_terms(session: Session, factor: Factor) -> None:
    connection = session.connection()
    query = select(factor_words.c.number).where(factor_words.c.sha256 == factor.sha256)
    number = connection.scalar(query)
    if connection.dialect.name == "postgresql":
        statement = "UPDATE factorwords SET terms = '{}' WHERE number = :number"
        connection.execute(text(statement), {"number": number})
        return
    terms = " ".join(f"{term:x}" for term in index_row(factor, 0).terms)
    statement = "INSERT INTO factorgrams(factorgrams, rowid, terms) VALUES ('delete', :number, :t)"
    connection.execute(text(statement), {"number": number, "t": terms})


def test_a_store_whose_index_is_behind_is_indexed_when_opened(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version's synonyms make another form; the factors stay as they are."""
    store = Store(store_url)
    words = {**search_index._flow_words(), "electricity": ("外购电力", "grid juice")}
    monkeypatch.setattr(search_index, "_flow_words", lambda: words)
    search_index._form.cache_clear()
    try:
        with store.read() as session:
            assert search_factors(session, "grid juice") == []
        assert not found(store)
        with store.read() as session:
            assert search_factors(session, "grid juice")
    finally:
        search_index._form.cache_clear()
    store.close()


def test_a_factor_is_found_in_the_work_that_stores_it(store_url: str, tmp_path: Path) -> None:
    store = Store(store_url)
    with store.founding() as work:
        add_factor(work, added(1, "独一无二"))
        assert [item.factor.ref for item in search_factors(work.session, "一无")] == ["hard.1.1@1"]
        add_to_index(work.session, [])
    store.close()
