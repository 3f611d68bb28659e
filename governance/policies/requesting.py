"""`networkRequest` of scripts: what may be asked of whom, and that every request is on record.

This process makes the request, never the helper, which has no network. A script gets the body of a successful answer;
anything else is no answer, and the script so refuses: a rule such as "not on the list" must not read an error page.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from audit.actors import SYSTEM
from audit.apart import append_apart
from governance import events
from governance.errors import Invalid
from governance.models import ScriptHost
from governance.models.scripts import HTTPS_PORT
from governance.policies.asking import Asking
from governance.policies.outgoing import Incoming, NoAnswer, Outgoing, exchange
from governance.policies.sandbox import HostCallFailed
from keyring.walls import in_environment

NAME = "networkRequest"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
LONGEST_URL = 2_048
MOST_SENT = 64 * 1024
MOST_HEADERS = 32
HTTP_PORT = 80

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VISIBLE = re.compile(r"[\t\x20-\x7e]{0,4096}")
_TARGET = re.compile(r"[\x21-\x7e]*")
_OURS = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers that belong to the connection, which is not the script's."""


def network_request(asking: Asking, given: Sequence[Any]) -> str:
    """Answer `networkRequest({url, method, headers, body, auth})` with the body of a successful answer.

    Raises:
        Invalid: the request is none.
        HostCallFailed: the host is not on the list of the environment, or gives no answer, or one that is no success.
    """
    request = _read(given)
    outcome = NoAnswer("host")
    answer: Incoming | None = None
    try:
        if not _is_listed(asking, request):
            raise outcome
        answer = _exchanged(request)
    except NoAnswer as none:
        outcome = none
    _record(asking, request, answer, outcome)
    if answer is None or not 200 <= answer.status < 300:
        raise HostCallFailed(NAME)
    return answer.body.decode(errors="replace")


def _exchanged(request: Outgoing) -> Incoming:
    loopback = bool(settings.GOVERNANCE_SCRIPTS_MAY_CALL_LOOPBACK)
    seconds = settings.GOVERNANCE_SCRIPT_NETWORK_MILLISECONDS / 1000
    return exchange(request, seconds=seconds, loopback=loopback)


def _is_listed(asking: Asking, request: Outgoing) -> bool:
    with in_environment(asking.environment_id):
        return ScriptHost.objects.filter(host=request.host, port=request.port).exists()


def _record(asking: Asking, request: Outgoing, answer: Incoming | None, outcome: NoAnswer) -> None:
    """Put a request on record where no rollback takes it away: it went out, whatever becomes of the call."""
    facts: dict[str, Any] = {"host": request.host, "port": request.port, "method": request.method}
    if answer is not None:
        facts.update(status=answer.status, sent=len(request.body), received=len(answer.body))
    else:
        facts["reasons"] = [f"no answer: {outcome.cause}"]
    append_apart(
        events.SCRIPT_REQUESTED,
        environment_id=asking.environment_id,
        actor=asking.caller.actor if asking.caller else SYSTEM,
        facts=facts,
        outcome="done" if answer is not None else "refused" if outcome.cause == "host" else "failed",
    )


def _read(given: Sequence[Any]) -> Outgoing:
    asked = given[0] if len(given) == 1 else None
    if not isinstance(asked, Mapping):
        raise Invalid("networkRequest takes one object.")
    url = _address(asked.get("url"))
    method = str(asked.get("method") or "GET").upper()
    if method not in METHODS:
        raise Invalid("networkRequest knows no such method.")
    is_clear = url.scheme == "http"
    return Outgoing(
        host=(url.hostname or "").removesuffix("."),
        port=url.port or (HTTP_PORT if is_clear else HTTPS_PORT),
        method=method,
        target=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        headers={**_headers(asked.get("headers")), **_authentication(asked.get("auth"))},
        body=_body(asked.get("body")),
        is_clear=is_clear,
    )


def _address(given: object) -> SplitResult:
    if not isinstance(given, str) or len(given) > LONGEST_URL or "\\" in given or not _TARGET.fullmatch(given):
        raise Invalid("networkRequest needs the address of a page.")
    try:
        url = urlsplit(given)
        port = url.port
    except ValueError:
        raise Invalid("networkRequest needs the address of a page.") from None
    clear_is_fine = url.scheme == "http" and settings.GOVERNANCE_SCRIPTS_MAY_CALL_LOOPBACK
    if (url.scheme != "https" and not clear_is_fine) or not url.hostname or "@" in url.netloc or port == 0:
        raise Invalid("networkRequest needs an https address without a user.")
    return url


def _headers(given: object) -> dict[str, str]:
    """Read headers: one text each, or several as an array, as the wire contract has it."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or len(given) > MOST_HEADERS:
        raise Invalid("networkRequest takes up to 32 headers as an object.")
    found = {}
    for name, value in given.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if not _TOKEN.fullmatch(str(name)) or name.lower() in _OURS or not _VISIBLE.fullmatch(text):
            raise Invalid("networkRequest cannot send such a header.")
        found[str(name)] = text
    return found


def _authentication(given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Invalid("auth is an object of user and password.")
    pair = f"{given.get('user', '')}:{given.get('password', '')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _body(given: object) -> bytes:
    if given is None:
        return b""
    try:
        body = given.encode() if isinstance(given, str) else None
    except UnicodeEncodeError:
        body = None
    if body is None or len(body) > MOST_SENT:
        raise Invalid("networkRequest sends a text of up to 64 KiB.")
    return body
