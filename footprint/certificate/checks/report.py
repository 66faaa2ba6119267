"""The verifier's answer: separate named checks, in either language, and one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from factor_db.foundation.errors import EXIT_DONE, EXIT_INVALID, EXIT_UNDECIDED
from factor_db.foundation.messages import Language, code_of, printable, remedy, text
from footprint.result.record import Flag, Record, Text

MODEL_DIFFERS = "CERTIFICATE_MODEL_DIFFERS"


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: its name, whether it holds, and the catalogue text that says so.

    `ok` is None where this version can not tell: nothing speaks against it, nothing for it.
    """

    name: str
    ok: bool | None
    code: str
    params: Mapping[str, str | int | None] = field(default_factory=dict)

    def detail(self, lang: Language) -> str:
        """Return the answer as one line for a person, with the file's own texts made printable."""
        params = {name: printable(item) for name, item in self.params.items()}
        line = f"{text(self.code, lang, **params)} {remedy(self.code, lang, **params)}"
        return line.strip()


class CheckAnswer(Record):
    """One answer in words; `ok` None where this version can not tell."""

    name: Text
    ok: Flag | None
    detail: Text


class VerifyAnswer(Record):
    """All answers about one file, with the verdict."""

    valid: Flag
    undecided: Flag
    illustrative: Flag
    verdict: Text
    checks: tuple[CheckAnswer, ...]


@dataclass(frozen=True, slots=True)
class Certified:
    """What a certificate says, for a person: its value (text, kg CO2e per declared unit) and whose.

    Names are by language.
    """

    value: str
    product: Mapping[Language, str]
    holder: Mapping[Language, str]
    site: str
    period: tuple[str, str]
    issuer: str
    valid_until: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """All checks of one file; valid only when every one of them holds.

    `certified` is None where nobody answers for what the file says: it was changed, or does not
    recompute.
    """

    checks: tuple[Check, ...]
    illustrative: bool
    certified: Certified | None = None

    @property
    def valid(self) -> bool:
        """Whether every check holds; for illustrative data this means intact, never trusted."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def undecided(self) -> bool:
        """Whether nothing failed and some check could not be made, so that it is not valid."""
        answers = [check.ok for check in self.checks]
        return None in answers and False not in answers

    @property
    def exit_code(self) -> int:
        """Return the exit code of the command line: valid, undecided or invalid."""
        if self.valid:
            return EXIT_DONE
        return EXIT_UNDECIDED if self.undecided else EXIT_INVALID

    def check(self, name: str) -> Check | None:
        """Return the check of that name, or None when it was not reached."""
        return next((check for check in self.checks if check.name == name), None)

    def verdict(self, lang: Language) -> str:
        """Return the one-line verdict.

        Illustrative data, and a model other than today's, never get the plain `valid`.
        """
        if self.undecided:
            return text("CERTIFICATE_VERDICT_UNDECIDED", lang)
        if not self.valid:
            return text("CERTIFICATE_VERDICT_INVALID", lang)
        kind = "ILLUSTRATIVE" if self.illustrative else "VALID"
        model = self.check("model")
        if model is not None and model.code == MODEL_DIFFERS:
            kind = f"{kind}_OTHER_MODEL"
        return text(code_of("CERTIFICATE_VERDICT", kind), lang)

    def answer(self, lang: Language) -> VerifyAnswer:
        """Return what `footprint verify --json` prints, in one language."""
        return VerifyAnswer(
            valid=self.valid,
            undecided=self.undecided,
            illustrative=self.illustrative,
            verdict=self.verdict(lang),
            checks=tuple(
                CheckAnswer(name=check.name, ok=check.ok, detail=check.detail(lang))
                for check in self.checks
            ),
        )
