"""Builds the phone example in an environment through the same actions that everybody uses.

Names and numbers are invented: the numbers lie in the range +49 171 39200xx, which the German regulator keeps for
fiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from governance.actions.clients import define_client, issue_secret
from governance.actions.policies import Branch, publish_policy
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_right, give_rights, operations_on
from governance.identities import CLIENT, Caller, system_caller
from governance.models import Client, Environment, Purpose
from governance.policies.templates import native_templates
from keyring.plain import Plain
from keyring.walls import in_environment
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.models import Accessor, Column, Mutator, Transformer
from userstore.reading.calls import CallContext
from userstore.writing.calls import ConsentTerms, MutatorCall
from userstore.writing.execute import execute_mutator

INSIDE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
"""Loopback and the private ranges of RFC 1918 and RFC 4193."""
BY_ID = "{id} = ANY (?)"
IDS = {
    name: UUID(f"5ea1b00c-0000-4000-8000-0000000{number}")
    for name, number in (
        ("GetPhoneForAuthentication", "a0001"),
        ("GetPhoneForMarketing", "a0002"),
        ("GetPhoneTokensForIntegrity", "a0003"),
        ("GetNameForOperations", "a0004"),
        ("GetContactForSupport", "a0005"),
        ("SetPhoneForAuthentication", "b0001"),
        ("SetPhoneForMarketing", "b0002"),
        ("SetName", "b0003"),
        ("SetContactForSupport", "b0004"),
        ("Ada Example", "c0001"),
        ("Ben Sample", "c0002"),
        ("Chi Placeholder", "c0003"),
        ("Dana Fiction", "c0004"),
        ("Emil Muster", "c0005"),
    )
}
"""The same in every environment, so that the lines of the README work as they stand."""
PEOPLE = (
    ("Ada Example", "+49 171 3920001", "+49 171 3920011"),
    ("Ben Sample", "+49 171 3920002", None),
    ("Chi Placeholder", None, "+49 171 3920013"),
    ("Dana Fiction", "+49 171 3920004", "+49 171 3920004"),
    ("Emil Muster", "+49 171 3920005", "+49 171 3920015"),
)
"""Name, number given for authentication, number given for marketing."""


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client of the example with its secret, shown this once."""

    client: Client
    secret: Plain[str]

    @property
    def caller(self) -> Caller:
        return Caller(
            CLIENT, self.client.public_id, self.client.account_id, self.client.environment_id, self.client.name
        )


@dataclass(frozen=True, slots=True)
class PhoneExample:
    """What the example consists of, by name."""

    environment: Environment
    clients: dict[str, DemoClient]
    accessors: dict[str, UUID]
    mutators: dict[str, UUID]
    policies: dict[str, UUID]
    subjects: dict[str, UUID]


def build_phone_example(environment: Environment, *, now: datetime | None = None) -> PhoneExample:
    """Build columns, purposes, policies, mutators, accessors, clients with rights, and people in an environment."""
    now = now or timezone.now()
    system = system_caller(environment.id)
    clients = _define_clients(system)
    purposes = _define_purposes(system)
    policies = _publish_policies(system)
    column = _define_phone(system)
    mutators = _publish_mutators(system, column, purposes, policies)
    accessors = _publish_accessors(system, column, purposes, policies)
    _give_rights(system, environment, clients)
    subjects = _write_people(clients["admin"].caller, mutators, now)
    return PhoneExample(environment, clients, accessors, mutators, policies, subjects)


def _define_clients(system: Caller) -> dict[str, DemoClient]:
    described = (
        ("admin", Client.SERVICE, "May do everything in the demo; its credentials are in demo.env."),
        ("login-service", Client.SERVICE, "Sends sign-in codes."),
        ("campaigns", Client.SERVICE, "Sends text messages to those who agreed."),
        ("fraud-analysis", Client.JOB, "Works on tokens, never on numbers."),
        ("investigations", Client.SERVICE, "Resolves the few tokens that need a call."),
        ("outsider", Client.SERVICE, "A client without any right."),
    )
    found = {}
    for name, kind, description in described:
        client = define_client(system, name=name, kind=kind, description=description)
        found[name] = DemoClient(client, issue_secret(system, client_id=client.public_id))
    return found


def _define_purposes(system: Caller) -> dict[str, UUID]:
    for name, description in (
        ("authentication", "Proving who somebody is when they sign in."),
        ("integrity", "Finding fraud, on tokens instead of numbers."),
    ):
        define_purpose(system, name=name, description=description)
    with in_environment(system.environment_id):
        return dict(Purpose.objects.values_list("name", "public_id"))


def _publish_policies(system: Caller) -> dict[str, UUID]:
    templates = native_templates()
    network = Branch(template=templates["ObservedNetwork"].id, parameters={"networks": list(INSIDE)})
    internal = publish_policy(
        system,
        name="ApplicationInternalOnly",
        description="An authenticated client on a network that the server observed; what a caller says proves nothing.",
        policy_type="composite_and",
        components=[Branch(template=templates["AuthenticatedClient"].id), network],
    )
    resolve = publish_policy(
        system,
        name="ResolveForInvestigations",
        description="Only investigations turn a token back into a number.",
        policy_type="composite_and",
        components=[
            Branch(template=templates["AuthenticatedClient"].id, parameters={"clients": ["investigations", "admin"]}),
            network,
        ],
    )
    return {policy.name: policy.public_id for policy in (internal, resolve)}


def _define_phone(system: Caller) -> UUID:
    spec = ColumnSpec(
        name="phone",
        data_type="phonenumber",
        description="Every number a person gave, each for its own purposes.",
        is_array=True,
        unique_required=True,
        partial_updates=True,
        index_type="indexed",
        pii_category="contact",
        sensitivity=3,
    )
    return define_column(system, spec=spec).public_id


def _publish_mutators(
    system: Caller, column: UUID, purposes: dict[str, UUID], policies: dict[str, UUID]
) -> dict[str, UUID]:
    specs = [
        MutatorSpec(
            name=f"SetPhoneFor{name.capitalize()}",
            description=f"Adds a number for {name} and fraud analysis, and for nothing else.",
            selector="{id} = ?",
            columns=(InputSpec(column),),
            access_policy=policies["ApplicationInternalOnly"],
            fixed_purposes=(purposes[name], purposes["integrity"]),
        )
        for name in ("authentication", "marketing")
    ]
    with in_environment(system.environment_id):
        name_column = _column_id("name")
    specs.append(
        MutatorSpec(
            name="SetName",
            description="Sets the name shown on pages.",
            selector="{id} = ?",
            columns=(InputSpec(name_column),),
            access_policy=policies["ApplicationInternalOnly"],
            fixed_purposes=(purposes["operational"],),
        )
    )
    for spec in specs:
        publish_mutator(system, spec=spec, public_id=IDS[spec.name])
    with in_environment(system.environment_id):
        return dict(Mutator.objects.values_list("name", "public_id"))


def _publish_accessors(
    system: Caller, column: UUID, purposes: dict[str, UUID], policies: dict[str, UUID]
) -> dict[str, UUID]:
    with in_environment(system.environment_id):
        token = Transformer.objects.get(name="PhoneToID").public_id
        name_column = _column_id("name")
    internal = policies["ApplicationInternalOnly"]
    described = (
        ("GetPhoneForAuthentication", "authentication", OutputSpec(column), "Numbers to send a sign-in code to."),
        ("GetPhoneForMarketing", "marketing", OutputSpec(column), "Numbers that may get offers."),
        (
            "GetPhoneTokensForIntegrity",
            "integrity",
            OutputSpec(column, transformer=token, token_policy=policies["ResolveForInvestigations"]),
            "Tokens that look like numbers, for analysis.",
        ),
        ("GetNameForOperations", "operational", OutputSpec(name_column), "Names to show on pages."),
    )
    for name, purpose, output, description in described:
        spec = AccessorSpec(
            name=name,
            description=description,
            selector=BY_ID,
            columns=(output,),
            purposes=(purposes[purpose],),
            access_policy=internal,
            # Every number has purposes of its own: one that is withheld says nothing about the others.
            consent_mode="partial",
        )
        publish_accessor(system, spec=spec, public_id=IDS[name])
    with in_environment(system.environment_id):
        return dict(Accessor.objects.values_list("name", "public_id"))


def _give_rights(system: Caller, environment: Environment, clients: dict[str, DemoClient]) -> None:
    give_rights(system, holder=clients["admin"].client.account, operations=operations_on(Environment), on=environment)
    reads = {
        "login-service": ["GetPhoneForAuthentication", "GetNameForOperations"],
        "campaigns": ["GetPhoneForMarketing"],
        "fraud-analysis": ["GetPhoneTokensForIntegrity"],
    }
    writes = {"login-service": ["SetPhoneForAuthentication", "SetName"], "campaigns": ["SetPhoneForMarketing"]}
    with in_environment(environment.id):
        accessors = {a.name: a for a in Accessor.objects.all()}
        mutators = {m.name: m for m in Mutator.objects.all()}
    for client, names in reads.items():
        for name in names:
            give_right(system, holder=clients[client].client.account, operation="read", on=accessors[name])
    for client, names in writes.items():
        for name in names:
            give_right(system, holder=clients[client].client.account, operation="write", on=mutators[name])
    give_right(system, holder=clients["investigations"].client.account, operation="resolve", on=environment)


def _write_people(admin: Caller, mutators: dict[str, UUID], now: datetime) -> dict[str, UUID]:
    here = CallContext(address="127.0.0.1", via="demo")
    terms = ConsentTerms(text_version="demo-1")
    found = {}
    for name, for_login, for_marketing in PEOPLE:
        subject = create_subject(admin, subject_id=IDS[name], now=now)
        ids = [str(subject.public_id)]
        found[name] = subject.public_id
        writes: list[tuple[str, dict[str, object]]] = [("SetName", {"name": {"value": name}})]
        if for_login:
            writes.append(("SetPhoneForAuthentication", {"phone": {"value_additions": [for_login]}}))
        if for_marketing:
            writes.append(("SetPhoneForMarketing", {"phone": {"value_additions": [for_marketing]}}))
        for mutator, row in writes:
            execute_mutator(MutatorCall(admin, mutators[mutator], ids, row, here, terms), now=now)
    return found


def _column_id(name: str) -> UUID:
    found: UUID = Column.objects.values_list("public_id", flat=True).get(name=name)
    return found
