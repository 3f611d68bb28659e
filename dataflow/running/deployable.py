"""Whether a published flow could run as a client, said before anybody waits for it."""

from __future__ import annotations

from dataflow.grammar.faults import FileRefused
from dataflow.models import HubItem
from dataflow.queries import find_in_hub
from dataflow.running.deployed import plan_of
from governance.errors import Invalid
from governance.identities import CLIENT, Caller
from governance.models import Client


def must_be_deployable(caller: Caller, flow: HubItem, client: Client) -> None:
    """Return if a flow could run as a client, with the packages that the caller sees; raise `Invalid` otherwise."""
    try:
        plan = plan_of(runs_as(client), flow.files, find=find_in_hub(caller))
    except FileRefused as refused:
        raise Invalid(f"This flow cannot run: {refused}", field="item") from None
    if plan.not_yet:
        says = "; ".join(map(str, plan.not_yet))
        raise Invalid(f"This flow cannot run yet: {says}", field="item")


def runs_as(client: Client) -> Caller:
    """Return a client as the caller that a flow is, without anybody behind it."""
    return Caller(CLIENT, client.public_id, client.account_id, client.environment_id, client.name)
