"""Temporary access that its holder hands on to a client: who takes it with which key, and what it opens."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest

from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.delegations import MOST_AT_ONCE
from governance.actions.freezes import freeze
from governance.identities import system_caller
from governance.models import Delegation, Notice
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import NUMBER, body, line_of
from tests.api.desk import GRANTS, refused_by, told, told_problem
from tests.api.handing import DELEGATIONS, READ, UNMASK, Handing, new_handing
from tests.api.proving import Key, new_ed25519_key
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

begun, handing = beginning(new_handing)


def refusal_of(answer: Any, status: int = 403) -> str:
    """The reason that a call of the wire contract was refused for."""
    return str(told(answer, status)["reasons"][0])


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_what_was_handed_on_is_read_with_a_proof_and_the_book_names_both(handing: Handing) -> None:
    key = Key()
    offered = handing.offered()
    answer = told(key.take(handing.bot, offered["code"]))

    rows = body(handing.read(key, answer["access_token"]))["data"]

    assert json.loads(json.loads(rows[0])["phone"]) == [NUMBER]
    assert (answer["token_type"], offered["state"]) == ("DPoP", "accepted")
    entry = handing.booked("accessor.executed")[0]
    asking = handing.desk.asking.client.public_id
    assert (entry.actor.id, entry.actor.via) == (asking, (handing.bot.client.public_id,))
    assert (entry.facts["grant"], entry.facts["delegation"]) == (handing.grant, offered["id"])
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["act"]["sub"]) == (str(asking), str(handing.bot.client.public_id))
    assert (claims["grant"], claims["jti"], claims["exp"] - claims["iat"] <= 600) == (
        handing.grant,
        offered["id"],
        True,
    )
    assert str(handing.desk.scene.subject) not in json.dumps(claims), "a token names nobody"

    told(line_of(handing.desk.asking).post(f"{GRANTS}/{handing.grant}/relinquish"))
    decision = f"/governance/decisions/{handing.read(key, answer['access_token'])['X-Sealbook-Decision']}"
    assert told(line_of(handing.desk.asking).get(decision))["decided_by"]["code"].startswith("grant: ")
    told_problem(line_of(handing.bot).get(decision), 404)
    with in_environment(handing.desk.scene.environment.id):
        assert Notice.objects.filter(kind="delegation.taken", account=handing.desk.asking.client.account).exists()


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_a_proof_is_for_one_request_one_token_one_key_and_once(handing: Handing) -> None:
    key, other = new_ed25519_key(), Key()
    token, another = handing.taken(key), handing.taken(key)
    used = key.proof(READ, token=token)
    asked = handing.desk.scene.read_body()
    assert key.call(token, READ, asked, proof=used).status_code == 200

    def refused(proof: str) -> str:
        answer = key.call(token, READ, asked, proof=proof)
        assert 'error="invalid_dpop_proof"' in answer["WWW-Authenticate"]
        return refusal_of(answer, 401)

    assert refused(used) == "dpop: replayed"
    assert refused(other.proof(READ, token=token)) == "dpop: key"
    assert refused(key.proof(UNMASK, token=token)) == "dpop: address"
    assert refused(key.proof(READ, token=token, htm="GET")) == "dpop: method"
    assert refused(key.proof(READ, token=another)) == "dpop: token"
    assert refused(key.proof(READ)) == "dpop: token"
    assert refused(key.proof(READ, token=token, iat=time.time() - 61)) == "dpop: time"
    assert refused(key.proof(READ, token=token, iat=time.time() + 30)) == "dpop: time"
    assert refused(key.proof(READ, token=token, jti=None)) == "dpop: malformed"
    assert refused(key.proof(READ, token=token, header={"jwk": new_ed25519_key().jwk})) == "dpop: signature"
    assert refused(key.proof(READ, token=token, header={"typ": "JWT"})) == "dpop: malformed"
    missing = handing.desk.scene.line.browser.post(
        READ, asked, content_type="application/json", HTTP_AUTHORIZATION=f"DPoP {token}"
    )
    assert refusal_of(missing, 401) == "dpop: missing"
    refusals = [entry.facts["reasons"][0] for entry in handing.booked("delegation.proof_refused")]
    assert set(refusals) == {f"dpop: {code}" for code in (
        "replayed", "key", "address", "method", "token", "time", "malformed", "signature", "missing",
    )}  # fmt: skip


def test_a_bound_token_is_no_bearer_token_and_a_bearer_token_is_not_bound(handing: Handing) -> None:
    key = Key()
    token = handing.taken(key)
    asked = handing.desk.scene.read_body()
    line = line_of(handing.desk.asking)
    own, line.token = line.token or "", token

    assert refusal_of(line.post(READ, asked), 401) == "dpop: bearer"
    assert line.get("/governance/access-requests").status_code == 401
    assert line.post("/userstore/api/mutators", handing.desk.scene.write_body()).status_code == 401
    assert refusal_of(key.call(own, READ, asked), 401) == "dpop: not bound"
    mutators = "/userstore/api/mutators"
    assert key.call(token, mutators, handing.desk.scene.write_body()).status_code == 401, "it only reads"
    assert key.call(token + "x", READ, asked).status_code == 401


def test_only_the_client_takes_it_once_in_time_with_the_named_key(handing: Handing) -> None:
    key = Key()
    code = handing.offered()["code"]

    def described(answer: Any) -> str:
        return str(told(answer, 400)["error_description"])

    wrong = described(key.take(handing.desk.outsider, code))
    assert wrong == "delegation: there is none for this client to take"
    assert described(key.take(handing.bot, code + "x")) == wrong
    assert described(key.take(handing.bot, code, proof="")).startswith("dpop: malformed")
    assert told(key.take(handing.bot, code))["token_type"] == "DPoP"
    assert described(key.take(handing.bot, code)) == "delegation: it was taken before"
    named = handing.offered(key="A" * 43)["code"]
    assert described(key.take(handing.bot, named)) == "dpop: key"
    ended = handing.offered()
    told(line_of(handing.bot).post(f"{DELEGATIONS}/{ended['id']}/end"))
    assert described(key.take(handing.bot, ended["code"])) == "delegation: ended"


def test_what_is_handed_on_is_never_more_than_was_granted(handing: Handing) -> None:
    line = line_of(handing.desk.asking)

    def refused(status: int = 400, **asked: Any) -> Any:
        return told_problem(line.post(DELEGATIONS, handing.offer(**asked)), status)

    assert refused(columns=[str(uuid4())])["field"] == "columns"
    assert refused(subjects=[str(uuid4())])["field"] == "subjects"
    assert refused(columns=[])["field"] == "columns"
    assert refused(minutes=11)["field"] == "minutes"
    assert refused(justification="because")["field"] == "justification"
    assert refused(key="short")["field"] == "key"
    assert refused(404, client_id=str(uuid4()))["field"] == "client_id"
    assert refused(404, grant_id=str(uuid4()))["field"] == "grant_id"
    outsider = str(handing.desk.outsider.client.public_id)
    assert refused(403, client_id=outsider)["reasons"] == ["delegation: the client has no right to act for others here"]
    own = str(handing.desk.asking.client.public_id)
    assert refused(403, client_id=own)["reasons"] == ["delegation: nobody hands on to themselves"]
    assert line_of(handing.desk.leading).post(DELEGATIONS, handing.offer()).status_code == 404, "it is not theirs"
    assert line_of(handing.desk.outsider).post(DELEGATIONS, handing.offer()).status_code == 403
    define_access_rule(system_caller(handing.desk.scene.environment.id), name="Strict", terms=RuleTerms())
    assert refused(403)["reasons"] == ["guard: fresh factor"], "a program proves none"


def test_nobody_offers_without_end(handing: Handing) -> None:
    line = line_of(handing.desk.asking)
    offered = [handing.offered()["id"] for _ in range(MOST_AT_ONCE)]
    assert refused_by(line.post(DELEGATIONS, handing.offer())) == "delegation: there are too many of this access"
    told(line.post(f"{DELEGATIONS}/{offered[0]}/end"))
    assert handing.offered()["state"] == "accepted"


def test_whatever_ends_for_either_of_them_ends_on_the_next_call(handing: Handing) -> None:
    desk, key = handing.desk, Key()
    system = system_caller(desk.scene.environment.id)
    token = handing.taken(key)
    path = f"{GRANTS}/{handing.grant}"
    assert handing.read(key, token).status_code == 200

    told(desk.step(desk.scene.service, f"{path}/suspend", comment="Somebody looks into it."))
    assert refusal_of(handing.read(key, token)).startswith(f"grant: {handing.grant} gives no access")
    told(desk.step(desk.scene.service, f"{path}/resume", comment="It was fine."))
    assert handing.read(key, token).status_code == 200
    freeze(system, kind="client", target_id=handing.bot.client.public_id, reason="It may be stolen.")
    assert refusal_of(handing.read(key, token)) == "freeze: this client"


def test_a_delegation_is_ended_by_those_who_had_a_part_and_by_officers(handing: Handing) -> None:
    desk, key = handing.desk, Key()
    first, second = handing.offered(), handing.offered()
    token = told(key.take(handing.bot, first["code"]))["access_token"]
    path = f"{DELEGATIONS}/{first['id']}"
    writer = cast.new_player(desk.scene.environment, "writer", write=True)

    assert line_of(desk.outsider).post(f"{path}/end").status_code == 403
    assert refused_by(line_of(writer).post(f"{path}/end")) == "guard: may end"
    told(line_of(desk.leading).post(f"{path}/end"))

    assert refusal_of(handing.read(key, token)) == "delegation: ended, or never taken by this client with this key"
    assert refused_by(line_of(desk.asking).post(f"{path}/end")) == "delegation: ended"
    assert told(desk.scene.line.post(f"{DELEGATIONS}/{second['id']}/end"))["state"] == "ended"


def test_who_sees_a_delegation_and_what_of_it(handing: Handing) -> None:
    desk = handing.desk
    offered = handing.offered(key="A" * 43)
    path = f"{DELEGATIONS}/{offered['id']}"

    own, bots = told(line_of(desk.asking).get(path)), told(line_of(handing.bot).get(path))
    officers, leads = told(desk.scene.line.get(path)), told(line_of(desk.leading).get(path))

    assert bots["subjects"] is None, "whom it is about, the program learns with the access"
    told(Key().take(handing.bot, told(line_of(desk.asking).post(DELEGATIONS, handing.offer()), 201)["code"]))
    reading = next(each for each in told(line_of(handing.bot).get(DELEGATIONS))["data"] if each["state"] == "taken")
    bots = told(line_of(handing.bot).get(f"{DELEGATIONS}/{reading['id']}"))
    assert own["justification"].startswith("The bot writes") and leads["justification"] == own["justification"]
    assert "code" not in own and offered["code"]
    assert (bots["justification"], bots["subjects"]) == (None, [str(desk.scene.subject)])
    assert own["columns"] == [{"id": str(desk.scene.column), "name": "phone"}]
    assert (officers["client"], officers["state"]) == ("answer-bot", "accepted")
    told_problem(line_of(cast.new_player(desk.scene.environment, "writer", write=True)).get(path), 404)
    assert line_of(desk.outsider).get(path).status_code == 403
    listed = next(each for each in told(line_of(handing.bot).get(DELEGATIONS))["data"] if each["state"] == "accepted")
    assert "justification" not in listed and listed["id"] == offered["id"]
    with in_environment(desk.scene.environment.id):
        row = Delegation.objects.get(pk=offered["id"])
    assert offered["code"] not in row.code and len(row.code) == 64


def test_who_asked_for_somebody_else_only_offers(handing: Handing) -> None:
    desk, key = handing.desk, Key()
    helper = cast.new_player(desk.scene.environment, "night-shift", request=True)
    request = desk.asked(grantee=str(helper.client.account_id))
    decided = told(
        desk.step(desk.leading, f"/governance/access-requests/{request['id']}/approve", shown=request["shown"])
    )
    grant = decided["grant_id"]
    closed = line_of(desk.asking).post(DELEGATIONS, handing.offer(grant_id=grant))
    assert refused_by(closed).startswith(f"grant: {grant} gives no access")
    told(desk.step(helper, f"{GRANTS}/{grant}/activate"))
    offered = handing.offered(grant_id=grant)
    path = f"{DELEGATIONS}/{offered['id']}/accept"

    assert (offered["code"], offered["state"], offered["not_after"]) == (None, "offered", None)
    assert refused_by(line_of(desk.asking).post(path)) == "guard: grantee"
    accepted = told(line_of(helper).post(path))
    assert refused_by(line_of(helper).post(path)) == "delegation: it was accepted before"
    token = told(key.take(handing.bot, accepted["code"]))["access_token"]
    assert handing.read(key, token).status_code == 200
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == str(helper.client.public_id)


def test_an_emergency_is_not_handed_on(handing: Handing) -> None:
    urgent = handing.desk.wish(reason="incident_response")
    grant = told(line_of(handing.desk.asking).post("/governance/emergencies", urgent), 201)["id"]
    refused = line_of(handing.desk.asking).post(DELEGATIONS, handing.offer(grant_id=grant))
    assert refused_by(refused) == "delegation: an emergency is not handed on"
