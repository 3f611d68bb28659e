"""Request ids, one line per request, and a console chain that the API does not pay for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from audit.context import request_id
from config.logs import RequestLineFormatter
from tests.config.urls import ENVIRONMENT


class Recorded(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(RequestLineFormatter().format(record))

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.texts[-1])
        return line


@pytest.fixture
def requests() -> Iterator[Recorded]:
    recorded = Recorded()
    logger = logging.getLogger("sealbook.request")
    logger.addHandler(recorded)
    yield recorded
    logger.removeHandler(recorded)


def test_every_answer_names_a_fresh_request_id_that_the_view_sees_too(around: Client) -> None:
    first, second = around.get("/userstore/subjects/1"), around.get("/userstore/subjects/1")
    assert UUID(first["X-Request-Id"]) != UUID(second["X-Request-Id"])
    assert first.content.decode() == first["X-Request-Id"]
    assert request_id.get() is None


def test_a_sane_request_id_of_the_caller_is_kept(around: Client) -> None:
    answer = around.get("/userstore/subjects/1", headers={"X-Request-Id": "trace_1.A-b"})
    assert answer["X-Request-Id"] == answer.content.decode() == "trace_1.A-b"


@pytest.mark.parametrize("sent", ["", "a" * 65, "two words", "x@example.com", "é", "a\n"])
def test_any_other_request_id_is_replaced(around: Client, sent: str) -> None:
    assert UUID(around.get("/userstore/subjects/1", headers={"X-Request-Id": sent})["X-Request-Id"])


def test_one_line_per_request_names_the_pattern_and_never_the_path(around: Client, requests: Recorded) -> None:
    answer = around.get("/userstore/subjects/somebody@example.com?phone=555-0101")
    assert len(requests.texts) == 1
    assert "somebody" not in requests.texts[0]
    assert "555-0101" not in requests.texts[0]
    line = requests.last
    assert line.pop("milliseconds") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info",
        "event": "request",
        "method": "GET",
        "route": "userstore/subjects/<str:subject>",
        "status": 200,
        "request_id": answer["X-Request-Id"],
        "environment": str(ENVIRONMENT),
    }


def test_the_environment_comes_from_the_caller_as_well(around: Client, requests: Recorded) -> None:
    around.get("/userstore/called")
    assert requests.last["environment"] == str(ENVIRONMENT)


def test_an_unknown_address_and_an_unknown_method_are_not_repeated(around: Client, requests: Recorded) -> None:
    around.generic("SOMEBODY", "/userstore/nowhere/somebody@example.com")
    assert requests.last["route"] == "unresolved"
    assert requests.last["method"] == "other"
    assert requests.last["status"] == 404
    assert "somebody" not in requests.texts[0].lower()


def test_a_streamed_body_still_knows_its_request(around: Client) -> None:
    answer = around.get("/userstore/streamed")
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a streaming answer
    assert body.decode() == answer["X-Request-Id"]
    assert request_id.get() is None


@pytest.mark.parametrize(
    ("path", "expected"), [("/userstore/session", b"no"), ("/governance/session", b"no"), ("/pages/session", b"yes")]
)
def test_only_pages_have_a_session(around: Client, path: str, expected: bytes) -> None:
    assert around.get(path).content == expected


def test_pages_carry_a_strict_policy_and_the_api_none(around: Client) -> None:
    page, api = around.get("/pages/session"), around.get("/userstore/session")
    assert "script-src 'self';" in page["Content-Security-Policy"] + ";"
    assert "unsafe" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" not in api


def test_the_admin_alone_may_evaluate(around: Client) -> None:
    policy = around.get("/admin/page")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "unsafe-inline" not in policy


def test_a_form_without_its_token_is_refused_on_pages_and_needless_on_the_api(around: Client) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    assert strict.post("/pages/session").status_code == 403
    assert strict.post("/userstore/session").status_code == 200


def test_the_checks_of_the_admin_accept_the_chain() -> None:
    from django.contrib.admin.checks import check_dependencies

    assert [found for found in check_dependencies() if found.id in ("admin.E408", "admin.E409", "admin.E410")] == []
