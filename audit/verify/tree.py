"""The Merkle tree of the book: RFC 6962, section 2.1; checking proofs as in RFC 9162, section 2.1.3 and 2.1.4."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_LENGTH = 32
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""Gives the root of a complete subtree: `node(level, number)` has the leaves from `number << level`, `1 << level`."""


class ProofRefused(ValueError):
    """A proof does not show what it should."""


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of an entry: of the exact bytes of its body."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """What has to be kept of a tree to go on: the roots of its complete subtrees, the largest first."""

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size, self.roots = size, list(roots)
        if len(self.roots) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees")

    def append(self, leaf: bytes) -> None:
        """Take one more leaf hash in."""
        carried, rest = leaf, self.size
        while rest & 1:
            carried, rest = node_hash(self.roots.pop(), carried), rest >> 1
        self.roots.append(carried)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take more leaf hashes in."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        if not self.roots:
            return EMPTY_ROOT
        whole = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            whole = node_hash(left, whole)
        return whole

    def copy(self) -> Frontier:
        """Return one that goes its own way."""
        return Frontier(self.size, self.roots)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = Frontier()
    tree.extend(leaves)
    return tree.root()


def frontier_at(size: int, node: Node) -> Frontier:
    """Return the frontier of the first `size` leaves."""
    roots, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            roots.append(node(level, start >> level))
            start += 1 << level
    return Frontier(size, roots)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path of a leaf in the tree of the first `size` leaves (RFC 6962, section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"{index} is no leaf of a tree of {size}")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, node))
            high = middle
        else:
            path.append(_range_root(low, middle, node))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Return what shows that the first `old` leaves of a tree of `new` are what they were (RFC 6962, section 2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} has no earlier one of {old}")
    if old in (0, new):
        return []
    path, low, high, is_known = [], 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, node))
            high = middle
        else:
            path.append(_range_root(low, middle, node))
            low, is_known = middle, False
    if not is_known:
        path.append(_range_root(low, high, node))
    return path[::-1]


def check_inclusion(*, leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `ProofRefused` unless a leaf is at its place in the tree of that root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofRefused("the index lies outside the tree")
    place, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(each, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ProofRefused("the entry is not at this place of the tree")


def check_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `ProofRefused` unless a tree begins with an earlier one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= new:
        raise ProofRefused("the later tree is the smaller one")
    if old in (0, new):
        known = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != known:
            raise ProofRefused("the earlier root is another one")
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise ProofRefused("the proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for each in path[1:]:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, each)
        place, last = place >> 1, last >> 1
    if last or before != old_root or after != new_root:
        raise ProofRefused("the later tree does not begin with the earlier one")


def _split(count: int) -> int:
    """Return the largest power of two below a count of at least two."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(low: int, high: int, node: Node) -> bytes:
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(count)
    return node_hash(_range_root(low, middle, node), _range_root(middle, high, node))
