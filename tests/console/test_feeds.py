"""Feeds in the console: officers define, change and retire them, and see how far each receiver is."""

from __future__ import annotations

from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from governance.actions.webhooks import define_webhook
from governance.identities import system_caller
from governance.models import Feed
from keyring.walls import in_environment
from tests.audit.connections import AddressOf
from tests.audit.sealing import sealing
from tests.console.people import Console
from tests.console.test_definitions import facts_of, is_gone, send, stored

ADD = "governance/feed/add/"


def asked(**changed: Any) -> dict[str, Any]:
    whole = {"name": "siem", "way": "syslog", "address": "logs.example.com:6514", "webhook": "", "description": ""}
    return {**whole, **changed}


def test_an_officer_defines_changes_and_retires_a_feed(console: Console, as_officer: Browser) -> None:
    send(as_officer, ADD, asked())
    assert facts_of(console, "feed.defined")["leads_to"] == "logs.example.com:6514"
    feed = stored(console, Feed, name="siem")
    hook = define_webhook(system_caller(console.environment.id), name="desk", url="https://desk.example.com/in")
    send(as_officer, f"governance/feed/{feed.pk}/change/", asked(way="webhook", address="", webhook=hook.pk))
    assert facts_of(console, "feed.changed")["leads_to"] == "desk"
    send(as_officer, f"governance/feed/{feed.pk}/delete/", {"post": "yes"})
    assert is_gone(console, Feed, name="siem") and facts_of(console, "feed.retired")["way"] == "webhook"


def test_a_feed_is_paused_after_a_question_and_resumed(console: Console, as_officer: Browser) -> None:
    send(as_officer, ADD, asked())
    feed = stored(console, Feed, name="siem")
    for step, told in (("pause", "paused"), ("resume", "new")):
        page = f"/admin/governance/feed/{feed.pk}/{step}/"
        assert f"{step.title()} feed siem?" in as_officer.get(page).content.decode()
        assert as_officer.post(page).status_code == 302 and facts_of(console, f"feed.{step}d")["name"] == "siem"
        assert f">{told}<" in "".join(as_officer.get("/admin/governance/feed/").content.decode().split())
        assert as_officer.post(page, follow=True).status_code == 403, "what is offered is what can be done"


def test_what_leads_nowhere_is_told_beside_its_field(console: Console, as_officer: Browser) -> None:
    shown = as_officer.post(f"/admin/{ADD}", asked(address="tcp://logs.example.com:514")).content.decode()
    assert "A syslog server has a host and a port." in shown
    shown = as_officer.post(f"/admin/{ADD}", asked(way="file", address="")).content.decode()
    assert "There is no folder for files." in shown


def test_the_list_shows_who_stands_still_and_how_far_behind(
    console: Console, as_officer: Browser, role_url: AddressOf
) -> None:
    assert "So no other system gets the book." in as_officer.get("/admin/governance/feed/").content.decode()
    send(as_officer, ADD, asked())
    with sealing(role_url) as sealer:
        while not (turn := sealer.turn(now=timezone.now())) or not turn.size:
            pass
    with in_environment(console.environment.id):
        Feed.objects.update(attempts=3, fault="certificate")
    shown = as_officer.get("/admin/governance/feed/").content.decode()
    assert (
        "stands still" in shown and "its certificate is not trusted" in shown and "places" in shown and "never" in shown
    )


def test_whoever_may_not_configure_sees_and_defines_none(console: Console, as_support: Browser) -> None:
    for answer in (
        as_support.get("/admin/governance/feed/"),
        as_support.post(f"/admin/{ADD}", asked()),
        console.browser(None).post(f"/admin/{ADD}", asked()),
    ):
        assert answer.status_code in (302, 403) and b"logs.example.com" not in answer.content
    assert is_gone(console, Feed, name="siem")
