"""The data of a run: one environment of synthetic people with three sealed texts each, and accessors over them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from os import urandom
from uuid import UUID, uuid4

from audit.actors import Actor
from governance.actions.clients import define_client
from governance.actions.environments import define_environment
from governance.actions.policies import Branch, publish_policy
from governance.actions.policy_templates import publish_template
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_rights
from governance.identities import CLIENT, Caller, system_caller
from governance.models import Client
from governance.standing import forget_standings, standing_of
from keyring.actions import create_subject_keys
from keyring.keys import OpenKey
from keyring.places import cell_place
from keyring.walls import in_environment, insert_columns, insert_many, row_to_insert
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.definitions import ColumnDefinition, definitions_of
from userstore.models import Subject, Transformer
from userstore.reading.opening import HANDLE_COLUMN
from userstore.retention.schedule import stored_schedule
from userstore.writing.storing import index_of, sealed_row

SUBJECTS = int(os.environ.get("SEALBOOK_BENCH_SUBJECTS", "10000"))
"""In thousands; 334000 of them make a million values."""
COLUMNS = ("full_name", "phone", "contact_email")
NETWORKS = ["127.0.0.0/8", "10.0.0.0/8", "::1/128"]
ADDRESS = "127.0.0.1"
BATCH = 1000
"""People of one `seed_batch`."""
_AUTHENTICATED, _NETWORK = UUID("5ea1b00c-0000-4000-8000-000000000001"), UUID("5ea1b00c-0000-4000-8000-000000000002")
_SCRIPT = """function policy(context, params) {
  return context.server.claims.kind === "client" && params.actions.includes(context.server.action)
    && context.user.phone !== params.blocked;
}"""


@dataclass(frozen=True, slots=True)
class Store:
    """What the benchmarks work with."""

    client: Client
    caller: Caller
    subject_ids: tuple[UUID, ...]
    column_pks: tuple[int, ...]
    everyone: UUID
    by_id: UUID
    tokens_by_id: UUID
    scripted: UUID
    native_profile: UUID


def seed() -> Store:
    """Make the environment through its actions and the sealed rows in bulk, by the functions that seal every value."""
    environment = define_environment(Actor("system", None), name="benchmark", is_synthetic=True)
    system = system_caller(environment.id)
    client = define_client(system, name="benchmark")
    give_rights(system, holder=client.account, operations=("read", "export"), on=environment)
    purpose = define_purpose(system, name="benchmarking", legal_basis="consent")
    columns = tuple(
        define_column(system, spec=ColumnSpec(name, "string", pii_category="contact", sensitivity=3)).public_id
        for name in COLUMNS
    )
    internal = Branch(template=_AUTHENTICATED), Branch(template=_NETWORK, parameters={"networks": NETWORKS})
    native = _policy(system, "ApplicationInternalOnly", *internal)
    template = publish_template(system, name="BlockedNumbers", function=_SCRIPT)
    parameters = {"actions": ["Execute"], "blocked": "+49 151 5550000"}
    script = _policy(system, "WithScript", *internal, Branch(template=template.public_id, parameters=parameters))
    plain = tuple(OutputSpec(column) for column in columns)
    with in_environment(environment.id):
        phone_token = Transformer.objects.get(name="PhoneToID").public_id
    tokenized = (OutputSpec(columns[1], transformer=phone_token, token_policy=native),)

    def accessor(name: str, selector: str, outputs: tuple[OutputSpec, ...], policy: UUID) -> UUID:
        spec = AccessorSpec(name, selector, outputs, (purpose.public_id,), policy, consent_mode="partial")
        return publish_accessor(system, spec=spec).public_id

    accessors = (
        accessor("Everyone", "ALL", plain, native),
        accessor("ById", "{id} = ?", plain, native),
        accessor("TokensById", "{id} = ?", tokenized, native),
        accessor("ScriptedByIds", "{id} = ANY (?)", plain, script),
        accessor("NativeByIds", "{id} = ANY (?)", plain, native),
    )
    definitions = definitions_of(standing_of(environment.id))
    stored = [definitions.by_public_id[column] for column in columns]
    ids = tuple(i for _ in range(SUBJECTS // BATCH) for i in seed_batch(environment.id, stored, purpose.pk))
    caller = Caller(CLIENT, client.public_id, client.account_id, environment.id, client.name)
    forget_standings()
    return Store(client, caller, ids, tuple(column.pk for column in stored), *accessors)


def _policy(system: Caller, name: str, *components: Branch) -> UUID:
    return publish_policy(system, name=name, policy_type="composite_and", components=list(components)).public_id


def seed_batch(environment_id: UUID, columns: list[ColumnDefinition], purpose: int) -> list[UUID]:
    """Make people with a value in each column, found by it where the column is indexed; returns their ids."""
    now, schedule = datetime.now(UTC), stored_schedule()
    with in_environment(environment_id):
        indexes = {column.pk: index_of(environment_id, column) for column in columns}
        subjects = _subjects(environment_id, now=now)
        values = [
            sealed_row(
                subject,
                key,
                column,
                _text(column.name),
                index=indexes[column.pk],
                ordinal=1,
                purposes={purpose: 0},
                schedule=schedule,
                now=now,
            )
            for subject, key in subjects
            for column in columns
        ]
        insert_many(values)
    return [subject.public_id for subject, _ in subjects]


def _subjects(environment_id: UUID, *, now: datetime) -> list[tuple[Subject, OpenKey]]:
    keys = create_subject_keys(environment_id=environment_id, count=BATCH)
    ids = [uuid4() for _ in keys]
    handles = [
        key.opened.seal(urandom(16), cell_place(environment_id, subject_id, HANDLE_COLUMN, key.id))
        for key, subject_id in zip(keys, ids, strict=True)
    ]
    shared = {"environment_id": environment_id, "region": "", "version": 1, "created_at": now, "updated_at": now}
    rows = {"public_id": ids, "key_id": [key.id for key in keys], "handle": handles}
    numbers = dict(insert_columns(Subject, rows, shared=shared, returning=("public_id", "id")))
    return [
        (row_to_insert(Subject, id=numbers[public_id], public_id=public_id, environment_id=environment_id), key.opened)
        for public_id, key in zip(ids, keys, strict=True)
    ]


def _text(column: str) -> str:
    number = int.from_bytes(urandom(4), "big") % 10_000_000
    if column == "phone":
        return f"+49 151 {number:07d}"
    return f"person{number}@example.com" if column == "contact_email" else f"Synthetic Person {number}"
