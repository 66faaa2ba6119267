"""Make the two fonts that the pages serve out of those of the certificate; run once, by hand.

    python -m venv /tmp/fonts && /tmp/fonts/bin/pip install fonttools brotli
    /tmp/fonts/bin/python -m tools.page_fonts footprint/certificate/fonts footprint/ui/app/static

A reader's machine without a Chinese font would show boxes. Both weights cover GB2312, as WOFF2;
a rarer character is drawn by the reader's own font. Made with fonttools 4.68.0.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from tools.subset_fonts import GB2312

WEIGHTS = ("Regular", "Bold")


def main(source: Path, target: Path) -> None:
    """Write `NotoSansSC-WEIGHT.woff2` for each weight."""
    fonttools_subset = import_module("fontTools.subset")  # no dependency of the product
    options = fonttools_subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "mark"]
    options.hinting = False
    options.recalc_timestamp = False
    target.mkdir(parents=True, exist_ok=True)
    for weight in WEIGHTS:
        font = fonttools_subset.load_font(str(source / f"NotoSansSC-{weight}.otf"), options)
        maker = fonttools_subset.Subsetter(options=options)
        maker.populate(unicodes=GB2312)
        maker.subset(font)
        written = str(target / f"NotoSansSC-{weight}.woff2")
        fonttools_subset.save_font(font, written, options)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
