"""Calls that name a region are about the users of that region alone."""

from __future__ import annotations

from governance.authorization import Clearance
from keyring.walls import in_environment
from userstore.models import Subject
from userstore.reading.plan import ReadPlan
from userstore.reading.rows import SealedSubject


def keep_regional(sealed: list[SealedSubject], plan: ReadPlan, clearance: Clearance) -> list[SealedSubject]:
    """Return those of the region that the call names, everybody where it names none."""
    if not plan.region or not sealed:
        return sealed
    with in_environment(clearance.environment_id):
        subjects = Subject.objects.filter(pk__in=[subject.pk for subject in sealed], region=plan.region)
        regional = set(subjects.values_list("pk", flat=True))
    return [subject for subject in sealed if subject.pk in regional]
