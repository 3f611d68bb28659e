"""A help desk for the phone example: support asks for one record, a lead approves, a privacy officer looks back."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import Group
from django.utils import timezone

from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.policies import Branch, publish_policy
from governance.actions.rights import give_group_rights
from governance.actions.tickets import open_ticket
from governance.identities import Caller, system_caller
from governance.models import Purpose
from governance.policies.templates import native_templates
from keyring.walls import in_environment
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.demo.phone import BY_ID, IDS, INSIDE, PEOPLE, PhoneExample
from userstore.models import Column
from userstore.reading.calls import CallContext
from userstore.writing.calls import ConsentTerms, MutatorCall
from userstore.writing.execute import execute_mutator

SUPPORT, LEADS = "Support staff", "Support leads"
TICKET = "CASE-1001"
CALLED_BACK = ("Ada Example", "Ben Sample")
"""Who agreed to be called back by support, on the number that they sign in with."""


def build_help_desk(example: PhoneExample, *, agent: str) -> None:
    """Give the groups their rights and define the terms; the agent, an operator, gets a ticket about Ben Sample."""
    environment = example.environment
    system = system_caller(environment.id)
    _publish_contact(system, example)
    give_group_rights(environment, SUPPORT, ("request",))
    give_group_rights(environment, LEADS, ("approve",))
    define_access_rule(system, name="Helpdesk", terms=RuleTerms(), emergency_group=Group.objects.get(name=SUPPORT))
    open_ticket(system, reference=TICKET, assignee=agent, subject_id=IDS["Ben Sample"])


def _publish_contact(system: Caller, example: PhoneExample) -> None:
    """Let people, and not only programs, see a name and a number, of those who agreed to it."""
    with in_environment(system.environment_id):
        name, phone = (Column.objects.get(name=each).public_id for each in ("name", "phone"))
        support = Purpose.objects.get(name="support").public_id
    inside = _inside(system)
    accessor = AccessorSpec(
        name="GetContactForSupport",
        description="Whom to call back, and on which number.",
        selector=BY_ID,
        columns=(OutputSpec(name), OutputSpec(phone)),
        purposes=(support,),
        access_policy=inside,
        consent_mode="partial",
    )
    publish_accessor(system, spec=accessor, public_id=IDS[accessor.name])
    mutator = MutatorSpec(
        name="SetContactForSupport",
        description="Has a name and a number be for support as well.",
        selector="{id} = ?",
        columns=(InputSpec(name), InputSpec(phone)),
        access_policy=example.policies["ApplicationInternalOnly"],
        fixed_purposes=(support,),
    )
    publish_mutator(system, spec=mutator, public_id=IDS[mutator.name])
    admin, here = example.clients["admin"].caller, CallContext(address="127.0.0.1", via="demo")
    for person, number, _ in PEOPLE:
        if person in CALLED_BACK:
            row = {"name": {"value": person}, "phone": {"value_additions": [number]}}
            call = MutatorCall(admin, IDS[mutator.name], [str(IDS[person])], row, here, ConsentTerms("demo-1"))
            execute_mutator(call, now=timezone.now())


def _inside(system: Caller) -> UUID:
    template = native_templates()["ObservedNetwork"].id
    return publish_policy(
        system,
        name="InsideOnly",
        description="Anybody who may, on a network that the server observed.",
        policy_type="composite_and",
        components=[Branch(template=template, parameters={"networks": list(INSIDE)})],
    ).public_id
