"""What a result document says of its data, in words: what is left unsaid, which origins were typed.

One wording for the command line, the pages, the report and the certificate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.messages import Language, text
from factor_db.foundation.names import name
from factor_db.ledger.form.vocabulary import vocabulary
from footprint.result.document import ResultDocument
from footprint.result.tables import OriginLine
from footprint.words.names import flow_name

_PERCENT = Decimal(100)
_METAL = "metal"


def unstated_line(document: ResultDocument, lang: Language) -> str:
    """Return one line with the shares left unsaid; empty where all is said."""
    shown = [
        f"{name('unstated', item, lang)} {percent_words(share)}"
        for item, share in document.quality.unstated.items()
        if share
    ]
    return text("RESULT_UNSTATED", lang, shares=", ".join(shown)) if shown else ""


def origin_lines(document: ResultDocument, lang: Language) -> list[str]:
    """Return a line for each bought metal with a typed origin; none in older documents."""
    return [
        text("RESULT_ORIGINS", lang, flow=flow_name(item.flow, lang), origins=shares)
        for item, shares in typed_origins_in(document, lang)
    ]


def typed_origins_in(document: ResultDocument, lang: Language) -> Iterator[tuple[OriginLine, str]]:
    """Yield each bought metal of the origin table with its typed origins and shares in words."""
    groups: dict[tuple[str, str], list[OriginLine]] = defaultdict(list)
    for item in document.origins:
        known = vocabulary().flows.get(item.flow)
        if known is not None and known.category == _METAL:
            groups[item.process, item.flow].append(item)
    for items in groups.values():
        shown = (
            f"{item.origin or text('ORIGIN_NOT_TYPED', lang)} {percent_words(item.share)}"
            for item in items
        )
        yield items[0], ", ".join(shown)


def percent_words(share: Decimal) -> str:
    """Return a share, 0 to 1, in percent with one digit."""
    return f"{EXACT.multiply(share, _PERCENT):.1f} %"
