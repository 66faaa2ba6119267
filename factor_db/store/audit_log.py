"""The audit log as a Merkle tree: RFC 6962 hashing in a few small functions.

Leaves are hashed with prefix 0x00 and nodes with 0x01, so that a leaf can never be shown as a node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one log entry (RFC 6962, 2.1)."""
    return hashlib.sha256(_LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees (RFC 6962, 2.1)."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; the empty tree is the hash of nothing (RFC 6962, 2.1).

    Built upwards from the right-most complete subtrees, so it takes one pass and no recursion.
    """
    if not leaves:
        return hashlib.sha256(b"").digest()
    subtrees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, value = 0, leaf
        while subtrees and subtrees[-1][0] == height:
            value = node_hash(subtrees.pop()[1], value)
            height += 1
        subtrees.append((height, value))
    _, root = subtrees.pop()
    while subtrees:
        root = node_hash(subtrees.pop()[1], root)
    return root
