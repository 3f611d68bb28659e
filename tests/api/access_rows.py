"""The rows of temporary access in the isolation matrix: there is a rule, and nothing that anybody asked for."""

from __future__ import annotations

from uuid import uuid4

from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.tickets import open_ticket
from governance.identities import system_caller
from governance.models import Account
from tests.api.calling import Scene
from tests.api.rows import Row

REQUEST = "governance/access-requests/<uuid:request_id>"
GRANT = "governance/access-grants/<uuid:grant_id>"
DELEGATION = "governance/delegations/<uuid:delegation_id>"
REVIEW = "governance/access-reviews/<uuid:review_id>"
DECISION = {"shown": "x", "comment": "No.", "question": "Why?", "answer": "So.", "verdict": "appropriate"}


def access_rows() -> list[Row]:
    """Rules and tickets of the scene; requests, grants and reviews that nobody has."""
    rule, ticket = "governance/access-rules", "governance/tickets"
    return [
        Row("GET", rule, abroad=200),
        Row("POST", rule, {"name": ""}, service=400, abroad=400),
        Row("GET", f"{rule}/<uuid:rule_id>"),
        Row("PUT", f"{rule}/<uuid:rule_id>", {"approvals": 2}),
        Row("DELETE", f"{rule}/<uuid:rule_id>", service=204),
        Row("GET", ticket, abroad=200),
        Row("POST", ticket, {"reference": "?", "assignee": "nobody"}, service=400, abroad=400),
        Row("GET", f"{ticket}/<uuid:ticket_id>"),
        Row("POST", f"{ticket}/<uuid:ticket_id>/close"),
        Row("GET", "governance/access-requests", abroad=200),
        Row("POST", "governance/access-requests", {}, service=400, abroad=400),
        Row("POST", "governance/emergencies", {}, service=400, abroad=400),
        Row("GET", REQUEST, service=404),
        Row("GET", f"{REQUEST}/earlier-use", service=404),
        *(Row("POST", f"{REQUEST}/{step}", DECISION, service=404)
          for step in ("approve", "deny", "ask-back", "answer", "cancel")),
        Row("GET", "governance/decisions/<uuid:decision_id>", service=404),
        Row("GET", "governance/access-grants", abroad=200),
        Row("GET", GRANT, service=404),
        *(Row("POST", f"{GRANT}/{step}", DECISION, service=404)
          for step in ("activate", "suspend", "resume", "revoke", "relinquish")),
        Row("GET", "governance/delegations", abroad=200),
        Row("POST", "governance/delegations", {}, service=400, abroad=400),
        Row("GET", DELEGATION, service=404),
        *(Row("POST", f"{DELEGATION}/{step}", service=404) for step in ("accept", "end")),
        Row("GET", "governance/access-reviews", abroad=200),
        Row("GET", REVIEW, service=404),
        *(Row("POST", f"{REVIEW}/{step}", DECISION, service=404) for step in ("claim", "refer", "conclude")),
    ]  # fmt: skip


def access_ids(scene: Scene) -> dict[str, str]:
    """Ids to put into addresses."""
    system = system_caller(scene.environment.id)
    clerk = Account.objects.create(username=f"clerk-{uuid4().hex[:8]}", kind=Account.OPERATOR)
    rule = define_access_rule(system, name="Usual", terms=RuleTerms())
    ticket = open_ticket(system, reference="CASE-1", assignee=clerk.username)
    unknown = {f"<uuid:{name}_id>": str(uuid4()) for name in ("request", "grant", "delegation", "review", "decision")}
    return {"<uuid:rule_id>": str(rule.public_id), "<uuid:ticket_id>": str(ticket.pk), **unknown}
