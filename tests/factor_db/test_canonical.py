"""Canonical bytes, decimals and hashes.

System under test: factor_db.foundation.canonical.
By hand: 1.50 and 1.5 are one number, so one text "1.5"; keys sort by code point, so
{"b": 1, "a": "é"} is {"a":"é","b":1}; a kind separates equal contents.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from factor_db.foundation.canonical import (
    canonical_json,
    content_hash,
    decimal_text,
    decimal_value,
    plain,
    strict_json,
)
from factor_db.foundation.errors import BadInput

DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**12), max_value=10**12
)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.50", "1.5"), ("100", "100"), ("1E+3", "1000"), ("-0.0", "0"), ("0.000001", "0.000001")],
)
def test_a_decimal_has_one_notation(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@given(DECIMALS)
def test_a_decimal_survives_its_text(value: Decimal) -> None:
    assert decimal_value(decimal_text(value)) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "abc", "", "1,5", "0x10"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        decimal_value(text)


def test_keys_are_sorted_and_text_stays_utf8() -> None:
    assert (
        canonical_json({"b": 1, "a": "é", "c": Decimal("1.50")})
        == '{"a":"é","b":1,"c":"1.5"}'.encode()
    )


def test_a_binary_float_never_enters_a_hash() -> None:
    with pytest.raises(TypeError):
        canonical_json({"value": 0.1})


def test_kinds_never_share_a_hash() -> None:
    assert content_hash("factor", {"a": 1}) != content_hash("release", {"a": 1})


@given(st.dictionaries(st.text(), DECIMALS))
def test_order_of_keys_does_not_change_the_hash(content: dict[str, Decimal]) -> None:
    turned = dict(reversed(content.items()))
    assert content_hash("x", content) == content_hash("x", turned)


@pytest.mark.parametrize("data", [b'{"a":1,"a":2}', b'{"a":NaN}', b"{", b"\xff", b"[" * 100_000])
def test_loose_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        strict_json(data)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | DECIMALS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


@given(CONTENTS)
def test_the_fast_writer_gives_the_bytes_of_the_reference_implementation(content: object) -> None:
    assert canonical_json(content) == rfc8785.dumps(plain(content))


def test_keys_beyond_the_first_plane_sort_by_their_utf_16_units() -> None:
    # U+1F600 is D83D DE00 in UTF-16 and so stands before U+FB33, which has the lower code point.
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_an_integer_that_not_every_reader_keeps_is_refused() -> None:
    assert canonical_json(2**53 - 1) == b"9007199254740991"
    with pytest.raises(ValueError, match="9007199254740992"):
        canonical_json(2**53)


@pytest.mark.parametrize("digits", ["1E40", "9.99E40", "1E-40", "-1E40"])
def test_a_number_of_forty_places_is_read(digits: str) -> None:
    assert decimal_value(digits) == Decimal(digits)


@pytest.mark.parametrize("digits", ["1E41", "10E40", "1E-41", "-1E41", "1" + "0" * 41])
def test_a_number_beyond_forty_places_is_refused(digits: str) -> None:
    with pytest.raises(BadInput, match="NUMBER_OUT_OF_BOUNDS"):
        decimal_value(digits)
