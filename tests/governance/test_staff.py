"""The staff directory is taken in whole or not at all, and says which cell is wrong without saying what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from governance.actions.accounts import define_operator
from governance.actions.rights import give_rights, withdraw_right
from governance.actions.staff import lift_mark, mark_subject, take_in_staff, withdraw_job
from governance.actions.staff_pulling import pull_staff_everywhere
from governance.catalogue import names_of
from governance.errors import Conflict, GovernanceError, Invalid, NotFound, Refused
from governance.identities import system_caller
from governance.models import Client, MarkedSubject, RegisteredJob, Right, StaffMember
from governance.staff_files import MOST_FAULTS, StaffFileUnfit, read_staff
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.console.people import PASSWORD, Console, staffed_console
from tests.governance.office import Office, new_office
from tests.governance.remote import Remote, remote
from tests.userstore.phonebook import PhoneBook

pytestmark = pytest.mark.django_db


def staffed() -> Console:
    """The cast at the console, of which support may ask for access."""
    made = staffed_console()
    system = system_caller(made.environment.id)
    give_rights(system, holder=made.support, operations=("request",), on=made.environment)
    return made


begun, console = beginning(staffed)
HEAD = "username,team,role,manager,joined,left,leave,own_record\n"
PAGE = "/admin/staff/"


@pytest.fixture
def as_officer(console: Console) -> Browser:
    return console.browser(console.officer)


@pytest.fixture
def as_support(console: Console) -> Browser:
    return console.browser(console.support)


def members(environment_id: Any) -> dict[str, tuple[str, Any]]:
    with in_environment(environment_id):
        rows = StaffMember.objects.select_related("account")
        return {each.account.username: (each.team, each.leave) for each in rows}


def test_a_file_takes_the_place_of_the_whole_directory(console: Console) -> None:
    officer = cast.new_caller(console.environment, "hr", configure=True)
    away = "2026-03-01..2026-03-14 2026-05-01..2026-05-01"
    first = f"{HEAD}officer,desk,agent,,2020-01-01,,{away},\nsupport,desk,,OFFICER,,,,\n"
    told = take_in_staff(officer, text=first, source="command")
    assert told == {"members": 2, "added": 2, "changed": 0, "ended": 0}
    leave = [["2026-03-01", "2026-03-14"], ["2026-05-01", "2026-05-01"]]
    assert members(console.environment.id) == {"officer": ("desk", leave), "support": ("desk", [])}
    told = take_in_staff(officer, text="\ufeffTeam,Username\nback,support\n\n", source="command")
    assert told == {"members": 1, "added": 0, "changed": 1, "ended": 1}
    assert members(console.environment.id) == {"support": ("back", [])}
    again = take_in_staff(officer, text="username,team\nsupport,back\n", source="http")
    assert (again["changed"], members(cast.new_environment().id)) == (0, {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "username"),
        (HEAD, "names nobody"),
        ("team\ndesk\n", "Row 1, username: missing"),
        ("username,wage\nofficer,1\n", "Row 1, column 2: unknown"),
        ("username,username\na,b\n", "Row 1, column 2: unknown or named twice"),
        ("username,team\nofficer\n", "Row 2, line: 1 cells"),
        ("username\nofficer\nOfficer\n", "Row 3, username: named in row 2"),
        ("username\nnobody-here\n", "Row 2, username: no operator"),
        ("username,manager\nofficer,nobody-here\n", "Row 2, manager: no operator"),
        ("username,joined\nofficer,yesterday\n", "Row 2, joined: no day"),
        ("username,joined,left\nofficer,2026-02-01,2026-01-01\n", "Row 2, left: before"),
        ("username,leave\nofficer,2026-02-01\n", "Row 2, leave: no days"),
        ("username,leave\nofficer,2026-02-02..2026-02-01\n", "Row 2, leave: no days"),
        ("username,own_record\nofficer,5ea1b00c-0000-4000-8000-00000000dead\n", "Row 2, own_record: nobody"),
        ("username,left\nofficer,9999-12-31\n", "Row 2, left: no day of 1900 to 2200"),
        ("username,leave\nofficer,2026-01-01..9999-12-31\n", "Row 2, leave: no day"),
        ("username,own_record\nofficer,=HYPERLINK(1)\n", "Row 2, own_record: no id"),
        (f"username,team\nofficer,{'x' * 65}\n", "Row 2, team: at most"),
        ('username,team\nofficer,"desk\u0007"\n', "Row 2, team: at most"),
        ('username,team\nofficer,"desk\n', "quotes"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_changes_nothing_and_says_where_it_is(console: Console, text: str, says: str) -> None:
    officer = cast.new_caller(console.environment, "hr", configure=True)
    take_in_staff(officer, text="username\nofficer\n", source="command")
    with pytest.raises(StaffFileUnfit) as refused:
        take_in_staff(officer, text=text, source="command")
    said = "\n".join(map(str, refused.value.faults))
    assert says in said
    assert not any(cell in said for cell in ("nobody-here", "yesterday", "HYPERLINK"))
    assert members(console.environment.id) == {"officer": ("", [])}


@given(st.text(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(text: str) -> None:
    for head in ("", HEAD, "username,leave\n"):
        try:
            assert read_staff(head + text)
        except StaffFileUnfit as refused:
            assert 1 <= len(refused.faults) <= MOST_FAULTS


def test_the_command_takes_a_file_in_and_tells_every_fault(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("username,team\nofficer,desk\n")
    call_command("import_staff", console.environment.name, str(file))
    assert members(console.environment.id) == {"officer": ("desk", [])}
    file.write_text("username,joined\nnobody-here,never\n")
    with pytest.raises(CommandError, match="Row 2, joined"):
        call_command("import_staff", console.environment.name, str(file))
    for wrong in (["nowhere", str(file)], [console.environment.name, str(tmp_path / "none")]):
        with pytest.raises(CommandError):
            call_command("import_staff", *wrong)


def test_the_console_takes_in_what_is_pasted_and_others_see_nothing(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    shown = as_officer.post(PAGE, {"csv": "username,team\nofficer,<b>desk</b>\nsupport,desk\n"}, follow=True)
    assert "2 members: 2 added" in shown.content.decode() and "<b>desk" not in shown.content.decode()
    wrong = as_officer.post(PAGE, {"csv": "username,joined\nofficer,never\n"})
    assert "Row 2, joined" in wrong.content.decode() and len(members(console.environment.id)) == 2
    for browser, status in ((as_support, 403), (Browser(), 302)):
        assert browser.get(PAGE).status_code == status
        assert browser.post(PAGE, {"csv": "username\nsupport\n"}).status_code == status
    assert len(members(console.environment.id)) == 2


@pytest.fixture
def directory(settings: Any) -> Iterator[Remote]:
    with remote() as server:
        settings.GOVERNANCE_STAFF_URL = f"http://127.0.0.1:{server.port}/staff/"
        settings.GOVERNANCE_STAFF_TOKEN = "a token of the test"
        server.body = b"username,team\nofficer,desk\n"
        yield server


def test_the_directory_is_pulled_and_no_bad_answer_changes_it(
    console: Console, directory: Remote, settings: Any
) -> None:
    name = console.environment.name
    assert pull_staff_everywhere(now=timezone.now())[name] == "taken in"
    asked = next(each for each in directory.asked if name in each["path"])
    assert (asked["method"], asked["path"]) == ("GET", f"/staff/{name}")
    assert asked["headers"]["authorization"] == "Bearer a token of the test"
    for status, body in ((500, b""), (302, b""), (200, b"\xff\xfe"), (200, b"wages\n1\n"), (404, b"")):
        directory.status, directory.body = status, body
        assert pull_staff_everywhere(now=timezone.now())[name] != "taken in"
    settings.GOVERNANCE_STAFF_URL = "http://staff.example.com"
    assert pull_staff_everywhere(now=timezone.now())[name] == "unavailable"
    assert members(console.environment.id) == {"officer": ("desk", [])}
    settings.GOVERNANCE_STAFF_URL = ""
    assert pull_staff_everywhere(now=timezone.now()) == {}


def test_a_mark_is_on_record_without_the_person_and_nobody_else_sets_or_lifts_one() -> None:
    book = PhoneBook()
    person, environment = book.subject(), book.environment.id
    mark = mark_subject(book.officer, subject_id=person, kind="honey")
    with pytest.raises(Conflict):
        mark_subject(book.officer, subject_id=person, kind="flagged")
    for wrong, fault in (({"kind": "famous"}, Invalid), ({"subject_id": uuid4()}, NotFound)):
        with pytest.raises(fault):
            mark_subject(book.officer, **{"subject_id": person, "kind": "honey"} | wrong)  # type: ignore[arg-type]  # wrong on purpose
    elsewhere = cast.new_caller(cast.new_environment(), "officer", configure=True)
    for caller in (book.outsider, book.service):
        with pytest.raises(Refused):
            mark_subject(caller, subject_id=person, kind="honey")
        with pytest.raises(Refused):
            lift_mark(caller, public_id=mark.public_id)
    with pytest.raises(NotFound):
        lift_mark(elsewhere, public_id=mark.public_id)
    lift_mark(book.officer, public_id=mark.public_id)
    with in_environment(environment):
        assert not MarkedSubject.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_is_registered_by_two_people_where_the_environment_is_protected() -> None:
    office: Office = new_office()
    service = str(office.service.id)
    wrongs: list[dict[str, object]] = [
        {"purposes": []}, {"hours": [24]}, {"purposes": ["no such"]}, {"client_id": str(uuid4())},
        {"accessors": [str(uuid4())]},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(GovernanceError):
            office.propose("register_job", **{"client_id": service, "purposes": ["fraud"], "hours": [3]} | wrong)
    change = office.propose("register_job", client_id=service, purposes=["fraud"], hours=[3, 3])
    with in_environment(office.environment.id):
        assert not RegisteredJob.objects.exists()
    office.approve(change)
    with in_environment(office.environment.id):
        job = RegisteredJob.objects.get()
        assert (job.purposes, job.hours) == (["fraud"], [3])
    with pytest.raises(Refused):
        withdraw_job(office.author, public_id=job.public_id)
    withdraw_job(office.system, public_id=job.public_id)
    with in_environment(office.environment.id):
        assert not RegisteredJob.objects.exists() and Client.objects.exists()


def test_the_console_marks_people_and_registers_jobs(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    from userstore.actions.subjects import create_subject

    writer = cast.new_caller(console.environment, "writer", write=True)
    person = create_subject(writer).public_id
    marks, jobs = "/admin/governance/markedsubject/", "/admin/governance/registeredjob/"
    as_officer.post(f"{marks}add/", {"subject_id": str(person), "kind": "honey"})
    assert str(person) in as_officer.get(marks).content.decode()
    with in_environment(console.environment.id):
        client = Client.objects.get(public_id=writer.id)
    purpose = cast.new_purpose(console.environment, "letters")
    with in_environment(console.environment.id):
        ((through, name),) = list(names_of("accessor").items())[:1]
    job = {"client": client.pk, "purposes": [purpose.pk], "hours": "2, 3"}
    refused = as_officer.post(f"{jobs}add/", {**job, "accessors": f"{name}, none such"})
    assert "no accessor" in refused.content.decode()
    as_officer.post(f"{jobs}add/", {**job, "accessors": f" {name} ,"})
    page = as_officer.get(jobs).content.decode()
    assert "letters" in page and name in page
    with in_environment(console.environment.id):
        assert RegisteredJob.objects.get().accessors == [through]
    for page in (marks, jobs, f"{marks}add/"):
        assert as_support.get(page).status_code == 403
    assert as_support.post(f"{marks}add/", {"subject_id": str(person), "kind": "flagged"}).status_code == 403


def test_operators_are_found_whatever_the_case_of_their_name(console: Console) -> None:
    mixed = define_operator(NOBODY, username="Mixed-Case", password=PASSWORD)
    give_rights(system_caller(console.environment.id), holder=mixed, operations=("request",), on=console.environment)
    officer = cast.new_caller(console.environment, "hr", configure=True)
    assert take_in_staff(officer, text="username\nmixed-case\n", source="command")["added"] == 1
    stranger = cast.new_caller(console.environment, "reader", read=True)
    with pytest.raises(Refused):
        take_in_staff(stranger, text="username\nmixed-case\n", source="command")


def test_who_works_or_lives_elsewhere_is_told_of_like_somebody_who_does_not_exist(console: Console) -> None:
    elsewhere = PhoneBook()
    person = elsewhere.subject()
    stranger = define_operator(NOBODY, username="works-elsewhere", password=PASSWORD)
    give_rights(
        system_caller(elsewhere.environment.id), holder=stranger, operations=("request",), on=elsewhere.environment
    )
    officer = cast.new_caller(console.environment, "hr", configure=True)

    def told(*, name: str, manager: str, record: object) -> list[str]:
        text = f"username,manager,own_record\n{name},{manager},{record}\n"
        with pytest.raises(StaffFileUnfit) as refused:
            take_in_staff(officer, text=text, source="api")
        return [*map(str, refused.value.faults), refused.value.remedy or ""]

    theirs = told(name="works-elsewhere", manager="works-elsewhere", record=person)
    assert theirs == told(name="works-nowhere", manager="works-nowhere", record=uuid4()) and len(theirs) == 4
    system = system_caller(console.environment.id)
    assert take_in_staff(system, text="username\nworks-elsewhere\n", source="command")["added"] == 1


def test_who_is_in_the_directory_stays_known_after_their_rights_have_ended(console: Console) -> None:
    officer = cast.new_caller(console.environment, "hr", configure=True)
    text = "username,manager,left\nofficer,support,2026-01-31\nsupport,,\n"
    take_in_staff(officer, text=text.replace("support,,\n", ""), source="api")
    with in_environment(console.environment.id):
        right = Right.objects.get(user=console.support)
    withdraw_right(system_caller(console.environment.id), right=right)
    assert take_in_staff(officer, text=text, source="api")["added"] == 1
    assert take_in_staff(officer, text=text.replace("2026-01-31", ""), source="api")["changed"] == 1
