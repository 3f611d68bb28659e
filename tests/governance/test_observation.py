"""The address of a call: the connection's, unless a listed proxy says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from governance.observation import address_of

CLIENT, PROXY, INNER = "203.0.113.9", "192.0.2.1", "192.0.2.2"


def observed(connection: str, forwarded: str | None = None) -> str | None:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return address_of(RequestFactory().get("/", REMOTE_ADDR=connection, **headers))


def test_without_a_listed_proxy_no_header_is_believed(settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    assert observed(CLIENT, "10.0.0.1") == CLIENT


@pytest.mark.parametrize(
    ("connection", "forwarded", "expected"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"10.0.0.1, {CLIENT}", CLIENT),
        (PROXY, f"10.0.0.1, {CLIENT}, {INNER}", CLIENT),
        (PROXY, None, PROXY),
        (PROXY, "", None),
        (PROXY, f"{INNER},", None),
        (f"::ffff:{PROXY}", CLIENT, CLIENT),
        (PROXY, f"{CLIENT}, nonsense", "nonsense"),
        (CLIENT, "10.0.0.1", CLIENT),
        ("::1", "10.0.0.1", "::1"),
    ],
)
def test_the_nearest_hop_that_is_no_listed_proxy_counts(
    settings: Any, connection: str, forwarded: str | None, expected: str | None
) -> None:
    settings.TRUSTED_PROXIES = ["192.0.2.0/24"]
    assert observed(connection, forwarded) == expected
