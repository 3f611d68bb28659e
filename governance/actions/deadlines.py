"""Telling those in charge of a breach dossier that its 72 hours run out: a day before, and some hours before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from audit.actions.findings import record_step
from audit.actors import SYSTEM
from audit.events import DOSSIER_DUE
from audit.models import Alert, BreachDossier, Finding
from audit.models.breach import CLOCK, OPEN
from governance.actions.change import environment_resource
from governance.actions.notices import leave_notices
from governance.breakglass.people import able_to
from governance.models import Environment
from governance.standing import fresh_standing_of
from keyring.walls import in_environment

WARNINGS = ((timedelta(hours=24), "dossier.due_in_a_day"), (timedelta(hours=6), "dossier.due_in_hours"))
"""How long before the end, and as what people are told then."""


def warn_of_deadlines(*, now: datetime) -> int:
    """Tell people of every open dossier whose time runs out, once of each warning; returns how many are told.

    Where two are due at once, because nobody worked meanwhile, the later one is told alone. Safe to repeat.
    """
    return sum(_warned(environment_id, now) for environment_id in Environment.objects.values_list("pk", flat=True))


def _warned(environment_id: UUID, now: datetime) -> int:
    told: list[tuple[str, UUID, UUID]] = []
    happened: list[tuple[str, UUID]] = []
    with in_environment(environment_id):
        soon = BreachDossier.objects.filter(state=OPEN, aware_at__lte=now - CLOCK + WARNINGS[0][0])
        waiting = soon.filter(warned__lt=len(WARNINGS)).select_for_update(skip_locked=True).order_by("aware_at")
        for dossier in waiting:
            due = sum(dossier.due_at - now <= before for before, _ in WARNINGS)
            if due > dossier.warned:
                kind = WARNINGS[due - 1][1]
                happened.append((kind, dossier.id))
                told += [(kind, account, dossier.id) for account in _in_charge(dossier, due, now)]
                _put_down(dossier, due)
        leave_notices(told, environment_id=environment_id, now=now, happened=happened)
    return len(told)


def _in_charge(dossier: BreachDossier, due: int, now: datetime) -> Collection[UUID]:
    """Return who is told: first who works on it, at last everybody who may read the book; never whom it is about."""
    standing = fresh_standing_of(dossier.environment_id)
    resource = environment_resource(dossier.environment_id, standing.environment_name)
    able = able_to("audit", resource, standing=standing, now=now)
    readers = {account for account in able if str(account) != dossier.actor}
    working = readers & {dossier.begun_by, Finding.objects.get(id=dossier.finding_id).owner}
    return sorted(readers if due == len(WARNINGS) or not working else working)


def _put_down(dossier: BreachDossier, due: int) -> None:
    dossier.warned = due
    dossier.save(update_fields=["warned"])
    finding, alert = Finding.objects.get(id=dossier.finding_id), Alert.objects.get(id=dossier.finding_id)
    record_step(DOSSIER_DUE, SYSTEM, finding, alert, {"dossier": dossier.id, "until": dossier.due_at})
