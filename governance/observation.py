"""What the server itself observes about a call. Headers count only where a listed proxy wrote them."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """Return the address a call came from: the connection's, or the nearest one that is not a listed proxy's.

    None where a listed proxy passed something on that cannot be read: the call came from behind it, nobody knows where.
    """
    address: str | None = request.META.get("REMOTE_ADDR") or None
    proxies = settings.TRUSTED_PROXIES
    if not proxies or address is None:
        return address
    trusted = _networks(tuple(proxies))
    forwarded = request.META.get(_variable(settings.FORWARDED_HEADER))
    # An empty hop stays: the web server empties a line that an outsider spoiled, and with it what the proxy added.
    chain = [] if forwarded is None else [hop.strip() for hop in forwarded.split(",")]
    while chain and _is_in(address, trusted):
        address = chain.pop()
    return address or None


@lru_cache(maxsize=8)
def _variable(header: str) -> str:
    """The name under which a header arrives (PEP 3333): hyphens and underscores become the same there."""
    return "HTTP_" + header.upper().replace("-", "_")


@lru_cache(maxsize=8)
def _networks(ranges: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in ranges)


def _is_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return any((mapped or parsed) in network for network in networks)
