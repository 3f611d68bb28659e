"""The digest of each day's findings: made once, told to the operators who may read the book."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min

from audit.analysis.ranking import worth_a_look
from audit.models import BreachDossier, Finding, FindingDigest
from audit.models.analysis import OPEN as OPEN_FINDINGS
from audit.models.breach import OPEN
from governance.actions.change import environment_resource
from governance.actions.notices import leave_notices
from governance.breakglass.people import able_to
from governance.models import Environment
from governance.standing import fresh_standing_of
from keyring.walls import in_environment

_HOUR = 3600


def send_digests(*, now: datetime) -> int:
    """Make the digests of the day that are due and not made yet; returns how many people are told. Safe to repeat."""
    if settings.AUDIT_DIGEST_HOUR < 0 or now.astimezone(UTC).hour < settings.AUDIT_DIGEST_HOUR:
        return 0
    return sum(_sent(environment_id, now) for environment_id in Environment.objects.values_list("pk", flat=True))


def _sent(environment_id: UUID, now: datetime) -> int:
    with in_environment(environment_id):
        day = now.astimezone(UTC).date()
        if FindingDigest.objects.filter(day=day).exists():
            return 0
        digest = FindingDigest(environment_id=environment_id, day=day, numbers=_numbers(now), made_at=now)
        # Of two workers the second waits here for the first, and then finds that there is one.
        FindingDigest.objects.bulk_create([digest], ignore_conflicts=True)
        if not FindingDigest.objects.filter(pk=digest.pk).exists():
            return 0
        if not digest.numbers["open"] and not digest.numbers["dossiers"]:
            return 0
        standing = fresh_standing_of(environment_id)
        resource = environment_resource(environment_id, standing.environment_name)
        readers = able_to("audit", resource, standing=standing, now=now)
        told = [("findings.digest", account, digest.pk) for account in sorted(readers)]
        leave_notices(told, environment_id=environment_id, now=now)
        return len(told)


def _numbers(now: datetime) -> dict[str, int]:
    """Count what waits; must run inside the environment."""
    waiting = Finding.objects.filter(state__in=OPEN_FINDINGS).aggregate(count=Count("id"), oldest=Min("opened_at"))
    dossiers = list(BreachDossier.objects.filter(state=OPEN).order_by("aware_at"))
    left = (dossiers[0].due_at - now).total_seconds() // _HOUR if dossiers else 0
    return {
        "new": Finding.objects.filter(opened_at__gt=now - timedelta(days=1)).count(),
        "open": waiting["count"],
        "urgent": worth_a_look(now=now),
        "oldest_days": (now - (waiting["oldest"] or now)).days,
        "dossiers": len(dossiers),
        "hours_left": int(left),
    }
