"""A finding that a test begins with: somebody looked at a person who does not exist."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.actions.alerting import keep_alerts
from audit.actors import Actor
from audit.analysis.cases import access
from audit.analysis.detections import honey
from audit.analysis.engine import Engine
from audit.analysis.facts import Facts
from audit.events import declared
from audit.models import Alert, Finding
from audit.recorder import append
from keyring.walls import in_environment

HANDLE = "ab" * 16
SOMEBODY = UUID(int=7)


def found(environment_id: UUID, *, actor: UUID = SOMEBODY, subject: str = HANDLE) -> Finding:
    """Have the analysis find that somebody looked at a person who does not exist."""
    engine = Engine([honey.DETECTION], facts=Facts(honey=frozenset({subject})), scope=str(environment_id))
    engine.see(access(actor=str(actor), subjects=(subject,)))
    with in_environment(environment_id):
        (finding,) = keep_alerts(engine.touched(), environment_id=environment_id, now=timezone.now())
    return finding


def found_with_entries(environment_id: UUID, *, actor: UUID = SOMEBODY, times: int = 1) -> Finding:
    """The same, with entries of the book as its evidence; their places are those that a fresh book will give them."""
    ids = [
        append(
            declared()["accessor.executed"],
            environment_id=environment_id,
            actor=Actor("operator", actor),
            facts={"accessor": UUID(int=3), "subjects": [HANDLE], "columns": ["email"], "rows": 1},
        )
        for _ in range(times)
    ]
    finding = found(environment_id, actor=actor)
    with in_environment(environment_id):
        Alert.objects.filter(id=finding.id).update(evidence={str(place): str(each) for place, each in enumerate(ids)})
    return finding


def weighs(finding: Finding, nats: float, *, at: datetime | None = None) -> None:
    """Have a finding's alert weigh so much."""
    with in_environment(finding.environment_id):
        Alert.objects.filter(id=finding.id).update(nats=nats, at=at or timezone.now())
