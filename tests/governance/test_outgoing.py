"""Requests of scripts: where they may go, what they may carry, what comes back, and what stays on record."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from threading import Thread
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from audit.queries import EntryView, entries
from governance.actions.script_hosts import allow_host, checked_host, retire_host
from governance.errors import Conflict, GovernanceError, Invalid, Refused
from governance.models import Environment
from governance.policies.asking import Asking
from governance.policies.outgoing import NoAnswer, Outgoing, exchange, is_public
from governance.policies.requesting import network_request
from governance.policies.sandbox import HostCallFailed
from keyring.walls import in_environment
from tests import cast
from tests.governance.certificates import self_signed
from tests.governance.remote import Remote, remote

on_record = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: Any) -> Iterator[Remote]:
    settings.GOVERNANCE_SCRIPTS_MAY_CALL_LOOPBACK = True
    settings.GOVERNANCE_SCRIPT_NETWORK_MILLISECONDS = 2_000
    with remote() as told:
        yield told


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


def allowed(environment: Environment, server: Remote) -> UUID:
    return allow_host(cast.system_caller(environment.id), host="127.0.0.1", port=server.port).public_id


def asked(environment: Environment, url: str, **rest: Any) -> str:
    return network_request(Asking(environment.id), [{"url": url, **rest}])


def requests_on_record(environment: Environment) -> list[EntryView]:
    return list(entries(environment_id=environment.id, kinds=["script.requested"], limit=10))


@on_record
def test_a_listed_host_is_asked_and_the_record_says_what_went_where_but_not_about_whom(
    environment: Environment, server: Remote
) -> None:
    allowed(environment, server)
    server.body = "überall".encode()
    told = asked(
        environment,
        server.url,
        method="post",
        headers={"X-Kind": ["a", "b"]},
        body="ada",
        auth={"user": "me", "password": "secret"},
    )
    assert told == "überall"
    (seen,) = server.asked
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/people?who=ada", "ada")
    assert (seen["headers"]["x-kind"], seen["headers"]["authorization"]) == ("a, b", "Basic bWU6c2VjcmV0")
    (entry,) = requests_on_record(environment)
    facts = {"host": "127.0.0.1", "port": server.port, "method": "POST", "status": 200, "sent": 3, "received": 8}
    assert (entry.outcome, entry.facts) == ("done", facts)
    assert "who=" not in entry.text and '"ada"' not in entry.text


@on_record
def test_a_host_that_is_not_listed_is_not_asked_nor_after_it_was_taken_off(
    environment: Environment, server: Remote
) -> None:
    with pytest.raises(HostCallFailed):
        asked(environment, server.url)
    entry = allowed(environment, server)
    with pytest.raises(HostCallFailed):
        asked(cast.new_environment(), server.url)
    retire_host(cast.system_caller(environment.id), public_id=entry)
    with pytest.raises(HostCallFailed):
        asked(environment, server.url)
    assert server.asked == []
    assert {(e.outcome, *e.facts["reasons"]) for e in requests_on_record(environment)} == {
        ("refused", "no answer: host")
    }


@on_record
def test_the_record_stays_when_the_call_is_rolled_back(environment: Environment, server: Remote) -> None:
    allowed(environment, server)
    with pytest.raises(ZeroDivisionError), in_environment(environment.id), transaction.atomic():
        asked(environment, server.url)
        raise ZeroDivisionError
    assert len(requests_on_record(environment)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        pytest.param({"status": 500, "body": b"not on the list"}, None, id="error"),
        pytest.param({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, None, id="redirect"),
        pytest.param({"body": b"x" * 70_000}, "length", id="long"),
        pytest.param({"body": b"x" * 100, "drip_seconds": 0.05}, "time", id="dripping"),
        pytest.param({"headers": {"Content-Length": "999"}}, "connection", id="cut-off"),
    ],
)
def test_what_is_no_whole_success_is_no_answer(
    environment: Environment, server: Remote, settings: Any, changed: dict[str, Any], cause: str | None
) -> None:
    settings.GOVERNANCE_SCRIPT_NETWORK_MILLISECONDS = 500
    allowed(environment, server)
    for name, value in changed.items():
        setattr(server, name, value)
    started = monotonic()
    with pytest.raises(HostCallFailed):
        asked(environment, server.url)
    assert monotonic() - started < 4
    request = Outgoing("127.0.0.1", server.port, "GET", "/", {}, b"", is_clear=True)
    if cause:
        with pytest.raises(NoAnswer) as none:
            exchange(request, seconds=0.5, loopback=True)
        assert none.value.cause == cause


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked_for",
    [
        {"url": "http://directory.example.com/"},
        {"url": "ftp://directory.example.com/"},
        {"url": "file:///etc/passwd"},
        {"url": "https://user:word@directory.example.com/"},
        {"url": "https://directory.example.com\\@evil.example/"},
        {"url": "https://directory.example.com/\r\nX: y"},
        {"url": "https://directory.example.com:0/"},
        {"url": "https://directory.example.com:99999/"},
        {"url": "https://" + "a" * 3000},
        {"url": 7},
        {},
        {"url": "https://directory.example.com/", "method": "CONNECT"},
        {"url": "https://directory.example.com/", "method": "GET / HTTP/1.1\r\nX:"},
        {"url": "https://directory.example.com/", "headers": {"Host": "other.example"}},
        {"url": "https://directory.example.com/", "headers": {"X": "a\r\nY: b"}},
        {"url": "https://directory.example.com/", "headers": {"X Y": "a"}},
        {"url": "https://directory.example.com/", "headers": {"Transfer-Encoding": "chunked"}},
        {"url": "https://directory.example.com/", "headers": {f"H{n}": "x" for n in range(40)}},
        {"url": "https://directory.example.com/", "body": "x" * 70_000},
        {"url": "https://directory.example.com/", "body": {"deep": 1}},
    ],
    ids=lambda asked_for: json.dumps(asked_for)[:60],
)
def test_what_is_no_plain_https_request_is_refused(environment: Environment, asked_for: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        network_request(Asking(environment.id), [asked_for])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.1", False),
        ("224.0.0.251", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.0.9", False),
        ("192.0.0.192", False),
        ("::ffff:192.0.0.9", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", False),
        ("2002:a00:1::", False),
        ("2001:0:a00:1::", False),
    ],
)
def test_only_public_addresses_are_public_whatever_they_are_dressed_in(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], []], ids=["own", "mixed", "none"])
def test_a_name_with_an_address_that_is_not_public_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, 443)) for answer in answers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NoAnswer) as none:
        exchange(Outgoing("directory.example.com", 443, "GET", "/", {}, b""), seconds=2, loopback=False)
    assert none.value.cause == "address"


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(
    monkeypatch: pytest.MonkeyPatch, server: Remote
) -> None:
    looked_up: list[str] = []

    def find(host: str, port: int, **_: Any) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(looked_up) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", find)
    request = Outgoing("rebinding.example", server.port, "GET", "/", {}, b"", is_clear=True)
    assert exchange(request, seconds=2, loopback=True).body == b"fine"
    assert looked_up == ["rebinding.example"]


def test_a_server_that_cannot_prove_its_name_is_not_spoken_to(tmp_path: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path, "localhost"))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link, pytest.raises(OSError):
                context.wrap_socket(link, server_side=True).recv(10)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        with pytest.raises(NoAnswer) as none:
            exchange(Outgoing("localhost", port, "GET", "/", {}, b"secret"), seconds=3, loopback=True)
        assert none.value.cause in {"certificate", "connection"}
        thread.join(3)


def test_a_host_that_says_nothing_costs_its_time_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        request = Outgoing("127.0.0.1", silent.getsockname()[1], "GET", "/", {}, b"", is_clear=True)
        with pytest.raises(NoAnswer) as none:
            exchange(request, seconds=0.3, loopback=True)
        assert none.value.cause == "time"


@pytest.mark.django_db
def test_hosts_are_allowed_by_who_configures_and_by_nobody_else(environment: Environment) -> None:
    system = cast.system_caller(environment.id)
    officer = cast.new_caller(environment, "officer", configure=True)
    outsider = cast.new_caller(environment, "outsider")
    entry = allow_host(officer, host=" Directory.Example.com. ", description="people")
    assert (entry.host, entry.port) == ("directory.example.com", 443)
    with pytest.raises(Conflict):
        allow_host(officer, host="directory.example.com")
    for call in (
        lambda: allow_host(outsider, host="other.example.com"),
        lambda: retire_host(outsider, public_id=entry.public_id),
    ):
        with pytest.raises(Refused):
            call()
    retire_host(system, public_id=entry.public_id)
    with pytest.raises(GovernanceError):
        retire_host(system, public_id=uuid4())


@pytest.mark.parametrize(
    "host", ["", "*.example.com", "https://a.example", "a.example:443", "a b", "a_b", "1.2", "ä.de"]
)
def test_what_is_no_name_of_a_host_is_not_allowed(host: str) -> None:
    with pytest.raises(Invalid):
        checked_host(host)
