"""Vault and OpenBao transit: credentials, transport and outages, against a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from keyring.actions import create_key, ensure_environment_key, rewrap_environment_keys
from keyring.checks import check_root_keys
from keyring.errors import KmsUnavailable, Unsealable
from keyring.keys import KeyKind, forget_opened_keys, key_by_id
from keyring.kms.transit import TransitKms
from keyring.models import EnvironmentKey
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.openbao import OpenBao, start_openbao
from userstore.actions.erasing import ledger

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = start_openbao(tmp_path_factory.mktemp("openbao"))
    yield server
    server.stop()


@pytest.fixture
def options(openbao: OpenBao) -> dict[str, Any]:
    """What the settings say of a transit key of its own."""
    key = f"sealbook-{uuid4().hex[:8]}"
    return {"address": openbao.address, "key": key, "token_file": str(openbao.add_key(key))}


def transit(options: dict[str, Any], **other: Any) -> TransitKms:
    return TransitKms(name="transit", **{**options, **other})


def refused(attempt: Callable[[], object]) -> str:
    """Assert that the attempt fails as an outage, and that nothing of the request hangs on the error."""
    with pytest.raises(KmsUnavailable) as caught:
        attempt()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_an_approle_wraps_and_what_it_wrapped_opens_with_a_token(openbao: OpenBao, options: dict[str, Any]) -> None:
    role_id, secret = openbao.add_role(options["key"])
    role = transit(options, token_file="", role_id=role_id, secret_id_file=str(secret))
    assert transit(options).unwrap(role.wrap(KEY, context=b"here"), context=b"here") == KEY


def test_a_credential_that_ran_out_is_fetched_anew_and_a_withdrawn_one_refuses(
    openbao: OpenBao, options: dict[str, Any]
) -> None:
    kms, file = transit(options), Path(options["token_file"])
    wrapped = kms.wrap(KEY, context=b"here")
    openbao.root.auth.token.revoke(file.read_text().strip())
    said = refused(lambda: kms.unwrap(wrapped, context=b"here"))
    assert "refuses this credential" in said
    assert file.read_text().strip() not in said
    fresh = openbao.root.auth.token.create(policies=[options["key"]])["auth"]["client_token"]
    file.write_text(fresh)
    assert kms.unwrap(wrapped, context=b"here") == KEY


def test_a_rotated_transit_key_wraps_anew_and_opens_the_old_until_that_is_forbidden(
    openbao: OpenBao, options: dict[str, Any]
) -> None:
    kms = transit(options)
    old = kms.wrap(KEY, context=b"here")
    openbao.root.secrets.transit.rotate_key(options["key"])
    new = kms.wrap(KEY, context=b"here")
    assert [kms.unwrap(wrapped, context=b"here") for wrapped in (old, new)] == [KEY, KEY]
    assert (old[4], new[4]) == (1, 2)
    openbao.root.secrets.transit.update_key_configuration(options["key"], min_decryption_version=2)
    assert "rewrap_root" in refused(lambda: kms.unwrap(old, context=b"here"))
    assert kms.unwrap(new, context=b"here") == KEY


def test_an_outage_is_told_apart_from_what_cannot_be_unsealed(openbao: OpenBao, options: dict[str, Any]) -> None:
    kms = transit(options)
    wrapped = kms.wrap(KEY, context=b"here")
    openbao.root.sys.seal()
    try:
        refused(lambda: kms.unwrap(wrapped, context=b"here"))
        refused(lambda: kms.wrap(KEY, context=b"here"))
    finally:
        openbao.root.sys.submit_unseal_key(openbao.unseal_key)
    assert kms.unwrap(wrapped, context=b"here") == KEY
    with pytest.raises(Unsealable):
        kms.unwrap(wrapped, context=b"there")


@pytest.mark.parametrize("wrong", [{"key": "nobody"}, {"mount": "nowhere"}, {"address": "http://127.0.0.1:9"}])
def test_a_wrong_key_mount_or_address_is_an_outage_and_makes_no_new_key(
    openbao: OpenBao, options: dict[str, Any], wrong: dict[str, str]
) -> None:
    kms = transit(options, **wrong)
    refused(lambda: kms.wrap(KEY, context=b"here"))
    refused(lambda: kms.unwrap(transit(options).wrap(KEY, context=b"here"), context=b"here"))
    assert "nobody" not in openbao.root.secrets.transit.list_keys()["data"]["keys"]


def test_the_server_is_verified(openbao: OpenBao, options: dict[str, Any]) -> None:
    safe = transit(options, address=openbao.tls_address, ca=str(openbao.ca))
    assert safe.unwrap(safe.wrap(KEY, context=b""), context=b"") == KEY
    refused(lambda: transit(options, address=openbao.tls_address).wrap(KEY, context=b""))


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://vault.example.com:8200"},
        {"address": "vault.example.com"},
        {"address": "http://127.0.0.1.example.com"},
        {"address": ""},
        {"token_file": ""},
        {"token_file": "", "role_id": "role"},
        {"role_id": "role", "secret_id_file": "secret"},
    ],
)
def test_clear_text_beyond_loopback_and_half_a_credential_are_refused(wrong: dict[str, str]) -> None:
    options = {"address": "https://vault.example.com", "key": "sealbook", "token_file": "token", **wrong}
    refused(lambda: transit(options))


def test_the_deployment_check_asks_the_server(options: dict[str, Any], settings: Any) -> None:
    backend = "keyring.kms.transit.TransitKms"
    settings.KMS_PROVIDERS = [{"name": "transit", "backend": backend, "options": options}]
    assert check_root_keys() == []
    settings.KMS_PROVIDERS = [{"name": "transit", "backend": backend, "options": {**options, "mount": "nowhere"}}]
    assert [finding.id for finding in check_root_keys()] == ["keyring.E004"]
    settings.KMS_PROVIDERS = [{"name": "transit", "backend": backend, "options": {**options, "address": "http://x"}}]
    assert [finding.id for finding in check_root_keys()] == ["keyring.E001"]


def test_an_installation_moves_from_the_keyring_file_to_transit(
    environment: UUID, options: dict[str, Any], settings: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings.USERSTORE_TOMBSTONES = tmp_path / "erasures.ledger"
    assert ledger().mark_of(environment, b"handle") == ledger().mark_of(environment, b"handle")
    sealing = create_key(environment_id=environment, kind=KeyKind.TEXT).opened
    sealed = sealing.seal(b"text", b"place")
    local = settings.KMS_PROVIDERS
    to_transit = {"name": "transit", "backend": "keyring.kms.transit.TransitKms", "options": options}
    settings.KMS_PROVIDERS = [to_transit, *local]
    assert rewrap_environment_keys(environment_id=environment) == 1
    settings.KMS_PROVIDERS = [to_transit]
    forget_opened_keys()
    assert key_by_id(environment, sealing.id, kind=KeyKind.TEXT).unseal(sealed, b"place") == b"text"
    with in_environment(environment):
        assert set(EnvironmentKey.objects.filter(environment_id=environment).values_list("provider", flat=True)) == {
            "transit"
        }
    settings.KMS_PROVIDERS = [to_transit, *local]
    ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
    call_command("rewrap_root")
    told = capsys.readouterr().out
    assert "the installation: 1 keys" in told and "the ledger of erasures: 1 key" in told
    settings.KMS_PROVIDERS = [to_transit]
    assert ledger().read() == ([], 0)
    settings.KMS_PROVIDERS = [{**to_transit, "options": {**options, "key": "nobody"}}, to_transit | {"name": "other"}]
    with pytest.raises(CommandError, match="stay as they were"):
        call_command("rewrap_root")
