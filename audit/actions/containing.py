"""Stopping at once what a rule found, where an environment has switched that on: exactly once for each finding.

That it is due commits with the finding itself. The step and the note that it was taken commit together later, so a
worker that dies in between leaves both undone, and the next one takes it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from audit.actors import SYSTEM
from audit.errors import NothingToContain
from audit.events import FINDING_CONTAINED
from audit.models import Alert, Finding
from audit.recorder import append
from keyring.walls import in_environment

logger = logging.getLogger(__name__)

DUE, DONE, FAILED = "due", "done", "failed"
MOST = 100
"""Steps of one environment in one run."""


class Containment(Protocol):
    """What can stop somebody's access."""

    def contain(self, alert: Alert, *, environment_id: UUID, now: datetime) -> str:
        """Stop the access that an alert is about, and return what was stopped, in words without anybody's data.

        Empty where it is stopped already: an alert that grows is contained again, since its actor may have gone on.

        It runs inside the environment, in the transaction that notes it.

        Raises:
            NothingToContain: it names nothing that can be stopped; any other error leaves the step due.
        """
        ...


def contain_due(environment_id: UUID, *, now: datetime) -> int:
    """Take the steps that are due, each in a transaction of its own; return how many were taken or given up."""
    with in_environment(environment_id):
        due = list(Finding.objects.filter(containment=DUE).order_by("opened_at").values_list("id", flat=True)[:MOST])
    return sum(_contained(each, environment_id, now) for each in due)


def _contained(finding_id: UUID, environment_id: UUID, now: datetime) -> bool:
    try:
        return _contain(finding_id, environment_id, now)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        # One step that cannot be taken now must not hold up the others; it stays due, and is tried again.
        logger.exception("what a rule found was not stopped", extra={"reason": type(error).__name__})
        return False


def _contain(finding_id: UUID, environment_id: UUID, now: datetime) -> bool:
    containment: Containment = import_string(settings.AUDIT_CONTAINMENT)()
    with in_environment(environment_id):
        finding = Finding.objects.select_for_update().filter(id=finding_id, containment=DUE).first()
        if finding is None:  # another worker took it meanwhile
            return False
        alert = Alert.objects.get(id=finding_id)
        try:
            with transaction.atomic():
                said = containment.contain(alert, environment_id=environment_id, now=now)
            finding.containment = DONE
        except NothingToContain as nothing:
            said, finding.containment = str(nothing), FAILED
        finding.save(update_fields=["containment"])
        if not said:
            return True
        append(
            FINDING_CONTAINED,
            environment_id=environment_id,
            actor=SYSTEM,
            outcome="done" if finding.containment == DONE else "failed",
            facts={
                "finding": finding.id,
                "detection": alert.rule,
                "severity": alert.severity,
                "state": finding.state,
                "owner": finding.owner,
                "actor": alert.actor,
                "grant": alert.grant or None,
                "reasons": [said],
            },
        )
    return True
