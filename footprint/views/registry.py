"""The views by name: a new one is one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import signature

from factor_db.foundation.errors import BadInput
from footprint.figures.blocked import require_showable
from footprint.result.document import ResultDocument
from footprint.views.figure import View

# Standard → module whose `view(document, **options)` makes it; only what is asked for is imported.
_MODULES = {
    "iso14067": "footprint.views.iso14067",
    "gbt44905": "footprint.views.gbt44905",
    "cbam": "footprint.views.cbam",
    "iai": "footprint.views.iai",
    "pact": "footprint.views.pact",
}
STANDARDS = tuple(_MODULES)


def view_of(document: ResultDocument, standard: str, **options: str) -> View:
    """Return a result as a standard looks at it.

    Raises BadInput for an unknown standard, an option the view does not take, and whatever the view
    itself refuses: a product it does not fit, rows that do not add up. Raises as `require_showable`
    for a result that no view may show.
    """
    if standard not in _MODULES:
        raise BadInput("VIEW_UNKNOWN", standard=standard, known=", ".join(STANDARDS))
    require_showable(document, standard.upper())
    make: Callable[..., View] = import_module(_MODULES[standard]).view
    unknown = sorted(set(options) - set(signature(make).parameters))
    if unknown:
        raise BadInput("VIEW_OPTION", standard=standard, options=", ".join(unknown))
    return make(document, **options)
