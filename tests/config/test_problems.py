"""What went wrong becomes a number, a text that Sealbook wrote, and the dialect of the path."""

from __future__ import annotations

import logging
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from config.problems import STATUS, TITLES, Problem, answer
from tests.config.urls import DECISION, MARK

EXPECTED = {
    "invalid": 400,
    "refused": 403,
    "conflict": 409,
    "unauthenticated": 401,
    "throttled": 429,
    "audit": 503,
    "kms": 503,
    "unsealable": 500,
    "database": 503,
    "missing": 404,
    "denied": 403,
    "suspicious": 400,
    "choice": 400,
    "nested": 400,
    "media": 415,
    "slow": 429,
    "no_sandbox": 503,
    "suspended": 503,
    "killed": 503,
    "unknown": 500,
    "overtaken": 409,
    "broken_law": 500,
}


@pytest.mark.parametrize(("name", "status"), EXPECTED.items())
def test_wire_paths_answer_in_the_wire_contract(around: Client, name: str, status: int) -> None:
    answered = around.get(f"/userstore/fail/{name}")
    assert answered.status_code == status
    assert answered["Content-Type"] == "application/json"
    body = answered.json()
    assert body["error"]
    assert body["request_id"] == answered["X-Request-Id"]
    assert MARK not in answered.content.decode()


@pytest.mark.parametrize(("name", "status"), EXPECTED.items())
def test_the_rest_of_the_api_answers_problem_documents(around: Client, name: str, status: int) -> None:
    answered = around.get(f"/governance/fail/{name}")
    assert answered.status_code == status
    assert answered["Content-Type"] == "application/problem+json"
    document = answered.json()
    assert document["status"] == status
    assert document["instance"] == answered["X-Request-Id"]
    assert {"type", "title", "detail"} <= document.keys()
    assert MARK not in answered.content.decode()


@pytest.mark.parametrize("name", ["missing", "denied", "suspicious", "unknown"])
@pytest.mark.parametrize("prefix", ["/userstore/plain/", "/governance/plain/", "/pages/plain/"])
def test_outside_the_framework_the_same_holds(around: Client, prefix: str, name: str) -> None:
    answered = around.get(prefix + name)
    kind = {"/userstore/": "application/json", "/governance": "application/problem+json"}.get(prefix[:11], "text/html")
    assert answered.status_code == EXPECTED[name]
    assert answered["Content-Type"].split(";")[0] == kind
    assert answered["X-Request-Id"] in answered.content.decode()
    assert MARK not in answered.content.decode()


def test_an_error_says_field_position_and_remedy(around: Client) -> None:
    told = {"field": "selector", "position": 7, "remedy": "Define it first."}
    wire, document = around.get("/userstore/fail/invalid").json(), around.get("/governance/fail/invalid").json()
    assert wire["error"] == document["detail"] == "No such column."
    assert told.items() <= wire.items()
    assert told.items() <= document.items()


def test_a_refusal_names_its_decision(around: Client) -> None:
    for prefix in ("/userstore", "/governance"):
        answered = around.get(f"{prefix}/fail/refused")
        assert answered["X-Sealbook-Decision"] == str(DECISION)
        assert UUID(answered.json()["decision_id"]) == DECISION
        assert answered.json()["reasons"] == ["no_right"]


def test_a_conflict_carries_the_object_that_wire_clients_read(around: Client) -> None:
    expected = {"error": "The name is taken.", "id": str(DECISION), "identical": True}
    assert around.get("/userstore/fail/conflict").json()["error"] == expected
    assert around.get("/governance/fail/conflict").json()["conflict"] == expected


def test_who_is_unknown_is_told_how_to_introduce_oneself(around: Client) -> None:
    assert around.get("/userstore/fail/unauthenticated")["WWW-Authenticate"] == "Bearer"


def test_who_is_throttled_is_told_how_long(around: Client) -> None:
    assert around.get("/userstore/fail/slow")["Retry-After"] == "4"


def test_a_validation_error_names_the_field_and_not_what_was_sent(around: Client) -> None:
    document = around.get("/governance/fail/choice").json()
    assert document["detail"] == "index_type is not one of the choices"
    assert document["field"] == "index_type"


def test_the_unforeseen_says_nothing_but_the_request_id(around: Client) -> None:
    assert around.get("/userstore/fail/unknown").json().keys() == {"error", "request_id"}
    assert around.get("/governance/fail/unknown").json()["detail"] == TITLES["internal"]


def test_what_failed_on_our_side_is_logged_by_kind(around: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="config.problems"):
        around.get("/userstore/fail/invalid")
        around.get("/userstore/fail/audit")
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [(record.name, vars(record)["kind"]) for record in errors] == [("config.problems", "unavailable")]


def test_a_page_that_cannot_be_rendered_is_still_an_answer(around: Client, settings: Settings) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [], "APP_DIRS": False}]
    answered = around.get("/pages/plain/unknown")
    assert answered.status_code == 500
    assert answered["X-Request-Id"] in answered.content.decode()


def test_a_form_that_expired_is_refused_with_a_page(around: Client) -> None:
    answered = Client(enforce_csrf_checks=True).post("/pages/session")
    assert answered.status_code == 403
    assert answered["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("kind", STATUS)
def test_every_kind_has_a_title_and_a_status(kind: str) -> None:
    assert TITLES[kind]
    assert answer(Problem(kind, TITLES[kind]), path="/audit/entries").status_code == STATUS[kind]
