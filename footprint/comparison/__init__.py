"""Comparing footprints: the gate, the stage-wise conversion, benchmarks and the park band.

A value says under which boundary and rules it was made. Two values are compared only if those
match (rule PCF-COMPARE-001); else every mismatch is named, and what can be converted is converted
in steps that a reader can add up by hand.
"""
