"""PACT: a result as the product footprint that companies exchange, v3.0.4.

Derived from the PACT Technical Specifications, rights holder WBCSD.
"""

from footprint.views.pact.report import view

__all__ = ["view"]
