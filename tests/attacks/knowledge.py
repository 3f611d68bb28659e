"""What the analysis knows in an environment, and where its book goes; and the calls aimed at these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from governance.actions.feeds import define_feed
from governance.actions.staff import mark_subject, register_job
from governance.identities import system_caller
from tests.api.calling import Scene
from tests.attacks.aim import Aim

SYSLOG = "logs.example.com:6514"


def knowledge_ids(scene: Scene, *, watched: UUID) -> dict[str, Any]:
    """Make one of each and return their ids."""
    system, service = system_caller(scene.environment.id), scene.service
    return {
        "watched": watched,
        "mark": mark_subject(system, subject_id=watched, kind="honey").public_id,
        "job": register_job(system, client_id=service.client.public_id, purposes=["operational"]).public_id,
        "feed": define_feed(system, name="OnlyHere", way="syslog", address=SYSLOG).public_id,
    }


def knowledge_aims() -> Iterator[Aim]:
    """Every call about these."""
    marks, jobs, feeds = "governance/marks", "governance/registered-jobs", "audit/feeds"
    yield Aim("GET", "governance/staff")
    yield Aim("PUT", "governance/staff", {"csv": "username,own_record\nnobody-of-that-name,{watched}\n"})
    yield Aim("GET", marks)
    yield Aim("POST", marks, {"subject_id": "{watched}", "kind": "flagged"})
    yield Aim("DELETE", f"{marks}/{{mark}}")
    yield Aim("GET", jobs)
    yield Aim("POST", jobs, {"client_id": "{keeper}", "purposes": ["operational"], "accessors": ["{accessor}"]})
    yield Aim("DELETE", f"{jobs}/{{job}}")
    yield Aim("GET", feeds)
    yield Aim("POST", feeds, {"name": "1 / is no name", "way": "webhook", "webhook_id": "{webhook}"})
    yield Aim("GET", f"{feeds}/{{feed}}")
    yield Aim("PUT", f"{feeds}/{{feed}}", {"name": "Mine", "way": "webhook", "address": "", "webhook_id": "{webhook}"})
    yield Aim("POST", f"{feeds}/{{feed}}/pause")
    yield Aim("POST", f"{feeds}/{{feed}}/resume")
    yield Aim("DELETE", f"{feeds}/{{feed}}")
