"""What a policy can know about a call. Observed facts and what the caller merely says are kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from governance.identities import Caller


@dataclass(slots=True)
class CallFacts:
    """One call as a policy sees it.

    Everything but `claimed` was observed by the server: the authenticated caller, the address of the connection (or
    the one that a listed proxy reports), the purposes of the accessor, the clock. `claimed` is what the caller sent as
    context; no native template trusts it, scripts see it as `context.client`.
    """

    action: str
    caller: Caller
    now: datetime
    address: str | None = None
    environment_name: str = ""
    purpose_names: tuple[str, ...] = ()
    client_name: str = ""
    client_kind: str = ""
    group_names: frozenset[str] = frozenset()
    claimed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network_address(self) -> IPv4Address | IPv6Address | None:
        """The observed address; None where the call did not come over a network."""
        return address_in(self.address)


def address_in(text: str | None) -> IPv4Address | IPv6Address | None:
    """Read an observed address; one of IPv4 in the clothes of IPv6 is the IPv4 one. None for anything else."""
    if not text:
        return None
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
