"""A made-up foreground and a background of the kind of a life cycle database, always the same.

Background columns are built from monetary shares (the inputs of a column sum to less than 1),
turned into physical coefficients with log-normal prices: the system is productive for every
realistic sample and its coefficients span many orders of magnitude, as in a real database. Results
depend strongly on the structure, so the seeds are fixed and `HASHES` are checked at each start.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

SIZES = (500, 5000, 25000)
PROCESSES = 60
FLOWS = 2000
# Means of what a process that is no market buys and emits, before repetitions are merged.
INPUTS, EMISSIONS = 16, 36
# SHA-256 over all arrays of `background(size)` and `foreground(60, background(size))`.
HASHES = {
    500: "11574a30efb70a4cf2c343ca0d0bb3269d8dd4924e1b0b26ae085d1da6ef4c90",
    5000: "788be9a5e063ca3089b179d9d9e0b0ab2a9610659bca480b055bbe253bd97986",
    25000: "60e50eb0fe8efbe42e8557cb54c1ecaea46f7b9cd304d5bfe2c57263dd3c2abc",
}


def content_hash(bg, fg):
    """Return the SHA-256 over the matrices (sorted columns), spreads and factors of a system."""
    digest = hashlib.sha256()
    for matrix in (bg["T"], bg["B"], fg["T"], fg["L"], fg["E"]):
        columns = matrix.tocsc()
        columns.sort_indices()
        digest.update(np.ascontiguousarray(columns.indptr, dtype="<i8").tobytes())
        digest.update(np.ascontiguousarray(columns.indices, dtype="<i8").tobytes())
        digest.update(np.ascontiguousarray(columns.data, dtype="<f8").tobytes())
    for array in (bg["sig_t"], bg["sig_b"], bg["cf"]):
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def checked(size):
    """Return background and foreground of a size; RuntimeError when they are not the fixed ones."""
    bg = background(size)
    fg = foreground(PROCESSES, bg)
    if content_hash(bg, fg) != HASHES[size]:
        raise RuntimeError(f"the system of size {size} differs: this numpy draws other numbers")
    return bg, fg


@dataclass(frozen=True)
class _Network:
    """Who makes what: products with several geographies, their markets, and hubs all buy from."""

    product_of: Any
    is_market: Any
    starts: Any
    ends: Any
    hubs: Any
    hub_chances: Any

    def drawn_hubs(self, rng, count):
        return self.hubs[np.searchsorted(self.hub_chances, rng.random(count))]


def background(size, seed=1):
    """Return the background: T (inputs per unit), B, their spreads, factors and markets."""
    # Every draw comes from one stream: the order of the calls below is part of the system.
    rng = np.random.default_rng(seed)
    network = _network(rng, size)
    suppliers = _suppliers(rng, len(network.starts))
    inputs = np.maximum(2, rng.negative_binomial(3, 3 / (3 + INPUTS - 1), size))
    rows, columns, share = _purchases(rng, network, suppliers, inputs)
    price = rng.lognormal(0, 3, size)
    amounts = share * price[columns] / price[rows]
    technosphere = sp.csc_matrix((amounts, (rows, columns)), shape=(size, size))
    biosphere = _biosphere(rng, network.is_market, price)
    return {
        "N": size,
        "T": technosphere,
        "B": biosphere,
        "sig_t": rng.uniform(0.05, 0.35, technosphere.nnz),
        "sig_b": rng.uniform(0.05, 0.5, biosphere.nnz),
        "cf": _factors(rng),
        "markets": np.flatnonzero(network.is_market),
    }


def _network(rng, size):
    products = max(4, size // 7)
    product_of = np.sort(rng.integers(0, products, size))
    is_market = rng.random(size) < 0.42  # about 45 % of the nodes with those below
    # The first node of a product is its global market.
    is_market[np.r_[0, np.flatnonzero(np.diff(product_of)) + 1]] = True
    markets = np.flatnonzero(is_market)
    # hubs: electricity, heat, transport, infrastructure
    count = min(int(max(20, 9 * np.sqrt(size))), len(markets))
    hubs = rng.choice(markets, count, replace=False)
    weights = 1.0 / (1 + np.arange(count)) ** 0.8
    return _Network(
        product_of=product_of,
        is_market=is_market,
        starts=np.searchsorted(product_of, np.arange(products)),
        ends=np.searchsorted(product_of, np.arange(products), "right"),
        hubs=hubs,
        hub_chances=np.cumsum(weights / weights.sum()),
    )


def _suppliers(rng, products):
    """Return for each product a few supplier products a little upstream."""
    found = []
    for product in range(products):
        near = product + rng.geometric(1 / (0.006 * products + 2), 7)
        near = near[near < products]
        if rng.random() < 0.012 * 7:
            near = np.r_[near, rng.integers(0, products)]  # a loop or a jump
        found.append(np.unique(near))
    return found


def _purchases(rng, network, suppliers, inputs):
    """Return provider, buyer and share of its price for every input; shares sum to less than 1."""
    rows, columns, shares = [], [], []
    for node, count in enumerate(inputs):
        if network.is_market[node]:
            bought, weights, total = _market_inputs(rng, network, node)
        else:
            bought, weights, total = _process_inputs(rng, network, suppliers, node, count)
        if len(bought):
            rows.append(bought)
            columns.append(np.full(len(bought), node))
            shares.append(total * weights / weights.sum())
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(shares)


def _market_inputs(rng, network, node):
    product = network.product_of[node]
    start, end = network.starts[product], network.ends[product]
    own = np.arange(start, end)
    # The global market also buys from the regional markets.
    own = own[own != node] if node == start else own[(own != node) & ~network.is_market[own]]
    hubs = network.drawn_hubs(rng, 4)
    bought = np.unique(np.r_[own, hubs[hubs != node]])
    weights = np.where(
        (bought >= start) & (bought < end),
        rng.gamma(1.0, 1, len(bought)) + 0.05,
        0.05 * rng.gamma(1.0, 1, len(bought)) + 1e-3,
    )
    return bought, weights, rng.uniform(0.6, 0.95)


def _process_inputs(rng, network, suppliers, node, count):
    from_hubs = rng.binomial(count, 0.55)
    hubs = network.drawn_hubs(rng, from_hubs + 1)
    links = []
    for product in suppliers[network.product_of[node]][: count - from_hubs]:
        start, end = network.starts[product], network.ends[product]
        if end > start:
            if rng.random() < 0.75:
                links.append(start)
            else:
                makers = np.arange(start, end)
                links.append(rng.choice(makers[network.is_market[makers]]))
    bought = np.unique(np.r_[hubs, np.array(links, int)])
    bought = bought[bought != node]
    return bought, rng.lognormal(0, 1.5, len(bought)), rng.uniform(0.25, 0.75)


def _biosphere(rng, is_market, price):
    size = len(price)
    counts = np.where(
        is_market,
        rng.poisson(2, size),
        rng.negative_binomial(1.5, 1.5 / (1.5 + EMISSIONS * 1.5), size) + 1,
    )
    chances = 1 / (1 + np.arange(FLOWS)) ** 0.7
    columns = np.repeat(np.arange(size), counts)
    rows = rng.choice(FLOWS, len(columns), p=chances / chances.sum())
    key = np.unique(rows.astype(np.int64) * size + columns)
    rows, columns = (key // size).astype(int), (key % size).astype(int)
    amounts = rng.lognormal(-3, 2.5, len(rows)) * price[columns] * 0.01
    return sp.csc_matrix((amounts, (rows, columns)), shape=(FLOWS, size))


def _factors(rng):
    """Return 16 sets of characterisation factors; the first holds the most common flows."""
    factors = np.zeros((16, FLOWS))
    for row in factors:
        chosen = rng.choice(FLOWS, 150, replace=False)
        row[chosen] = rng.lognormal(0, 2, 150)
    factors[0, :20] = rng.lognormal(0, 1.5, 20)
    return factors


def foreground(n=60, bg=None, seed=7, nbg_links=6):
    """n activities along a chain with casting/extrusion/anodising branches and scrap loops."""
    rng = np.random.default_rng(seed)
    rows, cols, val = [], [], []
    for j in range(n):
        k = rng.integers(2, 5)
        up = np.unique(np.clip(j - 1 - rng.geometric(0.25, k), 0, n - 1))
        up = up[up < j]
        for r in up:
            rows.append(r)
            cols.append(j)
            val.append(rng.uniform(0.05, 1.05))
    # scrap recirculation: downstream process feeds back to an upstream one
    for _ in range(n // 5):
        a, b = sorted(rng.choice(n, 2, replace=False))
        rows.append(b)
        cols.append(a)
        val.append(rng.uniform(0.01, 0.12))
    T = sp.csc_matrix((val, (rows, cols)), shape=(n, n))
    T.setdiag(0)
    T.eliminate_zeros()
    br, bc, bv = [], [], []
    for j in range(n):
        r = rng.choice(bg["markets"], min(nbg_links, len(bg["markets"])), replace=False)
        br += list(r)
        bc += [j] * len(r)
        bv += list(rng.lognormal(-1, 1.5, len(r)))
    L = sp.csc_matrix((bv, (br, bc)), shape=(bg["N"], n))
    nb = bg["B"].shape[0]
    er, ec, ev = [], [], []
    for j in range(n):
        r = rng.choice(40, 4, replace=False)
        er += list(r)
        ec += [j] * 4
        ev += list(rng.lognormal(-2, 1, 4))
    E = sp.csc_matrix((ev, (er, ec)), shape=(nb, n))
    return {"n": n, "T": T, "L": L, "E": E}
