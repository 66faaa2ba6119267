"""The Streamlit entry: navigation and the language switch, nothing else."""

from __future__ import annotations

import streamlit as st

from footprint.ui import links
from footprint.ui.address import entered
from footprint.ui.benchmark import page as benchmark_page
from footprint.ui.calculate import page as calculate_page
from footprint.ui.calculate.choices import PAGE
from footprint.ui.certificates import page as certificates_page
from footprint.ui.factors import page as factors_page
from footprint.ui.frame import style
from footprint.ui.language import say, switch
from footprint.ui.ledger import page as ledger_page
from footprint.ui.verify import page as verify_page


def run() -> None:
    """Draw the page that the address names; Streamlit calls this anew for every turn."""
    st.set_page_config(page_title=say("UI_APP"), layout="wide")
    style()
    with st.container(key="language"):
        switch()
    pages = {
        links.CALCULATE: st.Page(calculate_page.page, title=say("UI_PAGE_CALCULATE"), default=True),
        links.LEDGER: st.Page(ledger_page.page, title=say("LEDGER_PAGE"), url_path="ledger"),
        links.FACTORS: st.Page(factors_page.page, title=say("UI_PAGE_FACTORS"), url_path="factors"),
        "benchmark": st.Page(
            benchmark_page.page, title=say("UI_PAGE_BENCHMARK"), url_path="benchmark"
        ),
        links.CERTIFICATES: st.Page(
            certificates_page.page, title=say("CERTIFICATES_PAGE"), url_path="certificates"
        ),
        "verify": st.Page(verify_page.page, title=say("UI_PAGE_VERIFY"), url_path="verify"),
        # The first page stands at the root; this lets a link name it too.
        "at its name": st.Page(
            calculate_page.page,
            title=say("UI_PAGE_CALCULATE"),
            url_path="calculate",
            visibility="hidden",
        ),
    }
    links.know(pages)
    chosen = st.navigation(list(pages.values()), position="top")
    entered(chosen.url_path or PAGE)
    chosen.run()


if __name__ == "__main__":
    run()
