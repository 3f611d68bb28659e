"""The `context` argument of a script: of everything the server observed, what its text can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from governance.policies.facts import CallFacts
from governance.policies.visibility import Visible

Observation = Callable[[CallFacts], Any]
ContextOf = Callable[[CallFacts], dict[str, Any]]

SERVER: Mapping[str, Observation] = {
    "ip_address": lambda facts: facts.address or "",
    "action": lambda facts: facts.action,
    "purpose_names": lambda facts: list(facts.purpose_names),
    "environment": lambda facts: facts.environment_name,
    "time": lambda facts: facts.now.isoformat(),
}
CLAIMS: Mapping[str, Observation] = {
    "sub": lambda facts: str(facts.caller.id),
    "kind": lambda facts: facts.caller.kind,
    "name": lambda facts: facts.client_name,
}


def context_for(visible: Visible) -> ContextOf:
    """Give the function that makes the context of a call, without a subject's profile, for a script that sees this.

    What no script of a policy can name is neither built nor sent; so two calls of one client are often the same bytes
    to a helper, which keeps the last ones ready.
    """
    parts: dict[str, Observation] = {
        "server": _server(visible),
        "client": lambda facts: dict(facts.claimed),
        "query": lambda _: {},
    }
    return _object(parts, visible)


def _server(visible: Visible) -> Observation:
    return _object({**SERVER, "claims": _object(CLAIMS, visible)}, visible)


def _object(members: Mapping[str, Observation], visible: Visible) -> Observation:
    shown = [(name, read) for name, read in members.items() if visible.shows(name)]
    return lambda facts: {name: read(facts) for name, read in shown}
