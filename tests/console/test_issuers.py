"""External issuers and identities in the console: listed, admitted and ended by officers alone."""

from __future__ import annotations

from django.test import Client as Browser

from governance.actions.issuers import list_issuers
from governance.identities import system_caller
from governance.models import ExternalIdentity, ExternalIssuer
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.console.test_definitions import is_gone, stored

ISSUERS, IDENTITIES = "/admin/governance/externalissuer/", "/admin/governance/externalidentity/"
URL = "https://login.example.com"


def test_an_officer_lists_an_issuer_admits_an_identity_and_ends_both(console: Console, as_officer: Browser) -> None:
    client = cast.new_player(console.environment, "job").client
    refused = as_officer.post(f"{ISSUERS}add/", {"url": "http://login.example.com"}).content.decode()
    assert "An issuer is an https address" in refused
    as_officer.post(f"{ISSUERS}add/", {"url": URL})
    issuer = stored(console, ExternalIssuer, url=URL)
    asked = {"issuer": issuer.pk, "client": client.pk, "subject": "lovelace@example.com"}
    as_officer.post(f"{IDENTITIES}add/", asked)
    identity = stored(console, ExternalIdentity, issuer=issuer)
    assert console.booked("external_identity.admitted")[0].actor.id == console.officer.id
    page = f"{IDENTITIES}{identity.pk}/change/"
    assert "lovelace@example.com" in as_officer.get(page).content.decode()
    assert "lovelace" not in as_officer.get(IDENTITIES).content.decode()
    assert "calls as a client already" in as_officer.post(f"{IDENTITIES}add/", asked).content.decode()
    as_officer.post(f"{IDENTITIES}{identity.pk}/delete/", {"post": "yes"})
    assert is_gone(console, ExternalIdentity, pk=identity.pk)
    as_officer.post(f"{ISSUERS}{issuer.pk}/delete/", {"post": "yes"})
    assert is_gone(console, ExternalIssuer, pk=issuer.pk)


def test_nobody_else_sees_or_changes_them(console: Console, as_support: Browser) -> None:
    list_issuers(system_caller(console.environment.id), urls=[URL])
    for page in (ISSUERS, IDENTITIES, f"{ISSUERS}add/"):
        assert as_support.get(page).status_code == 403
    assert as_support.post(f"{ISSUERS}add/", {"url": "https://id.example.com"}).status_code == 403
    with in_environment(console.environment.id):
        assert [each.url for each in ExternalIssuer.objects.all()] == [URL]
