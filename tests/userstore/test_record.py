"""Every action leaves exactly one entry; without it nothing happens and nothing leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.errors import AuditUnavailable
from governance.actions.access_tokens import exchange_credentials
from governance.actions.clients import define_client, issue_secret
from governance.actions.environments import change_environment
from governance.actions.freezes import freeze
from governance.actions.purposes import define_purpose
from governance.actions.rights import withdraw_right
from governance.errors import Invalid, Refused, Unauthenticated
from governance.models import Right
from governance.policies.sandbox.quarantine import ENDS
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import ALLOW, HERE, OUTSIDE, given
from tests.userstore.recorded import Recorded, silent_book
from userstore.actions.accessors import OutputSpec
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.consents import change_consent, consented_values
from userstore.actions.deletion import delete_subject
from userstore.actions.subjects import create_subject, create_subject_with
from userstore.actions.tokens import create_token, delete_token, inspect_token, look_up_tokens, resolve_tokens
from userstore.actions.transformers import (
    TransformerSpec,
    publish_transformer,
)
from userstore.models import Subject, Token
from userstore.reading.calls import AccessorCall, Page
from userstore.reading.execute import stream_accessor
from userstore.transforming.compilation import TransformationFailed

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+49 151 5550001"

begun, book = beginning(Recorded)


def test_every_refused_configuration_change_is_on_record_as_what_it_would_have_been(book: Recorded) -> None:
    me = book.outsider
    refused: dict[str, Callable[[], Any]] = {
        "client.defined": lambda: define_client(me, name="c"),
        "purpose.defined": lambda: define_purpose(me, name="research"),
        "column.defined": lambda: define_column(me, spec=ColumnSpec("c", "string")),
        "freeze.set": lambda: freeze(me, kind="environment", target_id=book.environment.id),
        "environment.changed": lambda: change_environment(me, description="", is_protected=False),
        "subject.created": lambda: create_subject(me),
        "subject.deleted": lambda: delete_subject(me, subject_id=uuid4()),
        "consent.changed": lambda: change_consent(me, subject_id=uuid4(), purpose="marketing", permitted=False),
        "consent.read": lambda: consented_values(me, subject_id=uuid4()),
        "token.resolved": lambda: resolve_tokens(me, tokens=["x"]),
        "token.inspected": lambda: inspect_token(me, token="x", context=HERE),
        "token.looked_up": lambda: look_up_tokens(me, data="x", transformer_id=uuid4(), policy_id=ALLOW),
        "token.created": lambda: create_token(me, data="x", transformer_id=uuid4(), policy_id=ALLOW),
        "token.deleted": lambda: delete_token(me, token="x", context=HERE),
    }
    for kind, attempt in refused.items():
        with pytest.raises(Refused) as refusal:
            attempt()
        entry = book.expect(kind, by=me, outcome="refused")
        assert entry.decision_id == refusal.value.decision_id
        assert entry.facts["reasons"]


class Store:
    """A subject with a number, and a method of each kind."""

    def __init__(self, book: Recorded) -> None:
        self.phone = book.phones()
        self.set = book.setter(self.phone, purposes=("authentication",))
        self.get = book.getter(self.phone)
        policy = OutputSpec(self.phone, transformer=book.transformer("PhoneToID"), token_policy=book.policy)
        self.get_tokens = book.getter(policy)
        self.ada = book.subject()
        book.write(self.set, self.ada, {"phone": {"value_additions": [NUMBER]}})
        book.new_entries()


def test_every_use_of_values_leaves_one_entry_that_names_people_by_handle_alone(book: Recorded) -> None:
    store = Store(book)
    uuid = book.transformer("UUID")
    made: dict[str, Any] = {}
    change = {"phone": {"value_additions": ["555-0102"]}}
    steps: list[tuple[str, str, Callable[[], Any]]] = [
        ("subject.created", "ben", book.subject),
        ("mutator.executed", "", lambda: book.write(store.set, store.ada, change)),
        ("accessor.executed", "", lambda: book.read(store.get, store.ada)),
        ("accessor.executed", "tokens", lambda: book.read(store.get_tokens, store.ada)),
        ("token.resolved", "", lambda: resolve_tokens(book.service, tokens=made["tokens"], context=HERE)),
        ("token.inspected", "", lambda: inspect_token(book.service, token=made["tokens"][0], context=HERE)),
        ("token.deleted", "", lambda: delete_token(book.service, token=made["tokens"][0], context=HERE)),
        ("token.created", "", lambda: create_token(
            book.service, data=NUMBER, transformer_id=uuid, policy_id=book.policy)),
        ("token.looked_up", "", lambda: look_up_tokens(
            book.service, data=NUMBER, transformer_id=uuid, policy_id=book.policy)),
        ("consent.read", "", lambda: consented_values(book.service, subject_id=store.ada)),
        ("consent.changed", "", lambda: change_consent(
            book.service, subject_id=store.ada, purpose="authentication", permitted=False)),
        ("subject.deleted", "", lambda: delete_subject(book.service, subject_id=store.ada)),
    ]  # fmt: skip
    for kind, keep, step in steps:
        result = step()
        entry = book.expect(kind)
        assert str(store.ada) not in entry.text
        assert all(value not in str(entry.facts) for value in (NUMBER, "555-0102"))
        assert entry.decision_id is not None
        if keep:
            made[keep] = result


def test_refused_reads_and_writes_are_on_record_and_people_a_policy_leaves_out_are_counted(book: Recorded) -> None:
    store = Store(book)
    change = {"phone": {"value_additions": ["555-0102"]}}
    with pytest.raises(Refused):
        book.rows(store.get, [[str(store.ada)]], caller=book.outsider)
    book.expect("accessor.executed", by=book.outsider, outcome="refused")
    with pytest.raises(Refused):
        book.write(store.set, store.ada, change, caller=book.outsider)
    book.expect("mutator.executed", by=book.outsider, outcome="refused")
    book.read(store.get, store.ada, context=OUTSIDE)
    entry = book.expect("accessor.executed")
    assert (entry.facts["rows"], entry.facts["denied"], entry.facts["subjects"]) == (0, 1, [])
    assert "ObservedNetwork: refuses" in entry.facts["reasons"]
    book.write(store.set, store.ada, change, context=OUTSIDE)
    entry = book.expect("mutator.executed")
    assert (entry.facts["written"], entry.facts["denied"]) == (0, 1)
    assert "ObservedNetwork: refuses" in entry.facts["reasons"]


def test_a_token_withheld_by_policy_is_told_apart_in_the_record_alone(book: Recorded) -> None:
    store = Store(book)
    (token,) = book.read(store.get_tokens, store.ada)
    book.new_entries()
    for kind, use in (("token.inspected", inspect_token), ("token.deleted", delete_token)):
        for text, context in ((token, OUTSIDE), ("never made", HERE)):
            with pytest.raises(Invalid):
                use(book.service, token=text, context=context)
            entry = book.expect(kind, outcome="refused")
            assert len(entry.facts["tokens"]) == (1 if text == token else 0)


def test_scripts_that_fail_are_named_in_the_record(book: Recorded) -> None:
    store = Store(book)
    failing = book.script_policy("throw new Error('no')")
    accessor, mutator = book.getter(store.phone, policy=failing), book.setter(store.phone, policy=failing)
    book.new_entries()
    assert book.read(accessor, store.ada) == []
    assert "error" in book.expect("accessor.executed").facts["faults"][0]
    change = {"value_additions": ["555-0102"], "purpose_additions": given("marketing")}
    assert book.write(mutator, store.ada, {"phone": change}).subject_ids == []
    assert "error" in book.expect("mutator.executed").facts["faults"][0]


def test_a_transformer_that_fails_releases_nothing_and_is_on_record(book: Recorded) -> None:
    store = Store(book)
    spec = TransformerSpec("thrower", "transform", "function transform(data, params) { throw data }")
    thrower = publish_transformer(book.system, spec=spec).public_id
    accessor = book.getter(OutputSpec(store.phone, transformer=thrower))
    book.new_entries()
    with pytest.raises(TransformationFailed):
        book.read(accessor, store.ada)
    entry = book.expect("accessor.executed", outcome="failed")
    assert "151" not in str(entry.facts.get("reasons"))


def test_a_transformer_that_is_suspended_is_not_the_callers_fault_and_releases_nothing_either(book: Recorded) -> None:
    store = Store(book)
    spec = TransformerSpec("endless", "transform", "function transform(data, params) { for (;;); }")
    accessor = book.getter(OutputSpec(store.phone, transformer=publish_transformer(book.system, spec=spec).public_id))
    kinds = []
    # On a busy machine an end may be nobody's fault and is not counted.
    while "unavailable" not in kinds and len(kinds) < 5 * ENDS:
        book.new_entries()
        with pytest.raises(TransformationFailed) as failure:
            book.read(accessor, store.ada)
        assert "151" not in str(failure.value)
        book.expect("accessor.executed", outcome="failed")
        kinds.append(failure.value.kind)
    assert (kinds[0], kinds[-1]) == ("invalid", "unavailable") and len(kinds) > ENDS


def test_a_new_subject_whose_first_write_is_refused_leaves_one_refusal_and_no_subject(book: Recorded) -> None:
    store = Store(book)
    row_data = {"phone": {"value_additions": [NUMBER]}}
    for caller, context in ((book.outsider, HERE), (book.service, OUTSIDE)):
        with pytest.raises(Refused):
            create_subject_with(caller, mutator_id=store.set, row_data=row_data, context=context)
        book.expect("subject.created", by=caller, outcome="refused")
    with in_environment(book.environment.id):
        assert Subject.objects.count() == 1
    create_subject_with(book.service, mutator_id=store.set, row_data=row_data, context=HERE)
    assert {e.kind for e in book.new_entries()} == {"subject.created", "mutator.executed"}


def test_log_ins_of_clients_and_their_refusals_are_on_record(book: Recorded) -> None:
    secret = issue_secret(book.officer, client_id=book.service.id).reveal()
    book.new_entries()
    exchange_credentials(client_id=str(book.service.id), client_secret=secret, address="10.0.0.1")
    book.expect("access_token.issued")
    with pytest.raises(Unauthenticated):
        exchange_credentials(client_id=str(book.service.id), client_secret="wrong", address="10.0.0.1")
    (entry,) = book.new_entries()
    assert (entry.kind, entry.outcome, entry.actor.kind) == ("access_token.refused", "refused", "anonymous")


def test_a_stream_commits_the_entry_of_each_chunk_before_the_chunk_leaves(book: Recorded) -> None:
    store = Store(book)
    everyone = book.getter(store.phone, selector="ALL")
    for number in range(4):
        book.write(store.set, book.subject(), {"phone": {"value_additions": [f"555-010{number}"]}})
    book.new_entries()
    call = AccessorCall(book.service, everyone, (), HERE, Page(2))
    sizes = []
    for chunk in stream_accessor(call, clock=timezone.now):
        sizes.append(len(chunk.rows))
        assert book.expect("accessor.executed").facts["rows"] == len(chunk.rows)
    assert sizes == [2, 2, 1]
    withdrawn = stream_accessor(call, clock=timezone.now)
    next(withdrawn)
    with in_environment(book.environment.id):
        right = Right.objects.get(user_id=book.service.account_id, permission__codename="read")
    withdraw_right(book.officer, right=right)
    with pytest.raises(Refused):
        next(withdrawn)


def test_what_cannot_be_recorded_does_not_happen_and_releases_nothing(book: Recorded) -> None:
    store = Store(book)
    raw, _ = create_token(book.service, data=NUMBER, transformer_id=book.transformer("UUID"), policy_id=book.policy)
    everyone = book.getter(store.phone, selector="ALL")
    uuid = book.transformer("UUID")
    change = {"phone": {"value_additions": ["555-0102"], "value_deletions": [NUMBER]}}
    before = [(v.pk, v.purposes) for v in book.values(store.ada)]
    book.new_entries()
    attempts: list[Callable[[], Any]] = [
        lambda: book.rows(store.get, [[str(store.ada)]]),
        lambda: book.rows(store.get_tokens, [[str(store.ada)]]),
        lambda: book.rows(store.get, [[str(store.ada)]], caller=book.outsider),
        lambda: next(stream_accessor(AccessorCall(book.service, everyone, (), HERE), clock=timezone.now)),
        lambda: book.write(store.set, store.ada, change),
        lambda: book.write(store.set, store.ada, change, caller=book.outsider),
        lambda: create_subject(book.service),
        lambda: delete_subject(book.service, subject_id=store.ada),
        lambda: change_consent(book.service, subject_id=store.ada, purpose="authentication", permitted=False),
        lambda: consented_values(book.service, subject_id=store.ada),
        lambda: create_token(book.service, data="x", transformer_id=uuid, policy_id=book.policy),
        lambda: resolve_tokens(book.service, tokens=[raw], context=HERE),
        lambda: look_up_tokens(book.service, data=NUMBER, transformer_id=uuid, policy_id=book.policy),
        lambda: delete_token(book.service, token=raw, context=HERE),
        lambda: define_purpose(book.officer, name="research"),
        lambda: freeze(book.officer, kind="environment", target_id=book.environment.id),
        lambda: issue_secret(book.officer, client_id=book.service.id),
    ]
    with silent_book():
        for attempt in attempts:
            with pytest.raises(AuditUnavailable):
                attempt()
    assert book.new_entries() == []
    assert [(v.pk, v.purposes) for v in book.values(store.ada)] == before
    with in_environment(book.environment.id):
        assert (Subject.objects.count(), Token.objects.count()) == (1, 1)
    assert book.read(store.get, store.ada) == [NUMBER]
    define_purpose(book.officer, name="research")
