"""What every page shows: the environment one works in, and the others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from governance.models import Environment, Freeze
from keyring.walls import in_environment


def environment(request: HttpRequest) -> dict[str, Any]:
    """Give templates `environment` (name, protected, frozen, synthetic) and `environments`, looked up once per page.

    A page is made of many templates, and each of them asks.
    """
    environment_id = getattr(request, "environment_id", None)
    known: dict[UUID | None, dict[str, Any]] = request.__dict__.setdefault("shown_environments", {})
    if environment_id not in known:
        known[environment_id] = _looked_up(environment_id)
    return known[environment_id]


def _looked_up(environment_id: UUID | None) -> dict[str, Any]:
    if environment_id is None:
        return {"environment": None, "environments": []}
    current = Environment.objects.filter(pk=environment_id).first()
    if current is None:
        return {"environment": None, "environments": []}
    with in_environment(environment_id):
        frozen = Freeze.objects.filter(kind="environment", lifted_at=None).exists()
    return {
        "environment": {
            "id": current.id,
            "name": current.name,
            "protected": current.is_protected,
            "synthetic": current.is_synthetic,
            "frozen": frozen,
        },
        "environments": [{"id": e.id, "name": e.name} for e in Environment.objects.order_by("name")],
    }
