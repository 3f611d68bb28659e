"""Entries become accesses: what they say, and nothing that they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from audit.actors import Actor, Build
from audit.analysis.accesses import access_of, operation_of
from audit.analysis.facts import Expectation, Facts, Staff, Ticket, merged
from audit.events import declared
from audit.recorder import prepare_body

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HANDLE, OTHER = "ab" * 16, "cd" * 16


def test_an_access_says_what_its_entry_says() -> None:
    who, environment, accessor, grant = uuid4(), uuid4(), uuid4(), uuid4()
    row = prepare_body(
        declared()["accessor.executed"],
        environment_id=environment,
        actor=Actor("client", who, Build(digest="0" * 64)),
        facts={
            "accessor": accessor, "purposes": ["support"], "columns": ["email"], "subjects": [HANDLE, OTHER],
            "rows": 2, "grant": grant, "exported": True,
        },
        at=NOW,
    )  # fmt: skip
    seen = access_of(orjson.loads(row.body), 7)
    assert (seen.index, seen.entry_id, seen.at, seen.environment_id) == (7, row.id, NOW, environment)
    assert (seen.actor_kind, seen.actor, seen.build) == ("client", str(who), "0" * 64)
    assert (seen.operation, seen.looks) == ("export", True)
    assert (seen.subjects, seen.subject_count, seen.rows) == ((HANDLE, OTHER), 2, 2)
    assert (seen.resource, seen.grant) == (str(accessor), str(grant))
    assert (seen.columns, seen.purposes) == (("email",), ("support",))


def test_what_an_entry_does_not_say_is_empty_and_nobody_saw_anything_in_a_refusal() -> None:
    row = prepare_body(
        declared()["accessor.executed"],
        environment_id=UUID(int=1),
        actor=Actor("anonymous"),
        facts={"reasons": ["x"]},
        outcome="refused",
        at=NOW,
    )
    seen = access_of(orjson.loads(row.body), 0)
    assert (seen.actor, seen.subjects, seen.columns, seen.rows, seen.grant) == ("anonymous", (), (), 0, "")
    assert not seen.looks


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("accessor.unmasked", "unmask"),
        ("access_request.approved", "approve"),
        ("column.defined", "configure"),
        ("access_policy.version_retired", "configure"),
        ("freeze.set", "configure"),
        ("notice.sent", "sent"),
    ],
)
def test_a_kind_tells_what_somebody_did(kind: str, operation: str) -> None:
    assert operation_of(kind) == operation


def test_every_declared_event_has_an_operation() -> None:
    assert all(operation_of(kind) for kind in declared())


def test_a_ticket_is_open_from_its_opening_until_its_end() -> None:
    ticket = Ticket("t", opened_at=NOW, closed_at=NOW + timedelta(hours=1))
    assert not ticket.is_open(NOW - timedelta(seconds=1))
    assert ticket.is_open(NOW)
    assert not ticket.is_open(NOW + timedelta(hours=1))


def test_facts_of_several_sources_are_looked_up_together() -> None:
    one = Facts(tickets={"t": Ticket("t", HANDLE, "ann")}, honey=frozenset({OTHER}))
    other = Facts(staff={"ann": Staff("ann", team="desk", own=OTHER)}, is_ticket_source_silent=True)
    both = merged([one, other])
    assert [ticket.assignee for ticket in both.about(HANDLE)] == ["ann"]
    assert both.about(OTHER) == ()
    assert both.employee(OTHER) == "ann"
    assert (both.team("ann"), both.team("bob")) == ("desk", "")
    assert both.is_ticket_source_silent
    both.learn(Ticket("t", OTHER, "bob"))
    assert not both.about(HANDLE)
    assert [ticket.assignee for ticket in both.about(OTHER)] == ["bob"]


def test_an_expectation_needs_somebody_and_ends() -> None:
    expected = Expectation("officer", NOW, actor="ann")
    assert expected.holds(actor="ann", subject=HANDLE, at=NOW - timedelta(seconds=1))
    assert not expected.holds(actor="ann", subject=HANDLE, at=NOW)
    assert not expected.holds(actor="bob", subject=HANDLE, at=NOW - timedelta(seconds=1))
    assert not Expectation("officer", NOW).holds(actor="ann", subject=HANDLE, at=NOW - timedelta(days=1))
    assert not Expectation("officer", NOW, actor="ann", rule="D9").holds(actor="ann", subject="", at=NOW - timedelta(1))
