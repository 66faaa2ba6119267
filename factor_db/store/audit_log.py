"""The audit log as a Merkle tree: hashing, proofs and their checks, after RFC 6962 and RFC 9162.

Leaves are hashed with prefix 0x00 and nodes with 0x01, so that a leaf can never be shown as a node.
An inclusion proof shows that a leaf stands in a tree; a consistency proof shows that a tree is the
beginning of a larger one. Checking either takes the roots alone, and no store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one log entry (RFC 6962, 2.1)."""
    return hashlib.sha256(_LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees (RFC 6962, 2.1)."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes; the empty tree is the hash of nothing (RFC 6962, 2.1).

    Built upwards from the right-most complete subtrees, so it takes one pass and no recursion.
    """
    subtrees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, value = 0, leaf
        while subtrees and subtrees[-1][0] == height:
            value = node_hash(subtrees.pop()[1], value)
            height += 1
        subtrees.append((height, value))
    if not subtrees:
        return hashlib.sha256(b"").digest()
    _, root = subtrees.pop()
    while subtrees:
        root = node_hash(subtrees.pop()[1], root)
    return root


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of one leaf, from the leaf upwards (RFC 6962, 2.1.1).

    `leaves` are the hashes of all leaves of the tree. Raises ValueError for a leaf it has not.
    """
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} in a tree of {len(leaves)}")
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            path.append(tree_root(leaves[split:end]))
            end = split
        else:
            path.append(tree_root(leaves[start:split]))
            start = split
    return path[::-1]


def consistency_path(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the first `old_size` leaves are the old tree (RFC 6962, 2.1.2).

    Raises ValueError for an old tree that is empty or larger than the new one.
    """
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"no tree of {old_size} in a tree of {len(leaves)}")
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end != old_size:
        split = start + _largest_power_below(end - start)
        if old_size <= split:
            path.append(tree_root(leaves[split:end]))
            end = split
        else:
            path.append(tree_root(leaves[start:split]))
            start = split
    if start > 0:  # else the checker knows this subtree already: it is the old root
        path.append(tree_root(leaves[start:end]))
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf hash stands at `index` of a tree of this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for node in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(node, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, node)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def extends(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the new tree begins with the old one, leaf by leaf (RFC 9162, 2.1.4.2).

    Nothing is a beginning of every tree, and needs no path.
    """
    if old_size == 0 or old_size == new_size:
        empty = old_size == 0 and old_root != tree_root([])
        return not path and not empty and (old_size == 0 or old_root == new_root)
    if not 0 < old_size < new_size or not path:
        return False
    # A complete old tree is its own first node, which the proof therefore leaves out.
    nodes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _largest_power_below(number: int) -> int:
    """Return the largest power of two smaller than a number above 1."""
    return 1 << ((number - 1).bit_length() - 1)
