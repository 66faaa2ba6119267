"""From texts to search terms: comparable words, and the numbers that an index of them holds.

Chinese is cut into single characters and pairs, everything else into triples, so that any text of
one Chinese character or three letters is found wherever it stands, as a LIKE would, without
reading every row. Whole lines and their beginnings are terms too. A term is a hash of 32 bits: it
only leads to rows, whose words are then compared.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import lru_cache

# Runs of ASCII, and runs of anything else; a space parts words and is in no term.
_RUNS = re.compile(r"[\x21-\x7f]+|[^\x00-\x7f\s]+")
# Beginnings of these many characters are terms.
_BEGINNINGS = (1, 2, 4, 8)
# More terms than this make a question slower and no more exact.
_ENOUGH = 12


def comparable(text: str) -> str:
    """Return a text as it is compared: full-width folded, lower case, single spaces."""
    # Neither a NUL nor half a character pair can be stored by both databases.
    storable = text.replace("\0", " ").encode("utf-8", "replace").decode()
    return " ".join(unicodedata.normalize("NFKC", storable).casefold().split())


def term_of(text: str) -> int:
    """Return the number of a term."""
    return zlib.crc32(text.encode())


@lru_cache(maxsize=100_000)
def _gram_term(gram: str) -> int:
    return term_of(f"*{gram}")


@lru_cache(maxsize=10_000)
def terms_of_line(line: str) -> frozenset[int]:
    """Return all terms of a comparable line."""
    starts = {term_of(f"^{line[:size]}") for size in _BEGINNINGS if size <= len(line)}
    grams = set().union(*(_grams(run, (1, 2)) for run in _RUNS.findall(line)))
    return terms_of_whole(line).union(starts, map(_gram_term, grams))


def terms_of_whole(line: str) -> frozenset[int]:
    """Return the term that only this line has."""
    return frozenset({term_of(f"={line}")})


def terms_of_beginning(text: str) -> frozenset[int]:
    """Return terms that every line has that begins with a comparable text."""
    longest = max(size for size in _BEGINNINGS if size <= len(text))
    return terms_within(text) | {term_of(f"^{text[:longest]}")}


def terms_within(text: str) -> frozenset[int]:
    """Return terms that every line has that holds a comparable text; none for a very short one."""
    runs = _RUNS.findall(text)
    # Pairs say all that their single characters would.
    grams = {gram for run in runs for gram in _grams(run, (min(len(run), 2),))}
    return frozenset(sorted(map(_gram_term, grams))[:_ENOUGH])


def _grams(run: str, sizes: tuple[int, ...]) -> set[str]:
    sizes = (3,) if run[0].isascii() else sizes
    return {run[at : at + size] for size in sizes for at in range(len(run) - size + 1)}
