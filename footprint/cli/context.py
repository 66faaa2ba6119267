"""What every command needs: language, user, store, and the two ways to print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from factor_db.foundation.errors import BadInput, FootprintError, Unusable
from factor_db.foundation.messages import LANGUAGES, Language, text
from factor_db.store.home import user_name

if TYPE_CHECKING:
    from sqlalchemy.exc import SQLAlchemyError

    from factor_db.store.work import Store


class Context:
    """Language and user of this run; set once from the global options."""

    lang: Language = "zh"
    user: str = ""


CONTEXT = Context()


def configure(lang: str | None, user: str | None) -> None:
    """Take language and user from the options, else from the environment; raises BadInput."""
    chosen = lang or os.environ.get("FOOTPRINT_LANG") or "zh"
    known = {code: code for code in LANGUAGES}
    if chosen not in known:
        raise BadInput("LANGUAGE_UNKNOWN", language=chosen)
    CONTEXT.lang = known[chosen]
    CONTEXT.user = user or user_name()


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open the store and release it afterwards."""
    from sqlalchemy.exc import SQLAlchemyError

    from footprint.session import open_store

    try:
        store = open_store()
    except SQLAlchemyError as error:
        raise unusable(error) from None
    try:
        yield store
    finally:
        store.close()


def unusable(error: SQLAlchemyError) -> FootprintError:
    """Return what an error of the database means to a person."""
    from sqlalchemy.exc import DBAPIError

    from factor_db.store.engine import fault_of

    told = fault_of(error) if isinstance(error, DBAPIError) else None
    cause = getattr(error, "orig", None) or error
    return told or Unusable("STORE_FAULT", reason=f"{type(cause).__name__}: {cause}"[:300])


def say(code: str, **params: Any) -> None:
    """Print one catalogue message for people, on stderr."""
    print(text(code, CONTEXT.lang, **params), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print JSON on stdout and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_table(headings: list[str], rows: list[list[str]]) -> None:
    """Print an aligned table on stdout; Chinese characters count as two columns."""
    table = [headings, *rows]
    widths = [max(text_width(row[column]) for row in table) for column in range(len(headings))]
    for row in table:
        cells = [
            cell + " " * (width - text_width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


def text_width(cell: str) -> int:
    """Return how many columns a text takes on a terminal; Chinese characters count as two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in cell)
