"""Operations that programs alone hold: no person has them, by whichever way, and no row can say otherwise."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.accounts import define_operator
from governance.actions.environments import change_environment, define_environment
from governance.actions.reserved import release_operation, reserve_operation
from governance.actions.rights import give_right
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.explaining import meaning_of
from governance.identities import Caller
from governance.models import Account, GroupRight, ReservedOperation, Right
from governance.people import operator_named
from governance.rights import Resource, effective_rights
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import body, line_of
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.console.people import PASSWORD, Console, staffed_console
from tests.governance.office import new_office
from tests.userstore.helpdesk import HelpDesk
from userstore.models import Accessor
from userstore.reach import identities_reaching
from userstore.reading.calls import AccessorCall
from userstore.reading.execute import execute_accessor, stream_accessor

pytestmark = pytest.mark.django_db


class Vault(HelpDesk):
    """A help desk where Rita may read everything by a right, Gus by a group, and the service as well."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.readers = Group.objects.create(name=f"readers-{uuid4().hex[:6]}")
        self.rita, self.gus = self._person("rita"), self._person("gus", self.readers.name)
        give_right(self.system, holder=Account.objects.get(pk=self.rita.id), operation="read", on=self.environment)
        give_right(self.system, holder=self.readers, operation="read", on=self.environment)
        with in_environment(self.environment.id):
            self.row = Accessor.objects.get(public_id=self.record)

    def _person(self, name: str, *groups: str) -> Caller:
        account = define_operator(NOBODY, username=f"{name}-{uuid4().hex[:6]}", password=PASSWORD, groups=groups)
        return operator_named(account, environment_id=self.environment.id)

    def reads(self, caller: Caller) -> bool:
        try:
            execute_accessor(AccessorCall(caller, self.record, [[str(self.ada)]]), now=timezone.now())
        except Refused as refused:
            self.reasons = refused.reasons
            return False
        return True


begun, vault = beginning(Vault)


def test_what_is_reserved_on_an_accessor_no_person_does_there_and_programs_go_on(vault: Vault) -> None:
    assert vault.reads(vault.rita) and vault.reads(vault.gus)
    reserve_operation(vault.officer, operation="read", on=vault.row)
    for person in (vault.rita, vault.gus):
        assert not vault.reads(person)
        assert vault.reasons == ("reserved: read on this accessor is for programs alone",)
        assert "no person" in meaning_of(vault.reasons[0]).says
    assert vault.reads(vault.service) and not vault.reads(vault.outsider)
    reaching = identities_reaching(environment_id=vault.environment.id, category="contact", now=timezone.now())
    reached = {(each.kind, path.accessor_id == vault.record) for each in reaching for path in each.paths}
    assert ("operator", True) not in reached and ("service", True) in reached


def test_temporary_access_exports_nothing_and_opens_nothing_that_is_reserved(vault: Vault) -> None:
    vault.granted()
    assert vault.reads(vault.sue)
    everybody = AccessorCall(vault.sue, vault.record, [[str(vault.ada)]])
    give_right(vault.system, holder=vault.account(vault.sue), operation="export", on=vault.environment)
    with pytest.raises(Refused, match="not allowed") as refused:
        next(stream_accessor(everybody, clock=timezone.now))
    assert refused.value.reasons == ("grant: none gives export",)
    reserve_operation(vault.officer, operation="read", on=vault.row)
    assert not vault.reads(vault.sue) and vault.reasons[0].startswith("reserved: ")


def test_rights_of_people_to_exactly_this_end_with_it_and_do_not_come_back(vault: Vault) -> None:
    reserved = reserve_operation(vault.officer, operation="read", on=vault.environment)
    with in_environment(vault.environment.id):
        assert not GroupRight.objects.filter(permission__codename="read").exists()
        assert set(Right.objects.filter(permission__codename="read").values_list("user__kind", flat=True)) == {
            "service"
        }
    release_operation(vault.officer, public_id=reserved.public_id)
    assert not vault.reads(vault.rita)
    with pytest.raises(NotFound):
        release_operation(vault.officer, public_id=reserved.public_id)


def test_people_and_groups_are_given_nothing_that_is_reserved(vault: Vault) -> None:
    rita = Account.objects.get(pk=vault.rita.id)
    reserve_operation(vault.officer, operation="export", on=vault.environment)
    for holder in (rita, vault.readers):
        for on in (vault.environment, vault.row):
            with pytest.raises(Conflict):
                give_right(vault.officer, holder=holder, operation="export", on=on)
    give_right(vault.officer, holder=rita, operation="export", on=vault.row, is_deny=True)
    job = cast.new_caller(vault.environment, "job")
    give_right(vault.officer, holder=Account.objects.get(pk=job.account_id), operation="export", on=vault.row)


def test_the_database_holds_what_is_reserved(vault: Vault) -> None:
    kind = ContentType.objects.get_for_model(vault.environment)
    inside: dict[str, Any] = {"environment": vault.environment, "content_type": kind, "object_pk": vault.environment.pk}
    with in_environment(vault.environment.id):
        read = GroupRight.objects.get(group=vault.readers).permission
        with pytest.raises(IntegrityError, match="has a right"), transaction.atomic():
            ReservedOperation.objects.create(**inside, operation="read")
        GroupRight.objects.filter(permission=read).delete()
        Right.objects.filter(permission=read, user__kind="operator").delete()
        ReservedOperation.objects.create(**inside, operation="read")
        for row in (
            GroupRight(**inside, permission=read, group=vault.readers),
            Right(**inside, permission=read, user_id=vault.rita.id),
        ):
            with pytest.raises(IntegrityError, match="reserved"), transaction.atomic():
                row.save()
        with pytest.raises(IntegrityError), transaction.atomic():
            ReservedOperation.objects.create(**inside, operation="configure")


def test_who_decides_stays_a_person(vault: Vault) -> None:
    for operation in ("configure", "audit", "approve", "fly"):
        with pytest.raises(Invalid):
            reserve_operation(vault.officer, operation=operation, on=vault.environment)
    with pytest.raises(Refused):
        reserve_operation(vault.service, operation="read", on=vault.environment)


def test_a_person_has_nothing_that_is_reserved_whatever_else_they_hold(vault: Vault) -> None:
    """An environment's right does not reach into an accessor on which the operation is reserved, and nowhere else."""
    reserve_operation(vault.officer, operation="read", on=vault.row)
    standing, now = fresh_standing_of(vault.environment.id), timezone.now()
    other = Resource("accessor", vault.row.pk + 1_000_000, uuid4())
    here = Resource("accessor", vault.row.pk, vault.row.public_id)
    for resource, allowed in ((here, False), (other, True)):
        verdict = effective_rights(standing=standing, caller=vault.rita, operation="read", resource=resource, now=now)
        assert (verdict.allowed, verdict.is_reserved) == (allowed, not allowed)


@pytest.mark.django_db(transaction=True)
def test_with_its_protection_an_environment_reserves_exports_and_two_people_release_them() -> None:
    office = new_office()
    with in_environment(office.environment.id):
        (reserved,) = ReservedOperation.objects.all()
    assert reserved.operation == "export"
    (entry,) = office.booked("operation.reserved")
    assert entry.facts["resource_kind"] == "environment"
    with pytest.raises(Refused):
        release_operation(office.author, public_id=reserved.public_id)
    change = office.propose("release_operation", public_id=str(reserved.public_id))
    (difference,) = office.differences(change)
    assert "no person may export" in difference.name
    office.approve(change)
    with in_environment(office.environment.id):
        assert not ReservedOperation.objects.exists()
    new = define_environment(NOBODY, name=f"new-{uuid4().hex[:6]}", is_protected=True)
    with in_environment(new.id):
        assert ReservedOperation.objects.get().operation == "export"
    change_environment(office.system, description="", is_protected=True)
    with in_environment(office.environment.id):
        assert not ReservedOperation.objects.exists(), "protected already: what was released stays so"


def test_services_that_configure_reserve_over_the_api_and_others_are_refused(vault: Vault) -> None:
    player = cast.new_player(vault.environment, "deploy", configure=True)
    asked = {"operation": "export", "resource": {"kind": "accessor", "id": str(vault.record)}}
    told = body(line_of(player).post("/governance/reserved-operations", asked), 201)
    assert (told["operation"], told["resource"]["id"]) == ("export", str(vault.record))
    assert body(line_of(player).get("/governance/reserved-operations"))["data"] == [told]
    assert line_of(player).post("/governance/reserved-operations", asked).status_code == 409
    outsider = line_of(cast.new_player(vault.environment, "other"))
    assert outsider.get("/governance/reserved-operations").status_code == 403
    assert outsider.delete(f"/governance/reserved-operations/{told['id']}").status_code == 403
    assert line_of(player).delete(f"/governance/reserved-operations/{told['id']}").status_code == 204


@pytest.mark.django_db(transaction=True)
def test_officers_reserve_and_release_in_the_console() -> None:
    console: Console = staffed_console()
    officer, support = console.browser(console.officer), console.browser(console.support)
    page = "/admin/governance/reservedoperation/"
    asked = {"operation": "export", "resource": f"environment:{console.environment.pk}"}
    assert officer.post(f"{page}add/", asked).status_code == 302
    (entry,) = console.booked("operation.reserved")
    assert entry.facts["operation"] == "export"
    assert "export" in officer.get(page).content.decode()
    with in_environment(console.environment.id):
        reserved = ReservedOperation.objects.get()
    assert support.get(page).status_code == 403 and Browser().get(page).status_code == 302
    assert officer.post(f"{page}{reserved.pk}/delete/", {"post": "yes"}).status_code == 302
    assert len(console.booked("operation.released")) == 1
