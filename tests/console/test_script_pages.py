"""Script secrets and hosts through their pages; a secret is never shown, not even to who kept it."""

from __future__ import annotations

from django.test import Client as Browser

from governance.models import PolicySecret, ScriptHost
from tests.console.people import Console
from tests.console.test_definitions import facts_of, is_gone, send, stored

SECRET = "s3cret-of-the-tests"


def test_a_secret_is_kept_renewed_and_destroyed_and_shown_nowhere(console: Console, as_officer: Browser) -> None:
    send(as_officer, "governance/policysecret/add/", {"name": "api_key", "value": SECRET})
    assert facts_of(console, "policy_secret.kept")["name"] == "api_key"
    secret = stored(console, PolicySecret, name="api_key")
    for page in ("", f"{secret.pk}/change/"):
        shown = as_officer.get(f"/admin/governance/policysecret/{page}").content.decode()
        assert "api_key" in shown and SECRET not in shown
    send(as_officer, f"governance/policysecret/{secret.pk}/change/", {"value": "another"})
    assert stored(console, PolicySecret, name="api_key").sealed_id != secret.sealed_id
    send(as_officer, f"governance/policysecret/{secret.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "policy_secret.retired")["name"] == "api_key"


def test_a_host_is_allowed_and_taken_off_the_list(console: Console, as_officer: Browser, as_support: Browser) -> None:
    new = {"host": "directory.example.com", "port": 443, "description": "who works here"}
    send(as_officer, "governance/scripthost/add/", new)
    host = stored(console, ScriptHost, host="directory.example.com")
    assert "who works here" in as_officer.get("/admin/governance/scripthost/").content.decode()
    wrong = as_officer.post("/admin/governance/scripthost/add/", new | {"host": "no host"}).content.decode()
    assert "This is not the name of a host." in wrong
    assert as_support.get("/admin/governance/scripthost/").status_code == 403
    send(as_officer, f"governance/scripthost/{host.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "script_host.retired")["host"] == "directory.example.com"
    assert is_gone(console, ScriptHost, host="directory.example.com")
