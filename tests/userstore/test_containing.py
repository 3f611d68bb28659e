"""What a rule finds is stopped at once where an environment has switched that on: once, on record, undone by people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit.actions.alerting import keep_alerts
from audit.actions.containing import contain_due
from audit.actors import Actor
from audit.analysis.cases import access
from audit.analysis.detections import honey, unexplained
from audit.analysis.engine import Engine
from audit.analysis.facts import Facts
from audit.bodies import Outcome
from audit.models import Finding
from audit.queries import EntryView, entries
from audit.recorder import append
from governance import containing
from governance.actions.freezes import freeze, unfreeze
from governance.actions.grants import resume_grant, revoke_grant
from governance.errors import Conflict, Refused
from governance.models import Freeze, Grant
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.helpdesk import HelpDesk
from userstore.events import ACCESSOR_EXECUTED

pytestmark = pytest.mark.django_db(transaction=True)
HANDLE = "ab" * 16
ON = frozenset({"D33"})


class Watched(HelpDesk):
    """A help desk of which a rule finds things."""

    def finds(self, *, actor: UUID, kind: str = "operator", on: frozenset[str] = ON, outcome: Outcome = "done") -> UUID:
        """Put a look at a made-up person on record and have it found; returns the id of the finding."""
        said: dict[str, Any] = {"environment_id": self.environment.id, "outcome": outcome}
        entry = append(ACCESSOR_EXECUTED, actor=Actor(kind, actor), facts={"subjects": [HANDLE]}, **said)
        engine = Engine([honey.DETECTION], facts=Facts(honey=frozenset({HANDLE})), scope=str(self.environment.id))
        look = access(actor=str(actor), actor_kind=kind, subjects=(HANDLE,))
        engine.see(replace(look, entry_id=entry))
        (found,) = engine.touched()
        with in_environment(self.environment.id):
            keep_alerts([found], environment_id=self.environment.id, now=timezone.now(), containing=on)
        return found.id

    def stops(self) -> int:
        return contain_due(self.environment.id, now=timezone.now())

    def state(self, finding: UUID) -> str:
        with in_environment(self.environment.id):
            return Finding.objects.get(id=finding).containment

    def freezes(self) -> list[Freeze]:
        with in_environment(self.environment.id):
            return list(Freeze.objects.filter(lifted_at=None))

    def grant_state(self, grant: Grant) -> str:
        with in_environment(self.environment.id):
            return Grant.objects.get(pk=grant.pk).state

    def booked(self, kind: str, outcome: str = "done") -> list[EntryView]:
        return entries(environment_id=self.environment.id, kinds=[kind], outcome=outcome)


begun, desk = beginning(Watched)


def test_a_client_is_frozen_once_and_an_officer_lets_it_go_on(desk: Watched) -> None:
    finding = desk.finds(actor=desk.service.id, kind="client")
    assert (desk.state(finding), desk.freezes()) == ("due", [])
    assert [desk.stops() for _ in range(3)] == [1, 0, 0]
    (frozen,) = desk.freezes()
    assert (frozen.kind, frozen.target_id, desk.state(finding)) == ("client", desk.service.id, "done")
    with pytest.raises(Refused):
        desk.rows(desk.record, [[str(desk.ada)]])
    (said,) = desk.booked("finding.contained")
    assert said.facts["finding"] == str(finding) and said.facts["reasons"] == [f"client frozen: {desk.service.id}"]
    unfreeze(desk.officer, freeze_id=frozen.public_id)
    assert desk.rows(desk.record, [[str(desk.ada)]]) is not None
    assert desk.stops() == 0 and desk.freezes() == [], "what people let go on is not stopped again for the same"


def test_every_open_grant_of_a_person_is_suspended_and_those_of_others_go_on(desk: Watched) -> None:
    used, other = desk.granted(), desk.granted(columns=[desk.age])
    finding = desk.finds(actor=desk.sue.id)
    desk.finds(actor=desk.ann.id)
    assert desk.stops() == 2, "and of who approved them"
    assert (desk.grant_state(used), desk.grant_state(other)) == ("suspended", "suspended")
    assert (desk.state(finding), desk.freezes()) == ("done", [])
    resume_grant(desk.officer, grant_id=used.pk, comment="It was a test of ours.")
    assert (desk.stops(), desk.grant_state(used)) == (0, "active")


def test_who_goes_on_is_stopped_again_until_somebody_has_decided(desk: Watched) -> None:
    first = desk.granted()
    finding = desk.finds(actor=desk.sue.id)
    assert (desk.stops(), desk.grant_state(first)) == (1, "suspended")
    later = desk.granted(columns=[desk.age])
    assert desk.finds(actor=desk.sue.id) == finding
    assert (desk.stops(), desk.grant_state(later), len(desk.booked("finding.contained"))) == (1, "suspended", 2)
    desk.finds(actor=desk.sue.id)
    assert (desk.stops(), len(desk.booked("finding.contained"))) == (1, 2), "there was nothing left to stop"
    with in_environment(desk.environment.id):
        Finding.objects.filter(id=finding).update(decided_at=timezone.now(), state="explained")
    desk.finds(actor=desk.sue.id)
    assert desk.stops() == 0


def test_what_was_refused_anyway_stops_nobody(desk: Watched) -> None:
    finding = desk.finds(actor=desk.service.id, kind="client", outcome="refused")
    assert (desk.stops(), desk.state(finding), desk.freezes()) == (1, "failed", [])


def test_nothing_is_stopped_where_nobody_switched_that_on(desk: Watched) -> None:
    finding = desk.finds(actor=desk.service.id, kind="client", on=frozenset())
    assert (desk.state(finding), desk.stops(), desk.freezes()) == ("", 0, [])
    engine = Engine([unexplained.DETECTION], facts=Facts(is_ticket_source_silent=True))
    assert engine.raised() == [], "and never because of a rule that only asks for a look"


def test_what_cannot_be_stopped_is_on_record_as_failed(desk: Watched) -> None:
    over = desk.granted()
    revoke_grant(desk.officer, grant_id=over.pk, comment="Over.")
    found = [desk.finds(actor=desk.sue.id), desk.finds(actor=uuid4(), kind="client")]
    assert desk.stops() == 2
    assert [desk.state(each) for each in found] == ["failed", "failed"]
    assert len(desk.booked("finding.contained", "failed")) == 2
    assert desk.stops() == 0, "and is not tried for ever"


def test_a_worker_that_dies_in_between_leaves_both_undone_and_the_next_one_takes_the_step(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = desk.finds(actor=desk.service.id, kind="client")
    kept: Callable[..., Any] = Finding.save

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Finding, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        desk.stops()
    monkeypatch.setattr(Finding, "save", kept)
    assert (desk.state(finding), desk.freezes(), desk.booked("frozen")) == ("due", [], [])
    monkeypatch.setattr(containing, "freeze", dies)
    with pytest.raises(KeyboardInterrupt):
        desk.stops()
    assert desk.state(finding) == "due"
    monkeypatch.undo()
    assert (desk.stops(), len(desk.freezes())) == (1, 1)


def test_one_step_that_cannot_be_taken_now_holds_up_no_other(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    used = desk.granted()
    stuck = desk.finds(actor=desk.sue.id)
    other = desk.finds(actor=desk.service.id, kind="client")

    def refuses(*_: object, **__: object) -> None:
        raise Conflict("Somebody else was quicker.")

    monkeypatch.setattr(containing, "suspend_grant", refuses)
    assert (desk.stops(), desk.state(stuck), desk.state(other)) == (1, "due", "done")
    monkeypatch.undo()
    assert (desk.stops(), desk.grant_state(used), desk.state(stuck)) == (1, "suspended", "done")


def test_a_client_that_is_frozen_already_stays_so_and_another_environment_is_left_alone(desk: Watched) -> None:
    freeze(desk.officer, kind="client", target_id=desk.service.id)
    first = desk.finds(actor=desk.service.id, kind="client")
    assert (desk.stops(), desk.state(first)) == (1, "done")
    desk.finds(actor=desk.outsider.id, kind="client")
    elsewhere = contain_due(cast.new_environment().id, now=timezone.now())
    assert (elsewhere, len(desk.freezes())) == (0, 1)
    assert (desk.stops(), len(desk.freezes())) == (1, 2)
