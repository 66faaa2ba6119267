"""The version of the software, which files of many answers name beside their numbers."""

from __future__ import annotations

__version__ = "0.1.0"
