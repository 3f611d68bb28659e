"""Rotation renews every key, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.errors import Conflict, Invalid, Refused
from keyring.actions import create_key
from keyring.errors import Unsealable
from keyring.keys import KeyKind, forget_opened_keys, index_key_for, live_versions
from keyring.models import KeyRotation
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.rotated import NUMBERS, Rotated
from userstore.actions.rotating import subjects
from userstore.actions.rotations import KINDS, advance_rotation, begin_rotation
from userstore.models import Value
from userstore.tasks import continue_rotations

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everybody_knows_at_once(settings: Any) -> Iterator[None]:
    """One process, so nobody has to be waited for."""
    settings.KEYRING_REMEMBERED_SECONDS = 0
    settings.USERSTORE_IDEMPOTENCY_HOURS = 0
    forget_opened_keys()
    yield
    forget_opened_keys()


begun, book = beginning(Rotated)


RENEWED = {
    "environment": {"environment"},
    "subjects": {"values", "handles", "tokens", "logins"},
    "indexes": {"blinds", "user names"},
    "aliases": {"aliases"},
    "tokens": {"tokens", "found by"},
    "text": set(),
    "secrets": set(),
}
"""What is stored and must look different afterwards; all else must not."""


@pytest.mark.parametrize("what", sorted(KINDS))
def test_every_kind_is_renewed_and_everything_is_served_after_every_step(
    book: Rotated, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("subjects", "indexes", "aliases", "tokens"):
        monkeypatch.setattr(f"userstore.actions.rotating.{module}.BATCH", 3)
    before, handles = book.stored(), book.handles()
    rotation = begin_rotation(book.officer, what=what).pk
    states = []
    while not states or states[-1] != "ended":
        states.append(advance_rotation(environment_id=book.environment.id, rotation_id=rotation).state)
        book.everything_is_served()
        assert len(states) < 100
    after = book.stored()
    assert {name for name in after if after[name] != before[name]} == RENEWED[what]
    for name in RENEWED[what] - {"tokens"}:
        assert not after[name] & before[name], name
    assert book.handles() == handles, "the book knows people by the same names"


def test_old_keys_are_gone_and_what_they_sealed_does_not_come_back(book: Rotated) -> None:
    with in_environment(book.environment.id):
        old = Value.objects.get(column__name="alias", subject__public_id=book.people[0])
    for what in sorted(KINDS):
        book.turn(what)
    kept = {named for key, named in book.key_ids().items() if key in book.first_keys}
    staying = {("fingerprint", ""), ("pseudonym", "")}
    assert kept == {*staying, ("secret", "")}, "a secret's key is renewed under its id"
    wrappings = book.wrappings()
    assert all(wrappings[key] != wrapped for key, wrapped in book.first_wrappings.items() if key in wrappings)
    with in_environment(book.environment.id):
        Value.objects.filter(pk=old.pk).update(sealed=old.sealed)
    with pytest.raises(Unsealable):
        book.rows(book.getter(book.alias, purposes=("integrity",)), [[str(book.people[0])]])


def test_a_rotation_goes_on_where_it_was_stopped(book: Rotated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "BATCH", 3)
    rotation = begin_rotation(book.officer, what="subjects").pk
    assert advance_rotation(environment_id=book.environment.id, rotation_id=rotation).turned == 3
    forget_opened_keys()  # as a process that was killed
    with pytest.raises(Conflict):
        begin_rotation(book.officer, what="subjects")
    assert book.follow(rotation) == len(NUMBERS) + 1
    book.everything_is_served()


def test_a_value_stays_unique_while_two_versions_are_live(book: Rotated) -> None:
    rotation = begin_rotation(book.officer, what="indexes").pk
    with pytest.raises(Conflict):  # the other's value is still under the former version
        book.write(book.set_alias, book.people[1], {"alias": {"value": "person-0"}})
    book.write(book.set_alias, book.people[1], {"alias": {"value": "person-new"}})
    book.write(book.set_alias, book.people[0], {"alias": {"value": "person-0"}})
    book.follow(rotation)
    with pytest.raises(Conflict):
        book.write(book.set_alias, book.people[0], {"alias": {"value": "person-new"}})


def test_equal_requests_find_their_token_while_two_versions_are_live(book: Rotated) -> None:
    begin_rotation(book.officer, what="tokens")
    assert book.read(book.tokens_by_value, book.people[0]) == [book.token]
    minted = book.read(book.tokens_by_value, book.people[1])
    assert book.read(book.tokens_by_value, book.people[1]) == minted
    assert book.resolved(book.token, *minted) == list(NUMBERS[:2])


@pytest.mark.django_db(transaction=True)
def test_only_who_configures_begins_a_rotation_and_it_is_on_record(book: Rotated) -> None:
    book.new_entries()
    for caller in (book.outsider, book.service):
        with pytest.raises(Refused):
            begin_rotation(caller, what="subjects")
        book.expect("keys.rotation_begun", by=caller, outcome="refused")
    with pytest.raises(Invalid):
        begin_rotation(book.officer, what="everything")
    rotation = begin_rotation(book.officer, what="subjects").pk
    entry = book.expect("keys.rotation_begun", by=book.officer)
    assert (entry.facts["what"], entry.facts["expected"]) == ("subjects", len(NUMBERS) + 1)
    book.follow(rotation)
    (entry,) = book.new_entries()
    assert (entry.kind, entry.facts["turned"]) == ("keys.rotation_ended", len(NUMBERS) + 1)


def test_a_new_index_version_waits_until_every_process_knows_it(book: Rotated, settings: Any) -> None:
    settings.KEYRING_REMEMBERED_SECONDS = 60
    rotation = begin_rotation(book.officer, what="indexes").pk
    step = advance_rotation(environment_id=book.environment.id, rotation_id=rotation)
    assert step.turned == 0
    assert 100 < step.wait <= 120
    book.everything_is_served()


def test_nobody_writes_under_a_version_before_those_who_look_up_can_know_it(book: Rotated, settings: Any) -> None:
    """However long the beginning takes: a look-up from just before its commit goes on for as long as it is believed."""
    settings.KEYRING_REMEMBERED_SECONDS = 20
    environment_id, scope = book.environment.id, str(book.phone)

    def written_under() -> int:
        forget_opened_keys()
        with in_environment(environment_id):
            return index_key_for(environment_id, scope).version

    former = written_under()
    rotation = begin_rotation(book.officer, what="indexes").pk
    book.age_keys()  # to count what a large store holds took a minute
    with in_environment(environment_id):
        assert live_versions(environment_id, KeyKind.INDEX, scope) == [former + 1, former]
    assert written_under() == former
    assert 35 < advance_rotation(environment_id=environment_id, rotation_id=rotation).wait <= 40
    assert written_under() == former
    book.age_keys()
    assert written_under() == former + 1


def test_the_command_renews_everything_and_the_scheduler_carries_on(book: Rotated) -> None:
    said = StringIO()
    call_command("rotate_keys", environment=book.environment.name, stdout=said)
    assert said.getvalue().count("done") == len(KINDS)
    book.everything_is_served()
    create_key(environment_id=book.environment.id, kind=KeyKind.TEXT)
    begin_rotation(book.officer, what="secrets")
    assert continue_rotations() == 1
    with in_environment(book.environment.id):
        assert not KeyRotation.objects.filter(ended_at=None).exists()
    with pytest.raises(CommandError, match="no environment"):
        call_command("rotate_keys", environment="nowhere")
