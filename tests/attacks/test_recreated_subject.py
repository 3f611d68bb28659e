"""A subject that is erased and made again under the same id is somebody new."""

from __future__ import annotations

import re

import pytest

from audit import queries
from tests.api.calling import NUMBER
from tests.attacks.calls import Caller, new_caller
from tests.attacks.web import Web

pytestmark = pytest.mark.django_db(transaction=True)


def everything_of(caller: Caller) -> bytes:
    """Whatever the API says about the subject."""
    subject = caller.ids["subject"]
    return b"".join(
        answer.body
        for answer in (
            caller.read("accessor", subject),
            caller.read("find", [NUMBER]),
            caller.read("tokens", subject),
            caller.web.get(f"/authn/users/{subject}", token=caller.token),
            caller.resolve("token_of_subject"),
        )
    )


def test_nothing_of_an_erased_subject_comes_back_with_its_id(web: Web) -> None:
    caller = new_caller(web)
    subject = caller.ids["subject"]
    values = caller.post("/userstore/api/consents/list", {"user_id": subject}).json["data"]
    assert NUMBER.encode() in everything_of(caller)
    assert len(values) == 2
    assert web.send("DELETE", f"/authn/users/{subject}", token=caller.token).status == 204
    assert caller.post("/authn/users", {"id": subject}).json == {"id": subject}
    said = everything_of(caller)
    assert NUMBER.encode() not in said
    assert b"ada" not in re.sub(rb"[0-9a-f-]{8,}", b"", said)  # an id or a token may have these letters
    assert caller.resolve("token_of_subject").json[0]["data"] == ""
    inspected = caller.post("/tokenizer/tokens/actions/inspect", {"token": caller.ids["token_of_subject"]})
    assert inspected.status == 400
    assert caller.post("/userstore/api/consents/list", {"user_id": subject}).json["data"] == []
    again = {"user_id": subject, "purpose": "marketing", "permitted": True, "value_id": values[0]["value_id"]}
    assert caller.post("/userstore/api/consents", again).status in {400, 404}
    assert NUMBER.encode() not in everything_of(caller)


def test_the_new_subject_has_tokens_and_a_name_in_the_book_of_its_own(web: Web) -> None:
    caller = new_caller(web)
    subject, former = caller.ids["subject"], caller.ids["token_of_subject"]
    assert web.send("DELETE", f"/authn/users/{subject}", token=caller.token).status == 204
    assert caller.post("/authn/users", {"id": subject}).status == 200
    assert caller.post("/userstore/api/mutators", caller.home.scene.write_body()).status == 200
    handed_out = caller.read("tokens", subject).body
    assert former.encode() not in handed_out
    assert caller.resolve("token_of_subject").json[0]["data"] == ""
    made = queries.entries(environment_id=caller.home.scene.environment.id, kinds=["subject.created"])
    handles = [tuple(entry.facts["subjects"]) for entry in made]
    assert len(set(handles)) == len(handles) == 3  # one was made and erased beside it
