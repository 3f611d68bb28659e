"""The server that flows and the hub's commands call, as the environment of this process names it."""

from __future__ import annotations

import os

from config.embedded.errors import LaunchError
from dataflow.planning.plan import Native, Plan
from dataflow.store.calls import CallRefused, Server, ServerAway
from dataflow.store.functions import asks_store
from dataflow.store.remote import RemoteStore

_NAMES = ("SEALBOOK_URL", "USERCLOUDS_CLIENT_ID", "USERCLOUDS_CLIENT_SECRET")


def named_server() -> Server:
    """Return the server, called as the client that is named. Raises `LaunchError` with what is missing."""
    missing = [name for name in _NAMES if not os.environ.get(name)]
    if missing:
        raise LaunchError(f"A server is called as one of its clients: set {', '.join(missing)}.")
    try:
        return Server(*(os.environ[name] for name in _NAMES))
    except ValueError as wrong:
        raise LaunchError(f"SEALBOOK_URL: {wrong}.") from None


def store_here() -> RemoteStore | None:
    """Return the store of the server that is named; None where none is."""
    return RemoteStore(named_server()) if os.environ.get("SEALBOOK_URL") else None


def must_be_let_in(plan: Plan, store: RemoteStore | None) -> None:
    """Raise `LaunchError` where a flow asks the store and there is none, or it does not know the client."""
    steps = (step for service in plan.services for step in service.every_step)
    if not any(isinstance(step.body, Native) and asks_store(step.body.builtin) for step in steps):
        return
    if store is None:
        raise LaunchError(
            "This flow asks the store of a server: name it and a client of it with " + ", ".join(_NAMES) + "."
        )
    try:
        store.sign_in()
    except ServerAway:
        raise LaunchError("The server that SEALBOOK_URL names does not answer.") from None
    except CallRefused as refused:
        raise LaunchError(f"The server refuses the client: {refused}") from None
