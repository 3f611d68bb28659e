"""The phone example as tests need it: one environment, methods made on demand, reads and writes as one line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from governance.actions.builtin import ALLOW_ALL
from governance.actions.policies import Branch, publish_policy
from governance.actions.policy_templates import publish_template
from governance.identities import Caller, system_caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.models import Transformer, Value
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.reading.rows import Rows
from userstore.writing.calls import ConsentTerms, MutatorCall
from userstore.writing.execute import Receipt, execute_mutator

HERE = CallContext(address=cast.INSIDE)
OUTSIDE = CallContext(address="203.0.113.9")
PURPOSES = ("authentication", "marketing", "integrity")


@dataclass
class PhoneBook:
    """An environment with a service that may do everything with values, and an outsider that may do nothing."""

    environment: Environment = field(default_factory=cast.new_environment)

    def __post_init__(self) -> None:
        self.system = system_caller(self.environment.id)
        self.service = cast.new_caller(
            self.environment,
            "service",
            **dict.fromkeys(("read", "export", "write", "resolve", "tokenize", "consent", "erase"), True),
        )
        self.officer = cast.new_caller(self.environment, "officer", configure=True, audit=True)
        self.outsider = cast.new_caller(self.environment, "outsider")
        self.purposes = {name: cast.new_purpose(self.environment, name) for name in PURPOSES}
        self.numbers = {name: purpose.pk for name, purpose in self.purposes.items()}
        self.policy = cast.internal_only(self.environment)

    def column(self, name: str, data_type: str = "string", **asked: Any) -> UUID:
        spec = ColumnSpec(name, data_type, pii_category="contact", sensitivity=3, **asked)
        return define_column(self.system, spec=spec).public_id

    def phones(self, name: str = "phone", **asked: Any) -> UUID:
        """Several numbers of one person, each with its own purposes."""
        wanted = {"is_array": True, "unique_required": True, "partial_updates": True, "index_type": "indexed", **asked}
        return self.column(name, "phonenumber", **wanted)

    def setter(self, *columns: UUID, purposes: Sequence[str] = (), selector: str = "{id} = ?", **asked: Any) -> UUID:
        """A mutator; with purposes, every write through it carries exactly these."""
        spec = MutatorSpec(
            name=f"Set-{uuid4().hex[:8]}",
            selector=selector,
            columns=tuple(InputSpec(column) for column in columns),
            access_policy=asked.pop("policy", self.policy),
            fixed_purposes=tuple(self.purposes[name].public_id for name in purposes),
        )
        return publish_mutator(self.system, spec=spec).public_id

    def getter(
        self,
        *columns: UUID | OutputSpec,
        purposes: Sequence[str] = ("authentication",),
        selector: str = "{id} = ANY (?)",
        mode: str = "partial",
        policy: UUID | None = None,
    ) -> UUID:
        """An accessor."""
        spec = AccessorSpec(
            name=f"Get-{uuid4().hex[:8]}",
            selector=selector,
            columns=tuple(c if isinstance(c, OutputSpec) else OutputSpec(c) for c in columns),
            purposes=tuple(self.purposes[name].public_id for name in purposes),
            access_policy=policy or self.policy,
            consent_mode=mode,
        )
        return publish_accessor(self.system, spec=spec).public_id

    def script_policy(self, body: str) -> UUID:
        """A policy of one script; `body` is the inside of `policy(context, params)`."""
        name = f"script-{uuid4().hex[:8]}"
        template = publish_template(self.system, name=name, function=f"function policy(context, params) {{\n{body}\n}}")
        policy = publish_policy(
            self.system, name=name, policy_type="composite_and", components=[Branch(template=template.public_id)]
        )
        return policy.public_id

    def transformer(self, name: str) -> UUID:
        """A built-in transformer by name."""
        with in_environment(self.environment.id):
            return Transformer.objects.get(name=name).public_id

    def subject(self) -> UUID:
        return create_subject(self.service).public_id

    def write(
        self,
        mutator: UUID,
        subject: UUID,
        changes: Mapping[str, Any],
        *,
        caller: Caller | None = None,
        context: CallContext = HERE,
        until: datetime | None = None,
        now: datetime | None = None,
    ) -> Receipt:
        call = MutatorCall(caller or self.service, mutator, [str(subject)], changes, context, ConsentTerms(until=until))
        return execute_mutator(call, now=now or timezone.now())

    def rows(
        self,
        accessor: UUID,
        values: Sequence[Any],
        *,
        caller: Caller | None = None,
        context: CallContext = HERE,
        now: datetime | None = None,
    ) -> Rows:
        call = AccessorCall(caller or self.service, accessor, values, context)
        return execute_accessor(call, now=now or timezone.now())

    def read(self, accessor: UUID, *subjects: UUID, column: str = "phone", **rest: Any) -> list[str]:
        """The values of an array column of the first row, none where there is no row."""
        found = self.rows(accessor, [[str(subject) for subject in subjects]], **rest).rows
        return json.loads(found[0][column]) if found and column in found[0] else []

    def values(self, subject: UUID) -> list[Value]:
        with in_environment(self.environment.id):
            return list(Value.objects.filter(subject__public_id=subject).order_by("column_id", "ordinal"))


def given(*names: str) -> list[dict[str, str]]:
    """Purposes as the wire names them."""
    return [{"name": name} for name in names]


ALLOW = ALLOW_ALL
