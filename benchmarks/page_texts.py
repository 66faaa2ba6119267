"""The words of docs/performance.md that no record holds."""

HEAD = """# Performance · 性能

Written by `make bench` from `benchmarks/results.jsonl`; one group: `python -m benchmarks GROUP`.
由 `make bench` 写成;数字只看比值,单次时间仅供参考。

Each peer runs beside us on the same inputs in the same process, in turn, one BLAS thread, after a
round that is not counted; medians of five rounds, in brackets the least and the largest ratio.
Both sides return the same scores and "agreement" is their largest relative difference. A ratio is
the peer's time over ours; "of it" is ours over the peer's. A bound stated as a number like 1e-09 is
that of the agreement. Single times on a shared machine mean little; ratios do.

Inputs: a made-up foreground of 60 processes (160 own inputs, 360 purchases, 240 emissions, 12 added
loops) over a made-up background of 500, 5,000 or 25,000 activities (`benchmarks/synth.py`, seeds
fixed, hash checked at each start), and over the US LCI database (FY17, 899 activities; 191 when
only the part that comes with this project is at hand). Results depend strongly on the network's
structure; nothing here was measured on a licensed database. "60 parameters": parameter j scales all
inputs, purchases and emissions of process j, so every one of the 760 exchanges is uncertain. Peers
are in the best configuration that installs from wheels: SuperLU, and PARDISO (Intel MKL) through
pypardiso; UMFPACK has no wheel and is not run.

{machine}"""

GROUP_TITLES = {
    "foreground": "Monte Carlo of a foreground over a solved background",
    "variants": "Ten thousand product variants",
    "symbolic": "Symbolic set-up",
    "whole-system": "Monte Carlo of the whole system",
    "bank": "Background uncertainty banked",
    "gradients": "Gradients",
    "portfolio": "Portfolio",
    "plate": "The example plate mill",
    "start-up": "Start",
    "ledger": "Ledger import",
    "search": "Factor search",
}

LIMIT_HEAD = """## Share of the limit

The limit of a sample is its draws, one read of them from memory and its arithmetic, each at the
speed one core of this machine reached in the same run: {roofs}. Where we are below half of it,
the last column says why.

| Work | Size | Samples/s | Limit, samples/s | Share | Why not more |
|---|--:|--:|--:|--:|---|"""

REASONS = {
    "foreground": "each array operation of the elimination reads and writes its block in the "
    "cache and costs a call of Python, where the limit counts one operation of dgemm",
}
