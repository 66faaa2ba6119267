"""The Verify page: drop a certificate, read the answers one by one; nothing is stored."""

from __future__ import annotations

from decimal import Decimal

import pandas
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from factor_db.foundation.errors import FootprintError
from factor_db.foundation.messages import error_text
from factor_db.foundation.names import name_or_code
from footprint.certificate.checks.report import Certified, VerifyReport
from footprint.ui import address
from footprint.ui.controls import is_refused
from footprint.ui.frame import guarded
from footprint.ui.language import current, say
from footprint.ui.tables import fields
from footprint.ui.verify.verifying import verify_upload
from footprint.words.names import figure, plain_text

PAGE = "verify"
CERTIFICATE_LIMIT_MB = 20
ISSUER_LIMIT_MB = 1
_MARKS = {
    True: ("green", "UI_CHECK_PASSED"),
    False: ("red", "UI_CHECK_FAILED"),
    None: ("orange", "UI_CHECK_UNDECIDED"),
}


@guarded
def page() -> None:
    """Show the page."""
    st.title(say("UI_VERIFY_TITLE"), anchor=False)
    st.caption(say("UI_VERIFY_INTRO"))
    address.open_page(PAGE, address.takes_nothing)
    is_refused(PAGE)
    left, middle, right = st.columns([3, 2, 2], gap="medium")
    certificate = left.file_uploader(
        say("UI_UPLOAD_CERTIFICATE", limit=CERTIFICATE_LIMIT_MB),
        type=["json", "pdf"],
        max_upload_size=CERTIFICATE_LIMIT_MB,
        key="certificate",
    )
    issuer = middle.file_uploader(
        say("UI_UPLOAD_ISSUER"),
        type=["json"],
        max_upload_size=ISSUER_LIMIT_MB,
        help=say("UI_UPLOAD_ISSUER_HELP"),
        key="issuer",
    )
    status = right.file_uploader(
        say("VERIFY_PAGE_STATUS"),
        type=["json"],
        max_upload_size=ISSUER_LIMIT_MB,
        help=say("VERIFY_PAGE_STATUS_HELP"),
        key="status",
    )
    st.caption(say("UI_VERIFY_INTEGRITY"))
    if certificate is not None:
        _answer(certificate.getvalue(), _content(issuer), _content(status))


def _content(file: UploadedFile | None) -> bytes | None:
    return None if file is None else file.getvalue()


def _answer(certificate: bytes, issuer: bytes | None, status: bytes | None) -> None:
    try:
        with st.spinner(say("UI_VERIFYING")):
            report = verify_upload(certificate, issuer, status)
    except FootprintError as error:
        st.error(plain_text(error_text(error, current())))
        return
    _verdict(report)
    if report.certified is not None and _failing(report) != ["status"]:
        _certified(report.certified)
    st.table(_checks(report), border="horizontal", hide_index=True)


def _verdict(report: VerifyReport) -> None:
    lang = current()
    if report.undecided:
        st.warning(f"**{say('UI_VERDICT_UNDECIDED')}**  \n{report.verdict(lang)}")
    elif _failing(report) == ["status"]:
        st.error(f"**{say('VERIFY_PAGE_WITHDRAWN')}**  \n{say('VERIFY_PAGE_WITHDRAWN_NEXT')}")
    elif _failing(report) == ["in_force"]:
        st.warning(f"**{say('VERIFY_PAGE_EXPIRED')}**  \n{say('VERIFY_PAGE_EXPIRED_NEXT')}")
    elif _failing(report) == ["issuer_known"]:  # no sign of forgery
        st.warning(f"**{say('VERIFY_PAGE_UNKNOWN')}**  \n{say('VERIFY_PAGE_UNKNOWN_NEXT')}")
    elif not report.valid:
        st.error(f"**{say('UI_VERDICT_REFUSED')}**  \n{report.verdict(lang)}")
    elif report.illustrative:
        st.warning(f"**{say('UI_VERDICT_INTACT_ILLUSTRATIVE')}**  \n{report.verdict(lang)}")
    else:
        st.success(f"**{say('UI_VERDICT_TRUSTED')}**  \n{report.verdict(lang)}")


def _failing(report: VerifyReport) -> list[str]:
    return [check.name for check in report.checks if check.ok is False]


def _certified(found: Certified) -> None:
    """Show what the certificate says, the value first; nothing is shown of a changed file."""
    lang = current()
    with st.container(border=True):
        st.metric(
            plain_text(found.product[lang]),
            say("UI_TOTAL_VALUE", value=figure(Decimal(found.value))),
        )
        fields(
            {
                "HOLDER": found.holder[lang],
                "SITE": found.site,
                "PERIOD": " – ".join(found.period),
                "ISSUER": found.issuer,
                "VALID_UNTIL": found.valid_until,
            }
        )


def _checks(report: VerifyReport) -> pandas.DataFrame:
    lang = current()
    return pandas.DataFrame(
        [
            {
                say("UI_COLUMN_ANSWER"): _mark(check.ok),
                say("UI_COLUMN_CHECK"): name_or_code("check", check.name, lang),
                say("UI_COLUMN_DETAIL"): plain_text(check.detail(lang)),
            }
            for check in report.checks
        ]
    )


def _mark(ok: bool | None) -> str:
    """Say it in a word, a symbol and a colour, so that the colour is never the only signal."""
    colour, code = _MARKS[ok]
    return f":{colour}[{say(code)}]"
