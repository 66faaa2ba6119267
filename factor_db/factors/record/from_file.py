"""Reading a factor record from a JSON file that a person wrote."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import strict_json
from factor_db.foundation.errors import BadInput


def read_factor(path: Path) -> Factor:
    """Return the factor of a JSON file; raises BadInput with every faulty field at once."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error.strerror) from None
    try:
        return Factor.model_validate(strict_json(content))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or '-'}: {item['msg']}"
            for item in error.errors()
        )
        raise BadInput("FACTOR_FAULTS", path=path.name, faults=faults) from None
