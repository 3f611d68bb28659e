"""What is handed on is the intersection of what everybody in the chain may see, whatever that is, and never more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from governance.actions.accounts import change_operator
from governance.actions.delegations import end_delegation
from governance.actions.rights import give_right, withdraw_right
from governance.actions.seeing import must_see_definitions
from governance.actions.workload_policies import WorkloadSpec, retire_workload_policy, set_workload_policy
from governance.delegation.handed import CHANGED
from governance.errors import Refused
from governance.identities import Caller
from governance.models import Client, Right
from governance.standing import forget_standings
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.userstore.handing import HandingDesk
from tests.userstore.helpdesk import ADA, BEN, minutes
from tests.userstore.phonebook import ALLOW
from userstore.actions.deletion import delete_subject
from userstore.actions.transformers import TransformerSpec, publish_transformer, republish_transformer
from userstore.models.accessors import LEVELS, MASKED, NONE, PLAIN
from userstore.reach import ReachPath, identities_reaching
from userstore.reading.calls import AccessorCall
from userstore.reading.demands import UnmaskCall
from userstore.reading.execute import stream_accessor
from userstore.reading.unmasking import unmask

pytestmark = pytest.mark.django_db

begun, desk = beginning(HandingDesk)


def refused(read: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as error:
        read()
    return error.value.reasons[0]


def test_only_what_was_handed_on_is_read_and_by_whoever_proved_that_key(desk: HandingDesk) -> None:
    grant = desk.granted(subject_ids=[desk.ada, desk.ben], columns=[desk.name, desk.age])
    bot = desk.handed_on(grant=grant.pk, columns=[desk.age], subject_ids=[desk.ben])

    rows = desk.seen(bot)

    assert rows.rows == [{"nick": "", "age": "41"}]
    assert (rows.facts["grant"], rows.facts["delegation"]) == (grant.pk, bot.delegated and bot.delegated.id)
    assert len(desk.seen().rows) == 2, "the holder still reads all of it"
    assert bot.delegated is not None
    another = replace(bot, delegated=replace(bot.delegated, key="A" * 43))
    unknown = "delegation: ended, or never taken by this client with this key"
    assert refused(lambda: desk.seen(another)) == unknown
    assert refused(lambda: desk.seen(replace(bot, account_id=desk.sam.account_id))) == unknown
    assert refused(lambda: desk.seen(desk.bot.caller)).startswith("right: none allows read")
    assert refused(lambda: desk.seen(bot, grant=uuid4())).endswith("is not the one that was handed on")


def test_a_client_sees_no_more_of_a_column_than_its_rules_show_it(desk: HandingDesk) -> None:
    desk.republish(MASKED)
    grant = desk.granted(columns=[desk.name, desk.age])
    bot = desk.handed_on(grant=grant.pk)

    (row,) = desk.seen(bot).rows
    call = UnmaskCall(AccessorCall(bot, desk.record, [[str(desk.ada)]]), desk.ada, ["nick", "age"], "authentication")
    shown = {each.column: (each.level, each.value) for each in unmask(call, now=timezone.now()).fields}

    assert row["age"] == "36" and ADA not in row["nick"] and row["nick"]
    assert shown["nick"][0] == MASKED and ADA not in str(shown["nick"][1])
    assert shown["age"] == (PLAIN, 36)
    assert desk.seen().rows[0]["nick"] == ADA


def test_another_version_of_accessor_or_policy_ends_it(desk: HandingDesk) -> None:
    grant = desk.granted()
    bot = desk.handed_on(grant=grant.pk)
    desk.republish(PLAIN)
    assert refused(lambda: desk.seen(bot)) == CHANGED
    bot = desk.handed_on(grant=grant.pk)
    assert desk.seen(bot).rows
    desk.change_policy()
    assert refused(lambda: desk.seen(bot)) == CHANGED


def test_another_version_of_what_masks_a_column_ends_it(desk: HandingDesk) -> None:
    stars = TransformerSpec("stars", "transform", function="function transform(data, params) { return '***' }")
    mask = publish_transformer(desk.system, spec=stars)
    desk.mask = mask.public_id
    desk.republish(MASKED)
    bot = desk.handed_on(grant=desk.granted().pk)
    assert desk.seen(bot).rows[0]["nick"] == "***"

    longer = replace(stars, function=stars.function.replace("***", "*****"))
    republish_transformer(desk.system, public_id=mask.public_id, version=mask.version, spec=longer)

    assert refused(lambda: desk.seen(bot)) == CHANGED


def test_it_ends_with_its_time_with_the_grant_and_with_the_person(desk: HandingDesk) -> None:
    now = timezone.now()
    grant = desk.granted(now=now, minutes=8, subject_ids=[desk.ada, desk.ben])
    bot = desk.handed_on(grant=grant.pk, now=now, minutes=5)
    assert len(desk.seen(bot, now=now + minutes(4.9)).rows) == 2
    assert refused(lambda: desk.seen(bot, now=now + minutes(5))) == "delegation: its time is over"
    later = desk.handed_on(grant=grant.pk, now=now + minutes(5))
    assert refused(lambda: desk.seen(later, now=now + minutes(8))) == "delegation: its time is over", "as the grant's"
    delete_subject(desk.service, subject_id=desk.ben)
    assert [row["nick"] for row in desk.seen(later, now=now + minutes(6)).rows] == [ADA]


def test_it_neither_streams_nor_writes_nor_shows_definitions(desk: HandingDesk) -> None:
    bot = desk.handed_on(grant=desk.granted().pk)
    call = AccessorCall(bot, desk.record, [[str(desk.ada)]])
    setter = desk.setter(desk.age)
    only = "delegation: it only reads, through one accessor"

    assert refused(lambda: next(stream_accessor(call, clock=timezone.now))) == only
    assert refused(lambda: desk.write(setter, desk.ada, {}, caller=bot)) == only
    assert refused(lambda: must_see_definitions(bot)) == only
    assert refused(lambda: desk.seen(bot, accessor=uuid4())) == only, "what is not there looks like what is closed"
    other = desk.getter(desk.age, policy=ALLOW)
    give_right(desk.system, holder=desk.bot.client.account, operation="act", on=desk.environment)
    assert refused(lambda: desk.seen(bot, accessor=other)).endswith("gives no access to this accessor now")


def test_whatever_stops_the_client_or_its_holder_stops_both_together(desk: HandingDesk) -> None:
    bot = desk.handed_on(grant=desk.granted().pk)
    assert desk.seen(bot).rows
    with in_environment(desk.environment.id):
        (right,) = Right.objects.filter(user=desk.bot.client.account)
    withdraw_right(desk.system, right=right)
    assert refused(lambda: desk.seen(bot)) == "delegation: the client has no right to act for others here"
    give_right(desk.system, holder=desk.bot.client.account, operation="act", on=desk.accessor())
    assert desk.seen(bot).rows
    set_workload_policy(desk.system, client_id=desk.bot.client.public_id, spec=WorkloadSpec(mode="enforce"))
    assert refused(lambda: desk.seen(bot)).startswith("build.unvouched")
    retire_workload_policy(desk.system, client_id=desk.bot.client.public_id)
    change_operator(NOBODY, account_id=desk.sue.account_id, is_active=False, groups=[desk.support.name])
    assert refused(lambda: desk.seen(bot)).endswith("gives no access to this accessor now")


def test_a_client_that_took_it_reaches_what_it_reads_while_it_lasts(desk: HandingDesk) -> None:
    now = timezone.now()

    def paths(moment: datetime) -> list[ReachPath]:
        found = identities_reaching(environment_id=desk.environment.id, category="contact", now=moment)
        return [path for each in found if each.name == "answer-bot" for path in each.paths]

    assert paths(now) == []
    bot = desk.handed_on(grant=desk.granted(now=now).pk, now=now)
    assert bot.delegated is not None
    (path,) = paths(now)
    assert (path.right, [each.name for each in path.columns]) == (f"delegation-{bot.delegated.id}", ["nick"])
    assert paths(now + minutes(10)) == []
    end_delegation(desk.sue, delegation_id=bot.delegated.id)
    assert paths(now) == []


COLUMNS, PEOPLE = ("nick", "age"), (ADA, BEN)


@dataclass(frozen=True)
class Chain:
    """What each link of a chain allows: the grant, what was handed on of it, the client's ceiling, the holder."""

    granted: frozenset[str]
    people: frozenset[str]
    handed: frozenset[str]
    to: frozenset[str]
    level: str
    may_act: bool
    is_denied: bool


some_columns = st.sets(st.sampled_from(COLUMNS), min_size=1).map(frozenset)
some_people = st.sets(st.sampled_from(PEOPLE), min_size=1).map(frozenset)
chains = st.builds(
    Chain, some_columns, some_people, some_columns, some_people, st.sampled_from(sorted(LEVELS)),
    st.sampled_from([True, True, True, False]), st.sampled_from([False, False, False, True]),
)  # fmt: skip


def shown_by(desk: HandingDesk, caller: Caller, grant: UUID) -> set[tuple[str, str, str]]:
    """Every value that somebody sees: whose, of which column."""
    ages = {"36": ADA, "41": BEN}
    found = set()
    for person, name in ((desk.ada, ADA), (desk.ben, BEN)):
        rows = desk.seen(caller, people=[person], grant=grant).rows
        found |= {(name, column, text) for row in rows for column, text in row.items() if text}
    assert all(ages.get(text, name) == name for name, _, text in found)
    return found


@given(chain=chains)
@settings(max_examples=max(8, settings().max_examples // 10), phases=[Phase.generate])  # a step is dear to shrink
def test_what_a_token_opens_lies_within_every_link_of_its_chain(begun: Any, chain: Chain) -> None:
    desk = begun()
    column, person = {"nick": desk.name, "age": desk.age}, {ADA: desk.ada, BEN: desk.ben}
    with transaction.atomic():
        desk.republish(chain.level)
        grant = desk.granted(
            columns=[column[name] for name in sorted(chain.granted)],
            subject_ids=[person[name] for name in sorted(chain.people)],
        ).pk
        handed, to = chain.granted & chain.handed, chain.people & chain.to
        if handed and to:
            bot = desk.handed_on(
                grant=grant, columns=[column[name] for name in handed], subject_ids=[person[name] for name in to]
            )
            if not chain.may_act:
                give_right(desk.system, holder=account(desk), operation="read", on=desk.accessor(), is_deny=True)
            if chain.is_denied:
                give_right(
                    desk.system, holder=desk.account(desk.sue), operation="read", on=desk.accessor(), is_deny=True
                )
            if chain.may_act and not chain.is_denied:
                holders = shown_by(desk, desk.sue, grant)
                seen = shown_by(desk, bot, grant)
                visible = {(name, column) for name, column, _ in seen}
                expected = {(name, each) for name in to for each in handed if each == "age" or chain.level != NONE}
                assert visible == expected
                plain = {each for each in seen if each[1] == "age" or chain.level == PLAIN}
                assert plain <= holders
                assert chain.level == PLAIN or not any(text in PEOPLE for _, __, text in seen)
            else:
                assert refused(lambda: desk.seen(bot)).endswith(("denies read", "denies the client read"))
        transaction.set_rollback(True)
    forget_standings()


def account(desk: HandingDesk) -> Any:
    with in_environment(desk.environment.id):
        return Client.objects.select_related("account").get(public_id=desk.bot.client.public_id).account
