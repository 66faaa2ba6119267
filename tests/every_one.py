"""One rule over many things is one test: it names all that break it, and costs no test apiece."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def failures(check: Callable[[Thing], None], things: Iterable[tuple[str, Thing]]) -> dict[str, str]:
    """Return name → what is wrong, of each thing whose check fails an assertion."""
    found = {}
    count = 0
    for name, thing in things:
        count += 1
        try:
            check(thing)
        except AssertionError as error:
            found[name] = str(error)
    assert count, "a rule over nothing holds for nothing"
    return found
