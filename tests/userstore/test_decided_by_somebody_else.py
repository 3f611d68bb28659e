"""Who decides on temporary access is not who asked for it, behind whatever client."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from governance.actions.grants import resume_grant, revoke_grant, suspend_grant
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


def test_one_pair_of_hands_gives_one_approval_and_does_not_look_back_at_it(desk: HelpDesk) -> None:
    desk.rule(approvals=2)
    robot = cast.new_caller(desk.environment, "robot", approve=True)
    with in_environment(desk.environment.id):
        client = Client.objects.get(public_id=robot.id)
        client.secrets.create(environment=desk.environment, digest=b"x" * 32, issued_by=desk.ann.id)
    by_ann, by_robot = desk.asked(), desk.asked()
    desk.approved(by_ann, desk.ann)
    desk.approved(by_robot, robot)

    for request, other in ((by_ann, robot), (by_robot, desk.ann)):
        with pytest.raises(Refused) as again:
            desk.approved(request, other)
        assert refused(again) == "guard: may approve"
        assert desk.approved(request, desk.abe).state == "approved"


def test_who_could_be_its_grantee_does_not_let_an_access_go_on(desk: HelpDesk) -> None:
    grant = desk.granted()
    suspend_grant(desk.officer, grant_id=grant.id, comment="Somebody looks into it.")
    robot = cast.new_caller(desk.environment, "robot", configure=True)
    with in_environment(desk.environment.id):
        client = Client.objects.get(public_id=robot.id)
        client.secrets.create(environment=desk.environment, digest=b"x" * 32, issued_by=desk.sue.id)

    with pytest.raises(Refused) as own:
        resume_grant(robot, grant_id=grant.id, comment="It was fine.")

    assert refused(own) == "guard: not the grantee"
    assert revoke_grant(robot, grant_id=grant.id, comment="It ends.").state == "revoked", "stopping waits for nobody"
