from __future__ import annotations

from uuid import uuid4

import pytest

from audit.actors import ANONYMOUS, SYSTEM, Actor
from audit.errors import EventRefused
from audit.events import BOOK_READ, declared, event
from tests.audit.vocabulary import HAPPENED


def test_declared_lists_every_event_by_its_name() -> None:
    assert declared()["audit.read"] is BOOK_READ
    assert declared()[HAPPENED.name] is HAPPENED


def test_a_name_is_declared_once() -> None:
    with pytest.raises(EventRefused, match="declared already"):
        event(HAPPENED.name)


@pytest.mark.parametrize("name", ["happened", "Example.Happened", "example.", "example happened", "é.a", "a.b\n"])
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(EventRefused):
        event(name)
    assert name not in declared()


@pytest.mark.parametrize("fields", [("Subjects",), ("a", "a"), ("with space",), ("",)])
def test_malformed_fields_are_refused_and_declare_nothing(fields: tuple[str, ...]) -> None:
    with pytest.raises(EventRefused):
        event("example.malformed", *fields)
    assert "example.malformed" not in declared()


def test_the_list_of_declared_events_is_read_only() -> None:
    with pytest.raises(TypeError):
        declared()["example.smuggled"] = HAPPENED  # type: ignore[index]  # wrong on purpose


def test_whoever_is_identified_has_an_id_and_the_anonymous_has_none() -> None:
    assert Actor("operator", uuid4()).kind == "operator"
    assert SYSTEM.id is None
    assert ANONYMOUS.id is None
    for kind in ("operator", "client", "subject"):
        with pytest.raises(ValueError, match="needs an id"):
            Actor(kind)
    with pytest.raises(ValueError, match="has no id"):
        Actor("anonymous", uuid4())
    with pytest.raises(ValueError, match="unknown kind"):
        Actor("robot", uuid4())
