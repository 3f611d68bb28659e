"""Sealing keys in the console: which there are, who used them, renewing, and destroying one that is typed."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from governance.actions.environments import change_environment
from governance.identities import system_caller
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from userstore.actions.sealing import Batch, Outcome, seal_values, unseal_values

KEYS = "/admin/sealing-keys/"
TEXT = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def service(console: Console) -> cast.Player:
    return cast.new_player(console.environment, "billing", seal=True, unseal=True)


def batch(service: cast.Player, *texts: str) -> Batch:
    return Batch(service.caller, {"name": "operational"}, [*texts], [b"{}"] * len(texts))


def sealed(service: cast.Player) -> Outcome:
    return seal_values(batch(service, TEXT, TEXT))


def keys(console: Console) -> list[WrappedKey]:
    with in_environment(console.environment.id):
        found = WrappedKey.objects.filter(environment_id=console.environment.id, kind="service")
        return list(found.order_by("version"))


def test_keys_are_listed_with_their_uses_renewed_and_destroyed(
    console: Console, as_officer: Browser, service: cast.Player
) -> None:
    assert "No client has a sealing key yet" in as_officer.get(KEYS).content.decode()
    texts = sealed(service).texts
    page = f"{KEYS}{service.client.public_id}/"
    assert as_officer.post(f"{page}renew/").status_code == 302
    former, newest = keys(console)
    unseal_values(batch(service, *[text for text in texts if text]))
    shown = as_officer.get(KEYS).content.decode()
    assert "billing" in shown and "unsealed" in shown and TEXT not in shown
    assert str(newest.id) not in shown, "only former ones can be destroyed"
    destroying = f"{page}{former.id}/destroy/"
    assert "1 call of the last day opened values with it" in as_officer.get(destroying).content.decode()
    assert "Renew the key first" in as_officer.get(f"{page}{newest.id}/destroy/").content.decode()
    assert "Nothing was destroyed." in as_officer.post(destroying, {"typed": "billin"}).content.decode()
    assert len(keys(console)) == 2
    refused = as_officer.post(f"{page}{newest.id}/destroy/", {"typed": "billing"}, follow=True).content.decode()
    assert "New values are sealed with this key." in refused
    assert as_officer.post(destroying, {"typed": "billing"}).status_code == 302
    assert [key.id for key in keys(console)] == [newest.id]
    assert [len(console.booked(f"seal.key_{what}")) for what in ("created", "destroyed")] == [1, 1]
    assert console.booked("seal.key_destroyed")[0].actor.id == console.officer.id
    assert as_officer.get(destroying).status_code == 404


def test_outsiders_and_protected_environments_change_no_key(
    console: Console, as_officer: Browser, as_support: Browser, service: cast.Player
) -> None:
    sealed(service)
    page = f"{KEYS}{service.client.public_id}/"
    addresses = (KEYS, f"{page}{keys(console)[0].id}/destroy/")
    for browser, allowed in ((as_support, 403), (Browser(), 302)):
        assert {browser.get(address).status_code for address in addresses} == {allowed}
        assert browser.post(f"{page}renew/").status_code == allowed
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    assert "becomes a draft" in as_officer.get(KEYS).content.decode()
    assert "/admin/changes/" in as_officer.post(f"{page}renew/")["Location"]
    assert len(keys(console)) == 1
