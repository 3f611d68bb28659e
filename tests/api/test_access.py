"""Temporary access over the API: a program asks and decides by its own rights, and proves no second factor."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.clients import change_client
from governance.actions.rights import withdraw_right
from governance.identities import system_caller
from governance.models import Account, Right
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import NUMBER, Line, body, line_of
from tests.api.desk import GRANTS, REQUESTS, REVIEWS, WHY, Desk, new_desk, refused_by, told, told_problem
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

begun, desk = beginning(new_desk)


def test_what_is_granted_is_read_and_nothing_else_is(desk: Desk) -> None:
    assert desk.read(desk.asking).status_code == 403
    grant = desk.granted()

    rows = body(desk.read(desk.asking, HTTP_X_SEALBOOK_GRANT=grant))["data"]

    assert json.loads(json.loads(rows[0])["phone"]) == [NUMBER]
    assert desk.read(desk.asking, HTTP_X_SEALBOOK_GRANT=str(uuid4())).status_code == 403
    assert desk.read(desk.asking, HTTP_X_SEALBOOK_GRANT="mine").status_code == 400
    assert desk.read(desk.outsider, HTTP_X_SEALBOOK_GRANT=grant).status_code == 403
    told(desk.step(desk.asking, f"{GRANTS}/{grant}/relinquish"))
    assert desk.read(desk.asking).status_code == 403


def test_a_request_shows_what_was_written_to_who_decides_and_to_nobody_else(desk: Desk) -> None:
    request = desk.asked()
    path = f"{REQUESTS}/{request['id']}"

    seen = told(line_of(desk.leading).get(path))

    assert seen["justification"].startswith(WHY)
    assert (seen["may_decide"], seen["is_own"], seen["left"]["subjects"]) == (True, False, [str(desk.scene.subject)])
    (line,) = told(line_of(desk.leading).get(f"{REQUESTS}?whose=to_decide"))["data"]
    assert "justification" not in line
    assert told(line_of(desk.asking).get(f"{REQUESTS}?whose=to_decide"))["data"] == []
    assert line_of(desk.outsider).get(path).status_code == 403
    told_problem(line_of(cast.new_player(desk.scene.environment, "writer", write=True)).get(path), 404)
    assert told(line_of(desk.leading).get(f"{path}/earlier-use"))["grants"] == 0
    told_problem(line_of(desk.leading).get(f"{REQUESTS}?whose=everybody"), 400)


def test_an_approval_narrows_and_a_stale_one_is_refused(desk: Desk) -> None:
    request = desk.asked()
    path = f"{REQUESTS}/{request['id']}/approve"

    stale = desk.step(desk.leading, path, shown="something else")
    own = desk.step(desk.asking, path, shown=request["shown"])
    wider = desk.step(desk.leading, path, shown=request["shown"], minutes=31)
    decided = told(desk.step(desk.leading, path, shown=request["shown"], minutes=5, comment="Five will do."))

    assert (refused_by(stale), refused_by(wider)) == ("guard: same content", "guard: only narrows")
    assert refused_by(own) == "guard: may approve"
    assert (decided["state"], decided["left"]["minutes"]) == ("approved", 5)
    assert told(line_of(desk.asking).get(f"{GRANTS}/{decided['grant_id']}"))["minutes"] == 5


def test_a_question_is_answered_and_a_denial_says_why(desk: Desk) -> None:
    request = desk.asked()
    path = f"{REQUESTS}/{request['id']}"
    told(desk.step(desk.leading, f"{path}/ask-back", shown=request["shown"], question="Which customer?"))
    answered = told(desk.step(desk.asking, f"{path}/answer", answer="The one of the ticket."))
    outdated = told(desk.step(desk.leading, f"{path}/deny", shown=request["shown"], comment="Not for this."), 403)
    assert outdated["reasons"] == ["guard: same content"]
    denied = told(desk.step(desk.leading, f"{path}/deny", shown=answered["shown"], comment="Not for this."))

    assert (denied["state"], denied["answer"]) == ("denied", "The one of the ticket.")
    assert told(line_of(desk.asking).get(path))["comment"] == "Not for this."
    other = desk.asked()
    assert told(desk.step(desk.asking, f"{REQUESTS}/{other['id']}/cancel"))["state"] == "cancelled"


def test_an_emergency_opens_at_once_unless_a_factor_is_asked_for(desk: Desk) -> None:
    urgent = desk.wish(reason="incident_response")

    grant = told(line_of(desk.asking).post("/governance/emergencies", urgent), 201)

    assert (grant["state"], grant["is_emergency"]) == ("active", True)
    assert body(desk.read(desk.asking))["data"]
    define_access_rule(system_caller(desk.scene.environment.id), name="Strict", terms=RuleTerms(needs_ticket=False))
    again = line_of(desk.asking).post("/governance/emergencies", desk.wish(reason="incident_response"))
    assert refused_by(again) == "guard: may declare"


def test_a_factor_is_nothing_that_a_program_proves(desk: Desk) -> None:
    system = system_caller(desk.scene.environment.id)
    request = desk.asked()
    decided = told(desk.step(desk.leading, f"{REQUESTS}/{request['id']}/approve", shown=request["shown"]))
    define_access_rule(system, name="Strict", terms=RuleTerms(factor_minutes=5))

    assert refused_by(desk.step(desk.asking, f"{GRANTS}/{decided['grant_id']}/activate")) == "guard: fresh factor"


def test_a_grant_is_stopped_by_who_may_and_goes_on(desk: Desk) -> None:
    grant, officer = desk.granted(), desk.scene.service
    path = f"{GRANTS}/{grant}"
    assert refused_by(desk.step(desk.asking, f"{path}/suspend", comment="Stop.")) == "guard: may contain"
    told(desk.step(officer, f"{path}/suspend", comment="Somebody looks into it."))
    assert desk.read(desk.asking).status_code == 403
    told(desk.step(officer, f"{path}/resume", comment="It was fine."))
    assert desk.read(desk.asking).status_code == 200
    told(desk.step(desk.leading, f"{path}/revoke"))
    assert desk.read(desk.asking).status_code == 403
    assert [each["state"] for each in told(line_of(desk.asking).get(f"{GRANTS}?whose=own"))["data"]] == ["revoked"]


def test_a_review_is_claimed_referred_and_concluded_by_who_took_no_part(desk: Desk) -> None:
    desk.granted()
    auditor = desk.scene.service
    (review,) = told(line_of(auditor).get(REVIEWS))["data"]
    path = f"{REVIEWS}/{review['id']}"

    assert refused_by(desk.step(desk.leading, f"{path}/claim")) == "guard: no part in it"
    told(desk.step(auditor, f"{path}/claim"))
    told(desk.step(auditor, f"{path}/refer", comment="Somebody else knows this customer."))
    claimed = told(desk.step(auditor, f"{path}/claim"))
    said = {"verdict": "remarked", "comment": "Once was enough."}
    assert refused_by(desk.step(auditor, f"{path}/conclude", **said)) == "guard: has ended"
    told(desk.step(desk.asking, f"{GRANTS}/{review['grant']['id']}/relinquish"))
    concluded = told(desk.step(auditor, f"{path}/conclude", **said))

    assert claimed["requested"]["justification"].startswith(WHY)
    assert concluded["state"] == "remarked"
    assert told(line_of(desk.asking).get(path))["requested"]["reason"] == "customer_support_case"


def test_an_approval_of_a_stopped_program_counts_no_more(desk: Desk) -> None:
    request = desk.asked()
    decided = told(desk.step(desk.leading, f"{REQUESTS}/{request['id']}/approve", shown=request["shown"]))
    system, lead = system_caller(desk.scene.environment.id), desk.leading.client
    change_client(system, client_id=lead.public_id, name="", description="", is_disabled=True)

    assert refused_by(desk.step(desk.asking, f"{GRANTS}/{decided['grant_id']}/activate")) == "guard: still approved"


def test_rules_and_tickets_are_an_officers(desk: Desk) -> None:
    officer = desk.scene.line
    rule = told(officer.post("/governance/access-rules", {"name": "Two", "approvals": 2, "factor_minutes": None}), 201)
    path = f"/governance/access-rules/{rule['id']}"
    changed = told(officer.put(path, {"longest_minutes": 45}))
    assert (changed["approvals"], changed["longest_minutes"], changed["factor_minutes"]) == (2, 45, None)
    told_problem(officer.put(path, {"approvals": 0}), 400)
    told_problem(officer.put(path, {"review_within_hours": 40_000}), 400)
    assert line_of(desk.asking).put(path, {"approvals": 1}).status_code == 403
    assert line_of(desk.asking).get("/governance/tickets").status_code == 403
    clerk = Account.objects.create(username=f"clerk-{uuid4().hex[:6]}", kind=Account.OPERATOR)
    ticket = told(officer.post("/governance/tickets", {"reference": "A/7", "assignee": clerk.username}), 201)
    (found,) = told(officer.get("/governance/tickets?filter=('reference',EQ,'A/7')"))["data"]
    assert found == ticket
    assert told(officer.post(f"/governance/tickets/{ticket['id']}/close"))["closed_at"]
    told_problem(officer.post(f"/governance/tickets/{ticket['id']}/close"), 404)
    assert officer.delete(path).status_code == 204


def test_who_lost_every_right_still_sees_and_gives_up_what_was_granted(desk: Desk) -> None:
    grant = desk.granted()
    with in_environment(desk.scene.environment.id):
        right = Right.objects.get(user=desk.asking.client.account)
    withdraw_right(system_caller(desk.scene.environment.id), right=right)

    assert desk.read(desk.asking).status_code == 403
    assert told(desk.step(desk.asking, f"{GRANTS}/{grant}/relinquish"))["state"] == "relinquished"
    assert Line(None).post(f"{GRANTS}/{grant}/relinquish").status_code == 401
