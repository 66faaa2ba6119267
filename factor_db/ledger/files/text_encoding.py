"""Which encoding a text file is in: UTF-8, GB18030 or UTF-16, told from its bytes or not at all.

The same bytes always give the same answer, and nothing is read on a chance: what two encodings
could have written in different words is refused. Sources: RFC 3629, GB 18030-2022, RFC 2781.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter

_UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_CHUNK = 1 << 20
# Characters beyond these many are not looked at: a file is in one encoding from end to end.
_SAMPLE = 200_000
# GB 2312 holds what people write; a text of another encoding read as GB18030 scatters over the
# rare characters. EJ: names and units may add a few of those.
_LEAST_COMMON_SHARE = 0.9
# Control, unassigned and private characters stand in no table anybody typed.
_NEVER_TYPED = {"Cc", "Cn", "Co", "Cs"}


def encoding_of(data: bytes) -> str | None:
    """Return the codec of a text file, None when it is no text or can't be decided."""
    if data.startswith(_UTF_32_MARKS):
        return None
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return codec if _decodes(data, codec) else None
    if b"\x00" in data[:_HEAD]:
        wide = [codec for codec in ("utf-16-le", "utf-16-be") if _is_wide_text(data, codec)]
        return wide[0] if len(wide) == 1 else None
    if _decodes(data, "utf-8"):
        return "utf-8"
    return "gb18030" if _decodes(data, "gb18030") and _is_common_chinese(data) else None


def _decodes(data: bytes, codec: str) -> bool:
    """Tell whether all bytes can be decoded, piece by piece."""
    decoder = codecs.getincrementaldecoder(codec)()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(bytes(view[start : start + _CHUNK]))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_wide_text(data: bytes, codec: str) -> bool:
    """Tell whether UTF-16 in one byte order gives lines of typed text.

    In the wrong order a line feed becomes U+0A00, which no script uses.
    """
    head = data[:_HEAD].decode(codec, errors="ignore")
    is_table = "\n" in head and ("," in head or ":" in head)
    return is_table and _only_typed(head) and _decodes(data, codec)


def _only_typed(text: str) -> bool:
    return not any(unicodedata.category(char) in _NEVER_TYPED for char in set(text) - set("\t\r\n"))


def _is_common_chinese(data: bytes) -> bool:
    """Tell whether what is not ASCII is nearly all common Chinese, as GB18030."""
    counts: Counter[str] = Counter()
    decoder = codecs.getincrementaldecoder("gb18030")()
    for start in range(0, len(data), _CHUNK):
        text = decoder.decode(data[start : start + _CHUNK])
        counts.update(char for char in text if not char.isascii())
        if counts.total() > _SAMPLE:
            break
    common = sum(count for char, count in counts.items() if _is_telling(char))
    return _only_typed("".join(counts)) and common >= _LEAST_COMMON_SHARE * counts.total()


def _is_telling(char: str) -> bool:
    """Tell whether a character is common Chinese, or of the four-byte form only GB18030 has."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return len(char.encode("gb18030")) == 4
    return True
