"""A client with every right in A against the objects of B, over real HTTP: not even their existence shows."""

from __future__ import annotations

import json
import re
from urllib.parse import quote
from uuid import UUID

import jwt
import pytest

from audit import queries
from governance.actions.signing import ensure_signing_key
from governance.tokens.access import ALGORITHM, issue_access_token
from governance.tokens.signing import private_key_of
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import NUMBER, Scene
from tests.api.test_isolation_matrix import PUBLIC, every_call
from tests.attacks.foreign import Aim, Home, aims, filled, furnished_home, told, unknown_ids
from tests.attacks.web import Answer, Web
from userstore.models import Subject

pytestmark = pytest.mark.django_db(transaction=True)


def token_of(player: cast.Player) -> str:
    return issue_access_token(player.client, key=ensure_signing_key())[0]


def sent(web: Web, token: str, aim: Aim, ids: dict[str, str]) -> Answer:
    path = f"/{filled(aim.route + aim.query, ids)}"
    return web.send(aim.method, path, filled(aim.body, ids), token=token)


def book_of(scene: Scene) -> int:
    return sum(1 for _ in queries.every_entry(environment_id=scene.environment.id))


def as_route(route: str) -> str:
    """The route with any placeholder, whatever its name and type. Rules are the same ones in every environment."""
    route = route.replace("detections/D33", "detections/*")
    return re.sub(r"<[^>]*>|\{\w+\}|account-right-\{\w+\}", "*", route.replace("account-right-{right}", "*-right-*"))


def test_every_call_of_the_api_is_aimed_at_the_other_environment() -> None:
    aimed = {(aim.method, as_route(aim.route)) for aim in aims()}
    public = {(method, as_route(route)) for route, methods in PUBLIC.items() for method in methods}
    asked = {(method, as_route(route)) for method, route in every_call() if method != "HEAD"}
    assert aimed == asked - public


def test_objects_of_another_environment_answer_like_objects_that_never_were(web: Web) -> None:
    """Also after the attacker made objects of its own under B's ids: the same ids are free in every environment."""
    here, there = furnished_home("+49 151 5550101"), furnished_home()
    token, nowhere = token_of(here.scene.service), unknown_ids(there.ids)
    before = book_of(there.scene)
    leaks = {}
    for aim in aims():
        theirs, nobodys = sent(web, token, aim, there.ids), sent(web, token, aim, nowhere)
        assert theirs.status < 500, (aim, theirs.body)
        if told(theirs, there.ids) != told(nobodys, nowhere):
            leaks[f"{aim.method} {aim.route}"] = (theirs.status, theirs.body, nobodys.status, nobodys.body)
        assert NUMBER.encode() not in theirs.body
    assert leaks == {}
    assert book_of(there.scene) == before
    nothing_happened_to(there, web)


def nothing_happened_to(home: Home, web: Web) -> None:
    token = token_of(home.scene.service)
    read = web.post("/userstore/api/accessors", home.scene.read_body(), token=token)
    assert (read.status, NUMBER in read.body.decode()) == (200, True)
    policy = f"/tokenizer/policies/access/{home.ids['policy']}"
    assert web.get(policy, token=token).json["version"] == 0
    assert web.get(f"/governance/clients/{home.ids['client']}", token=token).json["is_disabled"] is False
    assert [each["id"] for each in web.get("/governance/freezes", token=token).json["data"]] == [home.ids["freeze"]]


@pytest.mark.nightly
def test_lists_of_one_environment_name_nothing_of_another(web: Web) -> None:
    here, there = furnished_home(), furnished_home()
    token = token_of(here.scene.service)
    shown = b"".join(
        web.get(f"/{aim.route}", token=token).body for aim in aims() if aim.method == "GET" and "{" not in aim.route
    )
    assert here.ids["column"].encode() in shown
    ids = {name: value for name, value in there.ids.items() if len(value) == 36}
    assert {name for name, value in ids.items() if value.encode() in shown} == set()


def test_an_access_token_counts_in_the_environment_of_its_client_alone(web: Web) -> None:
    """Even one that our own key signed: a client is looked for where the token says that it lives."""
    here, there = furnished_home(), furnished_home()
    good = token_of(here.scene.service)
    key = ensure_signing_key()
    claims = jwt.decode(good, options={"verify_signature": False})
    moved = {**claims, "environment": str(there.scene.environment.id)}
    signed = jwt.encode(moved, private_key_of(key), algorithm=ALGORITHM, headers={"kid": str(key.id)})
    head, _, signature = good.split(".")
    forged = f"{head}.{signed.split('.')[1]}.{signature}"
    unsigned = jwt.encode(moved, None, algorithm="none", headers={"kid": str(key.id)})
    for token in (signed, forged, unsigned):
        assert web.post("/userstore/api/accessors", there.scene.read_body(), token=token).status == 401
    assert web.post("/userstore/api/accessors", here.scene.read_body(), token=good).status == 200


def test_a_data_token_of_one_environment_is_unknown_in_another(web: Web) -> None:
    here, there = furnished_home(), furnished_home()
    mine, theirs = token_of(here.scene.service), token_of(there.scene.service)
    asked = {"tokens": [there.ids["token"], of_subject(web, there)], "context": {}, "purposes": []}
    foreign = web.post("/tokenizer/tokens/actions/resolve", asked, token=mine)
    assert [each["data"] for each in foreign.json] == ["", ""]
    assert web.send("DELETE", f"/tokenizer/tokens?token={quote(asked['tokens'][1])}", token=mine).status == 400
    resolved = web.post("/tokenizer/tokens/actions/resolve", asked, token=theirs)
    assert [each["data"] for each in resolved.json] == [there.ids["raw"], NUMBER]


def of_subject(web: Web, home: Home) -> str:
    body = {"accessor_id": home.ids["tokens"], "context": {}, "selector_values": [home.ids["subject"]]}
    answer = web.post("/userstore/api/accessors", body, token=token_of(home.scene.service))
    assert answer.status == 200, answer.body
    return str(json.loads(json.loads(answer.json["data"][0])["phone"])[0])


def test_a_cursor_of_one_environment_opens_no_page_in_another(web: Web) -> None:
    here, there = furnished_home(), furnished_home()
    with in_environment(there.scene.environment.id):
        subjects = [str(each) for each in Subject.objects.values_list("public_id", flat=True)]
    assert subjects == [there.ids["subject"]]
    more = web.post("/authn/users", {}, token=token_of(there.scene.service)).json["id"]
    page = f"/authn/users?limit=1&starting_after=id:{min(more, subjects[0])}"
    assert web.get(page, token=token_of(there.scene.service)).json["data"][0]["id"] == max(more, subjects[0])
    found = web.get(page, token=token_of(here.scene.service)).json["data"]
    assert {each["id"] for each in found} <= {here.ids["subject"]}


def test_a_cursor_of_an_accessor_is_refused_like_an_invented_one(web: Web) -> None:
    here, there = furnished_home(), furnished_home()
    everybody = "{id} IS NOT NULL"
    cursors = [paging(web, home, everybody) for home in (here, there)]
    token, body = token_of(here.scene.service), {"accessor_id": cursors[0][0], "context": {}, "selector_values": []}
    answers = [
        web.post(f"/userstore/api/accessors?limit=1&starting_after={cursor}", body, token=token)
        for cursor in (cursors[1][1], "invented", cursors[0][1])
    ]
    assert [answer.status for answer in answers] == [400, 400, 200]
    assert told(answers[0], {})[2] == told(answers[1], {})[2]


def paging(web: Web, home: Home, selector: str) -> tuple[str, str]:
    """An accessor that reads everybody page by page, and the cursor behind its first page of two."""
    token = token_of(home.scene.service)
    second = web.post("/authn/users", {}, token=token).json["id"]
    write = home.scene.write_body("+49 151 5550177")
    assert web.post("/userstore/api/mutators", {**write, "selector_values": [second]}, token=token).status == 200
    stored = web.get(f"/userstore/config/accessors/{home.ids['accessor']}", token=token).json
    paged = {**stored, "name": "Everybody", "id": str(UUID(int=7)), "selector_config": {"where_clause": selector}}
    made = web.post("/userstore/config/accessors", {"accessor": paged}, token=token)
    assert made.status == 201, made.body
    body = {"accessor_id": made.json["id"], "context": {}, "selector_values": []}
    first = web.post("/userstore/api/accessors?limit=1", body, token=token).json
    assert first["has_next"] is True
    return made.json["id"], first["next"]


def test_an_idempotency_key_of_one_environment_is_new_in_another(web: Web) -> None:
    here, there = furnished_home(), furnished_home()
    before = len(queries.entries(environment_id=here.scene.environment.id, kinds=["subject.created"]))
    key = [("Idempotency-Key", "the very same key")]
    subject = str(UUID(int=11))
    theirs = web.post("/authn/users", {"id": subject}, token=token_of(there.scene.service), headers=key)
    mine = web.post("/authn/users", {"id": subject}, token=token_of(here.scene.service), headers=key)
    assert (theirs.status, mine.status) == (200, 200)
    assert len(queries.entries(environment_id=here.scene.environment.id, kinds=["subject.created"])) == before + 1
    other = web.post("/authn/users", {"id": str(UUID(int=12))}, token=token_of(here.scene.service), headers=key)
    assert other.status == 409
    outsider = token_of(cast.new_player(there.scene.environment, "outsider"))
    assert web.post("/authn/users", {"id": subject}, token=outsider, headers=key).status == 403
