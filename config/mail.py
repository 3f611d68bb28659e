"""The mail server that notices are handed to, from one address: TLS wherever it is not on this machine."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}
"""Submission, and submission over TLS (RFC 8314, section 3)."""
SECONDS = 10


def mail_settings(env: environ.Env, *, public_url: str) -> dict[str, Any]:
    """Read `SEALBOOK_MAIL_URL` and `SEALBOOK_MAIL_FROM` into Django's settings; without an address no mail leaves.

    `smtp://` begins in the clear and goes on over TLS, or not at all; on this machine alone it may stay in the clear.
    `smtps://` is TLS from its first byte.

    Raises:
        ImproperlyConfigured: the address is none; it is not repeated, since it may hold a password.
    """
    sender = env.str("SEALBOOK_MAIL_FROM", default=f"sealbook@{urlsplit(public_url).hostname or 'localhost'}")
    url = env.str("SEALBOOK_MAIL_URL", default="")
    if not url:
        return {"EMAIL_HOST": "", "DEFAULT_FROM_EMAIL": sender, "EMAIL_TIMEOUT": SECONDS}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _no_address() from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _no_address()
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.hostname not in _LOOPBACK,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": SECONDS,
        "DEFAULT_FROM_EMAIL": sender,
    }


def _no_address() -> ImproperlyConfigured:
    return ImproperlyConfigured("SEALBOOK_MAIL_URL has to read smtp://user:password@host:port, or smtps://…")
