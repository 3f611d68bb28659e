"""The book on its way to other systems: every sealed entry, in order, at least once, whoever dies in between."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit.integrity.state import forget_sealing
from audit.queries import entries
from governance.actions import feeding
from governance.actions.feeding import CLAIM, feed_next
from governance.actions.feeds import MOST_FEEDS, change_feed, define_feed, retire_feed
from governance.actions.purposes import define_purpose
from governance.actions.webhooks import define_webhook, issue_webhook_secret, retire_webhook
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.identities import system_caller
from governance.models import Feed
from keyring.walls import in_environment
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing
from tests.beginnings import beginning
from tests.governance.certificates import self_signed
from tests.governance.logging_stage import syslog_server
from tests.governance.office import Office, new_office
from tests.governance.remote import remote

pytestmark = pytest.mark.django_db(transaction=True)
begun, office = beginning(new_office)


@pytest.fixture(autouse=True)
def deployment(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.GOVERNANCE_WEBHOOK_NETWORKS = ["127.0.0.0/8", "::1/128"]
    settings.GOVERNANCE_FEED_FOLDER = tmp_path / "feeds"
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = settings.AUDIT_UNSEALED_READ_MINUTES = 0
    forget_sealing()
    yield
    forget_sealing()


def sealed(role_url: AddressOf, office: Office) -> list[int]:
    """Seal everything there is; return the places of the environment's entries."""
    define_purpose(office.system, name=f"p{uuid4().hex[:8]}")
    last = entries(environment_id=office.system.environment_id, limit=1)[0].id
    with sealing(role_url) as sealer:
        while not run(role_url("auditor"), "select index from audit_leaf where entry_id = %s", [last]):
            sealer.turn(now=timezone.now())
    places = "select l.index from audit_leaf l join audit_entry e on e.id = l.entry_id where e.environment_id = %s"
    return sorted(index for (index,) in run(role_url("auditor"), places, [office.system.environment_id]))


def defined(office: Office, **asked: Any) -> UUID:
    return define_feed(office.system, **{"name": f"feed-{uuid4().hex[:6]}", "way": "file", **asked}).public_id


def fed(office: Office, feed: UUID, *, later: timedelta = timedelta()) -> int:
    went, now = 0, timezone.now() + later
    while places := feed_next(office.system.environment_id, feed, now=now):
        went += places
    return went


def stored(office: Office, feed: UUID) -> Feed:
    with in_environment(office.system.environment_id):
        return Feed.objects.get(public_id=feed)


def lines(office: Office, feed: UUID, settings: Any) -> list[dict[str, Any]]:
    folder = settings.GOVERNANCE_FEED_FOLDER / str(office.system.environment_id)
    text = (folder / f"{stored(office, feed).name}.ocsf.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_gets_every_sealed_entry_of_one_environment_once_and_in_order(
    office: Office, role_url: AddressOf, settings: Any
) -> None:
    other = system_caller(cast.new_environment().id)
    define_purpose(other, name="elsewhere")
    feed = defined(office)
    places = sealed(role_url, office)
    fed(office, feed)
    assert fed(office, feed) == 0
    told = lines(office, feed, settings)
    assert [each["metadata"]["sequence"] for each in told] == places
    assert "elsewhere" not in json.dumps(told)
    for each in told:
        leaf = sha256(b"\0" + each["raw_data"].encode()).hexdigest()
        assert each["attestation"]["fingerprint"]["value"] == leaf
        assert each["unmapped"]["checkpoint"]["size"] > each["metadata"]["sequence"]
    assert stored(office, feed).index > places[-1] and stored(office, feed).sent_at is not None


def test_whoever_dies_before_it_is_put_down_sends_it_again_and_nothing_is_missing(
    office: Office, role_url: AddressOf, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_AT_ONCE", 3)
    feed, places = defined(office), sealed(role_url, office)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(feeding, "_put_down", dies)
        with pytest.raises(KeyboardInterrupt):
            fed(office, feed)
    assert fed(office, feed) == 0, "the claim of who died holds for a while"
    fed(office, feed, later=CLAIM + timedelta(seconds=1))
    told = [each["metadata"]["sequence"] for each in lines(office, feed, settings)]
    assert told[:6] == places[:3] * 2 and sorted(set(told)) == places


def test_a_line_that_was_cut_off_spoils_no_other(office: Office, role_url: AddressOf, settings: Any) -> None:
    feed, places = defined(office), sealed(role_url, office)
    folder = settings.GOVERNANCE_FEED_FOLDER / str(office.system.environment_id)
    folder.mkdir(parents=True)
    file = folder / f"{stored(office, feed).name}.ocsf.jsonl"
    file.write_text('{"cut off')
    fed(office, feed)
    first, *rest = file.read_text().splitlines()
    assert first == '{"cut off' and [json.loads(each)["metadata"]["sequence"] for each in rest] == places


def test_a_link_in_the_folder_leads_nowhere(office: Office, role_url: AddressOf, settings: Any, tmp_path: Path) -> None:
    feed, _ = defined(office), sealed(role_url, office)
    folder = settings.GOVERNANCE_FEED_FOLDER / str(office.system.environment_id)
    folder.mkdir(parents=True)
    (folder / f"{stored(office, feed).name}.ocsf.jsonl").symlink_to(tmp_path / "elsewhere")
    assert fed(office, feed) == 0
    assert not (tmp_path / "elsewhere").exists() and stored(office, feed).fault == "file"


_HEAD = re.compile(
    rb"<(?P<pri>\d{1,3})>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) - sealbook - (?P<id>[!-~]{1,32}) "
    rb'\[sealbook@32473 index="(?P<index>\d+)" leaf="(?P<leaf>[0-9a-f]{64})" environment="[0-9a-f-]{36}"\] '
    rb"(?P<msg>{.*})"
)
"""Written from the grammar of RFC 5424, section 6."""


def test_a_syslog_server_gets_messages_over_tls_and_one_that_nobody_vouches_for_gets_none(
    office: Office, role_url: AddressOf, settings: Any, tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path, "localhost")
    with syslog_server(certificate) as server:
        feed = defined(office, way="syslog", address=f"localhost:{server.port}")
        places = sealed(role_url, office)
        assert fed(office, feed) == 0 and server.messages == []
        assert stored(office, feed).fault == "certificate"
        settings.GOVERNANCE_FEED_AUTHORITIES = str(certificate[0])
        fed(office, feed, later=timedelta(minutes=1))
        found = [_HEAD.fullmatch(each) for each in server.messages]
    assert [int(each["index"]) for each in found if each] == places
    for each in filter(None, found):
        assert 104 <= int(each["pri"]) <= 111 and json.loads(each["msg"])["metadata"]["sequence"] == int(each["index"])


def test_a_syslog_server_that_dies_in_the_middle_gets_all_of_it_again(office: Office, role_url: AddressOf) -> None:
    with syslog_server() as server:
        feed = defined(office, way="syslog", address=f"tcp://127.0.0.1:{server.port}")
        places = sealed(role_url, office)
        server.dies_after = 2_000
        assert fed(office, feed) == 0
        first = stored(office, feed)
        assert (first.attempts, first.fault, first.index) == (1, "connection", 0)
        assert fed(office, feed) == 0 and server.connections == 1, "it is left alone for a while"
        server.dies_after = 0
        fed(office, feed, later=timedelta(minutes=1))
        found = [_HEAD.fullmatch(each) for each in server.messages]
    assert [int(each["index"]) for each in found if each] == places
    kinds = [each.kind for each in entries(environment_id=office.system.environment_id, limit=3)]
    assert "feed.went_on" in kinds and "feed.stood_still" in kinds


def test_a_webhook_gets_signed_batches_whose_ids_are_the_same_again(
    office: Office, role_url: AddressOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with remote() as server:
        hook = define_webhook(office.system, name="siem", url=f"http://127.0.0.1:{server.port}/in").public_id
        feed = defined(office, way="webhook", webhook=hook)
        places = sealed(role_url, office)
        assert fed(office, feed) == 0 and stored(office, feed).fault == "no secret"
        issue_webhook_secret(office.system, public_id=hook)
        server.status = 503
        assert fed(office, feed, later=timedelta(minutes=1)) == 0 and stored(office, feed).attempts == 2
        server.status = 200
        fed(office, feed, later=timedelta(minutes=5))
        refused, taken = server.asked[:2]
    told = json.loads(taken["body"])
    assert refused["headers"]["webhook-id"] == taken["headers"]["webhook-id"] and told["type"] == "audit.events"
    assert [each["metadata"]["sequence"] for each in told["data"]["events"]][: len(places)] == places
    assert taken["headers"]["webhook-signature"].startswith("v1,")
    with pytest.raises(Conflict, match="fed to this webhook"):
        retire_webhook(office.system, public_id=hook)


def test_two_that_send_at_once_send_it_once(office: Office, role_url: AddressOf, settings: Any) -> None:
    feed, places = defined(office), sealed(role_url, office)
    now = timezone.now()
    claimed = feeding._claimed(office.system.environment_id, feed, now)
    assert claimed is not None and fed(office, feed) == 0
    feeding._put_down(claimed, 0, now, sent=False)
    fed(office, feed)
    assert [each["metadata"]["sequence"] for each in lines(office, feed, settings)] == places


def test_feeds_are_configured_by_officers_and_nobody_else(office: Office) -> None:
    outsider = office.support
    with pytest.raises(Refused):
        define_feed(outsider, name="mine", way="file")
    feed = defined(office, name="siem")
    with pytest.raises(Refused):
        retire_feed(outsider, public_id=feed)
    abroad = system_caller(cast.new_environment().id)
    with pytest.raises(NotFound):
        change_feed(abroad, public_id=feed, name="siem", way="file")
    change_feed(office.system, public_id=feed, name="siem", way="syslog", address="logs.example.com:6514")
    retire_feed(office.system, public_id=feed)
    told = [(each.kind, each.outcome) for each in entries(environment_id=office.system.environment_id, limit=5)]
    assert [told[place] for place in (0, 1, -1)] == [
        ("feed.retired", "done"),
        ("feed.changed", "done"),
        ("feed.defined", "refused"),
    ]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"way": "mail"}, "way"),
        ({"way": "file", "address": "/etc/passwd"}, "address"),
        ({"way": "syslog", "address": "tcp://logs.example.com:514"}, "address"),
        ({"way": "syslog", "address": "logs.example.com"}, "address"),
        ({"way": "syslog", "address": "logs.example.com:0"}, "address"),
        ({"way": "syslog", "address": "a b:1\r\n"}, "address"),
        ({"way": "file", "name": "../../etc/passwd"}, "name"),
        ({"way": "file", "webhook": uuid4()}, "webhook"),
    ],
)
def test_what_leads_nowhere_is_refused_by_its_field(office: Office, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        defined(office, **asked)
    assert refused.value.field == field


def test_without_a_folder_there_are_no_files_and_feeds_are_few(office: Office, settings: Any) -> None:
    for _ in range(MOST_FEEDS):
        defined(office)
    with pytest.raises(Conflict):
        defined(office)
    settings.GOVERNANCE_FEED_FOLDER = None
    with pytest.raises(Invalid, match="no folder"):
        defined(office)


def test_while_nobody_seals_nothing_is_sent(office: Office, role_url: AddressOf, settings: Any) -> None:
    feed, _ = defined(office), sealed(role_url, office)
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = 10
    with sealing(role_url) as sealer:
        sealer.turn(now=datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone()))
    forget_sealing()
    assert fed(office, feed) == 0 and stored(office, feed).index == 0
