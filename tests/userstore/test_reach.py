"""Who can reach personal data of a category: the computed group is those whom the rights let read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.accounts import change_operator, define_operator
from governance.actions.change import raise_epoch
from governance.actions.clients import change_client
from governance.actions.rights import give_right
from governance.actions.rights_reviews import plan_rights_reviews
from governance.actions.rights_rounds import open_due_reviews
from governance.authorization import Ask, authorize
from governance.errors import Refused
from governance.identities import Caller, system_caller
from governance.models import Client, RightsReview, RightsReviewPlan
from governance.people import operator_named
from governance.rights import Resource, effective_rights
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import body, line_of, new_scene
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.console.people import PASSWORD, Console, staffed_console
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.phonebook import PhoneBook
from userstore.actions.accessors import OutputSpec, accessor_body, republish_accessor, spec_of_body
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import NOTHING_SHOWN, Shown
from userstore.models import Accessor, Column
from userstore.reach import categories, identities_reaching
from userstore.reach_paths import Identity

pytestmark = pytest.mark.django_db


class Directory(HelpDesk):
    """A phone book with people and clients who may read by different ways, and some who may not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone, self.other = self.phones(), self.phones("other")
        self.accessor, self.of_other = self.getter(self.phone), self.getter(self.other)
        self.callers: dict[str, Caller] = {"service": self.service, "outsider": self.outsider}
        self.desk = Group.objects.create(name=f"desk-{uuid4().hex[:6]}")
        now = timezone.now()
        for name, holds in {
            "through-group": [("group", {})],
            "own": [("environment", {})],
            "on-accessor": [("accessor", {})],
            "on-other": [("other", {})],
            "denied": [("environment", {}), ("accessor", {"is_deny": True})],
            "denied-all": [("accessor", {}), ("environment", {"is_deny": True})],
            "over": [("environment", {"not_after": now - timedelta(hours=1)})],
            "not-yet": [("accessor", {"not_before": now + timedelta(hours=1)})],
            "nobody": [],
        }.items():
            self.callers[name] = self._operator(name, holds)
        give_right(self.system, holder=self.desk, operation="read", on=self.environment)

    def _operator(self, name: str, holds: list[tuple[str, dict[str, Any]]]) -> Caller:
        groups = [self.desk.name] if ("group", {}) in holds else []
        account = define_operator(NOBODY, username=f"{name}-{uuid4().hex[:6]}", password=PASSWORD, groups=groups)
        for on, terms in holds:
            if on != "group":
                give_right(self.system, holder=account, operation="read", on=self.object(on), **terms)
        return operator_named(account, environment_id=self.environment.id)

    def object(self, name: str) -> Any:
        if name == "environment":
            return self.environment
        accessor = self.accessor if name == "accessor" else self.of_other
        with in_environment(self.environment.id):
            return Accessor.objects.get(public_id=accessor)

    def reaching(self, category: str = "contact") -> dict[str, Identity]:
        found = identities_reaching(environment_id=self.environment.id, category=category, now=timezone.now())
        return {each.name.rsplit("-", 1)[0] if each.kind == "operator" else each.name: each for each in found}


begun, book = beginning(Directory)


def test_the_group_is_those_whom_the_rights_let_read(book: Directory) -> None:
    standing = fresh_standing_of(book.environment.id)
    with in_environment(book.environment.id):
        accessors = {a.public_id: Resource("accessor", a.pk, a.public_id) for a in Accessor.objects.filter(
            columns__column__pii_category="contact")}  # fmt: skip
    expected = {
        (name, accessor)
        for name, caller in book.callers.items()
        for accessor, resource in accessors.items()
        if effective_rights(
            standing=standing, caller=caller, operation="read", resource=resource, now=timezone.now()
        ).allowed
    }
    found = book.reaching()
    assert {(name, path.accessor_id) for name, each in found.items() for path in each.paths} == expected
    assert {"service", "own", "through-group", "on-accessor"} <= found.keys()
    assert not found.keys() & {"outsider", "denied-all", "over", "not-yet", "nobody"}


def test_a_path_says_which_right_leads_through_what_to_which_columns(book: Directory) -> None:
    (path,) = (p for p in book.reaching()["through-group"].paths if p.accessor_id == book.accessor)
    assert path.right.startswith("group-right-") and path.given_on == "environment" and path.group == book.desk.name
    assert [column.name for column in path.columns] == ["phone"]
    assert book.reaching("nothing") == {} and "contact" in categories(book.environment.id)


def test_whoever_may_invoke_a_client_reaches_what_it_reaches_through_as_many_as_a_token_names(book: Directory) -> None:
    system, soon = book.system, timezone.now() + timedelta(hours=1)
    chain = [book.service, *(cast.new_caller(book.environment, f"job-{number}") for number in range(6))]
    clients = [_client_of(book, caller) for caller in chain]
    for invoked, invoker in pairwise(clients):
        give_right(system, holder=invoker.account, operation="invoke", on=invoked)
    give_right(system, holder=clients[0].account, operation="invoke", on=clients[3])  # a circle reaches nothing new
    found = book.reaching()
    assert not found.keys() & {"job-4", "job-5"}, "no token names as many"
    ways = [tuple(each.name for each in path.via) for path in found["job-3"].paths]
    assert set(ways) == {("job-2", "job-1", "job-0", "service")}
    assert {path.accessor_id for path in found["job-3"].paths} == {path.accessor_id for path in found["service"].paths}
    assert all(path.via == () for path in found["service"].paths)
    ended = cast.new_caller(book.environment, "ended")
    give_right(system, holder=_client_of(book, ended).account, operation="invoke", on=clients[0], not_after=soon)
    assert {path.until for path in book.reaching()["ended"].paths} == {soon}


def test_who_reaches_through_others_is_whom_the_chain_lets_read(book: Directory) -> None:
    """A denial, a client that is disabled, and a window that is over each cut the chain where it stands."""
    middle, outer = (cast.new_caller(book.environment, name) for name in ("middle", "outer"))
    inner = _client_of(book, book.service)
    give_right(book.system, holder=_client_of(book, middle).account, operation="invoke", on=inner)
    give_right(book.system, holder=_client_of(book, outer).account, operation="invoke", on=_client_of(book, middle))
    with in_environment(book.environment.id):
        accessor = Accessor.objects.get(public_id=book.accessor)
    ask = Ask("read", Resource("accessor", accessor.pk, accessor.public_id))

    def reads_through() -> set[str]:
        found = set()
        for name, via in (("middle", (middle.id,)), ("outer", (middle.id, outer.id))):
            with suppress(Refused):
                standing = fresh_standing_of(book.environment.id)
                authorize(replace(book.service, via=via), ask, standing=standing, now=timezone.now())
                found.add(name)
        return found

    def reached() -> set[str]:
        return book.reaching().keys() & {"middle", "outer"}

    assert reached() == reads_through() == {"middle", "outer"}
    outermost = _client_of(book, outer).account
    give_right(book.system, holder=outermost, operation="invoke", on=inner, is_deny=True)
    assert reached() == reads_through() == {"middle", "outer"}, "the denial is about another link"
    change_client(book.system, client_id=middle.id, name="", description="", is_disabled=True)
    assert reached() == reads_through() == set()


def test_whoever_waits_too_long_for_a_review_reaches_nothing_until_it_is_over(book: Directory) -> None:
    reached = book.reaching().keys()
    plan_rights_reviews(book.system, owner=book.desk, every_days=90, deadline_days=14)
    open_due_reviews(now=timezone.now() + timedelta(minutes=1))
    assert book.reaching().keys() == reached
    with in_environment(book.environment.id):
        RightsReview.objects.update(due_at=timezone.now(), opened_at=timezone.now() - timedelta(days=14))
        raise_epoch(book.environment.id)
    assert book.reaching() == {}
    cast.new_caller(book.environment, "later", read=True)
    with in_environment(book.environment.id):
        RightsReviewPlan.objects.update(next_at=timezone.now())
    open_due_reviews(now=timezone.now())
    assert book.reaching().keys() == {"later"}, "each right has the deadline of its own round"
    plan_rights_reviews(book.system, owner=book.desk, every_days=90, deadline_days=14, on_overdue="warn")
    assert book.reaching().keys() == reached | {"later"}


def _client_of(book: PhoneBook, caller: Caller) -> Client:
    with in_environment(book.environment.id):
        return Client.objects.select_related("account").get(public_id=caller.id)


def test_whoever_may_not_act_any_more_reaches_nothing(book: Directory) -> None:
    own = book.callers["own"]
    change_operator(NOBODY, account_id=own.id, is_active=False, groups=[])
    change_client(book.system, client_id=book.service.id, name="", description="", is_disabled=True)
    assert not book.reaching().keys() & {"own", "service"}


def test_a_column_that_is_never_shown_is_not_reached(book: Directory) -> None:
    rules = VisibilitySpec(default=NOTHING_SHOWN, groups={book.desk.name: Shown("plain")})
    ruled = book.getter(OutputSpec(book.phone, visibility=rules))
    reached = {name for name, each in book.reaching().items() if ruled in {path.accessor_id for path in each.paths}}
    assert reached == {"through-group"}


def test_services_that_configure_ask_and_others_are_refused() -> None:
    scene = new_scene()
    with in_environment(scene.environment.id):
        category = Column.objects.get(public_id=scene.column).pii_category
    told = body(scene.line.get(f"/governance/reach?category={category}"))
    (service,) = told["data"]
    assert category in told["known"] and service["kind"] == "service"
    assert str(scene.accessor) in {path["accessor"]["id"] for path in service["paths"]}
    job = cast.new_player(scene.environment, "job")
    give_right(
        system_caller(scene.environment.id), holder=job.client.account, operation="invoke", on=scene.service.client
    )
    told = body(scene.line.get(f"/governance/reach?category={category}"))
    assert {each["name"]: each["paths"][0]["via"] for each in told["data"]} == {
        "job": [{"id": str(scene.service.client.public_id), "name": "service"}], "service": [],
    }  # fmt: skip
    assert scene.line.get("/governance/reach").status_code == 400
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    assert outsider.get("/governance/reach?category=contact").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_the_path_to_officers_alone() -> None:
    console: Console = staffed_console()
    officer, support = console.browser(console.officer), console.browser(console.support)
    book = PhoneBook(console.environment)
    accessor = book.getter(book.phones())
    group = Group.objects.get(name="Privacy officers")
    give_right(book.system, holder=group, operation="read", on=console.environment)
    job = cast.new_player(console.environment, "nightly")
    service = _client_of(book, book.service)
    give_right(book.system, holder=job.client.account, operation="invoke", on=service)
    shown = officer.get("/admin/reach/?category=contact").content.decode()
    assert "job nightly" in shown or "service nightly" in shown
    assert "by invoking client service" in " ".join(shown.split())
    assert "operator officer" in shown and "of group Privacy officers" in shown and "service service" in shown
    with in_environment(console.environment.id):
        assert Accessor.objects.get(public_id=accessor).name in shown
    assert support.get("/admin/reach/").status_code == 403 and Browser().get("/admin/reach/").status_code == 302


def test_a_temporary_grant_is_a_path_while_it_is_active(book: Directory) -> None:
    grant = book.granted()

    def reaching(now: datetime) -> list[Identity]:
        return identities_reaching(environment_id=book.environment.id, category="contact", now=now)

    def through_grants(now: datetime) -> set[str]:
        return {each.name for each in reaching(now) for path in each.paths if path.given_on == "grant"}

    assert through_grants(timezone.now()) == {book.sue.name}
    assert through_grants(timezone.now() + timedelta(days=1)) == set()
    assert f"grant-{grant.id}" in {path.right for each in reaching(timezone.now()) for path in each.paths}
    hidden = VisibilitySpec(default=NOTHING_SHOWN)
    with in_environment(book.environment.id):
        spec = spec_of_body(accessor_body(Accessor.objects.get(public_id=grant.accessor_id)))
    outputs = tuple(replace(output, visibility=hidden) for output in spec.columns)
    republish_accessor(book.system, public_id=grant.accessor_id, spec=replace(spec, columns=outputs))
    assert through_grants(timezone.now()) == {book.sue.name}, "what is hidden from others is what a grant is for"
