"""When rights were used last: noted at the decision, written behind the answer, listed where they are not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from governance.actions.right_uses import put_down_uses
from governance.held_rights import unused_rights
from governance.models import RightUse
from governance.using import note_use
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import body, line_of
from tests.beginnings import beginning
from tests.governance.rounds import NOW, Round

pytestmark = pytest.mark.django_db
begun, review = beginning(Round)


def test_a_right_is_unused_until_it_allows_something(review: Round) -> None:
    later = timezone.now() + timedelta(days=100)
    assert review.may(review.service, "read", later - timedelta(days=20))
    put_down_uses()
    with in_environment(review.environment.id):
        (use,) = RightUse.objects.all()
        assert use.used_on == (later - timedelta(days=20)).date()
        found = {(held.holder, held.operation) for held in unused_rights(days=90, now=later)}
        fresh = unused_rights(days=90, now=timezone.now())
        again = {held.operation for held in unused_rights(days=10, now=later)}
    assert ("service", "read") not in found and ("officer", "configure") in found
    assert not any(operation == "write" and holder == "service" for holder, operation in found), "denials are left out"
    assert fresh == [] and "read" in again


def test_a_use_is_written_once_a_day_and_what_fails_is_written_later(
    review: Round, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    note_use(review.environment.id, ["account-right-7"], now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr("governance.actions.right_uses._write", _fails)
        put_down_uses()
    put_down_uses()
    for moment in (NOW, NOW + timedelta(hours=1)):
        note_use(review.environment.id, ["account-right-7"], now=moment)
        with django_assert_num_queries(0):
            put_down_uses()
    note_use(review.environment.id, ["account-right-7"], now=NOW + timedelta(days=1))
    put_down_uses()
    with in_environment(review.environment.id):
        assert [use.used_on for use in RightUse.objects.all()] == [(NOW + timedelta(days=1)).date()]


def _fails(*_: Any) -> None:
    raise OperationalError


def test_a_call_puts_down_its_right_behind_the_answer(review: Round) -> None:
    reader = cast.new_player(review.environment, "reader", audit=True)
    with in_environment(review.environment.id):
        RightUse.objects.all().delete()
    body(line_of(reader).get("/audit/entries"))
    with in_environment(review.environment.id):
        assert [use.holder_kind for use in RightUse.objects.all()] == ["account"]


def test_a_use_in_an_environment_that_was_rolled_back_is_forgotten(review: Round) -> None:
    note_use(uuid4(), ["account-right-7"], now=NOW)
    put_down_uses()
    connection.check_constraints()
