"""Envelopes: the vector of the specification, and no bit of an envelope that could be another."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.provenance.dsse import read_envelope, signer_of
from governance.provenance.keys import key_id_of, read_public_key, written
from governance.provenance.statements import read_provenance
from tests.governance.provenance.ci import ARTIFACT, COMMIT, REPOSITORY_ID, Ci, digest_of, pem_of, without

DSSE = json.loads((Path(__file__).parents[2] / "vectors" / "dsse.json").read_text())
CI = Ci()
KEY = read_public_key(CI.public_pem)


def test_the_vector_of_the_specification_verifies() -> None:
    numbers = ec.EllipticCurvePublicNumbers(DSSE["x"], DSSE["y"], ec.SECP256R1())
    envelope = read_envelope(json.dumps(DSSE["envelope"]))
    assert envelope.signed == DSSE["pae"].encode()
    assert signer_of(envelope, [("vector", numbers.public_key())]) == "vector"
    assert signer_of(envelope, [("other", KEY)]) is None


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=["p256", "p384"])
def test_a_key_of_a_curve_signs_as_well(curve: ec.EllipticCurve) -> None:
    ci = Ci(ec.generate_private_key(curve))
    key = read_public_key(ci.public_pem)
    assert signer_of(read_envelope(ci.build()), [("other", KEY), ("ci", key)]) == "ci"
    assert read_public_key(written(key)) == key
    assert len(key_id_of(key)) == 64


def test_either_alphabet_of_base64_is_read() -> None:
    found = json.loads(CI.build())
    found["payload"] = found["payload"].translate(str.maketrans("+/", "-_"))
    found["signatures"][0]["sig"] = found["signatures"][0]["sig"].translate(str.maketrans("+/", "-_"))
    assert signer_of(read_envelope(json.dumps(found)), [("ci", KEY)]) == "ci"


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7), part=st.sampled_from(["payload", "payloadType", "sig"]))
def test_another_bit_is_another_envelope(place: int, bit: int, part: str) -> None:
    found = json.loads(CI.build())
    holder = found["signatures"][0] if part == "sig" else found
    raw = bytearray(holder[part].encode() if part == "payloadType" else b64decode(holder[part]))
    raw[place % len(raw)] ^= 1 << (bit % 7 if part == "payloadType" else bit)
    holder[part] = raw.decode() if part == "payloadType" else b64encode(raw).decode()
    assert signer_of(read_envelope(json.dumps(found)), [("ci", KEY)]) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '"x"', "{}", '{"payload": "", "payloadType": "x", "signatures": []}',
     '{"payload": "*", "payloadType": "x", "signatures": [{"sig": "AA=="}]}',
     '{"payload": "AA==", "payloadType": 1, "signatures": [{"sig": "AA=="}]}',
     '{"payload": "AA==", "payloadType": "x", "signatures": [1]}',
     '{"payload": "AA==", "payloadType": "x", "signatures": {"sig": "AA=="}}', "x" * 300_000],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_envelope(text)
    assert refused.value.field == "envelope"


@pytest.mark.parametrize("pem", ["", "none", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "k" * 5000])
def test_what_is_no_public_key_is_refused(pem: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_public_key(pem)
    assert refused.value.field == "public_key"


def test_a_curve_that_nobody_signs_with_is_refused() -> None:
    with pytest.raises(Invalid):
        read_public_key(pem_of(ec.generate_private_key(ec.SECP224R1())))


def test_of_the_statement_only_what_the_builder_states_is_believed() -> None:
    envelope = read_envelope(CI.build())
    stated = read_provenance(envelope.payload_type, envelope.payload)
    assert stated.artifacts[0].digest == digest_of(ARTIFACT)
    assert (stated.repository_id, stated.commit) == (REPOSITORY_ID, COMMIT)
    assert (stated.repository, stated.ref) == ("https://git.example.com/shop/jobs", "refs/heads/main")
    asked_only = without(CI.statement(), "predicate", "buildDefinition", "internalParameters")
    assert read_provenance("application/vnd.in-toto+json", json.dumps(asked_only).encode()).repository_id == ""


@pytest.mark.parametrize(
    "path",
    [("_type",), ("predicateType",), ("subject",), ("subject", 0, "digest", "sha256"), ("predicate",),
     ("predicate", "runDetails", "builder", "id"), ("predicate", "runDetails", "metadata", "finishedOn"),
     ("predicate", "buildDefinition", "resolvedDependencies"),
     ("predicate", "buildDefinition", "resolvedDependencies", 0, "digest", "gitCommit")],
    ids=lambda path: path[-1],
)  # fmt: skip
def test_a_statement_that_lacks_something_is_refused(path: tuple[str | int, ...]) -> None:
    envelope = read_envelope(CI.sign(without(CI.statement(), *path)))
    with pytest.raises(Invalid):
        read_provenance(envelope.payload_type, envelope.payload)
