"""Proofs of possession by themselves (RFC 9449): what they are made of, and whose key it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.delegation.proofs import Presented, ProofRefused, address_of_proof, read_proof, thumbprint_of
from tests.api.proving import Key, new_ed25519_key

PATH = "/userstore/api/accessors"
ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def read(text: str | None, **rest: Any) -> Any:
    return read_proof(Presented(text, "POST", address_of_proof(PATH)), now=datetime.now(UTC), **rest)


def code(text: str | None) -> str:
    with pytest.raises(ProofRefused) as refused:
        read(text)
    return refused.value.reasons[0]


def test_the_proof_of_the_standard_is_one() -> None:
    # RFC 9449, figure 2; the thumbprint is that of its figure 8
    figure = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
        "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
        "In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu"
        "IiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZ"
        "T3Lg"
    )
    presented = Presented(figure, "POST", "https://server.example.com/token")
    proof = read_proof(presented, now=datetime.fromtimestamp(1562262616, UTC))
    assert proof.key == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_the_thumbprint_is_the_one_of_the_standard() -> None:
    # RFC 8037, appendix A.3
    assert thumbprint_of({**ED25519, "kid": "left out"}) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("make", [Key, new_ed25519_key], ids=["ES256", "EdDSA"])
def test_a_proof_names_its_key_and_is_good_for_a_minute(make: Any) -> None:
    key = make()
    proof = read(key.proof(PATH, jti="one"))
    assert proof.key == thumbprint_of(key.jwk)
    assert proof.mark == f"dpop\n{proof.key}\none"
    assert proof.expires_at.timestamp() - time.time() > 600, "a mark outlives every token, on a clock that is behind"
    assert read(key.proof(f"{PATH}?page=2#here")).key == proof.key, "an address is compared without its query"


def test_what_shows_a_private_key_or_is_signed_otherwise_is_no_proof() -> None:
    key = Key()
    shared = jwt.encode({"jti": "x"}, "s" * 32, algorithm="HS256", headers={"typ": "dpop+jwt", "jwk": key.jwk})
    unsigned = jwt.encode({"jti": "x"}, "", algorithm="none", headers={"typ": "dpop+jwt", "jwk": key.jwk})
    for header in ({"jwk": {**key.jwk, "d": "AAAA"}}, {"jwk": "mine"}, {"jwk": ED25519}, {"crit": ["exp"]}):
        assert code(key.proof(PATH, header=header)) == "dpop: malformed"
    assert code(shared) == code(unsigned) == "dpop: malformed"
    assert code(key.proof(PATH, jti="x" * 129)) == code(key.proof(PATH, jti="\ud800")) == "dpop: malformed"
    assert code(key.proof(PATH, iat="today")) == code(key.proof(PATH, iat=1e300)) == "dpop: malformed"
    assert code(None) == "dpop: missing"


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.hex() + "." + raw.hex() + "."))
def test_whatever_else_comes_is_refused_and_nothing_breaks(text: str) -> None:
    assert code(text) == "dpop: malformed"
