"""Temporary access of an environment: a rule, a ticket, what was asked for and granted; and the calls aimed at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group

from governance.actions.access_requests import Wish, declare_emergency
from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.rights import give_right
from governance.actions.tickets import open_ticket
from governance.actions.webhooks import define_webhook
from governance.identities import OPERATOR, Caller, system_caller
from governance.models import Account, Delegation, Delivery, Review
from keyring.walls import in_environment
from tests.api.calling import Scene, operational
from tests.attacks.aim import Aim

WHY = "Somebody has to look at this at once, today."


def access_ids(scene: Scene) -> dict[str, Any]:
    """Declare an emergency, which makes one of each, and return their ids."""
    environment, system = scene.environment, system_caller(scene.environment.id)
    group = Group.objects.create(name=f"support-{uuid4().hex}")
    clerk = Account.objects.create(username=f"clerk-{uuid4().hex}", kind=Account.OPERATOR)
    clerk.groups.set([group])
    give_right(system, holder=clerk, operation="request", on=environment)
    rule = define_access_rule(system, name="Usual", terms=RuleTerms(factor_minutes=None), emergency_group=group)
    ticket = open_ticket(system, reference="CASE-1", assignee=clerk.username, subject_id=scene.subject)
    caller = Caller(OPERATOR, clerk.id, clerk.id, environment.id, clerk.username, frozenset({group.pk}))
    wish = Wish(scene.accessor, operational(environment), [scene.subject], [scene.column], 30, "incident_response", WHY)
    webhook = define_webhook(system, name="OnlyHere", url="https://only-here.example.com/hook")
    grant = declare_emergency(caller, wish, factor_at=None)
    with in_environment(environment.id):
        review, delivery = Review.objects.get(), Delivery.objects.get()
        handed_on = Delegation.objects.create(
            environment=environment, grant=grant, client=scene.service.client, offered_by=clerk, columns=grant.columns,
            people=[], minutes=5, version="x", justification=WHY, offered_at=grant.created_at,
        )  # fmt: skip
    return {
        "rule": rule.public_id, "ticket": ticket.pk, "request": grant.request_id, "grant": grant.pk,
        "review": review.pk, "clerk": clerk.pk, "delegation": handed_on.pk, "webhook": webhook.public_id,
        "delivery": delivery.pk,
    }  # fmt: skip


def access_aims() -> Iterator[Aim]:
    """Every call about these."""
    rule, ticket = "governance/access-rules", "governance/tickets"
    request = "governance/access-requests/{request}"
    wish = {
        "accessor_id": "{accessor}", "purpose": "{purpose}", "subjects": ["{subject}"], "columns": ["{column}"],
        "minutes": 30, "reason": "incident_response", "justification": WHY, "grantee": "{clerk}",
        "extends": "{request}",
    }  # fmt: skip
    said = {"shown": "x", "comment": "No.", "question": "Why?", "answer": "So.", "verdict": "appropriate"}
    yield Aim("GET", rule)
    yield Aim("POST", rule, {"id": "{rule}", "name": "Mine", "accessor_id": "{accessor}"})
    yield Aim("GET", f"{rule}/{{rule}}")
    yield Aim("PUT", f"{rule}/{{rule}}", {"approvals": 2})
    yield Aim("DELETE", f"{rule}/{{rule}}")
    yield Aim("GET", ticket)
    yield Aim("POST", ticket, {"reference": "CASE-1", "assignee": "nobody", "subject_id": "{subject}"})
    yield Aim("GET", f"{ticket}/{{ticket}}")
    yield Aim("POST", f"{ticket}/{{ticket}}/close")
    yield Aim("GET", "governance/access-requests")
    yield Aim("POST", "governance/access-requests", wish)
    yield Aim("POST", "governance/emergencies", wish)
    yield Aim("GET", request)
    yield Aim("GET", f"{request}/earlier-use")
    for step in ("approve", "deny", "ask-back", "answer", "cancel"):
        yield Aim("POST", f"{request}/{step}", {**said, "columns": ["{column}"], "without": ["{subject}"]})
    yield Aim("GET", "governance/decisions/{entry}")
    yield Aim("GET", "governance/access-grants")
    yield Aim("GET", "governance/access-grants/{grant}")
    for step in ("activate", "suspend", "resume", "revoke", "relinquish"):
        yield Aim("POST", f"governance/access-grants/{{grant}}/{step}", said)
    offer = {"grant_id": "{grant}", "client_id": "{keeper}", "justification": WHY}
    yield Aim("GET", "governance/delegations")
    yield Aim("POST", "governance/delegations", {**offer, "columns": ["{column}"], "subjects": ["{subject}"]})
    yield Aim("GET", "governance/delegations/{delegation}")
    for step in ("accept", "end"):
        yield Aim("POST", f"governance/delegations/{{delegation}}/{step}")
    yield Aim("GET", "governance/access-reviews")
    yield Aim("GET", "governance/access-reviews/{review}")
    for step in ("claim", "refer", "conclude"):
        yield Aim("POST", f"governance/access-reviews/{{review}}/{step}", said)
    yield from _notice_aims()


def _notice_aims() -> Iterator[Aim]:
    """Where notices go, and what became of them."""
    hook = {"id": "{webhook}", "name": "1 is no name", "url": "https://elsewhere.example.com/hook"}
    yield Aim("GET", "governance/webhooks")
    yield Aim("POST", "governance/webhooks", hook)
    yield Aim("GET", "governance/webhooks/{webhook}")
    yield Aim("PUT", "governance/webhooks/{webhook}", hook)
    yield Aim("POST", "governance/webhooks/{webhook}/secrets", {})
    yield Aim("POST", "governance/webhooks/{webhook}/test")
    yield Aim("DELETE", "governance/webhooks/{webhook}")
    yield Aim("GET", "governance/notice-deliveries")
    yield Aim("POST", "governance/notice-deliveries/{delivery}/retry")
