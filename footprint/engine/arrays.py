"""The arrays of the engine by what they hold; shapes stand where they are used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.integer]
"""Indices of rows, columns, entries or samples; also counts."""
Matrix = sparse.csc_array
"""Products x activities, the diagonal the net production."""
Rows = sparse.csr_array
PerSample = float | Floats
"""One value for all samples, or one for each, shape (samples,)."""
