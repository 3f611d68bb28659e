"""Allowing scripts to ask a host, and no longer."""

from __future__ import annotations

import re
from ipaddress import ip_address
from uuid import UUID

from governance import events
from governance.actions.change import Change, configuration_change
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import ScriptHost
from governance.models.scripts import HTTPS_PORT

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


@draftable
def allow_host(caller: Caller, *, host: str, port: int = HTTPS_PORT, description: str = "") -> ScriptHost:
    """Let scripts of the caller's environment send requests to one host and port.

    Raises:
        Invalid: no name of a host; one in other letters is written in its ASCII form.
        Conflict: it is allowed already; identical, since there is nothing else to compare.
    """
    host = checked_host(host)
    if not 1 <= port <= 65535:
        raise Invalid("A port is a number from 1 to 65535.", field="port")
    with configuration_change(caller, events.HOST_ALLOWED) as change:
        known = ScriptHost.objects.filter(host=host, port=port).first()
        if known is not None:
            raise Conflict(
                "Scripts may ask this host already.", existing_id=known.public_id, identical=True, field="host"
            )
        allowed = ScriptHost.objects.create(
            environment_id=caller.environment_id, host=host, port=port, description=description
        )
        _describe(change, allowed)
    return allowed


@draftable
def retire_host(caller: Caller, *, public_id: UUID) -> None:
    """Let scripts ask a host no longer; the next request fails, and the script so refuses.

    Raises:
        NotFound: no such entry.
    """
    with configuration_change(caller, events.HOST_RETIRED) as change:
        allowed = ScriptHost.objects.select_for_update().filter(public_id=public_id).first()
        if allowed is None:
            raise NotFound("Scripts may not ask such a host anyway.", field="id")
        _describe(change, allowed)
        allowed.delete()


def checked_host(host: str) -> str:
    """Return a host's name, or an IP address, as addresses are compared: in lower case, without a dot at its end."""
    lowered = host.strip().lower().removesuffix(".")
    try:
        return str(ip_address(lowered.strip("[]")))
    except ValueError:
        pass
    if not _NAME.fullmatch(lowered) or lowered.rpartition(".")[2].isdigit():
        raise Invalid(
            "This is not the name of a host.",
            field="host",
            remedy="Write the name alone, such as directory.example.com; the port has a field of its own.",
        )
    return lowered


def _describe(change: Change, allowed: ScriptHost) -> None:
    change.facts.update(entry=allowed.public_id, host=allowed.host, port=allowed.port)
