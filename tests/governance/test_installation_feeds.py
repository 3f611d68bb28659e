"""What belongs to no environment goes to the feeds for which a superuser says so, and to no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit import queries
from audit.integrity.state import forget_sealing
from governance.actions.accounts import define_operator
from governance.actions.environments import change_environment
from governance.actions.feeding import feed_next
from governance.actions.feeds import change_feed, define_feed, narrow_feed, widen_feed
from governance.actions.rights import give_rights
from governance.actions.webhooks import define_webhook
from governance.errors import Conflict, NotFound, Refused
from governance.identities import Caller, system_caller
from governance.models import Feed, ProtectedChange
from governance.people import operator_named
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing
from tests.beginnings import beginning
from tests.console.people import PASSWORD, SYSTEM, Console, staffed_console
from tests.governance.office import new_office

pytestmark = pytest.mark.django_db(transaction=True)


def managed() -> Console:
    """The cast at the console, of which the superuser may configure the environment."""
    made = staffed_console()
    give_rights(
        system_caller(made.environment.id), holder=made.superuser, operations=("configure",), on=made.environment
    )
    return made


begun, console = beginning(managed)


@pytest.fixture(autouse=True)
def deployment(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.GOVERNANCE_FEED_FOLDER = tmp_path / "feeds"
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = settings.AUDIT_UNSEALED_READ_MINUTES = 0
    forget_sealing()
    yield
    forget_sealing()


def feed_of(console: Console, name: str = "siem") -> UUID:
    return define_feed(system_caller(console.environment.id), name=name, way="file").public_id


def as_caller(console: Console, who: str) -> Caller:
    return operator_named(getattr(console, who), environment_id=console.environment.id)


def is_wide(console: Console) -> bool:
    with in_environment(console.environment.id):
        return Feed.objects.get(name="siem").with_installation


def sealed_after_a_sign_up(role_url: AddressOf) -> None:
    """Have something happen that belongs to no environment, and seal it."""
    define_operator(SYSTEM, username="newcomer", password=PASSWORD)
    last = queries.entries(environment_id=SYSTEM_ENVIRONMENT, limit=1)[0].id
    with sealing(role_url) as sealer:
        while not run(role_url("auditor"), "select index from audit_leaf where entry_id = %s", [last]):
            sealer.turn(now=timezone.now())


def environments_in(settings: Any, console: Console, name: str) -> set[str]:
    file = settings.GOVERNANCE_FEED_FOLDER / str(console.environment.id) / f"{name}.ocsf.jsonl"
    return {json.loads(json.loads(line)["raw_data"])["environment"] for line in file.read_text().splitlines()}


def test_a_feed_that_was_widened_gets_what_belongs_to_no_environment_and_its_neighbour_does_not(
    console: Console, role_url: AddressOf, settings: Any
) -> None:
    wide, narrow = feed_of(console), feed_of(console, "other")
    widen_feed(as_caller(console, "superuser"), public_id=wide)
    sealed_after_a_sign_up(role_url)
    for feed in (wide, narrow):
        while feed_next(console.environment.id, feed, now=timezone.now()):
            pass
    here, nowhere = str(console.environment.id), str(SYSTEM_ENVIRONMENT)
    assert environments_in(settings, console, "siem") == {here, nowhere}
    assert environments_in(settings, console, "other") == {here}
    assert [each.facts["name"] for each in console.booked("feed.widened")] == ["siem"]


def test_it_takes_a_superuser_who_may_configure_and_nobody_else(console: Console) -> None:
    feed = feed_of(console)
    abroad = cast.new_environment()
    service = cast.new_caller(console.environment, "deploy", configure=True)
    without = define_operator(SYSTEM, username="root-elsewhere", password=PASSWORD, is_superuser=True)
    refused = [as_caller(console, "officer"), as_caller(console, "support"), service]
    for caller in (*refused, operator_named(without, environment_id=console.environment.id)):
        with pytest.raises(Refused):
            widen_feed(caller, public_id=feed)
    with pytest.raises(NotFound):
        widen_feed(system_caller(abroad.id), public_id=feed)
    assert not is_wide(console) and len(console.booked("feed.widened", "refused")) == 4
    widen_feed(as_caller(console, "superuser"), public_id=feed)
    with pytest.raises(Conflict):
        widen_feed(as_caller(console, "superuser"), public_id=feed)
    narrow_feed(as_caller(console, "officer"), public_id=feed)
    with pytest.raises(Conflict):
        narrow_feed(as_caller(console, "officer"), public_id=feed)
    assert not is_wide(console)


def test_who_leads_a_feed_elsewhere_gets_the_environment_alone(console: Console) -> None:
    feed, officer = feed_of(console), as_caller(console, "officer")
    widen_feed(as_caller(console, "superuser"), public_id=feed)
    change_feed(officer, public_id=feed, name="siem", way="file", description="Whose it is.")
    assert is_wide(console)
    change_feed(officer, public_id=feed, name="siem", way="syslog", address="logs.example.com:6514")
    assert not is_wide(console)
    hook = define_webhook(
        system_caller(console.environment.id), name="hook", url="https://siem.example.com/in"
    ).public_id
    change_feed(officer, public_id=feed, name="siem", way="webhook", webhook=hook)
    with pytest.raises(Conflict, match="webhook"):
        widen_feed(as_caller(console, "superuser"), public_id=feed)


def test_the_page_offers_it_to_superusers_alone(console: Console) -> None:
    feed_of(console)
    with in_environment(console.environment.id):
        number = Feed.objects.get().pk
    page = f"/admin/governance/feed/{number}/"
    officer, superuser = console.browser(console.officer), console.browser(console.superuser)
    assert officer.get(f"{page}widen/").status_code == officer.post(f"{page}widen/").status_code == 403
    assert "Widen feed siem?" in superuser.get(f"{page}widen/").content.decode()
    assert superuser.post(f"{page}widen/").status_code == 302 and is_wide(console)
    assert "with the installation" in officer.get("/admin/governance/feed/").content.decode()
    assert officer.post(f"{page}narrow/").status_code == 302 and not is_wide(console)
    for browser, status in ((console.browser(console.support), 403), (Browser(), 302)):
        assert browser.post(f"{page}widen/").status_code == status


def test_in_a_protected_environment_a_second_person_decides_and_the_author_has_to_be_a_superuser_still() -> None:
    office = new_office()
    feed = define_feed(office.system, name="siem", way="file").public_id
    with pytest.raises(Refused):
        office.propose("widen_feed", public_id=str(feed))
    chief = define_operator(SYSTEM, username="chief", password=PASSWORD, is_superuser=True)
    give_rights(office.system, holder=chief, operations=("configure",), on=office.environment)
    author = operator_named(chief, environment_id=office.environment.id)
    with pytest.raises(Refused):
        widen_feed(author, public_id=feed)
    change = office.propose("widen_feed", by=author, public_id=str(feed))
    (difference,) = office.differences(change)
    assert [(line.field, line.before, line.after) for line in difference.lines] == [("with installation", "no", "yes")]
    chief.is_superuser = False
    chief.save(update_fields=["is_superuser"])
    assert office.approve(change).state == ProtectedChange.STALE
    change_environment(office.system, description="", is_protected=False)
    with in_environment(office.environment.id):
        assert not Feed.objects.get().with_installation
