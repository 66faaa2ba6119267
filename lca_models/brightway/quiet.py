"""Importing Brightway without its prints, and the one warning of its that is let pass."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from types import ModuleType

FOLDER_VARIABLE = "BRIGHTWAY2_DIR"
# bw2calc recommends an optional solver to every user at import; this and no other warning is ours.
SOLVER_ADVERTISEMENT = r"\s*It seems like you have an (AMD/INTEL x64|ARM) architecture"


def import_quietly(module: str) -> ModuleType:
    """Import a module of Brightway with nothing on stdout."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=SOLVER_ADVERTISEMENT, category=UserWarning)
        return importlib.import_module(module)
