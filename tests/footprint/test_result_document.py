"""A result is one typed document: read from JSON whole or refused at the place of its fault.

System: the three demo results, the hand-made document of the certificates' tests, and a certificate
of commit 41857a7. The law, of any one change to a sound document (a leaf of another kind, a key
left out, a key added): either it is refused at the place that was changed, or it says something
else that is written back as it was read. Nothing is dropped, coerced or filled in.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from factor_db.foundation.canonical import canonical_json, content_hash, decimal_text
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.cli.main import main
from footprint.publish.schema import FOLDER, SCHEMAS, schema_text
from footprint.result.difference import first_difference
from footprint.result.document import read_result
from footprint.result.record import Exact
from footprint.study.definition import default_study
from footprint.study.examples import EXAMPLES
from tests.certificate.certificate_document import calculation

ROOT = Path(__file__).parents[2]
EDITION_2 = ROOT / "tests" / "certificate" / "data" / "edition2" / "certificate.json.gz"
PRODUCTS = [product for product, _, _ in EXAMPLES]
# One of each kind of JSON; 1 and true, "1" and 1 are kinds of their own.
KINDS: tuple[Any, ...] = ("no such thing", 7, True, None, 1.5, [], {}, ["x"], {"x": "y"}, "", "01")
PUBLISHED = ("result.primary.world.iai.2022", "result.primary.na.aa2010.ar4")
AGAINST = ("--against", "extrusion", "--sobol")
Place = tuple[str | int, ...]
Document = dict[str, Any]
# Rows of one table are of one kind: the first and the last stand for all.
ENDS = (0, -1)


@pytest.fixture(scope="module")
def demo(demo_store: Store) -> dict[str, Document]:
    with demo_store.read() as session:
        return {
            product: calculate_study(session, default_study(product), samples=150).document
            for product in PRODUCTS
        }


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value of a document, of long lists the ends alone."""
    if place:
        yield place
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*place, name))
    elif isinstance(value, list) and value:
        for end in sorted({end % len(value) for end in ENDS}):
            yield from places(value[end], (*place, end))


def at(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document


def dotted(place: Place) -> str:
    return ".".join(map(str, place))


def holds(changed: Document, place: Place) -> None:
    """The law at one place: refused there, or read and written back as it is."""
    fault = fault_of(changed)
    if fault is None:
        assert first_difference(read_result(changed).record(), changed) == "", place
        return
    assert fault.code == "RESULT_FAULTS", (place, fault)
    field = str(fault.params["field"])
    assert dotted(place).startswith(field) or field.startswith(dotted(place)), (place, field)
    assert field in str(fault.params["faults"])


def fault_of(content: Document) -> BadInput | None:
    try:
        read_result(content)
    except BadInput as fault:
        return fault
    return None


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_result_is_read_back_as_it_was_written(demo: dict[str, Document], product: str) -> None:
    sent = canonical_json(demo[product])
    found = read_result(json.loads(sent))
    assert canonical_json(found.record()) == sent
    content = {name: item for name, item in found.record().items() if name != "calculation"}
    assert found.calculation == content_hash("calculation", content)
    assert read_result(found.record()) == found


def test_a_calculation_of_an_earlier_edition_is_written_back_byte_for_byte() -> None:
    signed = json.loads(gzip.decompress(EDITION_2.read_bytes()))
    document = signed["credentialSubject"]["calculation"]
    assert "model" not in document["inputs"]
    assert canonical_json(read_result(document).record()) == canonical_json(document)


def test_every_leaf_and_key_of_a_small_document_is_read_strictly() -> None:
    whole = calculation()
    del whole["inputs"]["model"]  # large, and changed at random below
    for place in places(whole):
        changed = deepcopy(whole)
        inner = at(changed, place[:-1])
        kept = inner[place[-1]]
        for other in KINDS:
            inner[place[-1]] = other
            holds(changed, place)
        inner[place[-1]] = kept
        if isinstance(kept, dict):
            kept["not_a_field"] = "x"
            holds(changed, (*place, "not_a_field"))
            del kept["not_a_field"]
        if isinstance(inner, dict):
            del inner[place[-1]]
            holds(changed, place)


# What a change does to a place: another kind there, the place left out, a key added beside it.
CHANGES = (*KINDS, "left out", "added")


@given(
    product=st.sampled_from(PRODUCTS),
    part=st.floats(0, 1, exclude_max=True),
    change=st.integers(0, len(CHANGES) - 1),
)
def test_any_change_of_a_large_document_is_refused_at_its_place_or_kept(
    demo: dict[str, Document], product: str, part: float, change: int
) -> None:
    changed = deepcopy(demo[product])
    all_places = [*places(changed)]
    place = all_places[int(part * len(all_places))]
    around = at(changed, place[:-1])
    match CHANGES[change]:
        case "left out" if isinstance(around, dict):
            del around[place[-1]]
        case "added" if isinstance(around, dict):
            place = (*place[:-1], "not_a_field")
            around["not_a_field"] = "x"
        case other:
            around[place[-1]] = other
    holds(changed, place)


@pytest.mark.parametrize(
    ("place", "other", "named"),
    [
        (("inputs", "pins", 3, "factor", "data_year"), "", "inputs.pins.3.factor.data_year"),
        (("inputs", "pins", 3, "slot", "flow"), 7, "inputs.pins.3.slot.flow"),
        (("inputs", "pins", 3, "parts"), [{"share": "1"}], "inputs.pins.3.parts.0.factor"),
        (("inputs", "model", "others"), [], "inputs.model"),
    ],
)
def test_a_fault_deep_inside_is_named_there(
    demo: dict[str, Document], place: Place, other: Any, named: str
) -> None:
    """A pin's fault was once named without `factor`, a model's at another part of it."""
    changed = deepcopy(demo["extrusion"])
    at(changed, place[:-1])[place[-1]] = other
    fault = fault_of(changed)
    assert fault is not None
    assert fault.params["field"] == named


def test_every_fault_is_named_at_its_place_in_both_languages() -> None:
    faulty = calculation()
    faulty["total"]["value"] = 9.187645
    faulty["contributions"][2]["kg_co2e"] = "1e3"
    del faulty["site"]["uscc"]
    faulty["certified_by"] = "x"
    with pytest.raises(BadInput) as caught:
        read_result(faulty)
    assert (caught.value.code, caught.value.params["count"]) == ("RESULT_FAULTS", 4)
    for lang in LANGUAGES:
        said = error_text(caught.value, lang)
        for field in ("total.value", "contributions.2.kg_co2e", "site.uscc", "certified_by"):
            assert field in said


@pytest.mark.parametrize("strange", [7, "x", None, [], {"slot": "y"}])
def test_what_is_no_document_at_all_is_refused(strange: Any) -> None:
    for content in (strange, calculation(unused_field_data=strange, coverage=strange)):
        with pytest.raises(BadInput, match="RESULT_FAULTS"):
            read_result(content)


# ---- the schema ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_kept_is_that_of_the_types(name: str) -> None:
    """Made anew by `python -m footprint.publish.schema`."""
    assert (ROOT / FOLDER / name).read_text(encoding="utf-8") == schema_text(name)


def validator(name: str) -> Draft202012Validator:
    schema: Mapping[str, Any] = json.loads((ROOT / FOLDER / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(("result.json", ("calculate", product)) for product in PRODUCTS),
        ("account.json", ("account", "CQ-PLATE")),
        ("compare.json", ("compare", *PUBLISHED, "--convert")),
        ("benchmark.json", ("benchmark", "plate", "--samples", "0")),
        ("lab.json", ("lab", "extrusion", "--vary", "gwp_set")),
        ("uncertainty.json", ("uncertainty", "plate", "--samples", "150", *AGAINST)),
    ],
)
def test_what_the_commands_write_is_of_the_schema(
    name: str,
    arguments: tuple[str, ...],
    demo_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    with pytest.raises(SystemExit):
        main([*arguments, "--json"])
    written = json.loads(capsys.readouterr().out)
    of_schema = validator(name)
    of_schema.validate(written)
    # A decimal as a number, or a field nobody knows, is none of it.
    for changed in ({**written, "not_a_field": 1}, {**written, "period": {"start": 2025}}):
        assert not of_schema.is_valid(changed)


def test_what_verify_writes_is_of_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "certificate.json"
    file.write_bytes(gzip.decompress(EDITION_2.read_bytes()))
    with pytest.raises(SystemExit):
        main(["verify", str(file), "--json"])
    written = json.loads(capsys.readouterr().out)
    validator("verify.json").validate(written)
    assert {check["ok"] for check in written["checks"]} == {True, False, None}
    assert not validator("verify.json").is_valid({**written, "valid": "no"})


_EXACT: TypeAdapter[Decimal] = TypeAdapter(Exact)
_OF_DECIMALS = Draft202012Validator(_EXACT.json_schema())


@given(st.one_of(st.decimals(allow_nan=False, allow_infinity=False, places=6).map(str),
                 st.from_regex(r"-?[0-9]{0,3}(\.[0-9]{0,3})?", fullmatch=True)))  # fmt: skip
@example("-0")
@example("0.0")
@example("007")
def test_schema_and_reader_know_the_same_decimals(text: str) -> None:
    try:
        found = _EXACT.validate_python(text)
    except ValidationError:
        assert not _OF_DECIMALS.is_valid(text) or abs(Decimal(text).adjusted()) > 40
    else:
        assert _OF_DECIMALS.is_valid(text)
        assert decimal_text(found) == text
