"""A view as a file: Markdown, PDF or JSON, by the end of its name."""

from __future__ import annotations

import json

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import Language
from footprint.views.explain import view_document
from footprint.views.figure import View
from footprint.views.markdown import markdown


def view_file(view: View, suffix: str, lang: Language) -> bytes:
    """Return the bytes of a view as `.md`, `.pdf` or `.json`; raises BadInput for another form."""
    match suffix:
        case ".md":
            return markdown(view, lang).encode()
        case ".pdf":
            from footprint.views.printed import printed  # typst takes long to load

            return printed(view, lang)
        case ".json":
            return (json.dumps(view_document(view), ensure_ascii=False, indent=2) + "\n").encode()
    raise BadInput("VIEW_FORM_UNKNOWN", suffix=suffix)
