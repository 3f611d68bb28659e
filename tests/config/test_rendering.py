"""JSON goes in strictly and comes out without secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config.rendering import DEEPEST, BadJson, OrjsonRenderer, TooDeep, dump_json, load_json
from keyring.plain import Plain

MARK = "somebody@example.com"

documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(document=documents)
def test_what_is_dumped_reads_back(document: Any) -> None:
    assert load_json(dump_json(document)) == document


def test_ids_times_decimals_and_lazy_texts_have_their_wire_form() -> None:
    data = {
        "id": UUID(int=1),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "share": Decimal("0.1"),
        "title": gettext_lazy("Sealbook"),
    }
    assert json.loads(dump_json(data)) == {
        "id": "00000000-0000-0000-0000-000000000001",
        "at": "2026-01-02T03:04:05Z",
        "share": "0.1",
        "title": "Sealbook",
    }


@pytest.mark.parametrize("secret", [Plain(MARK), {"phone": Plain(MARK)}, b"bytes", object()])
def test_what_may_not_leave_is_refused_without_being_named(secret: object) -> None:
    with pytest.raises((TypeError, orjson.JSONEncodeError)) as caught:
        dump_json(secret)
    assert MARK not in str(caught.value)


def test_the_content_type_is_exact_and_an_empty_answer_stays_empty() -> None:
    assert OrjsonRenderer.charset is None
    assert OrjsonRenderer().render(None) == b""


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b"{'a': 1}", b"[1,]"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadJson):
        load_json(body)


def test_a_fault_is_told_by_its_place_and_not_by_what_stands_there(around: Client) -> None:
    body = '{\n  "email": ' + MARK + "}"
    answered = around.post("/userstore/echo", body, content_type="application/json")
    assert answered.status_code == 400
    assert answered["Content-Type"] == "application/json"
    assert "line 2, column" in answered.json()["error"]
    assert answered.json()["position"] == body.index("somebody")
    assert MARK not in answered.content.decode()


@given(body=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_by_place(body: bytes) -> None:
    try:
        load_json(body)
    except BadJson as refused:
        assert refused.__cause__ is None
        assert 0 <= refused.position <= len(body)


def test_a_body_within_the_limit_is_read(around: Client) -> None:
    answered = around.post("/userstore/echo", {"a": [1, "x", None]}, content_type="application/json")
    assert answered.json() == {"a": [1, "x", None]}
    assert answered["Content-Type"] == "application/json"


def test_a_body_beyond_the_limit_is_refused_unread(around: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
    answered = around.post("/userstore/echo", {"a": "x" * 20}, content_type="application/json")
    assert answered.status_code == 413
    with pytest.raises(RequestDataTooBig):
        load_json(b" " * 21)


def test_another_media_type_is_refused_without_repeating_it(around: Client) -> None:
    answered = around.post("/userstore/echo", "a=b", content_type="text/somebody")
    assert answered.status_code == 415
    assert "somebody" not in answered.content.decode()


@pytest.mark.parametrize("accept", ["application/xml", "*/*;q=0", "?", ""])
def test_there_is_one_representation_whatever_is_accepted(around: Client, accept: str) -> None:
    answered = around.post("/userstore/echo?format=xml", {"a": 1}, content_type="application/json", HTTP_ACCEPT=accept)
    assert (answered.status_code, answered["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_body_nested_too_deep_is_refused_and_one_at_the_bound_is_read(opening: bytes, closing: bytes) -> None:
    assert load_json(opening * DEEPEST + b"1" + closing * DEEPEST)
    with pytest.raises(TooDeep):
        load_json(opening * (DEEPEST + 1) + b"1" + closing * (DEEPEST + 1))
    assert len(load_json(b"[" + b"[1]," * 10_000 + b"[1]]")) == 10_001
