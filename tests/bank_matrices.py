"""A background as the bank reads it, without products' names or a database behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Product:
    key: str


@dataclass(frozen=True)
class Matrices:
    name: str
    sha256: str
    products: tuple[Product, ...]
    technosphere: Any
    biosphere: Any
    gas_rows: dict[str, Any]
