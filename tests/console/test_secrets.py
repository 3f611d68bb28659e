from __future__ import annotations

import re

from django.test import Client as Browser

from governance.actions.clients import secret_is_good
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console

SECRET = re.compile(r"sbs_[\w-]{40,}")


def test_a_secret_is_shown_once_on_its_own_page_and_kept_nowhere(console: Console, as_officer: Browser) -> None:
    client = cast.new_player(console.environment, "billing").client
    page = f"/admin/governance/client/{client.pk}/new_secret/"
    assert SECRET.search(as_officer.get(page).content.decode()) is None
    assert len(console.booked("client.secret_issued")) == 1
    answer = as_officer.post(page)
    secret = SECRET.search(answer.content.decode())
    assert secret is not None
    assert "no-store" in answer["Cache-Control"]
    with in_environment(console.environment.id):
        assert secret_is_good(client=client, text=secret[0])
    assert secret[0] not in str(dict(as_officer.session)) + str(as_officer.cookies)
    for later in (page, f"/admin/governance/client/{client.pk}/change/", "/admin/", "/admin/book/"):
        assert secret[0] not in as_officer.get(later).content.decode()
    assert secret[0] not in "".join(entry.text for entry in console.booked("client.secret_issued"))


def test_a_secret_is_ended_at_once(console: Console, as_officer: Browser) -> None:
    player = cast.new_player(console.environment, "billing")
    page = f"/admin/governance/client/{player.client.pk}/end_secrets/"
    shown = as_officer.get(page).content.decode()
    assert player.secret not in shown and player.secret[:8] in shown
    with in_environment(console.environment.id):
        secret_pk = player.client.secrets.get().pk
    as_officer.post(page, {"secret": secret_pk})
    with in_environment(console.environment.id):
        assert not secret_is_good(client=player.client, text=player.secret)
    assert "No secret is good" in as_officer.get(page).content.decode()


def test_whoever_has_no_right_gets_no_secret(console: Console, as_support: Browser) -> None:
    client = cast.new_player(console.environment, "billing").client
    page = f"/admin/governance/client/{client.pk}/new_secret/"
    assert as_support.get(page).status_code == as_support.post(page).status_code == 403
    assert Browser().post(page).status_code == 302
    assert len(console.booked("client.secret_issued")) == 1
