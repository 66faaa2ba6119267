"""Issuing a certificate of the result on the page: what it will say, the signature, the files."""

from __future__ import annotations

import streamlit as st

from factor_db.foundation.names import name_or_code
from footprint.certificate.period import is_year, months_covered
from footprint.figures.blocked import blocking_reasons
from footprint.result.document import ResultDocument
from footprint.ui import address, services
from footprint.ui.calculate.choices import PAGE
from footprint.ui.calculate.interval_view import interval_text
from footprint.ui.downloads import certificate_downloads
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.links import CERTIFICATES, link
from footprint.ui.request import Request
from footprint.ui.tables import fields
from footprint.words.names import figure

_ISSUED = address.key(PAGE, "issued")


# Drawn alone: a tick here must not draw the whole result again, and lose the open tab.
@st.fragment
@guarded
def show_issuing(document: ResultDocument, request: Request) -> None:
    """Show what the certificate will say, and issue it; or say why there is none."""
    if blocking_reasons(document):
        st.info(say("ISSUING_BLOCKED"))
        return
    st.caption(say("ISSUING_INTRO"))
    lang, site, period = current(), document.site, document.period
    issuer = services.issuer_name(illustrative=document.illustrative)
    fields(
        {
            "PRODUCT": name_or_code("product", document.product, lang),
            "FOOTPRINT": say("ISSUING_FOOTPRINT", value=figure(document.total.value)),
            "INTERVAL": interval_text(document),
            "HOLDER": site.organisation_zh if lang == "zh" else site.organisation_en,
            "SITE": f"{site.code} · {site.region}",
            "PERIOD": f"{period.start} – {period.end}",
            "REVIEW": services.review_words(document, lang),
            "ISSUER": issuer,
        }
    )
    if document.total.interval is None:
        st.caption(say("ISSUING_NO_INTERVAL"))
    is_short = not is_year(period)
    agreed = not is_short or _ticked("ISSUING_SHORT", document, months=months_covered(period))
    new_issuer = "" if issuer else st.text_input(say("ISSUING_NAME"), max_chars=80).strip()
    agreed = agreed and bool(issuer or new_issuer)
    looked = _ticked("ISSUING_CHECKED", document)
    # The button names its question: what was issued for another one is not shown here.
    name = st.session_state.get(_ISSUED, {}).get(document.calculation, "")
    if st.button(say("ISSUING_SIGN"), type="primary", disabled=not (looked and agreed)):
        with st.spinner(say("ISSUING_SIGNING")):
            name = services.certify(
                request, document.calculation, short_period=is_short, new_issuer=new_issuer
            )
        st.session_state[_ISSUED] = {document.calculation: name}
    if name:
        st.success(say("ISSUING_DONE", certificate=name))
        stem = f"{document.product}-{name[-8:]}"
        certificate_downloads(services.certificate_files(name), key="issued", stem=stem)
        link(CERTIFICATES, say("ISSUING_ALL"))


def _ticked(code: str, document: ResultDocument, **params: object) -> bool:
    """Show a box that is of one result: a tick does not stand for the next one."""
    return st.checkbox(say(code, **params), key=f"{code}-{document.calculation}")
