"""Write the JSON Schemas of what `--json` prints: `python -m footprint.publish.schema`.

They are of the types that read and write it, so they say what is written and what is read back.
Decimals are text in their one canonical form, never a JSON number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from footprint.certificate.checks.report import VerifyAnswer
from footprint.comparison.document import BenchmarkDocument, ComparisonDocument
from footprint.lab.written import LabDocument
from footprint.portfolio.summary import PortfolioSummary
from footprint.publish.uncertainty_record import UncertaintyDocument
from footprint.result.account import SiteAccountRecord
from footprint.result.document import ResultDocument
from footprint.result.record import Record

FOLDER = Path("docs/schema")
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: Mapping[str, type[Record]] = {
    "result.json": ResultDocument,
    "account.json": SiteAccountRecord,
    "compare.json": ComparisonDocument,
    "benchmark.json": BenchmarkDocument,
    "lab.json": LabDocument,
    "portfolio.json": PortfolioSummary,
    "uncertainty.json": UncertaintyDocument,
    "verify.json": VerifyAnswer,
}


class _Untitled(GenerateJsonSchema):
    """Fields have their name and their class's description; a title made of the name adds none."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_text(name: str) -> str:
    """Return the schema of a file of `SCHEMAS` as it is kept under `docs/schema`."""
    schema: dict[str, Any] = {
        "$schema": _DRAFT,
        **SCHEMAS[name].model_json_schema(schema_generator=_Untitled),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write every schema below the working directory."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (FOLDER / name).write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
