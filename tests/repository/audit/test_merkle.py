"""The tree of RFC 6962 against its public vectors, against the definition, and against forged proofs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.audit import merkle

# The eight leaves and the roots that certificate-transparency implementations share as test data.
LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [merkle.leaf_hash(one) for one in LEAVES]
# (leaf, size, proof), leaves counted from 0
INCLUSION = [
    (0, 1, []),
    (0, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (5, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 5, [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
    (6, 7, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
]  # fmt: skip


def defined(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 writes it."""
    if not leaves:
        return merkle.EMPTY
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(defined(leaves[:k]), defined(leaves[k:]))


def roots(leaves: list[bytes], ranges: list[merkle.Range]) -> list[bytes]:
    """What a keeper of the tree answers, from complete nodes only."""
    found = []
    for span in ranges:
        nodes = [merkle.root(leaves[i << n : (i + 1) << n]) for n, i in merkle.nodes_of(span)]
        found.append(merkle.fold(nodes))
    return found


def some(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(i).encode()) for i in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_public_roots(size: int) -> None:
    assert merkle.root(HASHES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("leaf", "size", "proof"), INCLUSION)
def test_public_inclusion_proofs(leaf: int, size: int, proof: list[str]) -> None:
    made = roots(HASHES[:size], merkle.inclusion(leaf, size))
    assert [one.hex() for one in made] == proof
    assert merkle.includes(HASHES[leaf], leaf, size, made, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_public_consistency_proofs(old: int, new: int, proof: list[str]) -> None:
    made = roots(HASHES[:new], merkle.consistency(old, new))
    assert [one.hex() for one in made] == proof
    assert merkle.extends(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), made)


@given(st.integers(0, 300))
def test_roots_are_as_defined(size: int) -> None:
    leaves = some(size)
    assert merkle.root(leaves) == defined(leaves) == roots(leaves, [(0, size)])[0]


@given(st.data(), st.integers(1, 300))
def test_each_leaf_is_proven_and_nothing_else(data: st.DataObject, size: int) -> None:
    leaf = data.draw(st.integers(0, size - 1))
    leaves = some(size)
    head, proof = merkle.root(leaves), roots(leaves, merkle.inclusion(leaf, size))
    assert merkle.includes(leaves[leaf], leaf, size, proof, head)
    assert not merkle.includes(merkle.leaf_hash(b"other"), leaf, size, proof, head)
    assert not merkle.includes(leaves[leaf], leaf, size, [*proof, head], head)
    assert not merkle.includes(leaves[leaf], leaf, size, proof, merkle.leaf_hash(b"root"))
    other = data.draw(st.integers(0, size - 1))
    assert merkle.includes(leaves[leaf], other, size, proof, head) == (other == leaf)
    for place in range(len(proof)):
        assert not merkle.includes(leaves[leaf], leaf, size, proof[:place] + proof[place + 1 :], head)
        forged = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert not merkle.includes(leaves[leaf], leaf, size, forged, head)
    if len(set(proof)) > 1:
        assert not merkle.includes(leaves[leaf], leaf, size, proof[::-1], head)


@given(st.data(), st.integers(1, 300))
def test_each_earlier_tree_is_proven_and_no_other(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(0, new))
    leaves = some(new)
    before, after = merkle.root(leaves[:old]), merkle.root(leaves)
    proof = roots(leaves, merkle.consistency(old, new))
    assert merkle.extends(old, before, new, after, proof)
    assert not merkle.extends(old, before, new, after, [*proof, after])
    assert not merkle.extends(old, merkle.leaf_hash(b"x"), new, after, proof)
    if 0 < old < new:
        assert not merkle.extends(old, before, new, merkle.leaf_hash(b"x"), proof)
        assert not merkle.extends(old, before, new, after, [])
        for place in range(len(proof)):
            assert not merkle.extends(old, before, new, after, proof[:place] + proof[place + 1 :])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=12), st.integers(-2, 40), st.integers(-2, 40))
def test_no_invented_proof_raises_or_passes(proof: list[bytes], place: int, size: int) -> None:
    assert not merkle.includes(bytes(32), place, size, proof, b"r" * 32)
    assert not merkle.extends(place, b"a" * 32, size, b"b" * 32, proof)


@pytest.mark.parametrize(("leaf", "size"), [(0, 0), (5, 5), (-1, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(leaf: int, size: int) -> None:
    with pytest.raises(ValueError, match="leaf"):
        merkle.inclusion(leaf, size)
    assert not merkle.includes(bytes(32), leaf, size, [], bytes(32))


def test_a_tree_does_not_shrink() -> None:
    with pytest.raises(ValueError, match="to"):
        merkle.consistency(5, 4)
    assert not merkle.extends(5, bytes(32), 4, bytes(32), [])


def test_a_node_is_never_a_leaf() -> None:
    """Two leaves' node, passed off as the only leaf of a smaller tree, has another hash."""
    assert merkle.leaf_hash(HASHES[0] + HASHES[1]) != merkle.node_hash(HASHES[0], HASHES[1])
