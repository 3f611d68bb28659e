"""Who decides on temporary access is not who asked for it, behind whatever client."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from governance.errors import Refused
from governance.models import Client, ClientSecret, Ticket
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.test_access_requests import refused

pytestmark = pytest.mark.django_db

begun, desk = beginning(HelpDesk)


def test_whoever_has_seen_the_secret_of_a_client_does_not_decide_through_it(desk: HelpDesk) -> None:
    robot = cast.new_caller(desk.environment, "robot", approve=True)
    with in_environment(desk.environment.id):
        client = Client.objects.get(public_id=robot.id)
        ClientSecret.objects.create(
            environment=desk.environment, client=client, prefix="x", digest=b"x" * 32, issued_by=desk.sue.id
        )
    request = desk.asked()

    with pytest.raises(Refused) as own:
        desk.approved(request, robot)
    with pytest.raises(Refused) as through:
        desk.approved(request, replace(desk.ann, via=(desk.sue.id,)))

    assert refused(own) == refused(through) == "guard: may approve"


def test_nobody_approves_what_they_could_have_asked_for_as_a_client(desk: HelpDesk) -> None:
    robot = cast.new_caller(desk.environment, "robot", request=True)
    with in_environment(desk.environment.id):
        client = Client.objects.get(public_id=robot.id)
        client.secrets.create(environment=desk.environment, digest=b"x" * 32, issued_by=desk.ann.id)
        Ticket.objects.create(
            environment=desk.environment, reference="CASE-3", assignee_id=robot.account_id, created_at=timezone.now()
        )
    request = desk.asked(robot, ticket="CASE-3")

    with pytest.raises(Refused) as own:
        desk.approved(request, desk.ann)

    assert refused(own) == "guard: may approve"
    assert desk.approved(request, desk.abe).state == "approved"
