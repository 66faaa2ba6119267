"""The few errors a person can meet: each has a message code, its parameters, an exit code."""

from __future__ import annotations

from collections.abc import Sequence

EXIT_DONE = 0
EXIT_INVALID = 1
EXIT_BAD_INPUT = 2
EXIT_INCOMPLETE = 3
EXIT_NOT_ALLOWED = 4
EXIT_UNDECIDED = 5


class FootprintError(Exception):
    """Base of all errors meant for a person: a catalogue code and the values its text needs."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        details = ", ".join(f"{key}={value}" for key, value in sorted(params.items()))
        super().__init__(f"{code}({details})")


class BadInput(FootprintError):
    """The input cannot be used; nothing was stored."""


class SeveralFaults(BadInput):
    """Several faults of one input; `faults` are all of them, the code and its text the summary."""

    def __init__(self, code: str, faults: Sequence[FootprintError]) -> None:
        super().__init__(code, count=len(faults))
        self.faults = tuple(faults)


class Incomplete(FootprintError):
    """A needed value has no factor; the missing slots are in the parameters."""

    exit_code = EXIT_INCOMPLETE


class NotAllowed(FootprintError):
    """The acting user has no right to do this."""

    exit_code = EXIT_NOT_ALLOWED


class Unusable(FootprintError):
    """The store or the machine did not let it be done: nothing was found right or wrong."""

    exit_code = EXIT_UNDECIDED


DOCUMENT_FAULTS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a strange document, or one of an earlier version, sets off in code that expects another."""
