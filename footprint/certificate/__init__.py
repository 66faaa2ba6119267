"""Certificates: the signed JSON, its PDF copy and QR, and the offline verifier.

Owns keys, the credential and its words, the proof, the printed copy and the checks of all three.
Does not own calculating, storing or the audit log; importing this package loads nothing heavy.
"""
