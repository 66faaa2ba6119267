"""The Merkle tree of the audit log.

System under test: factor_db.store.audit_log, against RFC 6962 by hand: the root of {a, b, c} is
node(node(a, b), c), a leaf is SHA-256(0x00 ‖ entry), a node SHA-256(0x01 ‖ left ‖ right), and the
empty tree is SHA-256 of nothing.
"""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from factor_db.store.audit_log import leaf_hash, node_hash, tree_root


def _root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1: split at the largest power of two smaller than the number of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = _root_by_definition(leaves[:split]), _root_by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert tree_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_three_leaves_by_hand() -> None:
    a, b, c = (leaf_hash(entry) for entry in (b"a", b"b", b"c"))
    assert a == hashlib.sha256(b"\x00a").digest()
    assert tree_root([a, b, c]) == node_hash(node_hash(a, b), c)


@given(st.lists(st.binary(), min_size=1, max_size=70))
def test_one_pass_gives_the_root_of_the_definition(entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    assert tree_root(leaves) == _root_by_definition(leaves)
