"""The files of a certificate and its label, each behind a button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from footprint.certificate.checks.labelling import label_of
from footprint.certificate.printed.label import LabelKind
from footprint.ui.language import say

_LABELS = {
    "certificate.pdf": ("CERTIFICATES_PAGE_PDF", "application/pdf"),
    "certificate.json": ("CERTIFICATES_PAGE_JSON", "application/json"),
    "issuer.json": ("CERTIFICATES_PAGE_ISSUER", "application/json"),
}


def certificate_downloads(files: Sequence[Path], *, key: str, stem: str) -> None:
    """Show a button for each kept file; `stem` begins the names under which they are saved."""
    with st.container(horizontal=True):
        for file in sorted(files, key=lambda item: list(_LABELS).index(item.name)):
            label, mime = _LABELS[file.name]
            st.download_button(
                say(label),
                file.read_bytes,
                file_name=f"{stem}-{file.name}",
                mime=mime,
                type="primary" if file.suffix == ".pdf" else "secondary",
                on_click="ignore",
                key=f"{key}-{file.name}",
            )
        for file in files:
            if file.suffix == ".pdf":
                _label_download(file, "svg", "image/svg+xml", key=key, stem=stem)
                _label_download(file, "png", "image/png", key=key, stem=stem)


def _label_download(pdf: Path, kind: LabelKind, mime: str, *, key: str, stem: str) -> None:
    st.download_button(
        say("CERTIFICATES_PAGE_LABEL", kind=kind.upper()),
        lambda: label_of(pdf.read_bytes(), kind),
        file_name=f"{stem}-label.{kind}",
        mime=mime,
        on_click="ignore",
        help=say("CERTIFICATES_PAGE_LABEL_HELP"),
        key=f"{key}-label-{kind}",
    )
