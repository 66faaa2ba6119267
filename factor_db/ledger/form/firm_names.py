"""Names of firms as they are compared: who delivered, to whom scrap was sold. PCF-SUPPLY-001."""

from __future__ import annotations

from factor_db.foundation.rules import rule
from factor_db.ledger.form.vocabulary import normal_text

RULE = "PCF-SUPPLY-001"


def bare_name(name: str) -> str:
    """Return a firm's name as it is compared: no legal form, no blanks or marks, small letters."""
    text = "".join(sign for sign in normal_text(name) if sign.isalnum())
    forms = rule(RULE).items("legal_forms")
    while shorter := next((text[: -len(f)] for f in forms if text.endswith(f)), ""):
        text = shorter
    return text
