"""A desk over the API: a program that may ask for temporary access, one that may approve, and an outsider."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group

from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import Account
from tests import cast
from tests.api.calling import Scene, line_of, new_scene, operational

REQUESTS, GRANTS, REVIEWS = "/governance/access-requests", "/governance/access-grants", "/governance/access-reviews"
WHY = "The customer asks why no message reaches them."


@dataclass
class Desk:
    """A scene whose helpdesk's program may ask, and a lead's program that may approve."""

    scene: Scene
    asking: cast.Player
    leading: cast.Player
    outsider: cast.Player

    def wish(self, **asked: Any) -> dict[str, Any]:
        return {
            "accessor_id": str(self.scene.accessor),
            "purpose": str(operational(self.scene.environment)),
            "subjects": [str(self.scene.subject)],
            "columns": [str(self.scene.column)],
            "minutes": 30,
            "reason": "customer_support_case",
            "justification": f"{WHY} {uuid4().hex[:6]}",
            **asked,
        }

    def asked(self, **asked: Any) -> dict[str, Any]:
        return told(line_of(self.asking).post(REQUESTS, self.wish(**asked)), 201)

    def granted(self) -> str:
        request = self.asked()
        decided = told(self.step(self.leading, f"{REQUESTS}/{request['id']}/approve", shown=request["shown"]))
        grant = decided["grant_id"]
        told(self.step(self.asking, f"{GRANTS}/{grant}/activate"))
        return str(grant)

    def step(self, player: cast.Player, path: str, **said: Any) -> Any:
        return line_of(player).post(path, said or None)

    def read(self, player: cast.Player, **headers: str) -> Any:
        return line_of(player).post("/userstore/api/accessors", self.scene.read_body(), **headers)


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def refused_by(answer: Any) -> str:
    return str(told_problem(answer, 403)["reasons"][0])


def told_problem(answer: Any, status: int) -> Any:
    assert answer["Content-Type"] == "application/problem+json"
    return told(answer, status)


def new_desk() -> Desk:
    scene = new_scene()
    assert scene.write(scene.line).status_code == 200
    system, environment = system_caller(scene.environment.id), scene.environment
    asking = cast.new_player(environment, "helpdesk", request=True)
    leading = cast.new_player(environment, "lead", approve=True, audit=True)
    outsider = cast.new_player(environment, "outsider")
    lead = Account.objects.create(username=f"lead-{uuid4().hex[:6]}", kind=Account.OPERATOR)
    give_right(system, holder=lead, operation="approve", on=environment)
    group = Group.objects.create(name=f"helpdesk-{uuid4().hex[:6]}")
    asking.client.account.groups.add(group)
    terms = RuleTerms(factor_minutes=None, needs_ticket=False, review_percent=100)
    define_access_rule(system, name="Usual", terms=terms, emergency_group=group)
    return Desk(scene, asking, leading, outsider)
