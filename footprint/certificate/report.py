"""The verifier's answer: separate named checks, in either language, and one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from factor_db.foundation.messages import Language, printable, remedy, text


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: its name, whether it holds, and the catalogue text that says so."""

    name: str
    ok: bool
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def detail(self, lang: Language) -> str:
        """Return the answer as one line for a person, with the file's own texts made printable."""
        params = {name: printable(item) for name, item in self.params.items()}
        line = f"{text(self.code, lang, **params)} {remedy(self.code, lang, **params)}"
        return line.strip()


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """All checks of one file; valid only when every one of them holds."""

    checks: tuple[Check, ...]
    illustrative: bool

    @property
    def valid(self) -> bool:
        """Whether every check holds; for illustrative data this means intact, never trusted."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def check(self, name: str) -> Check | None:
        """Return the check of that name, or None when it was not reached."""
        return next((check for check in self.checks if check.name == name), None)

    def verdict(self, lang: Language) -> str:
        """Return the one-line verdict; illustrative data never gets the plain `valid`."""
        if not self.valid:
            return text("CERTIFICATE_VERDICT_INVALID", lang)
        kind = "ILLUSTRATIVE" if self.illustrative else "VALID"
        return text(f"CERTIFICATE_VERDICT_{kind}", lang)

    def as_json(self, lang: Language) -> dict[str, Any]:
        """Return what `footprint verify --json` prints: {valid, illustrative, verdict, checks}."""
        return {
            "valid": self.valid,
            "illustrative": self.illustrative,
            "verdict": self.verdict(lang),
            "checks": [
                {"name": check.name, "ok": check.ok, "detail": check.detail(lang)}
                for check in self.checks
            ],
        }
