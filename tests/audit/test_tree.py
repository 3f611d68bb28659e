"""The tree is RFC 6962's, proofs show what they should, and nothing else passes for one."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.verify.tree import (
    EMPTY_ROOT,
    Frontier,
    ProofRefused,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)

# The tree of certificate-transparency-go's reference tests (merkletree, testonly/reference), after RFC 6962.
BODIES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 600)


def nodes(leaves: list[bytes]):  # type: ignore[no-untyped-def]  # the type is long and said in tree.Node
    return lambda level, number: root_of(leaves[number << level : number + 1 << level])


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4)) for number in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_reference_tree(size: int) -> None:
    assert root_of(map(leaf_hash, BODIES[:size])).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()


def test_an_independent_implementation_has_the_same_roots_for_twenty_thousand_leaves() -> None:
    oracle, tree = InmemoryTree(algorithm="sha256"), Frontier()
    for number in range(20_000):
        body = number.to_bytes(4)
        oracle.append_entry(body)
        tree.append(leaf_hash(body))
        if number % 997 == 0:
            assert tree.root() == oracle.get_root()
    assert tree.root() == oracle.get_root()


@given(SIZES, st.data())
def test_every_leaf_has_a_proof_which_no_other_leaf_place_size_or_root_shares(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, size, nodes(leaves)), root_of(leaves)
    told = {"leaf": leaves[index], "index": index, "size": size, "root": root, "proof": proof}

    check_inclusion(**told)  # type: ignore[arg-type]  # a literal of them all

    wrong = [
        {"leaf": leaf_hash(b"another")}, {"root": leaf_hash(b"another")}, {"index": size}, {"index": -1},
        {"proof": [*proof, root]}, {"proof": proof[:-1] if proof else [root]},
        {"index": data.draw(st.integers(0, size - 1).filter(lambda other: other != index)) if size > 1 else 1},
        *[{"proof": [*proof[:at], leaf_hash(b"x"), *proof[at + 1 :]]} for at in range(len(proof))],
    ]  # fmt: skip
    for each in wrong:
        with pytest.raises(ProofRefused):
            check_inclusion(**{**told, **each})  # type: ignore[arg-type]  # as above


@given(st.integers(0, 400), SIZES, st.data())
def test_a_tree_is_consistent_with_its_beginnings_and_with_no_other_tree(
    old: int, more: int, data: st.DataObject
) -> None:
    leaves = leaves_of(old + more)
    new = len(leaves)
    proof = consistency_proof(old, new, nodes(leaves))
    told = {"old": old, "new": new, "old_root": root_of(leaves[:old]), "new_root": root_of(leaves), "proof": proof}

    check_consistency(**told)  # type: ignore[arg-type]  # a literal of them all

    forged = list(leaves)
    if old:
        forged[data.draw(st.integers(0, old - 1))] = leaf_hash(b"forged")
        other = {"new_root": root_of(forged), "proof": consistency_proof(old, new, nodes(forged))}
        with pytest.raises(ProofRefused):
            check_consistency(**{**told, **other})  # type: ignore[arg-type]  # as above
    for each in ({"old_root": leaf_hash(b"x")}, {"new": old - 1}, {"proof": [*proof, leaf_hash(b"x")]}):
        with pytest.raises(ProofRefused):
            check_consistency(**{**told, **each})  # type: ignore[arg-type]  # as above


@given(st.integers(0, 2000))
def test_what_is_kept_of_a_tree_is_enough_to_go_on(size: int) -> None:
    leaves = leaves_of(size)
    kept = frontier_at(size, nodes(leaves))
    assert kept.root() == root_of(leaves)
    kept.append(leaf_hash(b"next"))
    assert kept.root() == root_of([*leaves, leaf_hash(b"next")])


def test_a_leaf_never_passes_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
