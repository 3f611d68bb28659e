"""A help desk for the phone example: support asks for one record, a lead approves, a privacy officer looks back."""

from __future__ import annotations

from django.contrib.auth.models import Group

from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.rights import give_group_rights
from governance.actions.tickets import open_ticket
from governance.identities import system_caller
from governance.models import Environment
from userstore.demo.phone import IDS

SUPPORT, LEADS = "Support staff", "Support leads"
TICKET = "CASE-1001"


def build_help_desk(environment: Environment, *, agent: str) -> None:
    """Give the groups their rights and define the terms; the agent, an operator, gets a ticket about Ben Sample."""
    system = system_caller(environment.id)
    give_group_rights(environment, SUPPORT, ("request",))
    give_group_rights(environment, LEADS, ("approve",))
    define_access_rule(system, name="Helpdesk", terms=RuleTerms(), emergency_group=Group.objects.get(name=SUPPORT))
    open_ticket(system, reference=TICKET, assignee=agent, subject_id=IDS["Ben Sample"])
