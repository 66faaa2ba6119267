"""CSV without a quote: each line is a record and each comma ends a field, whatever else it says.

A list of deliveries mostly is of this kind, and splitting lines takes a third of the time of a CSV
parser. Everything else goes through the standard library's parser; both give the same records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

# In these, a byte below 0x30 is always that ASCII character (RFC 3629, GB 18030-2022).
_BOM = {"utf-8-sig": 3}
_CODECS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "gb18030": "gb18030"}
_PIECE = 1 << 19
_COMMENT = re.compile(rb"^[, \t]*#", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Lines that need no further look: where they end in the bytes, and how many they are."""

    end: int
    count: int


def is_plain(data: bytes, codec: str) -> bool:
    """Tell whether a file has no quotes and no line ends but LF and CR LF."""
    if codec not in _CODECS or b'"' in data:
        return False
    return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")


def plain_records(data: bytes, codec: str, start: int = 0, behind: str = "") -> Iterable[list[str]]:
    """Return the fields of each line of a plain file from a byte on, the start of a line.

    `behind` is put behind every line before it is split.
    """
    lines = chain.from_iterable(
        text.split("\n") for text in _texts(data, codec, start or _BOM.get(codec, 0), behind)
    )
    return map(str.split, lines, repeat(","))


def line_start(data: bytes, line: int) -> int:
    """Return the byte at which a line of a plain file begins, lines counted from 1."""
    position = 0
    for _ in range(line - 1):
        position = data.find(b"\n", position) + 1
    return position


def plain_rows(data: bytes, start: int, longest: int, columns: int) -> PlainRows:
    """Return the lines from a byte on up to the first comment, or piece with a line beyond bounds.

    Bounds: bytes in a line (`longest`) and fields of it (`columns`).
    """
    end, count = start, 0
    for first, last in _pieces(data, start):
        piece = data[first:last]
        comment = _COMMENT.search(piece) if b"#" in piece else None
        if comment:
            piece = piece[: comment.start()]
        lines = piece.removesuffix(b"\n").split(b"\n") if piece else []
        if lines and max(map(len, lines)) > longest:
            break
        if lines and max(map(bytes.count, lines, repeat(b","))) >= columns:
            break
        end, count = first + len(piece), count + len(lines)
        if comment:
            break
    return PlainRows(end, count)


def _pieces(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield the ends of pieces of whole lines."""
    while start < len(data):
        end = data.rfind(b"\n", start, start + _PIECE) + 1
        end = end or data.find(b"\n", start) + 1 or len(data)
        yield start, end
        start = end


def _texts(data: bytes, codec: str, start: int, behind: str) -> Iterator[str]:
    for first, last in _pieces(data, start):
        text = data[first:last].decode(_CODECS[codec]).removesuffix("\n")
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        yield text.replace("\n", f"{behind}\n") + behind if behind else text
