"""A result as a standard looks at it: on the page as on paper, and as a file."""

from __future__ import annotations

import re
from functools import partial

import streamlit as st

from footprint.result.document import ResultDocument
from footprint.ui import address
from footprint.ui.calculate.choices import PAGE
from footprint.ui.controls import choice
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.views.files import view_file
from footprint.views.markdown import markdown
from footprint.views.registry import view_of

_KEY = partial(address.key, PAGE)
TITLES = {
    "iso14067": "REPORT_ISO14067",
    "cbam": "REPORT_CBAM",
    "pact": "REPORT_PACT",
    "gbt44905": "REPORT_GBT44905",
    "iai": "REPORT_IAI",
}
# What a standard asks of whoever declares; empty is left out.
_ASKED = {
    "cbam": {"cn": "REPORT_CN", "year": "REPORT_YEAR", "import_quarter": "REPORT_QUARTER"},
    "pact": {"company_id": "REPORT_COMPANY", "product_id": "REPORT_PRODUCT"},
}
_FORMS = {
    ".pdf": ("REPORT_PDF", "application/pdf"),
    ".md": ("REPORT_MD", "text/markdown"),
    ".json": ("REPORT_JSON", "application/json"),
}
_OF_PRIMARY = ("gbt44905", "iai")
_HEADING = re.compile(r"^#", re.MULTILINE)


# Drawn alone: another standard must not draw the whole result again, and lose the open tab.
@st.fragment
@guarded
def show_reports(document: ResultDocument) -> None:
    """Show a result by a standard, with its files; what the standard refuses is said in words."""
    is_primary = document.product.startswith("primary")
    titles = {
        standard: say(code)
        for standard, code in TITLES.items()
        if is_primary or standard not in _OF_PRIMARY
    }
    standard = choice(say("REPORT_STANDARD"), titles, key=_KEY("standard"), first="iso14067")
    asked = _asked(standard)
    if document.illustrative and standard == "pact":
        asked["allow_illustrative"] = "yes"
    view, lang = view_of(document, standard, **asked), current()
    stem = f"{document.product}-{standard}-{document.calculation[:8]}"
    with st.container(horizontal=True):
        for suffix, (label, mime) in _FORMS.items():
            st.download_button(
                say(label),
                partial(view_file, view, suffix, lang),
                file_name=f"{stem}{suffix}",
                mime=mime,
                on_click="ignore",
                key=_KEY(f"report{suffix}"),
            )
    with st.container(border=True):
        st.markdown(_HEADING.sub("###", markdown(view, lang)))


def _asked(standard: str) -> dict[str, str]:
    fields = _ASKED.get(standard, {})
    if not fields:
        return {}
    typed = {
        name: column.text_input(say(label), key=_KEY(f"report-{name}")).strip()
        for column, (name, label) in zip(st.columns(len(fields)), fields.items(), strict=True)
    }
    return {name: value for name, value in typed.items() if value}
