"""The keyring file: readable by its owner, never lost, never silently replaced."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from keyring.checks import check_root_keys
from keyring.errors import KeyringLocked, KmsUnavailable
from keyring.kms.keyring_file import add_root_key, create_keyring_file, read_root_keys
from keyring.kms.local import LocalKms


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keyring.json"


def test_it_is_created_for_its_owner_only_and_leaves_no_draft(path: Path) -> None:
    create_keyring_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_an_existing_one_is_never_replaced(path: Path) -> None:
    create_keyring_file(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_keyring_file(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_one_that_others_may_read_is_refused_with_its_remedy(path: Path, mode: int) -> None:
    create_keyring_file(path)
    path.chmod(mode)
    with pytest.raises(KmsUnavailable, match="chmod 600"):
        read_root_keys(path)


def test_a_missing_one_is_refused_with_its_remedy(path: Path) -> None:
    with pytest.raises(KmsUnavailable, match="create_keyring"):
        read_root_keys(path)


@pytest.mark.parametrize(
    "content", ["", "not json", "[]", "{}", '{"format": "sealbook-keyring/2", "root_keys": [1]}', '{"format": 7}']
)
def test_one_of_another_format_is_refused_without_quoting_it(path: Path, content: str) -> None:
    create_keyring_file(path)
    path.write_text(content)
    with pytest.raises(KmsUnavailable) as caught:
        read_root_keys(path)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("entry", [{"id": "x"}, {"id": "0" * 32, "key": "c2hvcnQ="}, {"id": "0" * 32, "key": "%"}, 7])
def test_a_damaged_one_is_refused(path: Path, entry: Any) -> None:
    create_keyring_file(path)
    document = json.loads(path.read_text())
    document["root_keys"].append(entry)
    path.write_text(json.dumps(document))
    with pytest.raises(KmsUnavailable, match="damaged"):
        read_root_keys(path)


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(KmsUnavailable):
        read_root_keys(path)


def test_with_a_passphrase_the_file_holds_no_usable_key(path: Path) -> None:
    create_keyring_file(path, "correct horse")
    roots = read_root_keys(path, "correct horse")
    assert roots.passphrase_protected
    content = path.read_bytes()
    assert all(key not in content and key.hex().encode() not in content for key in roots.by_id.values())
    assert "key" not in json.loads(content)["root_keys"][0]


@pytest.mark.parametrize("passphrase", ["", "wrong horse"])
def test_a_missing_or_wrong_passphrase_locks_it_and_is_not_repeated(path: Path, passphrase: str) -> None:
    create_keyring_file(path, "correct horse")
    with pytest.raises(KeyringLocked, match="SEALBOOK_KEYRING_PASSPHRASE") as caught:
        read_root_keys(path, passphrase)
    assert "horse" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_an_added_root_key_wraps_at_once_and_the_older_one_still_unwraps(path: Path, passphrase: str) -> None:
    create_keyring_file(path, passphrase)
    kms = LocalKms(name="local", path=str(path), passphrase=passphrase)
    before = kms.wrap(bytes(32), context=b"here")
    added = add_root_key(path, passphrase)
    after = kms.wrap(bytes(32), context=b"here")
    assert added.bytes not in before
    assert added.bytes in after
    assert kms.unwrap(before, context=b"here") == kms.unwrap(after, context=b"here") == bytes(32)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_root_keys_added_at_the_same_time_all_survive(path: Path) -> None:
    create_keyring_file(path)
    with ThreadPoolExecutor(8) as pool:
        added = set(pool.map(lambda _: add_root_key(path), range(8)))
    assert added < set(read_root_keys(path).by_id)


def test_a_wrong_passphrase_adds_nothing(path: Path) -> None:
    create_keyring_file(path, "correct horse")
    before = path.read_bytes()
    with pytest.raises(KeyringLocked):
        add_root_key(path, "wrong horse")
    assert path.read_bytes() == before


def test_a_keyring_that_was_taken_away_stops_working_at_once(path: Path) -> None:
    create_keyring_file(path)
    kms = LocalKms(name="local", path=str(path))
    wrapped = kms.wrap(bytes(32), context=b"here")
    path.unlink()
    with pytest.raises(KmsUnavailable):
        kms.unwrap(wrapped, context=b"here")


@pytest.fixture
def configured(path: Path, settings: Any) -> Any:
    settings.KEYRING_FILE = path
    settings.KEYRING_PASSPHRASE = "correct horse"
    settings.KMS_PROVIDERS = [
        {
            "name": "local",
            "backend": "keyring.kms.local.LocalKms",
            "options": {"path": str(path), "passphrase": settings.KEYRING_PASSPHRASE},
        }
    ]
    return settings


def test_the_commands_create_a_keyring_once_and_add_root_keys(configured: Any, path: Path) -> None:
    said = StringIO()
    call_command("create_keyring", stdout=said)
    call_command("add_root_key", stdout=said)
    roots = read_root_keys(path, "correct horse")
    assert len(roots.by_id) == 2
    assert str(roots.newest) in said.getvalue()
    assert "horse" not in said.getvalue()
    with pytest.raises(CommandError, match="already"):
        call_command("create_keyring")


def test_the_commands_say_what_is_wrong(configured: Any, path: Path) -> None:
    with pytest.raises(CommandError, match="create_keyring"):
        call_command("add_root_key")
    call_command("create_keyring", stdout=StringIO())
    configured.KEYRING_PASSPHRASE = "wrong horse"
    with pytest.raises(CommandError, match="SEALBOOK_KEYRING_PASSPHRASE"):
        call_command("add_root_key")


def test_the_deployment_check_accepts_a_wrapped_keyring(configured: Any, path: Path) -> None:
    create_keyring_file(path, "correct horse")
    assert check_root_keys() == []


def test_the_deployment_check_refuses_an_unwrapped_open_missing_or_unconfigured_keyring(
    configured: Any, path: Path
) -> None:
    assert [finding.id for finding in check_root_keys()] == ["keyring.E002"]
    create_keyring_file(path)
    assert [finding.id for finding in check_root_keys()] == ["keyring.E003"]
    path.chmod(0o644)
    assert [finding.id for finding in check_root_keys()] == ["keyring.E002"]
    configured.KMS_PROVIDERS = []
    assert [finding.id for finding in check_root_keys()] == ["keyring.E001"]
