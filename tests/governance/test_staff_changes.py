"""In a protected environment a second person decides about the staff directory and about marks."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

import pytest
from django.test import Client as Browser

from governance.actions.changes import reject_change
from governance.actions.environments import change_environment
from governance.actions.staff import lift_mark, mark_subject, take_in_staff
from governance.actions.unlinking import unlink_subject
from governance.errors import Conflict, GovernanceError, Invalid, Refused
from governance.identities import Caller, system_caller
from governance.models import MarkedSubject, ProtectedChange, StaffMember
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.console.people import Console, staffed_console
from tests.governance.office import Office, new_office
from userstore.actions.subjects import create_subject

pytestmark = pytest.mark.django_db(transaction=True)
begun, office = beginning(new_office)


@pytest.fixture
def person(office: Office) -> UUID:
    return create_subject(cast.new_caller(office.environment, "writer", write=True)).public_id


def csv_of(office: Office, team: str = "desk") -> str:
    return f"username,team\n{office.author.name},{team}\n{office.approver.name},desk\n"


def members(office: Office) -> dict[str, str]:
    with in_environment(office.environment.id):
        rows = StaffMember.objects.select_related("account")
        return {each.account.username: each.team for each in rows}


def marks(office: Office) -> list[UUID]:
    with in_environment(office.environment.id):
        return list(MarkedSubject.objects.values_list("public_id", flat=True))


def told_of(office: Office, change: ProtectedChange) -> dict[str, tuple[str, str]]:
    (difference,) = office.differences(change)
    return {line.field: (line.before, line.after) for line in difference.lines}


def test_a_file_is_one_change_with_its_digest_and_its_counts(office: Office) -> None:
    text = csv_of(office)
    with pytest.raises(Refused) as refused:
        take_in_staff(office.author, text=text, source="api")
    assert "take_in_staff" in str(refused.value.remedy)
    change = office.propose("take_in_staff", text=text.replace("\n", "\r\n"), source="api")
    digest = sha256(text.encode()).hexdigest()
    assert told_of(office, change) == {
        "members": ("—", "2"), "added": ("—", "2"), "changed": ("—", "0"), "ended": ("—", "0"),
        "file digest": ("—", digest),
    }  # fmt: skip
    assert members(office) == {}
    assert office.approve(change).state == ProtectedChange.APPLIED
    assert members(office) == {office.author.name: "desk", office.approver.name: "desk"}
    (booked,) = office.booked("staff.taken_in")
    assert (booked.actor.id, booked.facts["added"]) == (office.author.id, 2)
    assert booked.facts["reasons"][1] == f"approved: by operator {office.approver.id}"
    with pytest.raises(Invalid, match="changes nothing"):
        office.propose("take_in_staff", text=text, source="api")


def test_a_file_that_was_proposed_is_stale_once_another_was_taken_in(office: Office) -> None:
    waiting = office.propose("take_in_staff", text=csv_of(office), source="api")
    take_in_staff(office.system, text=csv_of(office, team="back"), source="http")
    assert office.approve(waiting).state == ProtectedChange.STALE
    assert members(office)[office.author.name] == "back"


@pytest.mark.parametrize(
    ("text", "source"), [("username\nnobody-here\n", "api"), ("username\n", "api"), (None, "dream")]
)
def test_what_cannot_be_taken_in_cannot_be_proposed(office: Office, text: str | None, source: str) -> None:
    with pytest.raises(Invalid):
        office.propose("take_in_staff", text=text or csv_of(office), source=source)
    with in_environment(office.environment.id):
        assert not ProtectedChange.objects.exists()


def test_somebody_is_marked_and_unmarked_by_two_people(office: Office, person: UUID) -> None:
    for alone in (office.author, office.service, office.support):
        with pytest.raises(Refused):
            mark_subject(alone, subject_id=person, kind="honey")
    with pytest.raises(Refused):
        office.propose("mark_subject", by=office.support, subject_id=str(person), kind="honey")
    change = office.propose("mark_subject", subject_id=str(person), kind="honey")
    assert told_of(office, change) == {"subject id": ("—", str(person)), "kind": ("—", "honey")}
    assert marks(office) == []
    assert office.approve(change).state == ProtectedChange.APPLIED
    (mark,) = marks(office)
    with pytest.raises(Refused):
        lift_mark(office.author, public_id=mark)
    lifted = office.propose("lift_mark", public_id=str(mark))
    assert marks(office) == [mark]
    assert office.approve(lifted).state == ProtectedChange.APPLIED and marks(office) == []


def decided(office: Office, change: ProtectedChange) -> None:
    reject_change(office.approver, change_id=change.pk)


def erased(office: Office, _: ProtectedChange) -> None:
    with in_environment(office.environment.id):
        person = MarkedSubject.objects.values_list("subject_id", flat=True).first()
        assert person is not None
        unlink_subject(person, environment_id=office.environment.id)


@pytest.mark.parametrize("end", [decided, erased])
def test_whom_a_mark_was_about_is_told_only_as_long_as_it_waits(
    office: Office, person: UUID, end: Callable[[Office, ProtectedChange], None]
) -> None:
    mark = mark_subject(office.system, subject_id=person, kind="honey").public_id
    change = office.propose("lift_mark", public_id=str(mark))
    assert told_of(office, change)["subject id"] == (str(person), "—")
    end(office, change)
    assert told_of(office, change)["subject id"] == ("a person", "—")
    with pytest.raises(GovernanceError) as refused:
        office.approve(change)
    assert isinstance(refused.value, Conflict)


def protected_console() -> Console:
    made = staffed_console()
    change_environment(system_caller(made.environment.id), description="", is_protected=True)
    return made


def test_pages_say_that_a_second_person_decides_and_make_drafts() -> None:
    console = protected_console()
    officer: Browser = console.browser(console.officer)
    assert "a second person approves" in officer.get("/admin/staff/").content.decode()
    answer = officer.post("/admin/staff/", {"csv": "username\nofficer\n"})
    assert answer["Location"].startswith("/admin/changes/")
    writer: Caller = cast.new_caller(console.environment, "writer", write=True)
    asked = {"subject_id": str(create_subject(writer).public_id), "kind": "honey"}
    answer = officer.post("/admin/governance/markedsubject/add/", asked)
    assert answer["Location"].startswith("/admin/changes/")
    with in_environment(console.environment.id):
        assert not StaffMember.objects.exists() and not MarkedSubject.objects.exists()
        assert sorted(ProtectedChange.objects.values_list("action", flat=True)) == ["mark_subject", "take_in_staff"]
    support = console.browser(console.support)
    assert support.post("/admin/staff/", {"csv": "username\nofficer\n"}).status_code == 403
