"""What every key management system must do, whichever one a deployment chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyring.kms import Kms
from keyring.kms.local import LocalKms, create_keyring_file
from keyring.kms.transit import TransitKms
from tests.keyring.refusals import refuses_opaquely
from tests.openbao import OpenBao, start_openbao

MakeKms = Callable[[Path], Kms]


@pytest.fixture(scope="module")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = start_openbao(tmp_path_factory.mktemp("openbao"))
    yield server
    server.stop()


def local(folder: Path) -> Kms:
    create_keyring_file(folder / "keyring.json")
    return LocalKms(name="local", path=str(folder / "keyring.json"))


def local_under_a_passphrase(folder: Path) -> Kms:
    create_keyring_file(folder / "keyring.json", "correct horse")
    return LocalKms(name="local", path=str(folder / "keyring.json"), passphrase="correct horse")


MEMBERS: dict[str, MakeKms | None] = {
    "local": local,
    "local_under_a_passphrase": local_under_a_passphrase,
    "transit": None,
}


@pytest.fixture(params=MEMBERS)
def make(request: pytest.FixtureRequest) -> MakeKms:
    found = MEMBERS[request.param]
    return found or transit_of(request.getfixturevalue("openbao"))


def transit_of(server: OpenBao) -> MakeKms:
    """Every installation has a transit key of its own."""

    def transit(_: Path) -> Kms:
        key = f"sealbook-{uuid4().hex[:8]}"
        token = server.add_key(key)
        return TransitKms(name="transit", address=server.tls_address, ca=str(server.ca), key=key, token_file=str(token))

    return transit


@pytest.fixture
def kms(make: MakeKms, tmp_path: Path) -> Kms:
    return make(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)  # opening may take a scrypt
@given(key=st.binary(min_size=32, max_size=32), context=st.binary(max_size=80))
def test_a_wrapped_key_opens_under_its_context(kms: Kms, key: bytes, context: bytes) -> None:
    wrapped = kms.wrap(key, context=context)
    assert key not in wrapped
    assert kms.unwrap(wrapped, context=context) == key


def test_it_never_wraps_twice_alike(kms: Kms) -> None:
    assert kms.wrap(bytes(32), context=b"here") != kms.wrap(bytes(32), context=b"here")


@pytest.mark.parametrize("context", [b"", b"there", b"her", b"here "])
def test_another_context_refuses(kms: Kms, context: bytes) -> None:
    wrapped = kms.wrap(bytes(32), context=b"here")
    refuses_opaquely(lambda: kms.unwrap(wrapped, context=context))


def test_any_altered_byte_and_any_truncation_refuses(kms: Kms) -> None:
    wrapped = kms.wrap(bytes(32), context=b"here")
    for at in range(len(wrapped)):
        altered = wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :]
        refuses_opaquely(lambda altered=altered: kms.unwrap(altered, context=b"here"))  # type: ignore[misc]  # bound now
        refuses_opaquely(lambda at=at: kms.unwrap(wrapped[:at], context=b"here"))  # type: ignore[misc]  # bound now


def test_what_another_installation_wrapped_refuses(kms: Kms, make: MakeKms, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    wrapped = make(tmp_path / "other").wrap(bytes(32), context=b"here")
    refuses_opaquely(lambda: kms.unwrap(wrapped, context=b"here"))


def test_it_names_itself_and_shows_no_secret(kms: Kms) -> None:
    assert kms.name in MEMBERS
    assert "correct horse" not in repr(kms)
