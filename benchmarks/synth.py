"""A made-up foreground and a background of the kind of a life cycle database, always the same.

Background columns are built from monetary shares (the inputs of a column sum to less than 1),
turned into physical coefficients with log-normal prices: the system is productive for every
realistic sample and its coefficients span many orders of magnitude, as in a real database. Results
depend strongly on the structure, so the seeds are fixed and `HASHES` are checked at each start.
"""

import hashlib

import numpy as np
import scipy.sparse as sp

SIZES = (500, 5000, 25000)
PROCESSES = 60
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


def background(
    N, seed=1, nbio=2000, tech_per_col=16, bio_per_col=36, hubs=None, loc=0.006, far=0.012
):
    rng = np.random.default_rng(seed)
    # products with several geographies; about 45 % of the nodes are markets
    nprod = max(4, N // 7)
    prod_of = np.sort(rng.integers(0, nprod, N))  # node -> product
    is_market = rng.random(N) < 0.42
    first = np.r_[0, np.flatnonzero(np.diff(prod_of)) + 1]
    is_market[first] = True  # `first` = the GLO market of the product
    markets = np.flatnonzero(is_market)
    starts = np.searchsorted(prod_of, np.arange(nprod))
    ends = np.searchsorted(prod_of, np.arange(nprod), "right")
    # hubs: electricity / heat / transport / infrastructure markets, used by everything
    nhub = hubs or int(max(20, 9 * np.sqrt(N)))
    hub = rng.choice(markets, min(nhub, len(markets)), replace=False)
    hw = 1.0 / (1 + np.arange(len(hub))) ** 0.8
    hw /= hw.sum()
    hubcdf = np.cumsum(hw)
    # product-level supply chain: each product has a few fixed supplier products a little upstream
    sup = []
    for p in range(nprod):
        d = p + rng.geometric(1 / (loc * nprod + 2), 7)
        d = d[d < nprod]
        if rng.random() < far * 7:
            d = np.r_[d, rng.integers(0, nprod)]  # a loop or a jump
        sup.append(np.unique(d))
    rows, cols, share = [], [], []
    K = np.maximum(2, rng.negative_binomial(3, 3 / (3 + tech_per_col - 1), N))
    for j in range(N):
        k = K[j]
        p = prod_of[j]
        if is_market[j]:
            s, e = starts[p], ends[p]
            own = np.arange(s, e)
            own = own[(own != j) & ~is_market[own]]
            if j == s:  # the GLO market also buys from the regional markets
                own = np.arange(s, e)
                own = own[own != j]
            h = hub[np.searchsorted(hubcdf, rng.random(4))]
            r = np.unique(np.r_[own, h[h != j]])
            w = np.where(
                (r >= s) & (r < e),
                rng.gamma(1.0, 1, len(r)) + 0.05,
                0.05 * rng.gamma(1.0, 1, len(r)) + 1e-3,
            )
            tot = rng.uniform(0.6, 0.95)
        else:
            nh = rng.binomial(k, 0.55)
            h = hub[np.searchsorted(hubcdf, rng.random(nh + 1))]
            links = []
            for q in sup[p][: k - nh]:
                if ends[q] > starts[q]:
                    if rng.random() < 0.75:
                        links.append(starts[q])
                    else:
                        c = np.arange(starts[q], ends[q])
                        c = c[is_market[c]]
                        links.append(rng.choice(c))
            r = np.unique(np.r_[h, np.array(links, int)])
            r = r[r != j]
            w = rng.lognormal(0, 1.5, len(r))
            tot = rng.uniform(0.25, 0.75)
        if len(r) == 0:
            continue
        rows.append(r)
        cols.append(np.full(len(r), j))
        share.append(tot * w / w.sum())
    rows = np.concatenate(rows)
    cols = np.concatenate(cols)
    share = np.concatenate(share)
    price = rng.lognormal(0, 3, N)
    amt = share * price[cols] / price[rows]
    T = sp.csc_matrix((amt, (rows, cols)), shape=(N, N))
    # biosphere
    kb = np.where(
        is_market,
        rng.poisson(2, N),
        rng.negative_binomial(1.5, 1.5 / (1.5 + bio_per_col * 1.5), N) + 1,
    )
    fw = 1 / (1 + np.arange(nbio)) ** 0.7
    fw /= fw.sum()
    bc = np.repeat(np.arange(N), kb)
    br = rng.choice(nbio, len(bc), p=fw)
    key = np.unique(br.astype(np.int64) * N + bc)
    br, bc = (key // N).astype(int), (key % N).astype(int)
    bv = rng.lognormal(-3, 2.5, len(br)) * price[bc] * 0.01
    B = sp.csc_matrix((bv, (br, bc)), shape=(nbio, N))
    sig_t = rng.uniform(0.05, 0.35, T.nnz)
    sig_b = rng.uniform(0.05, 0.5, B.nnz)
    cf = np.zeros((16, nbio))
    for k in range(16):
        idx = rng.choice(nbio, 150, replace=False)
        cf[k, idx] = rng.lognormal(0, 2, 150)
    cf[0, :20] = rng.lognormal(0, 1.5, 20)  # "GWP": the popular flows
    return {
        "N": N,
        "T": T,
        "B": B,
        "sig_t": sig_t,
        "sig_b": sig_b,
        "cf": cf,
        "markets": markets,
        "price": price,
    }


def foreground(n=60, bg=None, seed=7, nbg_links=6):
    """n activities along a chain with casting/extrusion/anodising branches and scrap loops."""
    rng = np.random.default_rng(seed)
    rows, cols, val, loop = [], [], [], []
    for j in range(n):
        k = rng.integers(2, 5)
        up = np.unique(np.clip(j - 1 - rng.geometric(0.25, k), 0, n - 1))
        up = up[up < j]
        for r in up:
            rows.append(r)
            cols.append(j)
            val.append(rng.uniform(0.05, 1.05))
            loop.append(False)
    # scrap recirculation: downstream process feeds back to an upstream one
    for _ in range(n // 5):
        a, b = sorted(rng.choice(n, 2, replace=False))
        rows.append(b)
        cols.append(a)
        val.append(rng.uniform(0.01, 0.12))
        loop.append(True)
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


def system(bg, fg):
    """A = I - T of foreground+background (columns: fg first), B, c"""
    n, N = fg["n"], bg["N"]
    A = sp.bmat([[sp.eye(n) - fg["T"], None], [-fg["L"], sp.eye(N) - bg["T"]]], format="csc")
    B = sp.hstack([fg["E"], bg["B"]], format="csc")
    return A, B
