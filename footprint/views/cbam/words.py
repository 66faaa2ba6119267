"""Words and numbers of the CBAM view: catalogue texts in both languages, figures for reading."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.messages import LANGUAGES
from footprint.certificate.words import vocabulary_name, words

__all__ = ["joined", "plain", "shown", "vocabulary_name", "words"]
_READ_TO = Decimal("0.000001")


def plain(text: str) -> dict[str, str]:
    """Return a text that is the same in both languages."""
    return dict.fromkeys(LANGUAGES, text)


def joined(*parts: Mapping[str, str]) -> dict[str, str]:
    """Return several words as one label, in both languages."""
    return {lang: " · ".join(part[lang] for part in parts) for lang in LANGUAGES}


def shown(value: Decimal) -> str:
    """Return a number for reading, to six decimals; the figure itself keeps every digit."""
    return decimal_text(value.quantize(_READ_TO, context=EXACT))
