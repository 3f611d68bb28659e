"""Limits of access policies: who is counted, what one execution may give, and that nobody gets past without Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from governance.actions.builtin import ACCESSOR_BASELINE, ALLOW_ALL, MUTATOR_BASELINE
from governance.actions.policies import Branch, publish_policy, republish_policy
from governance.errors import Invalid, LimitUnknown, TooMuch, TooOften
from governance.models import AccessPolicy
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE
from tests.userstore.recorded import Recorded
from userstore.actions.accessors import OutputSpec
from userstore.actions.subjects import create_subject_with
from userstore.actions.tokens import resolve_tokens
from userstore.errors import Refused
from userstore.reading.calls import AccessorCall, Page
from userstore.reading.execute import execute_accessor, stream_accessor
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

NOON = datetime(2031, 5, 17, 12, tzinfo=UTC)
NUMBER = "+49 151 5550001"
TWICE = {"max_executions": 2, "max_execution_duration_seconds": 5}
ALOUD = {"announce_max_execution_failure": True, "announce_max_result_failure": True}


class LimitedBook(Recorded):
    """Three subjects with a number each; methods under policies with limits."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.column_id = self.column("phone", "phonenumber")
        self.second = cast.new_caller(self.environment, "second", read=True, write=True)
        self.set_phone = self.setter(self.column_id, purposes=("integrity",), policy=ALLOW_ALL)
        self.people = [self.subject() for _ in range(3)]
        for person in self.people:
            self.write(self.set_phone, person, {"phone": {"value": NUMBER}})

    def limited(self, **thresholds: object) -> UUID:
        return publish_policy(
            self.system,
            name=f"limited_{uuid4().hex[:8]}",
            policy_type="composite_and",
            components=[Branch(policy=ALLOW_ALL)],
            thresholds=thresholds,
        ).public_id

    def limit_baseline(self, baseline: UUID, **thresholds: object) -> None:
        with in_environment(self.environment.id):
            stored = AccessPolicy.objects.get(public_id=baseline)
        republish_policy(
            self.system,
            public_id=baseline,
            version=stored.version,
            name=stored.name,
            policy_type=stored.policy_type,
            description=stored.description,
            components=[Branch(policy=ALLOW_ALL)],
            thresholds=thresholds,
        )

    def getting(self, policy: UUID, *, selector: str = "ALL") -> UUID:
        return self.getter(self.column_id, purposes=("integrity",), policy=policy, selector=selector)

    def count(self, accessor: UUID, *values: Any, **rest: Any) -> int:
        return len(self.rows(accessor, values, **{"now": NOON, **rest}).rows)


on_record = pytest.mark.django_db(transaction=True)
"""The book is read over another connection, so what it shows is committed."""


begun, book = beginning(LimitedBook)


@on_record
def test_one_execution_too_many_is_refused_aloud_and_on_record(book: LimitedBook) -> None:
    get = book.getting(book.limited(**TWICE, **ALOUD))
    assert [book.count(get), book.count(get)] == [3, 3]
    book.new_entries()
    with pytest.raises(TooOften) as refused:
        book.count(get)
    entry = book.expect("accessor.executed", outcome="refused")
    assert entry.facts["reasons"] == ["limit: 2 executions in 5 seconds are used up"]
    assert (entry.decision_id, refused.value.wait) == (refused.value.decision_id, 5)


@on_record
def test_a_silent_limit_gives_an_empty_result_and_the_record_says_why(book: LimitedBook) -> None:
    get = book.getting(book.limited(**TWICE))
    assert [book.count(get) for _ in range(3)] == [3, 3, 0]
    entry = book.new_entries()[0]
    assert (entry.outcome, entry.facts["reasons"]) == ("refused", ["limit: 2 executions in 5 seconds are used up"])


@pytest.mark.django_db
def test_the_window_slides_and_calls_that_were_refused_do_not_prolong_it(book: LimitedBook) -> None:
    get = book.getting(book.limited(**TWICE))
    moments = [0.0, 2.0, 3.0, 4.9, 5.0, 6.9, 7.0]
    found = [book.count(get, now=NOON + timedelta(seconds=at)) for at in moments]
    assert found == [3, 3, 0, 0, 3, 0, 3]


@pytest.mark.django_db
def test_every_caller_and_every_accessor_has_a_count_of_its_own(book: LimitedBook) -> None:
    policy = book.limited(**TWICE)
    first, other = book.getting(policy), book.getting(policy)
    assert [book.count(first) for _ in range(3)] == [3, 3, 0]
    assert book.count(other) == 3
    assert book.count(first, caller=book.second) == 3
    claims = {"claims": {"sub": "somebody else"}}
    assert book.count(first, context=type(HERE)(address=HERE.address, claimed=claims)) == 0


@pytest.mark.django_db
def test_limits_of_a_part_decide_nothing_and_the_baselines_only_where_there_are_no_others(book: LimitedBook) -> None:
    part = book.limited(max_results_per_execution=1)
    whole = publish_policy(
        book.system, name="whole", policy_type="composite_and", components=[Branch(policy=part)]
    ).public_id
    free, own = book.getting(whole), book.getting(book.limited(max_results_per_execution=3))
    assert book.count(free) == 3
    book.limit_baseline(ACCESSOR_BASELINE, max_results_per_execution=2)
    assert (book.count(free), book.count(own)) == (0, 3)


@pytest.mark.django_db
def test_more_results_than_allowed_are_refused_whole_also_when_they_come_in_pages(book: LimitedBook) -> None:
    aloud, silent, enough = (
        book.getting(book.limited(max_results_per_execution=2, **ALOUD)),
        book.getting(book.limited(max_results_per_execution=2)),
        book.getting(book.limited(max_results_per_execution=3)),
    )

    def first_of_one(accessor: UUID) -> int:
        return len(execute_accessor(AccessorCall(book.service, accessor, page=Page(1)), now=NOON).rows)

    for ask in (book.count, first_of_one):
        with pytest.raises(TooMuch):
            ask(aloud)
        assert ask(silent) == 0
    assert (book.count(enough), first_of_one(enough)) == (3, 1)


@pytest.mark.django_db
def test_a_walk_through_pages_is_one_execution_and_another_question_is_another(book: LimitedBook) -> None:
    policy = book.limited(max_executions=1, max_execution_duration_seconds=60)
    everybody = book.getting(policy)
    walk = list(stream_accessor(AccessorCall(book.service, everybody, page=Page(1)), clock=lambda: NOON))
    assert sum(len(page.rows) for page in walk) == 3
    assert book.count(everybody) == 0

    some = book.getting(policy, selector="{id} = ANY (?)")
    ids = [str(person) for person in sorted(book.people)]

    def asked(wanted: list[str], after: str) -> AccessorCall:
        return AccessorCall(book.service, some, [wanted], page=Page(1, after))

    first = execute_accessor(asked(ids[:2], ""), now=NOON)
    assert len(execute_accessor(asked(ids[:2], first.neighbours.next), now=NOON).rows) == 1
    assert execute_accessor(asked(ids, first.neighbours.next), now=NOON).rows == []


@on_record
def test_a_mutator_stops_changing_anything(book: LimitedBook) -> None:
    one_call = book.setter(
        book.column_id,
        purposes=("integrity",),
        policy=book.limited(max_executions=1, max_execution_duration_seconds=5, **ALOUD),
    )
    changed = {"phone": {"value": "+49 151 5550009"}}
    assert book.write(one_call, book.people[0], changed, now=NOON).subject_ids
    book.new_entries()
    with pytest.raises(TooOften):
        book.write(one_call, book.people[1], changed, now=NOON)
    book.expect("mutator.executed", outcome="refused")
    one_user = book.setter(
        book.column_id,
        purposes=("integrity",),
        selector="{id} = ANY (?)",
        policy=book.limited(max_results_per_execution=1),
    )
    everybody: Any = [str(person) for person in book.people]
    call = MutatorCall(book.service, one_user, [everybody], changed, HERE)
    assert execute_mutator(call, now=NOON).subject_ids == []
    assert book.new_entries()[0].outcome == "refused"
    get = book.getting(ALLOW_ALL)
    assert sorted(json.dumps(row) for row in book.rows(get, []).rows).count('{"phone": "+49 151 5550009"}') == 1


@on_record
def test_a_user_is_not_created_past_the_baseline_of_mutators(book: LimitedBook) -> None:
    book.limit_baseline(MUTATOR_BASELINE, max_executions=1, max_execution_duration_seconds=60)
    row = {"phone": {"value": NUMBER}}

    def create(user: UUID) -> object:
        return create_subject_with(book.service, mutator_id=book.set_phone, row_data=row, subject_id=user, now=NOON)

    create(uuid4())
    book.new_entries()
    with pytest.raises(Refused):
        create(uuid4())
    assert book.expect("subject.created", outcome="refused").facts["reasons"] == [
        "limit: 1 executions in 60 seconds are used up"
    ]
    assert book.count(book.getting(ALLOW_ALL)) == 4


@on_record
@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"max_executions": 1, "max_execution_duration_seconds": 5}, id="executions"),
        pytest.param({"max_results_per_execution": 1}, id="results"),
    ],
)
def test_tokens_over_a_limit_stay_what_they_are_and_the_call_goes_on(book: LimitedBook, limits: dict[str, Any]) -> None:
    def tokens(policy: UUID) -> list[str]:
        output = OutputSpec(book.column_id, transformer=book.transformer("UUID"), token_policy=policy)
        rows = book.rows(book.getter(output, purposes=("integrity",), selector="ALL"), []).rows
        return [row["phone"] for row in rows]

    few, free = tokens(book.limited(**limits, **ALOUD)), tokens(ALLOW_ALL)

    def resolved(*asked: str) -> list[str]:
        found, _ = resolve_tokens(book.service, tokens=asked, context=HERE, now=NOON)
        return [each.data for each in found]

    assert resolved(few[0], free[0]) == [NUMBER, NUMBER]
    assert resolved(few[0], few[1], free[0]) == ["", "", NUMBER]
    assert book.new_entries()[0].facts["reasons"][0].startswith("limit:")


@on_record
@pytest.mark.parametrize("what", ["read", "write", "resolve"])
def test_without_redis_nothing_gets_past_a_limit_and_the_record_says_so(
    book: LimitedBook, redis_away: None, what: str
) -> None:
    policy = book.limited(**TWICE)
    output = OutputSpec(book.column_id, transformer=book.transformer("UUID"), token_policy=policy)
    token = book.rows(book.getter(output, purposes=("integrity",), selector="ALL"), []).rows[0]["phone"]
    get, change = book.getting(policy), book.setter(book.column_id, purposes=("integrity",), policy=policy)
    calls: dict[str, tuple[str, Callable[[], object]]] = {
        "read": ("accessor.executed", lambda: book.count(get)),
        "write": ("mutator.executed", lambda: book.write(change, book.people[0], {"phone": {"value": NUMBER}})),
        "resolve": ("token.resolved", lambda: resolve_tokens(book.service, tokens=[token], context=HERE)),
    }
    kind, call = calls[what]
    book.new_entries()
    with pytest.raises(LimitUnknown):
        call()
    assert book.expect(kind, outcome="refused").facts["reasons"] == ["limit: the counter does not answer"]
    assert book.count(book.getting(ALLOW_ALL)) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "thresholds",
    [
        {"max_executions": 1},
        {"max_executions": 1, "max_execution_duration_seconds": 4},
        {"max_executions": 1, "max_execution_duration_seconds": 61},
        {"max_executions": -1, "max_execution_duration_seconds": 5},
        {"max_executions": True, "max_execution_duration_seconds": 5},
        {"max_execution": 1},
        {"announce_max_result_failure": "yes"},
    ],
    ids=json.dumps,
)
def test_a_limit_that_could_not_be_enforced_is_not_accepted(book: LimitedBook, thresholds: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        book.limited(**thresholds)
    assert (refused.value.field or "").startswith("thresholds")
