"""What is stopped, is stopped with the next check everywhere, however warm a process's memory is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from governance.actions.access_tokens import exchange_credentials
from governance.actions.clients import change_client, issue_secret
from governance.actions.environments import change_environment
from governance.actions.freezes import freeze, unfreeze
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_right, withdraw_right
from governance.errors import Refused
from governance.identities import system_caller
from governance.models import Client, Right
from governance.standing import standing_of
from governance.tokens.access import caller_of
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, PhoneBook, given
from userstore.actions.tokens import create_token, resolve_tokens
from userstore.models import Accessor, Mutator

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+49 151 5550001"
T = TypeVar("T")


def elsewhere(work: Callable[[], T]) -> T:
    """Do something on another connection, as another worker would."""

    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()


class Line(PhoneBook):
    """One subject, one accessor and one mutator that both work."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.phones()
        self.setter_of_phone = self.setter(self.phone, purposes=("authentication",))
        self.getter_of_phone = self.getter(self.phone)
        self.finder_of_phone = self.getter(self.phone, selector="{phone} = ?")
        self.ada = self.subject()
        self.works()

    def reads(self) -> None:
        assert self.read(self.getter_of_phone, self.ada) == [NUMBER]

    def finds(self) -> None:
        self.rows(self.finder_of_phone, ["+49 151 5559999"])

    def writes(self) -> None:
        self.write(self.setter_of_phone, self.ada, {"phone": {"value_additions": [NUMBER]}})

    def works(self) -> None:
        self.writes()
        self.reads()
        self.finds()

    @contextmanager
    def warm(self) -> Iterator[None]:
        """Whatever happens inside is not told to this process: only the data statement can."""
        known = standing_of(self.environment.id)
        yield
        assert standing_of(self.environment.id) is known

    def pk_of(self, model: type[Any], public_id: UUID) -> Any:
        with in_environment(self.environment.id):
            return model.objects.get(public_id=public_id)


begun, line = beginning(Line)


def test_a_freeze_of_anything_stops_the_next_call_and_lifting_it_lets_it_go_on(line: Line) -> None:
    targets = {
        "environment": (line.environment.id, (line.reads, line.finds, line.writes)),
        "purpose": (line.purposes["authentication"].public_id, (line.reads, line.finds, line.writes)),
        "column": (line.phone, (line.reads, line.finds, line.writes)),
        "client": (line.service.id, (line.reads, line.finds, line.writes)),
        "accessor": (line.getter_of_phone, (line.reads,)),
        "mutator": (line.setter_of_phone, (line.writes,)),
    }
    for kind, (target, stopped) in targets.items():
        for call in stopped:
            line.works()
            with line.warm():
                frozen = elsewhere(lambda k=kind, t=target: freeze(line.officer, kind=k, target_id=t))
            with pytest.raises(Refused) as refused:
                call()
            assert refused.value.reasons[0].startswith("freeze:"), kind
            with line.warm():
                elsewhere(lambda f=frozen: unfreeze(line.officer, freeze_id=f.public_id))
            call()


def test_a_frozen_column_nobody_asked_for_stops_nothing(line: Line) -> None:
    other = line.column("other")
    freeze(line.officer, kind="column", target_id=other)
    freeze(line.officer, kind="purpose", target_id=line.purposes["marketing"].public_id)
    line.works()


def test_a_frozen_purpose_is_not_given_by_a_mutator_that_lets_the_caller_choose(line: Line) -> None:
    free = line.setter(line.phone)
    freeze(line.officer, kind="purpose", target_id=line.purposes["marketing"].public_id)
    change = {"value_additions": ["555-0102"], "purpose_additions": given("marketing")}
    with pytest.raises(Refused):
        line.write(free, line.ada, {"phone": change})
    line.write(free, line.ada, {"phone": {**change, "purpose_additions": given("integrity")}})


def test_a_disabled_client_with_a_live_token_gets_nothing(line: Line) -> None:
    secret = issue_secret(line.officer, client_id=line.service.id).reveal()
    token, _ = exchange_credentials(client_id=str(line.service.id), client_secret=secret, address=None)
    caller = caller_of(token)
    line.rows(line.getter_of_phone, [[str(line.ada)]], caller=caller)
    with line.warm():
        elsewhere(
            lambda: change_client(line.officer, client_id=caller.id, name="service", description="", is_disabled=True)
        )
    assert caller_of(token) == caller
    for call in (line.reads, line.finds, line.writes):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.reasons == ("client: disabled",)
    with pytest.raises(Refused):
        resolve_tokens(caller, tokens=["x"], context=HERE)
    change_client(line.officer, client_id=caller.id, name="service", description="", is_disabled=False)
    line.works()


def test_a_withdrawn_right_ends_with_the_next_call_and_a_given_one_begins_with_it(line: Line) -> None:
    with in_environment(line.environment.id):
        right = Right.objects.get(user_id=line.service.account_id, permission__codename="read")
        holder = right.user
    with line.warm():
        elsewhere(lambda: withdraw_right(line.officer, right=right))
    for call in (line.reads, line.finds):
        with pytest.raises(Refused):
            call()
    line.writes()
    with line.warm():
        accessor = line.pk_of(Accessor, line.getter_of_phone)
        elsewhere(lambda: give_right(line.officer, holder=holder, operation="read", on=accessor))
    line.reads()
    with pytest.raises(Refused):
        line.finds()


def test_a_denial_of_one_object_wins_over_a_right_for_everything(line: Line) -> None:
    with in_environment(line.environment.id):
        holder = Right.objects.filter(user_id=line.service.account_id).first().user
    mutator = line.pk_of(Mutator, line.setter_of_phone)
    with line.warm():
        elsewhere(lambda: give_right(line.officer, holder=holder, operation="write", on=mutator, is_deny=True))
    with pytest.raises(Refused) as refused:
        line.writes()
    assert "denies" in refused.value.reasons[0]
    line.reads()


def test_a_right_ends_by_the_clock_alone(line: Line) -> None:
    now = timezone.now()
    player = cast.new_player(line.environment, "night shift")
    give_right(
        line.system,
        holder=player.client.account,
        operation="read",
        on=line.environment,
        not_before=now,
        not_after=now + timedelta(hours=1),
    )

    def reads_at(moment: Any) -> list[str]:
        return line.read(line.getter_of_phone, line.ada, caller=player.caller, now=moment)

    assert reads_at(now + timedelta(minutes=59)) == [NUMBER]
    for outside in (now - timedelta(seconds=1), now + timedelta(hours=1)):
        with pytest.raises(Refused):
            reads_at(outside)


def test_outsiders_and_other_environments_get_nothing(line: Line) -> None:
    other = PhoneBook()
    for stranger in (line.outsider, line.officer, line.system):
        with pytest.raises(Refused):
            line.rows(line.getter_of_phone, [[str(line.ada)]], caller=stranger)
        with pytest.raises(Refused):
            line.write(line.setter_of_phone, line.ada, {"phone": {"value_additions": ["555-0109"]}}, caller=stranger)
        with pytest.raises(Refused):
            create_token(stranger, data="x", transformer_id=line.transformer("UUID"), policy_id=line.policy)
    with pytest.raises(Exception, match="no such accessor"):
        line.rows(line.getter_of_phone, [[str(line.ada)]], caller=other.service)
    line.reads()


def test_a_protected_environment_takes_no_configuration_from_one_person(line: Line) -> None:
    define_purpose(line.officer, name="before")
    change_environment(system_caller(line.environment.id), description="", is_protected=True)
    attempts: list[Callable[[], object]] = [
        lambda: define_purpose(line.officer, name="after"),
        lambda: change_environment(line.officer, description="", is_protected=False),
        lambda: give_right(line.officer, holder=line.pk_of(Client, line.outsider.id).account, operation="read",
                           on=line.environment),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            attempt()
        assert "protected" in refused.value.reasons[0]
    line.works()
    define_purpose(system_caller(line.environment.id), name="by-command")
