"""Tokens that a caller may not use look like tokens that do not exist."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse

from tests.api.calling import UUID_TRANSFORMER, Line, Scene, body, new_scene, recorded
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db(transaction=True)

DENY_ALL = UUID("c9c14750-b8f3-4507-bd3f-5c6562f0a6e6")
UNKNOWN = "00000000-1111-4222-8333-444444444444"

begun, scene = beginning(new_scene)


def withheld_token(line: Line) -> str:
    wanted = {
        "data": "somebody@example.com",
        "transformer_rid": {"id": str(UUID_TRANSFORMER)},
        "access_policy_rid": {"id": str(DENY_ALL)},
    }
    text: str = body(line.post("/tokenizer/tokens", wanted), 201)["data"]
    return text


def told(answer: HttpResponse) -> dict[str, Any]:
    """What an answer says, but for the ids that are new in every answer."""
    found = json.loads(answer.content)
    return {"status": answer.status_code, **{k: v for k, v in found.items() if k not in {"request_id", "decision_id"}}}


def test_a_withheld_token_looks_like_an_unknown_one_and_only_the_book_knows_why(scene: Scene) -> None:
    line = scene.line
    token = withheld_token(line)
    inspected = [
        told(line.post("/tokenizer/tokens/actions/inspect", {"token": text, "context": {}}))
        for text in (token, UNKNOWN)
    ]
    deleted = [told(line.delete(f"/tokenizer/tokens?token={text}")) for text in (token, UNKNOWN)]
    assert inspected[0] == inspected[1]
    assert deleted[0] == deleted[1]
    reasons = [entry.facts["reasons"] for entry in recorded(scene, "token.inspected", "refused")]
    assert reasons == [["token: unknown"], ["DenyAll: refuses"]]
