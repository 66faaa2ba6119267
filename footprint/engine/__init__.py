"""The engine: backgrounds reduced to scores, product systems evaluated in batches, and what varies.

It needs numpy and scipy only. What it computes is float64; the nominal result of a study is exact
and comes from `footprint.solving.evaluate`, which the engine must agree with to 1e-9.
"""
