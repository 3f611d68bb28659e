"""Which external issuers an environment accepts, and as which client whom they name calls: as of one epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from governance.errors import Invalid
from governance.models import ExternalIdentity, ExternalIssuer
from governance.standing import Standing
from keyring.fingerprints import fingerprint
from keyring.walls import in_environment

EVERYBODY = ""
LONGEST_URL = 512
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The issuers of an environment, and the clients behind issuer and subject's fingerprint."""

    issuers: frozenset[str]
    clients: Mapping[tuple[str, str], UUID]
    pinned: Mapping[str, Mapping[str, Any]]
    """The JWK Sets of issuers whose keys are pinned."""


def accepted_in(standing: Standing) -> Accepted:
    """Return what an environment accepts as of the standing's epoch."""
    return standing.part("external issuers", lambda: _load(standing.environment_id))


def audience_of(environment_id: UUID) -> str:
    """Return what the audience of an external token has to say: one environment, so that it opens no other."""
    return f"{settings.PUBLIC_URL}/environments/{environment_id}"


def subject_print_of(environment_id: UUID, issuer: str, subject: str) -> str:
    """Return the fingerprint under which a subject of an issuer is found."""
    return fingerprint(environment_id, "external subject", f"{issuer}\n{subject}".encode())


def checked_issuer(url: str) -> str:
    """Return an issuer that can be asked for its keys.

    Raises:
        Invalid: it is no https address without query and fragment, or leads back to this machine.
    """
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username or parts.password)
        is_whole = is_whole and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _unusable()
    if not is_reachable(url):
        raise _unusable()
    return url


def is_reachable(url: str) -> bool:
    """Whether an address may be asked at all: over https, or in development on this machine."""
    parts = urlsplit(url)
    if settings.GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK and parts.hostname in _LOOPBACK:
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and parts.hostname not in _LOOPBACK


def _unusable() -> Invalid:
    return Invalid(
        "An issuer is an https address without query and fragment.",
        field="issuers",
        remedy="Write it exactly as the claim `iss` of its tokens, for example https://login.example.com.",
    )


def _load(environment_id: UUID) -> Accepted:
    with in_environment(environment_id):
        listed = list(ExternalIssuer.objects.values_list("pk", "url", "pinned_keys"))
        issuers = {pk: url for pk, url, _ in listed}
        clients = {
            (issuers[issuer], subject): client
            for issuer, subject, client in ExternalIdentity.objects.values_list(
                "issuer_id", "subject_print", "client__public_id"
            )
        }
    return Accepted(frozenset(issuers.values()), clients, {url: keys for _, url, keys in listed if keys})
