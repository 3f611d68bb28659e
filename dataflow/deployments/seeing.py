"""Deployments as doors show them: the rows of an environment with what is seen of them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from dataflow.deployments.figures import Figures, Looking
from dataflow.models import Deployment
from governance.errors import NotFound
from keyring.walls import in_environment


def seen_deployments() -> QuerySet[Deployment]:
    """Return the deployments of an environment; must run inside it."""
    return Deployment.objects.select_related("item", "client")


def seen_deployment(public_id: UUID) -> Deployment:
    """Return one deployment; must run inside its environment. Raises `NotFound`."""
    found = seen_deployments().filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such deployment.", field="id")
    return found


def figured_deployments(environment_id: UUID) -> Iterator[tuple[Deployment, Figures | None]]:
    """Yield the deployments of an environment, each with its figures; None where Redis does not answer."""
    with in_environment(environment_id):
        rows = list(seen_deployments())
    with Looking(environment_id) as looking:
        for row in rows:
            yield row, looking.at(row.name, row.item.files)


def figured_deployment(environment_id: UUID, public_id: UUID) -> tuple[Deployment, Figures | None]:
    """Return one deployment with its figures. Raises `NotFound`."""
    with in_environment(environment_id):
        row = seen_deployment(public_id)
    with Looking(environment_id) as looking:
        return row, looking.at(row.name, row.item.files)
