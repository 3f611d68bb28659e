"""The fixed cast of the tests: one environment with the phone example, one client per purpose, an outsider.

Built through the same actions as everywhere else, so that whatever a test sees could have happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from audit.actors import Actor
from governance.actions.clients import define_client, issue_secret
from governance.actions.environments import define_environment
from governance.actions.policies import Branch, publish_policy
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_rights
from governance.identities import CLIENT, Caller, system_caller
from governance.models import Client, Environment, Purpose
from keyring.walls import in_environment

NOBODY = Actor("system", None)
NETWORK = ["127.0.0.0/8", "10.0.0.0/8", "::1/128"]
INSIDE = "10.1.2.3"


@dataclass(slots=True)
class Player:
    """A client of the cast with its secret."""

    client: Client
    caller: Caller
    secret: str


def caller_for(client: Client) -> Caller:
    """A client as an authenticated caller."""
    return Caller(CLIENT, client.public_id, client.account_id, client.environment_id, client.name)


def new_environment(name: str | None = None) -> Environment:
    """An environment of its own, with built-in objects."""
    return define_environment(NOBODY, name=name or f"test-{uuid4().hex[:12]}", is_synthetic=True)


def new_player(environment: Environment, name: str, **rights: object) -> Player:
    """A client; `rights` maps operations to True for the whole environment."""
    client = _new_client(environment, name, rights)
    secret = issue_secret(system_caller(environment.id), client_id=client.public_id).reveal()
    with in_environment(environment.id):  # somebody has seen it who plays no other part
        client.secrets.update(issued_by=uuid4())
    return Player(client, caller_for(client), secret)


def new_caller(environment: Environment, name: str, **rights: object) -> Caller:
    """A client that has signed in already, and so needs no secret."""
    return caller_for(_new_client(environment, name, rights))


def _new_client(environment: Environment, name: str, rights: Mapping[str, object]) -> Client:
    system = system_caller(environment.id)
    client = define_client(system, name=name)
    if rights:
        give_rights(system, holder=client.account, operations=list(rights), on=environment)
    return client


def new_purpose(environment: Environment, name: str, legal_basis: str = "consent") -> Purpose:
    """A purpose; the built-in ones are found, not made."""
    with in_environment(environment.id):
        found = Purpose.objects.filter(name=name).first()
    return found or define_purpose(system_caller(environment.id), name=name, legal_basis=legal_basis)


def internal_only(environment: Environment) -> UUID:
    """The seed's policy: an authenticated client on an observed inside network."""
    policy = publish_policy(
        system_caller(environment.id),
        name="ApplicationInternalOnly",
        policy_type="composite_and",
        components=[
            Branch(template=UUID("5ea1b00c-0000-4000-8000-000000000001")),
            Branch(template=UUID("5ea1b00c-0000-4000-8000-000000000002"), parameters={"networks": NETWORK}),
        ],
    )
    return policy.public_id
