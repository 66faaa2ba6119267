"""Random numbers by name: each column depends on the seed and on its own key, nothing else.

So it does not matter which other parameters, products or studies are sampled beside it, in which
order, in which blocks or by how many workers; two studies that share a parameter share its draws.
"""

from __future__ import annotations

import hashlib

import numpy as np

from footprint.engine.arrays import Floats

RANDOM, QUASI = "random", "quasi"
SAMPLINGS = (RANDOM, QUASI)


def stream(seed: int, key: str) -> np.random.Generator:
    """Return the generator of a key: PCG64 seeded with SHA-256 of `seed|key`."""
    digest = hashlib.sha256(f"{seed}|{key}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def normals(seed: int, key: str, samples: int, out: Floats | None = None) -> Floats:
    """Return the standard normals of a key, shape (samples,); they are written to `out` if given.

    The first numbers are the same whatever the number of samples.
    """
    return stream(seed, key).standard_normal(samples, out=out)


def strata(seed: int, key: str, samples: int) -> Floats:
    """Return uniforms of a key in (0, 1), one in each of `samples` equal strata, in random order.

    A column of a Latin hypercube (McKay, Beckman, Conover 1979; one dimension of
    `scipy.stats.qmc.LatinHypercube`). It is keyed as `normals` is, which a Sobol sequence is not:
    there a dimension has a number, and numbers depend on the list. It depends on `samples`.
    """
    generator = stream(seed, f"{key}|strata")
    places = generator.permutation(samples)
    # random() lies in [0, 1): 1 less it never gives the 0 whose quantile is minus infinity.
    drawn = (places + (1 - generator.random(samples))) / samples
    return np.minimum(drawn, np.nextafter(1.0, 0.0))


def standard_normals(seed: int, key: str, samples: int, sampling: str = RANDOM) -> Floats:
    """Return the standard normals of a key by either sampling, shape (samples,)."""
    if sampling == RANDOM:
        return normals(seed, key, samples)
    from scipy.special import ndtri

    return ndtri(strata(seed, key, samples))
