"""Posting a message to a webhook: to public addresses, or networks that the deployment names, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from ipaddress import ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson
from django.conf import settings

from governance.errors import Invalid
from governance.models.webhooks import LONGEST_URL
from governance.notices.signing import signed_headers
from governance.notices.unsent import Unsent
from governance.policies.outgoing import Address, Incoming, NoAnswer, Outgoing, exchange_where, is_public

SECONDS = 10.0
"""For a whole answer."""
_GONE = 410
"""The receiver wants no more (RFC 9110, section 15.5.11)."""
_WHOLE_SECONDS = re.compile(r"[0-9]{1,9}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_TLS_PORT, _CLEAR_PORT = 443, 80


def checked_address(url: str) -> str:
    """Return the address of a webhook: https, and in the clear to this machine alone.

    Raises:
        Invalid: it is none, or has a user, or a fragment.
    """
    parts = _parts(url.strip())
    is_private = parts is not None and (parts.scheme == "https" or _is_clear(parts))
    if parts is None or not is_private or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise Invalid(
            "A webhook has an https address without a user.",
            field="url",
            remedy="Such as https://desk.example.com/sealbook; the signature proves who is calling.",
        )
    return url.strip()


def host_of(url: str) -> str:
    """Return the host of an address: what the book has of it."""
    return urlsplit(url).hostname or ""


def post(url: str, message_id: str, message: Mapping[str, Any], *, keys: Sequence[bytes], at: datetime) -> Incoming:
    """Post a message, signed, and return the answer, whatever its status. No redirect is followed.

    Raises:
        Unsent: there was no answer.
    """
    parts = _parts(url)
    if parts is None:
        raise Unsent("address")
    body, is_clear = orjson.dumps(message), _is_clear(parts)
    request = Outgoing(
        host=parts.hostname or "",
        port=parts.port or (_CLEAR_PORT if is_clear else _TLS_PORT),
        method="POST",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Sealbook",
            **signed_headers(message_id, body, keys=keys, at=at),
        },
        body=body,
        is_clear=is_clear,
    )
    try:
        return exchange_where(request, seconds=SECONDS, allowed=partial(_may_lie_at, is_clear=is_clear))
    except NoAnswer as none:
        raise Unsent(none.cause) from None


def must_be_taken(answer: Incoming, *, at: datetime) -> None:
    """Raise `Unsent` unless the receiver has taken the message, with the wait that it asks for from `at` on."""
    if not 200 <= answer.status < 300:
        wait = wait_asked_for(answer.retry_after, at=at)
        raise Unsent(f"status {answer.status}", is_final=answer.status == _GONE, wait=wait)


def wait_asked_for(retry_after: str, *, at: datetime) -> timedelta:
    """Return how long a `Retry-After` asks to wait (RFC 9110, section 10.2.3); none where it says nothing."""
    text = retry_after.strip()
    if _WHOLE_SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or one with a zone that is none
        return timedelta()
    return max(until.replace(tzinfo=until.tzinfo or UTC) - at, timedelta())


def _may_lie_at(address: Address, *, is_clear: bool) -> bool:
    """Whether a webhook may lie at an address: a name that leads inside is no way in."""
    if is_clear and not address.is_loopback:
        return False
    return is_public(address) or any(address in ip_network(each) for each in settings.GOVERNANCE_WEBHOOK_NETWORKS)


def _is_clear(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _parts(url: str) -> SplitResult | None:
    if len(url) > LONGEST_URL or not _VISIBLE.fullmatch(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None
