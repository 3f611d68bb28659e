"""What stops a client itself, whatever its rights say: disabled, frozen, an unreviewed program, a broken chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from governance.identities import CLIENT, Caller
from governance.provenance.admission import refused_because
from governance.rights import Resource, effective_rights
from governance.standing import Standing


def clients_stopped_by(caller: Caller, standing: Standing, now: datetime) -> Sequence[str]:
    """Say why a client that calls, for itself or for somebody, may do nothing now; empty where nothing stops it."""
    clients = [caller] if caller.kind == CLIENT else []
    if caller.delegated is not None:
        clients.append(caller.delegated.client)
    for client in clients:
        stopped = _client_stopped_by(client, standing, now)
        if stopped:
            return stopped
    return ()


def _client_stopped_by(caller: Caller, standing: Standing, now: datetime) -> Sequence[str]:
    client = standing.clients.get(caller.id)
    if client is None:
        return ("client: unknown in this environment",)
    if client.disabled_at is not None:
        return ("client: disabled",)
    if ("client", caller.id) in standing.freezes:
        return ("freeze: this client",)
    unreviewed = refused_because(caller, standing=standing, now=now)
    if unreviewed:
        return [reason.value for reason in unreviewed]
    return _broken_chain(caller, standing, now) if caller.via else ()


def _broken_chain(caller: Caller, standing: Standing, now: datetime) -> Sequence[str]:
    """Why the clients behind a token may not invoke one another now; empty where each may."""
    invoked = standing.clients[caller.id]
    for invoker_id in caller.via:
        invoker = standing.clients.get(invoker_id)
        if invoker is None or invoker.disabled_at is not None:
            return ("invoke: a client behind this call is disabled or gone",)
        if (CLIENT, invoker_id) in standing.freezes:
            return ("freeze: a client behind this call",)
        resource = Resource(CLIENT, invoked.pk, invoked.public_id, invoked.name)
        behind = Caller(CLIENT, invoker_id, invoker.account_id, standing.environment_id, invoker.name)
        if not effective_rights(
            standing=standing, caller=behind, operation="invoke", resource=resource, now=now
        ).allowed:
            return ("invoke: a client behind this call may not invoke the next one",)
        invoked = invoker
    return ()
