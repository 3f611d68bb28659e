"""A phone example with everything that is under some key, and how its keys are renewed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F

from governance.actions.builtin import GROUP_TYPE
from governance.actions.freezes import freeze
from governance.actions.graph import create_object
from governance.errors import Conflict
from governance.models import Freeze, GraphObject
from keyring.actions import create_sealed_secret
from keyring.keys import KeyKind
from keyring.models import EnvironmentKey, WrappedKey
from keyring.plain import Plain
from keyring.sealed_secrets import open_sealed_secret
from keyring.walls import in_environment
from tests.userstore.phonebook import HERE
from tests.userstore.recorded import Recorded
from userstore.actions.accessors import OutputSpec
from userstore.actions.credentials import Login
from userstore.actions.rotations import advance_rotation, begin_rotation
from userstore.actions.subjects import create_subject_with_login
from userstore.actions.tokens import create_token, look_up_tokens, resolve_tokens
from userstore.models import Credential, Subject, Token, Value

GROUPS = tuple(f"team-{at}" for at in range(5))
NUMBERS = tuple(f"+49 151 55500{at:02}" for at in range(5))


class Rotated(Recorded):
    """Some people with a number, a unique name, tokens, and an officer's sealed note."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone, self.alias = self.phones(), self.column("alias", index_type="unique")
        self.set_both = self.setter(self.phone, self.alias, purposes=("integrity",))
        self.set_phone = self.setter(self.phone, purposes=("integrity",))
        self.set_alias = self.setter(self.alias, purposes=("integrity",))
        self.get_phone = self.getter(self.phone, purposes=("integrity",))
        self.get_everyone = self.getter(self.phone, purposes=("integrity",), selector="ALL")
        self.find_phone = self.getter(self.phone, purposes=("integrity",), selector="{phone} = ?")
        self.by_value, self.by_reference = self.transformer("PhoneToID"), self.transformer("PhoneReference")
        self.tokens_by_value = self.tokenizing(self.by_value)
        self.tokens_by_reference = self.tokenizing(self.by_reference)
        self.people = [self.person(at) for at in range(len(NUMBERS))]
        self.token = self.read(self.tokens_by_value, self.people[0])[0]
        self.reference = self.read(self.tokens_by_reference, self.people[0])[0]
        self.raw = self.raw_token()
        self.note = freeze(
            self.officer, kind="purpose", target_id=self.purposes["marketing"].public_id, reason="a sealed note"
        ).pk
        self.secret = create_sealed_secret(environment_id=self.environment.id, kind=KeyKind.SECRET, secret=b"hunter2")
        self.login("ada@example.com")
        for alias in GROUPS:
            self.group(alias)
        self.age_keys()
        self.first_keys = self.key_ids()
        self.first_wrappings = self.wrappings()

    def login(self, username: str) -> None:
        """Create somebody with a user name."""
        login = Login(Plain(username), Plain("a long enough passphrase"))
        create_subject_with_login(self.service, login=login)

    def group(self, alias: str) -> None:
        """Create an object of the graph with an alias."""
        create_object(self.service, type_id=GROUP_TYPE, alias=alias)

    def age_keys(self) -> None:
        """All keys are from a minute ago: the one transaction of a test has one time."""
        with in_environment(self.environment.id):
            rows = WrappedKey.objects.filter(environment_id=self.environment.id)
            rows.update(created_at=F("created_at") - timedelta(minutes=1))

    def person(self, at: int) -> UUID:
        subject = self.subject()
        changes = {"phone": {"value_additions": [NUMBERS[at]]}, "alias": {"value": f"person-{at}"}}
        self.write(self.set_both, subject, changes)
        return subject

    def tokenizing(self, transformer: UUID) -> UUID:
        output = OutputSpec(self.phone, transformer=transformer, token_policy=self.policy)
        return self.getter(output, purposes=("integrity",))

    def raw_token(self) -> str:
        return create_token(
            self.service, data="raw data", transformer_id=self.transformer("UUID"), policy_id=self.policy
        )[0]

    def resolved(self, *tokens: str) -> list[str]:
        return [each.data for each in resolve_tokens(self.service, tokens=tokens, context=HERE)[0]]

    def everything_is_served(self) -> None:
        """Reads, pages, look-ups, tokens, sealed text and secrets, as if nothing happened."""
        assert [self.read(self.get_phone, person) for person in self.people] == [[number] for number in NUMBERS]
        assert len(self.rows(self.get_everyone, []).rows) == len(NUMBERS)
        assert [self.rows(self.find_phone, [number]).subject_ids for number in NUMBERS] == [[p] for p in self.people]
        assert self.read(self.tokens_by_value, self.people[0]) == [self.token]
        assert self.read(self.tokens_by_reference, self.people[0]) == [self.reference]
        assert self.resolved(self.token, self.reference, self.raw) == [NUMBERS[0], NUMBERS[0], "raw data"]
        found = look_up_tokens(
            self.service, data="raw data", transformer_id=self.transformer("UUID"), policy_id=self.policy, context=HERE
        )
        assert found[0] == [self.raw]
        with in_environment(self.environment.id):
            assert Freeze.objects.get(pk=self.note).reason.reveal() == "a sealed note"
        with pytest.raises(Conflict, match="alias"):
            self.group(GROUPS[0])
        with pytest.raises(Conflict, match="user name"):
            self.login("Ada@Example.com")
        assert open_sealed_secret(self.environment.id, self.secret) == b"hunter2"

    def turn(self, what: str) -> UUID:
        """Renew one kind from its beginning to its end, looking after every step."""
        rotation = begin_rotation(self.officer, what=what).pk
        self.follow(rotation)
        return rotation

    def follow(self, rotation: UUID) -> int:
        """Take steps until the end; return how many things were renewed."""
        for _ in range(100):
            step = advance_rotation(environment_id=self.environment.id, rotation_id=rotation)
            if step.state == "ended":
                return step.turned
        raise AssertionError(step)

    def handles(self) -> list[str]:
        """The names under which the book knows the people of a read."""
        rows = self.rows(self.get_phone, [[str(person) for person in self.people]])
        return sorted(rows.facts["subjects"])

    def key_ids(self) -> dict[UUID, tuple[str, str]]:
        with in_environment(self.environment.id):
            rows = WrappedKey.objects.filter(environment_id=self.environment.id)
            return {row.id: (row.kind, row.scope) for row in rows}

    def wrappings(self) -> dict[UUID, bytes]:
        with in_environment(self.environment.id):
            rows = WrappedKey.objects.filter(environment_id=self.environment.id)
            return {row.id: bytes(row.wrapped) for row in rows}

    def stored(self) -> dict[str, set[Any]]:
        """What is stored and looks different under another key."""
        with in_environment(self.environment.id):
            return {
                "values": {bytes(v.sealed) for v in Value.objects.all()},
                "blinds": {bytes(v.blind) for v in Value.objects.exclude(blind=None)},
                "handles": {bytes(s.handle) for s in Subject.objects.all()},
                "logins": {bytes(b) for c in Credential.objects.all() for b in (c.username, c.password)},
                "user names": {bytes(c.blind) for c in Credential.objects.all()},
                "tokens": {bytes(t.sealed) for t in Token.objects.all()},
                "found by": {
                    bytes(b) for t in Token.objects.all() for b in (t.blind, t.data_blind, t.reuse_blind) if b
                },
                "aliases": {bytes(o.alias_blind) for o in GraphObject.objects.exclude(alias_blind=None)},
                "environment": set(EnvironmentKey.objects.values_list("number", flat=True)),
            }
