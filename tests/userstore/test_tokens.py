"""Tokens: what they resolve to, for whom, until when, and what they must never give away."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from governance.actions.freezes import freeze, unfreeze
from governance.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import ALLOW, HERE, OUTSIDE, PhoneBook, given
from userstore.actions.accessors import OutputSpec
from userstore.actions.consents import change_consent
from userstore.actions.deletion import delete_subject
from userstore.actions.tokens import create_token, delete_token, inspect_token, look_up_tokens, resolve_tokens
from userstore.actions.transformers import TransformerSpec, publish_transformer
from userstore.models import Token
from userstore.reading.calls import CallContext
from userstore.transforming import compilation

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "+49 151 5550001", "+49 151 5550002"


class TokenBook(PhoneBook):
    """A subject with one number for integrity, and an accessor that hands out tokens for it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.phones()
        self.set_phone = self.setter(self.phone, purposes=("integrity",))
        self.get_tokens = self.tokenizing(self.transformer("PhoneToID"))
        self.ada = self.subject()
        self.write(self.set_phone, self.ada, {"phone": {"value_additions": [NUMBER]}})

    def tokenizing(self, transformer: UUID, *, policy: UUID | None = None) -> UUID:
        output = OutputSpec(self.phone, transformer=transformer, token_policy=policy or self.policy)
        return self.getter(output, purposes=("integrity",))

    def script(self, body: str, *, reuse: bool = False) -> UUID:
        spec = TransformerSpec(
            name=f"token-{uuid4().hex[:8]}",
            transform_type="tokenizebyvalue",
            function=f"function transform(data, params) {{ {body} }}",
            reuse_existing_token=reuse,
        )
        return publish_transformer(self.system, spec=spec).public_id

    def token(self) -> str:
        return self.read(self.get_tokens, self.ada)[0]

    def resolved(self, *tokens: str, context: CallContext = HERE, **rest: object) -> list[str]:
        found, _ = resolve_tokens(self.service, tokens=tokens, context=context, **rest)
        return [each.data for each in found]


begun, book = beginning(TokenBook)


def test_a_token_is_stable_where_reuse_is_on_and_new_each_time_where_it_is_off(book: TokenBook) -> None:
    assert book.token() == book.token()
    fresh = book.tokenizing(book.transformer("UUID"))
    first, second = book.read(fresh, book.ada), book.read(fresh, book.ada)
    assert first != second
    assert book.resolved(*first, *second) == [NUMBER, NUMBER]


def test_a_token_resolves_only_under_its_policy(book: TokenBook) -> None:
    token = book.token()
    assert book.resolved(token) == [NUMBER]
    assert book.resolved(token, context=OUTSIDE) == [""]
    assert book.resolved(token, context=CallContext(address="203.0.113.9", claimed={"ip_address": "10.1.2.3"})) == [""]


def test_unknown_denied_and_withdrawn_tokens_look_alike(book: TokenBook) -> None:
    denied, _ = create_token(
        book.service,
        data="x",
        transformer_id=book.transformer("UUID"),
        policy_id=UUID("c9c14750-b8f3-4507-bd3f-5c6562f0a6e6"),
    )
    withdrawn = book.token()
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    found, _ = resolve_tokens(book.service, tokens=["never made", denied, withdrawn], context=HERE)
    assert {(each.data, each.token_id, each.handle) for each in found} == {("", None, None)}


def test_withdrawal_acts_on_tokens_already_handed_out_and_consent_given_again_brings_them_back(book: TokenBook) -> None:
    token = book.token()
    value = book.values(book.ada)[0].pk
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    assert book.resolved(token) == [""]
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=True, value_id=value)
    assert book.resolved(token) == [NUMBER]


def test_a_token_ends_with_the_consent_it_was_made_under(book: TokenBook) -> None:
    now = timezone.now()
    book.write(
        book.set_phone, book.ada, {"phone": {"value_additions": [NUMBER]}}, until=now + timedelta(hours=1), now=now
    )
    token = book.token()
    assert book.resolved(token, now=now) == [NUMBER]
    assert book.resolved(token, now=now + timedelta(hours=1)) == [""]


def test_a_token_of_a_replaced_value_resolves_to_nothing(book: TokenBook) -> None:
    token = book.token()
    book.write(book.set_phone, book.ada, {"phone": {"value_additions": [OTHER], "value_deletions": [NUMBER]}})
    assert book.resolved(token) == [""]
    assert book.resolved(book.token()) == [OTHER]


def test_a_stated_purpose_must_be_permitted_too_and_an_unknown_one_ends_the_call(book: TokenBook) -> None:
    token = book.token()
    assert book.resolved(token, purposes=given("integrity")) == [NUMBER]
    assert book.resolved(token, purposes=given("integrity", "marketing")) == [""]
    with pytest.raises(NotFound):
        book.resolved(token, purposes=given("nonsense"))


@pytest.mark.parametrize("kind", ["purpose", "column"])
def test_a_freeze_stops_tokens_that_rest_on_what_is_frozen(book: TokenBook, kind: str) -> None:
    token = book.token()
    target = book.purposes["integrity"].public_id if kind == "purpose" else book.phone
    frozen = freeze(book.officer, kind=kind, target_id=target)
    assert book.resolved(token) == [""]
    unfreeze(book.officer, freeze_id=frozen.public_id)
    assert book.resolved(token) == [NUMBER]


@pytest.mark.parametrize("named", ["name", "id"])
def test_a_call_that_states_a_frozen_purpose_is_refused_whatever_the_token_rests_on(
    book: TokenBook, named: str
) -> None:
    of_subject = book.token()
    raw, _ = create_token(book.service, data="x", transformer_id=book.transformer("UUID"), policy_id=book.policy)
    marketing = book.purposes["marketing"].public_id
    stated = given("marketing") if named == "name" else [{"ID": str(marketing)}]
    assert book.resolved(raw, purposes=stated) == ["x"]
    frozen = freeze(book.officer, kind="purpose", target_id=marketing)
    for tokens in ([of_subject], [raw], ["never made"]):
        with pytest.raises(Refused) as refused:
            book.resolved(*tokens, purposes=stated)
        assert refused.value.reasons == ("freeze: purpose marketing",)
    assert book.resolved(of_subject, raw, purposes=given("integrity")) == [NUMBER, "x"]
    assert book.resolved(of_subject, raw) == [NUMBER, "x"]
    unfreeze(book.officer, freeze_id=frozen.public_id)
    assert book.resolved(raw, purposes=stated) == ["x"]


@pytest.mark.parametrize("wrong", [5, {"name": 5}, {"id": "no id"}, {"id": 7}, ["marketing"], None])
def test_a_stated_purpose_that_is_none_is_refused_without_an_answer(book: TokenBook, wrong: object) -> None:
    token = book.token()
    with pytest.raises(Invalid) as refused:
        book.resolved(token, purposes=[wrong])
    assert refused.value.field == "purposes"


def test_id_and_name_of_a_stated_purpose_mean_the_same_one(book: TokenBook) -> None:
    token, integrity = book.token(), str(book.purposes["integrity"].public_id)
    assert book.resolved(token, purposes=["Integrity", {"Id": integrity, "Name": "INTEGRITY"}]) == [NUMBER]
    for unclear in ({"id": integrity, "name": "marketing"}, {"id": str(UUID(int=0))}, {}):
        with pytest.raises(NotFound):
            book.resolved(token, purposes=[unclear])


def test_tokens_of_a_deleted_subject_are_gone(book: TokenBook) -> None:
    token = book.token()
    delete_subject(book.service, subject_id=book.ada)
    assert book.resolved(token) == [""]
    with in_environment(book.environment.id):
        assert not Token.objects.exists()


def test_a_token_of_raw_data_resolves_by_policy_whatever_anybody_consents_to(book: TokenBook) -> None:
    token, _ = create_token(
        book.service, data=NUMBER, transformer_id=book.transformer("PhoneToID"), policy_id=book.policy
    )
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    assert token != NUMBER
    assert book.resolved(token) == [NUMBER]
    assert book.resolved(token, context=OUTSIDE) == [""]


def test_raw_tokens_are_looked_up_by_data_and_tokens_of_subjects_are_not(book: TokenBook) -> None:
    transformer = book.transformer("PhoneToID")
    of_subject = book.token()
    raw, _ = create_token(book.service, data=NUMBER, transformer_id=transformer, policy_id=book.policy)

    def found(data: str, policy: UUID, context: CallContext = HERE) -> list[str]:
        texts, _ = look_up_tokens(
            book.service, data=data, transformer_id=transformer, policy_id=policy, context=context
        )
        return texts

    assert found(NUMBER, book.policy) == [raw]
    assert found(NUMBER, book.policy, OUTSIDE) == [], "the policy is asked for look-ups, too"
    assert of_subject != raw
    assert found(NUMBER, ALLOW) == found(OTHER, book.policy) == []


def test_a_deleted_token_never_resolves_again_and_only_its_policy_lets_it_be_deleted(book: TokenBook) -> None:
    token = book.token()
    with pytest.raises(Invalid) as denied:
        delete_token(book.service, token=token, context=OUTSIDE)
    with pytest.raises(Invalid) as unknown:
        delete_token(book.service, token="never made", context=HERE)
    assert str(denied.value) == str(unknown.value)
    assert book.resolved(token) == [NUMBER]
    delete_token(book.service, token=token, context=HERE)
    assert book.resolved(token) == [""]


def test_what_is_told_of_a_token_is_not_its_data_and_its_policy_decides(book: TokenBook) -> None:
    row, _ = inspect_token(book.service, token=book.token(), context=HERE)
    assert (row.transformer.name, row.access_policy.name) == ("PhoneToID", "ApplicationInternalOnly")
    assert NUMBER.encode() not in bytes(row.sealed) + bytes(row.data_sealed or b"")
    with pytest.raises(Invalid):
        inspect_token(book.service, token=book.token(), context=OUTSIDE)


def test_a_value_is_never_its_own_token(book: TokenBook) -> None:
    echo = book.script("return data")
    with pytest.raises(Exception, match="its own token") as failure:
        create_token(book.service, data=NUMBER, transformer_id=echo, policy_id=book.policy)
    assert NUMBER not in str(failure.value)
    with pytest.raises(Exception, match="its own token"):
        book.read(book.tokenizing(echo), book.ada)


@pytest.mark.parametrize("reuse", [True, False])
def test_a_token_space_of_one_serves_one_value_and_refuses_the_second(book: TokenBook, reuse: bool) -> None:
    tiny = book.script("return 'the only one'", reuse=reuse)
    assert create_token(book.service, data="a", transformer_id=tiny, policy_id=book.policy)[0] == "the only one"
    with pytest.raises(Conflict) as failure:
        create_token(book.service, data="b", transformer_id=tiny, policy_id=book.policy)
    assert "only one" not in str(failure.value)
    with pytest.raises(Unavailable):
        book.read(book.tokenizing(tiny), book.ada)
    assert book.resolved("the only one") == ["a"]


def test_colliding_tokens_are_drawn_again(book: TokenBook, monkeypatch: pytest.MonkeyPatch) -> None:
    def created(data: str) -> str:
        monkeypatch.setattr(compilation, "_RANDOM", random.Random(7))  # the same first draw each time
        transformer = book.transformer("PhoneToID")
        return create_token(book.service, data=data, transformer_id=transformer, policy_id=book.policy)[0]

    tokens = [created("1"), created("2"), created("3")]
    assert len(set(tokens)) == 3
    assert book.resolved(*tokens) == ["1", "2", "3"]


def test_colliding_tokens_of_a_read_are_drawn_again(book: TokenBook, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = book.subject()
    book.write(book.set_phone, ben, {"phone": {"value_additions": [OTHER]}})
    tokens = []
    for subject in (book.ada, ben):
        monkeypatch.setattr(compilation, "_RANDOM", random.Random(7))
        tokens += book.read(book.get_tokens, subject)
    assert len(set(tokens)) == 2
    assert book.resolved(*tokens) == [NUMBER, OTHER]


def test_two_subjects_with_the_same_number_get_different_tokens(book: TokenBook) -> None:
    ben = book.subject()
    book.write(book.set_phone, ben, {"phone": {"value_additions": [NUMBER]}})
    rows = book.rows(book.get_tokens, [[str(book.ada), str(ben)]]).rows
    (first,), (second,) = (json.loads(row["phone"]) for row in rows)
    assert first != second
    delete_subject(book.service, subject_id=ben)
    assert sorted(book.resolved(first, second)) == ["", NUMBER]


@pytest.mark.django_db(transaction=True)
def test_an_outsider_and_another_environment_get_nothing_from_tokens() -> None:
    book = TokenBook()
    token = book.token()
    with pytest.raises(Refused):
        resolve_tokens(book.outsider, tokens=[token], context=HERE)
    elsewhere = PhoneBook()
    found, _ = resolve_tokens(elsewhere.service, tokens=[token], context=HERE)
    assert [each.data for each in found] == [""]


def test_more_than_a_thousand_tokens_at_once_are_refused(book: TokenBook) -> None:
    assert book.resolved(*["x"] * 1000) == [""] * 1000
    with pytest.raises(Invalid):
        book.resolved(*["x"] * 1001)
