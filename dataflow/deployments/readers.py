"""Whether somebody would work on a dead letter again: what is put back is for the service that failed on it alone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from dataflow.deadletters.letters import Letter
from dataflow.deployments.figures import sources_of
from dataflow.models import Deployment
from keyring.walls import in_environment


def has_reader(environment_id: UUID, flow: str) -> Callable[[Letter], bool]:
    """Return what says of a letter whether the deployed version of its flow has that service, on that topic.

    Of a flow that is not deployed nobody here knows the next version: all its letters may be put back.
    """
    with in_environment(environment_id):
        row = Deployment.objects.select_related("item").filter(name=flow).first()
    if row is None:
        return lambda _: True
    sources = sources_of(row.item.files)
    return lambda letter: letter.topic in sources.get(letter.service, ())
