"""Valid calls of every address with one thing wrong: each is answered as the OpenAPI document says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import pytest

from tests.attacks.foreign import aims, filled
from tests.contracts.damage import (
    BODIES,
    DAMAGE,
    HEADERS,
    MEDIA_TYPES,
    PLACES,
    QUERIES,
    places_in,
    with_damage,
    without,
    written,
)
from tests.contracts.described_api import FAMILIES, DescribedApi, described_api

pytestmark = pytest.mark.django_db

DISCOVERY = "/.well-known/openid-configuration"
OTHER_METHODS = ("PATCH", "TRACE", "PROPFIND", "OPTIONS", "HEAD")
STRIDE, LONG_STRIDE = 401, 7
"""Every so many damages are sent; primes, so that another kind falls on each call."""


@dataclass(frozen=True, slots=True)
class Valid:
    """A call as it should be."""

    operation: Any
    path: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Damaged:
    """The same call with one thing wrong."""

    valid: Valid
    path: str
    body: Callable[[], bytes | None]
    headers: dict[str, str] | None = None
    method: str | None = None


@pytest.fixture
def api() -> Iterator[DescribedApi]:
    with described_api() as found:
        yield found


@pytest.mark.parametrize(
    "stride",
    [
        pytest.param(STRIDE, id="quick"),
        pytest.param(LONG_STRIDE, id="long", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)
def test_a_call_with_one_thing_wrong_is_answered_as_the_document_says(api: DescribedApi, stride: int) -> None:
    for damaged in islice(damages(api), None, None, stride):
        if damaged.method is None:
            api.ask(damaged.valid.operation, damaged.path, body=damaged.body(), headers=damaged.headers)
            continue
        answer = api.web.open(damaged.path, method=damaged.method, headers=api.credentials("service"))
        if answer.status_code not in {200, 400, 404, 405}:  # 400: HEAD of a list that needs a parameter
            api.note(damaged.valid.operation.label, f"{damaged.method} {answer.status_code}", damaged.path)
    assert api.faults == {}
    assert api.asked > 100


def damages(api: DescribedApi) -> Iterator[Damaged]:
    """Every call, damaged in every way: body, media type, query, headers, path, method."""
    for valid in calls(api):
        data = partial(written, valid.body) if valid.body is not None else lambda: None
        yield Damaged(valid, valid.path, data)
        if valid.body is not None:
            for body in damaged_bodies(valid.body):
                yield Damaged(valid, valid.path, body)
            for media_type in MEDIA_TYPES:
                yield Damaged(valid, valid.path, data, {"Content-Type": media_type})
        for name in (*asked_names(valid.operation), "unknown"):
            for query in QUERIES:
                yield Damaged(valid, f"{valid.path.partition('?')[0]}?{name}={query}", data)
        for header in HEADERS:
            yield Damaged(valid, valid.path, data, dict(header))
        if "{" in valid.operation.path:
            for place in PLACES:
                yield Damaged(valid, f"{valid.path.partition('?')[0].rpartition('/')[0]}/{place}", data)
        for method in OTHER_METHODS:
            yield Damaged(valid, valid.path, data, method=method)


def damaged_bodies(body: Any) -> Iterator[Callable[[], bytes]]:
    """The body with every damage at every place, without every part, and what is no body."""
    for place in places_in(body):
        for value in DAMAGE:
            yield partial(with_damage, body, place, value)
        if place:
            yield partial(without, body, place)
    for written_body in BODIES:
        yield partial(bytes, written_body)


def asked_names(operation: Any) -> list[str]:
    """The query parameters that the document gives an operation."""
    return [one["name"] for one in operation.definition.raw.get("parameters", ()) if one["in"] == "query"]


def described(route: str) -> str:
    """Return a route with all of its places, also those that a call fills in by itself."""
    route = route.replace("account-right-{right}", "{kind}-right-{number}")
    return route.replace("detections/D33", "detections/{detection}")


def calls(api: DescribedApi) -> list[Valid]:
    """A valid call of every operation, and of every family its objects sent back; what ends something comes last."""
    ids = api.home.ids
    found = [
        Valid(
            api.operation(aim.method, "/" + described(aim.route)),
            f"/{filled(aim.route + aim.query, ids)}",
            filled(aim.body, ids),
        )
        for aim in aims()
    ]
    for route, (wrapper, name) in FAMILIES.items():
        single = f"/{route}/{ids[name]}"
        stored = json.loads(api.web.open(single, headers=api.credentials("service")).data)
        named = "type_name" if "type_name" in stored else "name"
        fresh = {**stored, "id": None, named: "Fresh"}
        found.append(Valid(api.operation("PUT", f"/{route}/{{id}}"), single, {wrapper: stored}))
        found.append(Valid(api.operation("POST", f"/{route}"), f"/{route}", {wrapper: fresh}))
    found += [Valid(api.operation("GET", path), path) for path in ("/.well-known/jwks.json", DISCOVERY)]
    found += [Valid(api.operation(method, path), path, body) for method, path, body in further(api)]
    ranked = {one.label: rank for rank, one in enumerate(api.operations)}
    return sorted(found, key=lambda valid: ranked[valid.operation.label])


def further(api: DescribedApi) -> list[tuple[str, str, Any]]:
    """Calls with everything that a body can say."""
    right = {
        "holder": {"kind": "client", "id": api.home.ids["client"]}, "operation": "read",
        "resource": {"kind": "environment"},
        "not_before": "2030-01-31T12:00:00Z", "not_after": "2031-01-31T12:00:00Z",
        "quota_per_hour": 5, "is_deny": False,
    }  # fmt: skip
    login = {"username": "ada", "password": "correct horse battery", "authn_type": "password", "region": ""}
    items = [{"value": "x", "context": {"row": "1"}}]
    seal = {"purpose": {"name": "operational"}, "context": {"table": "t"}, "items": items}
    write = {**api.home.scene.write_body("+49 151 5550188"), "text_version": "v1", "until": "2040-01-31T12:00:00Z"}
    return [
        ("PUT", "/governance/environment", {"description": "told"}),
        ("POST", "/governance/rights", right),
        ("POST", "/authn/users", login),
        ("POST", "/seal/seal", seal),
        ("POST", "/userstore/api/mutators", write),
    ]
