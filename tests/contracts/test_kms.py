"""What every key management system must do, whichever one a deployment chooses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyring.kms import Kms
from keyring.kms.local import LocalKms, create_keyring_file
from tests.keyring.refusals import refuses_opaquely

MakeKms = Callable[[Path], Kms]


def local(folder: Path) -> Kms:
    create_keyring_file(folder / "keyring.json")
    return LocalKms(name="local", path=str(folder / "keyring.json"))


def local_under_a_passphrase(folder: Path) -> Kms:
    create_keyring_file(folder / "keyring.json", "correct horse")
    return LocalKms(name="local", path=str(folder / "keyring.json"), passphrase="correct horse")


MEMBERS: list[MakeKms] = [local, local_under_a_passphrase]


@pytest.fixture(params=MEMBERS, ids=lambda make: make.__name__)
def make(request: pytest.FixtureRequest) -> MakeKms:
    found: MakeKms = request.param
    return found


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
    assert kms.name == "local"
    assert "correct horse" not in repr(kms)
