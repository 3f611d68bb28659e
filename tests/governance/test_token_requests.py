"""Asking for access tokens with wrong secrets, and tokens whose signing key is gone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from governance.actions.access_tokens import exchange_credentials
from governance.actions.signing import ensure_signing_key, rotate_signing_key
from governance.errors import Throttled, Unauthenticated
from governance.tokens.access import REMEMBERED_SECONDS, caller_of, forget_tokens, issue_access_token
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

WRITTEN = (
    str,
    lambda public_id: str(public_id).upper(),
    lambda public_id: public_id.hex,
    lambda public_id: f"{{{public_id}}}",
    lambda public_id: f"urn:uuid:{public_id}",
)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    forget_tokens()


def tries(client_ids: list[str], *, secret: str) -> list[str]:
    told = []
    for client_id in client_ids:
        try:
            exchange_credentials(client_id=client_id, client_secret=secret, address="10.0.0.1")
        except (Throttled, Unauthenticated) as refused:
            told.append(type(refused).__name__)
    return told


def test_failures_are_counted_however_the_id_of_the_client_is_written() -> None:
    service = cast.new_player(cast.new_environment(), "service")
    most = settings.GOVERNANCE_FAILED_TOKEN_REQUESTS_PER_MINUTE
    forms = [WRITTEN[n % len(WRITTEN)](service.client.public_id) for n in range(most + 3)]
    assert tries(forms, secret="wrong") == ["Unauthenticated"] * most + ["Throttled"] * 3
    assert tries([str(service.client.public_id)], secret=service.secret) == ["Throttled"]


def test_failures_without_a_proper_id_are_counted_together_and_stop_nobody_else() -> None:
    service = cast.new_player(cast.new_environment(), "service")
    most = settings.GOVERNANCE_FAILED_TOKEN_REQUESTS_PER_MINUTE
    assert tries([f"nobody-{n}" for n in range(most + 1)], secret="wrong")[-1] == "Throttled"
    assert tries([str(UUID(int=7)), str(service.client.public_id)], secret=service.secret) == ["Unauthenticated"]


def test_a_token_ends_with_the_key_that_signed_it_in_processes_that_know_both() -> None:
    service = cast.new_player(cast.new_environment(), "service")
    now = timezone.now()
    with_former, _ = issue_access_token(service.client, key=ensure_signing_key(), now=now.timestamp() + 3600)
    assert caller_of(with_former, now=now.timestamp()) == service.caller
    rotate_signing_key(cast.NOBODY, now=now)
    retired = now + timedelta(seconds=settings.GOVERNANCE_TOKEN_SECONDS + 60)
    assert caller_of(with_former, now=retired.timestamp() - 1) == service.caller
    with pytest.raises(Unauthenticated):
        caller_of(with_former, now=retired.timestamp() + REMEMBERED_SECONDS)
    assert caller_of(issue_access_token(service.client, key=ensure_signing_key())[0]) == service.caller
