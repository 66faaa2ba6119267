"""The files of a certificate, each behind a button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

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
