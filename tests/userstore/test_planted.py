"""What somebody does in the store who should not, and that the analysis finds it from the sealed book alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from audit.actions.analysing import close_days, look_on
from audit.actions.backtests import run_backtests
from audit.actions.containing import contain_due
from audit.analysis.cases import access
from audit.analysis.facts import Facts, Job
from audit.analysis.sources import facts_about
from audit.models import Alert
from governance.actions.detections import ask_backtest, set_detection
from governance.actions.rights import give_right
from governance.actions.staff import mark_subject, register_job, take_in_staff
from governance.actions.tickets import open_ticket
from governance.errors import Invalid, NotFound, Refused
from governance.identities import Caller
from governance.models import MarkedSubject, StaffMember
from governance.tickets import ticket_image
from keyring.walls import in_environment
from tests import cast
from tests.audit.connections import run
from tests.audit.sealing import sealing, turned_until
from tests.beginnings import beginning
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.phonebook import ALLOW, given
from userstore import observing
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.erasing import erase_subject
from userstore.observing import OwnFacts
from userstore.reading.calls import AccessorCall
from userstore.reading.execute import execute_accessor

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()


class Company(HelpDesk):
    """Rita and Carl are in the store themselves; of both somebody has the surname, and Rita lives with somebody."""

    def __post_init__(self) -> None:
        super().__post_init__()
        columns = [
            define_column(self.system, spec=ColumnSpec(name, "string", pii_category=name, sensitivity=3,
                                                       index_type="indexed")).public_id
            for name in ("surname", "address")
        ]  # fmt: skip
        setter = self.setter(*columns)
        self.rita, self.carl, self.lea, self.wes = (self.operator(name) for name in ("rita", "carl", "lea", "wes"))
        for caller in (self.rita, self.carl, self.lea, self.wes):
            give_right(self.system, holder=self.account(caller), operation="read", on=self.environment)
        told = {
            "rita": ("Rarename", "1 Quay"), "carl": ("Commonname", "2 Quay"), "namesake": ("Rarename", "3 Quay"),
            "spouse": ("Othername", "1 Quay"), "flagged": ("Starname", "4 Quay"), "honey": ("Noname", "5 Quay"),
        }  # fmt: skip
        self.people = {name: self.subject() for name in told}
        for name, values in told.items():
            allowed = {"purpose_additions": given("authentication")}
            written = {
                column: {"value": text, **allowed} for column, text in zip(("surname", "address"), values, strict=True)
            }
            self.write(setter, self.people[name], written)
        self.all = self.getter(*columns, policy=ALLOW)
        self.crowd = [self.subject() for _ in range(18)]
        often = {column: {"value": f"Often{column}", **allowed} for column in ("surname", "address")}
        for person in self.crowd:
            self.write(setter, person, often)

    def staff(self) -> str:
        yesterday = TODAY - timedelta(days=1)
        return (
            "username,team,role,manager,joined,left,leave,own_record\n"
            f"{self.rita.name},desk,agent,{self.ann.name},2020-01-01,,,{self.people['rita']}\n"
            f"{self.carl.name},desk,agent,{self.ann.name},2020-01-01,,,{self.people['carl']}\n"
            f"{self.lea.name},desk,agent,,2020-01-01,{yesterday},,\n"
        )

    def reads(self, caller: Caller, *people: UUID) -> None:
        for person in people:
            execute_accessor(AccessorCall(caller, self.all, [[str(person)]]), now=timezone.now())

    def looked_at(self, role_url: Callable[[str], str]) -> dict[str, set[str]]:
        """Seal what there is, have the analysis look at it, and return which rules found something about whom."""
        with sealing(role_url) as sealer:
            turned_until(sealer, _entries(role_url))
        while look_on(self.environment.id, now=timezone.now()):
            pass
        close_days(self.environment.id, now=timezone.now())
        found: dict[str, set[str]] = {}
        with in_environment(self.environment.id):
            for rule, actor in Alert.objects.values_list("rule", "actor"):
                found.setdefault(actor, set()).add(rule)
        return found


def _entries(role_url: Callable[[str], str]) -> int:
    return int(run(role_url("auditor"), "select count(*) from audit_entry")[0][0])


begun, company = beginning(Company)


def test_what_insiders_do_is_found_and_what_their_work_explains_is_not(
    company: Company, role_url: Callable[[str], str]
) -> None:
    people = company.people
    take_in_staff(company.officer, text=company.staff(), source="command")
    mark_subject(company.officer, subject_id=people["flagged"], kind="flagged")
    mark_subject(company.officer, subject_id=people["honey"], kind="honey")
    open_ticket(company.officer, reference="CASE-9", assignee=company.carl.name, subject_id=people["flagged"])
    company.reads(
        company.rita, people["namesake"], people["spouse"], people["carl"], people["flagged"], people["honey"]
    )
    company.reads(company.carl, people["flagged"])
    company.reads(company.lea, people["namesake"])
    company.reads(company.wes, *company.crowd)
    found = company.looked_at(role_url)
    rita, carl, lea = (found.get(str(each.id), set()) for each in (company.rita, company.carl, company.lea))
    assert {"D3", "D4", "D2", "D6", "D33"} <= rita
    assert not carl & {"D3", "D4", "D2", "D6", "D33", "D18"}, "the case was his"
    assert "D18" in lea and not lea & {"D3", "D4"}
    assert "D12" in found[str(company.wes.id)]
    assert not (rita | carl | lea) & {"D12"}


def test_facts_know_people_by_handles_and_the_erased_are_nobody(company: Company) -> None:
    take_in_staff(company.officer, text=company.staff(), source="command")
    mark_subject(company.officer, subject_id=company.people["honey"], kind="honey")
    register_job(
        company.officer, client_id=company.service.id, purposes=["marketing"], hours=[3], accessors=[company.all]
    )

    def facts() -> Facts:
        with in_environment(company.environment.id):
            return facts_about([], environment_id=company.environment.id, now=timezone.now())

    before = facts()
    rita = before.staff[str(company.rita.id)]
    assert (rita.team, rita.manager, len(rita.own)) == ("desk", str(company.ann.id), 32)
    assert before.employee(rita.own) == rita.actor and len(before.honey) == 1
    assert before.jobs[str(company.service.id)] == Job(
        str(company.service.id), frozenset({"marketing"}), frozenset({3}), frozenset({str(company.all)})
    )
    for name in ("rita", "honey"):
        erase_subject(company.service, subject_id=company.people[name])
    after = facts()
    assert after.staff[str(company.rita.id)].own == "" and after.honey == frozenset()
    with in_environment(company.environment.id):
        assert not MarkedSubject.objects.exists()
        assert not StaffMember.objects.exclude(own_record=None).filter(account_id=company.rita.id).exists()


def test_nobody_crowds_out_the_tickets_of_others_or_hides_who_opened_one(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observing, "MOST_TICKETS", 8)
    monkeypatch.setattr(observing, "LEAST_TICKETS", 2)
    person = company.people["flagged"]
    bridge = cast.new_caller(company.environment, "bridge", configure=True)
    open_ticket(bridge, reference="PASSED-ON", assignee=company.carl.name, opened_by=company.ann.name.upper())
    for number in range(5):
        open_ticket(company.officer, reference=f"MANY-{number}", assignee=company.rita.name, subject_id=person)
    later = timezone.now() + 2 * observing.LATER
    open_ticket(company.officer, reference="LATER", assignee=company.carl.name, subject_id=person, now=later)
    now = timezone.now()
    looks = [replace(access(), actor=str(caller.id), at=now) for caller in (company.rita, company.carl)]
    with in_environment(company.environment.id):
        known = OwnFacts().facts_about(looks, environment_id=company.environment.id).tickets
    of_carl = [each for each in known.values() if each.assignee == str(company.carl.id)]
    assert [(each.reference, each.opened_by) for each in of_carl] == [
        (ticket_image(company.environment.id, "PASSED-ON"), str(company.ann.id))
    ]
    assert len(known) == 1 + 4, "half of what there is room for, the newest of hers"
    assert ticket_image(company.environment.id, "MANY-0") not in known
    assert {each.opened_by for each in known.values()} == {"", str(company.ann.id)}
    with pytest.raises(NotFound, match="operator"):
        open_ticket(bridge, reference="X", assignee=company.carl.name, opened_by="nobody-here")


def test_a_ticket_that_one_opens_for_oneself_is_found(company: Company, role_url: Callable[[str], str]) -> None:
    give_right(company.system, holder=company.account(company.wes), operation="configure", on=company.environment)
    with pytest.raises(Invalid, match="opened by them"):
        open_ticket(company.wes, reference="X", assignee=company.wes.name, opened_by=company.carl.name)
    for caller, reference in ((company.wes, "OWN-1"), (company.officer, "GIVEN-1")):
        assignee = company.wes if caller is company.wes else company.carl
        open_ticket(caller, reference=reference, assignee=assignee.name, subject_id=company.crowd[0])
    company.reads(company.wes, company.crowd[0])
    company.reads(company.carl, company.crowd[0])
    found = company.looked_at(role_url)
    assert "D25" in found[str(company.wes.id)]
    assert "D25" not in found.get(str(company.carl.id), set())


def test_a_client_that_touches_a_made_up_person_is_stopped_where_officers_want_that(
    company: Company, role_url: Callable[[str], str]
) -> None:
    mark_subject(company.officer, subject_id=company.people["honey"], kind="honey")
    ask_backtest(company.officer, detection="D33", days=3)
    run_backtests(company.environment.id, now=timezone.now())
    set_detection(company.officer, detection="D33", is_enabled=True, is_containing=True)
    company.reads(company.service, company.people["flagged"])
    company.looked_at(role_url)
    assert contain_due(company.environment.id, now=timezone.now()) == 0
    company.reads(company.service, company.people["honey"])
    company.looked_at(role_url)
    assert contain_due(company.environment.id, now=timezone.now()) == 1
    with pytest.raises(Refused):
        company.reads(company.service, company.people["flagged"])
