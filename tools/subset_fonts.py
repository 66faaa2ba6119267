"""Make the two vendored subset fonts out of Noto Sans CJK SC; run once, by hand.

    python -m venv /tmp/fonts && /tmp/fonts/bin/pip install fonttools
    /tmp/fonts/bin/python subset_fonts.py FOLDER_WITH_NotoSansCJK_TTC footprint/certificate/fonts

Source: Debian package fonts-noto-cjk 1:20220127 (Noto Sans CJK 2.004, SIL OFL 1.1, see OFL.txt).
Regular covers GBK, because company names use characters outside GB2312; Bold covers the 6763
characters of GB2312 and a rarer bold character falls back to Regular (typst does so by
itself). Made with fonttools 4.68.0; the same source and version give the same files.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

FACE_SC = 2  # index of "Noto Sans CJK SC" inside the collection
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x391, 0x3CA)]
SYMBOLS = "–—‘’“”…‰′″※←↑→↓−√≈≠≤≥×÷·•■□▲△●○★☆✓①②③④⑤⑥⑦⑧⑨⑩℃㎡㎏" + chr(0xFFFD)
PUNCTUATION = [*range(0x3000, 0x3020), *range(0xFF01, 0xFF5F), 0xFFE5]


def characters(encoding: str, leads: range) -> set[int]:
    """Return the code points under some lead bytes of an encoding, with Latin and symbols."""
    found = {*LATIN, *PUNCTUATION, *map(ord, SYMBOLS)}
    for lead in leads:
        for trail in range(0x40, 0xFF):
            try:
                found.update(map(ord, bytes([lead, trail]).decode(encoding)))
            except UnicodeDecodeError:
                continue
    # Private-use characters stand in GBK without an agreed shape.
    return {code for code in found if not 0xE000 <= code < 0xF900}


def subset(source: Path, target: Path, unicodes: set[int]) -> None:
    """Write one OpenType (CFF) subset without layout features a certificate never uses."""
    fonttools_subset = import_module("fontTools.subset")  # no dependency of the product

    options = fonttools_subset.Options()
    options.font_number = FACE_SC
    options.layout_features = ["kern", "mark"]  # `locl` would pull in every Japanese form
    options.hinting = False
    options.desubroutinize = False
    options.recalc_timestamp = False
    options.name_IDs = ["*"]
    font = fonttools_subset.load_font(str(source), options)
    maker = fonttools_subset.Subsetter(options=options)
    maker.populate(unicodes=unicodes)
    maker.subset(font)
    fonttools_subset.save_font(font, str(target), options)


GBK = characters("gbk", range(0x81, 0xFF))
GB2312 = characters("gb2312", range(0xB0, 0xF8))


if __name__ == "__main__":
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    subset(folder / "NotoSansCJK-Regular.ttc", out / "NotoSansSC-Regular.otf", GBK)
    subset(folder / "NotoSansCJK-Bold.ttc", out / "NotoSansSC-Bold.otf", GB2312)
