"""Portfolios: many studies from one file, evaluated in blocks, written whole or not at all.

`run_portfolio` is what the command line runs. Its totals are float64 where a study sets values of
its own; a certificate needs `calculate`, whose result is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from footprint.portfolio.run import PortfolioResult as PortfolioResult


def run_portfolio(*arguments: Any, **options: Any) -> PortfolioResult:
    """Run a portfolio; see `footprint.portfolio.run.run` for its arguments and errors."""
    from footprint.portfolio.run import run

    return run(*arguments, **options)
