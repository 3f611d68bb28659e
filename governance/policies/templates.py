"""Native policy templates: rules compiled once to closures over observed facts.

A deployment adds its own by naming a tuple of templates in `settings.GOVERNANCE_TEMPLATES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils.module_loading import import_string

from governance.errors import Invalid
from governance.policies.facts import CallFacts, address_in

Rule = Callable[[CallFacts], bool]
_REMEMBERED_ADDRESSES = 1024
"""Per rule: parsing an address costs ten times as much as everything else a native policy does (measured)."""


class Template(Protocol):
    """A native rule. `compile` checks its parameters and returns a closure; the closure is the hot path."""

    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, str]: ...

    def compile(self, parameters: Mapping[str, Any]) -> Rule:
        """Return the rule for these parameters; `Invalid` names a wrong one."""
        ...


@dataclass(frozen=True, slots=True)
class NativeTemplate:
    """A template made of a builder function. `parameters` maps each name to what it means."""

    id: UUID
    name: str
    description: str
    parameters: Mapping[str, str]
    build: Callable[[Mapping[str, Any]], Rule]

    def compile(self, parameters: Mapping[str, Any]) -> Rule:
        for name in parameters:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise Invalid(f"Template {self.name} has no parameter {name!r}.", field=name, remedy=f"Known: {known}.")
        return self.build(parameters)


def _always(_: Mapping[str, Any]) -> Rule:
    return lambda _: True


def _never(_: Mapping[str, Any]) -> Rule:
    return lambda _: False


def _authenticated_client(parameters: Mapping[str, Any]) -> Rule:
    names = frozenset(_texts(parameters, "clients", optional=True))
    if not names:
        return lambda facts: facts.caller.kind == "client"
    return lambda facts: facts.caller.kind == "client" and facts.client_name in names


def _observed_network(parameters: Mapping[str, Any]) -> Rule:
    networks = []
    for text in _texts(parameters, "networks"):
        try:
            networks.append(ip_network(text))
        except ValueError:
            raise Invalid(
                f"{text!r} is not a network.",
                field="networks",
                remedy="Write CIDR ranges such as 10.0.0.0/8 or ::1/128.",
            ) from None
    ranges = {
        version: [(int(n.network_address), int(n.netmask)) for n in networks if n.version == version]
        for version in (4, 6)
    }

    @lru_cache(maxsize=_REMEMBERED_ADDRESSES)
    def is_inside(text: str | None) -> bool:
        address = address_in(text)
        if address is None:
            return False
        number = int(address)
        return any(number & mask == base for base, mask in ranges[address.version])

    return lambda facts: is_inside(facts.address)


def _environment(parameters: Mapping[str, Any]) -> Rule:
    names = frozenset(_texts(parameters, "environments"))
    return lambda facts: facts.environment_name in names


def _purposes(parameters: Mapping[str, Any]) -> Rule:
    names = frozenset(_texts(parameters, "purposes"))
    return lambda facts: bool(facts.purpose_names) and names.issuperset(facts.purpose_names)


def _hours(parameters: Mapping[str, Any]) -> Rule:
    first, last = _clock(parameters, "from"), _clock(parameters, "until")
    zone_name = str(parameters.get("timezone", "UTC"))
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(
            f"{zone_name!r} is not a time zone.", field="timezone", remedy="For example Europe/Berlin."
        ) from None
    weekdays = parameters.get("weekdays", list(range(1, 8)))
    if not isinstance(weekdays, list) or any(type(day) is not int or not 1 <= day <= 7 for day in weekdays):
        raise Invalid("Weekdays are a list of numbers 1 (Monday) to 7.", field="weekdays")
    days = frozenset(weekdays)

    def rule(facts: CallFacts) -> bool:
        local = facts.now.astimezone(zone)
        if local.isoweekday() not in days:
            return False
        moment = local.time()
        return first <= moment < last if first <= last else moment >= first or moment < last

    return rule


def _group(parameters: Mapping[str, Any]) -> Rule:
    names = frozenset(_texts(parameters, "groups"))
    return lambda facts: not names.isdisjoint(facts.group_names)


def _action(parameters: Mapping[str, Any]) -> Rule:
    names = frozenset(_texts(parameters, "actions"))
    return lambda facts: facts.action in names


def _texts(parameters: Mapping[str, Any], name: str, *, optional: bool = False) -> Sequence[str]:
    found = parameters.get(name)
    if found is None and optional:
        return ()
    if not isinstance(found, list) or not found or not all(isinstance(text, str) and text for text in found):
        raise Invalid(f"Parameter {name!r} must be a list of texts with at least one entry.", field=name)
    return found


def _clock(parameters: Mapping[str, Any], name: str) -> time:
    try:
        return time.fromisoformat(str(parameters[name]))
    except (KeyError, ValueError):
        raise Invalid(f"Parameter {name!r} must be a time such as 08:30.", field=name) from None


BUILT_IN: tuple[NativeTemplate, ...] = (
    NativeTemplate(UUID("1e742248-fdde-4c88-9ea7-2c2106ec7aa8"), "AllowAll", "Allows every call.", {}, _always),
    NativeTemplate(UUID("c88d97a6-a3ae-4af8-b018-2bcddf1fa606"), "DenyAll", "Refuses every call.", {}, _never),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000001"),
        "AuthenticatedClient",
        "The caller is a client that authenticated itself, one of those listed if any are.",
        {"clients": "names of the clients that may call; absent: any client of the environment"},
        _authenticated_client,
    ),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000002"),
        "ObservedNetwork",
        "The address the server sees lies in one of the networks; headers of the caller prove nothing.",
        {"networks": "CIDR ranges, IPv4 or IPv6"},
        _observed_network,
    ),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000003"),
        "InEnvironment",
        "The call happens in one of the named environments.",
        {"environments": "names"},
        _environment,
    ),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000004"),
        "ForPurposes",
        "Every purpose of the call is one of those listed.",
        {"purposes": "names"},
        _purposes,
    ),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000005"),
        "DuringHours",
        "The clock stands between two times of day, over midnight if the first is later.",
        {"from": "HH:MM", "until": "HH:MM", "timezone": "IANA name, UTC if absent", "weekdays": "1 (Monday) to 7"},
        _hours,
    ),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000006"),
        "InGroup",
        "The caller is an operator in one of the groups.",
        {"groups": "names"},
        _group,
    ),
    NativeTemplate(
        UUID("5ea1b00c-0000-4000-8000-000000000007"),
        "ForAction",
        "The call is one of the listed actions: Execute, Resolve, Inspect, Lookup, Delete, Create.",
        {"actions": "names"},
        _action,
    ),
)


@lru_cache(maxsize=1)
def native_templates() -> Mapping[str, Template]:
    """Return every native template of this deployment by name."""
    found: dict[str, Template] = {}
    for path in settings.GOVERNANCE_TEMPLATES:
        for template in import_string(path):
            found[template.name] = template
    return found
